//! Blocking and muting an organisation, from its page.

use axum::{extract::Path, response::Response};

use crate::{
    domain::block::BlockKind,
    operations::blocks::{self, BlockError},
    web::{
        error::PageError,
        layout::Notice,
        pages::organisation::find,
        views::organisation::path,
        visit::{Submission, go},
    },
};

/// What a button does.
#[derive(Debug, Clone, Copy)]
enum Change {
    Set,
    Withdraw,
}

pub async fn block(Path(id): Path<String>, submission: Submission) -> Result<Response, PageError> {
    send(submission, &id, BlockKind::Block, Change::Set).await
}

pub async fn unblock(
    Path(id): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    send(submission, &id, BlockKind::Block, Change::Withdraw).await
}

pub async fn mute(Path(id): Path<String>, submission: Submission) -> Result<Response, PageError> {
    send(submission, &id, BlockKind::Mute, Change::Set).await
}

pub async fn unmute(Path(id): Path<String>, submission: Submission) -> Result<Response, PageError> {
    send(submission, &id, BlockKind::Mute, Change::Withdraw).await
}

async fn send(
    submission: Submission,
    id: &str,
    kind: BlockKind,
    change: Change,
) -> Result<Response, PageError> {
    let visit = submission.visit;
    let person = visit.representative()?;
    let other = find(&visit, id).await?;
    let (forum, who) = (&visit.app.forum, &person.who);
    match change {
        Change::Set => blocks::set(forum, who, other.id, kind).await?,
        Change::Withdraw => blocks::withdraw(forum, who, other.id, kind).await?,
    };
    let notice = match (kind, change) {
        (BlockKind::Block, Change::Set) => Notice::Blocked,
        (BlockKind::Block, Change::Withdraw) => Notice::Unblocked,
        (BlockKind::Mute, Change::Set) => Notice::Muted,
        (BlockKind::Mute, Change::Withdraw) => Notice::Unmuted,
    };
    Ok(go(&path(&other), notice))
}

impl From<BlockError> for PageError {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::NotAllowed => Self::Forbidden,
            BlockError::NotFound => Self::NotFound,
            BlockError::Myself => {
                Self::Unprocessable("An organisation cannot block itself.".to_owned())
            }
            BlockError::Storage(error) => error.into(),
        }
    }
}
