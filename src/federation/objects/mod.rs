//! Documents to the domain and back.

mod capabilities;
pub mod context;
pub mod entry;
pub mod organisation;
mod read;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use url::Url;

pub use read::{Document, address};

/// An instant as the wire writes it: `2026-11-01T09:00:00Z`, with
/// milliseconds only where there are any.
pub fn instant(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// What is left of a deleted object or actor.
pub fn tombstone(uri: &Url, former_type: &str, deleted_at: DateTime<Utc>) -> Value {
    json!({
        "@context": context::plain(),
        "id": uri,
        "type": "Tombstone",
        "formerType": former_type,
        "deleted": instant(deleted_at),
    })
}
