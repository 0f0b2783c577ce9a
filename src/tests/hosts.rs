//! A blocked host reaches us by no path, learns nothing of it, and is hidden
//! while it lasts. Each refusal asserts what is stored.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{
    audience::draft,
    browser::Browser,
    foreign::Foreign,
    test_app::{Answer, ORIGIN, TestApp},
};
use crate::{
    config::Mode,
    domain::{
        account::Role,
        audience::{AudienceKind, Viewer},
        id::OrganisationId,
        organisation::{Category, OrganisationState},
        page::Window,
    },
    federation::lookup::{self, LookupError},
    operations::{
        entries::publish,
        follows::{self as verbs, FollowError},
        hosts,
        people::Person,
    },
    storage::{self, Db, entries, follows, hosts::Policy, organisations, testing::on_both},
};

struct World {
    node: TestApp,
    moj: Person,
    token: String,
    her: Foreign,
}

/// `moj` here and `her` at far.example follow each other; `her` posted a note.
async fn world(db: Db) -> World {
    let node = TestApp::new(db);
    node.organisation("moj", Category::Government).await;
    let scopes = "read write follow";
    let token = node.token("moj", Role::FocalPoint, scopes).await;
    let moj = node.person(&token).await;
    let her = Foreign::new(&node, "far.example", "her").await;
    let world = World {
        node,
        moj,
        token,
        her,
    };
    world
        .hers(1, "Follow", json!(format!("{ORIGIN}/orgs/moj")))
        .await;
    let id = world.her.organisation.id;
    let asked = verbs::follow(&world.node.app.forum, &world.moj, id).await;
    assert!(asked.expect("asked").requested);
    let me = world.moj.organisation.id;
    let follow = world.read(move |conn| follows::find(conn, me, id)).await;
    let uri = follow.expect("a follow").activity_uri;
    world.hers(2, "Accept", json!(uri)).await;
    world.hers(3, "Create", world.her.note(1, "hello")).await;
    assert_eq!((world.entries().await, world.follows().await), (1, 2));
    world
}

impl World {
    async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut storage::Conn) -> Result<T, storage::Error> + Send + 'static,
    ) -> T {
        self.node.app.forum.db.read(f).await.expect("storage")
    }

    async fn send(&self, number: u32, kind: &str, object: Value) -> Answer {
        let activity = self.her.activity(number, kind, object);
        self.her.send(&self.node, &activity).await
    }

    async fn hers(&self, number: u32, kind: &str, object: Value) {
        let answer = self.send(number, kind, object).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    }

    async fn decide(&self, host: &str, policy: Policy) {
        let forum = &self.node.app.forum;
        let done = hosts::decide(forum, None, Mode::Open, host, policy, "test").await;
        done.expect("decided");
        self.passes().await;
    }

    /// Decisions are kept in memory for a second.
    async fn passes(&self) {
        tokio::time::sleep(Duration::from_millis(1_100)).await;
    }

    /// How many entries anybody sees.
    async fn entries(&self) -> i64 {
        let all = entries::Filter::default();
        self.read(move |conn| entries::count(conn, &Viewer::Anonymous, &all))
            .await
    }

    /// How many follows there are between the two.
    async fn follows(&self) -> usize {
        let (me, her) = (self.moj.organisation.id, self.her.organisation.id);
        self.read(move |conn| {
            let one = follows::find(conn, me, her)?;
            let other = follows::find(conn, her, me)?;
            Ok([one, other].into_iter().flatten().count())
        })
        .await
    }

    async fn status(&self, path: &str) -> StatusCode {
        self.node.get(path, Some(&self.token)).await.status
    }
}

