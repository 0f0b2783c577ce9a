//! `federation.authorized_fetch`: documents for those who sign only. On both
//! databases.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use url::Url;

use super::{
    audience::draft,
    foreign::Foreign,
    server::Server,
    test_app::{Answer, ORIGIN, TestApp},
};
use crate::{
    config::Mode,
    domain::{
        account::Role, audience::AudienceKind, delivery::LaneState, entry::Entry,
        organisation::Category,
    },
    federation::{
        routes::routes,
        signatures::{Scheme, cavage::Query, rfc9421::Asked},
    },
    operations::{entries::publish, follows, hosts, node::ensure_keys},
    storage::{Db, hosts::Policy, lanes, testing::on_both},
};

const ACTIVITY: &str = "application/activity+json";

/// A node that asks for signatures, and a public entry on it.
async fn strict(db: Db) -> (TestApp, Entry) {
    let node = TestApp::with(
        db,
        &[("VIRTUAL_FORUM_FEDERATION__AUTHORIZED_FETCH", "true")],
    );
    ensure_keys(&node.app.forum).await.expect("keys");
    node.organisation("moj", Category::Government).await;
    let token = node.token("moj", Role::FocalPoint, "read write").await;
    let person = node.person(&token).await;
    let entry = publish(
        &node.app.forum,
        &person,
        draft("Training", AudienceKind::Public),
    )
    .await;
    (node, entry.expect("published"))
}

async fn ask(node: &TestApp, path: &str, accept: &str) -> Answer {
    let request = Request::get(path)
        .header(header::HOST, "n.example")
        .header(header::ACCEPT, accept)
        .body(Body::empty())
        .expect("a request");
    node.send(request).await
}

/// A GET signed by `reader`.
fn signed(node: &TestApp, reader: &Foreign, scheme: &Scheme, path: &str) -> Request<Body> {
    let url: Url = format!("{ORIGIN}{path}").parse().expect("an address");
    let now = node.app.forum.now();
    let headers = scheme.sign(&reader.signer, &Method::GET, &url, None, now);
    let mut request = Request::get(path).body(Body::empty()).expect("a request");
    *request.headers_mut() = headers.expect("signed");
    let accept = ACTIVITY.parse().expect("a value");
    request.headers_mut().insert(header::ACCEPT, accept);
    request
}

fn schemes() -> [Scheme; 2] {
    [
        Scheme::Cavage(Query::Signed),
        Scheme::Rfc9421(Asked::default()),
    ]
}

fn documents(entry: &Entry) -> Vec<String> {
    let id = entry.id;
    let mut all: Vec<String> = ["outbox", "followers", "following", "featured"]
        .map(|part| format!("/orgs/moj/{part}"))
        .into();
    all.extend(["", "/replies", "/context"].map(|part| format!("/entries/{id}{part}")));
    all.extend([
        "/orgs/moj/outbox?page=true".to_owned(),
        "/actor/outbox".to_owned(),
    ]);
    all
}

#[test]
fn documents_are_for_those_who_sign() {
    on_both(async |db| {
        let (node, entry) = strict(db).await;
        let her = Foreign::new(&node, "far.example", "her").await;
        for path in documents(&entry) {
            let refused = ask(&node, &path, ACTIVITY).await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{path}");
            assert!(refused.headers.contains_key("accept-signature"), "{path}");
            assert_eq!(refused.headers["cache-control"], "private, no-store");
            for scheme in schemes() {
                let answer = node.send(signed(&node, &her, &scheme, &path)).await;
                assert_eq!(answer.status, StatusCode::OK, "{path} {scheme:?}");
                let vary = answer.headers["vary"].to_str().expect("a text");
                assert!(vary.contains("Signature, Signature-Input"), "{vary}");
                // What she was given is not kept for those after her.
                let refused = ask(&node, &path, ACTIVITY).await;
                assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{path}");
            }
        }
        // Nor does the answer tell what there is.
        let absent = ask(&node, "/entries/1", ACTIVITY).await;
        let present = ask(&node, &format!("/entries/{}", entry.id), ACTIVITY).await;
        assert_eq!((absent.status, absent.body), (present.status, present.body));
    });
}

