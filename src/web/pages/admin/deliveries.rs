//! Deliveries by server: what waits, what failed, and trying again.

use askama::Template;
use axum::{extract::Path, response::Response};

use crate::{
    domain::delivery::{DeliveryState, Lane, LaneState},
    operations::deliveries,
    storage::{
        self,
        deliveries::{Letter, letters},
        lanes,
    },
    urls::Urls,
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
                LaneState::Open if lane.retry_at.is_some() => "Failing: will be tried again",
                LaneState::Open => "In order",
                LaneState::Held => "Held: it refuses our signatures and is tried seldom",
                LaneState::Gone => "Gone: it says that it is no more",
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

/// One delivery of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterRow {
    pub kind: String,
    pub sender: String,
    pub activity: String,
    pub since: Moment,
    pub attempts: i32,
    pub error: String,
}

/// What waits for one server, and what was given up: the newest of each.
#[derive(Template)]
#[template(path = "admin_lane.html")]
pub struct LanePage {
    pub layout: Layout,
    pub tabs: Vec<Tab>,
    pub lane: Row,
    pub lists: Vec<LetterList>,
}

/// The deliveries of a server in one state, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterList {
    pub caption: &'static str,
    pub total: i64,
    pub is_cut: bool,
    pub rows: Vec<LetterRow>,
}

fn letter_row(urls: &Urls, letter: &Letter) -> LetterRow {
    LetterRow {
        kind: letter.kind.clone(),
        sender: letter.actor.clone(),
        activity: urls.activity(letter.activity).into(),
        since: Moment::minute_of(letter.queued_at),
        attempts: letter.attempts,
        error: letter.last_error.clone().unwrap_or_default(),
    }
}

pub async fn show_host(visit: Visit, Path(host): Path<String>) -> Result<Response, PageError> {
    visit.administrator()?;
    let read = visit.app.forum.db.read(move |conn| {
        let lane = lanes::find(conn, &host)?;
        let mut list = |state| letters(conn, &host, state, None, PAGE_SIZE);
        let waiting = list(DeliveryState::Pending)?;
        let given_up = list(DeliveryState::Dead)?;
        Ok::<_, storage::Error>((lane, waiting, given_up))
    });
    let (lane, waiting, given_up) = read.await?;
    let lane = lane.ok_or(PageError::NotFound)?;
    let urls = &visit.app.forum.urls;
    let list = |caption, total, letters: Vec<Letter>| LetterList {
        caption,
        total,
        is_cut: total > PAGE_SIZE,
        rows: letters.iter().map(|one| letter_row(urls, one)).collect(),
    };
    visit.show(&LanePage {
        layout: visit.layout(),
        tabs: tabs(PATH),
        lane: Row::from(&lane),
        lists: vec![
            list("Waiting", lane.pending, waiting),
            list("Given up", lane.dead, given_up),
        ],
    })
}

/// Gives up on all that waits for a server.
pub async fn give_up(
    Path(host): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let Submission { visit, .. } = submission;
    let me = visit.administrator()?.who.user.id;
    let back = format!("{PATH}/{host}");
    deliveries::give_up(&visit.app.forum, Some(me), host).await?;
    Ok(go(&back, Notice::GivenUp))
}

/// Queues what was given up again, and tries a server at once.
pub async fn replay(submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let me = visit.administrator()?.who.user.id;
    let host = fields.filled("host").map(str::to_owned);
    deliveries::replay(&visit.app.forum, Some(me), host).await?;
    Ok(go(PATH, Notice::Replayed))
}
