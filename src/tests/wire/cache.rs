use axum::http::StatusCode;

use super::{ACTIVITY, Scene};
use crate::{domain::audience::AudienceKind, storage::testing::on_both};

#[test]
fn a_deletion_is_visible_at_once() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        for _ in 0..10 {
            let entry = scene.publish(AudienceKind::Public).await;
            let note = format!("/entries/{}", entry.id);
            for path in [note.as_str(), "/orgs/moj/outbox?page=true"] {
                for _ in 0..3 {
                    let answer = scene.fetch(path).await;
                    assert!(answer.body.contains(entry.uri.as_str()), "{path}");
                }
            }
            scene.delete(entry.id).await;
            assert_eq!(scene.fetch(&note).await.status, StatusCode::GONE);
            let outbox = scene.fetch("/orgs/moj/outbox?page=true").await;
            assert!(!outbox.body.contains(entry.uri.as_str()));
        }
    });
}

#[test]
fn what_was_made_for_somebody_signed_in_is_served_to_nobody_else() {
    on_both(async |db| {
        let scene = Scene::new(db).await;
        let hidden = scene.publish(AudienceKind::Members).await;
        let paths = [
            format!("/api/forum/v1/entries/{}", hidden.id),
            format!("/api/v1/statuses/{}", hidden.id),
        ];
        let bearer = format!("Bearer {}", scene.token);
        for path in &paths {
            let mine = scene.ask(path, &[("authorization", &bearer)]).await;
            assert_eq!(mine.status, StatusCode::OK, "{path}");
            let theirs = scene.ask(path, &[]).await;
            assert_eq!(theirs.status, StatusCode::NOT_FOUND, "{path}");
            let again = scene.ask(path, &[("authorization", &bearer)]).await;
            assert_eq!(again.status, StatusCode::OK, "{path}");
        }
        // And nothing of it reaches the lists that everybody reads.
        for path in ["/api/v1/timelines/public", "/orgs/moj/outbox?page=true"] {
            for headers in [
                vec![("accept", ACTIVITY), ("authorization", bearer.as_str())],
                vec![("accept", ACTIVITY)],
            ] {
                let answer = scene.ask(path, &headers).await;
                let is_anonymous = headers.len() == 1;
                if is_anonymous {
                    assert!(!answer.body.contains(&hidden.id.to_string()), "{path}");
                }
            }
        }
    });
}
