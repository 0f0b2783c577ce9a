//! What an accreditation is worth: cases, and what holds whatever the case.

mod properties;
mod rules;

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
