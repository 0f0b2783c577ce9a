//! Rules of reading that one family or another leans on.

use serde_json::{Value, json};

use super::{families::MASTODON, peer::Peer};
use crate::storage::{Db, testing::on_both};

async fn following(db: Db) -> Peer {
    let peer = Peer::new(db, &MASTODON).await;
    peer.send("accept").await;
    peer
}

fn without(mut activity: Value, keys: &[&str]) -> Value {
    let object = activity["object"].as_object_mut().expect("an object");
    for key in keys {
        object.shift_remove(*key);
    }
    activity
}

#[test]
fn an_object_without_recipients_is_for_whom_its_activity_is() {
    on_both(async |db| {
        let peer = following(db).await;
        let mut quiet = without(peer.read("create"), &["to", "cc"]);
        quiet["to"] = json!([peer.filled("{base}/users/elira/followers")]);
        quiet["id"] = format!("{}/quiet", quiet["id"].as_str().expect("an id")).into();
        peer.post(&quiet).await;
        assert_eq!(peer.entries().await, []);
        // An empty list is for nobody, whatever the activity says.
        let mut nobody = without(peer.read("create"), &["cc"]);
        nobody["object"]["to"] = json!([]);
        nobody["id"] = format!("{}/nobody", nobody["id"].as_str().expect("an id")).into();
        peer.post(&nobody).await;
        assert_eq!(peer.entries().await, []);
        peer.post(&without(peer.read("create"), &["to", "cc"]))
            .await;
        peer.only_entry().await;
    });
}

#[test]
fn a_new_version_without_its_moment_is_of_the_activitys_moment() {
    on_both(async |db| {
        let peer = following(db).await;
        peer.send("create").await;
        peer.post(&without(peer.read("update"), &["updated"])).await;
        let entry = peer.only_entry().await;
        assert!(entry.html.contains(MASTODON.changed));
        let moment = entry.edited_at.expect("edited").to_rfc3339();
        assert!(moment.starts_with("2026-11-22T10:40:00"), "{moment}");
    });
}
