//! Blocks and mutes between organisations, ours and those of other servers.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::{
    audience::draft,
    browser::{Browser, location},
    foreign::Foreign,
    test_app::{ORIGIN, TestApp},
};
use crate::{
    domain::{
        account::Role, activity::ActivityKind, audience::AudienceKind, entry::Entry,
        id::OrganisationId, organisation::Category, page::Window,
    },
    federation::outbox::distribute,
    operations::{
        entries::{EntryError, publish},
        people::Person,
    },
    storage::{self, Db, activities, deliveries, entries, follows, testing::on_both},
};

struct World {
    node: TestApp,
    moj: Person,
    token: String,
    shelter: Person,
    her: Foreign,
}

/// `moj` and `shelter` here, `her` elsewhere; each of the others follows moj.
async fn world(db: Db) -> World {
    let node = TestApp::new(db);
    node.organisation("moj", Category::Government).await;
    node.organisation("shelter", Category::CivilSociety).await;
    let scopes = "read write follow";
    let token = node.token("moj", Role::FocalPoint, scopes).await;
    let moj = node.person(&token).await;
    let other = node.token("shelter", Role::FocalPoint, scopes).await;
    let shelter = node.person(&other).await;
    let her = Foreign::new(&node, "far.example", "her").await;
    let world = World {
        node,
        moj,
        token,
        shelter,
        her,
    };
    world
        .hers(1, "Follow", json!(format!("{ORIGIN}/orgs/moj")))
        .await;
    world
        .follow(&world.shelter, world.moj.organisation.id)
        .await;
    assert!(
        world
            .follows(world.her.organisation.id, world.moj.organisation.id)
            .await
    );
    world
}

impl World {
    async fn hers(&self, number: u32, kind: &str, object: Value) {
        let activity = self.her.activity(number, kind, object);
        let answer = self.her.send(&self.node, &activity).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    }

    async fn follow(&self, who: &Person, whom: OrganisationId) -> bool {
        let forum = &self.node.app.forum;
        let followed = crate::operations::follows::follow(forum, who, whom).await;
        followed.is_ok_and(|stands| stands.following)
    }

    async fn follows(&self, who: OrganisationId, whom: OrganisationId) -> bool {
        let db = &self.node.app.forum.db;
        let found = db.read(move |conn| follows::find(conn, who, whom)).await;
        found.expect("storage").is_some()
    }

    /// What the account route `verb` answers.
    async fn ask(&self, verb: &str, whom: OrganisationId) -> Value {
        let path = format!("/api/v1/accounts/{whom}/{verb}");
        let answer = self.node.call(Method::POST, &path, Some(&self.token), None);
        answer.await.json()
    }

    async fn ids(&self, path: &str) -> Vec<String> {
        let list = self.node.get(path, Some(&self.token)).await.json();
        let items = list.as_array().expect("a list");
        let id = |one: &Value| one["id"].as_str().expect("an id").to_owned();
        items.iter().map(id).collect()
    }

    async fn publish(&self, by: &Person) -> Entry {
        let draft = draft("Wanted", AudienceKind::Public);
        let made = publish(&self.node.app.forum, by, draft).await;
        made.expect("published")
    }

    async fn thread(&self, entry: &Entry) -> usize {
        let (viewer, root) = (self.moj.viewer(), entry.thread.root);
        let db = &self.node.app.forum.db;
        let found = db.read(move |conn| entries::conversation(conn, &viewer, root, 10));
        found.await.expect("a thread").len()
    }

    /// The kinds of our newest activities, newest first, and the inboxes that
    /// the newest goes to.
    async fn told(&self) -> (Vec<String>, Vec<Url>) {
        use diesel::prelude::*;
        use storage::schema::activities as rows;
        let found = self.node.app.forum.db.read(|conn| {
            let found: Vec<(i64, String)> = rows::table
                .filter(rows::local.eq(true))
                .order(rows::id.desc())
                .select((rows::id, rows::kind))
                .load(conn)?;
            Ok::<_, storage::Error>(found)
        });
        let found = found.await.expect("storage");
        let newest = crate::domain::id::ActivityId(found[0].0);
        let done = distribute(&self.node.app.federation, newest).await;
        done.expect("distributed");
        let inboxes = self.node.app.forum.db.read(move |conn| {
            assert!(activities::find_outgoing(conn, newest)?.is_some());
            let next = deliveries::next(conn, "far.example", None, 100)?;
            let of_newest = next.into_iter().filter(|one| one.activity == newest);
            Ok::<_, storage::Error>(of_newest.map(|one| one.inbox).collect())
        });
        let kinds = found.into_iter().map(|(_, kind)| kind).collect();
        (kinds, inboxes.await.expect("storage"))
    }
}

