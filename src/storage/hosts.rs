//! Moderation of other servers: which hosts are blocked or allowed.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use url::Url;

use super::{Conn, Error, schema::host_policies, types::At};

/// What the operator decided about a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    Block,
    /// Needed for federation when `federation.mode` is `allowlist`.
    Allow,
}

impl Policy {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Allow => "allow",
        }
    }
}

/// A decision about a host and, when blocking, everything below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPolicy {
    pub host: String,
    pub policy: Policy,
    pub reason: String,
    pub created_at: DateTime<Utc>,
}

/// Every decision, by host.
pub fn list(conn: &mut Conn) -> Result<Vec<HostPolicy>, Error> {
    let rows: Vec<(String, String, String, DateTime<Utc>)> =
        host_policies::table.order(host_policies::host).load(conn)?;
    rows.into_iter()
        .map(|(host, policy, reason, created_at)| {
            Ok(HostPolicy {
                host,
                policy: match policy.as_str() {
                    "block" => Policy::Block,
                    "allow" => Policy::Allow,
                    other => return Err(Error::Corrupt(format!("host policy {other:?}"))),
                },
                reason,
                created_at,
            })
        })
        .collect()
}

/// Records a decision in place of an earlier one.
pub fn put(conn: &mut Conn, policy: &HostPolicy) -> Result<(), Error> {
    remove(conn, &policy.host)?;
    diesel::insert_into(host_policies::table)
        .values((
            host_policies::host.eq(&policy.host),
            host_policies::policy.eq(policy.policy.as_str()),
            host_policies::reason.eq(&policy.reason),
            host_policies::created_at.eq(At(policy.created_at)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Withdraws a decision; false when there was none.
pub fn remove(conn: &mut Conn, host: &str) -> Result<bool, Error> {
    Ok(diesel::delete(host_policies::table.find(host)).execute(conn)? == 1)
}

/// Names that are asked for at once: as many as nearly every host has.
const AT_ONCE: usize = 6;

/// The decisions about at most [`AT_ONCE`] names, with their policies. Always
/// the same statement, which connections keep: this is asked before everything
/// that is sent.
fn decisions(conn: &mut Conn, names: &[String]) -> Result<Vec<(String, String)>, Error> {
    let name = |place: usize| names.get(place).map_or("", String::as_str);
    let is = |place| host_policies::host.eq(name(place));
    let any = is(0).or(is(1)).or(is(2)).or(is(3)).or(is(4)).or(is(5));
    Ok(host_policies::table
        .filter(any)
        .select((host_policies::host, host_policies::policy))
        .load(conn)?)
}

/// Is anything exchanged with the server of this address? A block covers all
/// hosts below the one named, an allowance only that host; a decision about
/// `host:port` is about that port alone. With `allowlist`
/// (`federation.mode`), a host must be allowed.
pub fn federates_with(conn: &mut Conn, address: &Url, allowlist: bool) -> Result<bool, Error> {
    let host = address.host_str().unwrap_or_default().trim_end_matches('.');
    let with_port = match address.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let names = [with_port, host.to_owned()];
    let parents = host
        .match_indices('.')
        .map(|(dot, _)| host[dot + 1..].to_owned());
    let concerned: Vec<String> = names.iter().cloned().chain(parents).collect();
    let mut decided = Vec::new();
    for some in concerned.chunks(AT_ONCE) {
        decided.extend(decisions(conn, some)?);
    }
    let is_blocked = decided
        .iter()
        .any(|(_, policy)| policy == Policy::Block.as_str());
    let is_allowed = decided
        .iter()
        .any(|(host, policy)| policy == Policy::Allow.as_str() && names.contains(host));
    Ok(!is_blocked && (is_allowed || !allowlist))
}
