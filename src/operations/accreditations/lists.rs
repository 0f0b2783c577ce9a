//! Status lists: signing our own, and taking in the newest of any.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use url::Url;

use super::{AccreditationError, AnchorKey, keeping::refresh};
use crate::{
    domain::accreditation::{Bits, CredentialId, Did, ENTRIES, LIST_DAYS, StatusList},
    operations::{Forum, forum::random_below},
    storage::{self, Conn, accreditations},
};

/// Entries of each of our lists.
pub(super) const OUR_ENTRIES: u32 = *ENTRIES.start();

/// Signs one of our lists as things stand now, and puts it in place of the
/// one before.
pub(super) fn sign(
    conn: &mut Conn,
    forum: &Forum,
    key: &AnchorKey,
    number: i32,
) -> Result<(), AccreditationError> {
    let uri = forum.urls.status_list(number);
    let mut bits = Bits::zeros(OUR_ENTRIES);
    for index in accreditations::issued_of_list(conn, &key.did, number)? {
        bits.set(index);
    }
    // Of two lists the later one counts, also when both are of one second.
    let before = accreditations::list(conn, &key.did, &uri)?;
    let now = forum.now().trunc_subsecs(0);
    let valid_from = match before {
        Some(before) => now.max(before.valid_from + TimeDelta::seconds(1)),
        None => now,
    };
    let list = StatusList {
        valid_until: valid_from + TimeDelta::days(LIST_DAYS),
        valid_from,
        issuer: key.did.clone(),
        uri,
        bits,
    };
    let document = forum.notary.status_list(key, &list)?.to_string();
    put(conn, forum, &list, &document)?;
    Ok(())
}

/// Is one of our lists missing, or half over?
pub(super) fn needs_signature(
    conn: &mut Conn,
    forum: &Forum,
    did: &Did,
    number: i32,
) -> Result<bool, AccreditationError> {
    let known = accreditations::list(conn, did, &forum.urls.status_list(number))?;
    Ok(known.is_none_or(|list| is_half_over(list.valid_from, list.valid_until, forum.now())))
}

fn is_half_over(from: DateTime<Utc>, until: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    (until - now) * 2 < until - from
}

/// Keeps a list whose proof was verified, unless one as new is known, and
/// takes over what it says about the credentials that are known. True when it
/// was new.
pub(super) fn put(
    conn: &mut Conn,
    forum: &Forum,
    list: &StatusList,
    document: &str,
) -> Result<bool, AccreditationError> {
    if !accreditations::put_list(conn, list, document, forum.now())? {
        return Ok(false);
    }
    for place in accreditations::places_in(conn, &list.issuer, &list.uri)? {
        let revoked = list.revokes(place.index);
        if revoked != place.revoked {
            accreditations::set_revoked(conn, &list.issuer, &place.id, revoked)?;
            refresh(conn, forum, &place.subject)?;
        }
    }
    Ok(true)
}

/// The newest known list at an address, verified again.
pub(super) fn known(
    conn: &mut Conn,
    forum: &Forum,
    issuer: &Did,
    uri: &Url,
) -> Result<Option<StatusList>, AccreditationError> {
    let Some(stored) = accreditations::list(conn, issuer, uri)? else {
        return Ok(None);
    };
    let document = serde_json::from_str(&stored.document)
        .map_err(|error| storage::Error::Corrupt(error.to_string()))?;
    Ok(Some(forum.notary.read_status_list(&document, forum.now())?))
}

/// A free place in one of our lists: by chance, so that it tells nothing of
/// the order in which accreditations are issued.
pub(super) fn free_place(
    conn: &mut Conn,
    did: &Did,
    id: &CredentialId,
) -> Result<(i32, u32), AccreditationError> {
    // Half full is full: until then every second try finds a free place.
    let most = i64::from(OUR_ENTRIES / 2);
    for number in 1..=i32::MAX {
        loop {
            let index = random_below(OUR_ENTRIES);
            let (all, is_taken) = accreditations::taken(conn, did, number, index)?;
            if all >= most {
                break;
            }
            if !is_taken {
                return Ok((number, index));
            }
        }
    }
    Err(storage::Error::Corrupt(format!("no list has a place for {id}")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_signed_anew_when_half_of_its_time_is_over() {
        let from: DateTime<Utc> = "2026-11-22T12:00:00Z".parse().expect("a moment");
        let until = from + TimeDelta::days(7);
        assert!(!is_half_over(from, until, from + TimeDelta::hours(84)));
        assert!(is_half_over(from, until, from + TimeDelta::hours(85)));
    }
}
