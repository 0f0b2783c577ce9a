//! Proposals of FEP-0837, in every way of writing them.

use serde_json::json;

use super::{families::FEP0837, peer::Peer};
use crate::{
    domain::entry::{Entry, Kind, Status},
    storage::{Db, testing::on_both},
};

/// What becomes of one of the fixtures.
async fn proposed(db: Db, file: &str) -> Entry {
    let peer = Peer::new(db, &FEP0837).await;
    assert_eq!(peer.organisation.actor_type, "Organization");
    let actor = peer.organisation.uri.as_str();
    let accept = json!({
        "id": format!("{actor}#accept"), "type": "Accept", "actor": actor,
        "object": peer.filled("{follow}"),
    });
    peer.post(&accept).await;
    peer.send(file).await;
    peer.only_entry().await
}

#[test]
fn a_bare_proposal_is_an_offer_with_its_title_and_text() {
    on_both(async |db| {
        let entry = proposed(db, "proposal").await;
        assert_eq!(entry.content.kind, Kind::Offer);
        assert_eq!(entry.content.status, Some(Status::Open));
        assert_eq!(entry.content.title, "Five days of training");
        assert!(entry.html.starts_with("<p>For border police.</p>"));
    });
}

#[test]
fn a_note_with_the_properties_of_a_proposal_is_one() {
    on_both(async |db| {
        let entry = proposed(db, "note").await;
        assert_eq!(entry.content.kind, Kind::Request);
        assert_eq!(entry.content.title, "Interpreters wanted");
        assert_eq!(entry.html, "<p>For one month.</p>");
    });
}

#[test]
fn prefixed_keys_and_full_iris_say_the_same() {
    on_both(async |db| {
        let entry = proposed(db, "prefixed").await;
        assert_eq!(entry.content.kind, Kind::Request);
        assert_eq!(entry.content.title, "A shelter place wanted");
    });
    on_both(async |db| {
        let entry = proposed(db, "iris").await;
        assert_eq!(entry.content.kind, Kind::Offer);
        assert_eq!(entry.content.title, "Legal counsel offered");
        assert!(entry.html.starts_with("<p>Free of charge.</p>"));
    });
}
