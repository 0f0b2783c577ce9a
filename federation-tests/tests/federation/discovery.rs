//! What other servers read first: names, keys, collections, content types.

use federation_tests::{
    database::Store,
    forum::{full_request, id, uri},
    http::{self, ACTIVITY_JSON, HTML},
    node::{Member, Node},
    on_both_databases,
};
use reqwest::Method;
use serde_json::{Value, json};

const LD_JSON: &str = r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams""#;

async fn ministry(store: Store) -> (Node, Member) {
    let node = Node::alone(store).await;
    let ministry = node.member("moj", "Ministry of Justice", "government");
    (node, ministry)
}

fn link<'a>(jrd: &'a Value, rel: &str) -> &'a Value {
    let links = jrd["links"].as_array();
    let found = links.and_then(|links| links.iter().find(|link| link["rel"] == rel));
    found.unwrap_or(&Value::Null)
}

async fn webfinger_knows_an_organisation_by_handle_and_by_address(store: Store) {
    let (node, ministry) = ministry(store).await;
    let acct = format!("acct:{}", ministry.address().trim_start_matches('@'));
    for resource in [
        acct.clone(),
        acct.to_uppercase().replacen("ACCT", "acct", 1),
        ministry.uri.clone(),
    ] {
        let reply = node
            .get(&format!("/.well-known/webfinger?resource={resource}"))
            .header("origin", "https://client.example")
            .send()
            .await
            .expect(200);
        assert!(
            reply
                .header("content-type")
                .starts_with("application/jrd+json")
        );
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        let jrd = reply.json();
        assert_eq!(jrd["subject"], acct.as_str(), "{resource}");
        let me = link(&jrd, "self");
        assert_eq!(me["href"], ministry.uri.as_str());
        assert_eq!(me["type"], "application/activity+json");
    }
    for (resource, status) in [
        ("acct:nobody@127.0.0.1", 404),
        ("acct:moj@elsewhere.example", 404),
    ] {
        node.get(&format!("/.well-known/webfinger?resource={resource}"))
            .send()
            .await
            .expect(status);
    }
    node.get("/.well-known/webfinger").send().await.expect(400);
}

async fn nodeinfo_and_host_meta_describe_the_node(store: Store) {
    let (node, ministry) = ministry(store).await;
    ministry.forum().publish(&full_request("Training")).await;
    let index = node
        .get("/.well-known/nodeinfo")
        .send()
        .await
        .expect(200)
        .json();
    for version in ["2.0", "2.1"] {
        let rel = format!("http://nodeinfo.diaspora.software/ns/schema/{version}");
        assert_eq!(
            link(&index, &rel)["href"],
            node.at(&format!("/nodeinfo/{version}")).as_str(),
            "{index}"
        );
        let info = node
            .get(&format!("/nodeinfo/{version}"))
            .send()
            .await
            .expect(200)
            .json();
        assert_eq!(info["version"], version);
        assert_eq!(info["software"]["name"], "virtual-forum");
        assert_eq!(info["protocols"], json!(["activitypub"]));
        assert_eq!(info["usage"]["localPosts"], 1, "{info}");
    }
    let meta = node.get("/.well-known/host-meta").send().await.expect(200);
    assert!(
        meta.header("content-type")
            .starts_with("application/xrd+xml")
    );
    assert!(
        meta.text()
            .contains(&node.at("/.well-known/webfinger?resource={uri}")),
        "{}",
        meta.text()
    );
}

