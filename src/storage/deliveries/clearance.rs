//! The last look before something leaves the node: what was public when it
//! was queued may not be public any more, what it says may have been taken
//! back, its author may have been suspended, and a host may have been blocked.

use diesel::prelude::*;
use url::Url;

use crate::domain::{
    activity::ActivityKind,
    audience::AudienceKind,
    delivery::DeliveryState,
    id::{DeliveryId, EntryId, OrganisationId},
};

use super::{
    super::{
        Conn, Error, follows, hosts, reactions, rows,
        schema::{activities, deliveries, entries, organisations},
    },
    read_inbox,
};

/// May this delivery leave?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clearance {
    /// Yes, with this text, byte for byte, signed by this actor.
    Send { document: String, actor: Url },
    /// The entry that it tells of is not for everybody: yes, as [`Self::Send`],
    /// if this recipient may have it. That is `operations`' to say.
    SendIfAllowed {
        entry: EntryId,
        recipient: OrganisationId,
        document: String,
        actor: Url,
    },
    /// No, and never.
    Drop { note: &'static str },
}

#[derive(Queryable)]
struct Row {
    state: String,
    inbox: String,
    kind: String,
    uri: String,
    actor: String,
    /// Of the organisation that sends it.
    sender_state: String,
    document: Option<String>,
    entry: Option<i64>,
    /// None, too, when the entry is deleted.
    audience: Option<String>,
    recipient: Option<i64>,
}

/// Looks whether a delivery may be sent now. With `allowlist`, only hosts that
/// were allowed are sent to.
pub fn clear(conn: &mut Conn, id: DeliveryId, allowlist: bool) -> Result<Clearance, Error> {
    let living_entry = entries::id
        .nullable()
        .eq(activities::entry_id)
        .and(entries::deleted_at.is_null());
    let row: Option<Row> = deliveries::table
        .inner_join(activities::table.left_join(entries::table.on(living_entry)))
        .inner_join(organisations::table.on(organisations::id.eq(deliveries::sender_id)))
        .filter(deliveries::id.eq(id.0))
        .select((
            deliveries::state,
            deliveries::inbox,
            activities::kind,
            activities::uri,
            activities::actor_uri,
            organisations::state,
            activities::document,
            activities::entry_id,
            entries::audience.nullable(),
            deliveries::recipient_id,
        ))
        .first(conn)
        .optional()?;
    let drop = |note| Ok(Clearance::Drop { note });
    let Some(row) = row else {
        return drop("it was removed");
    };
    if row.state != DeliveryState::Pending.as_str() {
        return drop("it no longer waits");
    }
    if !hosts::federates_with(conn, &read_inbox(&row.inbox)?, allowlist)? {
        return drop("the host is blocked");
    }
    let kind = ActivityKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == row.kind)
        .ok_or_else(|| Error::Corrupt(format!("activity kind {:?}", row.kind)))?;
    if needs_its_author(kind) && row.sender_state != "active" {
        return drop("its author takes part no longer");
    }
    if was_taken_back(conn, kind, &rows::url(&row.uri)?)? {
        return drop("it was taken back");
    }
    // That an entry is deleted must be told to all who were told of it.
    let is_delete = kind == ActivityKind::Delete;
    let is_public = row.audience.as_deref() == Some(AudienceKind::Public.as_str());
    let needs_leave = match row.entry {
        Some(entry) if !is_delete && !is_public => match (row.audience, row.recipient) {
            (Some(_), Some(recipient)) => Some((EntryId(entry), OrganisationId(recipient))),
            _ => return drop("the entry is deleted or no longer public"),
        },
        Some(_) | None => None,
    };
    let Some(document) = row.document else {
        return drop("its text was withdrawn");
    };
    let actor = rows::url(&row.actor)?;
    Ok(match needs_leave {
        None => Clearance::Send { document, actor },
        Some((entry, recipient)) => Clearance::SendIfAllowed {
            entry,
            recipient,
            document,
            actor,
        },
    })
}

/// Does this say something that only an organisation which takes part may say?
/// Whatever takes something back, and what the node reports, is sent anyhow.
fn needs_its_author(kind: ActivityKind) -> bool {
    match kind {
        ActivityKind::Create
        | ActivityKind::Update
        | ActivityKind::Follow
        | ActivityKind::Accept
        | ActivityKind::Like
        | ActivityKind::Announce
        | ActivityKind::Add
        | ActivityKind::Move => true,
        ActivityKind::Delete
        | ActivityKind::Reject
        | ActivityKind::Undo
        | ActivityKind::Flag
        | ActivityKind::Remove => false,
    }
}

/// Has what this activity did been undone? A letter that is sent again must
/// not revive it after its Undo.
fn was_taken_back(conn: &mut Conn, kind: ActivityKind, uri: &Url) -> Result<bool, Error> {
    Ok(match kind {
        ActivityKind::Follow => follows::find_by_activity(conn, uri)?.is_none(),
        ActivityKind::Like | ActivityKind::Announce => {
            reactions::find_by_activity(conn, uri)?.is_none()
        }
        ActivityKind::Create
        | ActivityKind::Update
        | ActivityKind::Delete
        | ActivityKind::Accept
        | ActivityKind::Reject
        | ActivityKind::Undo
        | ActivityKind::Flag
        | ActivityKind::Add
        | ActivityKind::Remove
        | ActivityKind::Move => false,
    })
}
