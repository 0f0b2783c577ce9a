//! Signing in with passkeys.

use super::*;

#[test]
fn a_passkey_of_either_kind_lets_in_without_password_or_code() {
    for make in [Authenticator::es256, Authenticator::ed25519] {
        on_both(async |db| {
            let (node, person, _, mut key) = with_passkey(db, make()).await;
            for _ in 0..2 {
                let entered = enter(&node, &mut key).await.expect("in");
                assert_eq!(entered.person.user.id, person.user.id);
                node.pass(TimeDelta::hours(1));
            }
            let forum = &node.app.forum;
            let all = mine(forum, &person, "").await.expect("read").passkeys;
            assert_eq!(all[0].name, "My telephone");
            let used = all[0].used_at.expect("used");
            assert_eq!(used, forum.now() - TimeDelta::hours(1));
        });
    }
}

#[test]
fn an_answer_from_elsewhere_or_without_a_look_at_the_person_is_refused() {
    on_both(async |db| {
        let (node, _, _, mut key) = with_passkey(db, Authenticator::es256()).await;
        for origin in [
            "https://evil.example",
            "http://n.example",
            "https://n.example:8443",
        ] {
            key.origin = origin.into();
            assert!(refused(enter(&node, &mut key).await), "{origin}");
        }
        key.origin = "https://n.example".into();
        key.rp = "evil.example".into();
        assert!(refused(enter(&node, &mut key).await));
        key.rp = "n.example".into();
        key.verifies = false;
        assert!(refused(enter(&node, &mut key).await));
        key.verifies = true;
        key.challenge = Some("AAAAAAAAAAAAAAAAAAAAAA".into());
        assert!(refused(enter(&node, &mut key).await));
        key.challenge = None;
        assert!(enter(&node, &mut key).await.is_ok());
    });
}

#[test]
fn a_question_counts_once_for_five_minutes_and_for_its_browser_only() {
    on_both(async |db| {
        let (node, person, session, mut key) = with_passkey(db, Authenticator::es256()).await;
        let (forum, browser) = (&node.app.forum, device("form"));
        let asked = begin_signing_in(forum, &browser).await.expect("asked");
        let answer = key.get(&asked);
        let elsewhere = sign_in(forum, &device("other"), answer.clone()).await;
        assert!(refused(elsewhere));
        assert!(sign_in(forum, &browser, answer.clone()).await.is_ok());
        assert!(
            refused(sign_in(forum, &browser, answer).await),
            "never twice"
        );

        let asked = begin_signing_in(forum, &browser).await.expect("asked");
        let answer = key.get(&asked);
        assert!(refused(sign_in(forum, &browser, "{}".into()).await));
        assert!(refused(sign_in(forum, &browser, answer).await), "used up");

        let asked = begin_signing_in(forum, &browser).await.expect("asked");
        node.pass(TimeDelta::minutes(5));
        assert!(refused(sign_in(forum, &browser, key.get(&asked)).await));

        let asked = begin(forum, &person, &session, "Key", String::new()).await;
        let answer = Authenticator::es256().create(&asked.expect("asked"));
        let (other, theirs) = somebody(&node, Role::Administrator).await;
        let stolen = finish(forum, &other, &theirs, "Key", answer.clone()).await;
        assert!(refused(stolen), "a question of another session");
        let stolen = finish(forum, &other, &session, "Key", answer.clone()).await;
        assert!(refused(stolen), "a question to another person");
        let late = finish(forum, &person, &session, "Key", answer).await;
        assert!(refused(late), "used up by that");
    });
}

