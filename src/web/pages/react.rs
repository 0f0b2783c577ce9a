//! The buttons below an entry: like it, or pass it on to one's followers.

use axum::{extract::Path, response::Response};

use crate::{
    domain::{id::EntryId, reaction::ReactionKind},
    operations::reactions::{self, ReactionError},
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
