//! Lists as other servers read them. Each is a collection that names its first
//! page; a page names the next by the id that it ended with, so that it stays
//! the same while newer things are added.

use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use serde_json::{Map, Value, json};
use url::{Url, form_urlencoded};

use super::{
    Federation,
    documents::{absent, active, ours},
    objects::context,
    outbox::create_of,
    readers::Asker,
    reply::{Readers, Refusal, document, document_for},
};
use crate::{
    app::App,
    domain::{
        audience::Viewer,
        entry::Entry,
        follow::FollowState,
        id::EntryId,
        organisation::{Organisation, OrganisationState},
        page::Window,
    },
    storage::{
        Conn, activities,
        entries::{self, Filter},
        follows::{self, Side},
        pins,
    },
};

/// Activities on a page, each with its object.
const ACTIVITIES: i64 = 20;
/// Ids on a page.
const IDS: i64 = 100;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    First,
    /// Where the page before ended.
    After(i64),
}

impl Part {
    fn read(query: Option<String>) -> Result<Self, Refusal> {
        let query = query.unwrap_or_default();
        let page = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "page");
        let Some((_, page)) = page else {
            return Ok(Self::Whole);
        };
        if page == "true" {
            return Ok(Self::First);
        }
        let id: EntryId = page
            .parse()
            .map_err(|_| Refusal::BadRequest("follow the links from page to page"))?;
        Ok(Self::After(id.0))
    }

    fn end(self) -> Option<i64> {
        match self {
            Self::Whole | Self::First => None,
            Self::After(id) => Some(id),
        }
    }

    /// One more than fits shows whether there is a next page.
    fn newest_first(self, limit: i64) -> Window {
        Window::before(self.end(), limit + 1)
    }
}

/// In what order a list stands, as ActivityStreams tells it: only the newest
/// first is `Ordered`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Newest,
    Oldest,
}

/// A list at its address.
struct List {
    id: Url,
    order: Order,
    owner: Option<Url>,
}

impl List {
    fn whole(&self, total: i64) -> Value {
        let mut list = json!({
            "@context": context::plain(),
            "id": self.id,
            "type": self.kind(""),
            "totalItems": total,
            "first": self.page("true"),
        });
        if let Some(owner) = &self.owner {
            list["attributedTo"] = json!(owner);
        }
        list
    }

    fn part(&self, part: Part, items: Vec<Value>, next: Option<i64>) -> Value {
        let here = part.end().map_or("true".to_owned(), |end| end.to_string());
        let mut page = json!({
            "@context": context::plain(),
            "id": self.page(&here),
            "type": self.kind("Page"),
            "partOf": self.id,
        });
        let key = match self.order {
            Order::Newest => "orderedItems",
            Order::Oldest => "items",
        };
        page[key] = Value::Array(items);
        if let Some(next) = next {
            page["next"] = json!(self.page(&next.to_string()));
        }
        page
    }

    fn kind(&self, suffix: &str) -> String {
        match self.order {
            Order::Newest => format!("OrderedCollection{suffix}"),
            Order::Oldest => format!("Collection{suffix}"),
        }
    }

    fn page(&self, page: &str) -> Url {
        let mut url = self.id.clone();
        url.query_pairs_mut().append_pair("page", page);
        url
    }
}

/// Cuts a list to `limit` and says where the next page goes on.
fn cut<T>(items: &mut Vec<T>, limit: i64, id: impl Fn(&T) -> i64) -> Option<i64> {
    let limit = usize::try_from(limit).expect("page sizes are small");
    if items.len() <= limit {
        return None;
    }
    items.truncate(limit);
    items.last().map(id)
}

/// The Creates of those of an organisation's entries that the reader may see.
pub(super) async fn outbox(
    State(app): State<App>,
    Asker(viewer): Asker,
    Path(handle): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let part = Part::read(query)?;
    let federation = app.federation.clone();
    let readers = Readers::of_list(&viewer);
    let read = app.forum.db.read(move |conn| -> Result<_, Refusal> {
        let owner = active(conn, &handle)?;
        let list = List {
            id: federation
                .forum
                .urls
                .organisation_part(&owner.handle, "outbox"),
            order: Order::Newest,
            owner: None,
        };
        match part {
            Part::Whole => Ok(list.whole(size(conn, &viewer, &owner)?)),
            Part::First | Part::After(_) => {
                creates(conn, &federation, &viewer, &owner, &list, part)
            }
        }
    });
    Ok(document_for(readers, &read.await?))
}

