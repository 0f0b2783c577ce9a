//! Whom an entry answers: the authors of what it replies to and of what began
//! the conversation. They are addressed and mentioned, and get it wherever they
//! are.

use crate::{
    domain::{audience::Viewer, entry::Entry, organisation::Organisation},
    storage::{self, Conn, entries},
};

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
        let is_new = found.iter().all(|one| one.id != parent.author.id);
        if is_new && parent.author.id != entry.author.id {
            found.push(parent.author);
        }
    }
    Ok(found)
}
