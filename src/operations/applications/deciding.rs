//! What the organisers do: ask, approve, refuse. `by` is an administrator, or
//! nobody for the operator at the command line; the doors check which.

use super::{ApplicationError, locked, organiser, record};
use crate::{
    domain::{
        account::{LinkPurpose, Role, User},
        accreditation::{About, Request, USUAL_DAYS},
        application::{
            Application, ApplicationState, Approval, Approved, EventKind, MAX_QUESTION_CHARS,
            MAX_REFUSAL_CHARS, check_text,
        },
        audit::Decision,
        id::{ApplicationId, UserId},
        mail::Occasion,
        organisation::{Category, Handle, Organisation},
    },
    operations::{
        ActorKeys, Forum,
        accreditations::{AccreditationError, issue_in},
        audit,
        organisations::{NewOrganisation, OrganisationError, create_in},
        people::{self, PeopleError, Person, Secret, mails::mail_link},
    },
    storage::{self, Conn, accreditations, functions, organisations, users},
};

/// What an approval came to.
#[derive(Debug, Clone)]
pub enum Decided {
    /// Another person must approve too.
    First(Box<Application>),
    Admitted(Box<Admitted>),
}

/// A new member.
#[derive(Debug, Clone)]
pub struct Admitted {
    pub application: Application,
    pub organisation: Organisation,
    pub focal_point: User,
    /// Lets the focal point choose a password, once. `None`: it goes to them by
    /// mail.
    pub link: Option<Secret>,
}

/// Asks the applicant something. A first approval is void then: it was given
/// without the answer.
///
/// # Errors
/// [`ApplicationError`].
pub async fn ask(
    forum: &Forum,
    id: ApplicationId,
    by: Option<Person>,
    question: &str,
) -> Result<Application, ApplicationError> {
    let missing = "Write your question.";
    let text = check_text("question", question, MAX_QUESTION_CHARS, missing)?;
    forum
        .write(move |conn, forum| {
            let (who, email) = organiser(by.as_ref());
            let mut application = locked(conn, id)?;
            application.may_decide(email)?;
            application.may_ask()?;
            application.state = ApplicationState::Asked;
            application.first_approval = None;
            application.updated_at = forum.now();
            record(conn, forum, &application, EventKind::Asked, Some(who), text)?;
            Ok(application)
        })
        .await
}

/// Refuses an application. The applicant reads the reason.
///
/// # Errors
/// [`ApplicationError`].
pub async fn refuse(
    forum: &Forum,
    id: ApplicationId,
    by: Option<Person>,
    reason: &str,
) -> Result<Application, ApplicationError> {
    let missing = "Give the reason: the applicant reads it.";
    let text = check_text("reason", reason, MAX_REFUSAL_CHARS, missing)?;
    forum
        .write(move |conn, forum| {
            let (who, email) = organiser(by.as_ref());
            let mut application = locked(conn, id)?;
            application.may_decide(email)?;
            application.state = ApplicationState::Refused;
            application.first_approval = None;
            close(forum, &mut application);
            record(
                conn,
                forum,
                &application,
                EventKind::Refused,
                Some(who),
                text,
            )?;
            let decision = Decision::ApplicationRefused;
            log(conn, forum, who.user(), decision, &application)?;
            Ok(application)
        })
        .await
}

fn close(forum: &Forum, application: &mut Application) {
    let now = forum.now();
    application.updated_at = now;
    application.decided_at = Some(now);
}

/// Approves an application; `handle` in place of the wished one, for example
/// because that was taken meanwhile. With the last approval that is needed,
/// the organisation and the account of its focal point are made.
///
/// # Errors
/// [`ApplicationError`]; `Invalid` names `handle` or `email` when one of them
/// is taken.
pub async fn approve(
    forum: &Forum,
    id: ApplicationId,
    by: Option<Person>,
    handle: Option<&str>,
) -> Result<Decided, ApplicationError> {
    let chosen =
        match handle.map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => Some(text.parse::<Handle>().map_err(|error| {
                ApplicationError::invalid("handle", format!("This is {error}."))
            })?),
            None => None,
        };
    let keys = forum.make_keys().await;
    forum
        .write(move |conn, forum| {
            let (who, email) = organiser(by.as_ref());
            let mut application = locked(conn, id)?;
            let approved = application.approve(who, email)?;
            if let Some(handle) = chosen {
                application.wish.handle = handle;
            }
            check_free(conn, &application)?;
            match approved {
                Approved::First => {
                    application.first_approval = Some(Approval {
                        by: who,
                        at: forum.now(),
                    });
                    application.updated_at = forum.now();
                    let kind = EventKind::FirstApproval;
                    record(conn, forum, &application, kind, Some(who), String::new())?;
                    let decision = Decision::ApplicationSeconded;
                    log(conn, forum, who.user(), decision, &application)?;
                    Ok(Decided::First(Box::new(application)))
                }
                Approved::Wholly => {
                    let (organisation, focal_point, link) =
                        admit(conn, forum, who.user(), &application, &keys)?;
                    application.state = ApplicationState::Approved;
                    application.organisation = Some(organisation.id);
                    close(forum, &mut application);
                    let kind = EventKind::Approved;
                    record(conn, forum, &application, kind, Some(who), String::new())?;
                    let decision = Decision::ApplicationApproved;
                    log(conn, forum, who.user(), decision, &application)?;
                    Ok(Decided::Admitted(Box::new(Admitted {
                        application,
                        organisation,
                        focal_point,
                        link,
                    })))
                }
            }
        })
        .await
}

