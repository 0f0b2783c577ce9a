//! Adding passkeys.

use super::*;

#[test]
fn the_first_passkey_is_a_second_factor_with_recovery_codes_and_a_new_session_token() {
    on_both(async |db| {
        let (node, person, old) = newcomer(db).await;
        let forum = &node.app.forum;
        let other = session(&node, &person).await;
        let added = add(&node, &person, &old, &mut Authenticator::es256()).await;
        let Ok(Added::First { codes, token }) = added else {
            panic!("not taken as the first");
        };
        for ended in [&old, &other] {
            let found = people::by_session(forum, ended).await;
            assert!(found.expect("read").is_none());
        }
        let found = people::by_session(forum, &token.0).await;
        let need = found.expect("read").expect("a session").need;
        assert_eq!(need, Some(people::Need::Rules), "no factor is due");
        let state = second_factor::state(forum, &person).await.expect("read");
        assert!(state.is_set() && !state.has_app && state.codes_left == 10);

        // With the password and no passkey at hand, a recovery code lets in.
        let browser = device("form");
        let step = code_step(&node, &person, &browser).await;
        assert!(matches!(step, FirstStep::Asked));
        let entered = people::enter_code(forum, &browser, codes[0].clone()).await;
        let token = entered.expect("in").token.0;
        let another = add(&node, &person, &token, &mut Authenticator::es256()).await;
        assert!(matches!(another, Ok(Added::Another)));
    });
}

#[test]
fn a_new_passkey_from_elsewhere_or_without_a_look_at_the_person_is_not_taken() {
    on_both(async |db| {
        let (node, person, session) = newcomer(db).await;
        let wrong: [fn(&mut Authenticator); 4] = [
            |key| key.origin = "https://evil.example".into(),
            |key| key.rp = "evil.example".into(),
            |key| key.verifies = false,
            |key| key.challenge = Some("AAAAAAAAAAAAAAAAAAAAAA".into()),
        ];
        for spoil in wrong {
            let mut key = Authenticator::es256();
            spoil(&mut key);
            assert!(refused(add(&node, &person, &session, &mut key).await));
        }
        let forum = &node.app.forum;
        let mine = mine(forum, &person, &session).await.expect("read");
        assert!(mine.passkeys.is_empty());
        assert!(
            !decisions(&node)
                .await
                .iter()
                .any(|(one, _)| one == "passkey-added")
        );
    });
}

#[test]
fn some_time_after_signing_in_the_password_is_asked_for_again() {
    on_both(async |db| {
        let (node, person, _, _) = with_passkey(db, Authenticator::es256()).await;
        let forum = &node.app.forum;
        code_step(&node, &person, &device("form")).await;
        let session = session(&node, &person).await;
        assert!(
            !mine(forum, &person, &session)
                .await
                .expect("read")
                .must_prove
        );
        node.pass(TimeDelta::minutes(10));
        let mine = mine(forum, &person, &session).await.expect("read");
        assert!(mine.must_prove);
        let id = mine.passkeys[0].id;
        let wrong = || "a wrong password".to_owned();
        let begun = begin(forum, &person, &session, "Key", wrong()).await;
        assert!(matches!(begun, Err(PeopleError::WrongPassword)));
        let removed = remove(forum, &person, &session, id, wrong()).await;
        assert!(matches!(removed, Err(PeopleError::WrongPassword)));
        let codes = renew_codes(forum, &person, &session, wrong()).await;
        assert!(matches!(codes, Err(PeopleError::WrongPassword)));
        let begun = begin(forum, &person, &session, "Key", PASSWORD.into()).await;
        assert!(begun.is_ok());
    });
}

#[test]
fn ten_passkeys_are_enough_and_each_has_a_name() {
    on_both(async |db| {
        let (node, person, session, _) = with_passkey(db, Authenticator::es256()).await;
        let forum = &node.app.forum;
        for _ in 1..MOST_PASSKEYS {
            let mut key = Authenticator::es256();
            add(&node, &person, &session, &mut key)
                .await
                .expect("added");
        }
        let more = add(&node, &person, &session, &mut Authenticator::es256()).await;
        assert!(matches!(more, Err(PeopleError::TooManyPasskeys)));
        assert!(!mine(forum, &person, &session).await.expect("read").may_add);
        let unnamed = begin(forum, &person, &session, " ", String::new()).await;
        assert!(matches!(unnamed, Err(PeopleError::Invalid(_))));
    });
}
