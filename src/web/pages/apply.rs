//! Applying for membership, and following one's application by a secret link.

use askama::Template;
use axum::{extract::Path, response::Response};

use crate::{
    domain::{
        application::{Application, ApplicationState, Draft, Event, EventKind, StepError},
        entry::FieldError,
    },
    operations::applications::{self, ApplicationError, Followed},
    web::{
        error::PageError,
        form::{Fields, Form},
        layout::{Layout, Notice},
        views::{
            Moment, Named,
            choices::{self, Choices},
            organisation::OrganisationFace,
            sentence,
        },
        visit::{Submission, Visit, go},
    },
};

#[derive(Template)]
#[template(path = "apply.html")]
pub struct ApplyPage {
    pub layout: Layout,
    /// Does this node take applications?
    pub taken: bool,
    /// Where to apply when it does not; may be empty.
    pub elsewhere: String,
    pub form: Form,
    pub choices: Choices,
    pub functions: Vec<Named>,
}

#[derive(Template)]
#[template(path = "application.html")]
pub struct FollowPage {
    pub layout: Layout,
    /// The path of this page, below which answers are posted.
    pub path: String,
    /// The whole address of this page, to be kept.
    pub address: String,
    pub name: String,
    pub handle: String,
    pub state: &'static str,
    pub meaning: &'static str,
    pub is_open: bool,
    pub asked: bool,
    pub steps: Vec<Step>,
    pub organisation: Option<OrganisationFace>,
    pub form: Form,
}

/// A line of an application's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub what: &'static str,
    /// Who of the organisers did it; empty for others, and for applicants.
    pub by: String,
    pub at: Moment,
    pub text: String,
}

impl Step {
    pub fn new(event: &Event, by: String) -> Self {
        Self {
            what: event.kind.name(),
            by,
            at: Moment::minute_of(event.at),
            text: event.text.clone(),
        }
    }
}

/// The form. It changes nothing to look at it.
pub async fn show(visit: Visit) -> Result<Response, PageError> {
    let visit = visit.with_form_token();
    visit.show(&page(&visit, Form::default()))
}

fn page(visit: &Visit, form: Form) -> ApplyPage {
    let config = &visit.app.config;
    ApplyPage {
        layout: visit.layout(),
        taken: config.membership.applications,
        elsewhere: config.membership.elsewhere.clone(),
        form,
        choices: Choices::new(config.node.fictional),
        functions: choices::functions(),
    }
}

pub async fn send(submission: Submission) -> Result<Response, PageError> {
    let Submission {
        visit,
        fields,
        client,
        ..
    } = submission;
    if let Some(client) = client {
        visit.app.limits.applications.check(&client)?;
    }
    let draft = draft(&fields);
    match applications::apply(&visit.app.forum, &visit.app.config, &draft).await {
        Ok((_, secret)) => Ok(go(&format!("/apply/{}", secret.0), Notice::Applied)),
        Err(error) => match faults(error) {
            Ok(errors) => visit.refuse(&page(&visit, Form::refused(fields, errors))),
            Err(error) => Err(error),
        },
    }
}

fn draft(fields: &Fields) -> Draft {
    let text = |name: &str| fields.text(name).to_owned();
    Draft {
        name: text("name"),
        handle: text("handle"),
        category: text("category"),
        country: text("country"),
        website: text("website"),
        reason: text("reason"),
        referee: text("referee"),
        email: text("email"),
        function: text("function"),
    }
}

/// What can be mended in the form; everything else is a page of its own.
fn faults(error: ApplicationError) -> Result<Vec<FieldError>, PageError> {
    match error {
        ApplicationError::Invalid(errors) => Ok(errors),
        ApplicationError::TooManyOpen(_) => {
            let text = sentence(&error.to_string());
            Ok(vec![FieldError::new("email", text)])
        }
        other => Err(other.into()),
    }
}

pub async fn follow(visit: Visit, Path(secret): Path<String>) -> Result<Response, PageError> {
    let followed = applications::follow(&visit.app.forum, &secret).await?;
    let visit = visit.with_form_token();
    visit.show(&follow_page(&visit, &secret, &followed, Form::default()))
}

