//! Entries and organisations for the tests of this folder.

use url::Url;

use crate::domain::{
    account::{Role, User},
    accreditation::Standing,
    audience::{Audience, Tlp},
    entry::{Codes, Content, Counts, Entry, Kind, Status, Thread},
    id::{EntryId, OrganisationId, UserId},
    organisation::{Category, Endpoints, Expertise, Organisation, OrganisationState},
};
use crate::operations::people::Person;

fn url(text: &str) -> Url {
    Url::parse(text).expect("a URL")
}

pub fn ministry() -> Organisation {
    let uri = url("https://n.example/orgs/moj");
    Organisation {
        id: OrganisationId(3),
        uri: uri.clone(),
        handle: "moj".into(),
        host: None,
        name: "Ministry of Justice".into(),
        summary: "Justice.".into(),
        summary_html: "<p>Justice.</p>".into(),
        category: Some(Category::Government),
        country: Some("AL".into()),
        expertise: Expertise::default(),
        url: uri.clone(),
        website: Some(url("https://justice.example/?a=1&b=2")),
        avatar: None,
        locked: false,
        state: OrganisationState::Active,
        actor_type: "Organization".into(),
        endpoints: Endpoints {
            inbox: uri.clone(),
            shared_inbox: None,
            outbox: None,
            followers: None,
            following: None,
            featured: None,
        },
        created_at: "2026-10-01T09:00:00Z".parse().expect("an instant"),
        updated_at: "2026-10-01T09:00:00Z".parse().expect("an instant"),
        fetched_at: None,
    }
}

pub fn request() -> Entry {
    let uri = url("https://n.example/entries/7");
    Entry {
        id: EntryId(7),
        uri: uri.clone(),
        url: uri,
        author: ministry(),
        content: Content {
            kind: Kind::Request,
            title: "Training <for> border police".into(),
            body: "Five days.".into(),
            language: "en".into(),
            tlp: Tlp::Clear,
            codes: Codes {
                countries: vec!["AL".into()],
                regions: vec!["039".into()],
                pillars: vec!["prevention".into()],
                activities: vec!["training".into()],
                ..Codes::default()
            },
            stage: None,
            status: Some(Status::Open),
            closes_at: Some("2027-01-31T23:59:59Z".parse().expect("an instant")),
            starts_on: None,
            ends_on: None,
            budget: None,
        },
        html: "<p>Five days.</p>".into(),
        warning: String::new(),
        tags: vec!["albania".into(), "water".into()],
        audience: Audience::Public,
        partners: Vec::new(),
        thread: Thread {
            root: EntryId(7),
            in_reply_to: None,
            in_reply_to_uri: None,
        },
        counts: Counts::default(),
        created_at: "2026-11-01T09:00:00Z".parse().expect("an instant"),
        updated_at: "2026-11-01T09:00:00Z".parse().expect("an instant"),
        edited_at: None,
    }
}

/// An editor of the ministry.
pub fn person() -> Person {
    Person {
        user: User {
            id: UserId(9),
            email: "editor@n.example".into(),
            organisation: OrganisationId(3),
            role: Role::Editor,
            has_password: true,
            disabled: false,
            created_at: "2026-10-01T09:00:00Z".parse().expect("an instant"),
            signed_in_at: None,
        },
        organisation: ministry(),
        standing: Standing::by_operator(Some(Category::Government), None),
    }
}
