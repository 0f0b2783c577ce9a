//! Quotes of our entries elsewhere (FEP-044f): whoever asks may quote what is
//! public, and everybody can check that they may.

use url::Url;

use super::{Forum, announce::announce};
use crate::{
    domain::{
        activity::{ActivityKind, Recipients, Subject},
        audience::Viewer,
        id::QuoteId,
        organisation::{Organisation, OrganisationState},
    },
    storage::{self, Conn, blocks, entries, quotes},
};

/// A post of another server that wants to quote an entry of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Of the QuoteRequest.
    pub uri: Url,
    /// The quoting post.
    pub quoting: Url,
    pub entry: Url,
}

/// Gives leave and says so. What is not public, or not ours, has no answer:
/// nobody learns whether it is there. Nor has whom its author blocks.
///
/// # Errors
/// Storage only.
pub fn receive(
    conn: &mut Conn,
    forum: &Forum,
    from: &Organisation,
    request: &Request,
) -> Result<(), storage::Error> {
    let entry = entries::find_by_uri(conn, &Viewer::Anonymous, &request.entry)?;
    let Some(entry) =
        entry.filter(|entry| entry.is_local() && entry.author.state == OrganisationState::Active)
    else {
        return Ok(());
    };
    if blocks::is_blocked(conn, entry.author.id, from.id)? {
        return Ok(());
    }
    let now = forum.now();
    let id = QuoteId(forum.ids.next(now));
    let leave = quotes::put(conn, id, entry.id, &request.quoting, &from.uri, now)?;
    let subject = Subject::Quote {
        request: request.uri.clone(),
        quoting: request.quoting.clone(),
        entry: entry.uri.clone(),
        asker: from.uri.clone(),
        leave: forum.urls.quote(entry.id, leave),
    };
    let to = Recipients::One(from.id);
    announce(
        conn,
        forum,
        &entry.author,
        ActivityKind::Accept,
        subject,
        to,
    )
    .map(drop)
}
