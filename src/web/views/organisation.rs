//! Organisations as pages show them.

use crate::domain::{
    organisation::{Category, Organisation},
    taxonomy::{self, Scheme, language_name},
};

use super::{Fact, Moment, Outside};

/// An organisation in a list, or as an author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationFace {
    pub handle: String,
    pub acct: String,
    pub name: String,
    pub path: String,
    /// Two letters in place of a picture: nothing is loaded from elsewhere.
    pub initials: String,
    /// Which of six colours lies behind them.
    pub hue: i64,
    pub category: Option<&'static str>,
    pub country: Option<String>,
}

impl From<&Organisation> for OrganisationFace {
    fn from(organisation: &Organisation) -> Self {
        let name = match organisation.name.trim() {
            "" => organisation.handle.as_str(),
            name => name,
        };
        Self {
            handle: organisation.handle.clone(),
            acct: organisation.acct(),
            name: name.to_owned(),
            path: path(organisation),
            initials: initials(name),
            hue: organisation.id.0.rem_euclid(6),
            category: organisation.category.map(Category::name),
            country: organisation.country.as_deref().map(|code| {
                let name = taxonomy::name(Scheme::Country, code).unwrap_or(code);
                format!("{name} ({code})")
            }),
        }
    }
}

impl OrganisationFace {
    /// Category and country, as far as they are known.
    pub fn facts(&self) -> Vec<&str> {
        self.category
            .into_iter()
            .chain(self.country.as_deref())
            .collect()
    }
}

/// The page on this node.
pub fn path(organisation: &Organisation) -> String {
    if organisation.is_local() {
        format!("/orgs/{}", organisation.handle)
    } else {
        format!("/organisations/{}", organisation.id)
    }
}

/// Two capitals of the name's words, or its first two letters.
fn initials(name: &str) -> String {
    let firsts: String = name
        .split(|c: char| !c.is_alphanumeric())
        .filter_map(|word| word.chars().next())
        .filter(|letter| !letter.is_lowercase())
        .take(2)
        .collect();
    if firsts.chars().count() == 2 {
        return firsts;
    }
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.take(2).flat_map(char::to_uppercase).collect()
}

/// An organisation on its own page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationView {
    pub face: OrganisationFace,
    /// With the host, as people elsewhere search for it.
    pub full_acct: String,
    /// What `follow` and `unfollow` are posted below.
    pub action_path: String,
    /// Sanitised HTML.
    pub summary: String,
    pub facts: Vec<Fact>,
    pub website: Option<Outside>,
    /// Where a remote organisation is at home.
    pub origin: Option<Outside>,
}

impl OrganisationView {
    /// `authority` is this node's own host, with a non-default port.
    pub fn new(organisation: &Organisation, authority: &str) -> Self {
        let host = organisation.host.as_deref().unwrap_or(authority);
        Self {
            face: organisation.into(),
            full_acct: format!("{}@{host}", organisation.handle),
            action_path: format!("/organisations/{}", organisation.id),
            summary: organisation.summary_html.clone(),
            facts: facts(organisation),
            website: organisation.website.as_ref().map(Outside::from),
            origin: organisation
                .host
                .is_some()
                .then(|| Outside::from(&organisation.url)),
        }
    }
}

fn facts(organisation: &Organisation) -> Vec<Fact> {
    let face = OrganisationFace::from(organisation);
    let expertise = &organisation.expertise;
    let languages: Vec<String> = expertise
        .languages
        .iter()
        .map(|tag| format!("{} ({tag})", language_name(tag)))
        .collect();
    [
        face.category.map(|name| Fact::text("Category", name)),
        face.country.map(|name| Fact::text("Country", name)),
        Fact::codes(Scheme::Country, "Works in", &expertise.countries),
        Fact::codes(Scheme::Region, "Regions", &expertise.regions),
        Fact::codes(Scheme::Sector, "Sectors", &expertise.sectors),
        (!languages.is_empty()).then(|| Fact::text("Languages", languages.join(", "))),
        organisation
            .is_local()
            .then(|| Fact::moment("Here since", Moment::day_of(organisation.created_at))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::views::samples;

    #[test]
    fn initials_come_from_the_capitals_of_any_script() {
        for (name, expected) in [
            ("Ministry of Justice", "MJ"),
            ("harbourlight", "HA"),
            ("Надежда", "НА"),
            ("وزارة العدل", "وا"),
            ("", ""),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }

    #[test]
    fn a_remote_organisation_has_a_page_here_and_a_link_to_its_own() {
        let mut remote = samples::organisation();
        remote.host = Some("else.example".into());
        let view = OrganisationView::new(&remote, "n.example");
        assert_eq!(view.full_acct, format!("{}@else.example", remote.handle));
        assert!(view.origin.is_some());
        assert_eq!(view.face.path, format!("/organisations/{}", remote.id));
        let local = OrganisationView::new(&samples::organisation(), "n.example");
        assert!(local.full_acct.ends_with("@n.example"));
        assert_eq!(local.origin, None);
    }
}
