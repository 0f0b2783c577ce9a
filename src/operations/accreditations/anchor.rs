//! The anchor of this node: a key of its own, apart from those of its actors.

use super::{AccreditationError, AnchorKey};
use crate::{
    domain::{audit::Decision, id::UserId},
    operations::{Forum, audit},
    storage::{
        self, Conn,
        accreditations::{self, StoredAnchor},
    },
};

const MAX_NAME_CHARS: usize = 200;

/// Makes this node's anchor, once. Nobody trusts it until an operator lists
/// its did in `trust.anchors`.
///
/// # Errors
/// [`AccreditationError::AnchorExists`], [`AccreditationError::InvalidName`].
pub async fn create_anchor(
    forum: &Forum,
    by: Option<UserId>,
    name: &str,
) -> Result<StoredAnchor, AccreditationError> {
    let name = name.trim().to_owned();
    let chars = name.chars().count();
    if chars == 0 || chars > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(AccreditationError::InvalidName);
    }
    forum
        .write(move |conn, forum| {
            if let Some(known) = accreditations::anchor(conn)? {
                return Err(AccreditationError::AnchorExists(known.did.to_string()));
            }
            let key = forum.notary.new_key();
            let anchor = StoredAnchor {
                did: key.did,
                name,
                private_key: key.private,
                created_at: forum.now(),
            };
            accreditations::insert_anchor(conn, &anchor)?;
            let subject = format!("anchor {}", anchor.did);
            audit::record(
                conn,
                forum,
                by,
                Decision::AnchorMade,
                &subject,
                &anchor.name,
            )?;
            Ok(anchor)
        })
        .await
}

/// This node's anchor, if it has one.
///
/// # Errors
/// Storage only.
pub async fn anchor(forum: &Forum) -> Result<Option<StoredAnchor>, storage::Error> {
    forum.db.read(accreditations::anchor).await
}

/// # Errors
/// [`AccreditationError::NoAnchor`].
pub(super) fn own(conn: &mut Conn) -> Result<(StoredAnchor, AnchorKey), AccreditationError> {
    let anchor = accreditations::anchor(conn)?.ok_or(AccreditationError::NoAnchor)?;
    let key = AnchorKey {
        did: anchor.did.clone(),
        private: anchor.private_key.clone(),
    };
    Ok((anchor, key))
}
