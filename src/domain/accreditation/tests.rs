use proptest::prelude::*;

use super::*;

const KEY: &str = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
const ANCHOR: &str = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";

fn now() -> DateTime<Utc> {
    "2026-11-22T12:00:00Z".parse().expect("a moment")
}

fn did() -> Did {
    ANCHOR.parse().expect("a did")
}

fn other_did() -> Did {
    Did::of_multikey(KEY).expect("a did")
}

fn url(text: &str) -> Url {
    text.parse().expect("an address")
}

fn actor() -> Url {
    url("https://state.example/orgs/moj")
}

fn anchor() -> Anchor {
    Anchor {
        name: "Hub".into(),
        did: did(),
        categories: None,
        countries: None,
    }
}

fn trust() -> Trust {
    Trust::new(vec![anchor()])
}

fn claim(category: Category, country: Option<&str>) -> Claim {
    Claim::Organisation {
        name: "N".into(),
        category,
        country: country.map(str::to_owned),
    }
}

fn credential(claim: Claim) -> Credential {
    Credential {
        id: CredentialId::of_random([7; 16]),
        issuer: did(),
        subject: actor(),
        claim,
        assertion_key: KEY.into(),
        valid_from: now() - TimeDelta::days(1),
        valid_until: now() + TimeDelta::days(80),
        status: StatusPosition {
            list: url("https://hub.example/status/1"),
            index: 42,
        },
    }
}

fn list(signed: DateTime<Utc>, revoked: &[u32]) -> StatusList {
    let mut bits = Bits::zeros(131_072);
    revoked.iter().for_each(|index| bits.set(*index));
    StatusList {
        uri: url("https://hub.example/status/1"),
        issuer: did(),
        valid_from: signed,
        valid_until: signed + TimeDelta::days(LIST_DAYS),
        bits,
    }
}

fn held(claim: Claim) -> Held {
    Held::new(credential(claim), Some(&list(now(), &[])))
}

fn government() -> Held {
    held(claim(Category::Government, Some("AL")))
}

fn weighed(held: &Held) -> Result<Weight, Weakness> {
    weigh(held, &actor(), now(), &trust(), None)
}

fn tier(held: &[Held], at: DateTime<Utc>) -> Tier {
    standing(held, &actor(), at, &trust(), None).tier
}

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

fn any_category() -> impl Strategy<Value = Category> {
    prop::sample::select(Category::ALL.to_vec())
}

/// Credentials good and bad, of this actor and others, with and without lists.
fn any_held() -> impl Strategy<Value = Held> {
    let shape = (
        any_category(),
        prop::sample::select(vec![None, Some("AL"), Some("BA")]),
        any::<[bool; 4]>(),
        -200_i64..20,
        1_i64..250,
    );
    (shape, prop::option::of(-60_i64..5)).prop_map(
        |((category, country, [ours, known, revoked, node], from, life), signed)| {
            let mut credential = credential(match node {
                true => Claim::Node {
                    audience: Tier::of(category),
                },
                false => claim(category, country),
            });
            if !ours {
                credential.subject = url("https://other.example/orgs/x");
            }
            if !known {
                credential.issuer = other_did();
            }
            credential.valid_from = now() + TimeDelta::days(from);
            credential.valid_until = credential.valid_from + TimeDelta::days(life);
            let mut list = signed.map(|days| {
                list(
                    now() + TimeDelta::days(days),
                    if revoked { &[42] } else { &[] },
                )
            });
            if let Some(list) = &mut list {
                list.issuer = credential.issuer.clone();
            }
            Held::new(credential, list.as_ref())
        },
    )
}

fn a_trust() -> impl Strategy<Value = Trust> {
    (
        prop::option::of(prop::collection::vec(any_category(), 1..4)),
        prop::option::of(Just(vec!["AL".to_owned()])),
    )
        .prop_map(|(categories, countries)| {
            Trust::new(vec![Anchor {
                categories,
                countries,
                ..anchor()
            }])
        })
}

proptest! {
    #[test]
    fn nothing_invalid_ever_changes_a_standing(
        all in prop::collection::vec(any_held(), 0..6), trust in a_trust(),
    ) {
        let valid: Vec<Held> = all
            .iter()
            .filter(|one| weigh(one, &actor(), now(), &trust, None).is_ok())
            .cloned()
            .collect();
        prop_assert_eq!(
            standing(&all, &actor(), now(), &trust, None),
            standing(&valid, &actor(), now(), &trust, None)
        );
        prop_assert_eq!(
            storable(&all, &actor(), now(), &trust, None),
            storable(&valid, &actor(), now(), &trust, None)
        );
    }

    #[test]
    fn nobody_reads_further_than_some_credential_of_a_trusted_anchor_says(
        all in prop::collection::vec(any_held(), 0..6), trust in a_trust(),
    ) {
        let standing = standing(&all, &actor(), now(), &trust, None);
        let most = all
            .iter()
            .filter(|one| one.credential.subject == actor() && trust.knows(&one.credential.issuer))
            .filter_map(|one| match &one.credential.claim {
                Claim::Organisation { category, .. } => Some(Tier::of(*category)),
                Claim::Node { .. } => None,
            })
            .max();
        prop_assert!(standing.tier <= most.unwrap_or_default());
        prop_assert_eq!(standing.tier == Tier::Public, standing.basis.is_none());
    }

    #[test]
    fn the_order_of_credentials_says_nothing(
        all in prop::collection::vec(any_held(), 0..5), turn in 0_usize..5,
    ) {
        let mut turned = all.clone();
        turned.rotate_left(turn % all.len().max(1));
        turned.reverse();
        let read = |held: &[Held]| {
            let one = standing(held, &actor(), now(), &trust(), None);
            (one.category, one.tier)
        };
        prop_assert_eq!(read(&all), read(&turned));
    }

    /// Of one category: with several, the loss of the lesser one leaves the
    /// other, which is what its anchor wants.
    #[test]
    fn time_and_revocations_never_widen_what_a_category_gives(
        all in prop::collection::vec(any_held(), 0..6),
        category in any_category(),
        later in 0_i64..200,
        lost in any::<prop::sample::Index>(),
    ) {
        let begun: Vec<Held> = all
            .into_iter()
            .map(|mut one| {
                one.credential.claim = claim(category, None);
                one
            })
            .filter(|one| one.credential.valid_from <= now())
            .collect();
        let before = tier(&begun, now());
        prop_assert!(tier(&begun, now() + TimeDelta::days(later)) <= before);
        let mut revoked = begun.clone();
        if !revoked.is_empty() {
            let place = lost.index(revoked.len());
            revoked[place].revoked = true;
        }
        prop_assert!(tier(&revoked, now()) <= before);
    }

    #[test]
    fn a_narrower_scope_never_widens_what_a_category_gives(
        all in prop::collection::vec(any_held(), 0..6), category in any_category(), narrow in a_trust(),
    ) {
        let all: Vec<Held> = all
            .into_iter()
            .map(|mut one| {
                one.credential.claim = claim(category, Some("AL"));
                one
            })
            .collect();
        let narrowed = standing(&all, &actor(), now(), &narrow, None).tier;
        prop_assert!(narrowed <= tier(&all, now()));
    }
}
