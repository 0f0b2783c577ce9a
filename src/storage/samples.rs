//! Rows for tests of rooms that need some to be there.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use url::Url;

use super::{
    Conn, Db, Error,
    deliveries::NewDelivery,
    schema::{activities, entries, organisations},
    types::At,
};
use crate::domain::id::{ActivityId, DeliveryId, EntryId, OrganisationId};

/// The local organisation that sends everything.
pub const SENDER: OrganisationId = OrganisationId(1);

/// Some moment, and those after it.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
}

pub fn url(text: &str) -> Url {
    Url::parse(text).expect("an address")
}

/// Writes and panics on errors.
pub async fn write<T: Send + 'static>(
    db: &Db,
    f: impl FnOnce(&mut Conn) -> Result<T, Error> + Send + 'static,
) -> T {
    db.write(f).await.expect("written")
}

pub fn insert_organisation(
    conn: &mut Conn,
    id: OrganisationId,
    shared_inbox: Option<&str>,
) -> Result<(), Error> {
    let address = format!("https://o{id}.example/");
    diesel::insert_into(organisations::table)
        .values((
            organisations::id.eq(id.0),
            organisations::uri.eq(&address),
            organisations::handle.eq(format!("o{id}")),
            organisations::name.eq("An organisation"),
            organisations::summary.eq(""),
            organisations::summary_html.eq(""),
            organisations::url.eq(&address),
            organisations::locked.eq(false),
            organisations::state.eq("active"),
            organisations::actor_type.eq("Organization"),
            organisations::inbox.eq(&address),
            organisations::shared_inbox.eq(shared_inbox),
            organisations::created_at.eq(At(at(0))),
            organisations::updated_at.eq(At(at(0))),
        ))
        .execute(conn)?;
    Ok(())
}

pub fn insert_entry(conn: &mut Conn, id: EntryId, audience: &str) -> Result<(), Error> {
    let address = format!("https://ours.example/entries/{id}");
    diesel::insert_into(entries::table)
        .values((
            entries::id.eq(id.0),
            entries::uri.eq(&address),
            entries::url.eq(&address),
            entries::local.eq(true),
            entries::author_id.eq(SENDER.0),
            entries::kind.eq("note"),
            entries::title.eq(""),
            entries::body.eq(""),
            entries::html.eq(""),
            entries::warning.eq(""),
            entries::language.eq("en"),
            entries::audience.eq(audience),
            entries::tlp.eq("CLEAR"),
            entries::root_id.eq(id.0),
            entries::created_at.eq(At(at(0))),
            entries::updated_at.eq(At(at(0))),
        ))
        .execute(conn)?;
    Ok(())
}

pub fn insert_activity(
    conn: &mut Conn,
    id: ActivityId,
    kind: &str,
    entry: Option<EntryId>,
) -> Result<(), Error> {
    diesel::insert_into(activities::table)
        .values((
            activities::id.eq(id.0),
            activities::uri.eq(format!("https://ours.example/activities/{id}")),
            activities::local.eq(true),
            activities::kind.eq(kind),
            activities::actor_uri.eq("https://ours.example/orgs/a"),
            activities::actor_id.eq(Some(SENDER.0)),
            activities::entry_id.eq(entry.map(|entry| entry.0)),
            activities::document.eq(Some(format!("activity {id}"))),
            activities::created_at.eq(At(at(0))),
        ))
        .execute(conn)?;
    Ok(())
}

/// A sender and activities 1 to `count`, about nothing in particular.
pub async fn prepare(db: &Db, count: i64) {
    write(db, move |conn| {
        insert_organisation(conn, SENDER, None)?;
        for id in 1..=count {
            insert_activity(conn, ActivityId(id), "Accept", None)?;
        }
        Ok(())
    })
    .await;
}

pub fn delivery(id: i64, activity: i64, inbox: &str) -> NewDelivery {
    NewDelivery {
        id: DeliveryId(id),
        activity: ActivityId(activity),
        sender: SENDER,
        inbox: url(inbox),
        order_key: format!("key {activity}"),
        recipient: None,
    }
}
