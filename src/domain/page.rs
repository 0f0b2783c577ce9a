//! Pages of a list that is sorted newest first by id.

/// Which part of a list, by ids. The bounds are exclusive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// Only older than this.
    pub before: Option<i64>,
    /// Only newer than this, newest first.
    pub after: Option<i64>,
    /// Only newer than this, and of those the oldest (paging backwards).
    pub just_after: Option<i64>,
    /// How many at most.
    pub limit: i64,
}

impl Window {
    pub fn first(limit: i64) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    pub fn before(before: Option<i64>, limit: i64) -> Self {
        Self {
            before,
            limit,
            ..Self::default()
        }
    }
}
