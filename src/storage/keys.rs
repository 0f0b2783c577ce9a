//! Keys: public ones of every actor we met, private ones of our own.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use url::Url;

use super::{Conn, Error, rows, schema::keys, types::At};

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    Rsa,
    Ed25519,
}

impl Algorithm {
    fn as_str(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }

    fn read(text: &str) -> Result<Self, Error> {
        match text {
            "rsa" => Ok(Self::Rsa),
            "ed25519" => Ok(Self::Ed25519),
            other => Err(Error::Corrupt(format!("key algorithm {other:?}"))),
        }
    }

    /// Do integrity proofs count when made with this key (FEP-521a)?
    fn asserts_with(self, public_key: &str) -> bool {
        self == Self::Ed25519 && public_key.starts_with('z')
    }
}

/// A key as stored: RSA as PEM (SPKI, PKCS#8), Ed25519 as Multikey (public)
/// and PKCS#8 PEM (private). An Ed25519 key that its owner lists for requests
/// only, and not in `assertionMethod`, is stored as PEM (SPKI).
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey {
    pub uri: Url,
    pub owner: Url,
    pub algorithm: Algorithm,
    pub public_key: String,
    pub private_key: Option<String>,
    pub created_at: DateTime<Utc>,
    pub fetched_at: Option<DateTime<Utc>>,
}

impl StoredKey {
    /// Do its owner's integrity proofs count when made with it (FEP-521a)?
    pub fn is_for_assertions(&self) -> bool {
        self.algorithm.asserts_with(&self.public_key)
    }
}

// By hand: a private key must not reach a log.
impl std::fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredKey")
            .field("uri", &self.uri.as_str())
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = keys)]
struct Row {
    uri: String,
    owner_uri: String,
    algorithm: String,
    public_key: String,
    private_key: Option<String>,
    created_at: At,
    fetched_at: Option<At>,
}

impl Row {
    fn into_key(self) -> Result<StoredKey, Error> {
        Ok(StoredKey {
            uri: rows::url(&self.uri)?,
            owner: rows::url(&self.owner_uri)?,
            algorithm: Algorithm::read(&self.algorithm)?,
            public_key: self.public_key,
            private_key: self.private_key,
            created_at: self.created_at.0,
            fetched_at: self.fetched_at.map(|at| at.0),
        })
    }
}

pub fn find(conn: &mut Conn, uri: &Url) -> Result<Option<StoredKey>, Error> {
    keys::table
        .find(uri.as_str())
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .map(Row::into_key)
        .transpose()
}

pub fn of_owner(conn: &mut Conn, owner: &Url) -> Result<Vec<StoredKey>, Error> {
    let rows: Vec<Row> = keys::table
        .filter(keys::owner_uri.eq(owner.as_str()))
        .order(keys::uri)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Row::into_key).collect()
}

/// The Multikeys that each of these actors lists for assertions. Those of whom no
/// key is known are left out.
pub fn for_assertions(
    conn: &mut Conn,
    owners: &[&Url],
) -> Result<HashMap<Url, Vec<String>>, Error> {
    let known: Vec<(String, String, String)> = keys::table
        .filter(keys::owner_uri.eq_any(owners.iter().map(|owner| owner.as_str())))
        .order(keys::uri)
        .select((keys::owner_uri, keys::algorithm, keys::public_key))
        .load(conn)?;
    let mut found: HashMap<Url, Vec<String>> = HashMap::new();
    for (owner, algorithm, public_key) in known {
        let listed = found.entry(rows::url(&owner)?).or_default();
        if Algorithm::read(&algorithm)?.asserts_with(&public_key) {
            listed.push(public_key);
        }
    }
    Ok(found)
}

/// The keys of an actor are now these and no others.
pub fn replace(conn: &mut Conn, owner: &Url, new: &[StoredKey]) -> Result<(), Error> {
    diesel::delete(keys::table.filter(keys::owner_uri.eq(owner.as_str()))).execute(conn)?;
    for key in new {
        diesel::insert_into(keys::table)
            .values(Row {
                uri: key.uri.to_string(),
                owner_uri: key.owner.to_string(),
                algorithm: key.algorithm.as_str().to_owned(),
                public_key: key.public_key.clone(),
                private_key: key.private_key.clone(),
                created_at: At(key.created_at),
                fetched_at: key.fetched_at.map(At),
            })
            .execute(conn)?;
    }
    Ok(())
}
