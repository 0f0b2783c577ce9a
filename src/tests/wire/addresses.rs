use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};

use super::{ACTIVITY, Scene};
use crate::{domain::audience::AudienceKind, storage::testing::on_both};

const LD: &str = r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams""#;

#[test]
fn one_address_serves_servers_and_people_and_nobody_else() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let entry = scene.publish(AudienceKind::Public).await;
        for path in ["/orgs/moj".to_owned(), format!("/entries/{}", entry.id)] {
            for accept in [ACTIVITY, LD] {
                let answer = scene.ask(&path, &[("accept", accept)]).await;
                assert_eq!(answer.status, StatusCode::OK, "{path} {accept}");
                let kind = answer.headers["content-type"].to_str().expect("text");
                assert!(kind.starts_with("application/activity+json"), "{kind}");
                let vary = answer.headers["vary"].to_str().expect("text");
                for name in ["Accept", "Signature", "Authorization", "Cookie"] {
                    assert!(vary.contains(name), "{vary}");
                }
                assert_eq!(
                    answer.json()["id"],
                    format!("https://n.example{path}").as_str()
                );
            }
            for accept in ["text/html,application/xhtml+xml,*/*;q=0.8", "*/*"] {
                let page = scene.ask(&path, &[("accept", accept)]).await;
                assert_eq!(page.status, StatusCode::OK, "{path} {accept}");
                let kind = page.headers["content-type"].to_str().expect("text");
                assert!(kind.starts_with("text/html"), "{kind}");
                let vary = page.headers["vary"].to_str().expect("text");
                assert!(vary.contains("Accept"), "{vary}");
            }
            let picture = scene.ask(&path, &[("accept", "image/png")]).await;
            assert_eq!(picture.status, StatusCode::NOT_ACCEPTABLE);
            assert!(picture.json()["error"].is_string());
        }
    });
}

#[test]
fn an_actor_has_both_keys_and_every_list() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        for path in ["/orgs/moj", "/actor"] {
            let actor = scene.fetch(path).await.json();
            let id = format!("https://n.example{path}");
            assert_eq!(actor["id"], id.as_str());
            assert_eq!(actor["publicKey"]["id"], format!("{id}#main-key"));
            assert_eq!(actor["publicKey"]["owner"], id.as_str());
            let pem = actor["publicKey"]["publicKeyPem"].as_str().expect("a key");
            assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----"));
            let method = &actor["assertionMethod"][0];
            assert_eq!(method["type"], "Multikey");
            assert!(!actor.to_string().contains("PRIVATE"));
            for list in ["outbox", "followers", "following", "featured"] {
                if let Some(address) = actor[list].as_str() {
                    let path = super::path(&address.into());
                    let answer = scene.fetch(&path).await;
                    assert_eq!(answer.status, StatusCode::OK, "{path}");
                    assert_eq!(answer.json()["id"], address);
                }
            }
        }
        assert_eq!(scene.fetch("/actor").await.json()["type"], "Application");
    });
}

#[test]
fn a_request_keeps_its_proposal_twin_and_a_note_has_none() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let entry = scene.publish(AudienceKind::Public).await;
        let note = scene.fetch(&format!("/entries/{}", entry.id)).await.json();
        let twin = scene
            .fetch(&format!("/entries/{}/proposal", entry.id))
            .await
            .json();
        assert_eq!(twin["type"], "Proposal");
        assert_eq!(twin["publishes"]["id"], note["publishes"]["id"]);
        let plain = scene.reply(entry.id).await;
        let none = scene
            .fetch(&format!("/entries/{}/proposal", plain.id))
            .await;
        assert_eq!(none.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn whoever_calls_us_by_another_name_gets_no_document() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let entry = scene.publish(AudienceKind::Public).await;
        let paths = [
            "/actor".to_owned(),
            "/orgs/moj".to_owned(),
            "/orgs/moj/outbox".to_owned(),
            format!("/entries/{}", entry.id),
            "/nodeinfo/2.0".to_owned(),
            "/.well-known/webfinger?resource=acct:moj@n.example".to_owned(),
        ];
        for path in &paths {
            let ours = scene.fetch(path).await;
            assert_eq!(ours.status, StatusCode::OK, "{path}");
            for host in ["evil.example", "n.example:8443", "n.example@evil.example"] {
                let headers = [("accept", ACTIVITY), ("host", host)];
                let answer = scene.ask(path, &headers).await;
                assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{path}");
                assert!(!answer.body.contains("n.example/"));
            }
            let twice = [
                ("accept", ACTIVITY),
                ("host", "n.example"),
                ("host", "evil.example"),
            ];
            let answer = scene.ask(path, &twice).await;
            assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{path}");
        }
    });
}

