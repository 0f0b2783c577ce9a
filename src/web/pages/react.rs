//! The buttons below an entry: like it, pass it on to one's followers, pin it.

use axum::{extract::Path, response::Response};

use crate::{
    domain::{id::EntryId, reaction::ReactionKind},
    operations::{
        pins::{self, PinError},
        reactions::{self, ReactionError},
    },
    urls,
    web::{
        error::PageError,
        layout::Notice,
        visit::{Submission, go},
    },
};

pub async fn like(path: Path<String>, submission: Submission) -> Result<Response, PageError> {
    react(path, submission, ReactionKind::Like, Notice::Liked).await
}

pub async fn boost(path: Path<String>, submission: Submission) -> Result<Response, PageError> {
    react(path, submission, ReactionKind::Boost, Notice::Boosted).await
}

pub async fn unlike(path: Path<String>, submission: Submission) -> Result<Response, PageError> {
    take_back(path, submission, ReactionKind::Like, Notice::Unliked).await
}

pub async fn unboost(path: Path<String>, submission: Submission) -> Result<Response, PageError> {
    take_back(path, submission, ReactionKind::Boost, Notice::Unboosted).await
}

pub async fn pin(Path(id): Path<String>, submission: Submission) -> Result<Response, PageError> {
    let visit = submission.visit;
    let person = visit.writer()?;
    let id: EntryId = id.parse().map_err(|_| PageError::NotFound)?;
    pins::pin(&visit.app.forum, &person.who, id).await?;
    Ok(go(&urls::entry_path(id), Notice::Pinned))
}

pub async fn unpin(Path(id): Path<String>, submission: Submission) -> Result<Response, PageError> {
    let visit = submission.visit;
    let person = visit.writer()?;
    let id: EntryId = id.parse().map_err(|_| PageError::NotFound)?;
    pins::unpin(&visit.app.forum, &person.who, id).await?;
    Ok(go(&urls::entry_path(id), Notice::Unpinned))
}

async fn react(
    Path(id): Path<String>,
    submission: Submission,
    kind: ReactionKind,
    notice: Notice,
) -> Result<Response, PageError> {
    let visit = submission.visit;
    let person = visit.writer()?;
    let id: EntryId = id.parse().map_err(|_| PageError::NotFound)?;
    reactions::react(&visit.app.forum, &person.who, kind, id).await?;
    Ok(go(&urls::entry_path(id), notice))
}

async fn take_back(
    Path(id): Path<String>,
    submission: Submission,
    kind: ReactionKind,
    notice: Notice,
) -> Result<Response, PageError> {
    let visit = submission.visit;
    let person = visit.writer()?;
    let id: EntryId = id.parse().map_err(|_| PageError::NotFound)?;
    reactions::take_back(&visit.app.forum, &person.who, kind, id).await?;
    Ok(go(&urls::entry_path(id), notice))
}

impl From<PinError> for PageError {
    fn from(error: PinError) -> Self {
        match error {
            PinError::NotAllowed | PinError::NotOurs => Self::Forbidden,
            PinError::NotFound => Self::NotFound,
            PinError::NotPublic => {
                Self::Unprocessable("Only public entries can be pinned.".to_owned())
            }
            PinError::TooMany => Self::Unprocessable(
                "Five entries are pinned already. Unpin one of them first.".to_owned(),
            ),
            PinError::Storage(error) => error.into(),
        }
    }
}

impl From<ReactionError> for PageError {
    fn from(error: ReactionError) -> Self {
        match error {
            ReactionError::NotAllowed => Self::Forbidden,
            ReactionError::NotFound => Self::NotFound,
            ReactionError::NotPublic => {
                Self::Unprocessable("Only public entries can be liked or passed on.".to_owned())
            }
            ReactionError::Storage(error) => error.into(),
        }
    }
}
