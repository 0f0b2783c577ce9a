//! Quotes of our entries elsewhere (FEP-044f): whoever asks may quote what is
//! public, unless its author blocks them, and everybody can check that they may.

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

/// Gives leave and says so, or refuses whom the author blocks. What is not
/// public, or not ours, has no answer: nobody learns whether it is there.
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
    let leave = match blocks::is_blocked(conn, entry.author.id, from.id)? {
        true => None,
        false => {
            let now = forum.now();
            let id = QuoteId(forum.ids.next(now));
            let id = quotes::put(conn, id, entry.id, &request.quoting, &from.uri, now)?;
            Some(forum.urls.quote(entry.id, id))
        }
    };
    let kind = match leave {
        Some(_) => ActivityKind::Accept,
        None => ActivityKind::Reject,
    };
    let subject = Subject::Quote {
        request: request.uri.clone(),
        quoting: request.quoting.clone(),
        entry: entry.uri.clone(),
        asker: from.uri.clone(),
        leave,
    };
    let to = Recipients::One(from.id);
    announce(conn, forum, &entry.author, kind, subject, to).map(drop)
}

/// Takes back what leave an organisation of another server was given to quote
/// the entries of one of ours, and tells its server.
pub(super) fn withdraw(
    conn: &mut Conn,
    forum: &Forum,
    me: &Organisation,
    other: &Organisation,
) -> Result<(), storage::Error> {
    for (entry, id) in quotes::withdraw(conn, me.id, &other.uri)? {
        let subject = Subject::Object {
            uri: forum.urls.quote(entry, id),
            owner: other.uri.clone(),
        };
        let to = Recipients::One(other.id);
        announce(conn, forum, me, ActivityKind::Delete, subject, to)?;
    }
    Ok(())
}
