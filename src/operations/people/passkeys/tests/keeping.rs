//! Removing passkeys, and what ends with them.

use super::*;
use crate::operations::people::passkeys::signing_in::signing_in_at;

#[test]
fn a_removed_passkey_lets_nobody_in_and_the_last_required_factor_stays() {
    on_both(async |db| {
        let (node, person, session, mut first) = with_passkey(db, Authenticator::es256()).await;
        let forum = &node.app.forum;
        let all = mine(forum, &person, &session).await.expect("read").passkeys;
        let last = remove(forum, &person, &session, all[0].id, String::new()).await;
        assert!(matches!(last, Err(PeopleError::SecondFactorRequired)));
        assert!(enter(&node, &mut first).await.is_ok(), "it is still there");

        let mut second = Authenticator::ed25519();
        add(&node, &person, &session, &mut second)
            .await
            .expect("added");
        let (other, theirs) = somebody(&node, Role::Administrator).await;
        let strange = remove(forum, &other, &theirs, all[0].id, String::new()).await;
        assert!(matches!(strange, Err(PeopleError::NotFound)));
        let gone = remove(forum, &person, &session, all[0].id, String::new()).await;
        gone.expect("removed");
        assert!(refused(enter(&node, &mut first).await));
        assert!(enter(&node, &mut second).await.is_ok());
        let log = decisions(&node).await;
        let told = format!("passkey {}", all[0].id);
        assert!(log.contains(&("passkey-removed".into(), told)), "{log:?}");
    });
}

#[test]
fn app_and_passkey_stand_in_for_each_other_and_recovery_codes_go_with_the_last() {
    on_both(async |db| {
        let (node, person, session, _) = with_passkey(db, Authenticator::es256()).await;
        let forum = &node.app.forum;
        let setup = second_factor::begin(forum, &person).await.expect("begun");
        let state = second_factor::state(forum, &person).await.expect("read");
        assert_eq!(state.codes_left, 10, "beginning takes nothing away");
        let code = node.code(&setup.secret);
        let confirmed = second_factor::confirm(forum, &person, &session, &code).await;
        let confirmed = confirmed.expect("confirmed");
        let session = confirmed.token.0;
        let removed = second_factor::remove(forum, &person, &confirmed.codes[0]).await;
        removed.expect("the passkey is left");
        let state = second_factor::state(forum, &person).await.expect("read");
        assert!(!state.has_app && state.codes_left == 9);

        let (editor, theirs) = somebody(&node, Role::Editor).await;
        let mut key = Authenticator::es256();
        let added = add(&node, &editor, &theirs, &mut key).await;
        let Ok(Added::First { token, .. }) = added else {
            panic!("not taken as the first");
        };
        let all = mine(forum, &editor, &token.0).await.expect("read").passkeys;
        let gone = remove(forum, &editor, &token.0, all[0].id, String::new()).await;
        gone.expect("not required");
        let state = second_factor::state(forum, &editor).await.expect("read");
        assert!(!state.is_set() && state.codes_left == 0);
        let renewed = renew_codes(forum, &editor, &token.0, String::new()).await;
        assert!(matches!(renewed, Err(PeopleError::NotFound)));
        let renewed = renew_codes(forum, &person, &session, String::new()).await;
        assert_eq!(renewed.expect("renewed").len(), 10);
    });
}

#[test]
fn of_app_and_last_passkey_that_are_removed_at_once_one_stays() {
    on_both(async |db| {
        let (node, person, session, _) = with_passkey(db, Authenticator::es256()).await;
        let forum = &node.app.forum;
        let setup = second_factor::begin(forum, &person).await.expect("begun");
        let code = node.code(&setup.secret);
        let confirmed = second_factor::confirm(forum, &person, &session, &code).await;
        let confirmed = confirmed.expect("confirmed");
        let (session, code) = (confirmed.token.0, &confirmed.codes[0]);
        let all = mine(forum, &person, &session).await.expect("read").passkeys;
        let (app, passkey) = tokio::join!(
            second_factor::remove(forum, &person, code),
            remove(forum, &person, &session, all[0].id, String::new()),
        );
        assert_ne!(app.is_ok(), passkey.is_ok(), "{app:?} {passkey:?}");
        let state = second_factor::state(forum, &person).await.expect("read");
        assert!(state.is_set());
    });
}

#[test]
fn an_app_that_is_not_there_is_not_removed_and_no_code_is_used_up() {
    on_both(async |db| {
        let (node, person, session, _) = with_passkey(db, Authenticator::es256()).await;
        let forum = &node.app.forum;
        let codes = renew_codes(forum, &person, &session, String::new()).await;
        let codes = codes.expect("renewed");
        let removed = second_factor::remove(forum, &person, &codes[0]).await;
        assert!(matches!(removed, Err(PeopleError::NotFound)));
        let state = second_factor::state(forum, &person).await.expect("read");
        assert_eq!(state.codes_left, 10);
        let log = decisions(&node).await;
        assert!(!log.iter().any(|(word, _)| word == "second-factor-removed"));
    });
}

#[test]
fn who_is_kept_out_or_was_reset_does_not_come_in_by_a_passkey() {
    on_both(async |db| {
        let (node, person, _, mut key) = with_passkey(db, Authenticator::es256()).await;
        let (forum, user) = (&node.app.forum, person.user.id);
        people::set_disabled(forum, None, user, true)
            .await
            .expect("disabled");
        assert!(refused(enter(&node, &mut key).await));
        people::set_disabled(forum, None, user, false)
            .await
            .expect("enabled");
        assert!(enter(&node, &mut key).await.is_ok());
        second_factor::reset(forum, None, user)
            .await
            .expect("reset");
        assert!(refused(enter(&node, &mut key).await));
        let state = second_factor::state(forum, &person).await.expect("read");
        assert!(!state.is_set() && state.is_required && state.codes_left == 0);
        let log = decisions(&node).await;
        let told = (
            "second-factor-reset".to_owned(),
            "with 1 passkey".to_owned(),
        );
        assert!(log.contains(&told), "{log:?}");
    });
}

#[test]
fn what_nobody_answered_is_swept_away() {
    on_both(async |db| {
        let (node, _, _, _) = with_passkey(db, Authenticator::es256()).await;
        let forum = &node.app.forum;
        let browser = device("form");
        begin_signing_in(forum, &browser).await.expect("asked");
        node.pass(TimeDelta::minutes(6));
        let now = forum.now();
        let left = forum.db.write(move |conn| {
            credentials::sweep(conn, now)?;
            // As if it were still in time.
            passkeys::take_challenge(conn, &signing_in_at(&browser), now - TimeDelta::minutes(6))
        });
        assert_eq!(left.await.expect("read"), None);
    });
}
