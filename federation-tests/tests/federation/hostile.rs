//! What a hostile server sends. Every refusal is judged by what the node
//! holds afterwards, not by its answer alone.

use chrono::TimeDelta;
use federation_tests::{
    database::Store,
    forum::{full_request, id, uri},
    http::ACTIVITY_JSON,
    node::{Member, Node, Plan},
    on_both_databases,
    remote::{self, Remote},
    signing::{Delivery, Key, digest},
    wait,
};
use serde_json::{Value, json};

/// A node whose organisation follows `mallory` on a scripted server: what
/// mallory posts rightly is stored.
struct Scene {
    node: Node,
    member: Member,
    remote: Remote,
}

async fn scene(store: Store) -> Scene {
    let remote = Remote::start().await;
    let node = Plan::new(store)
        .reaching(&[remote.authority()])
        .start()
        .await;
    let member = node.member("moj", "Ministry of Justice", "government");
    let found = member.mastodon().resolve(&remote.actor()).await;
    let account = found.map(|account| account["id"].as_str().unwrap_or_default().to_owned());
    let account = account.expect("the actor is found by its address");
    let follow = format!("/api/v1/accounts/{account}/follow");
    member.mastodon().post(&follow).await.expect(200);
    wait::until("the follow to arrive", || async {
        let delivered = remote.delivered();
        delivered
            .iter()
            .any(|activity| activity["type"] == "Follow")
            .then_some(())
    })
    .await;
    remote.accept_follows(&node.origin()).await;
    wait::until("the follow to stand", || async {
        let relationship = member.mastodon().relationship(&account).await;
        (relationship["following"] == true).then_some(())
    })
    .await;
    Scene {
        node,
        member,
        remote,
    }
}

impl Scene {
    fn create(&self, number: &str) -> Value {
        let note = self.remote.note(number, &format!("<p>Note {number}</p>"));
        self.remote
            .activity(&format!("create-{number}"), "Create", &note)
    }

    async fn stored(&self) -> Vec<Value> {
        self.member.forum().all_entries().await
    }

    /// Sends a rightly signed Create and waits until it is there: the door is
    /// open to the same sender, so the refusals before were no accident.
    async fn prove_the_door_open(&self) -> Value {
        self.remote
            .deliver(&self.node.origin(), &self.create("proof"))
            .await
            .success();
        let uri = self.remote.at("/notes/proof");
        self.member.forum().await_entry(&uri).await
    }

    async fn assert_nothing_but(&self, uris: &[String]) {
        wait::a_while().await;
        let stored: Vec<String> = self.stored().await.iter().map(uri).collect();
        assert_eq!(stored, uris);
    }

    async fn refuse(&self, what: &str, delivery: &Delivery, signature: Option<&str>) {
        let reply = remote::send(delivery, signature).await;
        assert!(
            (400..500).contains(&reply.status),
            "{what}: {} {}",
            reply.status,
            reply.text()
        );
    }
}

async fn deliveries_with_a_bad_signature_leave_nothing(store: Store) {
    let scene = scene(store).await;
    let remote = &scene.remote;
    let body = || scene.create("bad").to_string().into_bytes();
    let good = || remote.delivery(&scene.node.origin(), body());

    scene.refuse("unsigned", &good(), None).await;
    scene
        .refuse("no signature at all", &good(), Some("nonsense"))
        .await;

    let stranger = Key::generate();
    scene
        .refuse("another key", &good(), Some(&good().signature(&stranger)))
        .await;

    let mut changed = good();
    let signature = changed.signature(&remote.key);
    changed.body = scene.create("changed").to_string().into_bytes();
    scene
        .refuse("body changed after signing", &changed, Some(&signature))
        .await;
    changed.digest = digest(&changed.body);
    scene
        .refuse("body and digest changed", &changed, Some(&signature))
        .await;

    for (what, age) in [("too old", 13), ("from the future", -2)] {
        let mut late = good();
        late.date -= TimeDelta::hours(age);
        let signature = late.signature(&remote.key);
        scene.refuse(what, &late, Some(&signature)).await;
    }
    for missing in ["(request-target)", "host", "date", "digest"] {
        let mut partial = good();
        partial.headers.retain(|name| *name != missing);
        let signature = partial.signature(&remote.key);
        scene
            .refuse(&format!("{missing} not signed"), &partial, Some(&signature))
            .await;
    }
    let mut elsewhere = good();
    elsewhere.path = "/orgs/moj/inbox".to_owned();
    let signature = elsewhere.signature(&remote.key);
    scene
        .refuse("signed for another path", &good(), Some(&signature))
        .await;
    let mut elsewhere = good();
    elsewhere.host = "other.example".to_owned();
    let signature = elsewhere.signature(&remote.key);
    scene
        .refuse("signed for another host", &good(), Some(&signature))
        .await;
    scene
        .refuse("sent for another host", &elsewhere, Some(&signature))
        .await;

    scene.assert_nothing_but(&[]).await;
    scene.prove_the_door_open().await;
}

