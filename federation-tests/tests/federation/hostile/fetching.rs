//! What a hostile server points us to: nothing connects to an address that is
//! forbidden, whatever leads there.

use federation_tests::{
    database::Store,
    forum::note,
    on_both_databases,
    remote::{Answer, Remote},
    rogue::{self, Rogue},
    wait,
};
use serde_json::{Value, json};

use super::{scene, served};

/// Every way to write an address that only this machine has, or that no
/// server may have.
fn forbidden(port: &str) -> Vec<String> {
    let hosts = [
        "127.0.0.1",
        "localhost",
        "0x7f.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:7f00:1]",
    ];
    let mut targets: Vec<String> = hosts.map(|host| format!("http://{host}:{port}/x")).into();
    targets.push(format!("https://127.0.0.1:{port}/x"));
    targets.push("http://169.254.169.254/latest/meta-data/".to_owned());
    targets.push("file:///etc/passwd".to_owned());
    targets
}

/// Activities that point somewhere, each in another property.
fn pointing(remote: &Remote, number: usize, target: &str) -> Vec<Value> {
    let object = json!(target);
    let named = |kind: &str| remote.activity(&format!("{kind}-{number}"), kind, &object);
    let mut activities: Vec<Value> = [
        "Create",
        "Update",
        "Delete",
        "Announce",
        "Like",
        "Follow",
        "Accept",
        "Add",
        "Flag",
        "Move",
        "Undo",
        "QuoteRequest",
        "Block",
    ]
    .map(named)
    .into();
    for activity in &mut activities {
        activity["target"] = object.clone();
        activity["instrument"] = object.clone();
    }
    let public = "https://www.w3.org/ns/activitystreams#Public";
    let mut full = remote.note(&format!("points-{number}"), "<p>Points</p>");
    for key in [
        "inReplyTo",
        "context",
        "conversation",
        "replies",
        "likes",
        "shares",
        "quote",
        "quoteUrl",
        "image",
        "url",
        "audience",
        "generator",
    ] {
        full[key] = object.clone();
    }
    full["to"] = json!([public, target]);
    full["attachment"] = json!([{"type": "Image", "mediaType": "image/png", "url": target}]);
    full["tag"] = json!([{"type": "Mention", "href": target, "name": "@x@y.example"}]);
    full["icon"] = json!({"type": "Image", "url": target});
    activities.push(remote.activity(&format!("full-{number}"), "Create", &full));
    let mut proved = remote.activity(&format!("proved-{number}"), "Like", &object);
    proved["proof"] = json!({
        "type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022",
        "created": wait::now().to_rfc3339(), "proofPurpose": "assertionMethod",
        "verificationMethod": format!("{target}#key"), "proofValue": "z3sXaxjKs4M3BRicwWA9peyNPJvJqxtGsDmpt1jjoHCjgeUf71TRFz56osPSfDErszyLp5Ks1EhYSgpDaNM977Rg2",
    });
    activities.push(proved);
    activities
}

async fn activities_lead_to_no_forbidden_address(store: Store) {
    let scene = scene(store).await;
    let canary = Rogue::canary().await;
    for (number, target) in forbidden(canary.port()).iter().enumerate() {
        for activity in pointing(&scene.remote, number, target) {
            let reply = scene.remote.deliver(&scene.node.origin(), &activity).await;
            // 503: what cannot be fetched now may be sent again.
            assert!(
                reply.status < 504 && reply.status != 500,
                "{activity}: {}",
                reply.text()
            );
        }
    }
    wait::a_while().await;
    assert_eq!(canary.connections(), 0);
    scene.prove_the_door_open().await;
    for entry in scene.stored().await {
        let ours = scene.remote.at("/notes/");
        let uri = federation_tests::forum::uri(&entry);
        assert!(uri.starts_with(&ours), "{uri} was stored");
    }
    assert_eq!(canary.connections(), 0);
}

