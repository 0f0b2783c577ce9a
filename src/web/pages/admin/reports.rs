//! What people here and other servers reported.

use askama::Template;
use axum::{extract::Path, response::Response};

use crate::{
    domain::{
        entry::Entry,
        id::ReportId,
        report::{Report, ReportState},
    },
    operations::reports::{self as verbs},
    storage::{self, entries, organisations, reports},
    urls,
    web::{
        error::PageError,
        filters,
        layout::{Layout, Notice},
        views::{Moment, Pages, cut, organisation::OrganisationFace},
        visit::{Submission, Visit, go},
    },
};

use super::{Tab, tabs};

const PATH: &str = "/admin/reports";

/// One report with what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    pub reporter: Option<OrganisationFace>,
    pub reported: Option<OrganisationFace>,
    pub entries: Vec<Reported>,
    pub category: &'static str,
    /// What of the node's rules it cites.
    pub rules: Vec<String>,
    pub comment: String,
    pub forwarded: bool,
    pub since: Moment,
    pub resolved: Option<Moment>,
}

/// A reported entry that the administrator may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    pub path: String,
    pub title: String,
    pub language: String,
}

impl From<&Entry> for Reported {
    fn from(entry: &Entry) -> Self {
        let title = match entry.content.title.as_str() {
            "" => "A reply",
            title => title,
        };
        Self {
            path: urls::entry_path(entry.id),
            title: title.to_owned(),
            language: entry.content.language.clone(),
        }
    }
}

#[derive(Template)]
#[template(path = "admin_reports.html")]
pub struct ReportsPage {
    pub layout: Layout,
    pub tabs: Vec<Tab>,
    pub resolved: bool,
    pub rows: Vec<Row>,
    pub pages: Pages,
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    let viewer = visit.administrator()?.who.viewer();
    let state = visit.query.text("state").parse().unwrap_or_default();
    let window = filters::window(&visit.query);
    let read = visit.app.forum.db.read(move |conn| {
        let found = reports::list(conn, Some(state), window)?;
        let (found, next) = cut(found, |one| one.id.0);
        let ends: Vec<_> = found
            .iter()
            .flat_map(|one| [one.reporter, one.reported])
            .collect();
        let known = organisations::find_many(conn, &ends)?;
        let mut rows = Vec::new();
        for report in &found {
            let entries = entries::find_many(conn, &viewer, &report.entries)?;
            rows.push(Row {
                reporter: known.get(&report.reporter).map(Into::into),
                reported: known.get(&report.reported).map(Into::into),
                entries: entries.iter().map(Reported::from).collect(),
                ..Row::from(report)
            });
        }
        Ok::<_, storage::Error>((rows, next))
    });
    let (rows, next) = read.await?;
    let query = format!("state={}", state.as_str());
    visit.show(&ReportsPage {
        layout: visit.layout(),
        tabs: tabs(PATH),
        resolved: state == ReportState::Resolved,
        rows,
        pages: Pages::new(PATH, &query, window.before.is_none(), next),
    })
}

impl From<&Report> for Row {
    fn from(report: &Report) -> Self {
        Self {
            id: report.id.to_string(),
            reporter: None,
            reported: None,
            entries: Vec::new(),
            category: report.category.name(),
            rules: report.rules.clone(),
            comment: report.comment.clone(),
            forwarded: report.forwarded,
            since: Moment::minute_of(report.created_at),
            resolved: report.resolved_at.map(Moment::minute_of),
        }
    }
}

/// Marks a report as dealt with.
pub async fn resolve(
    Path(id): Path<String>,
    submission: Submission,
) -> Result<Response, PageError> {
    let visit = submission.visit;
    let person = visit.administrator()?;
    let id: ReportId = id.parse().map_err(|_| PageError::NotFound)?;
    verbs::resolve(&visit.app.forum, id, Some(person.who.user.id)).await?;
    Ok(go(PATH, Notice::ReportResolved))
}
