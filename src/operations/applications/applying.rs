//! What the applicant does: apply, answer, withdraw. They are known by the
//! secret in their link alone.

use url::Url;

use super::{ApplicationError, note, record};
use crate::{
    config::Config,
    domain::{
        application::{
            Application, ApplicationState, Draft, Event, EventKind, MAX_ANSWER_CHARS, Wish, check,
            check_text,
        },
        id::{ApplicationId, OrganisationId},
        organisation::Organisation,
    },
    operations::{Forum, people::Secret, random_token, token_hash},
    storage::{self, Conn, applications, organisations},
    urls::authority,
};

/// Most applications that may wait, so that nobody can fill the table.
const MOST_OPEN: i64 = 1_000;

/// Applies for membership. The secret is the applicant's link: it is told
/// once.
///
/// An address that has an account already is taken all the same: whoever
/// applies must not learn who has one. The organisers see it.
///
/// # Errors
/// [`ApplicationError`] states the rules.
pub async fn apply(
    forum: &Forum,
    config: &Config,
    draft: &Draft,
) -> Result<(Application, Secret), ApplicationError> {
    if !config.membership.applications {
        return Err(ApplicationError::Closed);
    }
    let wish = check(draft)?;
    let most = config.limits.open_applications_per_address;
    forum
        .write(move |conn, forum| {
            if most > 0 && applications::count_open_of(conn, &wish.email)? >= i64::from(most) {
                return Err(ApplicationError::TooManyOpen(most));
            }
            if applications::count_open(conn)? >= MOST_OPEN {
                return Err(ApplicationError::Full);
            }
            check_handle(conn, &wish)?;
            let referee = find_referee(conn, forum, &wish.referee)?;
            let now = forum.now();
            let application = Application {
                id: ApplicationId(forum.next_id()),
                wish,
                referee: referee.map(|one| one.id),
                state: ApplicationState::Submitted,
                first_approval: None,
                organisation: None,
                created_at: now,
                updated_at: now,
                decided_at: None,
                cleared_at: None,
            };
            let secret = random_token();
            applications::insert(conn, &application, &token_hash(&secret))?;
            let kind = EventKind::Submitted;
            note(conn, forum, &application, kind, None, String::new())?;
            Ok((application, Secret(secret)))
        })
        .await
}

/// Handles are public, so that the applicant may learn at once.
fn check_handle(conn: &mut Conn, wish: &Wish) -> Result<(), ApplicationError> {
    match organisations::find_local(conn, wish.handle.as_str())? {
        Some(_) => Err(ApplicationError::invalid(
            "handle",
            format!("The handle {} is taken. Choose another.", wish.handle),
        )),
        None => Ok(()),
    }
}

/// The organisation that a referee's name names, if it does: an address, or a
/// handle with or without its host.
fn find_referee(
    conn: &mut Conn,
    forum: &Forum,
    text: &str,
) -> Result<Option<Organisation>, storage::Error> {
    if let Ok(uri) = Url::parse(text)
        && uri.has_host()
    {
        return organisations::find_by_uri(conn, &uri);
    }
    let acct = text.strip_prefix('@').unwrap_or(text);
    let (handle, host) = match acct.split_once('@') {
        Some((handle, host)) => (handle, Some(host.to_lowercase())),
        None => (acct, None),
    };
    let ours = authority(forum.urls.origin());
    let host = host.filter(|host| *host != ours);
    organisations::find_by_acct(conn, handle, host.as_deref())
}

/// An application as its applicant follows it.
#[derive(Debug, Clone)]
pub struct Followed {
    pub application: Application,
    /// What the applicant may read of its history.
    pub events: Vec<Event>,
    /// What the approval made.
    pub organisation: Option<Organisation>,
}

/// The application behind a link.
///
/// # Errors
/// [`ApplicationError::NotFound`].
pub async fn follow(forum: &Forum, secret: &str) -> Result<Followed, ApplicationError> {
    let hash = token_hash(secret);
    forum
        .db
        .read(move |conn| {
            let application =
                applications::find_by_token(conn, &hash)?.ok_or(ApplicationError::NotFound)?;
            followed(conn, application)
        })
        .await
}

fn followed(conn: &mut Conn, application: Application) -> Result<Followed, ApplicationError> {
    let mut events = applications::events(conn, &[application.id])?;
    let mut events = events.remove(&application.id).unwrap_or_default();
    events.retain(|event| event.kind.is_for_applicant());
    let made: Option<OrganisationId> = application.organisation;
    let organisation = match made {
        Some(id) => organisations::find(conn, id)?,
        None => None,
    };
    Ok(Followed {
        application,
        events,
        organisation,
    })
}

/// Answers the organisers' question.
///
/// # Errors
/// [`ApplicationError`].
pub async fn answer(
    forum: &Forum,
    secret: &str,
    answer: &str,
) -> Result<Followed, ApplicationError> {
    let missing = "Write your answer.";
    let text = check_text("answer", answer, MAX_ANSWER_CHARS, missing)?;
    step(forum, secret, move |conn, forum, application| {
        application.may_answer()?;
        application.state = ApplicationState::Answered;
        record(conn, forum, application, EventKind::Answered, None, text)?;
        Ok(())
    })
    .await
}

/// Takes an application back.
///
/// # Errors
/// [`ApplicationError`].
pub async fn withdraw(forum: &Forum, secret: &str) -> Result<Followed, ApplicationError> {
    step(forum, secret, |conn, forum, application| {
        application.open()?;
        application.state = ApplicationState::Withdrawn;
        application.decided_at = Some(forum.now());
        let kind = EventKind::Withdrawn;
        record(conn, forum, application, kind, None, String::new())?;
        Ok(())
    })
    .await
}

async fn step(
    forum: &Forum,
    secret: &str,
    take: impl FnOnce(&mut Conn, &Forum, &mut Application) -> Result<(), ApplicationError>
    + Send
    + 'static,
) -> Result<Followed, ApplicationError> {
    let hash = token_hash(secret);
    forum
        .write(move |conn, forum| {
            let found =
                applications::find_by_token(conn, &hash)?.ok_or(ApplicationError::NotFound)?;
            let mut application = super::locked(conn, found.id)?;
            application.updated_at = forum.now();
            take(conn, forum, &mut application)?;
            followed(conn, application)
        })
        .await
}
