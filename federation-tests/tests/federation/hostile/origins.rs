//! Speaking for others: activities, objects and owners that are not of one
//! origin (FEP-fe34).

use federation_tests::{
    database::Store,
    forum::{full_request, id, uri},
    http::ACTIVITY_JSON,
    node::text,
    on_both_databases,
    remote::{Answer, Remote},
    signing::Key,
    wait,
};
use serde_json::{Value, json};

use super::{scene, scene_with};

async fn nobody_speaks_for_somebody_else(store: Store) {
    let scene = scene(store).await;
    let kept = scene.prove_the_door_open().await;
    let mine = scene.member.forum().publish(&full_request("Ours")).await;
    let remote = &scene.remote;
    let rival = Remote::start().await;

    // Signed by mallory, in the name of an actor elsewhere.
    let mut forged = scene.create("forged");
    forged["actor"] = json!(rival.actor());
    let reply = remote.deliver(&scene.node.origin(), &forged).await;
    assert!((400..500).contains(&reply.status), "{}", reply.status);

    // Signed by mallory, in the name of an organisation of this node.
    let mut ours = scene.create("ours");
    ours["actor"] = json!(scene.member.uri);
    ours["object"]["attributedTo"] = json!(scene.member.uri);
    let reply = remote.deliver(&scene.node.origin(), &ours).await;
    assert!((400..500).contains(&reply.status), "{}", reply.status);

    // An object that lives elsewhere, or that somebody else wrote.
    let mut foreign = scene.create("foreign");
    foreign["object"]["id"] = json!(rival.at("/notes/1"));
    let mut others = scene.create("others");
    others["object"]["attributedTo"] = json!(rival.actor());
    let mut claimed = scene.create("claimed");
    claimed["object"]["id"] = json!(scene.node.at("/entries/77"));
    let mut shouted = scene.create("shouted");
    shouted["object"]["id"] = json!(
        scene
            .node
            .at("/entries/78")
            .to_uppercase()
            .replacen("HTTP", "http", 1)
    );
    let mut activity = scene.create("activity");
    activity["id"] = json!(scene.node.at("/activities/99"));
    for forged in [&foreign, &others, &claimed, &shouted, &activity] {
        let reply = remote.deliver(&scene.node.origin(), forged).await;
        assert!(reply.status < 500, "{forged}: {}", reply.text());
    }

    // Changing and deleting what is not theirs.
    for (number, target) in [("1", uri(&mine)), ("2", scene.member.uri.clone())] {
        let delete = remote.activity(&format!("delete-{number}"), "Delete", &json!(target));
        let reply = remote.deliver(&scene.node.origin(), &delete).await;
        assert!(reply.status < 500, "{}", reply.text());
    }
    let mut rewritten = remote.note("ours", "<p>Rewritten</p>");
    rewritten["id"] = json!(uri(&mine));
    let update = remote.activity("update-ours", "Update", &rewritten);
    assert!(remote.deliver(&scene.node.origin(), &update).await.status < 500);

    wait::a_while().await;
    let stored = scene.stored().await;
    let mut uris: Vec<String> = stored.iter().map(uri).collect();
    uris.sort();
    let mut expected = [uri(&kept), uri(&mine)];
    expected.sort();
    assert_eq!(uris, expected, "{stored:?}");
    let again = scene
        .member
        .forum()
        .get(&format!("/entries/{}", id(&mine)))
        .await
        .expect(200);
    assert_eq!(again.json()["title"], "Ours");
    scene
        .node
        .get("/orgs/moj")
        .accept(ACTIVITY_JSON)
        .send()
        .await
        .expect(200);
}

