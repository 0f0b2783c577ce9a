//! An entry with its conversation.

use std::collections::HashSet;

use askama::Template;
use axum::{extract::Path, response::Response};

use crate::{
    domain::{
        audience::{Audience, Viewer},
        entry::Entry,
        id::EntryId,
        organisation::{Organisation, OrganisationState},
        reaction::ReactionKind,
    },
    storage::{self, Conn, entries, organisations, pins, reactions},
    web::{
        error::PageError,
        form::{Fields, Form},
        layout::Layout,
        views::{
            FactValue,
            entry::{EntryCard, EntryView, ReplyView},
        },
        visit::Visit,
    },
};

/// Most entries of a conversation on one page.
const MAX_CONVERSATION: i64 = 500;

#[derive(Template)]
#[template(path = "entry.html")]
pub struct EntryPage {
    pub layout: Layout,
    pub entry: EntryView,
    /// The same entry for other servers: public ones of ours only.
    pub alternate: Option<String>,
    pub parent: Option<EntryCard>,
    pub replies: Vec<ReplyView>,
    pub may_edit: bool,
    /// Stands first on its author's page.
    pub pinned: bool,
    pub may_reply: bool,
    /// Likes and boosts, of public entries only.
    pub reactions: Option<Reactions>,
    pub speaks_for: String,
    pub reply_hint: &'static str,
    pub form: Form,
}

/// The page of `/entries/{id}`, which `app` calls when a browser asks.
pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, PageError> {
    let shown = find(&visit, &id).await?;
    let form = Form::new(Fields::default().with("language", &shown.entry.content.language));
    visit.show(&page(&visit, &shown, form))
}

/// What others did with a public entry, and the viewer's organisation too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reactions {
    pub likes: i64,
    pub boosts: i64,
    pub liked: bool,
    pub boosted: bool,
    /// The viewer may add theirs.
    pub may_react: bool,
}

/// An entry with all that its page shows.
pub struct Shown {
    pub entry: Entry,
    /// What the viewer's organisation did with it.
    mine: HashSet<(EntryId, ReactionKind)>,
    pinned: bool,
    conversation: Vec<Entry>,
    partners: Vec<Organisation>,
    named: Vec<Organisation>,
}

/// # Errors
/// [`PageError::Gone`] for a deleted entry that the viewer could read,
/// [`PageError::NotFound`] for everything else that cannot be shown: what a
/// viewer may not see does not exist (SECURITY.md 1.2).
pub async fn find(visit: &Visit, id: &str) -> Result<Shown, PageError> {
    let id: EntryId = id.parse().map_err(|_| PageError::NotFound)?;
    let viewer = visit.viewer();
    visit
        .app
        .forum
        .db
        .read(move |conn| -> Result<_, PageError> {
            match entries::find(conn, &viewer, id)? {
                Some(entry) => Ok(assemble(conn, &viewer, entry)?),
                None => Err(absent(conn, &viewer, id)?),
            }
        })
        .await
}

fn assemble(conn: &mut Conn, viewer: &Viewer, entry: Entry) -> Result<Shown, storage::Error> {
    let conversation = entries::conversation(conn, viewer, entry.thread.root, MAX_CONVERSATION)?;
    let named = match &entry.audience {
        Audience::Named(ids) => ids.clone(),
        Audience::Public | Audience::Members | Audience::Preferential => vec![],
    };
    let mut known =
        organisations::find_many(conn, &[entry.partners.clone(), named.clone()].concat())?;
    known.retain(|_, one| one.state == OrganisationState::Active);
    let pick = |ids: &[_]| ids.iter().filter_map(|id| known.get(id).cloned()).collect();
    let mine = match viewer.organisation() {
        Some(me) => reactions::of_organisation(conn, me, &[entry.id])?,
        None => HashSet::new(),
    };
    Ok(Shown {
        pinned: !pins::among(conn, &[entry.id])?.is_empty(),
        mine,
        conversation,
        partners: pick(&entry.partners),
        named: pick(&named),
        entry,
    })
}

fn absent(conn: &mut Conn, viewer: &Viewer, id: EntryId) -> Result<PageError, storage::Error> {
    let Some(known) = entries::known_id(conn, id)? else {
        return Ok(PageError::NotFound);
    };
    // One that is there and hidden: its server may not speak with us.
    if !known.local && known.deleted_at.is_none() {
        return Ok(PageError::NotFound);
    }
    let could_read = entries::was_for(conn, viewer, id)?;
    Ok(if could_read {
        PageError::Gone
    } else {
        PageError::NotFound
    })
}

/// The page, with a reply form that may hold what was typed.
pub fn page(visit: &Visit, shown: &Shown, form: Form) -> EntryPage {
    let entry = &shown.entry;
    let writer = visit.writer().ok();
    let view = EntryView::new(entry, &shown.partners, &shown.named);
    EntryPage {
        layout: visit.layout(),
        alternate: view.indexed.then(|| entry.uri.to_string()),
        entry: view,
        parent: shown
            .conversation
            .iter()
            .find(|one| Some(one.id) == entry.thread.in_reply_to)
            .map(EntryCard::from),
        replies: below(entry.id, &shown.conversation),
        may_edit: writer.is_some_and(|person| person.who.organisation.id == entry.author.id),
        pinned: shown.pinned,
        may_reply: writer.is_some(),
        reactions: entry.audience.is_public().then(|| Reactions {
            likes: entry.counts.likes,
            boosts: entry.counts.boosts,
            liked: shown.mine.contains(&(entry.id, ReactionKind::Like)),
            boosted: shown.mine.contains(&(entry.id, ReactionKind::Boost)),
            may_react: writer.is_some(),
        }),
        speaks_for: writer.map_or_else(String::new, |person| person.who.organisation.name.clone()),
        reply_hint: "Whoever can read the entry can read the reply. Plain text, or Markdown for lists and bold.",
        form,
    }
}

/// The replies to an entry and to its replies, oldest first.
fn below(id: EntryId, conversation: &[Entry]) -> Vec<ReplyView> {
    let mut above = HashSet::from([id]);
    let mut replies = Vec::new();
    // A conversation is sorted by id, and a reply is younger than its parent.
    for entry in conversation {
        if entry
            .thread
            .in_reply_to
            .is_some_and(|parent| above.contains(&parent))
        {
            above.insert(entry.id);
            replies.push(ReplyView::from(entry));
        }
    }
    replies
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::views::samples;

    #[test]
    fn only_what_answers_the_entry_stands_below_it() {
        let reply = |id: i64, to: i64| {
            let mut entry = samples::request();
            entry.id = EntryId(id);
            entry.thread.in_reply_to = Some(EntryId(to));
            entry
        };
        let conversation = [reply(2, 1), reply(3, 1), reply(4, 2), reply(5, 4)];
        let ids = |top| -> Vec<String> {
            let replies = below(EntryId(top), &conversation);
            replies.into_iter().map(|reply| reply.id).collect()
        };
        assert_eq!(ids(1), ["2", "3", "4", "5"]);
        assert_eq!(ids(2), ["4", "5"]);
        assert_eq!(ids(3), Vec::<String>::new());
    }
}
