//! Handing over to a new focal point: by the focal point, by an
//! administrator, and what the new one sees.

use askama::Template;
use axum::{extract::Path, response::Response};

use crate::{
    domain::{
        account::{Handover, Role, User},
        entry::FieldError,
        organisation::Organisation,
    },
    operations::people::{self, HandedOver, Handing, HandoverError},
    storage::{self, handovers, organisations, users},
    web::{
        error::PageError,
        form::{Fields, Form},
        layout::{Layout, Notice},
        pages::{link::password_errors, sign_in::cookie},
        views::{Moment, Named, sentence},
        visit::{Submission, Visit, go, set_cookie},
    },
};

#[derive(Template)]
#[template(path = "handover.html")]
pub struct HandoverPage {
    pub layout: Layout,
    pub organisation: String,
    /// Where the form is posted, and `cancel` below it.
    pub path: String,
    /// An administrator looks: whose access is to end?
    pub focal_points: Option<Vec<Named>>,
    pub waiting: Vec<Waiting>,
    pub form: Form,
}

/// A hand-over that waits for the new focal point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub from: String,
    pub to: String,
    pub until: Moment,
}

/// The only time that the link is shown; or that all is done.
#[derive(Template)]
#[template(path = "handover_shown.html")]
pub struct ShownPage {
    pub layout: Layout,
    pub organisation: String,
    pub email: String,
    /// None: the new focal point had an account, and all is done.
    pub link: Option<String>,
}

#[derive(Template)]
#[template(path = "handover_accept.html")]
pub struct AcceptPage {
    pub layout: Layout,
    pub organisation: String,
    pub email: String,
    pub path: String,
    pub form: Form,
}

/// Whose hand-over a page is about, and who does it.
struct Desk {
    organisation: Organisation,
    by: Handing,
    path: String,
}

impl Desk {
    /// The focal point's own.
    fn own(visit: &Visit) -> Result<Self, PageError> {
        let person = visit.representative()?;
        if person.role() != Role::FocalPoint {
            return Err(PageError::Forbidden);
        }
        Ok(Self {
            organisation: person.who.organisation.clone(),
            by: Handing::FocalPoint(person.who.clone()),
            path: "/handover".to_owned(),
        })
    }

    /// An administrator's, for any organisation of the node.
    async fn of(visit: &Visit, handle: &str) -> Result<Self, PageError> {
        let person = visit.administrator()?;
        let wanted = handle.to_owned();
        let found = visit
            .app
            .forum
            .db
            .read(move |conn| organisations::find_local(conn, &wanted));
        let organisation = found.await?.ok_or(PageError::NotFound)?;
        Ok(Self {
            path: format!("/admin/organisations/{}/handover", organisation.handle),
            by: Handing::Administrator(person.who.clone()),
            organisation,
        })
    }

    async fn page(&self, visit: &Visit, form: Form) -> Result<HandoverPage, PageError> {
        let (id, now) = (self.organisation.id, visit.app.forum.now());
        let read = visit.app.forum.db.read(move |conn| {
            let waiting = handovers::waiting(conn, id, now)?;
            Ok::<_, storage::Error>((users::list(conn, Some(id))?, waiting))
        });
        let (people, mut waiting) = read.await?;
        let focal_points = match &self.by {
            Handing::FocalPoint(person) => {
                waiting.retain(|one| one.from == person.user.id);
                None
            }
            Handing::Administrator(_) | Handing::Operator => Some(focal_points(&people)),
        };
        Ok(HandoverPage {
            layout: visit.layout(),
            organisation: self.organisation.name.clone(),
            path: self.path.clone(),
            focal_points,
            waiting: waiting.iter().map(|one| row(one, &people)).collect(),
            form,
        })
    }

