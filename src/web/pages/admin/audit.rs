//! What was decided about people, organisations and servers.

use std::collections::HashMap;

use askama::Template;
use axum::response::Response;

use crate::{
    domain::{audit::Decision, id::UserId},
    operations::audit::{Chain, verify},
    storage::{
        self, Conn,
        audit::{self, Record},
        users,
    },
    web::{
        error::PageError,
        filters,
        layout::Layout,
        views::{Moment, Pages, cut},
        visit::Visit,
    },
};

use super::{Tab, tabs};

const PATH: &str = "/admin/audit";

/// One decision in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub number: i64,
    pub at: Moment,
    pub by: String,
    pub decision: String,
    pub subject: String,
    pub detail: String,
}

#[derive(Template)]
#[template(path = "admin_audit.html")]
pub struct AuditPage {
    pub layout: Layout,
    pub tabs: Vec<Tab>,
    /// What walking the whole chain found.
    pub chain: Chain,
    pub rows: Vec<Row>,
    pub pages: Pages,
}

/// Addresses of the accounts that records name, as they are now. The log
/// itself holds their ids only.
type Addresses = HashMap<UserId, String>;

fn addresses(conn: &mut Conn, records: &[Record]) -> Result<Addresses, storage::Error> {
    let mut found = Addresses::new();
    let concerned = records.iter().flat_map(|one| [one.by, account(one)]);
    for id in concerned.flatten() {
        if !found.contains_key(&id)
            && let Some(user) = users::find(conn, id)?
        {
            found.insert(id, user.email);
        }
    }
    Ok(found)
}

/// The account that a record is about.
fn account(record: &Record) -> Option<UserId> {
    record.subject.strip_prefix("account ")?.parse().ok()
}

impl Row {
    fn new(record: &Record, addresses: &Addresses) -> Self {
        let address = |id: UserId| match addresses.get(&id) {
            Some(email) => email.clone(),
            None => format!("account {id}"),
        };
        Self {
            number: record.number,
            at: Moment::minute_of(record.at),
            by: record
                .by
                .map_or_else(|| "The command line".to_owned(), address),
            decision: match record.decision.parse::<Decision>() {
                Ok(decision) => decision.name().to_owned(),
                Err(unknown) => unknown.0,
            },
            subject: account(record).map_or_else(|| record.subject.clone(), address),
            detail: record.detail.clone(),
        }
    }
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    visit.administrator()?;
    let window = filters::window(&visit.query);
    let read = visit.app.forum.db.read(move |conn| {
        let (found, next) = cut(audit::list(conn, window)?, |one| one.number);
        let addresses = addresses(conn, &found)?;
        let rows = found.iter().map(|one| Row::new(one, &addresses));
        Ok::<_, storage::Error>((rows.collect(), next))
    });
    let (rows, next) = read.await?;
    let chain = verify(&visit.app.forum, None).await?;
    visit.show(&AuditPage {
        layout: visit.layout(),
        tabs: tabs(PATH),
        chain,
        rows,
        pages: Pages::new(PATH, "", window.before.is_none(), next),
    })
}
