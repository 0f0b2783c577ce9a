//! What organisers see of applications: with warnings, and with who did what.

use std::collections::HashMap;

use super::ApplicationError;
use crate::{
    domain::{
        application::{
            Application, ApplicationState, Event, Organiser,
            lookalike::{self, Known, Warning, WarningCode, domain_of_email},
        },
        id::{ApplicationId, OrganisationId, UserId},
        organisation::Organisation,
        page::Window,
    },
    operations::Forum,
    storage::{self, Conn, applications, organisations, users},
};

/// Most organisations, and most earlier applications, that one is compared
/// with.
const MOST_ORGANISATIONS: i64 = 10_000;
const MOST_APPLICATIONS: i64 = 1_000;

/// An application as an organiser sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub application: Application,
    pub warnings: Vec<Warning>,
    pub events: Vec<Event>,
    /// The referee, where it is an organisation that this node knows.
    pub referee: Option<Organisation>,
    /// What the approval made.
    pub organisation: Option<Organisation>,
    /// The addresses of the organisers in `events`.
    pub organisers: HashMap<UserId, String>,
}

/// One application.
///
/// # Errors
/// [`ApplicationError::NotFound`].
pub async fn look(forum: &Forum, id: ApplicationId) -> Result<Seen, ApplicationError> {
    forum
        .db
        .read(move |conn| {
            let found = applications::find(conn, id)?.ok_or(ApplicationError::NotFound)?;
            let mut seen = see(conn, vec![found])?;
            seen.pop().ok_or(ApplicationError::NotFound)
        })
        .await
}

/// What organisers see of some applications, with few queries for all of them.
///
/// # Errors
/// Storage only.
pub fn see(conn: &mut Conn, found: Vec<Application>) -> Result<Vec<Seen>, storage::Error> {
    let ids: Vec<ApplicationId> = found.iter().map(|one| one.id).collect();
    let mut warned = warnings(conn, &found)?;
    let mut events = applications::events(conn, &ids)?;
    let named: Vec<OrganisationId> = found
        .iter()
        .flat_map(|one| [one.referee, one.organisation])
        .flatten()
        .collect();
    let known = organisations::find_many(conn, &named)?;
    let mut organisers = HashMap::new();
    for event in events.values().flatten() {
        if let Some(Organiser::Person(user)) = event.by
            && !organisers.contains_key(&user)
            && let Some(found) = users::find(conn, user)?
        {
            organisers.insert(user, found.email);
        }
    }
    let of = |id: Option<OrganisationId>| id.and_then(|id| known.get(&id).cloned());
    Ok(found
        .into_iter()
        .map(|application| Seen {
            warnings: warned.remove(&application.id).unwrap_or_default(),
            events: events.remove(&application.id).unwrap_or_default(),
            referee: of(application.referee),
            organisation: of(application.organisation),
            organisers: organisers.clone(),
            application,
        })
        .collect())
}

/// Warnings about those of some applications that are open. The others were
/// decided with warnings as they were then.
///
/// # Errors
/// Storage only.
pub fn warnings(
    conn: &mut Conn,
    about: &[Application],
) -> Result<HashMap<ApplicationId, Vec<Warning>>, storage::Error> {
    let mut warned = HashMap::new();
    if !about.iter().any(|one| one.state.is_open()) {
        return Ok(warned);
    }
    let organisations = known_organisations(conn)?;
    let window = Window::first(MOST_APPLICATIONS);
    let mut others = applications::list(conn, None, window)?;
    // What became an organisation is compared as that.
    others.retain(|one| one.state != ApplicationState::Approved);
    let spelled: Vec<(ApplicationId, Known)> =
        others.iter().map(|one| (one.id, known(one))).collect();
    for one in about.iter().filter(|one| one.state.is_open()) {
        let rest = spelled.iter().filter(|(id, _)| *id != one.id);
        let all = organisations.iter().chain(rest.map(|(_, known)| known));
        let mut found = lookalike::warnings(&one.wish, all);
        found.extend(about_address(conn, one, &others)?);
        found.extend(about_referee(one));
        found.sort();
        warned.insert(one.id, found);
    }
    Ok(warned)
}

fn known_organisations(conn: &mut Conn) -> Result<Vec<Known>, storage::Error> {
    let mut mailboxes: HashMap<OrganisationId, Vec<String>> = HashMap::new();
    for user in users::list(conn, None)? {
        let host = domain_of_email(&user.email);
        mailboxes.entry(user.organisation).or_default().extend(host);
    }
    let outlines = organisations::outlines(conn, MOST_ORGANISATIONS)?;
    Ok(outlines
        .into_iter()
        .map(|one| {
            let acct = match &one.host {
                Some(host) => format!("{}@{host}", one.handle),
                None => one.handle.clone(),
            };
            let website = one.website.as_ref().and_then(|url| url.host_str());
            let mut domains = mailboxes.remove(&one.id).unwrap_or_default();
            domains.extend(website.map(str::to_owned));
            domains.extend(one.host.clone());
            let label = format!("{} (@{acct})", one.name);
            Known::new(label, &one.name, &one.handle, one.host.is_none(), domains)
        })
        .collect())
}

fn known(application: &Application) -> Known {
    let wish = &application.wish;
    let website = wish.website.as_ref().and_then(|url| url.host_str());
    let domains = website
        .map(str::to_owned)
        .into_iter()
        .chain(domain_of_email(&wish.email));
    let label = format!(
        "the application of {} ({})",
        wish.name,
        application.state.as_str()
    );
    Known::new(label, &wish.name, wish.handle.as_str(), false, domains)
}

fn about_address(
    conn: &mut Conn,
    application: &Application,
    others: &[Application],
) -> Result<Vec<Warning>, storage::Error> {
    let email = &application.wish.email;
    let mut found = Vec::new();
    if let Some((user, _)) = users::find_by_email(conn, email)? {
        let name = organisations::find(conn, user.organisation)?.map(|one| one.name);
        found.push(Warning::new(
            WarningCode::AddressTaken,
            format!(
                "There is an account with this e-mail address already, of {}.",
                name.unwrap_or_else(|| "another organisation".to_owned())
            ),
        ));
    }
    let same = others
        .iter()
        .filter(|one| one.id != application.id && one.wish.email == *email);
    for other in same.take(3) {
        found.push(Warning::new(
            WarningCode::SameAddress,
            format!(
                "The same e-mail address is in the application of {} ({}).",
                other.wish.name,
                other.state.as_str()
            ),
        ));
    }
    Ok(found)
}

fn about_referee(application: &Application) -> Option<Warning> {
    let is_unknown = application.referee.is_none() && !application.wish.referee.is_empty();
    is_unknown.then(|| {
        Warning::new(
            WarningCode::UnknownReferee,
            "The referee is no organisation that this node knows by this name: ask that body \
             itself.",
        )
    })
}