#[test]
fn a_block_ends_follows_and_hides_what_comes_back_when_it_ends() {
    on_both(async |db| {
        let world = world(db).await;
        let id = world.her.organisation.id;
        let note = world.her.note(1, "")["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let uri = note.parse().expect("an address");
        let entry = world
            .read(move |conn| entries::find_by_uri(conn, &Viewer::Anonymous, &uri))
            .await
            .expect("stored");
        let pages = [
            format!("/organisations/{id}"),
            format!("/entries/{}", entry.id),
            format!("/api/v1/accounts/{id}"),
            format!("/api/v1/statuses/{}", entry.id),
            format!("/api/forum/v1/organisations/{id}"),
            format!("/api/forum/v1/entries/{}", entry.id),
        ];
        let lists = [
            "/",
            "/organisations",
            "/api/v1/directory",
            "/api/v1/timelines/public",
            "/api/v1/timelines/home",
            "/api/v1/instance/peers",
            "/api/v2/search?q=her",
            "/api/forum/v1/organisations",
            "/api/forum/v1/entries",
        ];
        world.decide("FAR.example.", Policy::Block).await;
        assert_eq!((world.entries().await, world.follows().await), (0, 0));
        let mut anybody = Browser::new(&world.node);
        for page in &pages[..2] {
            assert_eq!(
                anybody.open(page).await.status,
                StatusCode::NOT_FOUND,
                "{page}"
            );
        }
        for page in &pages[2..] {
            assert_eq!(world.status(page).await, StatusCode::NOT_FOUND, "{page}");
        }
        for list in lists {
            let shown = world.node.get(list, Some(&world.token)).await.body;
            assert!(!shown.contains("far.example"), "{list}: {shown}");
        }
        let blocked = verbs::follow(&world.node.app.forum, &world.moj, id).await;
        assert!(matches!(blocked, Err(FollowError::NotFound)));

        let forum = &world.node.app.forum;
        let done = hosts::withdraw(forum, None, Mode::Open, "far.example").await;
        done.expect("withdrawn");
        world.passes().await;
        assert_eq!((world.entries().await, world.follows().await), (1, 0));
        for page in &pages {
            assert_eq!(world.status(page).await, StatusCode::OK, "{page}");
        }
        world
            .hers(9, "Follow", json!(format!("{ORIGIN}/orgs/moj")))
            .await;
        assert_eq!(world.follows().await, 1);
    });
}

#[test]
fn a_follow_that_arrives_right_after_the_block_is_not_kept() {
    on_both(async |db| {
        let world = world(db).await;
        let forum = &world.node.app.forum;
        let done = hosts::decide(forum, None, Mode::Open, "far.example", Policy::Block, "").await;
        done.expect("decided");
        // The node may answer as before for a second; nothing comes of it.
        for number in 20..25 {
            let account = json!(format!("{ORIGIN}/orgs/moj"));
            world.send(number, "Follow", account).await;
            let note = world.her.note(number, "late");
            world.send(number + 100, "Create", note).await;
        }
        assert_eq!((world.entries().await, world.follows().await), (0, 0));
    });
}

#[test]
fn whoever_signs_from_a_blocked_host_below_or_beside_it_is_an_unknown_key() {
    on_both(async |db| {
        let world = world(db).await;
        let below = Foreign::new(&world.node, "a.far.example", "x").await;
        let port = Foreign::new(&world.node, "far.example:8443", "x").await;
        let dotted = Foreign::new(&world.node, "far.example.", "x").await;
        let other = Foreign::new(&world.node, "notfar.example", "x").await;
        world.decide("far.example", Policy::Block).await;
        let account = json!(format!("{ORIGIN}/orgs/moj"));
        let mut unknown = Foreign::new(&world.node, "known.example", "a").await;
        unknown.signer.key_id = "https://nobody.invalid/nobody#main-key"
            .parse()
            .expect("valid");
        let missing = unknown.activity(1, "Follow", account.clone());
        let missing = unknown.send(&world.node, &missing).await;
        for blocked in [&world.her, &below, &port, &dotted] {
            let follow = blocked.activity(70, "Follow", account.clone());
            let answer = blocked.send(&world.node, &follow).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", blocked.uri);
            assert_eq!(
                (answer.status, &answer.body),
                (missing.status, &missing.body)
            );
            let me = world.moj.organisation.id;
            let id = blocked.organisation.id;
            let follow = world.read(move |conn| follows::find(conn, id, me)).await;
            assert_eq!(follow, None, "{}", blocked.uri);
        }
        let follow = other.activity(70, "Follow", account);
        assert_eq!(
            other.send(&world.node, &follow).await.status,
            StatusCode::ACCEPTED
        );
    });
}

#[test]
fn nobody_finds_out_by_another_hosts_key_or_by_a_deletion_what_is_blocked() {
    on_both(async |db| {
        let world = world(db).await;
        // Eve signs in the name of a key that is not hers.
        let eve = Foreign::new(&world.node, "evil.example", "eve").await;
        let as_her = async |number| {
            let mut forged = world
                .her
                .activity(number, "Like", json!("https://x.example/1"));
            forged["actor"] = json!(world.her.uri);
            let mut signer = Foreign::new(&world.node, "evil.example", "eve").await;
            signer.signer.key_id = world.her.signer.key_id.clone();
            let answer = signer.send(&world.node, &forged).await;
            (answer.status, answer.body)
        };
        let open = as_her(80).await;
        // The deletion of an actor whose key cannot be had any more.
        let deleted = async |host: &str| {
            let mut gone = Foreign::new(&world.node, "evil.example", "eve").await;
            let actor = format!("https://{host}/users/gone");
            gone.signer.key_id = format!("{actor}#main-key").parse().expect("valid");
            let mut delete = gone.activity(81, "Delete", json!(actor));
            delete["actor"] = json!(actor);
            let answer = gone.send(&world.node, &delete).await;
            (answer.status, answer.body)
        };
        world.decide("far.example", Policy::Block).await;
        assert_eq!(as_her(82).await, open);
        assert_eq!(deleted("far.example").await.0, StatusCode::ACCEPTED);
        for host in ["127.0.0.1:1", "nobody.invalid"] {
            assert_eq!(deleted(host).await, deleted("far.example").await);
        }
        assert_eq!(eve.organisation.state, OrganisationState::Active);
    });
}

#[test]
fn nothing_of_a_blocked_host_comes_through_others() {
    on_both(async |db| {
        let world = world(db).await;
        let friend = Foreign::new(&world.node, "friend.example", "f").await;
        let token = world.token.clone();
        let person = world.node.person(&token).await;
        let ours = publish(
            &world.node.app.forum,
            &person,
            draft("Wanted", AudienceKind::Public),
        )
        .await
        .expect("published");
        world.decide("far.example", Policy::Block).await;
        let hidden = world.her.note(1, "hello");
        let fresh = world.her.note(5, "smuggled");
        let mut reply = friend.note(6, "an answer to the hidden one");
        reply["inReplyTo"] = hidden["id"].clone();
        // A boost of what is known, of what is not, and an embedded one.
        for (number, kind, object) in [
            (1, "Announce", hidden["id"].clone()),
            (2, "Announce", fresh["id"].clone()),
            (3, "Announce", fresh.clone()),
            (4, "Create", fresh.clone()),
            (5, "Create", reply),
        ] {
            let mut activity = friend.activity(number, kind, object);
            activity["cc"] = json!([]);
            friend.send(&world.node, &activity).await;
            // Only ours is seen, whatever was answered.
            assert_eq!(world.entries().await, 1, "{kind} {number}");
        }
        // A forwarded activity that she signed before.
        let mut forwarded = world.her.activity(9, "Create", fresh);
        forwarded["object"]["inReplyTo"] = json!(ours.uri);
        friend.send(&world.node, &forwarded).await;
        assert_eq!(world.entries().await, 1);
    });
}

#[test]
fn a_blocked_host_is_not_found_by_name_or_address_in_any_spelling() {
    on_both(async |db| {
        let world = world(db).await;
        let made = crate::operations::node::ensure_keys(&world.node.app.forum).await;
        made.expect("the node's keys");
        world.decide("far.example", Policy::Block).await;
        world.decide("bücher.example", Policy::Block).await;
        for text in [
            "@her@far.example",
            "@her@FAR.example.",
            "@new@a.far.example:8443",
            "@new@bücher.example",
            "@new@xn--bcher-kva.example",
            "https://far.example/users/her",
            "https://far.example/users/her/notes/1",
            "https://FAR.example./users/new",
            "https://bücher.example/users/new",
        ] {
            let found = lookup::find(&world.node.app.federation, &Viewer::Anonymous, text).await;
            let refused = matches!(
                found,
                Err(LookupError::NotFound | LookupError::Unreachable(_))
            );
            assert!(refused, "{text}: {found:?}");
        }
        let known = world.read(organisations::hosts).await;
        assert_eq!(known, [""; 0]);
    });
}

#[test]
fn with_an_allowlist_only_named_hosts_are_shown_and_heard() {
    on_both(async |db| {
        let settings = [("VIRTUAL_FORUM_FEDERATION__MODE", "allowlist")];
        let node = TestApp::with(db, &settings);
        node.organisation("moj", Category::Government).await;
        let good = Foreign::new(&node, "good.example", "g").await;
        let other = Foreign::new(&node, "other.example", "o").await;
        let forum = &node.app.forum;
        let mode = Mode::Allowlist;
        hosts::settle(forum, mode).await.expect("settled");
        let state = async |id: OrganisationId| {
            let found = forum
                .db
                .read(move |conn| organisations::find(conn, id))
                .await;
            found.expect("storage").expect("known").state
        };
        assert_eq!(
            state(good.organisation.id).await,
            OrganisationState::Suspended
        );
        let allowed = hosts::decide(forum, None, mode, "good.example", Policy::Allow, "").await;
        allowed.expect("allowed");
        assert_eq!(state(good.organisation.id).await, OrganisationState::Active);
        assert_eq!(
            state(other.organisation.id).await,
            OrganisationState::Suspended
        );
        let account = json!(format!("{ORIGIN}/orgs/moj"));
        for (who, status) in [
            (&good, StatusCode::ACCEPTED),
            (&other, StatusCode::UNAUTHORIZED),
        ] {
            let follow = who.activity(1, "Follow", account.clone());
            assert_eq!(who.send(&node, &follow).await.status, status);
        }
        // Back to everybody.
        hosts::settle(forum, Mode::Open).await.expect("settled");
        assert_eq!(
            state(other.organisation.id).await,
            OrganisationState::Active
        );
        let listed = forum.db.read(move |conn| {
            let all = organisations::Filter::default();
            organisations::list(conn, &all, Window::first(10))
        });
        assert_eq!(listed.await.expect("a list").len(), 3);
    });
}
