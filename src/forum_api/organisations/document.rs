//! Organisations as the API shows them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    domain::{
        organisation::{Category, Organisation},
        taxonomy::{self, Scheme},
    },
    forum_api::vocabulary::{Names, category_words, names},
};

/// An organisation in short.
#[derive(Debug, Serialize, ToSchema)]
pub struct Author {
    id: String,
    /// With `@host` for organisations of other servers.
    handle: String,
    name: String,
    uri: String,
    /// `null` for organisations of other servers.
    #[schema(schema_with = category_words)]
    category: Option<&'static str>,
    /// ISO 3166-1 alpha-2.
    country: Option<String>,
    local: bool,
}

impl Author {
    pub fn new(organisation: &Organisation) -> Self {
        Self {
            id: organisation.id.to_string(),
            handle: organisation.acct(),
            name: organisation.name.clone(),
            uri: organisation.uri.to_string(),
            category: organisation.category.map(Category::as_str),
            country: organisation.country.clone(),
            local: organisation.is_local(),
        }
    }
}

/// What an organisation offers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Expertise)]
pub struct ExpertiseDocument {
    /// ISO 3166-1 alpha-2, and XK.
    countries: Vec<String>,
    /// UN M49.
    regions: Vec<String>,
    /// OECD DAC CRS purpose codes.
    sectors: Vec<String>,
    /// BCP 47.
    languages: Vec<String>,
}

/// The names of an organisation's words and codes, in English.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganisationLabels {
    category: Option<&'static str>,
    country: Option<&'static str>,
    countries: Names,
    regions: Names,
    sectors: Names,
    languages: Names,
}

/// An organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Organisation)]
pub struct OrganisationDocument {
    #[serde(flatten)]
    organisation: Author,
    /// The page that people read.
    url: String,
    /// Markdown as written; empty for organisations of other servers.
    summary: String,
    /// Sanitised HTML as shown.
    content: String,
    website: Option<String>,
    avatar: Option<String>,
    /// Follows wait for approval.
    locked: bool,
    expertise: ExpertiseDocument,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    labels: OrganisationLabels,
}

impl From<Organisation> for OrganisationDocument {
    fn from(organisation: Organisation) -> Self {
        let expertise = &organisation.expertise;
        let languages = expertise.languages.iter();
        let labels = OrganisationLabels {
            category: organisation.category.map(Category::name),
            country: organisation
                .country
                .as_deref()
                .and_then(|code| taxonomy::name(Scheme::Country, code)),
            countries: names(Scheme::Country, &expertise.countries),
            regions: names(Scheme::Region, &expertise.regions),
            sectors: names(Scheme::Sector, &expertise.sectors),
            languages: languages
                .map(|tag| (tag.clone(), taxonomy::language_name(tag)))
                .collect(),
        };
        Self {
            organisation: Author::new(&organisation),
            url: organisation.url.into(),
            summary: organisation.summary,
            content: organisation.summary_html,
            website: organisation.website.map(Into::into),
            avatar: organisation.avatar.map(Into::into),
            locked: organisation.locked,
            expertise: ExpertiseDocument {
                countries: organisation.expertise.countries,
                regions: organisation.expertise.regions,
                sectors: organisation.expertise.sectors,
                languages: organisation.expertise.languages,
            },
            created_at: organisation.created_at,
            updated_at: organisation.updated_at,
            labels,
        }
    }
}
