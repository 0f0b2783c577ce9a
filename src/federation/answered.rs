//! Whom an entry answers: the authors of what it replies to and of what began
//! the conversation, and the groups that passed these on, which alone can pass
//! the answer on to their members (FEP-1b12). They are addressed and mentioned,
//! and get it wherever they are.

use std::collections::HashSet;

use crate::{
    domain::{audience::Viewer, entry::Entry, organisation::Organisation},
    storage::{self, Conn, entries, reactions},
};

/// Most groups that are told for one entry above.
const MAX_GROUPS: i64 = 5;

/// The organisations that a public entry answers, each once; nobody answers
/// itself.
///
/// # Errors
/// Storage only.
pub(in crate::federation) fn answered(
    conn: &mut Conn,
    entry: &Entry,
) -> Result<Vec<Organisation>, storage::Error> {
    let above = [entry.thread.in_reply_to, Some(entry.thread.root)];
    let mut found: Vec<Organisation> = Vec::new();
    for id in above.into_iter().flatten().filter(|id| *id != entry.id) {
        let Some(parent) = entries::find(conn, &Viewer::Anonymous, id)? else {
            continue;
        };
        found.push(parent.author);
        found.extend(reactions::groups(conn, id, MAX_GROUPS)?);
    }
    let mut seen = HashSet::from([entry.author.id]);
    found.retain(|one| seen.insert(one.id));
    Ok(found)
}
