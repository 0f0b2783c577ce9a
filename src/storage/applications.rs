//! Applications for membership and what happened to them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{
    Conn, Error,
    rows::{self, Backend, text_of_url},
    schema::{application_events, applications},
    types::At,
};
use crate::domain::{
    application::{
        Application, ApplicationState, Approval, Event, EventKind, Organiser, Which, Wish,
    },
    id::{ApplicationEventId, ApplicationId, OrganisationId, UserId},
    organisation::Handle,
    page::Window,
};

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = applications, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row {
    id: i64,
    name: String,
    handle: String,
    category: String,
    country: Option<String>,
    website: Option<String>,
    reason: String,
    referee: String,
    referee_id: Option<i64>,
    email: String,
    function: Option<String>,
    state: String,
    first_approved_by: Option<i64>,
    first_approved_at: Option<At>,
    organisation_id: Option<i64>,
    created_at: At,
    updated_at: At,
    decided_at: Option<At>,
    cleared_at: Option<At>,
}

impl From<&Application> for Row {
    fn from(application: &Application) -> Self {
        let wish = &application.wish;
        let first = application.first_approval;
        Self {
            id: application.id.0,
            name: wish.name.clone(),
            handle: wish.handle.to_string(),
            category: wish.category.as_str().to_owned(),
            country: wish.country.clone(),
            website: text_of_url(wish.website.as_ref()),
            reason: wish.reason.clone(),
            referee: wish.referee.clone(),
            referee_id: application.referee.map(|id| id.0),
            email: wish.email.clone(),
            function: wish.function.map(|one| one.as_str().to_owned()),
            state: application.state.as_str().to_owned(),
            first_approved_by: first.and_then(|one| one.by.user()).map(|user| user.0),
            first_approved_at: first.map(|one| At(one.at)),
            organisation_id: application.organisation.map(|id| id.0),
            created_at: At(application.created_at),
            updated_at: At(application.updated_at),
            decided_at: application.decided_at.map(At),
            cleared_at: application.cleared_at.map(At),
        }
    }
}

impl Row {
    fn into_domain(self) -> Result<Application, Error> {
        let handle: Handle = rows::read(&self.handle)?;
        let by = organiser(self.first_approved_by);
        Ok(Application {
            id: ApplicationId(self.id),
            wish: Wish {
                name: self.name,
                handle,
                category: rows::read(&self.category)?,
                country: self.country,
                website: self.website.as_deref().map(rows::url).transpose()?,
                reason: self.reason,
                referee: self.referee,
                email: self.email,
                function: self.function.as_deref().map(rows::read).transpose()?,
            },
            referee: self.referee_id.map(OrganisationId),
            state: rows::read(&self.state)?,
            first_approval: self.first_approved_at.map(|at| Approval { by, at: at.0 }),
            organisation: self.organisation_id.map(OrganisationId),
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
            decided_at: self.decided_at.map(|at| at.0),
            cleared_at: self.cleared_at.map(|at| at.0),
        })
    }
}

/// Without a user it was the operator at the command line.
fn organiser(user: Option<i64>) -> Organiser {
    match user {
        Some(user) => Organiser::Person(UserId(user)),
        None => Organiser::Operator,
    }
}

/// Stores a new application. `token_hash` is what is kept of the secret in the
/// applicant's link.
pub fn insert(conn: &mut Conn, application: &Application, token_hash: &str) -> Result<(), Error> {
    diesel::insert_into(applications::table)
        .values((
            Row::from(application),
            applications::token_hash.eq(token_hash),
        ))
        .execute(conn)?;
    Ok(())
}

/// Overwrites everything but the link.
pub fn update(conn: &mut Conn, application: &Application) -> Result<(), Error> {
    diesel::update(applications::table.find(application.id.0))
        .set(Row::from(application))
        .execute(conn)?;
    Ok(())
}

pub fn find(conn: &mut Conn, id: ApplicationId) -> Result<Option<Application>, Error> {
    applications::table
        .find(id.0)
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .map(Row::into_domain)
        .transpose()
}

/// The application behind an applicant's link.
pub fn find_by_token(conn: &mut Conn, token_hash: &str) -> Result<Option<Application>, Error> {
    applications::table
        .filter(applications::token_hash.eq(token_hash))
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .map(Row::into_domain)
        .transpose()
}

/// Locks an application until the end of the transaction, so that of two steps
/// at once the second sees the first. SQLite has one writer and needs no lock.
pub fn lock(conn: &mut Conn, id: ApplicationId) -> Result<(), Error> {
    match conn {
        Conn::Sqlite(_) => {}
        Conn::Postgres(conn) => {
            applications::table
                .find(id.0)
                .select(applications::id)
                .for_update()
                .load::<i64>(conn)?;
        }
    }
    Ok(())
}

