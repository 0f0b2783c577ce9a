//! Writing, previewing, editing and deleting an entry.

pub mod edit;
pub mod fields;
mod parties;
pub mod reply;

use askama::Template;
use axum::response::Response;

use crate::{
    domain::{
        audience::{Audience, AudienceKind, may_publish_to},
        entry::{Draft, Entry, FieldError, Kind},
        organisation::Organisation,
    },
    operations::entries::{self, EntryError},
    storage::{self, organisations},
    urls,
    web::{
        error::PageError,
        form::{Fields, Form},
        layout::{Layout, Notice},
        views::{
            FactValue, TlpMark,
            choices::{self, AudienceChoice, Choices, KindChoice},
            entry::EntryView,
            reach::ReachView,
        },
        visit::{SignedIn, Submission, Visit, go},
    },
};

#[derive(Template)]
#[template(path = "compose_kind.html")]
pub struct KindPage {
    pub layout: Layout,
    pub kinds: Vec<KindChoice>,
}

#[derive(Template)]
#[template(path = "compose.html")]
pub struct ComposePage {
    pub layout: Layout,
    pub heading: String,
    pub action: String,
    pub editing: bool,
    pub kind: KindChoice,
    pub kinds: Vec<KindChoice>,
    pub title_label: &'static str,
    pub title_hint: &'static str,
    pub publish_label: &'static str,
    pub form: Form,
    pub choices: Choices,
    pub audiences: Vec<Offered>,
    /// Why the audience cannot be chosen here: a reply keeps its root's, an
    /// edit keeps its own.
    pub fixed_audience: Option<String>,
    pub tlps: Vec<TlpMark>,
    pub preview: Option<EntryView>,
    /// Beside a preview: who will see it.
    pub reach: Option<ReachView>,
}

/// Asks once more before something that cannot be undone.
#[derive(Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    pub layout: Layout,
    pub heading: &'static str,
    pub subject: String,
    pub consequence: &'static str,
    pub action: String,
    pub label: &'static str,
    pub back: String,
}

/// An audience that the author may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    pub choice: AudienceChoice,
    /// How many would read it now; empty where that cannot be said before
    /// anybody is named, or ever.
    pub reach: String,
}

/// The sheet of paper that a form is: a new entry, or one that is edited.
struct Sheet {
    kind: Kind,
    action: String,
    editing: bool,
    fixed_audience: Option<String>,
}

impl Sheet {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            action: "/compose".to_owned(),
            editing: false,
            fixed_audience: None,
        }
    }

    async fn page(
        self,
        visit: &Visit,
        person: &SignedIn,
        form: Form,
        preview: Option<EntryView>,
    ) -> Result<ComposePage, PageError> {
        let kind = choices::kind(self.kind);
        let verb = if self.editing { "Edit" } else { "Write" };
        let is_note = self.kind == Kind::Note;
        Ok(ComposePage {
            layout: visit.layout(),
            heading: format!("{verb}: {}", kind.name),
            action: self.action,
            editing: self.editing,
            kind,
            kinds: choices::kinds(),
            title_label: if is_note { "Title (optional)" } else { "Title" },
            title_hint: "One line that says what it is about.",
            publish_label: if self.editing {
                "Save the changes"
            } else {
                "Publish"
            },
            form,
            choices: Choices::new(visit.app.config.node.fictional),
            audiences: offered(visit, person).await?,
            fixed_audience: self.fixed_audience,
            tlps: choices::tlps(),
            preview,
            reach: None,
        })
    }
}

/// A blank form, or the choice of the kind first.
pub async fn show(visit: Visit) -> Result<Response, PageError> {
    let person = visit.writer()?;
    let Ok(kind) = visit.query.text("kind").parse::<Kind>() else {
        return visit.show(&KindPage {
            layout: visit.layout(),
            kinds: choices::kinds(),
        });
    };
    // The default audience, if the organisation is part of it (DOMAIN.md 4).
    let usual = AudienceKind::default();
    let audience = match may_publish_to(person.who.standing.tier, usual) {
        true => usual.as_str(),
        false => "",
    };
    let form = Form::new(fields::blank(kind, audience));
    let page = Sheet::new(kind).page(&visit, person, form, None).await?;
    visit.show(&page)
}

