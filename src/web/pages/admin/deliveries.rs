//! Deliveries by server: what waits, what failed, and trying again.

use askama::Template;
use axum::response::Response;

use crate::{
    domain::delivery::{Lane, LaneState},
    operations::deliveries,
    storage::lanes,
    web::{
        error::PageError,
        layout::{Layout, Notice},
        views::{Moment, PAGE_SIZE, Pages},
        visit::{Submission, Visit, go},
    },
};

use super::{Tab, tabs};

const PATH: &str = "/admin/deliveries";

/// One server's lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub host: String,
    pub state: &'static str,
    pub pending: i64,
    pub dead: i64,
    pub oldest: Option<Moment>,
    pub retry: Option<Moment>,
    pub success: Option<Moment>,
    pub error: String,
}

#[derive(Template)]
#[template(path = "admin_deliveries.html")]
pub struct DeliveriesPage {
    pub layout: Layout,
    pub tabs: Vec<Tab>,
    pub rows: Vec<Row>,
    pub pages: Pages,
}

impl From<&Lane> for Row {
    fn from(lane: &Lane) -> Self {
        Self {
            host: lane.host.clone(),
            state: match lane.state {
                LaneState::Open => "Open",
                LaneState::Held => "Held: refuses our signatures",
                LaneState::Gone => "Gone",
            },
            pending: lane.pending,
            dead: lane.dead,
            oldest: lane.oldest_pending_at.map(Moment::minute_of),
            retry: lane.retry_at.map(Moment::minute_of),
            success: lane.last_success_at.map(Moment::minute_of),
            error: lane.last_error.clone().unwrap_or_default(),
        }
    }
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    visit.administrator()?;
    let page: i64 = visit
        .query
        .text("page")
        .parse()
        .unwrap_or(0)
        .clamp(0, 1_000);
    let mut rows = visit
        .app
        .forum
        .db
        .read(move |conn| lanes::overview(conn, page * PAGE_SIZE, PAGE_SIZE + 1))
        .await?;
    let size = usize::try_from(PAGE_SIZE).expect("a page is small");
    let more = rows.len() > size;
    rows.truncate(size);
    visit.show(&DeliveriesPage {
        layout: visit.layout(),
        tabs: tabs(PATH),
        rows: rows.iter().map(Row::from).collect(),
        pages: Pages {
            newer: (page > 0).then(|| PATH.to_owned()),
            older: more.then(|| format!("{PATH}?page={}", page + 1)),
        },
    })
}

/// Queues what was given up again, and tries a server at once.
pub async fn replay(submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    visit.administrator()?;
    let host = fields.filled("host").map(str::to_owned);
    deliveries::replay(&visit.app.forum, host).await?;
    Ok(go(PATH, Notice::Replayed))
}
