//! Wording what local organisations did, and deciding who receives it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use url::Url;

use super::{
    Federation, addressed,
    answered::answered,
    json::PUBLIC,
    objects::{self, context, entry, instant, organisation},
    proofs::ours::attach,
};
use crate::{
    domain::{
        activity::{ActivityKind, Outgoing, Recipients, Subject},
        audience::{Audience, AudienceKind, Reader, Tier, Viewer},
        entry::Entry,
        id::{ActivityId, DeliveryId, EntryId, OrganisationId, ReportId},
        organisation::Organisation,
        reaction::ReactionKind,
    },
    operations::{accreditations::standing_of, entries::reach},
    storage::{
        self, Conn, activities, blocks,
        deliveries::{self, NewDelivery},
        entries, follows, keys, moves, organisations, reports,
    },
};

/// Words an activity and queues one delivery for each inbox that receives it.
/// Doing it again adds nothing.
///
/// # Errors
/// Storage only.
pub async fn distribute(federation: &Federation, id: ActivityId) -> Result<(), storage::Error> {
    let federation_in = federation.clone();
    federation
        .forum
        .write(move |conn, _| distribute_in(conn, &federation_in, id))
        .await
}

fn distribute_in(
    conn: &mut Conn,
    federation: &Federation,
    id: ActivityId,
) -> Result<(), storage::Error> {
    let Some((outgoing, worded)) = activities::find_outgoing(conn, id)? else {
        return Ok(());
    };
    let Some(actor) = organisations::find(conn, outgoing.actor)? else {
        return Ok(());
    };
    if worded.is_none() {
        // Nothing to say any more: the entry was deleted meanwhile.
        let Some(document) = word(conn, federation, &actor, &outgoing)? else {
            return Ok(());
        };
        activities::set_document(conn, id, &document.to_string())?;
    }
    let order_key = order_key(&actor, &outgoing);
    let now = federation.forum.now();
    let new: Vec<NewDelivery> = receivers(conn, federation, &actor, &outgoing)?
        .into_iter()
        .filter(|(inbox, _)| !federation.origin.is_claimed_by(inbox))
        .map(|(inbox, recipient)| NewDelivery {
            id: DeliveryId(federation.forum.ids.next(now)),
            activity: id,
            sender: actor.id,
            inbox,
            order_key: order_key.clone(),
            recipient,
        })
        .collect();
    deliveries::add_many(conn, &new, now)?;
    Ok(())
}

/// What belongs together arrives in the order in which it happened.
fn order_key(actor: &Organisation, outgoing: &Outgoing) -> String {
    match &outgoing.subject {
        Subject::Entry(id) | Subject::Tombstone { entry: id, .. } => format!("entry {id}"),
        Subject::Myself | Subject::Moved { .. } => format!("actor {}", actor.id),
        Subject::Organisation { uri } => format!("follow {} {uri}", actor.uri),
        Subject::Follow {
            follower, followed, ..
        } => format!("follow {follower} {followed}"),
        Subject::Quote { request, .. } => format!("quote {request}"),
        Subject::Object { uri, .. } | Subject::Reaction { object: uri, .. } => {
            format!("reaction {} {uri}", actor.uri)
        }
        Subject::Report(id) => format!("report {id}"),
    }
}

/// Where an activity goes, each inbox once. What is about an entry that is not
/// public goes to its readers' own inboxes and nowhere else, whatever was
/// meant when it was recorded.
fn receivers(
    conn: &mut Conn,
    federation: &Federation,
    actor: &Organisation,
    outgoing: &Outgoing,
) -> Result<BTreeMap<Url, Option<OrganisationId>>, storage::Error> {
    let forum = &federation.forum;
    match (&outgoing.recipients, &outgoing.subject) {
        (Recipients::Audience, Subject::Entry(id)) => {
            let audience = entries::audience_of(conn, *id)?;
            let readers = match audience {
                Some(audience) => reach::recipients(conn, forum, actor, &audience)?,
                None => Vec::new(),
            };
            let own = readers.into_iter();
            Ok(own.map(|one| (one.endpoints.inbox, Some(one.id))).collect())
        }
        (Recipients::Audience, Subject::Tombstone { entry, .. }) => {
            reach::told_of_deletion(conn, forum, actor, *entry)
        }
        (Recipients::NoLonger(_), Subject::Tombstone { entry, .. }) => {
            reach::told_of_removal(conn, forum, actor, *entry)
        }
        // Of nothing else is there an audience.
        (Recipients::Audience | Recipients::NoLonger(_), _) => Ok(BTreeMap::new()),
        (_, Subject::Entry(id)) if !is_public(conn, *id)? => Ok(BTreeMap::new()),
        _ => {
            let shared = inboxes(conn, actor, outgoing)?;
            Ok(shared.into_iter().map(|inbox| (inbox, None)).collect())
        }
    }
}

fn is_public(conn: &mut Conn, id: EntryId) -> Result<bool, storage::Error> {
    let audience = entries::audience_of(conn, id)?;
    Ok(audience.is_some_and(|audience| audience.is_public()))
}

