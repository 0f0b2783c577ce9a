//! Somebody's own account: where they are signed in, which programs act for
//! them, and their second factor.

use askama::Template;
use axum::{extract::Path, response::Response};

use crate::{
    operations::people::{self, Place, second_factor},
    storage::{self, acceptances, access_tokens},
    web::{
        error::PageError,
        layout::{Layout, Notice},
        views::Moment,
        visit::{Submission, Visit, go},
    },
};

pub const PATH: &str = "/account";

/// One place where the person is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceRow {
    pub reference: String,
    pub agent: String,
    pub since: Moment,
    pub seen: Moment,
    pub is_this: bool,
}

impl From<&Place> for PlaceRow {
    fn from(place: &Place) -> Self {
        let agent = match place.session.agent.as_str() {
            "" => "An unknown browser",
            agent => agent,
        };
        Self {
            reference: place.reference.clone(),
            agent: agent.to_owned(),
            since: Moment::minute_of(place.session.created_at),
            seen: Moment::minute_of(place.session.seen_at),
            is_this: place.is_this,
        }
    }
}

/// One access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    pub reference: String,
    pub scopes: String,
    pub since: Moment,
    pub seen: Option<Moment>,
}

#[derive(Template)]
#[template(path = "account.html")]
pub struct AccountPage {
    pub layout: Layout,
    pub email: String,
    pub places: Vec<PlaceRow>,
    pub tokens: Vec<TokenRow>,
    pub second_factor: second_factor::State,
    /// Version of the rules that were accepted last, and when.
    pub accepted: Option<(String, Moment)>,
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    let person = visit.person()?;
    let user = person.who.user.id;
    let forum = &visit.app.forum;
    let places = people::places(forum, user, &person.token).await?;
    let read = forum.db.read(move |conn| {
        let tokens = access_tokens::of_user(conn, user)?;
        let accepted = acceptances::of_user(conn, user)?;
        Ok::<_, storage::Error>((tokens, accepted))
    });
    let (tokens, accepted) = read.await?;
    let tokens = tokens.into_iter().map(|token| TokenRow {
        reference: token.token_hash,
        scopes: token.scopes,
        since: Moment::minute_of(token.created_at),
        seen: token.seen_at.map(Moment::minute_of),
    });
    visit.show(&AccountPage {
        layout: visit.layout(),
        email: person.who.user.email.clone(),
        places: places.iter().map(PlaceRow::from).collect(),
        tokens: tokens.collect(),
        second_factor: second_factor::state(forum, &person.who).await?,
        accepted: accepted
            .into_iter()
            .next()
            .map(|(version, at)| (version, Moment::minute_of(at))),
    })
}

pub async fn end_place(
    Path(reference): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let visit = submission.visit;
    let user = visit.person()?.who.user.id;
    people::end_session(&visit.app.forum, user, &reference).await?;
    Ok(go(PATH, Notice::SignInEnded))
}

pub async fn end_others(submission: Submission) -> Result<Response, PageError> {
    let visit = submission.visit;
    let person = visit.person()?;
    people::end_other_sessions(&visit.app.forum, person.who.user.id, &person.token).await?;
    Ok(go(PATH, Notice::SignInEnded))
}

pub async fn revoke_token(
    Path(reference): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let visit = submission.visit;
    let user = visit.person()?.who.user.id;
    people::revoke_token(&visit.app.forum, Some(user), user, &reference).await?;
    Ok(go(PATH, Notice::TokenEnded))
}
