//! The Forum API of one node: filters, search, pages, and what is refused.

use federation_tests::{
    database::Store,
    forum::{Forum, full_project, full_request, id, note},
    node::{Member, Node},
    on_both_databases,
};
use serde_json::{Value, json};

async fn ministry(store: Store) -> (Node, Member) {
    let node = Node::alone(store).await;
    let ministry = node.member("moj", "Ministry of Justice", "government");
    (node, ministry)
}

async fn every_filter_finds_what_it_names(store: Store) {
    let (node, ministry) = ministry(store).await;
    let request = ministry
        .forum()
        .publish(&full_request("Training for border police"))
        .await;
    let project = ministry
        .forum()
        .publish(&full_project("A shelter in the north"))
        .await;
    let (request, project) = (id(&request), id(&project));
    let both = vec![project.clone(), request.clone()];
    let only = |one: &String| vec![one.clone()];
    for (query, expected) in [
        ("", both.clone()),
        ("kind=request", only(&request)),
        ("country=AL", both.clone()),
        ("country=FR", vec![]),
        ("region=039", both.clone()),
        ("region=150", both.clone()),
        ("region=002", vec![]),
        ("sector=15190", only(&request)),
        ("pillar=protection", only(&project)),
        ("exploitation=forced-labour", only(&request)),
        ("activity=training", only(&request)),
        ("stage=pipeline", only(&project)),
        ("status=open", only(&request)),
        ("category=government", both.clone()),
        ("category=academia", vec![]),
        ("language=en", both.clone()),
        ("author=moj", both.clone()),
        ("author=nobody", vec![]),
        ("q=border", only(&request)),
        ("q=BÓRDER+police", only(&request)),
        ("q=giraffe", vec![]),
        ("seeking_funding=true", only(&project)),
        ("closes_before=2027-03-01T00:00:00Z", only(&request)),
        ("closes_before=2026-12-01T00:00:00Z", vec![]),
        ("since=2020-01-01T00:00:00Z", both.clone()),
        ("since=2099-01-01T00:00:00Z", vec![]),
        ("kind=project&pillar=prevention", vec![]),
    ] {
        let found = node.forum().entries(&format!("?{query}")).await;
        let found: Vec<String> = found.iter().map(id).collect();
        assert_eq!(found, expected, "{query}");
    }
}

async fn words_that_are_syntax_elsewhere_are_words_here(store: Store) {
    let (node, ministry) = ministry(store).await;
    ministry
        .forum()
        .publish(&full_request("Training for border police"))
        .await;
    for query in [
        "\"",
        "AND",
        "NOT NEAR(",
        "a* OR b",
        "title:x",
        "'; DROP TABLE entries; --",
        "(",
        "-",
        "%00",
        "\\",
        "🦒",
    ] {
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let reply = node.forum().get(&format!("/entries?q={query}")).await;
        assert!(
            [200, 422].contains(&reply.status),
            "{query}: {} {}",
            reply.status,
            reply.text()
        );
    }
    assert_eq!(node.forum().entries("?q=border").await.len(), 1);
}

