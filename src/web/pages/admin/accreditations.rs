//! This node's anchor, and what it says of organisations and nodes.

use askama::Template;
use axum::{extract::Path, response::Response};

use crate::{
    domain::{
        accreditation::{Claim, CredentialId, USUAL_DAYS},
        audience::Tier,
        entry::FieldError,
        organisation::Category,
        page::Window,
        taxonomy::{self, Scheme},
    },
    operations::accreditations::{self as verbs, AccreditationError},
    storage::accreditations::Issued,
    urls,
    web::{
        error::PageError,
        filters,
        form::{Fields, Form},
        layout::{Layout, Notice},
        views::{Moment, Named, Pages, choices, sentence},
        visit::{Submission, Visit, go},
    },
};

use super::{
    Tab,
    proposals::{self, Waiting},
    tabs,
};

pub(super) const PATH: &str = "/admin/accreditations";

/// What was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    pub name: String,
    pub actor: String,
    /// What the anchor says, in plain words.
    pub says: String,
    pub until: Moment,
    pub state: &'static str,
    /// Why it was revoked.
    pub reason: String,
    pub is_living: bool,
}

/// An anchor that is trusted here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    pub name: String,
    pub did: String,
    /// Categories and countries, in plain words.
    pub scope: String,
}

/// This node's own anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    pub name: String,
    pub did: String,
    /// Listed in this node's own settings, too.
    pub is_trusted: bool,
}

#[derive(Template)]
#[template(path = "admin_accreditations.html")]
pub struct AccreditationsPage {
    pub layout: Layout,
    pub tabs: Vec<Tab>,
    pub form: Form,
    pub anchor: Option<Own>,
    pub trusted: Vec<Trusted>,
    pub categories: Vec<Named>,
    pub countries: Vec<Named>,
    pub audiences: Vec<Named>,
    pub waiting: Vec<Waiting>,
    pub rows: Vec<Row>,
    pub pages: Pages,
}

/// The signed document, to be handed over.
#[derive(Template)]
#[template(path = "admin_credential.html")]
pub struct CredentialPage {
    pub layout: Layout,
    pub actor: String,
    pub document: String,
}

/// Asks why, and once more whether.
#[derive(Template)]
#[template(path = "admin_revoke.html")]
pub struct RevokePage {
    pub layout: Layout,
    pub form: Form,
    pub row: Row,
}

fn row(issued: &Issued, now: chrono::DateTime<chrono::Utc>) -> Row {
    let credential = &issued.held.credential;
    let is_over = credential.valid_until <= now;
    let (name, says) = match &credential.claim {
        Claim::Organisation {
            name,
            category,
            country,
        } => (name.clone(), with_country(*category, country.as_deref())),
        Claim::Node { audience } => (urls::authority(&credential.subject), of_server(*audience)),
    };
    Row {
        id: credential.id.to_string(),
        actor: credential.subject.to_string(),
        name,
        says,
        until: Moment::day_of(credential.valid_until),
        state: match (issued.revoked_at, is_over) {
            (Some(_), _) => "Revoked",
            (None, true) => "Over",
            (None, false) => "Valid",
        },
        reason: issued.reason.clone(),
        is_living: issued.revoked_at.is_none() && !is_over,
    }
}

pub(super) fn with_country(category: Category, country: Option<&str>) -> String {
    match country {
        None => category.name().to_owned(),
        Some(code) => {
            let name = taxonomy::name(Scheme::Country, code).unwrap_or(code);
            format!("{}, {name} ({code})", category.name())
        }
    }
}

pub(super) fn of_server(audience: Tier) -> String {
    format!("Server, may store: {}", audience_name(audience))
}

fn audience_name(audience: Tier) -> &'static str {
    match audience {
        Tier::Public => "only what is public",
        Tier::Members => "what is for all accredited organisations",
        Tier::Preferential => "also what is for governments and international organisations",
    }
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    visit.administrator()?;
    let form = Form::new(Fields::default().with("days", USUAL_DAYS.to_string()));
    let page = page(&visit, form).await?;
    visit.show(&page)
}

pub(super) async fn page(visit: &Visit, form: Form) -> Result<AccreditationsPage, PageError> {
    let forum = &visit.app.forum;
    let window = filters::window(&visit.query);
    // They have no ids that sort: pages are counted.
    let offset = window.before.unwrap_or(0).max(0);
    let mut issued = verbs::issued(forum, Window::before(Some(offset), window.limit)).await?;
    let size = usize::try_from(window.limit - 1).unwrap_or_default();
    let next = (issued.len() > size).then(|| offset + window.limit - 1);
    issued.truncate(size);
    let anchor = verbs::anchor(forum).await?;
    let fictional = visit.app.config.node.fictional;
    Ok(AccreditationsPage {
        layout: visit.layout(),
        tabs: tabs(PATH),
        form,
        anchor: anchor.map(|anchor| Own {
            is_trusted: forum.trust.knows(&anchor.did),
            did: anchor.did.to_string(),
            name: anchor.name,
        }),
        trusted: forum.trust.anchors().iter().map(trusted).collect(),
        categories: choices::categories(),
        countries: choices::Choices::new(fictional).countries,
        audiences: [Tier::Members, Tier::Preferential]
            .map(|audience| Named::new(audience.as_str(), sentence(audience_name(audience))))
            .to_vec(),
        waiting: proposals::waiting(visit).await?,
        rows: issued.iter().map(|one| row(one, forum.now())).collect(),
        pages: Pages::new(PATH, "", offset == 0, next),
    })
}

