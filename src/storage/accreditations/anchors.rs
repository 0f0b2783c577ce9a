//! The anchor of this node, once there is one.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::{
    domain::accreditation::Did,
    storage::{Conn, Error, rows, schema::anchors, types::At},
};

/// An anchor key held by this node.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredAnchor {
    pub did: Did,
    pub name: String,
    /// PKCS#8 PEM.
    pub private_key: String,
    pub created_at: DateTime<Utc>,
}

// By hand: a private key must not reach a log.
impl std::fmt::Debug for StoredAnchor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredAnchor")
            .field("did", &self.did.as_str())
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// This node's anchor; the first one, as there is never a second.
pub fn anchor(conn: &mut Conn) -> Result<Option<StoredAnchor>, Error> {
    let row: Option<(String, String, String, DateTime<Utc>)> = anchors::table
        .order((anchors::created_at, anchors::did))
        .select((
            anchors::did,
            anchors::name,
            anchors::private_key,
            anchors::created_at,
        ))
        .first(conn)
        .optional()?;
    row.map(|(did, name, private_key, created_at)| {
        Ok(StoredAnchor {
            did: rows::read::<Did>(&did)?,
            name,
            private_key,
            created_at,
        })
    })
    .transpose()
}

pub fn insert_anchor(conn: &mut Conn, anchor: &StoredAnchor) -> Result<(), Error> {
    diesel::insert_into(anchors::table)
        .values((
            anchors::did.eq(anchor.did.as_str()),
            anchors::name.eq(&anchor.name),
            anchors::private_key.eq(&anchor.private_key),
            anchors::created_at.eq(At(anchor.created_at)),
        ))
        .execute(conn)?;
    Ok(())
}