/// Applications, newest first; `None` for those in every state.
pub fn list(
    conn: &mut Conn,
    which: Option<Which>,
    window: Window,
) -> Result<Vec<Application>, Error> {
    let mut query = applications::table
        .select(Row::as_select())
        .order(applications::id.desc())
        .limit(window.limit)
        .into_boxed::<Backend>();
    if let Some(which) = which {
        query = query.filter(applications::state.eq_any(words(&which.states())));
    }
    if let Some(before) = window.before {
        query = query.filter(applications::id.lt(before));
    }
    let rows: Vec<Row> = query.load(conn)?;
    rows.into_iter().map(Row::into_domain).collect()
}

fn words(states: &[ApplicationState]) -> Vec<&'static str> {
    states.iter().map(|state| state.as_str()).collect()
}

/// About how many nothing is decided.
pub fn count_open(conn: &mut Conn) -> Result<i64, Error> {
    Ok(applications::table
        .filter(applications::state.eq_any(words(&Which::Open.states())))
        .count()
        .get_result(conn)?)
}

/// How many of one address are open.
pub fn count_open_of(conn: &mut Conn, email: &str) -> Result<i64, Error> {
    Ok(applications::table
        .filter(applications::email.eq(email))
        .filter(applications::state.eq_any(words(&Which::Open.states())))
        .count()
        .get_result(conn)?)
}

/// Notes what happened.
pub fn add_event(conn: &mut Conn, event: &Event) -> Result<(), Error> {
    diesel::insert_into(application_events::table)
        .values((
            application_events::id.eq(event.id.0),
            application_events::application_id.eq(event.application.0),
            application_events::kind.eq(event.kind.as_str()),
            application_events::user_id.eq(event.by.and_then(Organiser::user).map(|user| user.0)),
            application_events::text.eq(&event.text),
            application_events::created_at.eq(At(event.at)),
        ))
        .execute(conn)?;
    Ok(())
}

type EventRow = (i64, i64, String, Option<i64>, String, DateTime<Utc>);

/// What happened to each of several applications, in order.
pub fn events(
    conn: &mut Conn,
    of: &[ApplicationId],
) -> Result<HashMap<ApplicationId, Vec<Event>>, Error> {
    let ids: Vec<i64> = of.iter().map(|id| id.0).collect();
    let rows: Vec<EventRow> = application_events::table
        .filter(application_events::application_id.eq_any(ids))
        .order(application_events::id)
        .select((
            application_events::id,
            application_events::application_id,
            application_events::kind,
            application_events::user_id,
            application_events::text,
            application_events::created_at,
        ))
        .load(conn)?;
    let mut found: HashMap<ApplicationId, Vec<Event>> = HashMap::new();
    for (id, application, kind, user, text, at) in rows {
        let kind: EventKind = rows::read(&kind)?;
        let application = ApplicationId(application);
        found.entry(application).or_default().push(Event {
            id: ApplicationEventId(id),
            application,
            kind,
            by: kind.is_of_organisers().then(|| organiser(user)),
            text,
            at,
        });
    }
    Ok(found)
}

/// Refused and withdrawn applications that were decided before a moment and
/// still have their texts, at most `limit`.
pub fn to_clear(
    conn: &mut Conn,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<ApplicationId>, Error> {
    let ended = [ApplicationState::Refused, ApplicationState::Withdrawn];
    let ids: Vec<i64> = applications::table
        .filter(applications::decided_at.lt(At(before)))
        .filter(applications::cleared_at.is_null())
        .filter(applications::state.eq_any(words(&ended)))
        .order(applications::id)
        .limit(limit)
        .select(applications::id)
        .load(conn)?;
    Ok(ids.into_iter().map(ApplicationId).collect())
}

/// Deletes what the applicant wrote: reason, referee, address, and answers with
/// the questions to them. The decision and its reason stay.
pub fn clear(conn: &mut Conn, ids: &[ApplicationId], now: DateTime<Utc>) -> Result<(), Error> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    diesel::update(applications::table.filter(applications::id.eq_any(ids.clone())))
        .set((
            applications::reason.eq(""),
            applications::referee.eq(""),
            applications::referee_id.eq(None::<i64>),
            applications::email.eq(""),
            applications::cleared_at.eq(Some(At(now))),
        ))
        .execute(conn)?;
    let talk = [EventKind::Asked, EventKind::Answered].map(EventKind::as_str);
    diesel::update(
        application_events::table
            .filter(application_events::application_id.eq_any(ids))
            .filter(application_events::kind.eq_any(talk)),
    )
    .set(application_events::text.eq(""))
    .execute(conn)?;
    Ok(())
}
