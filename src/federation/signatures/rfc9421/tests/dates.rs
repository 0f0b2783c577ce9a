//! When a request counts.

use chrono::TimeDelta;

use super::*;

#[test]
fn the_window_is_twelve_hours_back_and_one_ahead() {
    let post = vector_post();
    let second = TimeDelta::seconds(1);
    let at = |offset: TimeDelta| post.parse_at(signed_at() + offset).map(|_| ());
    assert_eq!(at(TimeDelta::hours(12)), Ok(()));
    let late = TimeDelta::hours(12) + second;
    assert_eq!(at(late), Err(SignatureError::TooOld));
    assert_eq!(at(-TimeDelta::hours(1)), Ok(()));
    let early = -TimeDelta::hours(1) - second;
    assert_eq!(at(early), Err(SignatureError::TooEarly));
}

#[test]
fn an_end_counts_within_the_hour_that_clocks_may_differ() {
    let now = signed_at().timestamp();
    let until = |expires: i64| {
        let parameters = format!(r#"created={now};expires={expires};keyid="{KEY_ID}""#);
        signed_over(&vector_post(), POSTED, &parameters).check(&key())
    };
    assert_eq!(until(now + 60), Ok(()));
    assert_eq!(until(now - 3_600), Ok(()));
    assert_eq!(until(now - 3_601), Err(SignatureError::Expired));
}