#[test]
fn a_block_ends_the_follows_both_ways_and_no_block_is_sent() {
    on_both(async |db| {
        let world = world(db).await;
        let (moj, her) = (world.moj.organisation.id, world.her.organisation.id);
        world.follow(&world.moj, her).await;
        assert!(world.follows(moj, her).await);
        let stands = world.ask("block", her).await;
        assert_eq!(stands["blocking"], true);
        assert_eq!(stands["following"], false);
        assert!(!world.follows(moj, her).await && !world.follows(her, moj).await);
        let (kinds, _) = world.told().await;
        let ends = [ActivityKind::Reject.as_str(), ActivityKind::Undo.as_str()];
        assert_eq!(kinds[..2], ends);
        assert!(!kinds.contains(&"Block".to_owned()));
        assert_eq!(world.ids("/api/v1/blocks").await, [her.to_string()]);
        let stands = world.ask("unblock", her).await;
        assert_eq!(stands["blocking"], false);
        assert!(world.ids("/api/v1/blocks").await.is_empty());
    });
}

#[test]
fn who_is_blocked_neither_follows_nor_replies() {
    on_both(async |db| {
        let world = world(db).await;
        let (moj, her) = (world.moj.organisation.id, world.her.organisation.id);
        let shelter = world.shelter.organisation.id;
        let entry = world.publish(&world.moj).await;
        world.ask("block", her).await;
        world.ask("block", shelter).await;

        world
            .hers(2, "Follow", json!(format!("{ORIGIN}/orgs/moj")))
            .await;
        assert!(!world.follows(her, moj).await);
        assert_eq!(world.told().await.0[0], "Reject");
        assert!(!world.follow(&world.shelter, moj).await);
        assert!(!world.follows(shelter, moj).await);

        let mut note = world.her.note(3, "an answer");
        note["inReplyTo"] = json!(entry.uri);
        world.hers(3, "Create", note.clone()).await;
        let mut answer = draft("", AudienceKind::Public);
        answer.audience = None;
        answer.content.kind = crate::domain::entry::Kind::Note;
        answer.content.status = None;
        answer.in_reply_to = Some(entry.id);
        let refused = publish(&world.node.app.forum, &world.shelter, answer.clone()).await;
        assert!(
            matches!(refused, Err(EntryError::Invalid(_))),
            "{refused:?}"
        );
        assert_eq!(world.thread(&entry).await, 1);

        world.ask("unblock", her).await;
        world.ask("unblock", shelter).await;
        world.hers(4, "Create", note).await;
        let made = publish(&world.node.app.forum, &world.shelter, answer).await;
        made.expect("published");
        assert_eq!(world.thread(&entry).await, 3);
    });
}

#[test]
fn who_is_blocked_neither_likes_nor_boosts_nor_gets_leave_to_quote() {
    on_both(async |db| {
        let world = world(db).await;
        let her = world.her.organisation.id;
        let entry = world.publish(&world.moj).await;
        let react = async |number: u32| {
            for (number, kind) in [(number, "Like"), (number + 1, "Announce")] {
                world.hers(number, kind, json!(entry.uri)).await;
            }
            let object = json!(entry.uri);
            let mut request = world.her.activity(number + 2, "QuoteRequest", object);
            request["instrument"] = json!(format!("{}/notes/{number}", world.her.uri));
            let answer = world.her.send(&world.node, &request).await;
            assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
            let path = format!("/api/v1/statuses/{}", entry.id);
            let status = world.node.get(&path, Some(&world.token)).await.json();
            let count = |name: &str| status[name].as_i64().expect("a number");
            (count("favourites_count"), count("reblogs_count"))
        };
        world.ask("block", her).await;
        assert_eq!(react(20).await, (0, 0));
        let refused = world.node.told().await;
        let kinds = |told: &[Value]| -> Vec<Value> {
            told.iter()
                .map(|activity| activity["type"].clone())
                .collect()
        };
        assert!(
            kinds(&refused).ends_with(&[json!("Reject"), json!("Reject")]),
            "{refused:?}"
        );
        world.ask("unblock", her).await;
        assert_eq!(react(30).await, (1, 1));
        let given = world.node.told().await;
        assert_eq!(kinds(&given), [json!("Accept")]);
        let leave = given[0]["result"].as_str().expect("an address");
        let path = leave.strip_prefix(ORIGIN).expect("an address of ours");
        let shown = async || world.node.get(path, None).await.status;
        assert_eq!(shown().await, StatusCode::OK);
        // A later block takes the leave back, and says so.
        world.ask("block", her).await;
        assert_eq!(shown().await, StatusCode::NOT_FOUND);
        let taken = world.node.told().await;
        assert_eq!(kinds(&taken), [json!("Delete")]);
        assert_eq!(taken[0]["object"], leave);
    });
}

