//! What a group passes on (FEP-1b12), as Lemmy sends it: nothing of it is
//! believed but what the object's own server says.

use serde_json::json;

use super::{families::LEMMY, peer::Peer};
use crate::storage::{Db, testing::on_both};

const CHANGED: &str = "Tested in thirty schools.";

/// The group has passed an entry on to the node, which follows it.
async fn with_an_entry(db: Db) -> Peer {
    let peer = Peer::new(db, &LEMMY).await;
    peer.send("accept").await;
    peer.send("create").await;
    peer.only_entry().await;
    peer
}

#[test]
fn what_a_group_embeds_is_not_believed() {
    on_both(async |db| {
        let peer = with_an_entry(db).await;
        // The server still gives out the version before.
        let update = peer.read("update");
        peer.post(&update).await;
        assert!(!peer.only_entry().await.html.contains(CHANGED));

        let delete = peer.read("delete");
        peer.post(&delete).await;
        peer.only_entry().await;
    });
}

#[test]
fn what_is_no_longer_public_at_its_server_is_deleted_here() {
    on_both(async |db| {
        let peer = with_an_entry(db).await;
        let mut update = peer.read("update");
        update["object"]["object"]["to"] = json!([peer.filled("{base}/c/prevention")]);
        peer.server.give_out(&update);
        peer.post(&update).await;
        assert_eq!(peer.entries().await, []);
    });
}

#[test]
fn a_group_that_nobody_follows_makes_the_node_ask_nothing() {
    on_both(async |db| {
        let peer = with_an_entry(db).await;
        let mut update = peer.read("update");
        peer.server.give_out(&update);
        // The author's own account, which is not followed.
        update["actor"] = peer.filled("{base}/u/tamar").into();
        peer.post(&update).await;
        assert!(!peer.only_entry().await.html.contains(CHANGED));
    });
}

#[test]
fn a_vote_that_a_group_passes_on_is_ignored() {
    on_both(async |db| {
        let peer = with_an_entry(db).await;
        let mut announce = peer.read("create");
        announce["id"] = peer.filled("{base}/activities/announce/a9").into();
        announce["object"] = peer.read("like");
        peer.post(&announce).await;
        assert_eq!(peer.reactions().await, (0, 0));
        assert_eq!(peer.server.asked_for("/activities/like/e1"), 0);
    });
}
