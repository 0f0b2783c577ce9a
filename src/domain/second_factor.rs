//! Second factors: who must have one, and how codes are written. Codes are
//! those of RFC 6238 with SHA-1, six digits and thirty seconds, which every
//! app reads.

use chrono::{DateTime, TimeDelta, Utc};

use super::{account::Role, organisation::Category};

/// Recovery codes that a person gets.
pub const RECOVERY_CODES: usize = 10;

/// Wrong codes in a row before none is accepted for a while.
const FREE_FAILURES: i64 = 4;
/// The first wait, and how many of them are waited at most.
const WAIT_MINUTES: i64 = 5;
const MOST_WAITS: i64 = 12;

/// Those who could do most harm: administrators, and focal points of
/// organisations that read everything (SECURITY.md 4).
pub fn is_required(role: Role, category: Option<Category>) -> bool {
    role.may_administer()
        || (role.may_represent() && category.is_some_and(Category::is_preferential))
}

/// Until when no code is accepted after so many wrong ones in a row. Only
/// somebody who knows the password gets so far as to be counted.
pub fn blocked_until(failures: i64, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let waits = (failures - FREE_FAILURES).min(MOST_WAITS);
    (waits > 0).then(|| now + TimeDelta::minutes(waits * WAIT_MINUTES))
}

/// What was typed, without the spaces and hyphens that codes are shown with.
pub fn plain(typed: &str) -> String {
    typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .flat_map(char::to_lowercase)
        .collect()
}

/// A recovery code as it is shown: `abcd-efgh-ijkl-mnop`.
pub fn in_groups(code: &str) -> String {
    let chars: Vec<char> = code.chars().collect();
    let groups: Vec<String> = chars.chunks(4).map(String::from_iter).collect();
    groups.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrators_and_focal_points_of_those_who_read_everything_need_one() {
        for category in Category::ALL {
            let preferential = category.is_preferential();
            assert!(is_required(Role::Administrator, Some(category)));
            assert_eq!(is_required(Role::FocalPoint, Some(category)), preferential);
            assert!(!is_required(Role::Editor, Some(category)));
            assert!(!is_required(Role::Reader, Some(category)));
        }
        assert!(!is_required(Role::FocalPoint, None));
    }

    #[test]
    fn guessing_codes_takes_longer_and_longer() {
        let now = DateTime::UNIX_EPOCH;
        let wait = |failures| blocked_until(failures, now).map(|until| (until - now).num_minutes());
        assert_eq!(wait(4), None);
        assert_eq!(wait(5), Some(5));
        assert_eq!(wait(7), Some(15));
        assert_eq!(wait(1_000), Some(60));
    }

    #[test]
    fn codes_are_read_as_they_are_shown() {
        assert_eq!(in_groups("abcdefghijklmnop"), "abcd-efgh-ijkl-mnop");
        assert_eq!(plain(" ABCD-efgh ijkl-mnop "), "abcdefghijklmnop");
        assert_eq!(plain("123 456"), "123456");
    }
}