/// The wished name is the applicant's word, and may be a person's: the log
/// knows the application by its id, and what was decided.
fn log(
    conn: &mut Conn,
    forum: &Forum,
    by: Option<UserId>,
    decision: Decision,
    application: &Application,
) -> Result<(), storage::Error> {
    let subject = format!("application {}", application.id);
    let wish = &application.wish;
    let detail = match application.wish.category {
        Category::Individual => wish.category.to_string(),
        Category::Government
        | Category::InternationalOrganisation
        | Category::CivilSociety
        | Category::PrivateSector
        | Category::Academia
        | Category::Media => format!("{} as {}", wish.category, wish.handle),
    };
    audit::record(conn, forum, by, decision, &subject, &detail)
}

/// Both may have been taken since somebody applied.
fn check_free(conn: &mut Conn, application: &Application) -> Result<(), ApplicationError> {
    let wish = &application.wish;
    if organisations::find_local(conn, wish.handle.as_str())?.is_some() {
        return Err(handle_taken(&wish.handle));
    }
    if users::find_by_email(conn, &wish.email)?.is_some() {
        return Err(email_taken());
    }
    Ok(())
}

fn handle_taken(handle: &Handle) -> ApplicationError {
    ApplicationError::invalid(
        "handle",
        format!("The handle {handle} is taken. Choose another for this organisation."),
    )
}

fn email_taken() -> ApplicationError {
    ApplicationError::invalid(
        "email",
        "There is an account with this e-mail address already. Ask the applicant to apply with \
         another address, or refuse the application.",
    )
}

/// Turns an approved application into an organisation of this node with the
/// account of its focal point: the one place where that happens, and so where
/// what a new member is given belongs, such as its accreditation. All of it is
/// one transaction with the approval.
fn admit(
    conn: &mut Conn,
    forum: &Forum,
    by: Option<UserId>,
    application: &Application,
    keys: &ActorKeys,
) -> Result<(Organisation, User, Option<Secret>), ApplicationError> {
    let wish = &application.wish;
    let new = NewOrganisation {
        handle: wish.handle.to_string(),
        name: wish.name.clone(),
        category: wish.category,
        country: wish.country.clone(),
        summary: String::new(),
    };
    let mut organisation = create_in(conn, forum, by, new, keys).map_err(|error| match error {
        OrganisationError::Invalid(errors) => ApplicationError::Invalid(errors),
        // Another approval with the same handle was a moment faster.
        OrganisationError::Storage(storage::Error::Conflict { .. }) => handle_taken(&wish.handle),
        OrganisationError::Storage(error) => error.into(),
        OrganisationError::NotAllowed
        | OrganisationError::NotFound
        | OrganisationError::Deleted => ApplicationError::NotFound,
    })?;
    if wish.website.is_some() {
        organisation.website = wish.website.clone();
        organisations::update(conn, &organisation)?;
    }
    let role = Role::FocalPoint;
    let email = wish.email.clone();
    let made = people::insert(conn, forum, email, &organisation, role, None);
    let focal_point = made.map_err(|error| match error {
        PeopleError::Storage(storage::Error::Conflict { .. }) | PeopleError::EmailTaken => {
            email_taken()
        }
        PeopleError::Storage(error) => error.into(),
        other => ApplicationError::invalid("email", other.to_string()),
    })?;
    functions::set(conn, focal_point.id, wish.function)?;
    accredit(conn, forum, by, &organisation)?;
    people::record_created(conn, forum, by, &focal_point, &organisation)?;
    let link = invite(conn, forum, &focal_point)?;
    Ok((organisation, focal_point, link))
}

/// Where this node is an anchor, its word goes with the approval.
fn accredit(
    conn: &mut Conn,
    forum: &Forum,
    by: Option<UserId>,
    organisation: &Organisation,
) -> Result<(), ApplicationError> {
    let (Some(category), Some(_)) = (organisation.category, accreditations::anchor(conn)?) else {
        return Ok(());
    };
    let request = Request {
        subject: organisation.uri.clone(),
        about: About::Organisation {
            category,
            country: organisation.country.clone(),
        },
        days: USUAL_DAYS,
    };
    match issue_in(conn, forum, by, request) {
        Ok(_) => Ok(()),
        Err(AccreditationError::Storage(error)) => Err(error.into()),
        Err(error) => Err(ApplicationError::invalid("", error.to_string())),
    }
}

/// The focal point's way in: by mail, or where none can be sent by whoever
/// approves, who hands it over.
fn invite(conn: &mut Conn, forum: &Forum, user: &User) -> Result<Option<Secret>, storage::Error> {
    if forum.admission.mails {
        mail_link(conn, forum, user.email.clone(), Occasion::Admitted)?;
        return Ok(None);
    }
    people::link(conn, forum, LinkPurpose::SetPassword, Some(user.id)).map(Some)
}