async fn another_actor_of_the_same_server_may_not_touch_an_entry(store: Store) {
    let scene = scene(store).await;
    let kept = scene.prove_the_door_open().await;
    let trudy = Key::generate();
    scene.remote.introduce("trudy", &trudy);
    let actor = scene.remote.at("/users/trudy");
    for (kind, object) in [
        ("Delete", json!(uri(&kept))),
        ("Update", {
            let mut note = scene.remote.note("proof", "<p>Rewritten</p>");
            note["attributedTo"] = json!(actor);
            note["updated"] = json!(wait::now().to_rfc3339());
            note
        }),
    ] {
        let number = format!("trudy-{kind}");
        let activity = scene.remote.activity(&number, kind, &object);
        let reply = scene.deliver_as("trudy", &trudy, &activity).await;
        assert!(reply.status < 500, "{}", reply.text());
    }
    wait::a_while().await;
    let entry = scene.member.forum().find(&uri(&kept)).await;
    let entry = entry.expect("the entry is still there");
    assert_eq!(entry["content"], kept["content"]);
}

/// A note of the rival server, which says this about it.
fn their_note(rival: &Remote, content: &str) -> Value {
    let mut note = rival.note("1", content);
    note["@context"] = json!("https://www.w3.org/ns/activitystreams");
    note
}

async fn an_embedded_object_of_another_origin_is_read_where_it_lives(store: Store) {
    let rival = Remote::start().await;
    let scene = scene_with(store, &[rival.authority()], |plan| plan).await;
    let remote = &scene.remote;
    rival.say(
        "/notes/1",
        Answer::Document(their_note(&rival, "<p>In their words</p>")),
    );
    let forged = their_note(&rival, "<p>In false words</p>");
    for kind in ["Create", "Update"] {
        let activity = remote.activity(&format!("wrapped-{kind}"), kind, &forged);
        let reply = remote.deliver(&scene.node.origin(), &activity).await;
        assert!(reply.status < 500, "{}", reply.text());
    }
    scene.assert_nothing_but(&[]).await;

    let boost = remote.activity("boost", "Announce", &forged);
    remote.deliver(&scene.node.origin(), &boost).await.success();
    let stored = scene
        .member
        .forum()
        .await_entry(&rival.at("/notes/1"))
        .await;
    let content = text(&stored, "content");
    assert!(content.contains("In their words"), "{content}");
}

async fn an_object_that_is_not_where_it_says_is_not_kept(store: Store) {
    let rival = Remote::start().await;
    let scene = scene_with(store, &[rival.authority()], |plan| plan).await;
    let remote = &scene.remote;
    // It leads to another server, is another's, or has another owner.
    rival.say(
        "/notes/1",
        Answer::Document(their_note(&rival, "<p>Real</p>")),
    );
    remote.say("/notes/away", Answer::Redirect(rival.at("/notes/1")));
    remote.say(
        "/notes/posing",
        Answer::Document(their_note(&rival, "<p>Posing</p>")),
    );
    let mut owned = remote.note("owned", "<p>Not theirs</p>");
    owned["@context"] = json!("https://www.w3.org/ns/activitystreams");
    owned["attributedTo"] = json!(rival.actor());
    remote.say("/notes/owned", Answer::Document(owned));
    for path in ["/notes/away", "/notes/posing", "/notes/owned"] {
        for kind in ["Create", "Announce"] {
            let number = format!("{kind}{path}").replace('/', "-");
            let activity = remote.activity(&number, kind, &json!(remote.at(path)));
            let reply = remote.deliver(&scene.node.origin(), &activity).await;
            assert!(reply.status < 500, "{path}: {}", reply.text());
        }
    }
    wait::a_while().await;
    for entry in scene.stored().await {
        // What the rival itself says may be kept as the rival's.
        assert_eq!(uri(&entry), rival.at("/notes/1"), "{entry}");
        assert!(text(&entry, "content").contains("Real"), "{entry}");
    }
}

