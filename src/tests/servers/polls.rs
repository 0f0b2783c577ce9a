//! Polls, votes and quotes, as Mastodon and GoToSocial send them.

use super::{
    families::{GOTOSOCIAL, MASTODON},
    peer::Peer,
};
use crate::storage::{Db, testing::on_both};

async fn following_mastodon(db: Db) -> Peer {
    let peer = Peer::new(db, &MASTODON).await;
    peer.send("accept").await;
    peer
}

#[test]
fn a_poll_is_read_with_its_options_and_its_counts_are_renewed() {
    on_both(async |db| {
        let peer = following_mastodon(db).await;
        peer.send("question").await;
        let poll = peer.only_entry().await;
        assert!(poll.html.contains("When should the joint training"));
        assert!(
            poll.html
                .contains("<ul><li>In spring (0)</li><li>In autumn (0)</li></ul>")
        );

        peer.send("question_votes").await;
        let poll = peer.only_entry().await;
        assert!(
            poll.html
                .contains("<li>In spring (2)</li><li>In autumn (5)</li>")
        );
        assert_eq!(poll.edited_at, None, "votes are no edit");

        peer.send("question_edit").await;
        let poll = peer.only_entry().await;
        assert!(poll.html.contains("When shall we train together?"));
        assert!(poll.edited_at.is_some());
        // Counts of the version before come too late.
        let mut late = peer.read("question_votes");
        late["id"] = format!("{}-late", late["id"].as_str().expect("an id")).into();
        peer.post(&late).await;
        assert_eq!(peer.only_entry().await.html, poll.html);
    });
}

#[test]
fn votes_are_acknowledged_and_are_never_replies() {
    on_both(async |db| {
        let peer = following_mastodon(db).await;
        peer.send("vote").await;
        // Even one for everybody to see.
        let mut vote = peer.read("vote");
        vote["object"]["to"] = "as:Public".into();
        vote["id"] = peer.filled("{base}/users/elira#votes/9/activity").into();
        vote["object"]["id"] = peer.filled("{base}/users/elira#votes/9").into();
        peer.post(&vote).await;
        assert_eq!(peer.entries().await, []);
    });
    on_both(async |db| {
        let peer = Peer::new(db, &GOTOSOCIAL).await;
        peer.send("votes").await;
        assert_eq!(peer.entries().await, []);
    });
}

#[test]
fn what_a_note_quotes_is_linked_below_its_text() {
    on_both(async |db| {
        let peer = following_mastodon(db).await;
        peer.send("quote").await;
        let entry = peer.only_entry().await;
        let expected =
            peer.filled("<p>Worth reading before the meeting.</p><p>RE: <a href=\"{entry}\"");
        assert!(entry.html.starts_with(&expected), "{}", entry.html);
    });
}