/// A route that is added later is closed, too, until somebody says otherwise.
#[test]
fn every_address_of_the_wire_is_closed_but_those_that_are_named() {
    const OPEN: [&str; 12] = [
        "/.well-known/virtual-forum/accreditations",
        "/.well-known/virtual-forum/status-lists",
        "/.well-known/virtual-forum/status-lists/{number}",
        "/actor/accreditations",
        "/orgs/{handle}/accreditations",
        "/.well-known/host-meta",
        "/.well-known/host-meta.json",
        "/.well-known/nodeinfo",
        "/.well-known/webfinger",
        "/actor",
        "/nodeinfo/2.0",
        "/nodeinfo/2.1",
    ];
    on_both(async |db| {
        let (node, entry) = strict(db).await;
        for route in routes().list() {
            if route.method != "GET" {
                continue;
            }
            let path = route.path.replace("{handle}", "moj");
            let path = path
                .replace("{id}", &entry.id.to_string())
                .replace("{leave}", "1");
            let status = ask(&node, &path, ACTIVITY).await.status;
            let is_closed = status == StatusCode::UNAUTHORIZED;
            assert_eq!(is_closed, !OPEN.contains(&&*route.path), "{path}: {status}");
        }
    });
}

#[test]
fn keys_discovery_and_pages_stay_readable() {
    on_both(async |db| {
        let (node, entry) = strict(db).await;
        let stub = ask(&node, "/orgs/moj", ACTIVITY).await;
        assert_eq!(stub.status, StatusCode::OK);
        let stub = stub.json();
        let mut members: Vec<&String> = stub.as_object().expect("an object").keys().collect();
        members.sort();
        let expected = [
            "@context",
            "assertionMethod",
            "id",
            "inbox",
            "preferredUsername",
            "publicKey",
            "type",
        ];
        assert_eq!(members, expected);
        let her = Foreign::new(&node, "far.example", "her").await;
        for scheme in schemes() {
            let whole = node.send(signed(&node, &her, &scheme, "/orgs/moj")).await;
            assert_eq!(whole.json()["name"], "The moj");
        }
        assert_eq!(ask(&node, "/orgs/moj", ACTIVITY).await.json(), stub);
        let actor = ask(&node, "/actor", ACTIVITY).await;
        assert!(actor.json()["publicKey"].is_object());
        for path in [
            "/.well-known/webfinger?resource=acct:moj@n.example",
            "/.well-known/nodeinfo",
            "/nodeinfo/2.1",
            "/.well-known/host-meta",
        ] {
            assert_eq!(
                ask(&node, path, "*/*").await.status,
                StatusCode::OK,
                "{path}"
            );
        }
        for path in ["/orgs/moj".to_owned(), format!("/entries/{}", entry.id)] {
            let page = ask(&node, &path, "text/html").await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
        }
    });
}

#[test]
fn a_signature_that_is_not_believed_opens_nothing() {
    on_both(async |db| {
        let (node, entry) = strict(db).await;
        let her = Foreign::new(&node, "far.example", "her").await;
        let path = format!("/entries/{}", entry.id);
        for scheme in schemes() {
            for target in [path.as_str(), "/orgs/moj", "/orgs/moj/outbox"] {
                let request = || signed(&node, &her, &scheme, target);
                let mut elsewhere = request();
                *elsewhere.uri_mut() = format!("{target}?x=y").parse().expect("an address");
                let mut stranger = Foreign::new(&node, "far.example", "other").await;
                stranger.signer.key_id = her.signer.key_id.clone();
                let forged = signed(&node, &stranger, &scheme, target);
                let old = request();
                let refused = StatusCode::UNAUTHORIZED;
                assert_eq!(node.send(forged).await.status, refused, "{target}");
                // Older speakers of the draft leave the query out.
                if matches!(scheme, Scheme::Rfc9421(_)) {
                    assert_eq!(node.send(elsewhere).await.status, refused, "{target}");
                }
                node.pass(chrono::TimeDelta::hours(13));
                assert_eq!(node.send(old).await.status, refused, "{target}");
                node.pass(chrono::TimeDelta::hours(-13));
            }
        }
        hosts::decide(
            &node.app.forum,
            None,
            Mode::Open,
            "far.example",
            Policy::Block,
            "test",
        )
        .await
        .expect("blocked");
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        for scheme in schemes() {
            for target in [path.as_str(), "/orgs/moj", "/orgs/moj/outbox"] {
                let answer = node.send(signed(&node, &her, &scheme, target)).await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{target}");
            }
        }
    });
}