fn by(owner: &Organisation) -> Filter {
    Filter {
        author: vec![owner.id],
        ..Filter::default()
    }
}

/// How many activities the outbox holds for this viewer.
fn size(conn: &mut Conn, viewer: &Viewer, owner: &Organisation) -> Result<i64, Refusal> {
    let ours = by(owner);
    // Every public entry of ours has its one Create.
    if *viewer == Viewer::Anonymous {
        return Ok(entries::count(conn, viewer, &ours)?);
    }
    // Others may have been written while this node stood alone.
    let (mut total, mut before) = (0, None);
    loop {
        let page = entries::list(conn, viewer, &ours, Window::before(before, IDS))?;
        let ids: Vec<EntryId> = page.iter().map(|entry| entry.id).collect();
        let Some(last) = ids.last() else {
            return Ok(total);
        };
        before = Some(last.0);
        let creates = activities::creates_of(conn, owner.id, &ids)?;
        total += i64::try_from(creates.len()).unwrap_or(0);
    }
}

fn creates(
    conn: &mut Conn,
    federation: &Federation,
    viewer: &Viewer,
    owner: &Organisation,
    list: &List,
    part: Part,
) -> Result<Value, Refusal> {
    let ours = by(owner);
    let mut found = entries::list(conn, viewer, &ours, part.newest_first(ACTIVITIES))?;
    let next = cut(&mut found, ACTIVITIES, |entry| entry.id.0);
    let ids: Vec<EntryId> = found.iter().map(|entry| entry.id).collect();
    let creates = activities::creates_of(conn, owner.id, &ids)?;
    let mut items = Vec::new();
    for entry in &found {
        if let Some(activity) = creates.get(&entry.id) {
            let uri = federation.forum.urls.activity(*activity);
            let create = create_of(conn, federation, &uri, entry)?;
            items.push(without_context(create));
        }
    }
    let mut page = list.part(part, items, next);
    page["@context"] = context::entry();
    Ok(page)
}

/// The page's own context counts for its items too.
fn without_context(mut item: Value) -> Value {
    if let Some(item) = item.as_object_mut() {
        Map::remove(item, "@context");
    }
    item
}

pub(super) async fn followers(
    app: State<App>,
    handle: Path<String>,
    query: RawQuery,
) -> Result<Response, Refusal> {
    follows(app, handle, query, Side::Followers, "followers").await
}

pub(super) async fn following(
    app: State<App>,
    handle: Path<String>,
    query: RawQuery,
) -> Result<Response, Refusal> {
    follows(app, handle, query, Side::Following, "following").await
}

async fn follows(
    State(app): State<App>,
    Path(handle): Path<String>,
    RawQuery(query): RawQuery,
    side: Side,
    name: &'static str,
) -> Result<Response, Refusal> {
    let part = Part::read(query)?;
    let urls = app.forum.urls.clone();
    let read = app.forum.db.read(move |conn| -> Result<_, Refusal> {
        let owner = active(conn, &handle)?;
        let list = List {
            id: urls.organisation_part(&owner.handle, name),
            order: Order::Newest,
            owner: None,
        };
        if part == Part::Whole {
            return Ok(list.whole(follows::count(conn, owner.id, side)?));
        }
        let window = part.newest_first(IDS);
        let mut found = follows::list(conn, owner.id, side, FollowState::Accepted, window)?;
        let next = cut(&mut found, IDS, |(follow, _)| follow.0);
        let items = found
            .iter()
            .filter(|(_, other)| other.state == OrganisationState::Active)
            .map(|(_, other)| json!(other.uri))
            .collect();
        Ok(list.part(part, items, next))
    });
    Ok(document(&read.await?))
}