async fn nobody_answers_or_takes_back_for_somebody_else(store: Store) {
    let rival = Remote::start().await;
    let scene = scene_with(store, &[rival.authority()], |plan| plan).await;
    let (remote, origin) = (&scene.remote, scene.node.origin());

    // Our request to follow the rival, which mallory accepts.
    let found = scene.member.mastodon().resolve(&rival.actor()).await;
    let account = text(&found.expect("the rival is found"), "id");
    let follow = format!("/api/v1/accounts/{account}/follow");
    scene.member.mastodon().post(&follow).await.expect(200);
    let asked = wait::until("the follow to arrive", || async {
        let delivered = rival.delivered();
        delivered.into_iter().find(|one| one["type"] == "Follow")
    })
    .await;
    for object in [asked.clone(), asked["id"].clone()] {
        let number = format!("accept-{}", object.is_string());
        let accept = remote.activity(&number, "Accept", &object);
        let reply = remote.deliver(&origin, &accept).await;
        assert!(reply.status < 500, "{}", reply.text());
    }
    wait::a_while().await;
    let relationship = scene.member.mastodon().relationship(&account).await;
    assert_eq!(relationship["following"], false, "{relationship}");

    // The rival's follow and like of ours, which mallory takes back.
    let mine = scene.member.forum().publish(&full_request("Ours")).await;
    let follow = rival.activity("follow", "Follow", &json!(scene.member.uri));
    let like = rival.activity("like", "Like", &json!(uri(&mine)));
    for activity in [&follow, &like] {
        rival.deliver(&origin, activity).await.success();
    }
    for (number, taken_back) in [&follow, &like].into_iter().enumerate() {
        for object in [taken_back.clone(), taken_back["id"].clone()] {
            let number = format!("undo-{number}-{}", object.is_string());
            let undo = remote.activity(&number, "Undo", &object);
            let reply = remote.deliver(&origin, &undo).await;
            assert!(reply.status < 500, "{}", reply.text());
        }
    }
    wait::a_while().await;
    let status = format!("/api/v1/statuses/{}", id(&mine));
    let status = scene.node.mastodon().get(&status).await.expect(200).json();
    assert_eq!(status["favourites_count"], 1, "{status}");
    let followers = scene.node.get("/orgs/moj/followers").accept(ACTIVITY_JSON);
    let followers = followers.send().await.expect(200).json();
    assert_eq!(followers["totalItems"], 1, "{followers}");
}

async fn an_actor_that_claims_our_origin_is_nobody(store: Store) {
    let scene = scene(store).await;
    let remote = &scene.remote;
    let port = scene.node.plan.authority();
    let (_, port) = port.rsplit_once(':').expect("host:port");
    let spellings = ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "127.0.0.1."];
    for (number, host) in spellings.into_iter().enumerate() {
        let claimed = format!("http://{host}:{port}");
        let mut note = scene.create(&format!("claim-{number}"));
        note["object"]["id"] = json!(format!("{claimed}/entries/7{number}"));
        note["object"]["attributedTo"] = json!(format!("{claimed}/orgs/moj"));
        let mut actor = scene.create(&format!("actor-{number}"));
        actor["actor"] = json!(format!("{claimed}/orgs/moj"));
        let mut name = scene.create(&format!("name-{number}"));
        name["id"] = json!(format!("{claimed}/activities/{number}"));
        for forged in [&note, &actor, &name] {
            let reply = remote.deliver(&scene.node.origin(), forged).await;
            assert!(reply.status < 500, "{forged}: {}", reply.text());
        }
        let mut posing = remote.actor_document("posing", &remote.key);
        posing["id"] = json!(format!("{claimed}/orgs/moj"));
        remote.say("/users/posing", Answer::Document(posing));
        let reply = scene.search(&remote.at("/users/posing")).await;
        assert!(reply.status < 500, "{}", reply.text());
    }
    scene.assert_nothing_but(&[]).await;
    let moj = scene.node.get("/orgs/moj").accept(ACTIVITY_JSON);
    let name = moj.send().await.expect(200).json()["name"].clone();
    assert_eq!(name, "Ministry of Justice");
}

on_both_databases! {
    nobody_speaks_for_somebody_else,
    another_actor_of_the_same_server_may_not_touch_an_entry,
    an_embedded_object_of_another_origin_is_read_where_it_lives,
    an_object_that_is_not_where_it_says_is_not_kept,
    nobody_answers_or_takes_back_for_somebody_else,
    an_actor_that_claims_our_origin_is_nobody,
}
