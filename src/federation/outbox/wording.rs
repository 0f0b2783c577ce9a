//! The wording of an activity, from what stands in the database when it is
//! asked for.

use serde_json::{Value, json};
use url::Url;

use crate::{
    domain::{
        activity::{ActivityKind, Outgoing, Recipients, Subject},
        audience::{Audience, AudienceKind, Reader, Tier, Viewer},
        entry::Entry,
        id::{EntryId, ReportId},
        organisation::Organisation,
        reaction::ReactionKind,
    },
    federation::{
        Federation, addressed,
        answered::answered,
        json::PUBLIC,
        objects::{context, entry, instant, organisation},
        proofs::ours::attach,
    },
    operations::accreditations::standing_of,
    storage::{self, Conn, entries, keys, moves, organisations, reports},
};

/// The activity as it is sent; `None` when there is nothing left to tell.
///
/// # Errors
/// Storage only.
pub(in crate::federation) fn word(
    conn: &mut Conn,
    federation: &Federation,
    actor: &Organisation,
    outgoing: &Outgoing,
) -> Result<Option<Value>, storage::Error> {
    let mut activity = match &outgoing.subject {
        Subject::Entry(id) => match published(conn, federation, actor, outgoing, *id)? {
            Some(activity) => activity,
            None => return Ok(None),
        },
        Subject::Report(id) => match flag(conn, federation, outgoing, *id)? {
            Some(activity) => activity,
            None => return Ok(None),
        },
        Subject::Tombstone { uri, entry } => deleted(conn, actor, outgoing, uri, *entry)?,
        Subject::Myself => myself(conn, federation, actor, outgoing)?,
        Subject::Moved { target } => {
            let mut activity = to_everybody(actor, outgoing, json!(actor.uri));
            activity["target"] = json!(target);
            activity
        }
        Subject::Organisation { uri } => to_these(actor, outgoing, json!([uri]), json!(uri)),
        Subject::Follow {
            uri,
            follower,
            followed,
        } => {
            let is_ours = *follower == actor.uri;
            let other = if is_ours { followed } else { follower };
            let follow =
                json!({"id": uri, "type": "Follow", "actor": follower, "object": followed});
            to_these(actor, outgoing, json!([other]), follow)
        }
        Subject::Quote {
            request,
            quoting,
            entry,
            asker,
            leave,
        } => {
            let request = json!({
                "id": request, "type": "QuoteRequest", "actor": asker,
                "object": entry, "instrument": quoting,
            });
            let mut activity = to_these(actor, outgoing, json!([asker]), request);
            activity["@context"] = context::quote();
            if let Some(leave) = leave {
                activity["result"] = json!(leave);
            }
            activity
        }
        Subject::Object { uri, owner } => {
            let mut activity = reaction(actor, outgoing, outgoing.kind, owner, json!(uri));
            if matches!(outgoing.kind, ActivityKind::Add | ActivityKind::Remove) {
                activity["target"] = json!(actor.endpoints.featured);
            }
            activity
        }
        Subject::Reaction {
            kind,
            uri,
            object,
            owner,
        } => {
            let kind = match kind {
                ReactionKind::Like => ActivityKind::Like,
                ReactionKind::Boost => ActivityKind::Announce,
            };
            let undone = json!({
                "id": uri, "type": kind.as_str(), "actor": actor.uri, "object": object,
            });
            reaction(actor, outgoing, kind, owner, undone)
        }
    };
    attach(conn, federation, &actor.uri, &mut activity)?;
    Ok(Some(activity))
}

fn bare(actor: &Organisation, outgoing: &Outgoing) -> Value {
    json!({
        "@context": context::plain(),
        "id": outgoing.uri,
        "type": outgoing.kind.as_str(),
        "actor": actor.uri,
    })
}

/// For these alone.
fn to_these(actor: &Organisation, outgoing: &Outgoing, to: Value, object: Value) -> Value {
    let mut activity = bare(actor, outgoing);
    activity["to"] = to;
    activity["object"] = object;
    activity
}

fn to_everybody(actor: &Organisation, outgoing: &Outgoing, object: Value) -> Value {
    let mut activity = bare(actor, outgoing);
    activity["to"] = json!([PUBLIC]);
    activity["cc"] = json!(Vec::from_iter(&actor.endpoints.followers));
    activity["published"] = json!(instant(outgoing.created_at));
    activity["object"] = object;
    activity
}

/// A like is for the owner of what is liked only, and so is the Undo of it;
/// everything else is for everybody.
fn reaction(
    actor: &Organisation,
    outgoing: &Outgoing,
    kind: ActivityKind,
    owner: &Url,
    object: Value,
) -> Value {
    if kind == ActivityKind::Like {
        return to_these(actor, outgoing, json!([owner]), object);
    }
    let mut activity = to_everybody(actor, outgoing, object);
    let owner = [owner].into_iter().filter(|owner| **owner != actor.uri);
    let followers = actor.endpoints.followers.iter();
    activity["cc"] = json!(Vec::from_iter(followers.chain(owner)));
    activity
}

