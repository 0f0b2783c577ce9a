//! The demo's content: `seed.json` (who and what) and `texts.toml` (prose),
//! read into the forum's own words.

use std::collections::BTreeMap;

use anyhow::{Context, anyhow};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;

use crate::domain::{
    audience::{AudienceKind, Tlp},
    entry::{Budget, Codes, Content, Kind, Stage, Status},
    organisation::{Category, Expertise},
};

const SEED: &str = include_str!("seed.json");
const TEXTS: &str = include_str!("texts.toml");

#[derive(Deserialize)]
struct Seed {
    organisations: Vec<SeedOrganisation>,
    requests: Vec<SeedEntry>,
    projects: Vec<SeedEntry>,
    offers: Vec<SeedEntry>,
}

#[derive(Deserialize)]
struct SeedOrganisation {
    id: String,
    name: String,
    category: String,
    home: String,
    regions_m49: Vec<String>,
    node: String,
}

/// Requests, projects and offers: what a kind lacks stays empty.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct SeedEntry {
    id: String,
    org: String,
    title: String,
    countries: Vec<String>,
    region_m49: String,
    crs_sectors: Vec<String>,
    p4: Vec<String>,
    forms: Vec<String>,
    audience: String,
    tlp: Option<Tlp>,
    deadline: Option<NaiveDate>,
    state: String,
    iati_status: String,
    start: Option<NaiveDate>,
    end: Option<NaiveDate>,
    budget_usd: Option<i64>,
    funding_gap_usd: Option<i64>,
    named: Vec<String>,
    partners: Vec<String>,
}

#[derive(Deserialize)]
struct Texts {
    organisations: BTreeMap<String, String>,
    #[serde(flatten)]
    entries: BTreeMap<String, Prose>,
}

#[derive(Deserialize)]
struct Prose {
    body: String,
    title: Option<String>,
    #[serde(default = "english")]
    language: String,
    #[serde(default)]
    activities: Vec<String>,
}

fn english() -> String {
    "en".to_owned()
}

/// An organisation of the demo.
#[derive(Debug, Clone)]
pub(super) struct DemoOrganisation {
    pub handle: String,
    /// Its node, as in `nodes::PLACES`.
    pub place: usize,
    pub name: String,
    pub category: Category,
    pub country: String,
    pub summary: String,
    pub expertise: Expertise,
}

/// An entry of the demo.
#[derive(Debug, Clone)]
pub(super) struct DemoEntry {
    pub id: String,
    /// Handles, as the following two.
    pub author: String,
    pub named: Vec<String>,
    pub partners: Vec<String>,
    pub audience: AudienceKind,
    pub content: Content,
}

pub(super) struct DemoContent {
    pub organisations: Vec<DemoOrganisation>,
    pub entries: Vec<DemoEntry>,
}

impl DemoContent {
    /// Reads what is built in.
    ///
    /// # Errors
    /// None that a test would not have found.
    pub fn read() -> anyhow::Result<Self> {
        let seed: Seed = serde_json::from_str(SEED)?;
        let mut texts: Texts = toml::from_str(TEXTS)?;
        let organisations = seed
            .organisations
            .into_iter()
            .map(|one| {
                let summary = texts.organisations.remove(&one.id).unwrap_or_default();
                organisation(one, summary)
            })
            .collect::<anyhow::Result<_>>()?;
        let kinds = [
            (Kind::Request, seed.requests),
            (Kind::Project, seed.projects),
            (Kind::Offer, seed.offers),
        ];
        let mut by_kind = Vec::new();
        for (kind, entries) in kinds {
            for (place, one) in entries.into_iter().enumerate() {
                let prose = texts.entries.remove(&one.id);
                let prose = prose.with_context(|| format!("no text for {}", one.id))?;
                by_kind.push((place, entry(kind, one, prose)?));
            }
        }
        // The kinds take turns, so that a timeline shows all of them.
        by_kind.sort_by_key(|(place, _)| *place);
        let entries = by_kind.into_iter().map(|(_, entry)| entry).collect();
        Ok(Self {
            organisations,
            entries,
        })
    }

    pub fn organisation(&self, handle: &str) -> anyhow::Result<&DemoOrganisation> {
        let found = self.organisations.iter().find(|one| one.handle == handle);
        found.ok_or_else(|| anyhow!("the demo has no organisation {handle}"))
    }

    /// Handles of those who write public entries.
    pub fn public_authors(&self) -> Vec<&str> {
        let mut authors: Vec<&str> = self
            .entries
            .iter()
            .filter(|entry| entry.audience == AudienceKind::Public)
            .map(|entry| entry.author.as_str())
            .collect();
        authors.sort_unstable();
        authors.dedup();
        authors
    }
}

fn organisation(seed: SeedOrganisation, summary: String) -> anyhow::Result<DemoOrganisation> {
    let category = match seed.category.as_str() {
        "international" => Category::InternationalOrganisation,
        "cso" => Category::CivilSociety,
        "private" => Category::PrivateSector,
        other => other.parse()?,
    };
    Ok(DemoOrganisation {
        place: match (seed.node.as_str(), category.is_preferential()) {
            ("own", true) => 1,
            ("own", false) => 2,
            _ => 0,
        },
        handle: seed.id,
        name: seed.name,
        category,
        country: seed.home,
        summary,
        expertise: Expertise {
            regions: seed.regions_m49,
            ..Expertise::default()
        },
    })
}

