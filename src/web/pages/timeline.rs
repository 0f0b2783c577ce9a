//! The timeline: what one's own organisation and those it follows posted and
//! passed on.

use askama::Template;
use axum::response::Response;

use crate::{
    storage,
    web::{
        error::PageError,
        filters,
        layout::Layout,
        views::{Pages, cut, entry::EntryCard},
        visit::Visit,
    },
};

#[derive(Template)]
#[template(path = "timeline.html")]
pub struct TimelinePage {
    pub layout: Layout,
    pub may_represent: bool,
    pub entries: Vec<EntryCard>,
    pub pages: Pages,
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    let person = visit.person()?;
    let may_represent = person.role().may_represent();
    let me = person.who.organisation.id;
    let viewer = visit.viewer();
    let window = filters::window(&visit.query);
    let found = visit
        .app
        .forum
        .db
        .read(move |conn| storage::timeline::home(conn, &viewer, me, window))
        .await?;
    let (entries, next) = cut(found, storage::timeline::Item::id);
    visit.show(&TimelinePage {
        layout: visit.layout(),
        may_represent,
        entries: entries.iter().map(EntryCard::from).collect(),
        pages: Pages::new("/timeline", "", window.before.is_none(), next),
    })
}