async fn documents_lead_to_no_forbidden_address(store: Store) {
    let scene = scene(store).await;
    let (canary, remote) = (Rogue::canary().await, &scene.remote);
    for (number, target) in forbidden(canary.port()).iter().enumerate() {
        let path = |kind: &str| format!("/users/{kind}-{number}");
        remote.say(&path("moved"), Answer::Redirect(target.clone()));
        for key in [
            "inbox",
            "outbox",
            "followers",
            "featured",
            "icon",
            "url",
            "movedTo",
            "id",
        ] {
            let name = format!("{key}-{number}");
            let mut actor = remote.actor_document(&name, &remote.key);
            actor[key] = json!(target);
            remote.say(&format!("/users/{name}"), Answer::Document(actor));
        }
        let mut shared = remote.actor_document(&format!("shared-{number}"), &remote.key);
        shared["endpoints"]["sharedInbox"] = json!(target);
        remote.say(&path("shared"), Answer::Document(shared));
        let kinds = [
            "moved",
            "inbox",
            "outbox",
            "followers",
            "featured",
            "icon",
            "url",
            "movedTo",
            "id",
            "shared",
        ];
        for kind in kinds {
            scene.search(&remote.at(&path(kind))).await;
        }
        // WebFinger that leads there, by its link and by a redirect.
        let jrd = json!({
            "subject": format!("acct:finger-{number}@{}", remote.authority()),
            "links": [{"rel": "self", "type": "application/activity+json", "href": target}],
        });
        let finger = format!("/.well-known/webfinger?finger-{number}");
        let jrd = jrd.to_string().into_bytes();
        remote.say(&finger, Answer::Raw(200, "application/jrd+json", jrd));
        let hop = format!("/.well-known/webfinger?hop-{number}");
        remote.say(&hop, Answer::Redirect(target.clone()));
        for name in ["finger", "hop"] {
            let text = format!("@{name}-{number}@{}", remote.authority());
            let reply = scene.search(&text).await;
            assert!(reply.status < 500, "{text}: {}", reply.text());
        }
        scene.search(target).await;
        scene
            .search(&format!(
                "@x@{}",
                target.replace("http://", "").replace("/x", "")
            ))
            .await;
    }
    wait::a_while().await;
    assert_eq!(canary.connections(), 0);
    scene.prove_the_door_open().await;
}

async fn an_inbox_that_sends_us_on_is_not_followed(store: Store) {
    let scene = scene(store).await;
    let (canary, remote) = (Rogue::canary().await, &scene.remote);
    let follow = remote.activity("follow", "Follow", &json!(scene.member.uri));
    remote
        .deliver(&scene.node.origin(), &follow)
        .await
        .success();
    for inbox in ["POST /inbox", "POST /users/mallory/inbox"] {
        remote.say(inbox, Answer::Redirect(canary.at("/inbox")));
    }
    let entry = scene
        .member
        .forum()
        .publish(&note("For followers", "public"))
        .await;
    let entry = federation_tests::forum::uri(&entry);
    wait::until("the delivery", || async {
        let delivered = remote.delivered();
        delivered
            .iter()
            .any(|one| one["object"]["id"] == entry.as_str())
            .then_some(())
    })
    .await;
    wait::a_while().await;
    assert_eq!(canary.connections(), 0);
}

/// A conversation that begins with a note whose lists lead elsewhere, and its
/// last word, which makes the node read the rest.
fn leading_away(remote: &Remote, number: usize, target: &str) -> Value {
    let (root, page) = (format!("root-{number}"), format!("/pages/{number}"));
    let leading = json!({
        "id": remote.at(&page), "type": "CollectionPage", "next": target,
        "items": [target, {"id": target, "type": "Note"}, {"type": "Create", "object": target}],
    });
    remote.say(&page, Answer::Document(served(leading)));
    let mut note = served(remote.note(&root, "<p>The beginning</p>"));
    note["contextHistory"] = json!(target);
    note["context"] = json!({"type": "Collection", "first": target});
    note["replies"] = json!({"type": "Collection", "first": remote.at(&page)});
    remote.say(&format!("/notes/{root}"), Answer::Document(note));
    let mut leaf = remote.note(&format!("leaf-{number}"), "<p>The end</p>");
    leaf["inReplyTo"] = json!(remote.at(&format!("/notes/{root}")));
    remote.activity(&format!("leaf-{number}"), "Create", &leaf)
}

async fn lists_lead_to_no_forbidden_address(store: Store) {
    let scene = scene(store).await;
    let (canary, remote) = (Rogue::canary().await, &scene.remote);
    let (origin, node) = (scene.node.origin(), scene.node.plan.socket());
    let targets = forbidden(canary.port());
    for (number, target) in targets.iter().enumerate() {
        let body = leading_away(remote, number, target).to_string();
        let delivery = remote.delivery(&origin, body.into_bytes());
        let mut lines = delivery.lines(&delivery.signature(&remote.key));
        // Where the followers are that it says it has here (FEP-8fcf).
        lines.push(format!(
            "collection-synchronization: collectionId=\"{}/followers\", url=\"{target}\", digest=\"{}\"",
            remote.actor(),
            "0".repeat(64)
        ));
        let said = rogue::post(&node, "/inbox", &lines, &delivery.body).await;
        assert_eq!(said.status, 202, "{target}: {}", said.text);
    }
    wait::until("every list to be read", || async {
        let seen = remote.seen();
        let is_read = |page: &String| seen.iter().any(|seen| seen.path == *page);
        let mut pages = (0..targets.len()).map(|number| format!("/pages/{number}"));
        pages.all(|page| is_read(&page)).then_some(())
    })
    .await;
    scene.asked_at_rest().await;
    assert_eq!(canary.connections(), 0);
    for entry in scene.stored().await {
        let uri = federation_tests::forum::uri(&entry);
        assert!(uri.starts_with(&remote.at("/notes/")), "{uri} was stored");
    }
}

on_both_databases! {
    activities_lead_to_no_forbidden_address,
    documents_lead_to_no_forbidden_address,
    an_inbox_that_sends_us_on_is_not_followed,
    lists_lead_to_no_forbidden_address,
}