fn follow_page(visit: &Visit, secret: &str, followed: &Followed, form: Form) -> FollowPage {
    let application: &Application = &followed.application;
    FollowPage {
        layout: visit.layout(),
        address: visit.app.forum.urls.application(secret).into(),
        path: format!("/apply/{secret}"),
        name: application.wish.name.clone(),
        handle: application.wish.handle.to_string(),
        state: state(application.state),
        meaning: meaning(application.state),
        is_open: application.state.is_open(),
        asked: application.state == ApplicationState::Asked,
        steps: followed.events.iter().map(step).collect(),
        organisation: followed.organisation.as_ref().map(Into::into),
        form,
    }
}

fn step(event: &Event) -> Step {
    let what = match event.kind {
        EventKind::Asked => "Question of the organisers",
        EventKind::Answered => "Your answer",
        EventKind::Withdrawn => "Withdrawn by you",
        EventKind::Submitted
        | EventKind::FirstApproval
        | EventKind::Approved
        | EventKind::Refused
        | EventKind::Cleared => event.kind.name(),
    };
    Step {
        what,
        ..Step::new(event, String::new())
    }
}

fn state(state: ApplicationState) -> &'static str {
    match state {
        ApplicationState::Submitted => "Your application waits for the organisers",
        ApplicationState::Asked => "The organisers ask you something",
        ApplicationState::Answered => "Your answer waits for the organisers",
        ApplicationState::Approved => "Your organisation is a member",
        ApplicationState::Refused => "Your application was refused",
        ApplicationState::Withdrawn => "You withdrew your application",
    }
}

fn meaning(state: ApplicationState) -> &'static str {
    match state {
        ApplicationState::Submitted | ApplicationState::Answered => {
            "People look at every application. Come back to this page to see what they decide, or \
             whether they ask you something."
        }
        ApplicationState::Asked => "Answer below. The organisers decide once they have read it.",
        ApplicationState::Approved => {
            "The organisers have a one-time link for you, with which you choose a password. If it \
             has not reached you, ask them for it."
        }
        ApplicationState::Refused => {
            "The reason stands below. You may apply again when it does not hold any more."
        }
        ApplicationState::Withdrawn => "Nothing more happens. You may apply again at any time.",
    }
}

pub async fn answer(
    Path(secret): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let forum = &visit.app.forum;
    match applications::answer(forum, &secret, fields.text("answer")).await {
        Ok(_) => Ok(go(&format!("/apply/{secret}"), Notice::Answered)),
        Err(ApplicationError::Invalid(errors)) => {
            let followed = applications::follow(forum, &secret).await?;
            let form = Form::refused(fields, errors);
            visit.refuse(&follow_page(&visit, &secret, &followed, form))
        }
        Err(error) => Err(error.into()),
    }
}

pub async fn withdraw(
    Path(secret): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let forum = &visit.app.forum;
    if !fields.ticked("sure", "yes") {
        let followed = applications::follow(forum, &secret).await?;
        let error = FieldError::new("sure", "Tick the box if you want to withdraw.");
        let form = Form::refused(fields, vec![error]);
        return visit.refuse(&follow_page(&visit, &secret, &followed, form));
    }
    applications::withdraw(forum, &secret).await?;
    Ok(go(&format!("/apply/{secret}"), Notice::Withdrawn))
}

impl From<ApplicationError> for PageError {
    fn from(error: ApplicationError) -> Self {
        match error {
            ApplicationError::NotFound => Self::NotFound,
            ApplicationError::Closed => {
                Self::Conflict("This node takes no applications.".to_owned())
            }
            ApplicationError::TooManyOpen(_) | ApplicationError::Full => {
                Self::Conflict(sentence(&error.to_string()))
            }
            ApplicationError::Step(StepError::OwnApplication) => Self::Forbidden,
            ApplicationError::Step(step) => Self::Conflict(sentence(&step.to_string())),
            ApplicationError::Invalid(_) => Self::Unprocessable(error.to_string()),
            ApplicationError::Storage(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_told_to_the_applicant_in_words_of_its_own() {
        let mut told: Vec<&str> = ApplicationState::ALL.into_iter().map(state).collect();
        told.sort_unstable();
        told.dedup();
        assert_eq!(told.len(), ApplicationState::ALL.len());
    }

    #[test]
    fn what_can_be_mended_leads_back_to_the_form() {
        let errors = faults(ApplicationError::TooManyOpen(3)).expect("in the form");
        assert_eq!(errors[0].field, "email");
        assert!(errors[0].message.starts_with("3 applications"));
        assert!(faults(ApplicationError::Closed).is_err());
    }
}