async fn an_actor_document_has_all_that_other_servers_need(store: Store) {
    let (node, ministry) = ministry(store).await;
    let actor = http::get(&ministry.uri)
        .accept(ACTIVITY_JSON)
        .send()
        .await
        .expect(200)
        .json();
    assert!(actor["@context"].is_array(), "{actor}");
    assert_eq!(actor["id"], ministry.uri.as_str());
    assert_eq!(actor["type"], "Organization");
    assert_eq!(actor["preferredUsername"], "moj");
    assert_eq!(actor["name"], "Ministry of Justice");
    assert_eq!(actor["inbox"], ministry.inbox.as_str());
    assert_eq!(
        actor["endpoints"]["sharedInbox"],
        node.at("/inbox").as_str()
    );
    assert_eq!(actor["manuallyApprovesFollowers"], false);
    let key = &actor["publicKey"];
    assert_eq!(key["id"], format!("{}#main-key", ministry.uri).as_str());
    assert_eq!(key["owner"], ministry.uri.as_str());
    assert!(
        key["publicKeyPem"]
            .as_str()
            .is_some_and(|pem| pem.starts_with("-----BEGIN PUBLIC KEY-----"))
    );
    let method = match &actor["assertionMethod"] {
        Value::Array(methods) => methods.first().cloned().unwrap_or_default(),
        other => other.clone(),
    };
    assert_eq!(method["type"], "Multikey", "{actor}");
    assert_eq!(method["controller"], ministry.uri.as_str());
    assert!(
        method["publicKeyMultibase"]
            .as_str()
            .is_some_and(|key| key.starts_with("z6Mk")),
        "{method}"
    );
    for part in ["outbox", "followers", "following", "featured"] {
        let address = actor[part].as_str().unwrap_or_default();
        assert_eq!(address, format!("{}/{part}", ministry.uri));
        let collection = http::get(address)
            .accept(ACTIVITY_JSON)
            .send()
            .await
            .expect(200)
            .json();
        assert!(
            collection["type"]
                .as_str()
                .is_some_and(|kind| kind.ends_with("Collection")),
            "{part}: {collection}"
        );
    }
}

async fn the_node_has_an_actor_of_its_own(store: Store) {
    let (node, _) = ministry(store).await;
    let actor = node
        .get("/actor")
        .accept(ACTIVITY_JSON)
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(actor["id"], node.at("/actor").as_str());
    assert_eq!(actor["type"], "Application");
    assert_eq!(actor["publicKey"]["owner"], node.at("/actor").as_str());
    assert!(actor["inbox"].is_string());
}

async fn an_outbox_pages_through_what_was_published(store: Store) {
    let (_node, ministry) = ministry(store).await;
    for number in 0..25 {
        ministry
            .forum()
            .publish(&full_request(&format!("Request {number}")))
            .await;
    }
    let outbox = format!("{}/outbox", ministry.uri);
    let collection = http::get(&outbox)
        .accept(ACTIVITY_JSON)
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(collection["type"], "OrderedCollection");
    assert_eq!(collection["totalItems"], 25);
    let mut page = collection["first"].as_str().map(str::to_owned);
    let mut seen = std::collections::BTreeSet::new();
    while let Some(address) = page {
        let document = http::get(&address)
            .accept(ACTIVITY_JSON)
            .send()
            .await
            .expect(200)
            .json();
        assert_eq!(document["partOf"], outbox.as_str(), "{document}");
        for item in document["orderedItems"].as_array().into_iter().flatten() {
            assert!(seen.insert(item["id"].to_string()), "twice: {item}");
        }
        page = document["next"].as_str().map(str::to_owned);
    }
    assert_eq!(seen.len(), 25);
}

async fn an_entry_is_a_note_that_every_server_shows_and_a_proposal(store: Store) {
    let (_node, ministry) = ministry(store).await;
    let entry = ministry
        .forum()
        .publish(&full_request("Training for border police"))
        .await;
    let uri = uri(&entry);
    let note = http::get(&uri)
        .accept(ACTIVITY_JSON)
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(note["type"], "Note");
    assert_eq!(note["id"], uri.as_str());
    assert_eq!(note["attributedTo"], ministry.uri.as_str());
    assert_eq!(note["name"], "Training for border police");
    assert_eq!(note["purpose"], "request");
    assert_eq!(note["publishes"]["type"], "Intent");
    assert_eq!(note["publishes"]["id"], format!("{uri}#primary").as_str());
    assert_eq!(note["publishes"]["action"], "deliverService");
    assert_eq!(note["kind"], "request");
    assert!(
        note.get("summary").is_none_or(Value::is_null),
        "a summary would hide the text"
    );
    assert!(
        note["to"]
            .to_string()
            .contains("https://www.w3.org/ns/activitystreams#Public")
    );
    let content = note["content"].as_str().unwrap_or_default();
    assert!(
        content.contains("Training for border police") && content.contains("forty officers"),
        "{content}"
    );

    let proposal = http::get(&format!("{uri}/proposal"))
        .accept(ACTIVITY_JSON)
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(proposal["type"], "Proposal");
    assert_eq!(proposal["publishes"]["id"], note["publishes"]["id"]);
    for part in ["replies", "context"] {
        let collection = http::get(&format!("{uri}/{part}"))
            .accept(ACTIVITY_JSON)
            .send()
            .await
            .expect(200)
            .json();
        assert!(
            collection["type"]
                .as_str()
                .is_some_and(|kind| kind.ends_with("Collection")),
            "{collection}"
        );
    }
}

