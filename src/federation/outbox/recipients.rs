//! Whom an activity goes to: its audience, the followers of the actor, those
//! whom it answers or names, and those who were told before.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use crate::{
    domain::{
        activity::{ActivityKind, Outgoing, Recipients, Subject},
        audience::Viewer,
        id::{EntryId, OrganisationId},
        organisation::Organisation,
    },
    federation::{Federation, answered::answered},
    operations::entries::reach,
    storage::{self, Conn, blocks, deliveries, entries, follows, organisations},
};

/// Where an activity goes, each inbox once. What is about an entry that is not
/// public goes to its readers' own inboxes and nowhere else, whatever was
/// meant when it was recorded.
///
/// # Errors
/// Storage only.
pub(super) fn inboxes(
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
            let shared = shared_inboxes(conn, actor, outgoing)?;
            Ok(shared.into_iter().map(|inbox| (inbox, None)).collect())
        }
    }
}

fn is_public(conn: &mut Conn, id: EntryId) -> Result<bool, storage::Error> {
    let audience = entries::audience_of(conn, id)?;
    Ok(audience.is_some_and(|audience| audience.is_public()))
}

/// Where what is for everybody goes: shared inboxes, each once.
fn shared_inboxes(
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
                // Whoever was told anything may keep it, however long ago.
                Subject::Myself if outgoing.kind == ActivityKind::Delete => {
                    inboxes.extend(organisations::inboxes(conn)?);
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
