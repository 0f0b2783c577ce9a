//! Other servers: blocked ones, and those allowed by name.

use askama::Template;
use axum::response::Response;

use crate::{
    config::Mode,
    domain::entry::FieldError,
    operations::hosts::{self as verbs, HostError},
    storage::hosts::{self, HostPolicy, Policy},
    web::{
        error::PageError,
        form::Form,
        layout::{Layout, Notice},
        views::{Moment, Named, sentence},
        visit::{Submission, Visit, go},
    },
};

use super::{Tab, tabs};

const PATH: &str = "/admin/hosts";

/// One server with the decision about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub host: String,
    pub policy: &'static str,
    pub reason: String,
    pub since: Moment,
    /// The decision that a click changes it to.
    pub other: &'static str,
    pub other_label: &'static str,
}

#[derive(Template)]
#[template(path = "admin_hosts.html")]
pub struct HostsPage {
    pub layout: Layout,
    pub tabs: Vec<Tab>,
    pub form: Form,
    pub mode: &'static str,
    pub policies: Vec<Named>,
    pub rows: Vec<Row>,
}

impl From<&HostPolicy> for Row {
    fn from(decision: &HostPolicy) -> Self {
        let (policy, other_label) = match decision.policy {
            Policy::Block => ("Blocked", "Unblock"),
            Policy::Allow => ("Allowed", "Withdraw"),
        };
        Self {
            host: decision.host.clone(),
            policy,
            reason: decision.reason.clone(),
            since: Moment::day_of(decision.created_at),
            other: "none",
            other_label,
        }
    }
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    visit.administrator()?;
    let page = page(&visit, Form::default()).await?;
    visit.show(&page)
}

async fn page(visit: &Visit, form: Form) -> Result<HostsPage, PageError> {
    let decisions = visit.app.forum.db.read(hosts::list).await?;
    Ok(HostsPage {
        layout: visit.layout(),
        tabs: tabs(PATH),
        form,
        mode: match visit.app.config.federation.mode {
            Mode::Open => "All other servers may connect.",
            Mode::Allowlist => "This node speaks only with servers that are allowed here.",
        },
        policies: vec![Named::new("block", "Block"), Named::new("allow", "Allow")],
        rows: decisions.iter().map(Row::from).collect(),
    })
}

/// Blocks or allows a server, or withdraws what was decided.
pub async fn decide(submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let me = Some(visit.administrator()?.who.user.id);
    let (host, reason) = (fields.text("host"), fields.text("reason"));
    let forum = &visit.app.forum;
    let mode = visit.app.config.federation.mode;
    let done = match fields.text("policy") {
        "block" => verbs::decide(forum, me, mode, host, Policy::Block, reason)
            .await
            .map(drop),
        "allow" => verbs::decide(forum, me, mode, host, Policy::Allow, reason)
            .await
            .map(drop),
        "none" => verbs::withdraw(forum, me, mode, host).await,
        _ => {
            let error = FieldError::new("policy", "Choose a decision.");
            let page = page(&visit, Form::refused(fields, vec![error])).await?;
            return visit.refuse(&page);
        }
    };
    match done {
        Ok(()) => Ok(go(PATH, Notice::HostSaved)),
        Err(HostError::Storage(error)) => Err(error.into()),
        Err(error @ (HostError::Invalid(_) | HostError::Ours | HostError::NotFound(_))) => {
            let error = FieldError::new("host", sentence(&error.to_string()));
            let page = page(&visit, Form::refused(fields, vec![error])).await?;
            visit.refuse(&page)
        }
    }
}