/// Where what is for everybody goes: shared inboxes, each once.
fn inboxes(
    conn: &mut Conn,
    actor: &Organisation,
    outgoing: &Outgoing,
) -> Result<BTreeSet<Url>, storage::Error> {
    let mut inboxes = BTreeSet::new();
    match outgoing.recipients {
        Recipients::One(id) => {
            let to = organisations::find(conn, id)?;
            inboxes.extend(willing(conn, actor, outgoing, to)?.map(|one| one.endpoints.inbox));
        }
        Recipients::Followers => {
            add_followers(conn, actor.id, &mut inboxes)?;
            add_answered(conn, actor, outgoing, &mut inboxes)?;
        }
        Recipients::FollowersAnd(id) => {
            add_followers(conn, actor.id, &mut inboxes)?;
            let to = organisations::find(conn, id)?;
            inboxes.extend(willing(conn, actor, outgoing, to)?.map(shared));
        }
        // Not for shared inboxes.
        Recipients::Audience | Recipients::NoLonger(_) => {}
        Recipients::Everybody => {
            add_followers(conn, actor.id, &mut inboxes)?;
            add_answered(conn, actor, outgoing, &mut inboxes)?;
            match &outgoing.subject {
                Subject::Entry(id) | Subject::Tombstone { entry: id, .. } => {
                    inboxes.extend(deliveries::inboxes_told(conn, *id)?);
                }
                Subject::Myself
                | Subject::Organisation { .. }
                | Subject::Object { .. }
                | Subject::Moved { .. }
                | Subject::Quote { .. }
                | Subject::Reaction { .. }
                | Subject::Follow { .. }
                | Subject::Report(_) => {
                    inboxes.extend(deliveries::inboxes_told_by(conn, actor.id)?);
                }
            }
        }
    }
    Ok(inboxes)
}

/// The receiver, unless it blocks the actor. A report goes to it all the
/// same: there the node itself speaks to the other's administrators.
fn willing(
    conn: &mut Conn,
    actor: &Organisation,
    outgoing: &Outgoing,
    to: Option<Organisation>,
) -> Result<Option<Organisation>, storage::Error> {
    match to {
        Some(to)
            if outgoing.kind != ActivityKind::Flag
                && blocks::is_blocked(conn, to.id, actor.id)? =>
        {
            Ok(None)
        }
        to => Ok(to),
    }
}

fn shared(organisation: Organisation) -> Url {
    let endpoints = organisation.endpoints;
    endpoints.shared_inbox.unwrap_or(endpoints.inbox)
}

fn add_followers(
    conn: &mut Conn,
    actor: OrganisationId,
    inboxes: &mut BTreeSet<Url>,
) -> Result<(), storage::Error> {
    let followers = follows::remote_followers(conn, actor)?;
    inboxes.extend(followers.into_iter().map(shared));
    Ok(())
}

/// The authors of what a reply answers, when they are on other servers.
fn add_answered(
    conn: &mut Conn,
    actor: &Organisation,
    outgoing: &Outgoing,
    inboxes: &mut BTreeSet<Url>,
) -> Result<(), storage::Error> {
    let Subject::Entry(id) = outgoing.subject else {
        return Ok(());
    };
    let Some(entry) = entries::find(conn, &Viewer::Anonymous, id)? else {
        return Ok(());
    };
    let authors = answered(conn, &entry)?.into_iter();
    for author in authors.filter(|author| !author.is_local()) {
        inboxes.extend(willing(conn, actor, outgoing, Some(author))?.map(shared));
    }
    Ok(())
}

