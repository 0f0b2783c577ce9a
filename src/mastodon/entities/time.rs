//! Instants as Mastodon clients parse them.

use chrono::{DateTime, NaiveTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

/// An instant, written `YYYY-MM-DDTHH:MM:SS.sssZ`: always three fractional
/// digits, since some clients parse this one form only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timestamp(pub DateTime<Utc>);

impl Timestamp {
    /// The midnight that began the day. Mastodon tells no more than the day on
    /// which an account was made.
    pub fn midnight(instant: DateTime<Utc>) -> Self {
        Self(instant.date_naive().and_time(NaiveTime::MIN).and_utc())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant() -> DateTime<Utc> {
        "2026-11-01T09:00:00.123456Z".parse().expect("an instant")
    }

    #[test]
    fn an_instant_has_three_fractional_digits_and_a_z() {
        let json = serde_json::to_string(&Timestamp(instant())).expect("serialises");
        assert_eq!(json, "\"2026-11-01T09:00:00.123Z\"");
    }

    #[test]
    fn a_whole_second_still_has_three_fractional_digits() {
        let json = serde_json::to_string(&Timestamp::midnight(instant())).expect("serialises");
        assert_eq!(json, "\"2026-11-01T00:00:00.000Z\"");
    }
}
