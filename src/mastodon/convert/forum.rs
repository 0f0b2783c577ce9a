//! What the Forum adds to a status: the entry as the Forum API gives it.

use url::Url;

use super::status::Surroundings;
use crate::{
    domain::{
        audience::AudienceKind,
        entry::{Entry, Stage, Status},
        taxonomy::{self, Scheme},
    },
    mastodon::entities::{ForumAuthor, ForumEntry, ForumLabels, Names},
};

pub fn entry(entry: &Entry, around: &Surroundings) -> ForumEntry {
    let content = &entry.content;
    let codes = content.codes.clone();
    let author = &entry.author;
    ForumEntry {
        id: entry.id,
        uri: entry.uri.to_string(),
        url: entry.url.to_string(),
        kind: content.kind,
        language: content.language.clone(),
        audience: entry.audience.kind(),
        named: (entry.audience.kind() == AudienceKind::Named).then(|| around.named.clone()),
        tlp: content.tlp,
        countries: codes.countries,
        regions: codes.regions,
        sectors: codes.sectors,
        pillars: codes.pillars,
        exploitation: codes.exploitation,
        activities: codes.activities,
        stage: content.stage,
        status: content.status,
        closes_at: content.closes_at,
        starts_on: content.starts_on,
        ends_on: content.ends_on,
        budget: content.budget.clone(),
        author: ForumAuthor {
            id: author.id,
            handle: author.acct(),
            name: author.name.clone(),
            uri: author.uri.to_string(),
            category: author.category.map(|category| category.as_str()),
            country: author.country.clone(),
            local: author.is_local(),
        },
        partners: around.partners.clone(),
        in_reply_to: match around.parent {
            Some((id, _)) => Some(id.to_string()),
            None => entry.thread.in_reply_to_uri.as_ref().map(Url::to_string),
        },
        counts: entry.counts,
        created_at: entry.created_at,
        updated_at: entry.updated_at,
        labels: labels(entry),
    }
}

fn labels(entry: &Entry) -> ForumLabels {
    let content = &entry.content;
    let codes = &content.codes;
    ForumLabels {
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

/// The names of those codes that are known here.
fn names(scheme: Scheme, codes: &[String]) -> Names {
    codes
        .iter()
        .filter_map(|code| Some((code.clone(), taxonomy::name(scheme, code)?.to_owned())))
        .collect()
}
