//! Activities sent and received.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde_json::{Value, json};
use url::Url;

use super::{
    Conn, Error, each, rows,
    schema::{activities, entries},
    types::{At, Doc},
};
use crate::domain::{
    activity::{ActivityKind, Outgoing, Recipients, Subject},
    id::{ActivityId, EntryId, OrganisationId},
};

/// How long the ids of what other servers sent are kept. A replay is refused
/// for the date of its request long before that, and for that of its proof then.
pub const KEEP_RECEIVED: TimeDelta = TimeDelta::days(14);

/// An activity of another server.
#[derive(Debug, Clone)]
pub struct Received {
    pub id: ActivityId,
    pub uri: Url,
    pub kind: String,
    pub actor: Url,
    /// When it was said.
    pub at: DateTime<Utc>,
}

/// Records that activities were received. Answers which of them are new: what
/// was received before has no second effect.
pub fn record_received(
    conn: &mut Conn,
    received: &[Received],
) -> Result<HashSet<ActivityId>, Error> {
    if received.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<_> = received
        .iter()
        .map(|one| {
            (
                activities::id.eq(one.id.0),
                activities::uri.eq(one.uri.as_str()),
                activities::local.eq(false),
                activities::kind.eq(one.kind.as_str()),
                activities::actor_uri.eq(one.actor.as_str()),
                activities::created_at.eq(At(one.at)),
            )
        })
        .collect();
    let new: Vec<i64> = each!(conn, |conn| diesel::insert_into(activities::table)
        .values(&rows)
        .on_conflict(activities::uri)
        .do_nothing()
        .returning(activities::id)
        .get_results(conn))?;
    Ok(new.into_iter().map(ActivityId).collect())
}

/// Records an activity whose id its actor may use again. True when nothing was
/// received under this id before, or only what the same actor said earlier; the
/// record then stands for what it said last.
pub fn record_again(conn: &mut Conn, received: &Received) -> Result<bool, Error> {
    if !record_received(conn, std::slice::from_ref(received))?.is_empty() {
        return Ok(true);
    }
    let earlier = activities::table
        .filter(activities::uri.eq(received.uri.as_str()))
        .filter(activities::local.eq(false))
        .filter(activities::actor_uri.eq(received.actor.as_str()))
        .filter(activities::created_at.lt(At(received.at)));
    let renewed = diesel::update(earlier).set((
        activities::kind.eq(received.kind.as_str()),
        activities::created_at.eq(At(received.at)),
    ));
    Ok(renewed.execute(conn)? == 1)
}

/// Was an activity with this id received, or sent, before?
pub fn is_known(conn: &mut Conn, uri: &Url) -> Result<bool, Error> {
    use diesel::dsl::{exists, select};
    Ok(select(exists(
        activities::table.filter(activities::uri.eq(uri.as_str())),
    ))
    .get_result(conn)?)
}

/// Records an activity of a local organisation, to be worded and sent later.
pub fn insert(conn: &mut Conn, actor: &Url, outgoing: &Outgoing) -> Result<(), Error> {
    let entry = tells_of(conn, outgoing)?;
    diesel::insert_into(activities::table)
        .values((
            activities::id.eq(outgoing.id.0),
            activities::uri.eq(outgoing.uri.as_str()),
            activities::local.eq(true),
            activities::kind.eq(outgoing.kind.as_str()),
            activities::actor_uri.eq(actor.as_str()),
            activities::actor_id.eq(Some(outgoing.actor.0)),
            activities::entry_id.eq(entry),
            activities::detail.eq(Some(Doc(detail(outgoing)))),
            activities::created_at.eq(At(outgoing.created_at)),
        ))
        .execute(conn)?;
    Ok(())
}

