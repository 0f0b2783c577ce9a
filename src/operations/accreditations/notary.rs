//! What signs and reads accreditations. The wire's words and its cryptography
//! are `federation`'s; operations only ask for them.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::domain::accreditation::{Credential, Did, StatusList};

/// A new anchor key: its did, and the private half as PKCS#8 PEM.
#[derive(Clone)]
pub struct AnchorKey {
    pub did: Did,
    pub private: String,
}

/// Why a document is no accreditation, or no status list. The text says which
/// rule it breaks, and is safe to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

/// The private key of an anchor cannot be read or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the anchor's key cannot sign: {0}")]
pub struct CannotSign(pub String);

/// Signs and reads. Needs no network and no storage; each call takes less than
/// a few milliseconds.
pub trait Notary: Send + Sync {
    fn new_key(&self) -> AnchorKey;

    /// The signed document of a credential.
    ///
    /// # Errors
    /// [`CannotSign`] for a key that is not the issuer's.
    fn credential(&self, key: &AnchorKey, credential: &Credential) -> Result<Value, CannotSign>;

    /// The signed document of a status list.
    ///
    /// # Errors
    /// As [`Notary::credential`].
    fn status_list(&self, key: &AnchorKey, list: &StatusList) -> Result<Value, CannotSign>;

    /// What a credential says, once its proof is verified. What that is worth
    /// is `domain::accreditation`'s to say.
    ///
    /// # Errors
    /// [`Unreadable`] for everything that is not exactly a credential.
    fn read_credential(
        &self,
        document: &Value,
        now: DateTime<Utc>,
    ) -> Result<Credential, Unreadable>;

    /// A status list, once its proof is verified.
    ///
    /// # Errors
    /// As [`Notary::read_credential`].
    fn read_status_list(
        &self,
        document: &Value,
        now: DateTime<Utc>,
    ) -> Result<StatusList, Unreadable>;
}