    async fn send(self, visit: Visit, fields: Fields) -> Result<Response, PageError> {
        let (handle, from) = (&self.organisation.handle, fields.filled("from"));
        let by = self.by.clone();
        match people::hand_over(&visit.app.forum, by, handle, from, fields.text("to")).await {
            Ok(done) => self.show(&visit, done),
            Err(HandoverError::Invalid(errors)) => {
                let page = self.page(&visit, Form::refused(fields, errors)).await?;
                visit.refuse(&page)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The link is shown in the reply itself and stored nowhere.
    fn show(self, visit: &Visit, done: HandedOver) -> Result<Response, PageError> {
        let (email, link) = match done {
            HandedOver::Invited { handover, link } => {
                let urls = &visit.app.forum.urls;
                (handover.email, Some(urls.handover(&link.0).into()))
            }
            HandedOver::AtOnce(user) => (user.email, None),
        };
        visit.show(&ShownPage {
            layout: visit.layout(),
            organisation: self.organisation.name,
            email,
            link,
        })
    }

    async fn cancel(self, visit: Visit) -> Result<Response, PageError> {
        people::cancel_handover(&visit.app.forum, self.by, &self.organisation.handle).await?;
        Ok(go(&self.path, Notice::HandoverWithdrawn))
    }
}

fn focal_points(people: &[User]) -> Vec<Named> {
    people
        .iter()
        .filter(|user| user.role == Role::FocalPoint && !user.disabled)
        .map(|user| Named::new(&user.email, &user.email))
        .collect()
}

fn row(handover: &Handover, people: &[User]) -> Waiting {
    let from = people.iter().find(|user| user.id == handover.from);
    Waiting {
        from: from.map_or_else(String::new, |user| user.email.clone()),
        to: handover.email.clone(),
        until: Moment::minute_of(handover.expires_at),
    }
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    let page = Desk::own(&visit)?.page(&visit, Form::default()).await?;
    visit.show(&page)
}

pub async fn send(submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    Desk::own(&visit)?.send(visit, fields).await
}

pub async fn cancel(submission: Submission) -> Result<Response, PageError> {
    let visit = submission.visit;
    Desk::own(&visit)?.cancel(visit).await
}

pub async fn show_of(visit: Visit, Path(handle): Path<String>) -> Result<Response, PageError> {
    let desk = Desk::of(&visit, &handle).await?;
    let page = desk.page(&visit, Form::default()).await?;
    visit.show(&page)
}

pub async fn send_of(
    Path(handle): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    Desk::of(&visit, &handle).await?.send(visit, fields).await
}

pub async fn cancel_of(
    Path(handle): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let visit = submission.visit;
    Desk::of(&visit, &handle).await?.cancel(visit).await
}

/// Opening a link changes nothing: mail programs open links unasked.
pub async fn open(visit: Visit, Path(secret): Path<String>) -> Result<Response, PageError> {
    let found = people::open_handover(&visit.app.forum, &secret).await?;
    let visit = visit.with_form_token();
    visit.show(&accept_page(&visit, &secret, found, Form::default()))
}

fn accept_page(
    visit: &Visit,
    secret: &str,
    (handover, organisation): (Handover, Organisation),
    form: Form,
) -> AcceptPage {
    AcceptPage {
        layout: visit.layout(),
        organisation: organisation.name,
        email: handover.email,
        path: format!("/handover/{secret}"),
        form,
    }
}

pub async fn accept(
    Path(secret): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let Submission {
        visit,
        fields,
        agent,
        ..
    } = submission;
    let forum = &visit.app.forum;
    let found = people::open_handover(forum, &secret).await?;
    let mut errors: Vec<FieldError> = password_errors(&fields);
    if errors.is_empty() {
        let password = fields.raw("password").to_owned();
        match people::accept_handover(forum, &secret, password).await {
            Ok(user) => {
                let session = people::start_session(forum, user.id, &agent).await?;
                let mut response = go("/timeline", Notice::TookOver);
                set_cookie(&mut response, &cookie(&visit, &session));
                return Ok(response);
            }
            Err(HandoverError::Invalid(refused)) => {
                let at_page = refused
                    .into_iter()
                    .map(|one| FieldError::new("", one.message));
                errors.extend(at_page);
            }
            Err(error) => return Err(error.into()),
        }
    }
    let form = Form::refused(fields, errors);
    visit.refuse(&accept_page(&visit, &secret, found, form))
}

impl From<HandoverError> for PageError {
    fn from(error: HandoverError) -> Self {
        match error {
            HandoverError::NotFound => Self::NotFound,
            HandoverError::NotAllowed => Self::Forbidden,
            HandoverError::LinkUsed => Self::DeadLink,
            HandoverError::NothingWaits => Self::Conflict(sentence(&error.to_string())),
            HandoverError::Invalid(_) | HandoverError::Password(_) => {
                Self::Unprocessable(sentence(&error.to_string()))
            }
            HandoverError::Storage(error) => error.into(),
        }
    }
}
