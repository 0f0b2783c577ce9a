//! Single statuses and what stands around them.

use std::collections::HashMap;

use axum::{
    Json,
    extract::{Path, State},
    http::Uri,
};
use serde_json::{Value, json};

use super::{
    accounts,
    auth::Caller,
    convert::{self, Renderer},
    entities::{Context, Status, StatusEdit, StatusSource, Timestamp},
    error::ApiError,
    extract::Params,
    paging::Page,
};
use crate::{
    app::{App, Auth, Routes},
    domain::{
        audience::Viewer,
        entry::Entry,
        id::{EntryId, ReactionId},
        page::Window,
        reaction::ReactionKind,
        text,
    },
    storage::{
        self, Conn,
        entries::{self, Filter},
        organisations, reactions,
        timeline::Item,
    },
};

/// Most statuses of one conversation.
const CONVERSATION: i64 = 500;
/// Most statuses asked for by id at once.
const MANY: usize = 40;

pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/statuses", Auth::Optional, several)
        .get("/api/v1/statuses/{id}", Auth::Optional, show)
        .get("/api/v1/statuses/{id}/context", Auth::Optional, context)
        .get("/api/v1/statuses/{id}/history", Auth::Optional, history)
        .get("/api/v1/statuses/{id}/source", Auth::Bearer, source)
        .get("/api/v1/statuses/{id}/quotes", Auth::Optional, nobody)
}

/// One page of the entries that the viewer may see and that match.
pub async fn page(
    app: &App,
    viewer: &Viewer,
    filter: Filter,
    window: Window,
    uri: &Uri,
) -> Result<Page<Status>, ApiError> {
    let renderer = Renderer::of(app);
    let viewer = viewer.clone();
    let statuses = app
        .forum
        .db
        .read(move |conn| {
            let entries = entries::list(conn, &viewer, &filter, window)?;
            renderer.statuses(conn, &viewer, &entries)
        })
        .await?;
    Ok(of_statuses(app, statuses, uri))
}

/// One page of a timeline.
pub async fn timeline(
    app: &App,
    viewer: &Viewer,
    uri: &Uri,
    read: impl FnOnce(&mut Conn, &Viewer) -> Result<Vec<Item>, storage::Error> + Send + 'static,
) -> Result<Page<Status>, ApiError> {
    let renderer = Renderer::of(app);
    let viewer = viewer.clone();
    let statuses = app
        .forum
        .db
        .read(move |conn| {
            let items = read(conn, &viewer)?;
            renderer.items(conn, &viewer, &items)
        })
        .await?;
    Ok(of_statuses(app, statuses, uri))
}

/// A page whose neighbours are found by the ids of its own items.
fn of_statuses(app: &App, statuses: Vec<Status>, uri: &Uri) -> Page<Status> {
    let ends = match (statuses.first(), statuses.last()) {
        (Some(first), Some(last)) => Some((first.id.0, last.id.0)),
        _ => None,
    };
    Page::new(statuses, ends, app.forum.urls.origin(), uri)
}

/// An entry that the viewer may see. A hidden one is not there.
fn find(conn: &mut Conn, viewer: &Viewer, id: &str) -> Result<Entry, ApiError> {
    let id: EntryId = id.parse().map_err(|_| ApiError::NotFound)?;
    entries::find(conn, viewer, id)?.ok_or(ApiError::NotFound)
}

/// The same, also by the id of a boost.
pub fn find_item(conn: &mut Conn, viewer: &Viewer, id: &str) -> Result<Item, ApiError> {
    let missing = match find(conn, viewer, id) {
        Ok(entry) => return Ok(Item { entry, boost: None }),
        Err(ApiError::NotFound) => ApiError::NotFound,
        Err(error) => return Err(error),
    };
    let Ok(id) = id.parse::<ReactionId>() else {
        return Err(missing);
    };
    let Some(reaction) = reactions::find_by_id(conn, id)? else {
        return Err(missing);
    };
    let entry = entries::find(conn, viewer, reaction.entry)?.ok_or(ApiError::NotFound)?;
    let by = organisations::find(conn, reaction.organisation)?
        .filter(|by| reaction.kind == ReactionKind::Boost && accounts::is_active(by))
        .ok_or(ApiError::NotFound)?;
    Ok(Item {
        entry,
        boost: Some((reaction, by)),
    })
}

async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Status>, ApiError> {
    let viewer = caller.reads("read:statuses")?.clone();
    let renderer = Renderer::of(&app);
    let found = app
        .forum
        .db
        .read(move |conn| {
            let item = find_item(conn, &viewer, &id)?;
            Ok::<_, ApiError>(renderer.items(conn, &viewer, &[item])?.pop())
        })
        .await?;
    found.map(Json).ok_or(ApiError::NotFound)
}