#[test]
fn without_the_setting_nobody_has_to_sign() {
    on_both(async |db| {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        for path in ["/orgs/moj", "/orgs/moj/outbox"] {
            assert_eq!(ask(&node, path, ACTIVITY).await.status, StatusCode::OK);
        }
        assert!(ask(&node, "/orgs/moj", ACTIVITY).await.json()["name"].is_string());
    });
}

/// What a GET and a POST are answered that are signed with a key of this name.
async fn answers(node: &TestApp, key_id: &str) -> [Answer; 2] {
    let mut reader = Foreign::new(node, "evil.example", "eve").await;
    reader.signer.key_id = key_id.parse().expect("an address");
    let scheme = Scheme::Cavage(Query::Signed);
    let read = node.send(signed(node, &reader, &scheme, "/orgs/moj/outbox"));
    let like = reader.activity(1, "Like", "https://x.example/1".into());
    [read.await, reader.send(node, &like).await]
}

#[test]
fn a_blocked_host_is_answered_like_one_that_is_not_there() {
    on_both(async |db| {
        // Where nobody listens any more.
        let silent = Server::start().await.authority.clone();
        let allowed = format!("[{silent:?}]");
        let settings = [
            ("VIRTUAL_FORUM_FEDERATION__AUTHORIZED_FETCH", "true"),
            ("VIRTUAL_FORUM_FEDERATION__ALLOW_HTTP", "true"),
            ("VIRTUAL_FORUM_FEDERATION__ALLOWED_ADDRESSES", &*allowed),
        ];
        let node = TestApp::with(db, &settings);
        node.organisation("moj", Category::Government).await;
        let forum = &node.app.forum;
        Foreign::new(&node, "far.example", "her").await;
        let (mode, policy) = (Mode::Open, Policy::Block);
        let decided = hosts::decide(forum, None, mode, "far.example", policy, "test").await;
        decided.expect("blocked");
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        let blocked = answers(&node, "https://far.example/users/nobody#key").await;
        for key_id in [
            "https://a.far.example/users/nobody#key".to_owned(),
            "https://nobody.invalid/users/nobody#key".to_owned(),
            format!("http://{silent}/users/nobody#key"),
        ] {
            let answers = answers(&node, &key_id).await;
            for (answer, blocked) in answers.iter().zip(&blocked) {
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{key_id}");
                assert_eq!(
                    (answer.status, &answer.body),
                    (blocked.status, &blocked.body)
                );
            }
        }
        // Who is known must learn that another try makes sense.
        Foreign::at(&node, &format!("http://{silent}"), "her").await;
        let known = format!("http://{silent}/users/somebody#key");
        for answer in answers(&node, &known).await {
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
            assert!(answer.headers.contains_key("retry-after"));
        }
    });
}

#[test]
fn a_signed_get_is_a_sign_of_life_and_a_forged_one_is_not() {
    on_both(async |db| {
        let (node, _) = strict(db).await;
        let her = Foreign::new(&node, "far.example", "her").await;
        let forum = &node.app.forum;
        // Something waits for her server, which refused us.
        let token = node.token("moj", Role::FocalPoint, "read write").await;
        let person = node.person(&token).await;
        let asked = follows::follow(forum, &person, her.organisation.id).await;
        asked.expect("asked");
        node.told().await;
        let held = forum.write(|conn, forum| {
            let probe_at = forum.now() + chrono::TimeDelta::hours(6);
            lanes::hold(conn, "far.example", "401", probe_at)
        });
        held.await.expect("held");
        let state = async || {
            let read = forum.db.read(|conn| lanes::find(conn, "far.example"));
            read.await.expect("storage").expect("a lane").state
        };
        let mut forger = Foreign::new(&node, "far.example", "other").await;
        forger.signer.key_id = her.signer.key_id.clone();
        for (reader, expected) in [(&forger, LaneState::Held), (&her, LaneState::Open)] {
            let scheme = Scheme::Cavage(Query::Signed);
            let request = signed(&node, reader, &scheme, "/orgs/moj/outbox");
            node.send(request).await;
            assert_eq!(state().await, expected);
        }
    });
}
