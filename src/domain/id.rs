//! Typed ids. All are 64-bit, positive, sortable by time and decimal strings
//! in JSON (INTERFACE.md 3): milliseconds since 1970 shifted left by 16 bits,
//! plus 16 bits that tell apart what happened in one millisecond.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Text that is not a decimal 64-bit id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected decimal digits")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                // `i64::from_str` alone would accept "+1" and "-1".
                if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(InvalidId);
                }
                text.parse().map(Self).map_err(|_| InvalidId)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// An organisation, local or remote.
    OrganisationId,
    /// An entry, local or remote.
    EntryId,
    /// A person's account on this node.
    UserId,
    /// A follow of one organisation by another.
    FollowId,
    /// A like or a boost of an entry.
    ReactionId,
    /// Leave to quote an entry.
    QuoteId,
    /// An activity, sent or received.
    ActivityId,
    /// One activity on its way to one inbox.
    DeliveryId,
    /// A piece of background work.
    TaskId,
    /// A block or a mute.
    BlockId,
    /// A report to the node's administrators.
    ReportId,
    /// An application for membership.
    ApplicationId,
    /// A step in the life of an application.
    ApplicationEventId,
    /// A passkey of a person.
    PasskeyId,
    /// A hand-over to a new focal point.
    HandoverId,
    /// An accreditation that waits for a second person.
    ProposalId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_decimal_string_in_json() {
        let id = EntryId(114_000_000_000_000_001);
        let json = serde_json::to_string(&id).expect("an id serialises");
        assert_eq!(json, "\"114000000000000001\"");
        assert_eq!(
            serde_json::from_str::<EntryId>(&json).expect("and back"),
            id
        );
    }

    #[test]
    fn signs_spaces_and_overflow_are_refused() {
        for text in ["", "+1", "-1", " 1", "1 ", "0x1", "9223372036854775808"] {
            assert_eq!(text.parse::<EntryId>(), Err(InvalidId), "{text:?}");
        }
    }
}