#[test]
fn short_addresses_lead_to_the_long_ones() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let entry = scene.publish(AudienceKind::Public).await;
        for (short, long) in [
            ("/@moj".to_owned(), "/orgs/moj".to_owned()),
            ("/@MoJ".to_owned(), "/orgs/moj".to_owned()),
            (
                format!("/@moj/{}", entry.id),
                format!("/entries/{}", entry.id),
            ),
        ] {
            let answer = scene.ask(&short, &[]).await;
            assert!(answer.status.is_redirection(), "{short}: {}", answer.status);
            assert_eq!(
                answer.headers[header::LOCATION],
                format!("https://n.example{long}").as_str()
            );
        }
        for path in ["/@nobody", "/@moj@b.example", "/@moj/x", "/@..%2f..", "/@"] {
            for accept in [ACTIVITY, "text/html"] {
                let answer = scene.ask(path, &[("accept", accept)]).await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            }
        }
    });
}

#[test]
fn a_slash_at_the_end_changes_nothing() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        for path in ["/api/v1/instance/", "/api/v2/instance/", "/orgs/moj/", "/"] {
            let answer = scene.ask(path, &[]).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
        }
    });
}

#[test]
fn every_door_says_in_its_own_words_that_nothing_is_there() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        for (path, accept, kind) in [
            ("/api/v1/nothing", "*/*", "application/json"),
            ("/api/v9/nothing", "*/*", "application/json"),
            ("/oauth/nothing", "*/*", "application/json"),
            ("/api/forum/v1/nothing", "*/*", "application/problem+json"),
            ("/api/forum/nothing", "*/*", "application/problem+json"),
            ("/.well-known/nothing", "*/*", "application/json"),
            ("/nothing", ACTIVITY, "application/json"),
            ("/nothing", "text/html", "text/html; charset=utf-8"),
        ] {
            let answer = scene.ask(path, &[("accept", accept)]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(answer.headers["content-type"], kind, "{path}");
        }
        let request = Request::delete("/inbox")
            .header(header::HOST, "n.example")
            .body(Body::empty())
            .expect("a request");
        let answer = scene.node.send(request).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert!(answer.json()["error"].is_string());
    });
}

#[test]
fn pages_of_other_origins_may_call_the_open_addresses_and_no_others() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let preflight = async |path: &str| {
            let request = Request::builder()
                .method(Method::OPTIONS)
                .uri(path)
                .header(header::HOST, "n.example")
                .header(header::ORIGIN, "https://client.example")
                .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
                .header(
                    header::ACCESS_CONTROL_REQUEST_HEADERS,
                    "authorization,content-type,idempotency-key",
                )
                .body(Body::empty())
                .expect("a request");
            scene.node.send(request).await
        };
        for path in [
            "/api/v1/instance",
            "/api/v1/statuses",
            "/api/forum/v1/entries",
            "/oauth/token",
            "/.well-known/nodeinfo",
            "/nodeinfo/2.0",
        ] {
            let answer = preflight(path).await;
            assert!(answer.status.is_success(), "{path}: {}", answer.status);
            let text = |name: &str| answer.headers[name].to_str().expect("text").to_owned();
            assert_eq!(text("access-control-allow-origin"), "*");
            assert_eq!(
                text("access-control-allow-methods"),
                "GET,POST,PUT,PATCH,DELETE,OPTIONS"
            );
            assert_eq!(
                text("access-control-allow-headers"),
                "authorization,content-type,idempotency-key"
            );
            let real = scene
                .ask(path, &[("origin", "https://client.example")])
                .await;
            assert_eq!(real.headers["access-control-allow-origin"], "*", "{path}");
            assert_eq!(
                real.headers["access-control-expose-headers"],
                "link,x-ratelimit-reset,x-ratelimit-limit,x-ratelimit-remaining,x-request-id,\
                 mastodon-async-refresh,deprecation"
            );
        }
        for path in ["/orgs/moj", "/actor", "/inbox", "/apiary", "/livez"] {
            let answer = preflight(path).await;
            let real = scene
                .ask(path, &[("origin", "https://client.example")])
                .await;
            for answer in [answer, real] {
                let open = answer.headers.contains_key("access-control-allow-origin");
                assert!(!open, "{path}");
            }
        }
    });
}
