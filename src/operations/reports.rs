//! Reporting organisations and entries to the administrators.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use url::Url;

use super::{Forum, announce::announce, audit, people::Person};
use crate::{
    domain::{
        activity::{ActivityKind, Recipients, Subject},
        audience::Viewer,
        audit::Decision,
        entry::FieldError,
        id::{EntryId, OrganisationId, ReportId, UserId},
        organisation::{Organisation, OrganisationState},
        report::{MAX_COMMENT_CHARS, MAX_ENTRIES, Report, ReportCategory},
        text,
    },
    storage::{self, Conn, entries, organisations, reports},
};

/// Most reports of one other server within an hour, and most that wait: what
/// comes beyond is dropped, so that nobody can bury the queue.
const PER_HOUR: i64 = 20;
const MOST_OPEN: i64 = 100;
/// Most objects of one Flag that are looked at.
const MAX_OBJECTS: usize = 100;

/// Why nothing was reported, or no report resolved.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("there is no such organisation, entry or report")]
    NotFound,
    #[error("an organisation cannot report itself")]
    Myself,
    #[error("{}", .0.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" "))]
    Invalid(Vec<FieldError>),
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

/// What a person reports.
#[derive(Debug, Clone)]
pub struct NewReport {
    pub reported: OrganisationId,
    /// Entries of that organisation which the person may see.
    pub entries: Vec<EntryId>,
    /// Whoever cites rules reports a violation of them, whatever this says, as
    /// with Mastodon.
    pub category: ReportCategory,
    /// The texts of the rules that it breaks; may be none.
    pub rules: Vec<String>,
    /// Plain text; may be empty.
    pub comment: String,
    /// Tell the organisation's own server too, if that is another one.
    pub forward: bool,
}

/// Reports an organisation, and entries of it, to the administrators. Anybody
/// who is signed in may.
///
/// # Errors
/// [`ReportError`]; an entry of somebody else, or one that the person may not
/// see, is `NotFound`.
pub async fn report(forum: &Forum, person: &Person, new: NewReport) -> Result<Report, ReportError> {
    let person = person.clone();
    forum
        .write(move |conn, forum| {
            let me = &person.organisation;
            let reported = organisations::find(conn, new.reported)?
                .filter(|one| one.state == OrganisationState::Active)
                .ok_or(ReportError::NotFound)?;
            if reported.id == me.id {
                return Err(ReportError::Myself);
            }
            check(&new)?;
            let forwarded = new.forward && !reported.is_local();
            let report = Report {
                id: ReportId(forum.next_id()),
                reporter: me.id,
                reported: reported.id,
                entries: own_entries(conn, &person.viewer(), reported.id, &new.entries)?,
                category: match new.rules.is_empty() {
                    true => new.category,
                    false => ReportCategory::Violation,
                },
                rules: new.rules,
                comment: new.comment.trim().to_owned(),
                forwarded,
                created_at: forum.now(),
                resolved_at: None,
            };
            reports::insert(conn, &report)?;
            if forwarded {
                let subject = Subject::Report(report.id);
                let to = Recipients::One(reported.id);
                announce(conn, forum, me, ActivityKind::Flag, subject, to)?;
            }
            Ok(report)
        })
        .await
}

fn check(new: &NewReport) -> Result<(), ReportError> {
    let mut errors = Vec::new();
    if new.comment.trim().chars().count() > MAX_COMMENT_CHARS {
        errors.push(FieldError::new(
            "comment",
            format!("The comment has more than {MAX_COMMENT_CHARS} characters."),
        ));
    }
    if new.entries.len() > MAX_ENTRIES {
        errors.push(FieldError::new(
            "entries",
            format!("At most {MAX_ENTRIES} entries fit into a report."),
        ));
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(ReportError::Invalid(errors))
    }
}

