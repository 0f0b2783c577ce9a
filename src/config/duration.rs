//! Durations as people write them: a whole number and `s`, `m`, `h` or `d`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};

fn parse(text: &str) -> Option<Duration> {
    let split = text.len().checked_sub(1)?;
    let (number, unit) = text.split_at_checked(split)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let number: u64 = number.parse().ok()?;
    Some(Duration::from_secs(number.checked_mul(seconds)?))
}

fn read<E: Error>(text: &str) -> Result<Duration, E> {
    parse(text).ok_or_else(|| {
        E::custom(format!(
            "{text:?} is no duration: write a whole number and s, m, h or d, for example 30s or 2m"
        ))
    })
}

pub(super) fn one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    read(&String::deserialize(deserializer)?)
}

pub(super) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Duration>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|text| read(text))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_seconds_minutes_hours_and_days() {
        let seconds = |text| parse(text).map(|duration| duration.as_secs());
        assert_eq!(
            ["5s", "2m", "1h", "30d"].map(seconds),
            [Some(5), Some(120), Some(3_600), Some(2_592_000)]
        );
        for text in [
            "",
            "s",
            "5",
            "5w",
            "-5s",
            "1.5h",
            "9999999999999999999d",
            "5é",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
