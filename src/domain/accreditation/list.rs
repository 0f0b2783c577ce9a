//! Status lists: what an anchor says of all that it issued, one bit each (W3C
//! Bitstring Status List).

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::{CLOCKS_APART, Did};

/// Fewest and most entries of a list. The fewest so that a list tells little
/// of the one whose entry is looked up; the most so that nobody fills our
/// memory.
pub const ENTRIES: std::ops::RangeInclusive<u32> = 131_072..=1_048_576;

/// Longest time that a list counts after it was signed (PROTOCOL.md 4.3).
pub const LIST_DAYS: i64 = 7;

/// The bits of a list. Index 0 is the most significant bit of the first byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bits(Vec<u8>);

impl Bits {
    /// All of them 0. `entries` is rounded up to whole bytes.
    pub fn zeros(entries: u32) -> Self {
        Self(vec![0; entries.div_ceil(8) as usize])
    }

    /// `None` for fewer or more entries than [`ENTRIES`].
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        let entries = u32::try_from(bytes.len()).ok()?.checked_mul(8)?;
        ENTRIES.contains(&entries).then_some(Self(bytes))
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// `None` beyond the end of the list.
    pub fn get(&self, index: u32) -> Option<bool> {
        let byte = self.0.get(index as usize / 8)?;
        Some(byte & (0x80 >> (index % 8)) != 0)
    }

    /// Sets a bit to 1; beyond the end nothing happens.
    pub fn set(&mut self, index: u32) {
        if let Some(byte) = self.0.get_mut(index as usize / 8) {
            *byte |= 0x80 >> (index % 8);
        }
    }
}

/// A list whose proof was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    /// Its address, which credentials name.
    pub uri: Url,
    pub issuer: Did,
    /// When it was signed: of two lists the later one counts.
    pub valid_from: DateTime<Utc>,
    pub valid_until: DateTime<Utc>,
    pub bits: Bits,
}

impl StatusList {
    /// Until when the list is fresh: as its anchor says, but never longer than
    /// [`LIST_DAYS`] after it was signed.
    pub fn fresh_until(&self) -> DateTime<Utc> {
        self.valid_until
            .min(self.valid_from + TimeDelta::days(LIST_DAYS))
    }

    /// Is it dated so far ahead that no clock explains it? Such a list would
    /// stand in the way of all that come after it.
    pub fn is_ahead(&self, now: DateTime<Utc>) -> bool {
        self.valid_from > now + CLOCKS_APART
    }

    /// What it says of an entry. Beyond its end there is nothing that was
    /// issued: as good as revoked.
    pub fn revokes(&self, index: u32) -> bool {
        self.bits.get(index).unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_0_is_the_most_significant_bit_of_the_first_byte() {
        let mut bits = Bits::zeros(131_072);
        bits.set(0);
        bits.set(9);
        assert_eq!(bits.as_bytes()[..3], [0x80, 0x40, 0]);
        assert_eq!(bits.as_bytes().len(), 16_384);
        let set: Vec<u32> = (0..131_072)
            .filter(|index| bits.get(*index) == Some(true))
            .collect();
        assert_eq!(set, [0, 9]);
        assert_eq!(bits.get(131_072), None);
    }

    #[test]
    fn lists_that_are_too_short_or_too_long_are_none() {
        assert_eq!(Bits::from_bytes(vec![0; 16_383]), None);
        assert_eq!(Bits::from_bytes(vec![0; 131_073]), None);
        assert!(Bits::from_bytes(vec![0; 16_384]).is_some());
    }
}