#[test]
fn nobody_signs_in_with_the_passkey_of_somebody_else() {
    on_both(async |db| {
        let (node, person, session, mut key) = with_passkey(db, Authenticator::es256()).await;
        let (other, theirs) = somebody(&node, Role::Administrator).await;
        let mut thief = Authenticator::es256();
        add(&node, &other, &theirs, &mut thief)
            .await
            .expect("added");
        // The name of the victim's passkey, signed with another key.
        let own = std::mem::replace(&mut thief.credential, key.credential.clone());
        assert!(refused(enter(&node, &mut thief).await));
        thief.owner.clone_from(&key.owner);
        assert!(refused(enter(&node, &mut thief).await));
        // The thief's own passkey, in the victim's name.
        thief.credential = own;
        assert!(refused(enter(&node, &mut thief).await));
        let known = add(&node, &person, &session, &mut key).await;
        assert!(matches!(known, Err(PeopleError::PasskeyKnown)));
        let entered = enter(&node, &mut key).await.expect("in");
        assert_eq!(entered.person.user.id, person.user.id);
    });
}

#[test]
fn a_counter_that_goes_back_is_refused_and_recorded() {
    on_both(async |db| {
        let (node, person, _, mut key) = with_passkey(db, Authenticator::es256()).await;
        key.counter = 7;
        enter(&node, &mut key).await.expect("in");
        for back in [7, 3] {
            key.counter = back;
            assert!(refused(enter(&node, &mut key).await), "{back} + 1 after 8");
        }
        let log = decisions(&node).await;
        let found: Vec<_> = log
            .iter()
            .filter(|(one, _)| one == "passkey-refused")
            .collect();
        assert_eq!(found.len(), 2);
        assert!(found[0].1.contains("counter"));
        assert!(!log.iter().any(|(_, detail)| detail.contains("telephone")));
        key.counter = 8;
        let entered = enter(&node, &mut key).await.expect("in");
        assert_eq!(entered.person.user.id, person.user.id);
    });
}

#[test]
fn passkeys_without_a_counter_work_and_wrong_signatures_move_no_counter() {
    on_both(async |db| {
        let mut key = Authenticator::es256();
        key.counter = 0;
        let (node, _, _, mut key) = with_passkey(db, key).await;
        for _ in 0..2 {
            // It counts up before it signs.
            key.counter = u32::MAX;
            enter(&node, &mut key).await.expect("0 after 0");
        }
        key.counter = 90;
        key.origin = "https://evil.example".into();
        assert!(refused(enter(&node, &mut key).await));
        key.origin = "https://n.example".into();
        key.counter = 1;
        enter(&node, &mut key).await.expect("2 after 0");
    });
}

#[test]
fn a_browser_is_asked_the_same_whoever_sits_before_it() {
    on_both(async |db| {
        let (node, _, _, _) = with_passkey(db, Authenticator::es256()).await;
        let forum = &node.app.forum;
        let plain = async |form: &str| {
            let asked = begin_signing_in(forum, &device(form)).await.expect("asked");
            let mut asked: serde_json::Value = serde_json::from_str(&asked).expect("JSON");
            let challenge = asked["challenge"].take();
            (asked, challenge)
        };
        let (one, other) = (plain("one").await, plain("other").await);
        assert_eq!(one.0, other.0);
        assert_ne!(one.1, other.1);
    });
}

#[test]
fn a_node_that_is_named_by_an_ip_address_has_no_passkeys() {
    on_both(async |db| {
        let settings = [("VIRTUAL_FORUM_SERVER__PUBLIC_URL", "http://127.0.0.1:8080")];
        let node = TestApp::with(db, &settings);
        let forum = &node.app.forum;
        assert!(!forum.has_passkeys());
        let asked = begin_signing_in(forum, &device("form")).await;
        assert!(matches!(asked, Err(PeopleError::NoPasskeys)));
    });
}

#[test]
fn two_pages_of_one_browser_may_ask_at_the_same_time() {
    on_both(async |db| {
        let (node, ..) = with_passkey(db, Authenticator::es256()).await;
        let device = device("form");
        let begin = || begin_signing_in(&node.app.forum, &device);
        let (one, two, three) = tokio::join!(begin(), begin(), begin());
        assert!(one.is_ok() && two.is_ok() && three.is_ok());
    });
}