/// The Create or the Update of an entry. It is read as its author: who is given
/// the words is not decided here, but by `recipients` when they are sent, and
/// by `documents` when they are asked for.
fn published(
    conn: &mut Conn,
    federation: &Federation,
    actor: &Organisation,
    outgoing: &Outgoing,
    id: EntryId,
) -> Result<Option<Value>, storage::Error> {
    let itself = Viewer::Organisation(Reader {
        organisation: actor.id,
        tier: Tier::Public,
    });
    let found = entries::find(conn, &itself, id)?;
    let Some(entry) = found.filter(|entry| entry.author.id == actor.id) else {
        return Ok(None);
    };
    about(conn, federation, outgoing.kind, &outgoing.uri, &entry).map(Some)
}

/// The Create of a local entry, as sent and as in the outbox.
///
/// # Errors
/// Storage only.
pub fn create_of(
    conn: &mut Conn,
    federation: &Federation,
    activity: &Url,
    entry: &Entry,
) -> Result<Value, storage::Error> {
    about(conn, federation, ActivityKind::Create, activity, entry)
}

fn about(
    conn: &mut Conn,
    federation: &Federation,
    kind: ActivityKind,
    activity: &Url,
    entry: &Entry,
) -> Result<Value, storage::Error> {
    let moment = match kind == ActivityKind::Update {
        true => entry.updated_at,
        false => entry.created_at,
    };
    let to = addressed::to(conn, &entry.audience)?;
    let object = entry::body(federation, entry, &answered(conn, entry)?, &to);
    let mut activity = json!({
        "@context": context::entry(),
        "id": activity,
        "type": kind.as_str(),
        "actor": entry.author.uri,
        "published": instant(moment),
        "to": object["to"],
    });
    if let Some(cc) = object.get("cc") {
        activity["cc"] = cc.clone();
    }
    activity["object"] = object;
    Ok(activity)
}

/// The Delete of an entry: to those for whom the entry was. A narrowed one is
/// told as it was before; who was named then, or is now, is told to nobody.
fn deleted(
    conn: &mut Conn,
    actor: &Organisation,
    outgoing: &Outgoing,
    uri: &Url,
    entry: EntryId,
) -> Result<Value, storage::Error> {
    let audience = match outgoing.recipients {
        Recipients::NoLonger(AudienceKind::Public) => Audience::Public,
        Recipients::NoLonger(AudienceKind::Members) => Audience::Members,
        Recipients::NoLonger(AudienceKind::Preferential) => Audience::Preferential,
        Recipients::NoLonger(AudienceKind::Named) => Audience::Named(Vec::new()),
        Recipients::Followers
        | Recipients::Everybody
        | Recipients::One(_)
        | Recipients::FollowersAnd(_)
        | Recipients::Audience => {
            let known = entries::audience_of(conn, entry)?;
            known.unwrap_or(Audience::Named(Vec::new()))
        }
    };
    let tombstone = json!({"id": uri, "type": "Tombstone"});
    if audience.is_public() {
        return Ok(to_everybody(actor, outgoing, tombstone));
    }
    let readers = json!(addressed::to(conn, &audience)?);
    Ok(to_these(actor, outgoing, readers, tombstone))
}

/// The Update or the Delete of the organisation itself.
fn myself(
    conn: &mut Conn,
    federation: &Federation,
    actor: &Organisation,
    outgoing: &Outgoing,
) -> Result<Value, storage::Error> {
    if outgoing.kind == ActivityKind::Delete {
        return Ok(to_everybody(actor, outgoing, json!(actor.uri)));
    }
    let keys = keys::of_owner(conn, &actor.uri)?;
    let moves = moves::of(conn, actor.id)?;
    let standing = standing_of(conn, &federation.forum, actor)?;
    let mut document = organisation::document(federation, actor, &keys, &moves, &standing);
    let context = document
        .as_object_mut()
        .and_then(|map| map.remove("@context"));
    let mut activity = to_everybody(actor, outgoing, document);
    if let Some(context) = context {
        activity["@context"] = context;
    }
    Ok(activity)
}

/// A report as its subject's server gets it: from the node itself, so that
/// nobody there learns which organisation reported.
fn flag(
    conn: &mut Conn,
    federation: &Federation,
    outgoing: &Outgoing,
    id: ReportId,
) -> Result<Option<Value>, storage::Error> {
    let Some(report) = reports::find(conn, id)? else {
        return Ok(None);
    };
    let Some(reported) = organisations::find(conn, report.reported)? else {
        return Ok(None);
    };
    let entries = entries::find_many(conn, &Viewer::Anonymous, &report.entries)?;
    let objects: Vec<&Url> = std::iter::once(&reported.uri)
        .chain(entries.iter().map(|entry| &entry.uri))
        .collect();
    Ok(Some(json!({
        "@context": context::plain(),
        "id": outgoing.uri,
        "type": outgoing.kind.as_str(),
        "actor": federation.forum.urls.node_actor(),
        "to": [reported.uri],
        "content": report.comment,
        "object": objects,
    })))
}
