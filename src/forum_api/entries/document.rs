//! Entries as the API shows them (INTERFACE.md 4). Codes stay plain; their
//! names stand beside them under `labels`.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::around::{Around, named};
use crate::{
    domain::{
        entry::{Counts, Entry, Stage, Status},
        id::OrganisationId,
        taxonomy::{self, Scheme},
    },
    forum_api::{
        organisations::Author,
        vocabulary::{
            Names, audience_words, kind_words, names, stage_words, status_words, tlp_words,
        },
    },
};

/// Money of a project, in whole units.
#[derive(Debug, Serialize, ToSchema)]
pub struct Budget {
    /// ISO 4217.
    #[schema(example = "USD")]
    currency: String,
    total: i64,
    /// What is still to be found; from 0 to `total`.
    gap: i64,
}

/// What others did with an entry, as far as the caller may see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Counts)]
pub struct CountsDocument {
    responses: i64,
    replies: i64,
}

impl From<Counts> for CountsDocument {
    fn from(counts: Counts) -> Self {
        Self {
            responses: counts.responses,
            replies: counts.replies,
        }
    }
}

/// The names of an entry's words and codes, in English.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryLabels {
    kind: &'static str,
    audience: &'static str,
    /// What a reader may do next with what it read.
    tlp: &'static str,
    language: String,
    stage: Option<&'static str>,
    status: Option<&'static str>,
    countries: Names,
    regions: Names,
    sectors: Names,
    pillars: Names,
    exploitation: Names,
    activities: Names,
}

impl EntryLabels {
    fn new(entry: &Entry) -> Self {
        let content = &entry.content;
        let codes = &content.codes;
        Self {
            kind: content.kind.name(),
            audience: entry.audience.kind().name(),
            tlp: content.tlp.meaning(),
            language: taxonomy::language_name(&content.language),
            stage: content.stage.map(Stage::name),
            status: content.status.map(Status::name),
            countries: names(Scheme::Country, &codes.countries),
            regions: names(Scheme::Region, &codes.regions),
            sectors: names(Scheme::Sector, &codes.sectors),
            pillars: names(Scheme::Pillar, &codes.pillars),
            exploitation: names(Scheme::Exploitation, &codes.exploitation),
            activities: names(Scheme::Activity, &codes.activities),
        }
    }
}

/// An entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Entry)]
pub struct EntryDocument {
    /// Decimal digits, sortable by time.
    #[schema(example = "114000000000000002")]
    id: String,
    /// The object's id on the wire.
    uri: String,
    /// The page that people read.
    url: String,
    #[schema(schema_with = kind_words)]
    kind: &'static str,
    title: String,
    /// Markdown as written; empty for entries of other servers.
    body: String,
    /// Sanitised HTML as shown.
    content: String,
    /// What the other server warns of before the text.
    #[serde(skip_serializing_if = "String::is_empty")]
    warning: String,
    /// BCP 47.
    #[schema(example = "en")]
    language: String,
    #[schema(schema_with = audience_words)]
    audience: &'static str,
    /// The actors of a `named` audience; absent for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    named: Option<Vec<String>>,
    /// Traffic Light Protocol 2.0.
    #[schema(schema_with = tlp_words)]
    tlp: &'static str,
    /// ISO 3166-1 alpha-2, and XK.
    countries: Vec<String>,
    /// UN M49.
    regions: Vec<String>,
    /// OECD DAC CRS purpose codes.
    sectors: Vec<String>,
    pillars: Vec<String>,
    exploitation: Vec<String>,
    activities: Vec<String>,
    /// Of projects only.
    #[schema(schema_with = stage_words)]
    stage: Option<&'static str>,
    /// Of requests and offers only.
    #[schema(schema_with = status_words)]
    status: Option<&'static str>,
    closes_at: Option<DateTime<Utc>>,
    starts_on: Option<NaiveDate>,
    ends_on: Option<NaiveDate>,
    /// Of projects only.
    budget: Option<Budget>,
    author: Author,
    /// Actor ids.
    partners: Vec<String>,
    /// The id of the entry answered, or its address when it is not known here.
    in_reply_to: Option<String>,
    counts: CountsDocument,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    labels: EntryLabels,
}

impl EntryDocument {
    pub fn new(entry: Entry, around: &Around) -> Self {
        let addresses = |ids: &[OrganisationId]| -> Vec<String> {
            ids.iter()
                .filter_map(|id| around.parties.get(id))
                .map(|organisation| organisation.uri.to_string())
                .collect()
        };
        let named = named(&entry).map(addresses);
        let partners = addresses(&entry.partners);
        let labels = EntryLabels::new(&entry);
        let in_reply_to = around.parent_of(&entry.thread);
        let content = entry.content;
        let codes = content.codes;
        Self {
            id: entry.id.to_string(),
            uri: entry.uri.into(),
            url: entry.url.into(),
            kind: content.kind.as_str(),
            title: content.title,
            body: content.body,
            content: entry.html,
            warning: entry.warning,
            language: content.language,
            audience: entry.audience.kind().as_str(),
            named,
            tlp: content.tlp.as_str(),
            countries: codes.countries,
            regions: codes.regions,
            sectors: codes.sectors,
            pillars: codes.pillars,
            exploitation: codes.exploitation,
            activities: codes.activities,
            stage: content.stage.map(Stage::as_str),
            status: content.status.map(Status::as_str),
            closes_at: content.closes_at,
            starts_on: content.starts_on,
            ends_on: content.ends_on,
            budget: content.budget.map(|budget| Budget {
                currency: budget.currency,
                total: budget.total,
                gap: budget.gap,
            }),
            author: Author::new(&entry.author),
            partners,
            in_reply_to,
            counts: entry.counts.into(),
            created_at: entry.created_at,
            updated_at: entry.updated_at,
            labels,
        }
    }
}
