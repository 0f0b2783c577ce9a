//! Invented nouns with which tests render every template.

use chrono::{DateTime, NaiveDate, Utc};
use url::Url;

use crate::domain::{
    account::Role,
    audience::{Audience, Tlp},
    entry::{Budget, Codes, Content, Counts, Entry, Kind, Stage, Status, Thread},
    id::{EntryId, OrganisationId},
    organisation::{Category, Endpoints, Expertise, Organisation, OrganisationState},
};
use crate::web::layout::{Layout, Node, Person};

fn url(text: &str) -> Url {
    Url::parse(text).expect("a valid sample")
}

fn codes(codes: &[&str]) -> Vec<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

pub fn moment() -> DateTime<Utc> {
    DateTime::from_timestamp(1_793_500_000, 0).expect("a valid sample")
}

pub fn layout() -> Layout {
    Layout {
        node: Node {
            name: "Civil Society Node".into(),
            contact: "contact@n.example".into(),
            fictional: true,
            version: "0.1.0",
        },
        person: Some(person()),
        token: "form-token".into(),
        notice: None,
        path: "/".into(),
        style: "/assets/forum.css".into(),
        script: "/assets/forum.js".into(),
    }
}

pub fn person() -> Person {
    Person {
        email: "focal@n.example".into(),
        role: Role::Administrator,
        organisation: "Harbourlight Network".into(),
        organisation_path: "/orgs/harbourlight".into(),
        requests: 2,
        reports: 0,
        applications: 0,
    }
}

pub fn organisation() -> Organisation {
    let at = |part: &str| url(&format!("https://n.example/orgs/valdoria{part}"));
    Organisation {
        id: OrganisationId(7),
        uri: at(""),
        handle: "valdoria".into(),
        host: None,
        name: "Valdoria Ministry of Justice and Home Affairs".into(),
        summary: "Coordinates the national plan.".into(),
        summary_html: "<p>Coordinates the national plan.</p>".into(),
        category: Some(Category::Government),
        country: Some("QM".into()),
        expertise: Expertise {
            countries: codes(&["QM", "AL"]),
            regions: codes(&["151"]),
            sectors: codes(&["15130", "15190"]),
            languages: codes(&["en", "ar"]),
        },
        url: at(""),
        website: Some(url("https://valdoria.example/justice")),
        avatar: None,
        locked: false,
        state: OrganisationState::Active,
        actor_type: "Organization".into(),
        endpoints: Endpoints {
            inbox: at("/inbox"),
            shared_inbox: None,
            outbox: None,
            followers: None,
            following: None,
            featured: None,
        },
        created_at: moment(),
        updated_at: moment(),
        fetched_at: None,
    }
}

pub fn request() -> Entry {
    Entry {
        id: EntryId(114),
        uri: url("https://n.example/entries/114"),
        url: url("https://n.example/entries/114"),
        author: organisation(),
        content: Content {
            kind: Kind::Request,
            title: "Training for border police in finding and protecting victims".into(),
            body: "Five days, **forty officers**.".into(),
            language: "en".into(),
            tlp: Tlp::Green,
            codes: Codes {
                countries: codes(&["QM"]),
                regions: codes(&["151"]),
                sectors: codes(&["15132", "15190"]),
                pillars: codes(&["prevention", "protection"]),
                exploitation: codes(&["forced-labour"]),
                activities: codes(&["training"]),
            },
            stage: None,
            status: Some(Status::Open),
            closes_at: Some(moment()),
            starts_on: None,
            ends_on: None,
            budget: None,
        },
        html: "<p>Five days, <strong>forty officers</strong>, in two groups. Trainers who have worked at \
               land borders are wanted most; interpreters are at hand.</p>"
            .into(),
        warning: String::new(),
        tags: Vec::new(),
        audience: Audience::Public,
        partners: vec![],
        thread: Thread {
            root: EntryId(114),
            in_reply_to: None,
            in_reply_to_uri: None,
        },
        counts: Counts {
            responses: 0,
            replies: 2,
            ..Counts::default()
        },
        created_at: moment(),
        updated_at: moment(),
        edited_at: Some(moment()),
    }
}

pub fn project() -> Entry {
    let mut entry = request();
    entry.id = EntryId(115);
    entry.content.kind = Kind::Project;
    entry.content.title = "Safe-recruitment pilot, Kathmandu and two districts".into();
    entry.content.status = None;
    entry.content.closes_at = None;
    entry.content.stage = Some(Stage::Pipeline);
    entry.content.starts_on = NaiveDate::from_ymd_opt(2027, 3, 1);
    entry.content.ends_on = NaiveDate::from_ymd_opt(2028, 2, 28);
    entry.content.budget = Some(Budget {
        currency: "USD".into(),
        total: 180_000,
        gap: 120_000,
    });
    entry
}

/// Right-to-left text, for members, from another node.
pub fn arabic_note() -> Entry {
    let mut entry = request();
    entry.id = EntryId(116);
    entry.content.kind = Kind::Note;
    entry.content.title = "دليل جديد لمفتشي العمل".into();
    entry.content.language = "ar".into();
    entry.content.status = None;
    entry.content.closes_at = None;
    entry.content.tlp = Tlp::AmberStrict;
    entry.html = "<p>نشرنا دليلاً جديداً لمفتشي العمل حول مؤشرات العمل القسري.</p>".into();
    entry.audience = Audience::Members;
    entry.author.id = OrganisationId(9);
    entry.author.host = Some("gov.localhost:8081".into());
    entry.author.category = None;
    entry
}