/// Previews or publishes a new entry.
pub async fn send(submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let person = visit.writer()?;
    let kind: Kind = fields
        .text("kind")
        .parse()
        .map_err(|_| PageError::Unprocessable("Choose a kind of entry first.".to_owned()))?;
    let sheet = Sheet::new(kind);
    let written = read(&visit, &fields, kind).await?;
    let draft = written.draft();
    let made = entries::preview(&visit.app.forum, &person.who, draft.clone()).await;
    let errors = [written.errors.clone(), faults(&made)].concat();
    let entry = match made {
        Ok(entry) if errors.is_empty() => entry,
        Ok(_) | Err(EntryError::Invalid(_)) => {
            let form = Form::refused(fields, fields::rename(errors));
            let page = sheet.page(&visit, person, form, None).await?;
            return visit.refuse(&page);
        }
        Err(error) => return Err(error.into()),
    };
    if fields.text("do") != "publish" {
        let view = EntryView::new(&entry, &written.partners, &written.named);
        let form = Form::new(fields);
        let mut page = sheet.page(&visit, person, form, Some(view)).await?;
        page.reach = Some(reach(&visit, &entry).await?);
        return visit.show(&page);
    }
    let entry = entries::publish(&visit.app.forum, &person.who, draft).await?;
    Ok(go(&urls::entry_path(entry.id), Notice::Published))
}

/// The audiences that a person may publish to, with how far each reaches now.
async fn offered(visit: &Visit, person: &SignedIn) -> Result<Vec<Offered>, PageError> {
    let choices = choices::audiences(person.who.standing.tier);
    let (forum, author) = (visit.app.forum.clone(), person.who.organisation.clone());
    let read = visit
        .app
        .forum
        .db
        .read(move |conn| -> Result<_, storage::Error> {
            let mut count = |audience: Audience| -> Result<String, storage::Error> {
                let reach = entries::reach::reach(conn, &forum, &author, &audience)?;
                Ok(ReachView::short(&reach))
            };
            choices
                .into_iter()
                .map(|choice| {
                    let reach = match choice.kind {
                        AudienceKind::Members => count(Audience::Members)?,
                        AudienceKind::Preferential => count(Audience::Preferential)?,
                        AudienceKind::Public | AudienceKind::Named => String::new(),
                    };
                    Ok(Offered { choice, reach })
                })
                .collect()
        });
    Ok(read.await?)
}

/// Who will see an entry as it would be published.
async fn reach(visit: &Visit, entry: &Entry) -> Result<ReachView, PageError> {
    let (forum, entry) = (visit.app.forum.clone(), entry.clone());
    let read = visit
        .app
        .forum
        .db
        .read(move |conn| entries::reach::reach(conn, &forum, &entry.author, &entry.audience));
    Ok(ReachView::new(&read.await?))
}

fn faults<T>(tried: &Result<T, EntryError>) -> Vec<FieldError> {
    match tried {
        Err(EntryError::Invalid(errors)) => errors.clone(),
        Ok(_) | Err(EntryError::NotAllowed | EntryError::NotFound | EntryError::Storage(_)) => {
            vec![]
        }
    }
}

impl From<EntryError> for PageError {
    fn from(error: EntryError) -> Self {
        match error {
            EntryError::NotAllowed => Self::Forbidden,
            EntryError::NotFound => Self::NotFound,
            EntryError::Invalid(errors) => {
                let messages: Vec<String> = errors.into_iter().map(|one| one.message).collect();
                Self::Unprocessable(messages.join(" "))
            }
            EntryError::Storage(error) => error.into(),
        }
    }
}

/// A form as read, with the organisations it names.
struct Written {
    read: fields::Read,
    partners: Vec<Organisation>,
    named: Vec<Organisation>,
    errors: Vec<FieldError>,
}

impl Written {
    fn audience(&self) -> Audience {
        match self.read.audience {
            AudienceKind::Public => Audience::Public,
            AudienceKind::Members => Audience::Members,
            AudienceKind::Preferential => Audience::Preferential,
            AudienceKind::Named => Audience::Named(self.named.iter().map(|one| one.id).collect()),
        }
    }

    fn draft(&self) -> Draft {
        Draft {
            content: self.read.content.clone(),
            audience: Some(self.read.audience),
            named: self.named.iter().map(|one| one.id).collect(),
            partners: self.partners.iter().map(|one| one.id).collect(),
            in_reply_to: None,
        }
    }
}

/// Reads a form and looks up whom it names. The rules about what it says are
/// `operations`'.
async fn read(visit: &Visit, fields: &Fields, kind: Kind) -> Result<Written, PageError> {
    let (read, mut errors) = fields::read(fields, kind);
    let authority = visit.app.forum.urls.authority();
    visit
        .app
        .forum
        .db
        .read(move |conn| -> Result<_, PageError> {
            let mut look_up = |field, handles: &[String]| -> Result<_, storage::Error> {
                let (ids, faults) = parties::resolve(conn, &authority, field, handles)?;
                errors.extend(faults);
                let known = organisations::find_many(conn, &ids)?;
                Ok(ids.iter().filter_map(|id| known.get(id).cloned()).collect())
            };
            Ok(Written {
                named: look_up("named", &read.named)?,
                partners: look_up("partners", &read.partners)?,
                read,
                errors,
            })
        })
        .await
}
