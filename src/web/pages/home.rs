//! The first page: every entry that the viewer may read, with filters.

use askama::Template;
use axum::{extract::Path, response::Response};

use crate::{
    storage,
    web::{
        error::PageError,
        filters,
        form::Form,
        layout::Layout,
        views::{Pages, choices::Choices, cut, entry::EntryCard},
        visit::Visit,
    },
};

#[derive(Template)]
#[template(path = "home.html")]
pub struct HomePage {
    pub layout: Layout,
    pub heading: String,
    pub welcome: bool,
    pub form: Form,
    pub choices: Choices,
    pub filtered: bool,
    pub more_open: bool,
    pub entries: Vec<EntryCard>,
    pub pages: Pages,
}

/// Filters that stand in the part of the form that is folded.
const FOLDED: [&str; 11] = [
    "country",
    "region",
    "sector",
    "pillar",
    "exploitation",
    "activity",
    "stage",
    "status",
    "category",
    "language",
    "seeking_funding",
];

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    list(visit, "/", None).await
}

/// The entries with a hashtag: where other servers' tag links lead.
pub async fn tagged(Path(tag): Path<String>, visit: Visit) -> Result<Response, PageError> {
    let path = format!("/tags/{}", urlencode(&tag));
    list(visit, &path, Some(tag)).await
}

async fn list(visit: Visit, path: &str, tag: Option<String>) -> Result<Response, PageError> {
    let fields = visit.query.clone();
    let (mut filter, errors) = filters::entries(&fields);
    let tag = tag.or_else(|| fields.filled("tag").map(str::to_owned));
    filter.tag = tag.iter().map(|tag| tag.to_lowercase()).collect();
    let window = filters::window(&fields);
    let viewer = visit.viewer();
    // An unknown code finds nothing, rather than everything.
    let found = match errors.is_empty() {
        true => {
            visit
                .app
                .forum
                .db
                .read(move |conn| storage::entries::list(conn, &viewer, &filter, window))
                .await?
        }
        false => Vec::new(),
    };
    let query = filters::query(&fields);
    let (entries, next) = cut(found, |entry| entry.id.0);
    let filtered = !query.is_empty() || tag.is_some();
    visit.show(&HomePage {
        layout: visit.layout(),
        heading: heading(&visit, tag.as_deref()),
        welcome: visit.person.is_none() && !filtered,
        choices: Choices::new(visit.app.config.node.fictional),
        filtered,
        more_open: FOLDED.iter().any(|name| fields.filled(name).is_some()),
        entries: entries.iter().map(EntryCard::from).collect(),
        pages: Pages::new(path, &query, window.before.is_none(), next),
        form: Form { fields, errors },
    })
}

fn heading(visit: &Visit, tag: Option<&str>) -> String {
    match (tag, &visit.person) {
        (Some(tag), _) => format!("Entries tagged #{tag}"),
        (None, Some(_)) => "Entries that you may read".to_owned(),
        (None, None) => "Public entries".to_owned(),
    }
}

fn urlencode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
