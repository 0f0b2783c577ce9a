//! HTTP message signatures (RFC 9421) in the profile of the fediverse
//! (PROTOCOL.md 7), read as strictly as the draft: what is ambiguous, unsigned
//! or undated is refused.

mod asked;
mod base;
mod label;
mod sign;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use http::{HeaderMap, header::HeaderName};
use sfv::{Dictionary, FieldType, InnerList, ListEntry, Parser};

use self::{base::Target, label::Label};
use super::{
    Announced, Received, SignatureError, Unverified, content_digest,
    digest::Claimed,
    request::{MAX_HEADER, check_expiry, check_window},
};
use crate::federation::origin::Origin;

pub use asked::{Asked, OFFER};
pub use sign::sign;

/// Signatures of one request that are looked at.
const MAX_LABELS: usize = 8;

const METHOD: &str = "@method";
const TARGET_URI: &str = "@target-uri";
const CONTENT_DIGEST: &str = "content-digest";

static SIGNATURE: HeaderName = HeaderName::from_static("signature");
static SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");
static CONTENT_DIGEST_HEADER: HeaderName = HeaderName::from_static(CONTENT_DIGEST);

/// Does the request say that it is signed in this way?
pub(super) fn is_used_in(headers: &HeaderMap) -> bool {
    headers.contains_key(&SIGNATURE_INPUT)
}

/// This scheme's part of [`announced`](super::announced). Of several signatures (those
/// on the way may add theirs) the first that meets our rules is the one that
/// counts: its key is named, and it alone is verified.
pub(super) fn parse(
    request: &Received<'_>,
    ours: &Origin,
    now: DateTime<Utc>,
) -> Result<Announced, SignatureError> {
    let labels = labels(request)?;
    request.check_host(ours)?;
    let target = Target::received(request, ours);
    let mut refusal = None;
    let unverified = labels.into_iter().find_map(|(covered, signature)| {
        match unverified(request, &target, covered, signature, now) {
            Ok(unverified) => Some(unverified),
            Err(error) => {
                refusal.get_or_insert(error);
                None
            }
        }
    });
    let unverified = unverified.ok_or(refusal.unwrap_or(SignatureError::Unsigned))?;
    // A digest is checked wherever one stands, signed or not.
    let digests = match request.single(&CONTENT_DIGEST_HEADER)? {
        Some(header) => content_digest::claimed(header)?,
        None => Claimed::default(),
    };
    Ok(Announced {
        unverified,
        digests,
    })
}

fn unverified(
    request: &Received<'_>,
    target: &Target<'_>,
    covered: InnerList,
    signature: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<Unverified, SignatureError> {
    let label = Label::read(&covered)?;
    check_coverage(request, &label)?;
    check_window(label.created, now)?;
    check_expiry(label.expires, now)?;
    let value = |name: &str| match target.component(name) {
        Some(value) => Ok(value),
        None if name.starts_with('@') => {
            Err(SignatureError::Malformed("a signed component is not known"))
        }
        None => request.covered(name),
    };
    Ok(Unverified {
        messages: vec![base::base(&covered, value)?],
        key_id: label.key_id,
        algorithm: label.algorithm,
        signature,
        signed_at: label.created,
    })
}

/// SECURITY.md 2.2: method, address and the digest of what may change
/// something are signed. Authority and path make an address only where no
/// query is left out.
fn check_coverage(request: &Received<'_>, label: &Label<'_>) -> Result<(), SignatureError> {
    if !label.covers(METHOD) {
        return Err(SignatureError::NotCovered(METHOD));
    }
    let query = request.query.is_none() || label.covers("@query");
    let target = label.covers("@request-target") || (label.covers("@path") && query);
    let address = label.covers("@authority") && target;
    if !label.covers(TARGET_URI) && !address {
        return Err(SignatureError::NotCovered(TARGET_URI));
    }
    if request.needs_digest() && !label.covers(CONTENT_DIGEST) {
        return Err(SignatureError::NotCovered(CONTENT_DIGEST));
    }
    Ok(())
}

/// The signatures that stand in both headers, in the order of Signature-Input.
fn labels(request: &Received<'_>) -> Result<Vec<(InnerList, Vec<u8>)>, SignatureError> {
    let inputs: Dictionary = read_exactly(
        request
            .single(&SIGNATURE_INPUT)?
            .ok_or(SignatureError::Unsigned)?,
    )?;
    let signatures: Dictionary = read_exactly(
        request
            .single(&SIGNATURE)?
            .ok_or(SignatureError::Unsigned)?,
    )?;
    if inputs.len() > MAX_LABELS {
        return Err(SignatureError::Malformed("there are too many signatures"));
    }
    let mut labels = Vec::with_capacity(inputs.len());
    for (name, input) in inputs {
        let ListEntry::InnerList(covered) = input else {
            return Err(SignatureError::Malformed("a signature input is no list"));
        };
        let Some(signature) = signatures.get(&name) else {
            continue;
        };
        labels.push((covered, signature_bytes(signature)?));
    }
    Ok(labels)
}

fn signature_bytes(entry: &ListEntry) -> Result<Vec<u8>, SignatureError> {
    let bytes = match entry {
        ListEntry::Item(item) if item.params.is_empty() => item.bare_item.as_byte_sequence(),
        ListEntry::Item(_) | ListEntry::InnerList(_) => None,
    };
    bytes.map(<[u8]>::to_vec).ok_or(SignatureError::Malformed(
        "a signature is no sequence of bytes",
    ))
}

/// Reads a structured field (RFC 9651) and refuses it where its text says
/// more or other than what was read: a name that stands twice, of which a
/// reader keeps one, a number with leading zeros, base64 without padding.
pub(super) fn read_exactly(text: &str) -> Result<Dictionary, SignatureError> {
    let malformed = SignatureError::Malformed("a structured header cannot be read");
    if text.len() > MAX_HEADER {
        return Err(SignatureError::Malformed("the header is too long"));
    }
    let read: Dictionary = Parser::new(text).parse().map_err(|_| malformed)?;
    let written = read.serialize().unwrap_or_default();
    let without_spaces = |text: &str| text.replace([' ', '\t'], "");
    if without_spaces(&written) == without_spaces(text) {
        Ok(read)
    } else {
        Err(SignatureError::Malformed(
            "a structured header says something twice or in an odd form",
        ))
    }
}
