//! What of an entry is read, and what is wrong with it.

use serde_json::{Value, json};

use crate::{
    domain::entry::{self, Stage, Status},
    forum_api::{
        entries::written::{Written, new_entry},
        fields::Change,
    },
};

fn read(value: Value) -> Written {
    let Value::Object(members) = value else {
        panic!("an object")
    };
    new_entry(members)
}

fn fields(written: &Written) -> Vec<&str> {
    written
        .errors
        .iter()
        .map(|error| error.field.as_str())
        .collect()
}

#[test]
fn a_request_needs_little_and_gets_the_defaults() {
    let written = read(json!({"kind": "request", "title": "Training", "body": "Five days."}));
    assert_eq!(fields(&written), Vec::<&str>::new());
    assert_eq!(written.content.title, "Training");
    assert_eq!(written.content.language, "en");
    assert_eq!(written.content.status, Some(Status::Open));
    assert_eq!(written.tlp, Change::Keep);
    assert_eq!(written.audience, Change::Keep);
}

#[test]
fn faults_of_form_and_faults_against_the_rules_come_together() {
    let written = read(json!({
        "kind": "project", "title": "", "body": 7, "language": "Klingon", "tlp": "PINK",
        "countries": ["ZZ", "AL"], "sectors": ["15162"], "pillars": "prevention",
        "status": "open", "closes_at": "soon", "starts_on": "2027-02-02",
        "ends_on": "2027-02-01", "budget": {"currency": "euro", "total": 1, "gap": 2},
        "colour": "red", "id": "1"
    }));
    let mut found = fields(&written);
    found.sort_unstable();
    found.dedup();
    assert_eq!(
        found,
        [
            "body",
            "budget",
            "closes_at",
            "colour",
            "countries",
            "ends_on",
            "language",
            "pillars",
            "sectors",
            "stage",
            "status",
            "title",
            "tlp"
        ]
    );
}

#[test]
fn without_a_kind_nothing_is_said_of_what_depends_on_it() {
    let written = read(json!({"title": "x", "body": "y", "stage": "idea"}));
    assert_eq!(fields(&written), ["kind"]);
    let written = read(json!({"kind": "poem", "title": "x", "body": "y", "stage": "idea"}));
    assert_eq!(fields(&written), ["kind"]);
}

#[test]
fn the_language_is_brought_into_its_canonical_form() {
    let written = read(json!({"kind": "note", "body": "Oi", "language": "pt-br"}));
    assert_eq!(written.content.language, "pt-BR");
    assert_eq!(fields(&written), Vec::<&str>::new());
}

#[test]
fn a_project_is_read_with_its_stage_dates_and_money() {
    let written = read(json!({
        "kind": "project", "title": "Pilot", "body": "Two districts.", "stage": "pipeline",
        "starts_on": "2027-03-01", "ends_on": "2028-02-28", "countries": ["NP"],
        "budget": {"currency": "USD", "total": 180000, "gap": 120000}
    }));
    assert_eq!(fields(&written), Vec::<&str>::new());
    assert_eq!(written.content.stage, Some(Stage::Pipeline));
    assert!(entry::seeks_funding(&written.content));
}
