//! Each rule by a case.

use super::*;

#[test]
fn a_valid_credential_gives_its_category_and_says_by_whom() {
    let standing = standing([&government()], &actor(), now(), &trust(), None);
    assert_eq!(standing.category, Some(Category::Government));
    assert_eq!(standing.country.as_deref(), Some("AL"));
    assert_eq!(standing.tier, Tier::Preferential);
    assert_eq!(standing.notice, None);
    assert_eq!(standing.basis.expect("a basis").issuer, did());
    for category in Category::ALL {
        let held = held(claim(category, None));
        assert_eq!(tier(&[held], now()), Tier::of(category), "{category}");
    }
}

#[test]
fn each_fault_makes_a_credential_count_for_nothing() {
    type Change = fn(&mut Held);
    let changes: [(Change, Weakness); 9] = [
        (
            |held| held.credential.issuer = other_did(),
            Weakness::UnknownIssuer,
        ),
        (
            |held| held.credential.subject = url("https://state.example/orgs/other"),
            Weakness::WrongSubject,
        ),
        (
            |held| held.credential.subject = url("https://evil.example/orgs/moj"),
            Weakness::WrongSubject,
        ),
        (
            |held| held.credential.valid_until = now(),
            Weakness::Expired,
        ),
        (
            |held| held.credential.valid_from = now() + TimeDelta::minutes(11),
            Weakness::NotYet,
        ),
        (
            |held| {
                held.credential.valid_until =
                    held.credential.valid_from + TimeDelta::days(180) + TimeDelta::seconds(1);
            },
            Weakness::TooLong,
        ),
        (|held| held.revoked = true, Weakness::Revoked),
        (
            |held| {
                // A list of another anchor at the same address says nothing.
                let mut foreign = list(now(), &[]);
                foreign.issuer = other_did();
                let at = now() - TimeDelta::days(40);
                held.credential.valid_from = at;
                *held = Held::new(held.credential.clone(), Some(&foreign));
                assert_eq!(held.fresh_until, at);
                held.revoked = true;
            },
            Weakness::Revoked,
        ),
        (
            |held| {
                // Beyond the end of its list.
                let mut credential = held.credential.clone();
                credential.status.index = 131_072;
                *held = Held::new(credential, Some(&list(now(), &[])));
            },
            Weakness::Revoked,
        ),
    ];
    for (change, expected) in changes {
        let mut held = government();
        change(&mut held);
        assert_eq!(weighed(&held), Err(expected));
        assert_eq!(tier(&[held], now()), Tier::Public);
    }
}

#[test]
fn the_key_counts_when_the_actors_keys_are_known_and_only_then() {
    let other = [other_did().multikey().to_owned(), KEY.replace('D', "E")];
    for (keys, tier) in [
        (None, Tier::Preferential),
        (Some(&[KEY.to_owned()][..]), Tier::Preferential),
        (Some(&other[1..]), Tier::Public),
        (Some(&[][..]), Tier::Public),
    ] {
        let standing = standing([&government()], &actor(), now(), &trust(), keys);
        assert_eq!(standing.tier, tier, "{keys:?}");
    }
}

#[test]
fn an_anchor_speaks_only_within_its_scope() {
    let limited = |categories: &[Category], countries: &[&str]| {
        Trust::new(vec![Anchor {
            categories: (!categories.is_empty()).then(|| categories.to_vec()),
            countries: (!countries.is_empty())
                .then(|| countries.iter().map(|one| (*one).to_owned()).collect()),
            ..anchor()
        }])
    };
    let civil = [Category::CivilSociety];
    for (trust, claim, covered) in [
        (
            limited(&civil, &[]),
            claim(Category::CivilSociety, None),
            true,
        ),
        (
            limited(&civil, &[]),
            claim(Category::Government, None),
            false,
        ),
        (
            limited(&[], &["AL"]),
            claim(Category::Media, Some("AL")),
            true,
        ),
        (
            limited(&[], &["AL"]),
            claim(Category::Media, Some("BA")),
            false,
        ),
        (limited(&[], &["AL"]), claim(Category::Media, None), false),
        (
            limited(&civil, &["AL"]),
            claim(Category::Media, Some("AL")),
            false,
        ),
    ] {
        let held = held(claim);
        let standing = standing([&held], &actor(), now(), &trust, None);
        assert_eq!(standing.basis.is_some(), covered, "{held:?}");
    }
    // The same anchor, listed for each of two countries.
    let twice = Trust::new(
        [limited(&[], &["AL"]), limited(&civil, &["BA"])]
            .iter()
            .flat_map(|trust| trust.anchors().to_vec())
            .collect(),
    );
    let bosnian = held(claim(Category::CivilSociety, Some("BA")));
    let standing = standing([&bosnian], &actor(), now(), &twice, None);
    assert_eq!(standing.tier, Tier::Members);
}

