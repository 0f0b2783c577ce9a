//! When a request counts.

use chrono::TimeDelta;

use super::*;
use crate::federation::signatures::{SignatureError, samples::signed_at};

#[test]
fn the_date_window_is_twelve_hours_back_and_one_ahead() {
    let (post, _) = vector_post();
    let second = TimeDelta::seconds(1);
    let at = |offset: TimeDelta| post.parse_at(signed_at() + offset).map(|_| ());
    assert_eq!(at(TimeDelta::hours(12)), Ok(()));
    assert_eq!(
        at(TimeDelta::hours(12) + second),
        Err(SignatureError::TooOld)
    );
    assert_eq!(at(-TimeDelta::hours(1)), Ok(()));
    assert_eq!(
        at(-TimeDelta::hours(1) - second),
        Err(SignatureError::TooEarly)
    );
    for date in ["", "yesterday", "2026-01-01T00:00:00Z"] {
        let sent = post.clone().set("date", date);
        assert!(
            matches!(sent.parse(), Err(SignatureError::Malformed(_))),
            "{date}"
        );
    }
}

#[test]
fn created_and_expires_are_checked_and_need_hs2019() {
    let (post, key) = vector_post();
    let now = signed_at().timestamp();
    let covered = "(request-target) (created) (expires) host digest";
    let with = |created: i64, expires: i64| {
        let parameters = format!("algorithm=\"hs2019\",created={created},expires=\"{expires}\",");
        signed_over(&post.clone().without("date"), &parameters, covered)
    };
    let window = |created, expires| with(created, expires).check(&key);
    assert_eq!(window(now, now + 10), Ok(()));
    assert_eq!(window(now - 12 * 3_600, now), Ok(()));
    assert_eq!(
        window(now - 12 * 3_600 - 1, now),
        Err(SignatureError::TooOld)
    );
    assert_eq!(
        window(now + 3_601, now + 3_700),
        Err(SignatureError::TooEarly)
    );
    assert_eq!(window(now, now - 3_601), Err(SignatureError::Expired));
    let named = with(now, now + 10).edit("signature", "hs2019", "rsa-sha256");
    assert!(matches!(named.parse(), Err(SignatureError::Malformed(_))));
    let unsaid = post.edit("signature", "host date", "(created) host date");
    assert!(matches!(unsaid.parse(), Err(SignatureError::Malformed(_))));
}

#[test]
fn times_that_are_no_plain_numbers_are_refused() {
    let (post, _) = vector_post();
    for created in [
        "",
        "\"\"",
        "-1",
        "1.5",
        "007",
        "\"1 \"",
        "9999999999999",
        "18446744073709551615",
    ] {
        let sent = post.clone().edit(
            "signature",
            "algorithm=\"rsa-sha256\"",
            &format!("created={created}"),
        );
        assert!(
            matches!(sent.parse(), Err(SignatureError::Malformed(_))),
            "{created}"
        );
    }
}
