//! How the node signs for servers that take only one scheme, and what it
//! remembers of them. On both databases.

use std::time::Duration;

use axum::http::Method;

use super::{
    sending::{Manner, Rig, Server, until},
    test_app::noon,
};
use crate::{
    federation::{
        origin::Origin,
        signatures::{self, KeyCache, Received},
    },
    storage::{
        keys,
        samples::write,
        signature_schemes::{self, Learned},
        testing::on_both,
    },
};

/// Which requests came signed by RFC 9421; all that did must verify.
async fn schemes(rig: &Rig, server: &Server) -> Vec<bool> {
    let owner = rig.sender.uri.clone();
    let stored = write(&rig.db, move |conn| keys::of_owner(conn, &owner)).await;
    let origin = Origin::of(&server.inbox()).expect("an origin");
    let requests = server.requests.lock().expect("not poisoned");
    requests
        .iter()
        .map(|request| {
            let (uri, headers, body) = (&request.uri, &request.headers, &request.body);
            let received = Received::new(&Method::POST, uri, headers, body);
            let signature = signatures::parse(&received, &origin, noon()).expect("well signed");
            let key = stored.iter().find(|key| key.uri == *signature.key_id());
            let pem = &key.expect("the author's").public_key;
            let key = KeyCache::default().public(pem).expect("a key");
            assert_eq!(signature.verify(&key), Ok(()));
            assert_eq!(headers["content-type"], "application/activity+json");
            headers.contains_key("signature-input")
        })
        .collect()
}

async fn remembered(rig: &Rig) -> Vec<Learned> {
    let long_ago = noon() - chrono::TimeDelta::days(1);
    write(&rig.db, move |conn| signature_schemes::list(conn, long_ago)).await
}

#[test]
fn a_server_that_refuses_the_draft_gets_rfc_9421_now_and_from_then_on() {
    on_both(async |db| {
        let server = Server::start(Manner::Wants(403, "@method", false)).await;
        let rig = Rig::new(db, &[&server]).await;
        rig.queue(3, &[&server]).await;
        let runner = rig.start();
        until("all are taken", async || {
            rig.lane(&server).await.pending == 0
        })
        .await;
        runner.stop(Duration::from_secs(5)).await;
        assert_eq!(schemes(&rig, &server).await, [false, true, true, true]);
        let learned = Learned {
            host: server.host(),
            components: String::new(),
        };
        assert!(remembered(&rig).await.contains(&learned));
    });
}

#[test]
fn a_server_that_says_what_it_wants_to_be_covered_gets_it() {
    on_both(async |db| {
        let server = Server::start(Manner::Wants(401, "\"@authority\"", true)).await;
        let rig = Rig::new(db, &[&server]).await;
        rig.queue(2, &[&server]).await;
        let runner = rig.start();
        until("all are taken", async || {
            rig.lane(&server).await.pending == 0
        })
        .await;
        runner.stop(Duration::from_secs(5)).await;
        assert_eq!(schemes(&rig, &server).await, [false, true, true]);
        assert_eq!(remembered(&rig).await[0].components, "@authority");
        let requests = server.requests.lock().expect("not poisoned");
        let first = requests[1].headers["signature-input"]
            .to_str()
            .expect("a text");
        assert!(first.starts_with("wish=("), "{first}");
    });
}

#[test]
fn a_server_that_refuses_both_is_asked_twice_and_nothing_is_remembered() {
    on_both(async |db| {
        let server = Server::start(Manner::Answers(401)).await;
        let rig = Rig::new(db, &[&server]).await;
        rig.queue(1, &[&server]).await;
        let runner = rig.start();
        until("it is noted", async || {
            rig.lane(&server).await.last_error.is_some()
        })
        .await;
        runner.stop(Duration::from_secs(5)).await;
        assert_eq!(schemes(&rig, &server).await, [false, true]);
        assert_eq!(remembered(&rig).await, []);
    });
}