async fn a_list_is_read_page_by_page_without_gaps(store: Store) {
    let (node, ministry) = ministry(store).await;
    for number in 0..7 {
        ministry
            .forum()
            .publish(&note(&format!("Number {number}"), "public"))
            .await;
    }
    let mut seen: Vec<String> = Vec::new();
    let mut query = "?limit=3".to_owned();
    loop {
        let page = node
            .forum()
            .get(&format!("/entries{query}"))
            .await
            .expect(200)
            .json();
        seen.extend(page["items"].as_array().into_iter().flatten().map(id));
        match page["next"].as_str() {
            Some(cursor) => query = format!("?limit=3&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 7);
    let mut sorted = seen.clone();
    sorted.sort_by_key(|id| std::cmp::Reverse(id.parse::<i64>().expect("ids are numbers")));
    assert_eq!(seen, sorted, "newest first");
    for bad in [
        "limit=0",
        "limit=x",
        "cursor=x",
        "kind=poem",
        "country=XX",
        "colour=red",
    ] {
        let reply = node.forum().get(&format!("/entries?{bad}")).await;
        assert_eq!(reply.status, 422, "{bad}: {}", reply.text());
    }
}

/// A request with one field changed.
fn with(field: &str, value: Value) -> Value {
    let mut entry = full_request("Training for border police");
    entry[field] = value;
    entry
}

async fn assert_refused(forum: &Forum, entry: &Value, field: &str) {
    let reply = forum.post("/entries", entry).await;
    assert_eq!(reply.status, 422, "{field}: {}", reply.text());
    assert!(
        reply
            .header("content-type")
            .starts_with("application/problem+json")
    );
    let problem = reply.json();
    assert_eq!(problem["status"], 422);
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    let named = errors.iter().any(|error| error["field"] == field);
    assert!(named, "{field} is not named in {problem}");
}

async fn what_cannot_be_is_refused_and_not_stored(store: Store) {
    let (_node, ministry) = ministry(store).await;
    let forum = ministry.forum();
    for (field, value) in [
        ("kind", json!("poem")),
        ("title", json!("")),
        ("title", json!("x".repeat(201))),
        ("body", json!("x".repeat(50_001))),
        ("body", json!("  ")),
        ("language", json!("not a tag")),
        ("audience", json!("friends")),
        ("tlp", json!("BLUE")),
        ("countries", json!(["XX"])),
        ("regions", json!(["999"])),
        ("sectors", json!(["15162"])),
        ("pillars", json!(["punishment"])),
        ("exploitation", json!(["boredom"])),
        ("activities", json!(["dancing"])),
        ("stage", json!("idea")),
        ("status", json!("maybe")),
        ("closes_at", json!("soon")),
        ("ends_on", json!("2027-01-01")),
        ("budget", json!({"currency": "USD", "total": 1, "gap": 0})),
        ("partners", json!(["https://nowhere.invalid/orgs/x"])),
        ("in_reply_to", json!("1")),
        ("colour", json!("red")),
    ] {
        assert_refused(&forum, &with(field, value), field).await;
    }
    let mut project = full_project("A shelter");
    project["budget"]["gap"] = json!(200_000);
    assert_refused(&forum, &project, "budget").await;
    let mut project = full_project("A shelter");
    project["stage"] = Value::Null;
    assert_refused(&forum, &project, "stage").await;

    for body in [
        "",
        "{",
        "[]",
        "null",
        "{\"kind\":\"note\",\"kind\":\"request\"}",
    ] {
        let request = forum.request(reqwest::Method::POST, "/entries");
        let reply = request.body("application/json", body.into()).send().await;
        assert!(
            [400, 422].contains(&reply.status),
            "{body}: {} {}",
            reply.status,
            reply.text()
        );
        assert!(
            reply
                .header("content-type")
                .starts_with("application/problem+json"),
            "{body}"
        );
    }
    assert!(forum.entries("").await.is_empty());
}

async fn entries_are_changed_by_their_author_alone(store: Store) {
    let (node, ministry) = ministry(store).await;
    let rival = node.member("mfa", "Ministry of Foreign Affairs", "government");
    let entry = ministry
        .forum()
        .publish(&full_request("Training for border police"))
        .await;
    let path = id(&entry);
    for status in [
        rival
            .forum()
            .edit(&path, &json!({"title": "Mine"}))
            .await
            .status,
        rival.forum().delete(&path).await.status,
        node.forum()
            .edit(&path, &json!({"title": "Mine"}))
            .await
            .status,
        node.forum().delete(&path).await.status,
    ] {
        assert!([401, 403, 404].contains(&status), "{status}");
    }
    node.user("reader@moj.example", "moj", "reader");
    let reader = Forum::with_token(
        &node.origin(),
        &node.token("reader@moj.example", "read write"),
    );
    let status = reader.edit(&path, &json!({"title": "Mine"})).await.status;
    assert!([403, 404].contains(&status), "{status}");
    let now = node
        .forum()
        .get(&format!("/entries/{path}"))
        .await
        .expect(200)
        .json();
    assert_eq!(now["title"], entry["title"]);
    let refused = ministry
        .forum()
        .edit(&path, &json!({"countries": ["XX"]}))
        .await;
    assert_eq!(refused.status, 422, "{}", refused.text());
}

async fn an_organisation_publishes_only_to_audiences_it_is_part_of(store: Store) {
    let node = Node::alone(store).await;
    let shelter = node.member("shelter", "Shelter for All", "civil_society");
    assert_refused(
        &shelter.forum(),
        &note("For governments", "preferential"),
        "audience",
    )
    .await;
    shelter
        .forum()
        .publish(&note("For members", "members"))
        .await;
    let plain = json!({"kind": "note", "title": "", "body": "No audience given", "language": "en"});
    let entry = shelter.forum().publish(&plain).await;
    assert_eq!(
        entry["audience"], "members",
        "what is not said to be public is not"
    );
}

async fn the_directory_lists_and_filters_organisations(store: Store) {
    let (node, ministry) = ministry(store).await;
    node.member("shelter", "Shelter for All", "civil_society");
    let list = async |query: &str| {
        let page = node
            .forum()
            .get(&format!("/organisations{query}"))
            .await
            .expect(200)
            .json();
        page["items"].as_array().map(Vec::len)
    };
    assert_eq!(list("").await, Some(2));
    assert_eq!(list("?category=civil_society").await, Some(1));
    assert_eq!(list("?q=justice").await, Some(1));
    let path = format!("/organisations/{}", ministry.id);
    let one = node.forum().get(&path).await.expect(200).json();
    assert_eq!(one["uri"], ministry.uri.as_str());
    assert_eq!(one["category"], "government");
    node.forum().get("/organisations/1").await.expect(404);
    let locked = ministry.forum().request(reqwest::Method::PATCH, &path);
    let locked = locked
        .json(&json!({"locked": true}))
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(locked["locked"], true);
}

async fn the_api_describes_itself(store: Store) {
    let (node, _) = ministry(store).await;
    let openapi = node.forum().get("/openapi.json").await.expect(200).json();
    assert!(
        openapi["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1")),
        "{openapi}"
    );
    let routes = node.command(&["routes"]);
    let prefix = "/api/forum/v1";
    let mut described = 0;
    for route in routes["routes"].as_array().into_iter().flatten() {
        let path = route["path"].as_str().unwrap_or_default();
        if !path.starts_with(prefix) || path.ends_with("openapi.json") {
            continue;
        }
        let method = route["method"].as_str().unwrap_or_default().to_lowercase();
        let known = [path, &path[prefix.len()..]]
            .iter()
            .any(|path| openapi["paths"][path][&method].is_object());
        assert!(known, "{method} {path} is served but not described");
        described += 1;
    }
    assert!(described > 5, "{described}");
    let about = node.forum().get("/node").await.expect(200).json();
    assert!(
        about.to_string().contains("Albania"),
        "code lists carry names"
    );
}

on_both_databases! {
    every_filter_finds_what_it_names,
    words_that_are_syntax_elsewhere_are_words_here,
    a_list_is_read_page_by_page_without_gaps,
    what_cannot_be_is_refused_and_not_stored,
    entries_are_changed_by_their_author_alone,
    an_organisation_publishes_only_to_audiences_it_is_part_of,
    the_directory_lists_and_filters_organisations,
    the_api_describes_itself,
}