async fn malformed_bodies_leave_nothing(store: Store) {
    let scene = scene(store).await;
    let remote = &scene.remote;
    let whole = scene.create("bad").to_string();
    let doubled = whole.replacen('{', r#"{"type":"Announce","#, 1);
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let nested = whole.replacen("\"Create\"", &format!("\"Create\",\"deep\":{deep}"), 1);
    let surrogate = whole.replacen("<p>Note bad</p>", "<p>\\ud800</p>", 1);
    let crowd: Vec<String> = (0..1_001)
        .map(|n| format!("https://crowd.example/{n}"))
        .collect();
    let mut crowded = scene.create("bad");
    crowded["cc"] = json!(crowd);
    for (what, body) in [
        ("cut short", whole[..whole.len() / 2].to_owned()),
        ("no JSON", "hello".to_owned()),
        ("empty", String::new()),
        ("no object", "[1,2,3]".to_owned()),
        ("a key twice", doubled),
        ("too deep", nested),
        ("a lone surrogate", surrogate),
        ("too many recipients", crowded.to_string()),
    ] {
        let delivery = remote.delivery(&scene.node.origin(), body.into_bytes());
        let signature = delivery.signature(&remote.key);
        scene.refuse(what, &delivery, Some(&signature)).await;
    }
    scene.assert_nothing_but(&[]).await;
    scene.prove_the_door_open().await;
}

async fn a_body_over_the_limit_is_refused(store: Store) {
    let scene = scene(store).await;
    let note = scene.remote.note("big", &"x".repeat(1_100_000));
    let create = scene.remote.activity("create-big", "Create", &note);
    let reply = scene.remote.deliver(&scene.node.origin(), &create).await;
    assert_eq!(reply.status, 413, "{}", reply.text());
    scene.assert_nothing_but(&[]).await;
}

async fn a_replayed_activity_has_no_second_effect(store: Store) {
    let scene = scene(store).await;
    let create = scene.create("1");
    scene
        .remote
        .deliver(&scene.node.origin(), &create)
        .await
        .success();
    let note_uri = scene.remote.at("/notes/1");
    scene.member.forum().await_entry(&note_uri).await;

    let mut note = scene.remote.note("1", "<p>Second wording</p>");
    note["updated"] = json!(wait::now().to_rfc3339());
    let update = scene.remote.activity("update-1", "Update", &note);
    scene
        .remote
        .deliver(&scene.node.origin(), &update)
        .await
        .success();
    wait::until("the update", || async {
        let entry = scene.member.forum().find(&note_uri).await?;
        entry["content"]
            .as_str()?
            .contains("Second wording")
            .then_some(())
    })
    .await;

    scene
        .remote
        .deliver(&scene.node.origin(), &create)
        .await
        .success();
    wait::a_while().await;
    let stored = scene.stored().await;
    assert_eq!(stored.len(), 1, "{stored:?}");
    assert!(
        stored[0]["content"]
            .as_str()
            .is_some_and(|html| html.contains("Second wording"))
    );

    let delete = scene
        .remote
        .activity("delete-1", "Delete", &json!(note_uri));
    scene
        .remote
        .deliver(&scene.node.origin(), &delete)
        .await
        .success();
    wait::until("the deletion", || async {
        scene.stored().await.is_empty().then_some(())
    })
    .await;
    scene.remote.deliver(&scene.node.origin(), &create).await;
    scene.assert_nothing_but(&[]).await;
}

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
        let mut activity = scene
            .remote
            .activity(&format!("trudy-{kind}"), kind, &object);
        activity["actor"] = json!(actor);
        let mut delivery = scene
            .remote
            .delivery(&scene.node.origin(), activity.to_string().into_bytes());
        delivery.key_id = format!("{actor}#main-key");
        let signature = delivery.signature(&trudy);
        let reply = remote::send(&delivery, Some(&signature)).await;
        assert!(reply.status < 500, "{}", reply.text());
    }
    wait::a_while().await;
    let entry = scene.member.forum().find(&uri(&kept)).await;
    let entry = entry.expect("the entry is still there");
    assert_eq!(entry["content"], kept["content"]);
}

async fn unknown_activities_are_acknowledged_and_ignored(store: Store) {
    let scene = scene(store).await;
    for kind in ["EmojiReact", "Arrive", "SomethingNew"] {
        let activity =
            scene
                .remote
                .activity(&format!("odd-{kind}"), kind, &json!(scene.member.uri));
        scene
            .remote
            .deliver(&scene.node.origin(), &activity)
            .await
            .expect(202);
    }
    let mut odd = scene.remote.note("odd", "<p>odd</p>");
    odd["type"] = json!("Arrangement");
    let create = scene.remote.activity("create-odd", "Create", &odd);
    scene
        .remote
        .deliver(&scene.node.origin(), &create)
        .await
        .expect(202);
    scene.assert_nothing_but(&[]).await;
}

async fn foreign_markup_cannot_do_anything(store: Store) {
    let scene = scene(store).await;
    let note = scene.remote.note(
        "xss",
        "<p onclick=\"alert(1)\">Fine</p><script>alert(2)</script><a href=\"javascript:alert(3)\">x</a><img src=x onerror=alert(4)>",
    );
    let create = scene.remote.activity("create-xss", "Create", &note);
    scene
        .remote
        .deliver(&scene.node.origin(), &create)
        .await
        .success();
    let entry = scene
        .member
        .forum()
        .await_entry(&scene.remote.at("/notes/xss"))
        .await;
    let content = entry["content"].as_str().unwrap_or_default().to_owned();
    assert!(content.contains("Fine"), "{content}");
    for bad in ["script", "onclick", "javascript:", "onerror", "alert"] {
        assert!(!content.contains(bad), "{bad} in {content}");
    }
}

on_both_databases! {
    deliveries_with_a_bad_signature_leave_nothing,
    malformed_bodies_leave_nothing,
    a_body_over_the_limit_is_refused,
    a_replayed_activity_has_no_second_effect,
    nobody_speaks_for_somebody_else,
    another_actor_of_the_same_server_may_not_touch_an_entry,
    unknown_activities_are_acknowledged_and_ignored,
    foreign_markup_cannot_do_anything,
}
