//! From what a credential says to its JSON, without the proof.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::{ACCREDITATION, CONTEXT, CREDENTIAL, MEMBERSHIP, STATUS_LIST, bits};
use crate::{
    domain::{
        accreditation::{Claim, Credential, StatusList},
        organisation::Category,
    },
    federation::json::VFORUM,
};

/// Categories as credentials write them: our words in camelCase (INTERFACE.md 1).
pub(super) fn category_word(category: Category) -> &'static str {
    match category {
        Category::Government => "government",
        Category::InternationalOrganisation => "internationalOrganisation",
        Category::CivilSociety => "civilSociety",
        Category::PrivateSector => "privateSector",
        Category::Academia => "academia",
        Category::Media => "media",
        Category::Individual => "individual",
    }
}

/// Whole seconds, in UTC.
fn second(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The terms that are not the W3C's, so that nobody has to fetch them.
fn context(terms: &[&str]) -> Value {
    let mut map = serde_json::Map::new();
    map.insert("vforum".to_owned(), json!(VFORUM));
    for term in terms {
        map.insert((*term).to_owned(), json!(format!("vforum:{term}")));
    }
    json!([CONTEXT, map])
}

pub(super) fn credential(credential: &Credential) -> Value {
    let subject_id = &credential.subject;
    let key = json!({
        "id": format!("{subject_id}#ed25519-key"),
        "type": "Multikey",
        "controller": subject_id,
        "publicKeyMultibase": credential.assertion_key,
    });
    let (kind, terms, mut subject): (_, &[&str], _) = match &credential.claim {
        Claim::Organisation {
            name,
            category,
            country,
        } => {
            let mut subject = json!({
                "id": subject_id,
                "type": "Organization",
                "name": name,
                "category": category_word(*category),
            });
            if let Some(country) = country {
                subject["country"] = json!(country);
            }
            let terms = &[ACCREDITATION, "category", "country", "assertionKey"];
            (ACCREDITATION, terms, subject)
        }
        Claim::Node { audience } => {
            let subject = json!({
                "id": subject_id,
                "type": "Application",
                "audience": audience.as_str(),
            });
            (
                MEMBERSHIP,
                &[MEMBERSHIP, "audience", "assertionKey"],
                subject,
            )
        }
    };
    subject["assertionKey"] = key;
    let list = &credential.status.list;
    let index = credential.status.index.to_string();
    json!({
        "@context": context(terms),
        "id": credential.id.as_str(),
        "type": [CREDENTIAL, kind],
        "issuer": credential.issuer.as_str(),
        "validFrom": second(credential.valid_from),
        "validUntil": second(credential.valid_until),
        "credentialSubject": subject,
        "credentialStatus": {
            "id": format!("{list}#{index}"),
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": index,
            "statusListCredential": list,
        },
    })
}

pub(super) fn status_list(list: &StatusList) -> Value {
    json!({
        "@context": [CONTEXT],
        "id": list.uri,
        "type": [CREDENTIAL, STATUS_LIST],
        "issuer": list.issuer.as_str(),
        "validFrom": second(list.valid_from),
        "validUntil": second(list.valid_until),
        "credentialSubject": {
            "id": format!("{}#list", list.uri),
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": bits::pack(&list.bits),
        },
    })
}
