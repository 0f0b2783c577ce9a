//! Rates of what people do, so that one of them cannot wear the node out.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};

use crate::config;

/// Asked too often; ask again after this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    pub retry_after: Duration,
}

/// Keys kept before those that are at rest are dropped, so that a flood of
/// addresses does not fill the memory.
const MAX_KEYS: usize = 20_000;

/// One rate, counted for each key. A rate of 0 allows everything.
pub struct Limit(Option<DefaultKeyedRateLimiter<String>>);

impl Limit {
    fn per_minute(count: u32) -> Self {
        Self(NonZeroU32::new(count).map(|count| RateLimiter::keyed(Quota::per_minute(count))))
    }

    fn per_hour(count: u32) -> Self {
        Self(NonZeroU32::new(count).map(|count| RateLimiter::keyed(Quota::per_hour(count))))
    }

    /// Counts one try for `key`.
    ///
    /// # Errors
    /// [`TooMany`] when the rate is used up.
    pub fn check(&self, key: &str) -> Result<(), TooMany> {
        let Some(limiter) = &self.0 else {
            return Ok(());
        };
        if limiter.len() > MAX_KEYS {
            limiter.retain_recent();
        }
        limiter
            .check_key(&key.to_owned())
            .map_err(|not_until| TooMany {
                retry_after: not_until.wait_time_from(limiter.clock().now()),
            })
    }
}

/// How long somebody waits before another try to take a place.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// Most places that one key may hold at the same time.
const MOST_SEATS_OF_ONE: usize = 20;

/// Places for what stays open, for all and for each key. A number of 0 allows
/// everything to all, and still [`MOST_SEATS_OF_ONE`] to each.
pub struct Seats {
    most: usize,
    taken: Arc<Mutex<HashMap<String, usize>>>,
}

/// A place that is taken until this is dropped.
pub struct Seat {
    key: String,
    taken: Arc<Mutex<HashMap<String, usize>>>,
}

impl Seats {
    fn new(most: u32) -> Self {
        Self {
            most: match most {
                0 => usize::MAX,
                most => usize::try_from(most).unwrap_or(usize::MAX),
            },
            taken: Arc::default(),
        }
    }

    /// Takes a place for `key`.
    ///
    /// # Errors
    /// [`TooMany`] when none is free.
    pub fn take(&self, key: &str) -> Result<Seat, TooMany> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(key).copied().unwrap_or_default();
        if own >= MOST_SEATS_OF_ONE || taken.values().sum::<usize>() >= self.most {
            return Err(TooMany {
                retry_after: TRY_AGAIN,
            });
        }
        taken.insert(key.to_owned(), own + 1);
        Ok(Seat {
            key: key.to_owned(),
            taken: Arc::clone(&self.taken),
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.key) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.key);
            }
        }
    }
}

/// Every rate of the configuration.
pub struct Limits {
    /// By account and by address.
    pub sign_in: Limit,
    /// By account.
    pub write: Limit,
    /// By account.
    pub lookup: Limit,
    /// By address.
    pub applications: Limit,
    /// By account, and of strangers by address.
    pub streams: Seats,
}

impl Limits {
    pub fn new(limits: &config::Limits) -> Self {
        Self {
            sign_in: Limit::per_minute(limits.sign_in_per_minute),
            write: Limit::per_minute(limits.write_per_minute),
            lookup: Limit::per_minute(limits.lookup_per_minute),
            applications: Limit::per_hour(limits.applications_per_hour),
            streams: Seats::new(limits.open_streams),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_up_rate_stops_its_own_key_only() {
        let limit = Limit::per_minute(2);
        assert!(limit.check("a").is_ok() && limit.check("a").is_ok());
        let refused = limit.check("a").expect_err("the third try");
        assert!(refused.retry_after > Duration::ZERO);
        assert!(limit.check("b").is_ok());
    }

    #[test]
    fn places_are_limited_for_one_and_for_all_and_free_again_when_left() {
        let seats = Seats::new(30);
        let mut mine: Vec<Seat> = (0..20).filter_map(|_| seats.take("a").ok()).collect();
        assert_eq!(mine.len(), 20);
        assert!(seats.take("a").is_err());
        let theirs: Vec<Seat> = (0..20).filter_map(|_| seats.take("b").ok()).collect();
        assert_eq!(theirs.len(), 10, "the rest of 30");
        mine.pop();
        assert!(seats.take("c").is_ok());
        drop((mine, theirs));
        assert!(seats.taken.lock().expect("not poisoned").is_empty());
    }

    #[test]
    fn a_number_of_zero_places_is_no_limit_for_all() {
        let seats = Seats::new(0);
        let taken: Vec<_> = (0..2_000).map(|n| seats.take(&n.to_string())).collect();
        assert!(taken.iter().all(Result::is_ok));
    }

    #[test]
    fn a_rate_of_zero_is_no_limit() {
        let limit = Limit::per_minute(0);
        assert!((0..100).all(|_| limit.check("a").is_ok()));
    }
}
