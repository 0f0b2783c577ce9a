//! Whom the organisation follows, who follows it, and requests to follow.

use askama::Template;
use axum::{extract::Path, response::Response};

use crate::{
    domain::{
        follow::FollowState,
        id::{FollowId, OrganisationId},
        organisation::Organisation,
        page::Window,
    },
    operations::follows::{self, FollowError},
    storage::{self, follows as stored},
    web::{
        error::PageError,
        filters,
        layout::{Layout, Notice},
        pages::organisation::find,
        views::{
            Pages, cut,
            organisation::{OrganisationFace, path},
        },
        visit::{Submission, Visit, go},
    },
};

/// Most requests shown at once.
const MAX_REQUESTS: i64 = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Following,
    Followers,
}

/// One organisation in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What the row's forms are posted for: the organisation's id.
    pub id: String,
    pub face: OrganisationFace,
    /// Asked, not answered yet.
    pub waiting: bool,
}

#[derive(Template)]
#[template(path = "follows.html")]
pub struct FollowsPage {
    pub layout: Layout,
    pub speaks_for: String,
    pub side: Side,
    pub locked: bool,
    pub may_represent: bool,
    pub requests: Vec<Row>,
    pub rows: Vec<Row>,
    pub pages: Pages,
}

impl Row {
    fn new(other: &Organisation, waiting: bool) -> Self {
        Self {
            id: other.id.to_string(),
            face: other.into(),
            waiting,
        }
    }
}

pub async fn following(visit: Visit) -> Result<Response, PageError> {
    show(visit, Side::Following).await
}

pub async fn followers(visit: Visit) -> Result<Response, PageError> {
    show(visit, Side::Followers).await
}

async fn show(visit: Visit, side: Side) -> Result<Response, PageError> {
    let person = visit.person()?;
    let window = filters::window(&visit.query);
    let me = person.who.organisation.id;
    let lists = visit
        .app
        .forum
        .db
        .read(move |conn| lists(conn, me, side, window))
        .await?;
    let (accepted, next) = cut(lists.accepted, |(id, _)| id.0);
    let waiting = rows(&lists.waiting, true);
    let settled = rows(&accepted, false);
    let (requests, rows, here) = match side {
        Side::Followers => (waiting, settled, "/followers"),
        Side::Following => (vec![], [waiting, settled].concat(), "/following"),
    };
    visit.show(&FollowsPage {
        layout: visit.layout(),
        speaks_for: person.who.organisation.name.clone(),
        side,
        locked: person.who.organisation.locked,
        may_represent: person.role().may_represent(),
        requests,
        rows,
        pages: Pages::new(here, "", window.before.is_none(), next),
    })
}

struct Lists {
    waiting: Vec<(FollowId, Organisation)>,
    accepted: Vec<(FollowId, Organisation)>,
}

fn lists(
    conn: &mut storage::Conn,
    me: OrganisationId,
    side: Side,
    window: Window,
) -> Result<Lists, storage::Error> {
    let side = match side {
        Side::Following => stored::Side::Following,
        Side::Followers => stored::Side::Followers,
    };
    // Those that wait stand above the first page only.
    let waiting = match window.before {
        None => {
            let all = Window::first(MAX_REQUESTS);
            stored::list(conn, me, side, FollowState::Pending, all)?
        }
        Some(_) => vec![],
    };
    let accepted = stored::list(conn, me, side, FollowState::Accepted, window)?;
    Ok(Lists { waiting, accepted })
}

fn rows(found: &[(FollowId, Organisation)], waiting: bool) -> Vec<Row> {
    found
        .iter()
        .map(|(_, other)| Row::new(other, waiting))
        .collect()
}

pub async fn follow(Path(id): Path<String>, submission: Submission) -> Result<Response, PageError> {
    let visit = submission.visit;
    let person = visit.representative()?;
    let other = find(&visit, &id).await?;
    let now = follows::follow(&visit.app.forum, &person.who, other.id).await?;
    let notice = if now.following {
        Notice::Following
    } else {
        Notice::Requested
    };
    Ok(go(&path(&other), notice))
}

pub async fn unfollow(
    Path(id): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let visit = submission.visit;
    let person = visit.representative()?;
    let other = find(&visit, &id).await?;
    follows::unfollow(&visit.app.forum, &person.who, other.id).await?;
    Ok(go(&path(&other), Notice::Unfollowed))
}

pub async fn approve(
    Path(id): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let visit = submission.visit;
    let person = visit.representative()?;
    let other = find(&visit, &id).await?;
    follows::approve(&visit.app.forum, &person.who, other.id).await?;
    Ok(go("/followers", Notice::Approved))
}

/// Refuses a request, or removes a follower.
pub async fn refuse(Path(id): Path<String>, submission: Submission) -> Result<Response, PageError> {
    let visit = submission.visit;
    let person = visit.representative()?;
    let other = find(&visit, &id).await?;
    follows::refuse(&visit.app.forum, &person.who, other.id).await?;
    Ok(go("/followers", Notice::Refused))
}

impl From<FollowError> for PageError {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::NotAllowed => Self::Forbidden,
            FollowError::NotFound => Self::NotFound,
            FollowError::Myself => {
                Self::Unprocessable("An organisation cannot follow itself.".to_owned())
            }
            FollowError::Blocked => {
                Self::Unprocessable("This organisation cannot be followed by yours.".to_owned())
            }
            FollowError::Storage(error) => error.into(),
        }
    }
}