/// The activity as it is sent; `None` when there is nothing left to tell.
pub(super) fn word(
    conn: &mut Conn,
    federation: &Federation,
    actor: &Organisation,
    outgoing: &Outgoing,
) -> Result<Option<Value>, storage::Error> {
    let mut activity = match &outgoing.subject {
        // Read as its author. Who is given the words is not decided here: by
        // `receivers` when sent, by `documents` when asked for.
        Subject::Entry(id) => match entries::find(conn, &itself(actor), *id)? {
            Some(entry) if entry.author.id != actor.id => return Ok(None),
            Some(entry) if outgoing.kind == ActivityKind::Update => {
                update_of(conn, federation, outgoing, &entry)?
            }
            Some(entry) => create_of(conn, federation, &outgoing.uri, &entry)?,
            None => return Ok(None),
        },
        Subject::Tombstone { uri, entry } => {
            let mut activity = to_those_of(conn, actor, outgoing, *entry)?;
            activity["object"] = json!({"id": uri, "type": "Tombstone"});
            activity
        }
        Subject::Myself => myself(conn, federation, actor, outgoing)?,
        Subject::Organisation { uri } => {
            let mut activity = bare(actor, outgoing);
            activity["to"] = json!([uri]);
            activity["object"] = json!(uri);
            activity
        }
        Subject::Object { uri, owner } => {
            let mut activity = reaction(actor, outgoing, outgoing.kind, owner);
            activity["object"] = json!(uri);
            match outgoing.kind {
                ActivityKind::Add | ActivityKind::Remove => {
                    activity["target"] = json!(actor.endpoints.featured);
                }
                _ => {}
            }
            activity
        }
        Subject::Quote {
            request,
            quoting,
            entry,
            asker,
            leave,
        } => {
            let mut activity = bare(actor, outgoing);
            activity["@context"] = context::quote();
            activity["to"] = json!([asker]);
            activity["object"] = json!({
                "id": request, "type": "QuoteRequest", "actor": asker,
                "object": entry, "instrument": quoting,
            });
            activity["result"] = json!(leave);
            activity
        }
        Subject::Moved { target } => {
            let mut activity = to_everybody(actor, outgoing);
            activity["object"] = json!(actor.uri);
            activity["target"] = json!(target);
            activity
        }
        Subject::Reaction {
            kind,
            uri,
            object,
            owner,
        } => {
            let undone = match kind {
                ReactionKind::Like => ActivityKind::Like,
                ReactionKind::Boost => ActivityKind::Announce,
            };
            let mut activity = reaction(actor, outgoing, undone, owner);
            activity["object"] = json!({
                "id": uri, "type": undone.as_str(), "actor": actor.uri, "object": object,
            });
            activity
        }
        Subject::Follow {
            uri,
            follower,
            followed,
        } => {
            let mut activity = bare(actor, outgoing);
            let other = if *follower == actor.uri {
                followed
            } else {
                follower
            };
            activity["to"] = json!([other]);
            activity["object"] =
                json!({"id": uri, "type": "Follow", "actor": follower, "object": followed});
            activity
        }
        Subject::Report(id) => match flag_of(conn, federation, outgoing, *id)? {
            Some(flag) => flag,
            None => return Ok(None),
        },
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

/// A like is for the owner of what is liked only, and so is the Undo of it;
/// everything else is for everybody.
fn reaction(actor: &Organisation, outgoing: &Outgoing, kind: ActivityKind, owner: &Url) -> Value {
    if kind == ActivityKind::Like {
        let mut activity = bare(actor, outgoing);
        activity["to"] = json!([owner]);
        return activity;
    }
    let mut activity = to_everybody(actor, outgoing);
    let owner = [owner].into_iter().filter(|owner| **owner != actor.uri);
    let followers = actor.endpoints.followers.iter();
    activity["cc"] = json!(Vec::from_iter(followers.chain(owner)));
    activity
}

fn to_everybody(actor: &Organisation, outgoing: &Outgoing) -> Value {
    let mut activity = bare(actor, outgoing);
    activity["to"] = json!([PUBLIC]);
    activity["cc"] = json!(Vec::from_iter(&actor.endpoints.followers));
    activity["published"] = json!(instant(outgoing.created_at));
    activity
}

/// An organisation as the reader of its own entries, and of no others.
fn itself(actor: &Organisation) -> Viewer {
    Viewer::Organisation(Reader {
        organisation: actor.id,
        tier: Tier::Public,
    })
}

/// The Delete of an entry: to those for whom the entry was. A narrowed one is
/// told as it was before; who was named then, or is now, is told to nobody.
fn to_those_of(
    conn: &mut Conn,
    actor: &Organisation,
    outgoing: &Outgoing,
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
    if audience.is_public() {
        return Ok(to_everybody(actor, outgoing));
    }
    let mut activity = bare(actor, outgoing);
    activity["to"] = json!(addressed::to(conn, &audience)?);
    Ok(activity)
}

fn myself(
    conn: &mut Conn,
    federation: &Federation,
    actor: &Organisation,
    outgoing: &Outgoing,
) -> Result<Value, storage::Error> {
    let mut activity = to_everybody(actor, outgoing);
    if outgoing.kind == ActivityKind::Delete {
        activity["object"] = json!(actor.uri);
    } else {
        let keys = keys::of_owner(conn, &actor.uri)?;
        let moves = moves::of(conn, actor.id)?;
        let standing = standing_of(conn, &federation.forum, actor)?;
        let mut document = organisation::document(federation, actor, &keys, &moves, &standing);
        if let Some(map) = document.as_object_mut()
            && let Some(context) = map.remove("@context")
        {
            activity["@context"] = context;
        }
        activity["object"] = document;
    }
    Ok(activity)
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
    let moment = entry.created_at;
    about(conn, federation, activity, "Create", entry, moment)
}

fn update_of(
    conn: &mut Conn,
    federation: &Federation,
    outgoing: &Outgoing,
    entry: &Entry,
) -> Result<Value, storage::Error> {
    let (uri, moment) = (&outgoing.uri, entry.updated_at);
    about(conn, federation, uri, "Update", entry, moment)
}

fn about(
    conn: &mut Conn,
    federation: &Federation,
    activity: &Url,
    kind: &str,
    entry: &Entry,
    moment: chrono::DateTime<chrono::Utc>,
) -> Result<Value, storage::Error> {
    let to = addressed::to(conn, &entry.audience)?;
    let object = entry::body(federation, entry, &answered(conn, entry)?, &to);
    let mut activity = json!({
        "@context": objects::context::entry(),
        "id": activity,
        "type": kind,
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

/// A report as its subject's server gets it: from the node itself, so that
/// nobody there learns which organisation reported.
fn flag_of(
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
