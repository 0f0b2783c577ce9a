//! Undo: somebody takes a Follow, a Like, an Announce or a Block back.

use activitypub_federation::config::Data;
use url::Url;

use super::{Inbound, activity};
use crate::{
    domain::{organisation::Organisation, reaction::ReactionKind},
    federation::{Federation, WireError, origin::same_origin},
    operations::{Forum, blocks, follows, reactions},
    storage::{self, Conn, organisations},
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

fn undo(
    conn: &mut Conn,
    forum: &Forum,
    sender: &Organisation,
    undone: &Undone,
) -> Result<(), storage::Error> {
    let reaction = match undone.kind.as_str() {
        "" | "Follow" => None,
        "Block" => {
            let (uri, blocked) = (undone.uri.as_ref(), undone.object.as_ref());
            return blocks::undone(conn, forum, sender, uri, blocked);
        }
        "Like" | "EmojiReact" => Some(ReactionKind::Like),
        "Announce" => Some(ReactionKind::Boost),
        _ => return Ok(()),
    };
    if let Some(uri) = &undone.uri {
        reactions::undone(conn, forum, sender, uri)?;
        blocks::undone(conn, forum, sender, Some(uri), None)?;
    }
    match (reaction, &undone.object) {
        (Some(kind), Some(object)) => reactions::undone_of(conn, sender, kind, object),
        (Some(_), None) => Ok(()),
        (None, object) => unfollow(conn, sender, undone.uri.as_ref(), object.as_ref()),
    }
}

fn unfollow(
    conn: &mut Conn,
    sender: &Organisation,
    uri: Option<&Url>,
    followed: Option<&Url>,
) -> Result<(), storage::Error> {
    let by_uri = match uri {
        Some(uri) => follows::by_activity(conn, uri)?,
        None => None,
    };
    let followed = match (by_uri, followed) {
        (Some(follow), _) => Some(follow.followed),
        (None, Some(followed)) => organisations::find_by_uri(conn, followed)?.map(|one| one.id),
        (None, None) => None,
    };
    match followed {
        Some(followed) => follows::ended(conn, uri, sender.id, followed),
        None => Ok(()),
    }
}