fn own_entries(
    conn: &mut Conn,
    viewer: &Viewer,
    author: OrganisationId,
    asked: &[EntryId],
) -> Result<Vec<EntryId>, ReportError> {
    let mut ids = asked.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let found = entries::find_many(conn, viewer, &ids)?;
    let all_theirs = found.iter().all(|entry| entry.author.id == author);
    if found.len() == ids.len() && all_theirs {
        Ok(ids)
    } else {
        Err(ReportError::NotFound)
    }
}

/// Resolves a report; doing it again changes nothing. For administrators and
/// the command line, whose doors check who asks.
///
/// # Errors
/// [`ReportError::NotFound`].
pub async fn resolve(
    forum: &Forum,
    id: ReportId,
    by: Option<UserId>,
) -> Result<Report, ReportError> {
    forum
        .write(move |conn, forum| {
            if reports::resolve(conn, id, by, forum.now())? {
                let subject = format!("report {id}");
                audit::record(conn, forum, by, Decision::ReportResolved, &subject, "")?;
            }
            reports::find(conn, id)?.ok_or(ReportError::NotFound)
        })
        .await
}

/// Another server reports organisations of ours, and public entries of them:
/// one report for each organisation. What is not ours is passed over, and so
/// is everything from a server that reports too much.
///
/// # Errors
/// Storage only.
pub fn receive(
    conn: &mut Conn,
    forum: &Forum,
    sender: &Organisation,
    objects: &[Url],
    comment: &str,
) -> Result<(), storage::Error> {
    let now = forum.now();
    let host = sender.host.as_deref().unwrap_or_default();
    let reported = named(conn, objects)?;
    for (organisation, entries) in reported {
        let before = reports::from_host(conn, host, now - TimeDelta::hours(1))?;
        if before.since >= PER_HOUR || before.open >= MOST_OPEN {
            tracing::warn!(
                host,
                "reports of a server that reports too much are dropped"
            );
            return Ok(());
        }
        let report = Report {
            id: ReportId(forum.ids.next(now)),
            reporter: sender.id,
            reported: organisation,
            entries,
            // On the wire there is no word for either.
            category: ReportCategory::Other,
            rules: Vec::new(),
            comment: readable(comment),
            forwarded: false,
            created_at: now,
            resolved_at: None,
        };
        reports::insert(conn, &report)?;
    }
    Ok(())
}

/// What of ours these addresses name: local organisations, each with its
/// public entries among them.
fn named(
    conn: &mut Conn,
    objects: &[Url],
) -> Result<BTreeMap<OrganisationId, Vec<EntryId>>, storage::Error> {
    let mut found: BTreeMap<OrganisationId, Vec<EntryId>> = BTreeMap::new();
    for uri in objects.iter().take(MAX_OBJECTS) {
        if let Some(entry) = entries::find_by_uri(conn, &Viewer::Anonymous, uri)? {
            let entries = found.entry(entry.author.id).or_default();
            if entry.author.is_local()
                && !entries.contains(&entry.id)
                && entries.len() < MAX_ENTRIES
            {
                entries.push(entry.id);
            }
        } else if let Some(one) = organisations::find_by_uri(conn, uri)? {
            found.entry(one.id).or_default();
        }
    }
    let ids: Vec<OrganisationId> = found.keys().copied().collect();
    let known = organisations::find_many(conn, &ids)?;
    let takes_part = |one: &Organisation| one.is_local() && one.state == OrganisationState::Active;
    found.retain(|id, _| known.get(id).is_some_and(takes_part));
    Ok(found)
}

/// Plain text of a length that can be shown, its lines kept. Some servers
/// send HTML.
fn readable(comment: &str) -> String {
    let cut = text::truncate_chars(comment, MAX_COMMENT_CHARS);
    let plain = if cut.contains("</") || cut.contains("<br") {
        text::plain(cut)
    } else {
        cut.to_owned()
    };
    let lines: Vec<String> = plain.lines().map(text::one_line).collect();
    lines.join("\n").trim().to_owned()
}
