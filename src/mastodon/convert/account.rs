//! Organisation to account.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        accreditation::{Notice, Standing},
        organisation::{Organisation, OrganisationState},
        taxonomy::{self, Scheme},
        text,
    },
    mastodon::entities::{
        Account, AccountRole, FeatureApproval, Field, ForumAccount, ForumAccreditation, Timestamp,
    },
    urls::Urls,
};

/// What an organisation did, as far as the viewer may see it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub entries: i64,
    pub last_entry_at: Option<DateTime<Utc>>,
    pub followers: i64,
    pub following: i64,
}

/// The colour of category badges.
pub const BADGE_COLOUR: &str = "#1b6ac9";

/// An organisation with what it did, as far as the viewer may see it, and what it
/// is worth here. Where it went is not said.
pub fn account(
    organisation: &Organisation,
    tally: &Tally,
    standing: &Standing,
    urls: &Urls,
) -> Account {
    let avatar = match &organisation.avatar {
        Some(avatar) => avatar.to_string(),
        None => urls.avatar().to_string(),
    };
    let header = urls.header().to_string();
    Account {
        id: organisation.id,
        username: organisation.handle.clone(),
        acct: organisation.acct(),
        url: organisation.url.to_string(),
        uri: organisation.uri.to_string(),
        display_name: organisation.name.clone(),
        note: organisation.summary_html.clone(),
        avatar: avatar.clone(),
        avatar_static: avatar,
        avatar_description: String::new(),
        header: header.clone(),
        header_static: header,
        header_description: String::new(),
        locked: organisation.locked,
        fields: fields(organisation),
        emojis: Vec::new(),
        bot: matches!(organisation.actor_type.as_str(), "Application" | "Service"),
        group: false,
        discoverable: true,
        indexable: true,
        noindex: false,
        moved: None,
        memorial: false,
        suspended: organisation.state != OrganisationState::Active,
        limited: false,
        created_at: Timestamp::midnight(organisation.created_at),
        last_status_at: tally.last_entry_at.map(|at| at.date_naive()),
        statuses_count: tally.entries,
        followers_count: tally.followers,
        following_count: tally.following,
        hide_collections: false,
        show_media: false,
        show_media_replies: false,
        show_featured: true,
        roles: roles(organisation),
        attribution_domains: Vec::new(),
        feature_approval: FeatureApproval::default(),
        forum: ForumAccount {
            r#type: organisation.actor_type.clone(),
            category: organisation.category.map(|category| category.as_str()),
            country: organisation.country.clone(),
            local: organisation.is_local(),
            accreditation: accreditation(standing),
        },
    }
}

/// What an anchor says; the operator's own word has no basis.
fn accreditation(standing: &Standing) -> Option<ForumAccreditation> {
    let basis = standing.basis.as_ref()?;
    Some(ForumAccreditation {
        state: match standing.notice {
            None => "valid",
            Some(Notice::Grace { .. }) => "grace",
            Some(Notice::Degraded { .. }) => "degraded",
        },
        since: basis.valid_from,
        until: basis.valid_until,
    })
}

/// The facts of a profile: what kind of body, where, and its website.
pub fn fields(organisation: &Organisation) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut add = |name: &str, value: String| {
        if !value.is_empty() {
            fields.push(Field {
                name: name.to_owned(),
                value,
                verified_at: None,
            });
        }
    };
    if let Some(category) = organisation.category {
        add("Category", text::escape(category.name()));
    }
    if let Some(country) = &organisation.country {
        let name = taxonomy::name(Scheme::Country, country).unwrap_or(country);
        add("Country", text::escape(name));
    }
    let regions: Vec<&str> = organisation
        .expertise
        .regions
        .iter()
        .map(|code| taxonomy::name(Scheme::Region, code).unwrap_or(code))
        .collect();
    add("Regions", text::escape(&regions.join(", ")));
    if let Some(website) = &organisation.website {
        let href = text::escape(website.as_str());
        add(
            "Website",
            format!("<a href=\"{href}\" rel=\"me nofollow noopener\">{href}</a>"),
        );
    }
    fields
}

/// The category as a badge: a reader should see at once who speaks.
fn roles(organisation: &Organisation) -> Vec<AccountRole> {
    organisation
        .category
        .map(|category| AccountRole {
            id: category.as_str().to_owned(),
            name: category.name().to_owned(),
            color: BADGE_COLOUR.to_owned(),
        })
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{super::samples, *};

    fn account_of(organisation: &Organisation) -> Account {
        let urls = Urls::new(&Url::parse("https://n.example").expect("a URL"));
        let tally = Tally {
            entries: 4,
            last_entry_at: Some("2026-11-02T10:00:00Z".parse().expect("an instant")),
            followers: 2,
            following: 1,
        };
        let standing = Standing::by_operator(organisation.category, None);
        account(organisation, &tally, &standing, &urls)
    }

    #[test]
    fn the_operators_own_word_is_no_accreditation() {
        let account = account_of(&samples::ministry());
        assert_eq!(account.forum.category, Some("government"));
        assert_eq!(account.forum.accreditation, None);
    }

    #[test]
    fn an_organisation_without_pictures_gets_the_default_ones() {
        let account = account_of(&samples::ministry());
        assert_eq!(account.avatar, "https://n.example/assets/avatar.png");
        assert_eq!(account.header, "https://n.example/assets/header.png");
    }

    #[test]
    fn category_country_and_website_are_shown_as_facts_and_the_category_as_badge() {
        let account = account_of(&samples::ministry());
        let facts: Vec<(&str, &str)> = account
            .fields
            .iter()
            .map(|field| (field.name.as_str(), field.value.as_str()))
            .collect();
        assert_eq!(
            facts,
            [
                ("Category", "Government"),
                ("Country", "Albania"),
                (
                    "Website",
                    "<a href=\"https://justice.example/?a=1&amp;b=2\" rel=\"me nofollow noopener\">\
                     https://justice.example/?a=1&amp;b=2</a>"
                ),
            ]
        );
        assert_eq!(account.roles[0].name, "Government");
        assert!(account.roles[0].color.starts_with('#'));
    }

    #[test]
    fn counts_and_days_come_from_the_tally() {
        let account = account_of(&samples::ministry());
        assert_eq!(
            (
                account.statuses_count,
                account.followers_count,
                account.following_count
            ),
            (4, 2, 1)
        );
        assert_eq!(
            account.last_status_at.map(|day| day.to_string()).as_deref(),
            Some("2026-11-02")
        );
    }

    #[test]
    fn a_remote_organisation_is_named_with_its_host() {
        let mut organisation = samples::ministry();
        organisation.host = Some("m.example:8443".into());
        let account = account_of(&organisation);
        assert_eq!(
            (account.username.as_str(), account.acct.as_str()),
            ("moj", "moj@m.example:8443")
        );
        assert!(!account.forum.local);
    }
}