/// Several statuses by id, in the order asked for; hidden ones are left out.
async fn several(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Vec<Status>>, ApiError> {
    let viewer = caller.reads("read:statuses")?.clone();
    let mut ids: Vec<EntryId> = params.ids("id");
    ids.truncate(MANY);
    let renderer = Renderer::of(&app);
    let statuses = app
        .forum
        .db
        .read(move |conn| {
            let mut entries = entries::find_many(conn, &viewer, &ids)?;
            entries.sort_by_key(|entry| ids.iter().position(|id| *id == entry.id));
            renderer.statuses(conn, &viewer, &entries)
        })
        .await?;
    Ok(Json(statuses))
}

/// The conversation above and below a status, as far as the caller sees it.
async fn context(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Context>, ApiError> {
    let viewer = caller.reads("read:statuses")?.clone();
    let renderer = Renderer::of(&app);
    let context = app
        .forum
        .db
        .read(move |conn| {
            let entry = find(conn, &viewer, &id)?;
            let all = entries::conversation(conn, &viewer, entry.thread.root, CONVERSATION)?;
            let (above, below) = around(entry.id, all);
            Ok::<_, ApiError>(Context {
                ancestors: renderer.statuses(conn, &viewer, &above)?,
                descendants: renderer.statuses(conn, &viewer, &below)?,
            })
        })
        .await?;
    Ok(Json(context))
}

/// Splits a conversation into what stands above an entry, from its beginning
/// down, and what stands below, each parent before its replies.
fn around(id: EntryId, conversation: Vec<Entry>) -> (Vec<Entry>, Vec<Entry>) {
    let mut by_id: HashMap<EntryId, Entry> = HashMap::new();
    let mut replies: HashMap<EntryId, Vec<EntryId>> = HashMap::new();
    for entry in conversation {
        if let Some(parent) = entry.thread.in_reply_to {
            replies.entry(parent).or_default().push(entry.id);
        }
        by_id.insert(entry.id, entry);
    }
    let mut above = Vec::new();
    let mut next = by_id.remove(&id).and_then(|entry| entry.thread.in_reply_to);
    while let Some(parent) = next.and_then(|id| by_id.remove(&id)) {
        next = parent.thread.in_reply_to;
        above.push(parent);
    }
    above.reverse();
    let mut below = Vec::new();
    // The last one pushed is taken first, so that replies come in their order.
    let mut open: Vec<EntryId> = replies.get(&id).cloned().unwrap_or_default();
    open.reverse();
    while let Some(id) = open.pop() {
        if let Some(entry) = by_id.remove(&id) {
            below.push(entry);
            let children = replies.get(&id).into_iter().flatten();
            open.extend(children.rev());
        }
    }
    (above, below)
}

/// The versions of a status. Only the newest is kept.
async fn history(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Vec<StatusEdit>>, ApiError> {
    let viewer = caller.reads("read:statuses")?.clone();
    let renderer = Renderer::of(&app);
    let edit = app
        .forum
        .db
        .read(move |conn| {
            let entry = find(conn, &viewer, &id)?;
            Ok::<_, ApiError>(StatusEdit {
                content: convert::content(&entry, &renderer.forum.urls),
                spoiler_text: entry.warning.clone(),
                sensitive: !entry.warning.is_empty(),
                created_at: Timestamp(entry.edited_at.unwrap_or(entry.created_at)),
                account: renderer.account(conn, &viewer, &entry.author)?,
                media_attachments: Vec::new(),
                emojis: Vec::new(),
                quote: None,
            })
        })
        .await?;
    Ok(Json(vec![edit]))
}

/// A status as it was written: Markdown for ours, plain text for others.
async fn source(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<StatusSource>, ApiError> {
    caller.member("read:statuses")?;
    let viewer = caller.viewer().clone();
    let entry = app
        .forum
        .db
        .read(move |conn| find(conn, &viewer, &id))
        .await?;
    Ok(Json(StatusSource {
        id: entry.id,
        text: if entry.is_local() {
            entry.content.body
        } else {
            text::plain(&entry.html)
        },
        spoiler_text: entry.warning,
    }))
}

/// Who quoted a status: nobody can, here.
async fn nobody(
    State(app): State<App>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<Json<Value>, ApiError> {
    let viewer = caller.reads("read:statuses")?.clone();
    app.forum
        .db
        .read(move |conn| find(conn, &viewer, &id))
        .await?;
    Ok(Json(json!([])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::id::EntryId, mastodon::convert::samples};

    /// `(id, the entry replied to)`.
    fn conversation(of: &[(i64, Option<i64>)]) -> Vec<Entry> {
        of.iter()
            .map(|(id, parent)| {
                let mut entry = samples::request();
                entry.id = EntryId(*id);
                entry.thread.in_reply_to = parent.map(EntryId);
                entry
            })
            .collect()
    }

    fn around_ids(id: i64, of: &[(i64, Option<i64>)]) -> (Vec<i64>, Vec<i64>) {
        let (above, below) = around(EntryId(id), conversation(of));
        let ids = |entries: Vec<Entry>| entries.iter().map(|entry| entry.id.0).collect();
        (ids(above), ids(below))
    }

    #[test]
    fn a_context_has_the_way_down_to_the_status_and_the_whole_tree_below() {
        let tree = [
            (1, None),
            (2, Some(1)),
            (3, Some(2)),
            (4, Some(3)),
            (5, Some(3)),
            (6, Some(4)),
            (7, Some(1)),
        ];
        assert_eq!(around_ids(3, &tree), (vec![1, 2], vec![4, 6, 5]));
        assert_eq!(around_ids(1, &tree), (vec![], vec![2, 3, 4, 6, 5, 7]));
        assert_eq!(around_ids(7, &tree), (vec![1], vec![]));
    }

    #[test]
    fn what_hangs_on_a_hidden_reply_is_not_shown() {
        let tree = [(1, None), (3, Some(2)), (4, Some(3))];
        assert_eq!(around_ids(1, &tree), (vec![], vec![]));
        assert_eq!(around_ids(4, &tree), (vec![3], vec![]));
    }

    #[test]
    fn replies_in_a_circle_end() {
        let circle = [(1, Some(2)), (2, Some(1))];
        assert_eq!(around_ids(1, &circle), (vec![2], vec![]));
    }
}
