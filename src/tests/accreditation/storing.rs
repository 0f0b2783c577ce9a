//! What is kept of accreditations and lists, and what displaces what.

use chrono::TimeDelta;
use url::Url;

use super::{Authority, organisation};
use crate::{
    domain::{
        accreditation::{Credential, Held, StatusList},
        organisation::Category,
    },
    federation::credentials::Wording,
    operations::accreditations::Notary,
    storage::{
        self, Conn,
        accreditations::{self, Known, SourceKind},
        samples::write,
        testing::on_both,
    },
    tests::test_app::noon,
};

fn subject() -> Url {
    "https://far.example/orgs/moj".parse().expect("an address")
}

fn keep(conn: &mut Conn, held: Held) -> Result<(), storage::Error> {
    let known = Known {
        document: format!("{{\"by\": \"{}\"}}", held.credential.issuer),
        held,
    };
    accreditations::put(conn, &known, noon())
}

fn credential(authority: &Authority) -> Credential {
    let key = authority.did().multikey().to_owned();
    authority.claim(&subject(), &key, organisation(Category::Government), noon())
}

fn list(authority: &Authority, revoked: &[u32]) -> StatusList {
    let document = authority.signed_list(revoked, noon());
    Wording.read_status_list(&document, noon()).expect("a list")
}

#[test]
fn nobody_displaces_the_credential_of_another_anchor_by_using_its_id() {
    on_both(async |db| {
        let uri = "https://hub.example/status/1";
        let (one, other) = (Authority::new(uri), Authority::new(uri));
        let first = credential(&one);
        let second = Credential {
            id: first.id.clone(),
            ..credential(&other)
        };
        let both = [first.clone(), second.clone(), first.clone()];
        write(&db, move |conn| {
            both.into_iter()
                .try_for_each(|one| keep(conn, Held::new(one, None)))
        })
        .await;
        let known = write(&db, |conn| accreditations::of(conn, &subject())).await;
        let mut found: Vec<&Credential> = known.iter().map(|one| &one.held.credential).collect();
        found.sort_by_key(|one| one.issuer.clone());
        let mut expected = vec![&first, &second];
        expected.sort_by_key(|one| one.issuer.clone());
        assert_eq!(found, expected);
        for one in &known {
            let issuer = one.held.credential.issuer.as_str();
            assert!(one.document.contains(issuer), "{}", one.document);
        }
    });
}

#[test]
fn only_the_list_of_its_own_issuer_makes_a_credential_fresh() {
    on_both(async |db| {
        let uri = "https://hub.example/status/1";
        let (one, other) = (Authority::new(uri), Authority::new(uri));
        let credential = credential(&one);
        write(&db, move |conn| keep(conn, Held::new(credential, None))).await;
        let fresh = async || {
            let held = write(&db, |conn| accreditations::held_of(conn, &subject())).await;
            held[0].fresh_until
        };
        assert_eq!(fresh().await, noon());
        for (authority, expected) in [(&other, noon()), (&one, noon() + TimeDelta::days(7))] {
            let list = list(authority, &[]);
            let is_new = write(&db, move |conn| {
                accreditations::put_list(conn, &list, "{}", noon())
            });
            assert!(is_new.await);
            assert_eq!(fresh().await, expected);
        }
        // The same list again, or one as old, replaces nothing.
        let again = list(&one, &[7]);
        let is_new = write(&db, move |conn| {
            accreditations::put_list(conn, &again, "{\"other\": 1}", noon())
        });
        assert!(!is_new.await);
    });
}

#[test]
fn what_was_issued_elsewhere_is_removed_a_year_after_its_end() {
    on_both(async |db| {
        let authority = Authority::new("https://hub.example/status/1");
        let credential = credential(&authority);
        let end = credential.valid_until;
        write(&db, move |conn| keep(conn, Held::new(credential, None))).await;
        for (oldest, left) in [(end, 1), (end + TimeDelta::seconds(1), 0)] {
            write(&db, move |conn| accreditations::sweep(conn, oldest)).await;
            let count = write(&db, |conn| accreditations::count_of(conn, &subject())).await;
            assert_eq!(count, left);
        }
    });
}

#[test]
fn an_actor_is_asked_at_one_address_and_at_its_time() {
    on_both(async |db| {
        let kind = SourceKind::Holder;
        let at = |path: &str| -> Url {
            format!("https://far.example/{path}")
                .parse()
                .expect("an address")
        };
        let (first, second) = (at("1"), at("2"));
        let due = async |after: i64| {
            let now = noon() + TimeDelta::seconds(after);
            write(&db, move |conn| accreditations::due(conn, kind, now, 10)).await
        };
        for uri in [first, second.clone()] {
            write(&db, move |conn| {
                accreditations::watch(conn, kind, "x", &uri, false, noon())
            })
            .await;
        }
        let found = due(0).await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].uri, second);
        let source = found[0].clone();
        let later = noon() + TimeDelta::seconds(30);
        write(&db, move |conn| {
            accreditations::failed(conn, kind, &source, "no", later)
        })
        .await;
        assert_eq!(due(29).await, []);
        assert_eq!(due(30).await[0].failures, 1);
        // Known already, and not to be asked anew: nothing changes.
        let again = second.clone();
        write(&db, move |conn| {
            accreditations::watch(conn, kind, "x", &again, false, noon())
        })
        .await;
        assert_eq!(due(29).await, []);
        write(&db, move |conn| {
            accreditations::watch(conn, kind, "x", &second, true, noon())
        })
        .await;
        assert_eq!(due(0).await.len(), 1);
        write(&db, move |conn| {
            accreditations::forget_source(conn, kind, "x")
        })
        .await;
        assert_eq!(due(99).await, []);
    });
}