fn entry(kind: Kind, seed: SeedEntry, prose: Prose) -> anyhow::Result<DemoEntry> {
    let audience: AudienceKind = seed.audience.parse()?;
    let (stage, status) = match kind {
        Kind::Project => (Some(stage(&seed.iati_status)?), None),
        Kind::Request | Kind::Offer | Kind::Note => (None, Some(status(&seed.state)?)),
    };
    let budget = seed.budget_usd.map(|total| Budget {
        currency: "USD".to_owned(),
        total,
        gap: seed.funding_gap_usd.unwrap_or_default(),
    });
    Ok(DemoEntry {
        audience,
        content: Content {
            kind,
            title: prose.title.unwrap_or(seed.title),
            body: prose.body,
            language: prose.language,
            tlp: seed.tlp.unwrap_or(audience.default_tlp()),
            codes: Codes {
                countries: seed.countries,
                regions: vec![seed.region_m49],
                sectors: seed.crs_sectors,
                pillars: seed.p4,
                exploitation: seed.forms,
                activities: prose.activities,
            },
            stage,
            status,
            closes_at: seed.deadline.map(end_of_day),
            starts_on: seed.start,
            ends_on: seed.end,
            budget,
        },
        id: seed.id,
        author: seed.org,
        named: seed.named,
        partners: seed.partners,
    })
}

/// IATI activity status codes.
fn stage(code: &str) -> anyhow::Result<Stage> {
    Ok(match code {
        "1" => Stage::Pipeline,
        "2" => Stage::Implementation,
        "3" => Stage::Finalisation,
        "4" => Stage::Closed,
        "5" => Stage::Cancelled,
        "6" => Stage::Suspended,
        other => return Err(anyhow!("no activity status {other:?}")),
    })
}

fn status(state: &str) -> anyhow::Result<Status> {
    Ok(match state {
        "open" | "answered" | "proposed" => Status::Open,
        "matched" | "accepted" => Status::Agreed,
        "withdrawn" => Status::Withdrawn,
        other => return Err(anyhow!("no state {other:?}")),
    })
}

fn end_of_day(date: NaiveDate) -> DateTime<Utc> {
    let last = NaiveTime::from_hms_opt(23, 59, 59).expect("a time of day");
    date.and_time(last).and_utc()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{super::nodes::PLACES, *};
    use crate::domain::{
        audience::{Tier, may_publish_to},
        entry::check,
    };

    fn content() -> DemoContent {
        DemoContent::read().expect("the built-in content is readable")
    }

    #[test]
    fn every_entry_keeps_the_rules_and_has_prose_of_its_own() {
        let content = content();
        assert_eq!(content.entries.len(), 75);
        for entry in &content.entries {
            assert_eq!(check(&entry.content), [], "{}", entry.id);
            let author = content.organisation(&entry.author).expect("an author");
            assert!(
                may_publish_to(Tier::of(author.category), entry.audience),
                "{}",
                entry.id
            );
            assert!(entry.content.body.chars().count() > 60, "{}", entry.id);
            let is_named = entry.audience == AudienceKind::Named;
            assert_eq!(is_named, !entry.named.is_empty(), "{}", entry.id);
            for other in entry.partners.iter().chain(&entry.named) {
                content.organisation(other).expect("one of the demo's");
            }
        }
    }

    #[test]
    fn the_content_shows_every_audience_several_scripts_and_a_cancelled_project() {
        let content = content();
        let languages: BTreeSet<&str> = content
            .entries
            .iter()
            .map(|entry| entry.content.language.as_str())
            .collect();
        assert_eq!(
            Vec::from_iter(languages),
            ["ar", "bn", "en", "es", "fr", "ne", "ru", "th"]
        );
        for audience in [
            AudienceKind::Public,
            AudienceKind::Members,
            AudienceKind::Preferential,
            AudienceKind::Named,
        ] {
            assert!(
                content
                    .entries
                    .iter()
                    .any(|entry| entry.audience == audience)
            );
        }
        assert!(
            content
                .entries
                .iter()
                .any(|entry| entry.content.stage == Some(Stage::Cancelled))
        );
        assert!(
            content
                .entries
                .iter()
                .any(|entry| entry.content.tlp == Tlp::AmberStrict)
        );
    }

    #[test]
    fn organisations_are_spread_over_the_nodes_by_what_they_are() {
        let content = content();
        assert_eq!(content.organisations.len(), 25);
        for one in &content.organisations {
            assert!(!one.summary.is_empty(), "{}", one.handle);
            match one.place {
                0 => {}
                1 => assert!(one.category.is_preferential(), "{}", one.handle),
                _ => assert!(!one.category.is_preferential(), "{}", one.handle),
            }
        }
        for (index, place) in PLACES.iter().enumerate() {
            let main = content
                .organisation(place.main)
                .expect("a main organisation");
            assert_eq!(main.place, index);
        }
    }
}
