//! Proofs on what our own organisations publish: made when it is worded, with
//! the Ed25519 key that each of them publishes.

use serde_json::{Value, json};
use url::Url;

use super::{ProofError, sign};
use crate::{
    federation::{Federation, json::PUBLIC, objects::Document, signatures::Signer},
    storage::{
        self, Conn,
        keys::{self, Algorithm},
    },
};

/// Defines the terms of a proof, for readers of linked data.
const CONTEXT: &str = "https://w3id.org/security/data-integrity/v2";

/// Puts its author's proof on a document that is for everybody, and on the
/// object in it. What is for fewer gets none: signed, it could be proven true
/// wherever it leaks to (PROTOCOL.md 4.2).
///
/// # Errors
/// Storage only. An organisation without an Ed25519 key speaks without proof.
pub fn attach(
    conn: &mut Conn,
    federation: &Federation,
    author: &Url,
    document: &mut Value,
) -> Result<(), storage::Error> {
    if !Document(document).is_addressed_to(PUBLIC) {
        return Ok(());
    }
    let Some(signer) = signer(conn, federation, author)? else {
        return Ok(());
    };
    let now = federation.forum.now();
    let signed = sign_object(document, &signer, author, now)
        .and_then(|()| add_context(document))
        .and_then(|()| sign(document, &signer, now));
    if let Err(error) = signed {
        tracing::warn!(%error, %author, "a document leaves without proof");
    }
    Ok(())
}

fn signer(
    conn: &mut Conn,
    federation: &Federation,
    author: &Url,
) -> Result<Option<Signer>, storage::Error> {
    let keys = keys::of_owner(conn, author)?;
    let found = keys
        .into_iter()
        .filter(|key| key.algorithm == Algorithm::Ed25519)
        .find_map(|key| Some((key.uri, key.private_key?)));
    let Some((key_id, pem)) = found else {
        return Ok(None);
    };
    let key = federation
        .keyring
        .parsed
        .private(&pem)
        .map_err(|error| storage::Error::Corrupt(format!("a key of {author}: {error}")))?;
    Ok(Some(Signer { key_id, key }))
}

/// The author's own object, for readers that take it out of its activity. It
/// has no context of its own there, and neither has its proof.
fn sign_object(
    activity: &mut Value,
    signer: &Signer,
    author: &Url,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), ProofError> {
    match activity.get_mut("object") {
        Some(object) if Document(object).url("attributedTo").as_ref() == Some(author) => {
            sign(object, signer, now)
        }
        Some(_) | None => Ok(()),
    }
}

/// Mastodon reads proofs of documents whose context is a list only.
fn add_context(document: &mut Value) -> Result<(), ProofError> {
    let contexts = document
        .get_mut("@context")
        .and_then(Value::as_array_mut)
        .ok_or(ProofError::WrongContext)?;
    let place = contexts.len().min(1);
    contexts.insert(place, json!(CONTEXT));
    Ok(())
}
