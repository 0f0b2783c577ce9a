//! From what a client wrote to what the operations take: whatever it names is
//! looked up, as far as the caller may see it.

use url::Url;

use super::{find_organisation, written::Written};
use crate::{
    domain::{
        audience::{Audience, AudienceKind, Viewer},
        entry::{Draft, Entry},
        id::{EntryId, OrganisationId},
    },
    forum_api::{
        fields::{Change, sentence},
        problem::{Invalid, Problem},
    },
    operations::entries::Edit,
    storage::{Conn, Error, entries},
};

/// A draft, with what it names looked up; and everything wrong with it.
pub(super) fn draft(
    conn: &mut Conn,
    viewer: &Viewer,
    written: Written,
) -> Result<(Draft, Vec<Invalid>), Error> {
    let mut errors = written.errors;
    let parent = match written.in_reply_to.value() {
        Some(named) => {
            let found = find_entry(conn, viewer, &named)?;
            if found.is_none() {
                errors.push(Invalid::new(
                    "in_reply_to",
                    "There is no such entry to reply to.",
                ));
            }
            found
        }
        None => None,
    };
    let named = written.named.value().unwrap_or_default();
    let partners = written.partners.value().unwrap_or_default();
    let audience = written.audience.value();
    let mut content = written.content;
    content.tlp = written.tlp.value().unwrap_or_else(|| {
        let by_parent = parent.as_ref().map(|parent| parent.audience.kind());
        audience.or(by_parent).unwrap_or_default().default_tlp()
    });
    let draft = Draft {
        content,
        audience,
        named: find_organisations(conn, "named", &named, &mut errors)?,
        partners: find_organisations(conn, "partners", &partners, &mut errors)?,
        in_reply_to: parent.map(|parent| parent.id),
    };
    Ok((draft, errors))
}

/// An entry that the viewer may see, by id or by address.
fn find_entry(conn: &mut Conn, viewer: &Viewer, named: &str) -> Result<Option<Entry>, Error> {
    match (named.parse::<EntryId>(), Url::parse(named)) {
        (Ok(id), _) => entries::find(conn, viewer, id),
        (Err(_), Ok(uri)) => entries::find_by_uri(conn, viewer, &uri),
        (Err(_), Err(_)) => Ok(None),
    }
}

pub(super) fn find_organisations(
    conn: &mut Conn,
    field: &str,
    named: &[String],
    errors: &mut Vec<Invalid>,
) -> Result<Vec<OrganisationId>, Error> {
    let mut ids = Vec::new();
    for one in named {
        match find_organisation(conn, one)? {
            Some(id) => ids.push(id),
            None => {
                let shown = sentence(&format!("no organisation {one:?} is known here"));
                errors.push(Invalid::new(field, shown));
            }
        }
    }
    Ok(ids)
}

/// What the edit makes of the entry. What cannot change may be sent back as it
/// is.
pub(super) fn edit(
    conn: &mut Conn,
    viewer: &Viewer,
    written: Written,
    entry: &Entry,
) -> Result<Edit, Problem> {
    let mut errors = written.errors;
    let kind = match written.audience {
        Change::Set(wanted) => wanted,
        Change::Keep | Change::Clear => entry.audience.kind(),
    };
    let audience = audience(conn, kind, written.named, entry, &mut errors)?;
    if let Change::Set(wanted) = written.in_reply_to
        && !answers(conn, viewer, entry, &wanted)?
    {
        errors.push(Invalid::new(
            "in_reply_to",
            "The entry answered cannot be changed; publish a new entry.",
        ));
    }
    let mut content = written.content;
    match written.tlp {
        // The usual mark goes with the audience.
        Change::Keep if content.tlp == entry.audience.kind().default_tlp() => {
            content.tlp = kind.default_tlp();
        }
        Change::Keep => {}
        Change::Clear => content.tlp = kind.default_tlp(),
        Change::Set(tlp) => content.tlp = tlp,
    }
    let partners = match written.partners {
        Change::Keep => entry.partners.clone(),
        Change::Clear => Vec::new(),
        Change::Set(wanted) => find_organisations(conn, "partners", &wanted, &mut errors)?,
    };
    if errors.is_empty() {
        Ok(Edit {
            content,
            partners,
            audience: Some(audience),
        })
    } else {
        Err(Problem::Invalid(errors))
    }
}

fn audience(
    conn: &mut Conn,
    kind: AudienceKind,
    named: Change<Vec<String>>,
    entry: &Entry,
    errors: &mut Vec<Invalid>,
) -> Result<Audience, Error> {
    let named = match named {
        Change::Set(wanted) => find_organisations(conn, "named", &wanted, errors)?,
        Change::Keep => entry.audience.named().to_vec(),
        Change::Clear => Vec::new(),
    };
    if kind != AudienceKind::Named && kind == entry.audience.kind() && !named.is_empty() {
        errors.push(Invalid::new(
            "named",
            "Organisations are named only with the audience named.",
        ));
    }
    Ok(match kind {
        AudienceKind::Public => Audience::Public,
        AudienceKind::Members => Audience::Members,
        AudienceKind::Preferential => Audience::Preferential,
        AudienceKind::Named => Audience::Named(named),
    })
}

/// Is the entry named, by id or by address, the one that this entry answers?
fn answers(conn: &mut Conn, viewer: &Viewer, entry: &Entry, named: &str) -> Result<bool, Error> {
    let thread = &entry.thread;
    if thread.in_reply_to_uri.as_ref().map(Url::as_str) == Some(named) {
        return Ok(true);
    }
    let found = find_entry(conn, viewer, named)?;
    Ok(found.is_some_and(|found| thread.in_reply_to == Some(found.id)))
}
