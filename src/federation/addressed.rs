//! Whom an entry is for, on the wire (PROTOCOL.md 5.3): everybody, one of the
//! Forum's two terms, or the actors of the parties named. A term stands for
//! whoever is accredited, as each node verifies it; it is never delivered to.
//!
//! What is none of these is for nobody here.

use std::collections::BTreeSet;

use url::Url;

use super::{
    json::{ADDRESSING, PUBLIC, VFORUM},
    objects::{Document, address},
};
use crate::{
    domain::{
        audience::{Audience, AudienceKind},
        organisation::OrganisationState,
    },
    storage::{self, Conn, organisations},
};

/// All accredited organisations.
pub const MEMBERS: &str = "https://w3id.org/virtual-forum/ns#Members";
/// Governments and international organisations.
pub const PREFERENTIAL: &str = "https://w3id.org/virtual-forum/ns#Preferential";

/// What stands in `to` of an entry for this audience.
///
/// # Errors
/// Storage only.
pub fn to(conn: &mut Conn, audience: &Audience) -> Result<Vec<String>, storage::Error> {
    let Audience::Named(named) = audience else {
        return Ok(term(audience.kind())
            .map(str::to_owned)
            .into_iter()
            .collect());
    };
    let mut known = organisations::find_many(conn, named)?;
    known.retain(|_, one| one.state == OrganisationState::Active);
    let mut parties: Vec<String> = known.values().map(|one| one.uri.to_string()).collect();
    parties.sort_unstable();
    Ok(parties)
}

/// The term for an audience; named parties have none.
pub fn term(audience: AudienceKind) -> Option<&'static str> {
    match audience {
        AudienceKind::Public => Some(PUBLIC),
        AudienceKind::Members => Some(MEMBERS),
        AudienceKind::Preferential => Some(PREFERENTIAL),
        AudienceKind::Named => None,
    }
}

/// What an object says of its audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addressed {
    Public,
    Members,
    Preferential,
    /// Addresses only, which may or may not be actors'.
    Parties(BTreeSet<Url>),
    /// Not understood, mixed, or not said.
    Nobody,
}

/// Reads to whom an object is addressed. Beside the public there may be others,
/// who are only told; beside a term of ours there may be nobody.
pub fn read(object: Document<'_>) -> Addressed {
    let mut named: BTreeSet<String> = BTreeSet::new();
    let mut all_read = true;
    for value in ADDRESSING.iter().flat_map(|key| object.list(key)) {
        match (value.as_str(), address(value)) {
            (Some(text), _) => named.insert(text.to_owned()),
            (None, Some(url)) => named.insert(url.into()),
            (None, None) => {
                all_read = false;
                continue;
            }
        };
    }
    let is_term = |text: &String| text.starts_with(VFORUM);
    if named.contains(PUBLIC) {
        return match named.iter().any(is_term) {
            true => Addressed::Nobody,
            false => Addressed::Public,
        };
    }
    if !all_read || named.is_empty() {
        return Addressed::Nobody;
    }
    if named.iter().any(is_term) {
        let mut all = named.iter().map(String::as_str);
        return match (all.next(), all.next()) {
            (Some(MEMBERS), None) => Addressed::Members,
            (Some(PREFERENTIAL), None) => Addressed::Preferential,
            _ => Addressed::Nobody,
        };
    }
    let urls: Option<BTreeSet<Url>> = named
        .iter()
        .map(|text| Url::parse(text).ok())
        .map(|url| url.filter(|url| matches!(url.scheme(), "http" | "https")))
        .collect();
    urls.map_or(Addressed::Nobody, Addressed::Parties)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::federation::json::normalise;

    fn addressed(document: Value) -> Addressed {
        read(Document(&normalise(document)))
    }

    fn parties(addresses: &[&str]) -> Addressed {
        let read = addresses
            .iter()
            .map(|one| Url::parse(one).expect("an address"));
        Addressed::Parties(read.collect())
    }

    #[test]
    fn everybody_is_everybody_in_each_spelling_and_beside_others() {
        for to in [
            json!(PUBLIC),
            json!(["as:Public"]),
            json!(["Public", "https://a.example/x"]),
        ] {
            assert_eq!(addressed(json!({"to": to})), Addressed::Public, "{to}");
            assert_eq!(addressed(json!({"cc": to})), Addressed::Public, "{to}");
        }
    }

    #[test]
    fn a_term_of_ours_counts_alone() {
        for (term, expected) in [
            (MEMBERS, Addressed::Members),
            (PREFERENTIAL, Addressed::Preferential),
        ] {
            for document in [
                json!({"to": term}),
                json!({"to": [term]}),
                json!({"to": [term], "cc": []}),
                json!({"to": [term], "audience": term}),
                json!({"audience": term}),
            ] {
                assert_eq!(addressed(document.clone()), expected, "{document}");
            }
            for document in [
                json!({"to": [term, PUBLIC]}),
                json!({"to": [term], "cc": ["as:Public"]}),
                json!({"to": [term], "cc": ["https://a.example/followers"]}),
                json!({"to": [MEMBERS, PREFERENTIAL]}),
                json!({"to": [term], "bto": ["https://a.example/x"]}),
            ] {
                assert_eq!(addressed(document.clone()), Addressed::Nobody, "{document}");
            }
        }
    }

    #[test]
    fn what_is_not_understood_is_for_nobody() {
        for document in [
            json!({}),
            json!({"to": []}),
            json!({"to": [format!("{VFORUM}Everybody")]}),
            json!({"to": ["Members"]}),
            json!({"to": ["https://a.example/x", "not an address"]}),
            json!({"to": ["mailto:x@a.example"]}),
        ] {
            assert_eq!(addressed(document.clone()), Addressed::Nobody, "{document}");
        }
    }

    #[test]
    fn addresses_alone_are_parties_to_be_looked_at() {
        let (one, other) = ("https://a.example/orgs/x", "https://b.example/orgs/y");
        assert_eq!(
            addressed(json!({"to": [one, {"id": other}], "cc": one})),
            parties(&[one, other])
        );
    }
}
