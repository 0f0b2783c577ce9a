//! Undo: somebody takes a Follow, a Like, an Announce or a Block back.

use activitypub_federation::config::Data;
use url::Url;

use super::{Inbound, activity, block::is_ban, can_be_undone};
use crate::{
    domain::{organisation::Organisation, reaction::ReactionKind},
    federation::{Federation, WireError, origin::same_origin},
    operations::{Forum, blocks, follows, reactions},
    storage::{self, Conn, activities, organisations},
};

activity!(Undo, check, take);

/// Only the actor of an activity undoes it, and nothing of another server is
/// taken for undone.
fn check(inbound: &Inbound) -> Result<(), WireError> {
    let uri = inbound.read().url("object");
    if uri.is_some_and(|uri| !same_origin(&uri, &inbound.sender.uri)) {
        return Err(WireError::NotTheirs(
            "the undone activity is of another origin",
        ));
    }
    let object = inbound.object();
    let actor = object.and_then(|object| object.url("actor"));
    match actor {
        Some(actor) if actor != inbound.sender.uri => Err(WireError::NotTheirs(
            "the undone activity belongs to somebody else",
        )),
        Some(_) => Ok(()),
        None => inbound.has_object(),
    }
}

/// What is undone, as far as the Undo says.
struct Undone {
    uri: Option<Url>,
    /// Empty when only the id is given.
    kind: String,
    object: Option<Url>,
}

async fn take(inbound: Inbound, data: &Data<Federation>) -> Result<(), WireError> {
    let embedded = inbound.object();
    if embedded.is_some_and(|undone| undone.kind() == "Block" && is_ban(undone)) {
        return Ok(());
    }
    let undone = Undone {
        uri: inbound.read().url("object"),
        kind: embedded
            .filter(|object| object.get("type").is_some())
            .map(|object| object.kind().to_owned())
            .unwrap_or_default(),
        object: embedded.and_then(|object| object.url("object")),
    };
    let sender = inbound.sender.clone();
    inbound
        .once(data, move |conn, forum| undo(conn, forum, &sender, &undone))
        .await
}

/// What the named activity made is taken back. When it made nothing that is
/// still there, but was received, then something newer stands in its place, or
/// nothing: either stays. Under an id that never came, what is undone is known by
/// its object alone (Lemmy gives it a new id), and if it comes yet, it comes too
/// late.
fn undo(
    conn: &mut Conn,
    forum: &Forum,
    sender: &Organisation,
    undone: &Undone,
) -> Result<(), storage::Error> {
    // Without a type it is known by its id.
    if !undone.kind.is_empty() && !can_be_undone(&undone.kind) {
        return Ok(());
    }
    if let Some(uri) = &undone.uri {
        let is_done = reactions::undone(conn, sender, uri)?
            || follows::undone(conn, sender, uri)?
            || blocks::undone(conn, sender, uri)?;
        if is_done {
            return Ok(());
        }
        let has_come =
            activities::is_known(conn, uri)? || reactions::was_undone(conn, uri, &sender.uri)?;
        // A boost may have come, and wait for a server that does not answer.
        if !has_come || matches!(undone.kind.as_str(), "" | "Announce") {
            reactions::undone_early(conn, forum, uri, &sender.uri)?;
        }
        if has_come {
            return Ok(());
        }
    }
    match &undone.object {
        Some(object) => undo_by_object(conn, sender, &undone.kind, object),
        None => Ok(()),
    }
}

/// Takes back what the sender last said about this object.
fn undo_by_object(
    conn: &mut Conn,
    sender: &Organisation,
    kind: &str,
    object: &Url,
) -> Result<(), storage::Error> {
    match kind {
        "Like" | "EmojiReact" => reactions::undone_of(conn, sender, ReactionKind::Like, object),
        "Announce" => reactions::undone_of(conn, sender, ReactionKind::Boost, object),
        "Block" => blocks::undone_of(conn, sender, object),
        _ => match organisations::find_by_uri(conn, object)? {
            Some(followed) => follows::ended(conn, None, sender.id, followed.id),
            None => Ok(()),
        },
    }
}