fn trusted(anchor: &crate::domain::accreditation::Anchor) -> Trusted {
    let categories = match &anchor.categories {
        None => "every category".to_owned(),
        Some(list) => {
            let names: Vec<&str> = list.iter().map(|one| one.name()).collect();
            names.join(", ")
        }
    };
    let countries = match &anchor.countries {
        None => "every country".to_owned(),
        Some(list) => list.join(", "),
    };
    Trusted {
        name: anchor.name.clone(),
        did: anchor.did.to_string(),
        scope: format!("{categories}; {countries}"),
    }
}

/// Makes this node's anchor.
pub async fn create_anchor(submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let me = Some(visit.administrator()?.who.user.id);
    match verbs::create_anchor(&visit.app.forum, me, fields.text("name")).await {
        Ok(_) => Ok(go(PATH, Notice::AnchorMade)),
        Err(error) => refused(&visit, fields, error).await,
    }
}

/// What is for an actor elsewhere is shown, to be handed over.
pub(super) fn shown(
    visit: &Visit,
    issued: &Issued,
    document: &serde_json::Value,
    notice: Notice,
) -> Result<Response, PageError> {
    let subject = &issued.held.credential.subject;
    if visit.app.forum.urls.is_ours(subject) {
        return Ok(go(PATH, notice));
    }
    visit.show(&CredentialPage {
        layout: visit.layout(),
        actor: subject.to_string(),
        document: serde_json::to_string_pretty(document)
            .map_err(|error| PageError::Internal(error.to_string()))?,
    })
}

/// Shows the form again with what stands in the way.
pub(super) async fn refused(
    visit: &Visit,
    fields: Fields,
    error: AccreditationError,
) -> Result<Response, PageError> {
    let field = match &error {
        AccreditationError::InvalidName | AccreditationError::AnchorExists(_) => "name",
        AccreditationError::InvalidDays => "days",
        AccreditationError::InvalidAudience => "audience",
        AccreditationError::Country(_) => "country",
        AccreditationError::NoSuchOrganisation
        | AccreditationError::NotANode
        | AccreditationError::NotAnOrganisation
        | AccreditationError::NoKey => "actor",
        AccreditationError::NoAnchor
        | AccreditationError::KeyChanged
        | AccreditationError::NoSuchProposal
        | AccreditationError::OwnProposal(_)
        | AccreditationError::TooManyProposals
        | AccreditationError::NotIssued
        | AccreditationError::Revoked
        | AccreditationError::Over
        | AccreditationError::NotOurs(_)
        | AccreditationError::Worthless(_)
        | AccreditationError::Unreadable(_)
        | AccreditationError::CannotSign(_)
        | AccreditationError::Storage(_) => return Err(error.into()),
    };
    let error = FieldError::new(field, sentence(&error.to_string()));
    let page = page(visit, Form::refused(fields, vec![error])).await?;
    visit.refuse(&page)
}

pub async fn renew(Path(id): Path<String>, submission: Submission) -> Result<Response, PageError> {
    let visit = submission.visit;
    let me = Some(visit.administrator()?.who.user.id);
    let id: CredentialId = id.parse().map_err(|_| PageError::NotFound)?;
    let (issued, document) = verbs::renew(&visit.app.forum, me, &id).await?;
    shown(&visit, &issued, &document, Notice::AccreditationIssued)
}

pub async fn ask_revoke(visit: Visit, Path(id): Path<String>) -> Result<Response, PageError> {
    visit.administrator()?;
    let id: CredentialId = id.parse().map_err(|_| PageError::NotFound)?;
    let find = move |conn: &mut crate::storage::Conn| {
        crate::storage::accreditations::issued_by_id(conn, &id)
    };
    let found = visit.app.forum.db.read(find).await?;
    let now = visit.app.forum.now();
    let row = found.map(|one| row(&one, now)).ok_or(PageError::NotFound)?;
    visit.show(&RevokePage {
        layout: visit.layout(),
        form: Form::default(),
        row,
    })
}

pub async fn revoke(Path(id): Path<String>, submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let me = Some(visit.administrator()?.who.user.id);
    let id: CredentialId = id.parse().map_err(|_| PageError::NotFound)?;
    verbs::revoke(&visit.app.forum, me, &id, fields.text("reason")).await?;
    Ok(go(PATH, Notice::AccreditationRevoked))
}

impl From<AccreditationError> for PageError {
    fn from(error: AccreditationError) -> Self {
        match error {
            AccreditationError::NotIssued | AccreditationError::NoSuchProposal => Self::NotFound,
            AccreditationError::Storage(error) => error.into(),
            AccreditationError::CannotSign(reason) => Self::Internal(reason.to_string()),
            AccreditationError::NoAnchor => {
                Self::Conflict("This node has no anchor yet. Make one first.".to_owned())
            }
            other @ (AccreditationError::AnchorExists(_)
            | AccreditationError::InvalidName
            | AccreditationError::NoSuchOrganisation
            | AccreditationError::NotANode
            | AccreditationError::NotAnOrganisation
            | AccreditationError::NoKey
            | AccreditationError::KeyChanged
            | AccreditationError::OwnProposal(_)
            | AccreditationError::TooManyProposals
            | AccreditationError::InvalidDays
            | AccreditationError::InvalidAudience
            | AccreditationError::Country(_)
            | AccreditationError::Revoked
            | AccreditationError::Over
            | AccreditationError::NotOurs(_)
            | AccreditationError::Worthless(_)
            | AccreditationError::Unreadable(_)) => Self::Conflict(sentence(&other.to_string())),
        }
    }
}
