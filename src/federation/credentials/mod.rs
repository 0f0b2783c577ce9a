//! Accreditations as other servers read and write them: Verifiable Credentials
//! 2.0 with an integrity proof by the anchor's own key (PROTOCOL.md 4.4).
//!
//! A document is read as it came: its proof is verified over the JSON that was
//! received, and only then is it looked at. Nothing is fetched for that.

mod asking;
mod bits;
mod read;
pub mod serving;
#[cfg(test)]
mod tests;
mod word;

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

pub use asking::{
    LOOK_EVERY, ask_about, ask_about_with_node, ask_for_accreditations, ask_for_lists,
};

use super::{
    proofs::{ProofError, sign},
    signatures::{PrivateKey, Signer},
};
use crate::{
    domain::accreditation::{Credential, Did, StatusList},
    operations::accreditations::{AnchorKey, CannotSign, Notary, Unreadable},
};

/// First in the context of every credential (VC 2.0, 4.3).
const CONTEXT: &str = "https://www.w3.org/ns/credentials/v2";

const CREDENTIAL: &str = "VerifiableCredential";
const ACCREDITATION: &str = "ForumAccreditation";
const MEMBERSHIP: &str = "NodeMembership";
const STATUS_LIST: &str = "BitstringStatusListCredential";

/// Why a document is no credential of ours. The texts are safe to send back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    #[error("it is not a Verifiable Credential 2.0")]
    NotACredential,
    #[error("it is neither a ForumAccreditation nor a NodeMembership")]
    OtherType,
    #[error("it is not a BitstringStatusListCredential")]
    NotAList,
    #[error("its {0} is missing or malformed")]
    Malformed(&'static str),
    #[error("it has no integrity proof of the suite eddsa-jcs-2022")]
    NoProof,
    #[error("its proof is not made with the key of its issuer")]
    NotByIssuer,
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl From<CredentialError> for Unreadable {
    fn from(error: CredentialError) -> Self {
        Self(error.to_string())
    }
}

/// The notary of this program.
pub struct Wording;

impl Notary for Wording {
    fn new_key(&self) -> AnchorKey {
        let key = PrivateKey::generate_ed25519().expect("the operating system gives random bytes");
        let did = did_of(&key).expect("a new Ed25519 key has a did");
        AnchorKey {
            did,
            private: key.to_pem(),
        }
    }

    fn credential(&self, key: &AnchorKey, credential: &Credential) -> Result<Value, CannotSign> {
        by_issuer(key, &credential.issuer)?;
        signed(word::credential(credential), key, credential.valid_from)
    }

    fn status_list(&self, key: &AnchorKey, list: &StatusList) -> Result<Value, CannotSign> {
        by_issuer(key, &list.issuer)?;
        signed(word::status_list(list), key, list.valid_from)
    }

    fn read_credential(
        &self,
        document: &Value,
        now: DateTime<Utc>,
    ) -> Result<Credential, Unreadable> {
        Ok(read::credential(document, now)?)
    }

    fn read_status_list(
        &self,
        document: &Value,
        now: DateTime<Utc>,
    ) -> Result<StatusList, Unreadable> {
        Ok(read::status_list(document, now)?)
    }
}

fn by_issuer(key: &AnchorKey, issuer: &Did) -> Result<(), CannotSign> {
    match key.did == *issuer {
        true => Ok(()),
        false => Err(CannotSign("it is not the key of the issuer".to_owned())),
    }
}

fn did_of(key: &PrivateKey) -> Option<Did> {
    let multikey = key.public().ok()?.to_multibase()?;
    Did::of_multikey(&multikey).ok()
}

fn signed(
    mut document: Value,
    key: &AnchorKey,
    created: DateTime<Utc>,
) -> Result<Value, CannotSign> {
    let private =
        PrivateKey::from_pem(&key.private).map_err(|error| CannotSign(error.to_string()))?;
    if did_of(&private).as_ref() != Some(&key.did) {
        return Err(CannotSign("it is not the key of its did".to_owned()));
    }
    let signer = Signer {
        key_id: Url::parse(&key.did.verification_method()).expect("a did is an address"),
        key: private,
    };
    sign(&mut document, &signer, created).map_err(|error| CannotSign(error.to_string()))?;
    Ok(document)
}
