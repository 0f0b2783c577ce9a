//! Codes, recovery codes, and what stops somebody who guesses.

use chrono::TimeDelta;

use super::*;
use crate::{
    domain::{account::Role, organisation::Category},
    storage::{Db, testing::on_both},
    tests::test_app::TestApp,
};

/// A node and somebody with a second factor: key and recovery codes.
async fn with_factor(db: Db) -> (TestApp, Person, String, Vec<String>) {
    let node = TestApp::new(db);
    node.organisation("moj", Category::Government).await;
    let token = node.token("moj", Role::FocalPoint, "read").await;
    let person = node.person(&token).await;
    let setup = begin(&node.app.forum, &person).await.expect("begun");
    let codes = node.second_factor(&person).await;
    node.pass(TimeDelta::minutes(5));
    (node, person, setup.secret, codes)
}

async fn is_right(node: &TestApp, person: &Person, code: &str) -> bool {
    let (user, code) = (person.user.id, code.to_owned());
    let forum = &node.app.forum;
    let checked = forum.write(move |conn, forum| check(conn, forum, user, &code));
    checked.await.expect("storage works")
}

#[test]
fn codes_of_one_step_before_and_after_are_right_and_those_further_away_are_not() {
    on_both(async |db| {
        let (node, person, key, _) = with_factor(db).await;
        let codes: Vec<String> = (0..6)
            .map(|_| {
                let code = node.code(&key);
                node.pass(TimeDelta::seconds(30));
                code
            })
            .collect();
        // Now stands one step behind the last of them.
        node.pass(TimeDelta::seconds(-90));
        for (code, right) in codes.iter().zip([false, false, true, true, true, false]) {
            assert_eq!(is_right(&node, &person, code).await, right, "{codes:?}");
        }
    });
}

#[test]
fn after_a_code_no_earlier_one_is_right_any_more() {
    on_both(async |db| {
        let (node, person, key, _) = with_factor(db).await;
        let earlier = node.code(&key);
        node.pass(TimeDelta::seconds(30));
        let later = node.code(&key);
        assert!(is_right(&node, &person, &later).await);
        assert!(!is_right(&node, &person, &earlier).await);
        assert!(!is_right(&node, &person, &later).await);
    });
}

#[test]
fn guessing_is_stopped_for_a_while_but_not_for_who_has_a_recovery_code() {
    on_both(async |db| {
        let (node, person, key, codes) = with_factor(db).await;
        for _ in 0..5 {
            assert!(!is_right(&node, &person, "not a code").await);
        }
        assert!(!is_right(&node, &person, &node.code(&key)).await);
        assert!(is_right(&node, &person, &codes[0]).await);
        node.pass(TimeDelta::minutes(5));
        assert!(is_right(&node, &person, &node.code(&key)).await);
        node.pass(TimeDelta::seconds(60));
        assert!(!is_right(&node, &person, "not a code").await);
        assert!(
            is_right(&node, &person, &node.code(&key)).await,
            "forgotten"
        );
    });
}

#[test]
fn recovery_codes_count_once_and_only_for_their_person() {
    on_both(async |db| {
        let (node, person, _, codes) = with_factor(db).await;
        let token = node.token("moj", Role::Administrator, "read").await;
        let other = node.person(&token).await;
        node.second_factor(&other).await;
        assert_eq!(codes.len(), RECOVERY_CODES);
        assert!(!is_right(&node, &other, &codes[0]).await);
        assert!(is_right(&node, &person, &codes[0]).await);
        assert!(!is_right(&node, &person, &codes[0]).await);
        let state = state(&node.app.forum, &person).await.expect("read");
        assert_eq!(state.codes_left, 9);
    });
}

#[test]
fn neither_recovery_codes_nor_a_confirmed_key_can_be_read_again() {
    on_both(async |db| {
        let (node, person, key, codes) = with_factor(db).await;
        let forum = &node.app.forum;
        let again = begin(forum, &person).await;
        assert!(matches!(again, Err(PeopleError::HasSecondFactor)));
        let again = confirm(forum, &person, "", &node.code(&key)).await;
        assert!(matches!(again, Err(PeopleError::HasSecondFactor)));
        let stored = code_hash(person.user.id, &rules::plain(&codes[0]));
        assert!(!stored.contains(&rules::plain(&codes[0])));
    });
}

#[test]
fn a_key_that_is_not_confirmed_lets_nobody_in() {
    on_both(async |db| {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        let token = node.token("moj", Role::FocalPoint, "read").await;
        let person = node.person(&token).await;
        let setup = begin(&node.app.forum, &person).await.expect("begun");
        let code = node.code(&setup.secret);
        assert!(!is_right(&node, &person, &code).await);
        assert!(
            setup.address.starts_with("otpauth://totp/"),
            "{}",
            setup.address
        );
        assert!(setup.address.contains(&setup.secret));
    });
}

#[test]
fn who_lost_theirs_gets_it_reset_by_somebody_else_only() {
    on_both(async |db| {
        let (node, person, _, codes) = with_factor(db).await;
        let forum = &node.app.forum;
        let me = person.user.id;
        let refused = reset(forum, Some(me), me).await;
        assert!(matches!(refused, Err(PeopleError::Myself)));
        reset(forum, None, me).await.expect("reset");
        assert!(!is_right(&node, &person, &codes[0]).await);
        let state = state(forum, &person).await.expect("read");
        assert!(!state.is_set() && state.is_required);
    });
}

#[test]
fn a_set_up_that_is_opened_twice_at_once_has_one_key() {
    on_both(async |db| {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        let token = node.token("moj", Role::FocalPoint, "read").await;
        let person = node.person(&token).await;
        let begun = || begin(&node.app.forum, &person);
        let (one, two, three) = tokio::join!(begun(), begun(), begun());
        let keys = [one, two, three].map(|setup| setup.expect("begun").secret);
        assert_eq!(keys, [keys[0].clone(), keys[0].clone(), keys[0].clone()]);
    });
}
