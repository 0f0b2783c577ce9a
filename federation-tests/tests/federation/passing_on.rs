//! Boosts, likes, pins and moves between servers, also of what must be fetched
//! first.

use federation_tests::{
    database::Store,
    forum::{note, uri},
    node,
    node::Plan,
    on_both_databases,
    remote::{Answer, Remote},
    signing::Key,
    wait,
};
use serde_json::{Value, json};

async fn follow(remote: &Remote, node: &node::Node, member: &node::Member) {
    let address = format!("@mallory@{}", remote.authority());
    let mastodon = member.mastodon();
    let accepting = async {
        loop {
            remote.accept_follows(&node.origin()).await;
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    tokio::select! {
        _ = mastodon.follow(&address) => {}
        () = accepting => unreachable!("it accepts for ever"),
    }
}

async fn a_followed_actors_boost_fetches_what_it_points_to(store: Store) {
    let remote = Remote::start().await;
    let node = Plan::new(store)
        .reaching(&[remote.authority()])
        .start()
        .await;
    let member = node.member("reader", "Reader", "civil_society");
    let boost = |number: &str, object: &str| remote.activity(number, "Announce", &json!(object));
    let key = Key::generate();
    remote.introduce("author", &key);
    let author = remote.at("/users/author");
    let object = |path: &str, to: Value| {
        json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": remote.at(path), "type": "Note", "attributedTo": author,
            "content": "<p>Worth reading</p>", "published": wait::now().to_rfc3339(), "to": to,
        })
    };
    let public = json!(["https://www.w3.org/ns/activitystreams#Public"]);
    remote.say(
        "/notes/good",
        Answer::Document(object("/notes/good", public.clone())),
    );
    let private = json!([format!("{author}/followers")]);
    remote.say(
        "/notes/private",
        Answer::Document(object("/notes/private", private)),
    );

    // Of somebody whom nobody here follows it is not even fetched.
    remote
        .deliver(&node.origin(), &boost("b0", &remote.at("/notes/good")))
        .await
        .success();
    assert!(!remote.seen().iter().any(|seen| seen.path == "/notes/good"));

    follow(&remote, &node, &member).await;
    for (number, path) in [("b1", "/notes/private"), ("b2", "/notes/good")] {
        remote
            .deliver(&node.origin(), &boost(number, &remote.at(path)))
            .await
            .success();
    }
    let home = member
        .mastodon()
        .get("/api/v1/timelines/home")
        .await
        .expect(200)
        .json();
    let list = home.as_array().expect("a list");
    assert_eq!(list.len(), 1, "{home}");
    assert_eq!(list[0]["reblog"]["uri"], remote.at("/notes/good"));
    assert_eq!(list[0]["account"]["username"], "mallory");
}

async fn likes_and_boosts_cross_between_two_nodes(store: Store) {
    let [a, b] = node::network(store, &[]).await;
    let author = a.member("author", "Author", "government");
    let reader = b.member("reader", "Reader", "civil_society");
    reader.mastodon().follow(&author.address()).await;
    let entry = author
        .forum()
        .publish(&note("Worth reading", "public"))
        .await;
    let status = reader.mastodon().await_home(&uri(&entry)).await;
    let here = format!("/api/v1/statuses/{}", node::text(&status, "id"));
    let there = format!("/api/v1/statuses/{}", node::text(&entry, "id"));
    let counted = async |likes: i64, boosts: i64| {
        wait::until(&format!("{likes} likes, {boosts} boosts"), || async {
            let status = a.mastodon().get(&there).await.expect(200).json();
            (status["favourites_count"] == likes && status["reblogs_count"] == boosts).then_some(())
        })
        .await;
    };
    for word in ["favourite", "reblog"] {
        reader
            .mastodon()
            .post(&format!("{here}/{word}"))
            .await
            .expect(200);
    }
    counted(1, 1).await;
    for word in ["unfavourite", "unreblog"] {
        reader
            .mastodon()
            .post(&format!("{here}/{word}"))
            .await
            .expect(200);
    }
    counted(0, 0).await;
}

async fn an_organisation_moves_to_another_node_with_its_followers(store: Store) {
    let [old, new, third] = node::network(store, &[]).await;
    let leaving = old.member("office", "Office", "government");
    let arriving = new.member("office", "Office", "government");
    let reader = third.member("reader", "Reader", "civil_society");
    reader.mastodon().follow(&leaving.address()).await;
    let moving = [
        "organisation",
        "move",
        "--handle",
        "office",
        "--to",
        &arriving.uri,
    ];
    // The new address must name the old one first.
    old.run(&moving).expect(1);
    let alias = [
        "organisation",
        "alias",
        "--handle",
        "office",
        "--uri",
        &leaving.uri,
    ];
    new.command(&alias);
    assert_eq!(old.command(&moving)["moved_to"], arriving.uri);

    let entry = arriving
        .forum()
        .publish(&note("From the new address", "public"))
        .await;
    wait::until("the follower to have gone along", || async {
        let found = reader.mastodon().resolve(&arriving.address()).await?;
        let stands = reader
            .mastodon()
            .relationship(&node::text(&found, "id"))
            .await;
        (stands["following"] == true).then_some(())
    })
    .await;
    let later = arriving.forum().publish(&note("Later", "public")).await;
    reader.mastodon().await_home(&uri(&later)).await;
    assert_ne!(uri(&entry), uri(&later));
}

on_both_databases! {
    a_followed_actors_boost_fetches_what_it_points_to,
    likes_and_boosts_cross_between_two_nodes,
    an_organisation_moves_to_another_node_with_its_followers,
}
