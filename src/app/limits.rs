//! Rates of what people do, so that one of them cannot wear the node out.

use std::{num::NonZeroU32, time::Duration};

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
}

impl Limits {
    pub fn new(limits: &config::Limits) -> Self {
        Self {
            sign_in: Limit::per_minute(limits.sign_in_per_minute),
            write: Limit::per_minute(limits.write_per_minute),
            lookup: Limit::per_minute(limits.lookup_per_minute),
            applications: Limit::per_hour(limits.applications_per_hour),
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
    fn a_rate_of_zero_is_no_limit() {
        let limit = Limit::per_minute(0);
        assert!((0..100).all(|_| limit.check("a").is_ok()));
    }
}
