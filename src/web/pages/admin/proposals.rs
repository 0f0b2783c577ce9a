//! Two administrators decide what this node's anchor says: one proposes,
//! another approves.

use axum::{extract::Path, response::Response};
use url::Url;

use super::accreditations::{PATH, of_server, page, refused, shown, with_country};
use crate::{
    domain::{
        accreditation::{About, MAX_DAYS, Request},
        audience::Tier,
        entry::FieldError,
        id::ProposalId,
        organisation::Category,
    },
    federation::lookup::{self, LookupError},
    operations::accreditations as verbs,
    storage::{self, organisations, users},
    urls,
    web::{
        error::PageError,
        form::{Fields, Form},
        layout::Notice,
        views::{Moment, sentence},
        visit::{Submission, Visit, go},
    },
};

/// A proposal that waits for another administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub id: String,
    /// The organisation's name, or the server where none is known.
    pub name: String,
    pub actor: String,
    /// What the anchor is to say, in plain words.
    pub says: String,
    pub days: i64,
    pub since: Moment,
    /// Address of the administrator who proposed it.
    pub by: String,
    /// The reader proposed it, and cannot approve it.
    pub is_own: bool,
}

pub(super) async fn waiting(visit: &Visit) -> Result<Vec<Waiting>, PageError> {
    let me = visit.administrator()?.who.user.id;
    let proposals = verbs::proposals(&visit.app.forum).await?;
    let read = visit.app.forum.db.read(move |conn| {
        let who = proposals.into_iter().map(|one| {
            let organisation = organisations::find_by_uri(conn, &one.request.subject)?;
            let by = users::find(conn, one.proposed_by)?;
            Ok((one, organisation, by))
        });
        who.collect::<Result<Vec<_>, storage::Error>>()
    });
    let found = read.await?.into_iter();
    Ok(found
        .map(|(one, organisation, by)| Waiting {
            id: one.id.to_string(),
            name: match organisation {
                Some(organisation) => organisation.name,
                None => urls::authority(&one.request.subject),
            },
            by: by.map_or_else(|| "an administrator".to_owned(), |user| user.email),
            actor: one.request.subject.into(),
            says: match &one.request.about {
                About::Organisation { category, country } => {
                    with_country(*category, country.as_deref())
                }
                About::Node { audience } => of_server(*audience),
            },
            days: one.request.days,
            since: Moment::day_of(one.proposed_at),
            is_own: one.proposed_by == me,
        })
        .collect())
}

/// Proposes what the node's anchor is to say.
pub async fn propose(submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let person = visit.administrator()?;
    let account = person.who.user.id.to_string();
    let request = match read(&fields) {
        Ok(request) => request,
        Err(errors) => {
            let page = page(&visit, Form::refused(fields, errors)).await?;
            return visit.refuse(&page);
        }
    };
    visit.app.limits.lookup.check(&account)?;
    let subject = match lookup::key_holder(&visit.app.federation, &request.subject).await {
        Ok(subject) => subject,
        Err(LookupError::Storage(error)) => return Err(error.into()),
        Err(error) => {
            let error = FieldError::new("actor", sentence(&error.to_string()));
            let page = page(&visit, Form::refused(fields, vec![error])).await?;
            return visit.refuse(&page);
        }
    };
    let forum = &visit.app.forum;
    let request = Request { subject, ..request };
    match verbs::propose(forum, person.who.user.id, request).await {
        Ok(_) => Ok(go(PATH, Notice::AccreditationProposed)),
        Err(error) => refused(&visit, fields, error).await,
    }
}

/// Issues what another administrator proposed.
pub async fn approve(
    Path(id): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let visit = submission.visit;
    let me = Some(visit.administrator()?.who.user.id);
    let id: ProposalId = id.parse().map_err(|_| PageError::NotFound)?;
    let (issued, document) = verbs::approve(&visit.app.forum, id, me).await?;
    shown(&visit, &issued, &document, Notice::AccreditationIssued)
}

pub async fn decline(
    Path(id): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let visit = submission.visit;
    let me = Some(visit.administrator()?.who.user.id);
    let id: ProposalId = id.parse().map_err(|_| PageError::NotFound)?;
    verbs::decline(&visit.app.forum, id, me).await?;
    Ok(go(PATH, Notice::ProposalDeclined))
}

fn read(fields: &Fields) -> Result<Request, Vec<FieldError>> {
    let mut errors = Vec::new();
    let subject = Url::parse(fields.text("actor")).ok();
    if subject.is_none() {
        errors.push(FieldError::new(
            "actor",
            "Give the address of the actor, for example https://node.example/orgs/office.",
        ));
    }
    let category = fields.text("category").parse::<Category>().ok();
    let audience = fields.text("audience").parse::<Tier>().ok();
    let about = match (category, audience) {
        (Some(category), None) => Some(About::Organisation {
            category,
            country: fields.filled("country").map(str::to_owned),
        }),
        (None, Some(audience)) => Some(About::Node { audience }),
        (None, None) | (Some(_), Some(_)) => {
            errors.push(FieldError::new(
                "category",
                "Choose a category for an organisation, or for a server what it may store.",
            ));
            None
        }
    };
    let days = fields.text("days").parse::<i64>().ok();
    if days.is_none() {
        errors.push(FieldError::new(
            "days",
            format!("Give a number of days from 1 to {MAX_DAYS}."),
        ));
    }
    match (subject, about, days) {
        (Some(subject), Some(about), Some(days)) if errors.is_empty() => Ok(Request {
            subject,
            about,
            days,
        }),
        _ => Err(errors),
    }
}