async fn one_address_serves_people_and_servers(store: Store) {
    let (node, ministry) = ministry(store).await;
    let entry = ministry
        .forum()
        .publish(&full_request("Training for border police"))
        .await;
    for address in [ministry.uri.clone(), uri(&entry)] {
        for accept in [ACTIVITY_JSON, LD_JSON] {
            let reply = http::get(&address).accept(accept).send().await.expect(200);
            let kind = reply.header("content-type");
            assert!(
                kind.starts_with("application/activity+json")
                    || kind.starts_with("application/ld+json"),
                "{kind}"
            );
            assert!(
                reply.header("vary").to_lowercase().contains("accept"),
                "{address}"
            );
        }
        let page = http::get(&address).accept(HTML).send().await.expect(200);
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.header("vary").to_lowercase().contains("accept"));
        http::get(&address)
            .accept("image/png")
            .send()
            .await
            .expect(406);
    }
    let redirect = node.get("/@moj").accept(HTML).send().await;
    assert!(
        [301, 302, 303, 307, 308].contains(&redirect.status),
        "{}",
        redirect.status
    );
    assert!(
        redirect.header("location").ends_with("/orgs/moj"),
        "{}",
        redirect.header("location")
    );
    let redirect = node
        .get(&format!("/@moj/{}", id(&entry)))
        .accept(HTML)
        .send()
        .await;
    assert!((300..400).contains(&redirect.status), "{}", redirect.status);
    assert!(
        redirect
            .header("location")
            .ends_with(&format!("/entries/{}", id(&entry)))
    );
    for path in [
        "/orgs/nobody",
        "/entries/1",
        "/entries/x",
        "/@nobody",
        "/nowhere",
    ] {
        for accept in [ACTIVITY_JSON, HTML] {
            node.get(path).accept(accept).send().await.expect(404);
        }
    }
}

async fn clients_on_other_origins_may_call_the_apis(store: Store) {
    let (node, _) = ministry(store).await;
    for path in [
        "/api/v1/instance",
        "/api/v1/timelines/home",
        "/oauth/token",
        "/nodeinfo/2.0",
        "/.well-known/nodeinfo",
    ] {
        let reply = http::Request::new(Method::OPTIONS, &node.at(path))
            .header("origin", "https://client.example")
            .header("access-control-request-method", "GET")
            .header(
                "access-control-request-headers",
                "authorization,content-type",
            )
            .send()
            .await;
        assert!(
            [200, 204].contains(&reply.status),
            "{path}: {}",
            reply.status
        );
        assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
        let headers = reply.header("access-control-allow-headers").to_lowercase();
        assert!(
            headers.contains("authorization") && headers.contains("idempotency-key"),
            "{headers}"
        );
    }
}

async fn a_suspended_organisation_is_a_tombstone_until_it_is_restored(store: Store) {
    let (node, ministry) = ministry(store).await;
    node.run(&["organisation", "suspend", "--handle", "moj"])
        .expect(0);
    let actor = http::get(&ministry.uri)
        .accept(ACTIVITY_JSON)
        .send()
        .await
        .expect(410)
        .json();
    assert_eq!(actor["type"], "Tombstone", "{actor}");
    http::get(&ministry.uri)
        .accept(HTML)
        .send()
        .await
        .expect(410);
    node.run(&["organisation", "restore", "--handle", "moj"])
        .expect(0);
    http::get(&ministry.uri)
        .accept(ACTIVITY_JSON)
        .send()
        .await
        .expect(200);
}

on_both_databases! {
    webfinger_knows_an_organisation_by_handle_and_by_address,
    nodeinfo_and_host_meta_describe_the_node,
    an_actor_document_has_all_that_other_servers_need,
    the_node_has_an_actor_of_its_own,
    an_outbox_pages_through_what_was_published,
    an_entry_is_a_note_that_every_server_shows_and_a_proposal,
    one_address_serves_people_and_servers,
    clients_on_other_origins_may_call_the_apis,
    a_suspended_organisation_is_a_tombstone_until_it_is_restored,
}