#[test]
fn who_is_blocked_or_muted_leaves_the_home_timeline() {
    on_both(async |db| {
        let world = world(db).await;
        let shelter = world.shelter.organisation.id;
        world.follow(&world.moj, shelter).await;
        let theirs = world.publish(&world.shelter).await.id.to_string();
        let home = "/api/v1/timelines/home";
        assert_eq!(world.ids(home).await, [theirs.as_str()]);
        let stands = world.ask("mute", shelter).await;
        assert_eq!(
            (&stands["muting"], &stands["following"]),
            (&json!(true), &json!(true))
        );
        assert!(world.ids(home).await.is_empty());
        assert_eq!(world.ids("/api/v1/mutes").await, [shelter.to_string()]);
        world.ask("unmute", shelter).await;
        assert_eq!(world.ids(home).await, [theirs.as_str()]);
        // A boost by somebody else does not bring it back.
        let her = world.her.organisation.id;
        world.follow(&world.moj, her).await;
        let accept = {
            let read = world.node.app.forum.db.read(move |conn| {
                let moj = storage::organisations::find_local(conn, "moj")?.expect("known");
                follows::find(conn, moj.id, her)
            });
            read.await.expect("storage").expect("asked").activity_uri
        };
        world.hers(5, "Accept", json!(accept)).await;
        world.ask("block", shelter).await;
        world
            .hers(6, "Announce", json!(format!("{ORIGIN}/entries/{theirs}")))
            .await;
        assert!(world.ids(home).await.is_empty());
    });
}

#[test]
fn a_block_received_ends_follows_is_shown_to_nobody_and_nothing_more_is_sent() {
    on_both(async |db| {
        let world = world(db).await;
        let (moj, her) = (world.moj.organisation.id, world.her.organisation.id);
        world.follow(&world.moj, her).await;
        let block = json!(format!("{ORIGIN}/orgs/moj"));
        world.hers(7, "Block", block.clone()).await;
        assert!(!world.follows(moj, her).await && !world.follows(her, moj).await);
        let path = format!("/api/v1/accounts/relationships?id[]={her}");
        let stands = world.node.get(&path, Some(&world.token)).await.json();
        assert_eq!(stands[0]["blocked_by"], false);
        assert_eq!(stands[0]["blocking"], false);

        // A request waits for ever, as if she had not answered; it is not sent.
        let stands = world.ask("follow", her).await;
        assert_eq!(stands["requested"], true);
        assert_eq!(world.told().await, (world.told().await.0, vec![]));
        let entry = world.publish(&world.moj).await;
        assert_eq!(world.told().await.1, []);

        // Only she takes it back, by its id or as a whole.
        let eve = Foreign::new(&world.node, "evil.example", "eve").await;
        let id = format!("{}/activities/7", world.her.uri);
        eve.send(&world.node, &eve.activity(1, "Undo", json!(id)))
            .await;
        world.ask("unfollow", her).await;
        world.ask("follow", her).await;
        assert_eq!(world.told().await.1, []);
        let whole = json!({"id": id, "type": "Block", "actor": world.her.uri, "object": block});
        world.hers(8, "Undo", whole).await;
        world.ask("unfollow", her).await;
        world.ask("follow", her).await;
        assert_eq!(world.told().await.1.len(), 1);
        assert_eq!(world.thread(&entry).await, 1);
    });
}

#[test]
fn an_undo_that_overtakes_its_block_wins() {
    on_both(async |db| {
        let world = world(db).await;
        let (moj, her) = (world.moj.organisation.id, world.her.organisation.id);
        let id = format!("{}/activities/9", world.her.uri);
        world.hers(10, "Undo", json!(id)).await;
        world
            .hers(9, "Block", json!(format!("{ORIGIN}/orgs/moj")))
            .await;
        assert!(world.follows(her, moj).await);
    });
}

#[test]
fn a_page_blocks_and_mutes_for_focal_points_only() {
    on_both(async |db| {
        let world = world(db).await;
        let her = world.her.organisation.id;
        let page = format!("/organisations/{her}");
        let mut editor = Browser::signed_in(&world.node, "moj", Role::Editor).await;
        let mut focal = Browser::signed_in(&world.node, "moj", Role::FocalPoint).await;
        for (verb, button, opposite) in [("mute", "Mute", "Unmute"), ("block", "Block", "Unblock")]
        {
            let action = format!("{page}/{verb}");
            let refused = editor.submit(&page, &action, &[]).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN);
            assert!(
                focal
                    .open(&page)
                    .await
                    .body
                    .contains(&format!(">{button}<"))
            );
            let done = focal.submit(&page, &action, &[]).await;
            let word = if verb == "mute" { "muted" } else { "blocked" };
            assert_eq!(location(&done), format!("{page}?done={word}"));
            assert!(
                focal
                    .open(&page)
                    .await
                    .body
                    .contains(&format!(">{opposite}<"))
            );
            let undo = format!("{page}/un{verb}");
            focal.submit(&page, &undo, &[]).await;
            assert!(
                focal
                    .open(&page)
                    .await
                    .body
                    .contains(&format!(">{button}<"))
            );
        }
        let window = Window::first(10);
        let moj = world.moj.organisation.id;
        let left = world.node.app.forum.db.read(move |conn| {
            let kind = crate::domain::block::BlockKind::Block;
            storage::blocks::list(conn, moj, kind, window)
        });
        assert_eq!(left.await.expect("storage"), []);
    });
}
