//! Single documents as other servers read them: actors, entries, activities.
//! What is not for whoever asks ([`Asker`]) is not there.

use axum::{
    extract::{Path, State},
    response::Response,
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use url::Url;

use super::{
    Federation, addressed,
    answered::answered,
    objects::{self, entry::note, tombstone},
    outbox,
    proofs::ours::attach,
    readers::Asker,
    reply::{Readers, Refusal, document, document_for},
};
use crate::{
    app::App,
    domain::{
        activity::{ActivityKind, Subject},
        audience::Viewer,
        entry::Entry,
        id::{ActivityId, EntryId, QuoteId},
        organisation::{Organisation, OrganisationState},
    },
    operations::accreditations::standing_of,
    storage::{self, Conn, activities, entries, keys, moves, organisations, quotes},
    urls::Urls,
};

/// The actor document of a local organisation.
///
/// # Errors
/// [`Refusal::Gone`] for a suspended or deleted one.
pub async fn organisation(federation: &Federation, handle: &str) -> Result<Response, Refusal> {
    let (handle, wire) = (handle.to_owned(), federation.clone());
    let read = federation.forum.db.read(move |conn| -> Result<_, Refusal> {
        let found = active(conn, &handle)?;
        let keys = keys::of_owner(conn, &found.uri)?;
        let moves = moves::of(conn, found.id)?;
        let standing = standing_of(conn, &wire.forum, &found)?;
        let word = objects::organisation::document;
        Ok(word(&wire, &found, &keys, &moves, &standing))
    });
    Ok(document(&read.await?))
}

/// What whoever does not sign learns of a local organisation where
/// `federation.authorized_fetch` is on: enough to verify what it signs.
///
/// # Errors
/// As [`organisation`].
pub async fn keys_of(federation: &Federation, handle: &str) -> Result<Response, Refusal> {
    let handle = handle.to_owned();
    let (found, keys) = federation
        .forum
        .db
        .read(move |conn| -> Result<_, Refusal> {
            let found = active(conn, &handle)?;
            let keys = keys::of_owner(conn, &found.uri)?;
            Ok((found, keys))
        })
        .await?;
    Ok(document(&objects::organisation::stub(&found, &keys)))
}

/// A local organisation that takes part.
pub(super) fn active(conn: &mut Conn, handle: &str) -> Result<Organisation, Refusal> {
    let found = organisations::find_local(conn, handle)?.ok_or(Refusal::NotFound)?;
    match found.state {
        OrganisationState::Active => Ok(found),
        OrganisationState::Suspended | OrganisationState::Deleted => Err(Refusal::Gone(tombstone(
            &found.uri,
            &found.actor_type,
            found.updated_at,
        ))),
    }
}

/// The node's own actor. Its keys stay readable whoever asks.
pub(super) async fn node(State(app): State<App>) -> Result<Response, Refusal> {
    let owner = app.forum.urls.node_actor();
    let keys = app
        .forum
        .db
        .read(move |conn| keys::of_owner(conn, &owner))
        .await?;
    Ok(document(&objects::organisation::node_document(
        &app.federation,
        &keys,
    )))
}

/// The Note of a local entry that the viewer may see; `id` as it stands in the
/// address.
///
/// # Errors
/// [`Refusal::Gone`] for one that was deleted and that the viewer could read.
pub async fn entry(federation: &Federation, viewer: Viewer, id: &str) -> Result<Response, Refusal> {
    let word = |conn: &mut Conn, federation: &Federation, entry: &Entry| {
        let (answered, to) = (
            answered(conn, entry)?,
            addressed::to(conn, &entry.audience)?,
        );
        Ok(Some(note(federation, entry, &answered, &to)))
    };
    word_entry(federation, viewer, id, word).await
}

pub(super) async fn proposal(
    State(app): State<App>,
    Asker(viewer): Asker,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let word = |conn: &mut Conn, federation: &Federation, entry: &Entry| {
        let to = addressed::to(conn, &entry.audience)?;
        Ok(objects::entry::proposal(federation, entry, &to))
    };
    word_entry(&app.federation, viewer, &id, word).await
}

/// An entry of ours in the words of `word`; a public one with its author's proof.
async fn word_entry(
    federation: &Federation,
    viewer: Viewer,
    id: &str,
    word: fn(&mut Conn, &Federation, &Entry) -> Result<Option<Value>, storage::Error>,
) -> Result<Response, Refusal> {
    let id = id.parse().map_err(|_| Refusal::NotFound)?;
    let federation = federation.clone();
    let db = federation.forum.db.clone();
    let (worded, readers) = db
        .read(move |conn| -> Result<_, Refusal> {
            let entry = ours(conn, &federation.forum.urls, &viewer, id)?;
            let mut worded = word(conn, &federation, &entry)?.ok_or(Refusal::NotFound)?;
            attach(conn, &federation, &entry.author.uri, &mut worded)?;
            Ok((worded, Readers::of(&entry)))
        })
        .await?;
    Ok(document_for(readers, &worded))
}

/// An entry of ours that the viewer may see. Another server's is served by that
/// server alone.
pub(super) fn ours(
    conn: &mut Conn,
    urls: &Urls,
    viewer: &Viewer,
    id: EntryId,
) -> Result<Entry, Refusal> {
    match entries::find(conn, viewer, id)? {
        Some(entry) if entry.is_local() => Ok(entry),
        Some(_) => Err(Refusal::NotFound),
        None => Err(absent(conn, urls, viewer, id)?),
    }
}

/// Why there is no such entry for the viewer. Of those that it could not read,
/// nothing is told.
pub(super) fn absent(
    conn: &mut Conn,
    urls: &Urls,
    viewer: &Viewer,
    id: EntryId,
) -> Result<Refusal, Refusal> {
    let known = entries::known_id(conn, id)?.filter(|known| known.local);
    let Some(known) = known else {
        return Ok(Refusal::NotFound);
    };
    if !entries::was_for(conn, viewer, id)? {
        return Ok(Refusal::NotFound);
    }
    let Some(author) = organisations::find(conn, known.author)? else {
        return Ok(Refusal::NotFound);
    };
    // Not deleted itself: then its author was suspended or deleted.
    let when: DateTime<Utc> = known.deleted_at.unwrap_or(author.updated_at);
    Ok(Refusal::Gone(tombstone(&urls.entry(id), "Note", when)))
}

/// The leave that a post elsewhere has to quote a public entry of ours.
pub(super) async fn quote(
    State(app): State<App>,
    Path((id, leave)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let id: EntryId = id.parse().map_err(|_| Refusal::NotFound)?;
    let leave: QuoteId = leave.parse().map_err(|_| Refusal::NotFound)?;
    let found = app.forum.db.read(move |conn| -> Result<_, Refusal> {
        let entry = entries::find(conn, &Viewer::Anonymous, id)?;
        let entry = entry.filter(Entry::is_local).ok_or(Refusal::NotFound)?;
        let quoting = quotes::find(conn, id, leave)?.ok_or(Refusal::NotFound)?;
        Ok((entry, quoting))
    });
    let (entry, quoting) = found.await?;
    Ok(document(&json!({
        "@context": objects::context::quote(),
        "id": app.forum.urls.quote(id, leave),
        "type": "QuoteAuthorization",
        "attributedTo": entry.author.uri,
        "interactingObject": quoting,
        "interactionTarget": entry.uri,
    })))
}

/// An activity about something that the reader may see, worded from how things
/// stand now. Between whom a Follow was asked and answered is nobody else's business.
pub(super) async fn activity(
    State(app): State<App>,
    Asker(viewer): Asker,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let id = id.parse().map_err(|_| Refusal::NotFound)?;
    let federation = app.federation.clone();
    let (worded, readers) = app
        .forum
        .db
        .read(move |conn| worded(conn, &federation, &viewer, id))
        .await?;
    Ok(document_for(readers, &worded))
}

fn worded(
    conn: &mut Conn,
    federation: &Federation,
    viewer: &Viewer,
    id: ActivityId,
) -> Result<(Value, Readers), Refusal> {
    let (outgoing, _) = activities::find_outgoing(conn, id)?.ok_or(Refusal::NotFound)?;
    let actor = organisations::find(conn, outgoing.actor)?.ok_or(Refusal::NotFound)?;
    let takes_part = actor.state == OrganisationState::Active;
    match outgoing.subject {
        Subject::Entry(entry) => {
            let shown = ours(conn, &federation.forum.urls, viewer, entry)?;
            let worded = outbox::word(conn, federation, &actor, &outgoing)?;
            Ok((worded.ok_or(Refusal::NotFound)?, Readers::of(&shown)))
        }
        Subject::Tombstone { entry, .. } => {
            // Only those who could read it learn that it was there.
            if !entries::was_for(conn, viewer, entry)? {
                return Err(Refusal::NotFound);
            }
            let worded = outbox::word(conn, federation, &actor, &outgoing)?;
            let readers = match entries::was_for(conn, &Viewer::Anonymous, entry)? {
                true => Readers::Everybody,
                false => Readers::WhoAsked,
            };
            Ok((worded.ok_or(Refusal::NotFound)?, readers))
        }
        // Of its own deletion an organisation speaks after its end.
        Subject::Myself if !takes_part && outgoing.kind != ActivityKind::Delete => {
            Err(Refusal::NotFound)
        }
        Subject::Object { .. } if outgoing.kind == ActivityKind::Like || !takes_part => {
            Err(Refusal::NotFound)
        }
        Subject::Object { ref uri, .. } => {
            still_public(conn, &federation.forum.urls, viewer, uri)?;
            let worded = outbox::word(conn, federation, &actor, &outgoing)?;
            Ok((worded.ok_or(Refusal::NotFound)?, Readers::Everybody))
        }
        Subject::Myself | Subject::Moved { .. } => {
            let worded = outbox::word(conn, federation, &actor, &outgoing)?;
            Ok((worded.ok_or(Refusal::NotFound)?, Readers::Everybody))
        }
        Subject::Organisation { .. }
        | Subject::Quote { .. }
        | Subject::Reaction { .. }
        | Subject::Follow { .. }
        | Subject::Report(_) => Err(Refusal::NotFound),
    }
}

/// Only what is for everybody is passed on and pinned, and narrowing takes both away:
/// of what no longer is, an activity says no more than the entry's own address.
fn still_public(conn: &mut Conn, urls: &Urls, viewer: &Viewer, uri: &Url) -> Result<(), Refusal> {
    let known = entries::known(conn, uri)?.ok_or(Refusal::NotFound)?;
    match entries::find(conn, viewer, known.id)? {
        Some(entry) if entry.audience.is_public() => Ok(()),
        Some(_) => Err(Refusal::NotFound),
        None => Err(absent(conn, urls, viewer, known.id)?),
    }
}