/// The entry that others learn of by this activity, so that they are told what
/// becomes of it. A boost, a pin or the leave to quote makes them read it, too.
fn tells_of(conn: &mut Conn, outgoing: &Outgoing) -> Result<Option<i64>, Error> {
    let uri = match (&outgoing.subject, outgoing.kind) {
        (Subject::Entry(id) | Subject::Tombstone { entry: id, .. }, _) => return Ok(Some(id.0)),
        (Subject::Object { uri, .. }, ActivityKind::Announce | ActivityKind::Add)
        | (Subject::Quote { entry: uri, .. }, ActivityKind::Accept) => uri,
        (
            Subject::Myself
            | Subject::Organisation { .. }
            | Subject::Object { .. }
            | Subject::Moved { .. }
            | Subject::Quote { .. }
            | Subject::Reaction { .. }
            | Subject::Follow { .. }
            | Subject::Report(_),
            _,
        ) => return Ok(None),
    };
    Ok(entries::table
        .filter(entries::uri.eq(uri.as_str()))
        .select(entries::id)
        .first(conn)
        .optional()?)
}

fn detail(outgoing: &Outgoing) -> Value {
    let subject = match &outgoing.subject {
        Subject::Entry(id) => json!({"entry": id}),
        Subject::Tombstone { entry, uri } => json!({"entry": entry, "tombstone": uri}),
        Subject::Myself => json!("myself"),
        Subject::Organisation { uri } => json!({"organisation": uri}),
        Subject::Object { uri, owner } => json!({"object": uri, "owner": owner}),
        Subject::Moved { target } => json!({"moved": target}),
        Subject::Quote {
            request,
            quoting,
            entry,
            asker,
            leave,
        } => json!({
            "quote": request, "quoting": quoting, "of": entry, "asker": asker, "leave": leave,
        }),
        Subject::Reaction {
            kind,
            uri,
            object,
            owner,
        } => json!({
            "reaction": kind.as_str(), "activity": uri, "object": object, "owner": owner,
        }),
        Subject::Follow {
            uri,
            follower,
            followed,
        } => json!({"follow": uri, "follower": follower, "followed": followed}),
        Subject::Report(id) => json!({"report": id}),
    };
    let recipients = match outgoing.recipients {
        Recipients::Followers => json!("followers"),
        Recipients::Everybody => json!("everybody"),
        Recipients::One(id) => json!({"one": id}),
        Recipients::FollowersAnd(id) => json!({"followers_and": id}),
        Recipients::Audience => json!("audience"),
        Recipients::NoLonger(before) => json!({"no_longer": before}),
    };
    json!({"subject": subject, "recipients": recipients})
}

fn read_detail(detail: &Value) -> Option<(Subject, Recipients)> {
    let text = |value: &Value, key: &str| Some(value.get(key)?.as_str()?.to_owned());
    let url = |value: &Value, key: &str| Url::parse(&text(value, key)?).ok();
    let id = |value: &Value, key: &str| text(value, key)?.parse().ok();
    let subject = detail.get("subject")?;
    let read = if subject == "myself" {
        Subject::Myself
    } else if let Some(id) = subject.get("entry") {
        let entry = id.as_str()?.parse().ok()?;
        match url(subject, "tombstone") {
            Some(uri) => Subject::Tombstone { entry, uri },
            None => Subject::Entry(entry),
        }
    } else if let Some(uri) = url(subject, "organisation") {
        Subject::Organisation { uri }
    } else if let Some(target) = url(subject, "moved") {
        Subject::Moved { target }
    } else if let Some(request) = url(subject, "quote") {
        Subject::Quote {
            request,
            quoting: url(subject, "quoting")?,
            entry: url(subject, "of")?,
            asker: url(subject, "asker")?,
            leave: url(subject, "leave"),
        }
    } else if let Some(kind) = text(subject, "reaction") {
        Subject::Reaction {
            kind: kind.parse().ok()?,
            uri: url(subject, "activity")?,
            object: url(subject, "object")?,
            owner: url(subject, "owner")?,
        }
    } else if let Some(uri) = url(subject, "object") {
        let owner = url(subject, "owner")?;
        Subject::Object { uri, owner }
    } else if let Some(id) = subject.get("report") {
        Subject::Report(id.as_str()?.parse().ok()?)
    } else {
        Subject::Follow {
            uri: url(subject, "follow")?,
            follower: url(subject, "follower")?,
            followed: url(subject, "followed")?,
        }
    };
    let recipients = match detail.get("recipients")? {
        Value::String(word) if word == "followers" => Recipients::Followers,
        Value::String(word) if word == "everybody" => Recipients::Everybody,
        Value::String(word) if word == "audience" => Recipients::Audience,
        other => match (id(other, "followers_and"), text(other, "no_longer")) {
            (Some(id), _) => Recipients::FollowersAnd(id),
            (None, Some(before)) => Recipients::NoLonger(before.parse().ok()?),
            (None, None) => Recipients::One(id(other, "one")?),
        },
    };
    Some((read, recipients))
}

