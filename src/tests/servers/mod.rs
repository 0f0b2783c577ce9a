//! What fourteen families of servers send, in the shape in which they write
//! it: the fixtures are in `tests/fixtures/servers/{family}/`. On both
//! databases.

mod families;
mod fixtures;
mod groups;
mod peer;
mod polls;
mod proposals;
mod spelling;

use chrono::TimeDelta;

use self::peer::{Family, Peer};
use crate::{domain::follow::FollowState, storage::Db};

/// Sends all that the family's folder holds, and looks at what became of it.
async fn read_and_apply(db: Db, family: &Family) {
    let peer = Peer::new(db, family).await;
    its_author_is_known(&peer, family);
    follows_both_ways(&peer).await;
    an_entry_is_stored(&peer, family).await;
    an_answer_is_threaded(&peer, family).await;
    an_update_takes_effect(&peer, family).await;
    reactions_count(&peer, family).await;
    a_deletion_takes_effect(&peer, family).await;
}

fn its_author_is_known(peer: &Peer, family: &Family) {
    let author = &peer.organisation;
    assert_eq!(author.name, family.author);
    assert_eq!(author.handle, family.handle);
    assert_eq!(author.url.as_str(), peer.filled(family.profile));
    let shared = author.endpoints.shared_inbox.as_ref().map(|url| url.path());
    assert_eq!(shared, family.shared_inbox);
}

async fn follows_both_ways(peer: &Peer) {
    assert_eq!(peer.our_follow().await, Some(FollowState::Pending));
    peer.send("accept").await;
    assert_eq!(peer.our_follow().await, Some(FollowState::Accepted));
    assert_eq!(peer.their_follow().await, None);
    peer.send("follow").await;
    assert_eq!(peer.their_follow().await, Some(FollowState::Accepted));
}

async fn an_entry_is_stored(peer: &Peer, family: &Family) {
    peer.send("create").await;
    peer.send("create").await;
    let entry = peer.only_entry().await;
    let content = &entry.content;
    assert_eq!(content.title, family.title);
    assert_eq!(content.language, family.language);
    assert_eq!(entry.warning, family.warning);
    assert_eq!(entry.tags, family.tags);
    assert_eq!(entry.url.as_str(), peer.filled(family.page));
    for text in family.text {
        let text = peer.filled(text);
        assert!(entry.html.contains(&text), "no {text} in {}", entry.html);
    }
    assert_eq!(
        entry.author.name,
        family.written_by.unwrap_or(family.author)
    );
    assert_eq!(entry.thread.in_reply_to, None);
}

async fn an_answer_is_threaded(peer: &Peer, family: &Family) {
    let Some(text) = family.answer else { return };
    peer.send("reply").await;
    let answers = peer.answers().await;
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(answers[0].html.contains(text), "{}", answers[0].html);
    assert_eq!(answers[0].thread.root, peer.ours.id);
}

async fn an_update_takes_effect(peer: &Peer, family: &Family) {
    // Mobilizon gives it the id of the Create.
    peer.node.pass(TimeDelta::seconds(1));
    peer.send("update").await;
    let entry = peer.only_entry().await;
    assert!(entry.html.contains(family.changed), "{}", entry.html);
    assert!(entry.edited_at.is_some());
}

/// Likes and boosts of our own entry, and what the family takes back.
async fn reactions_count(peer: &Peer, family: &Family) {
    let mut expected = (0, 0);
    if peer.has("like") {
        peer.send("like").await;
        expected.0 = 1;
    }
    if peer.has("announce") {
        peer.send("announce").await;
        expected.1 = 1;
    }
    assert_eq!(peer.reactions().await, expected);
    peer.send("undo").await;
    match family.takes_back {
        "Like" => expected.0 = 0,
        "Announce" => expected.1 = 0,
        "Follow" => assert_eq!(peer.their_follow().await, None),
        other => panic!("{other} is not taken back"),
    }
    assert_eq!(peer.reactions().await, expected);
}

async fn a_deletion_takes_effect(peer: &Peer, family: &Family) {
    peer.server.clear();
    peer.post(&peer.read("delete")).await;
    let left = peer.entries().await;
    assert_eq!(left.len(), usize::from(family.answer.is_some()), "{left:?}");
    // It does not come back.
    peer.post(&peer.read("create")).await;
    assert_eq!(peer.entries().await.len(), left.len());
}