/// The addresses of the entries that the organisation pinned, as far as the
/// reader may see them.
pub(super) async fn featured(
    State(app): State<App>,
    Asker(viewer): Asker,
    Path(handle): Path<String>,
) -> Result<Response, Refusal> {
    let readers = Readers::of_list(&viewer);
    let found = app.forum.db.read(move |conn| -> Result<_, Refusal> {
        let owner = active(conn, &handle)?;
        let pinned = pins::of(conn, &viewer, owner.id)?;
        Ok((owner, pinned))
    });
    let (owner, pinned) = found.await?;
    let id = app.forum.urls.organisation_part(&owner.handle, "featured");
    let mut collection = nothing(&id);
    collection["totalItems"] = json!(pinned.len());
    let addresses = pinned.iter().map(|entry| json!(entry.uri));
    collection["orderedItems"] = addresses.collect();
    Ok(document_for(readers, &collection))
}

/// The node's own actor publishes nothing.
pub(super) async fn node_outbox(State(app): State<App>) -> Response {
    document(&nothing(&app.forum.urls.absolute("/actor/outbox")))
}

fn nothing(id: &Url) -> Value {
    json!({
        "@context": context::plain(),
        "id": id,
        "type": "OrderedCollection",
        "totalItems": 0,
        "orderedItems": [],
    })
}

/// The replies to an entry of ours that the reader may see, oldest first.
pub(super) async fn replies(
    State(app): State<App>,
    Asker(viewer): Asker,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let part = Part::read(query)?;
    let id: EntryId = id.parse().map_err(|_| Refusal::NotFound)?;
    let urls = app.forum.urls.clone();
    let readers = Readers::of_list(&viewer);
    let read = app.forum.db.read(move |conn| -> Result<_, Refusal> {
        let entry = ours(conn, &urls, &viewer, id)?;
        let list = List {
            id: urls.entry_part(id, "replies"),
            order: Order::Oldest,
            owner: Some(entry.author.uri),
        };
        let filter = Filter {
            replies_to: Some(id),
            ..Filter::default()
        };
        ids(conn, &viewer, &list, &filter, part)
    });
    Ok(document_for(readers, &read.await?))
}

/// A conversation that began here, or that is known here from its beginning,
/// as far as the reader may see it; oldest first (FEP-7888, FEP-f228).
pub(super) async fn conversation(
    State(app): State<App>,
    Asker(viewer): Asker,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let part = Part::read(query)?;
    let id: EntryId = id.parse().map_err(|_| Refusal::NotFound)?;
    let urls = app.forum.urls.clone();
    let readers = Readers::of_list(&viewer);
    let read = app.forum.db.read(move |conn| -> Result<_, Refusal> {
        let Some(entry) = entries::find(conn, &viewer, id)? else {
            return Err(absent(conn, &urls, &viewer, id)?);
        };
        let list = List {
            id: urls.entry_part(entry.thread.root, "context"),
            order: Order::Oldest,
            owner: owner(conn, &viewer, &entry)?,
        };
        let filter = Filter {
            thread: Some(entry.thread.root),
            ..Filter::default()
        };
        ids(conn, &viewer, &list, &filter, part)
    });
    Ok(document_for(readers, &read.await?))
}

/// Who may speak for a conversation: the author of its first entry, when that
/// is one of ours, as the collection is.
fn owner(conn: &mut Conn, viewer: &Viewer, entry: &Entry) -> Result<Option<Url>, Refusal> {
    let first = match entry.thread.root == entry.id {
        true => Some(entry.clone()),
        false => entries::find(conn, viewer, entry.thread.root)?,
    };
    Ok(first.filter(Entry::is_local).map(|first| first.author.uri))
}

/// The ids of the entries that the viewer may see and that match, oldest first.
fn ids(
    conn: &mut Conn,
    viewer: &Viewer,
    list: &List,
    filter: &Filter,
    part: Part,
) -> Result<Value, Refusal> {
    if part == Part::Whole {
        let total = entries::count(conn, viewer, filter)?;
        return Ok(list.whole(total));
    }
    let window = Window {
        just_after: Some(part.end().unwrap_or(0)),
        ..Window::first(IDS + 1)
    };
    let mut found = entries::list(conn, viewer, filter, window)?;
    found.reverse();
    let next = cut(&mut found, IDS, |entry| entry.id.0);
    let items = found.iter().map(|entry| json!(entry.uri)).collect();
    Ok(list.part(part, items, next))
}