/// An activity of a local organisation, and its JSON text once worded.
pub fn find_outgoing(
    conn: &mut Conn,
    id: ActivityId,
) -> Result<Option<(Outgoing, Option<String>)>, Error> {
    type Columns = (
        String,
        String,
        Option<i64>,
        Option<Value>,
        Option<String>,
        DateTime<Utc>,
    );
    let row: Option<Columns> = activities::table
        .find(id.0)
        .filter(activities::local.eq(true))
        .select((
            activities::uri,
            activities::kind,
            activities::actor_id,
            activities::detail,
            activities::document,
            activities::created_at,
        ))
        .first(conn)
        .optional()?;
    let Some((uri, kind, actor, detail, document, created_at)) = row else {
        return Ok(None);
    };
    let corrupt = || Error::Corrupt(format!("activity {id}"));
    let kind = ActivityKind::ALL
        .into_iter()
        .find(|one| one.as_str() == kind)
        .ok_or_else(corrupt)?;
    let (subject, recipients) = detail.as_ref().and_then(read_detail).ok_or_else(corrupt)?;
    let outgoing = Outgoing {
        id,
        uri: rows::url(&uri)?,
        kind,
        actor: OrganisationId(actor.ok_or_else(corrupt)?),
        subject,
        recipients,
        created_at,
    };
    Ok(Some((outgoing, document)))
}

/// Keeps the JSON text that is sent to everybody.
pub fn set_document(conn: &mut Conn, id: ActivityId, document: &str) -> Result<(), Error> {
    diesel::update(activities::table.find(id.0))
        .set(activities::document.eq(Some(document)))
        .execute(conn)?;
    Ok(())
}

/// Forgets the JSON texts that show an entry which was deleted or narrowed.
pub fn forget_documents(conn: &mut Conn, entry: EntryId) -> Result<(), Error> {
    diesel::update(activities::table.filter(activities::entry_id.eq(entry.0)))
        .set(activities::document.eq(None::<String>))
        .execute(conn)?;
    Ok(())
}

/// The Create of each of these entries of an organisation that has one: its
/// outbox, as far as the caller's viewer may see the entries.
pub fn creates_of(
    conn: &mut Conn,
    organisation: OrganisationId,
    of: &[EntryId],
) -> Result<HashMap<EntryId, ActivityId>, Error> {
    let found: Vec<(i64, Option<i64>)> = activities::table
        .filter(activities::actor_id.eq(organisation.0))
        .filter(activities::kind.eq("Create"))
        .filter(activities::entry_id.eq_any(of.iter().map(|id| id.0)))
        .select((activities::id, activities::entry_id))
        .load(conn)?;
    let pairs = found.into_iter();
    Ok(pairs
        .filter_map(|(activity, entry)| Some((EntryId(entry?), ActivityId(activity))))
        .collect())
}

/// Removes records of received activities older than `before`; by then a
/// replay fails on its date.
pub fn sweep(conn: &mut Conn, before: DateTime<Utc>) -> Result<usize, Error> {
    Ok(diesel::delete(
        activities::table
            .filter(activities::local.eq(false))
            .filter(activities::created_at.lt(At(before))),
    )
    .execute(conn)?)
}
