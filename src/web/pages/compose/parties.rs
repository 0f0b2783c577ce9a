//! Organisations that a form names by handle: partners, and the readers of an
//! entry for the named.

use crate::{
    domain::{
        entry::FieldError,
        id::OrganisationId,
        organisation::{Organisation, OrganisationState},
    },
    storage::{self, Conn, organisations},
};

/// A handle as people write it: `moj`, `@moj`, `moj@n.example`.
fn parse(text: &str) -> (&str, Option<&str>) {
    let text = text.trim_start_matches('@');
    match text.split_once('@') {
        Some((handle, host)) => (handle, Some(host)),
        None => (text, None),
    }
}

/// The organisations behind handles; `authority` is this node's own host.
/// Each that is not known here is told as an error of `field`.
pub fn resolve(
    conn: &mut Conn,
    authority: &str,
    field: &'static str,
    handles: &[String],
) -> Result<(Vec<OrganisationId>, Vec<FieldError>), storage::Error> {
    let mut found = Vec::new();
    let mut errors = Vec::new();
    for text in handles {
        let (handle, host) = parse(text);
        let host = host.filter(|host| !host.eq_ignore_ascii_case(authority));
        let known = organisations::find_by_acct(conn, handle, host)?;
        match known.filter(|one| one.state == OrganisationState::Active) {
            Some(one) if !found.contains(&one.id) => found.push(one.id),
            Some(_) => {}
            None => errors.push(FieldError::new(
                field,
                format!("No organisation {text:?} is known here. Check the handle, or find the organisation first."),
            )),
        }
    }
    Ok((found, errors))
}

/// Handles of organisations, as a form shows them again.
pub fn handles(conn: &mut Conn, ids: &[OrganisationId]) -> Result<Vec<String>, storage::Error> {
    let known = organisations::find_many(conn, ids)?;
    Ok(ids
        .iter()
        .filter_map(|id| known.get(id).map(Organisation::acct))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_read_with_and_without_signs() {
        assert_eq!(parse("moj"), ("moj", None));
        assert_eq!(parse("@moj"), ("moj", None));
        assert_eq!(parse("@moj@n.example"), ("moj", Some("n.example")));
        assert_eq!(parse("moj@localhost:8080"), ("moj", Some("localhost:8080")));
    }
}