#[test]
fn a_node_stores_up_to_what_its_membership_says_and_needs_an_anchor_of_that_tier() {
    let node = |audience| held(Claim::Node { audience });
    let may = |held: &[Held], trust: &Trust| storable(held, &actor(), now(), trust, None);
    let civil = Trust::new(vec![Anchor {
        categories: Some(vec![Category::CivilSociety]),
        ..anchor()
    }]);
    assert_eq!(may(&[], &trust()), Tier::Public);
    for tier in [Tier::Members, Tier::Preferential] {
        assert_eq!(may(&[node(tier)], &trust()), tier);
    }
    assert_eq!(may(&[node(Tier::Members)], &civil), Tier::Members);
    assert_eq!(may(&[node(Tier::Preferential)], &civil), Tier::Public);
    let both = [node(Tier::Preferential), node(Tier::Members)];
    assert_eq!(may(&both, &trust()), Tier::Members);
    // What a credential says of an organisation says nothing of a node.
    assert_eq!(may(&[government()], &trust()), Tier::Public);
    let organisation = standing([&node(Tier::Members)], &actor(), now(), &trust(), None);
    assert_eq!(organisation, Standing::NONE);
}

#[test]
fn a_list_out_of_date_is_borne_for_thirty_days_then_costs_the_category_and_the_end_costs_all() {
    let old = list(now(), &[]);
    let mut credential = credential(claim(Category::Government, None));
    credential.valid_until = credential.valid_from + TimeDelta::days(60);
    let held = [Held::new(credential, Some(&old))];
    let fresh_until = now() + TimeDelta::days(7);
    let at = |days: i64| {
        let moment = now() + TimeDelta::days(days);
        let standing = standing(&held, &actor(), moment, &trust(), None);
        (standing.tier, standing.notice)
    };
    assert_eq!(at(7), (Tier::Preferential, None));
    let grace = Some(Notice::Grace { since: fresh_until });
    assert_eq!(at(8), (Tier::Preferential, grace));
    assert_eq!(at(37), (Tier::Preferential, grace));
    let degraded = Some(Notice::Degraded { since: fresh_until });
    assert_eq!(at(38), (Tier::Members, degraded));
    assert_eq!(at(59), (Tier::Public, None));
}

#[test]
fn a_list_that_was_never_seen_is_out_of_date_since_the_credential_began() {
    let mut credential = credential(claim(Category::Government, None));
    let begun = credential.valid_from;
    let unseen = Held::new(credential.clone(), None);
    assert_eq!(
        weighed(&unseen).expect("it counts").notice,
        Some(Notice::Grace { since: begun })
    );
    credential.valid_from = now() - TimeDelta::days(31);
    let unseen = Held::new(credential, None);
    assert_eq!(weighed(&unseen).expect("it counts").tier, Tier::Members);
}

#[test]
fn an_anchor_cannot_make_a_list_last_longer_than_seven_days() {
    let mut long = list(now(), &[]);
    long.valid_until = now() + TimeDelta::days(100);
    assert_eq!(long.fresh_until(), now() + TimeDelta::days(7));
    long.valid_until = now() + TimeDelta::days(1);
    assert_eq!(long.fresh_until(), now() + TimeDelta::days(1));
}

#[test]
fn clocks_ten_minutes_apart_lock_nobody_out() {
    let mut held = government();
    held.credential.valid_from = now() + TimeDelta::minutes(10);
    assert_eq!(
        weighed(&held).map(|weight| weight.tier),
        Ok(Tier::Preferential)
    );
    assert!(!list(now() + TimeDelta::minutes(10), &[]).is_ahead(now()));
    assert!(list(now() + TimeDelta::minutes(11), &[]).is_ahead(now()));
}

#[test]
fn of_several_categories_the_least_privileged_counts_and_of_one_the_best_credential() {
    let civil = held(claim(Category::CivilSociety, None));
    let media = held(claim(Category::Media, None));
    for order in [
        [government(), civil.clone(), media.clone()],
        [media.clone(), government(), civil.clone()],
        [civil, media, government()],
    ] {
        let standing = standing(&order, &actor(), now(), &trust(), None);
        assert_eq!(standing.category, Some(Category::Media));
        assert_eq!(standing.tier, Tier::Members);
    }
    // A second anchor renews what the first, now dead, had issued.
    let mut old = government();
    old.fresh_until = now() - TimeDelta::days(31);
    for both in [[old.clone(), government()], [government(), old]] {
        let standing = standing(&both, &actor(), now(), &trust(), None);
        assert_eq!((standing.tier, standing.notice), (Tier::Preferential, None));
    }
}

#[test]
fn a_credential_is_due_when_less_than_a_third_of_its_life_is_left() {
    let mut credential = credential(claim(Category::Media, None));
    credential.valid_from = now();
    credential.valid_until = now() + TimeDelta::days(90);
    assert!(!credential.is_due(now() + TimeDelta::days(60)));
    assert!(credential.is_due(now() + TimeDelta::days(60) + TimeDelta::seconds(1)));
}

#[test]
fn ids_are_uuids_and_read_back() {
    let id = CredentialId::of_random([0xff; 16]);
    assert_eq!(id.as_str(), "urn:uuid:ffffffff-ffff-4fff-bfff-ffffffffffff");
    assert_eq!(
        id.as_str()
            .to_uppercase()
            .replace("URN:UUID", "urn:uuid")
            .parse(),
        Ok(id)
    );
    for text in [
        "",
        "urn:uuid:",
        "5c9f3f0e-6a7b-4c5d-9e10-2f3a4b5c6d7e",
        "urn:uuid:5c9f3f0e-6a7b-4c5d-9e10-2f3a4b5c6d7",
    ] {
        assert!(text.parse::<CredentialId>().is_err(), "{text}");
    }
}
