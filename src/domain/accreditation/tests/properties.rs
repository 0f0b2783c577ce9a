//! What holds for any credentials, anchors and moments.

use proptest::prelude::*;

use super::*;

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
