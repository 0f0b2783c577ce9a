//! Asking other servers, over real sockets: what their actors show, what was
//! revoked, and from whom it can be learnt when an anchor is gone.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Authority, TRUST, organisation, trusting};
use crate::{
    domain::{
        accreditation::Claim,
        audience::Tier,
        organisation::{Category, Organisation},
    },
    federation::{
        credentials::{ask_about, ask_for_accreditations, ask_for_lists},
        json::normalise,
        objects::organisation::describe,
        signatures::PrivateKey,
    },
    operations::{
        accreditations::{elsewhere, import, keep, storable_at, viewer_of},
        node::ensure_keys,
        organisations::save_remote,
    },
    storage::{self, Db, testing::on_both},
    tests::{server::Server, test_app::TestApp},
};

/// A node, the server of another, and the server of an anchor.
struct Scene {
    node: TestApp,
    theirs: Server,
    hub: Server,
    authority: Authority,
    moj: Organisation,
    key: String,
}

async fn scene(db: Db) -> Scene {
    let (theirs, hub) = (Server::start().await, Server::start().await);
    let authority = Authority::new(&format!("http://{}/status/1", hub.authority));
    let node = TestApp::with(
        db,
        &[
            ("VIRTUAL_FORUM_FEDERATION__ALLOW_HTTP", "true"),
            (
                "VIRTUAL_FORUM_FEDERATION__ALLOWED_ADDRESSES",
                &format!("[{:?}, {:?}]", theirs.authority, hub.authority),
            ),
            (TRUST, &trusting(&[authority.did()])),
        ],
    );
    ensure_keys(&node.app.forum).await.expect("keys");
    let key = PrivateKey::generate_ed25519().expect("a key");
    let key = key
        .public()
        .expect("public")
        .to_multibase()
        .expect("Ed25519");
    let moj = save(&node, &actor(&theirs, &key)).await;
    Scene {
        node,
        theirs,
        hub,
        authority,
        moj,
        key,
    }
}

/// The document of an organisation at home on this server.
fn actor(server: &Server, key: &str) -> Value {
    let id = format!("http://{}/orgs/moj", server.authority);
    json!({
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": id, "type": "Organization", "preferredUsername": "moj",
        "inbox": format!("{id}/inbox"),
        "assertionMethod": [{"id": format!("{id}#ed25519-key"), "type": "Multikey",
            "controller": id, "publicKeyMultibase": key}],
        "accreditations": format!("{id}/accreditations"),
    })
}

async fn save(node: &TestApp, actor: &Value) -> Organisation {
    let forum = &node.app.forum;
    let described = describe(&node.app.federation, &normalise(actor.clone()), forum.now());
    let described = described.expect("an actor");
    let saved = forum.write(move |conn, forum| save_remote(conn, forum, described));
    saved
        .await
        .map_err(|error: storage::Error| error)
        .expect("saved")
}

impl Scene {
    fn shows(&self, credentials: &[Value]) {
        let address = format!("{}/accreditations", self.moj.uri);
        self.theirs.put(&json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": address, "type": "Collection", "items": credentials,
        }));
    }

    fn credential(&self, claim: Claim) -> Value {
        let now = self.node.app.forum.now();
        let authority = &self.authority;
        authority.sign(&authority.claim(&self.moj.uri, &self.key, claim, now))
    }

    async fn ask(&self) {
        let federation = &self.node.app.federation;
        ask_for_accreditations(federation).await.expect("asked");
        ask_for_lists(federation).await.expect("asked");
        keep(&self.node.app.forum).await.expect("kept");
    }

    async fn tier(&self) -> Tier {
        self.node.tier_of(&self.moj).await
    }

    fn minute_passes(&self) {
        self.node.pass(TimeDelta::minutes(1));
    }
}

#[test]
fn what_an_actor_elsewhere_shows_is_read_and_forged_things_change_nothing() {
    on_both(async |db| {
        let scene = scene(db).await;
        scene.ask().await;
        assert_eq!(scene.tier().await, Tier::Public, "it shows nothing");
        let good = scene.credential(organisation(Category::Government));
        let mut altered = good.clone();
        altered["credentialSubject"]["category"] = json!("internationalOrganisation");
        let forger = Authority::new(scene.authority.list.as_str());
        let now = scene.node.app.forum.now();
        let claim = organisation(Category::Government);
        let unknown = forger.sign(&forger.claim(&scene.moj.uri, &scene.key, claim.clone(), now));
        let other = "http://other.example/orgs/x".parse().expect("an address");
        let of_another = scene
            .authority
            .sign(&scene.authority.claim(&other, &scene.key, claim, now));
        scene.shows(&[altered, unknown, of_another, json!(7)]);
        scene.node.pass(TimeDelta::minutes(11));
        scene.ask().await;
        assert_eq!(scene.tier().await, Tier::Public);
        scene.shows(&[good]);
        scene.minute_passes();
        scene.ask().await;
        assert_eq!(scene.tier().await, Tier::Preferential);
        // It is shown and found as what it is.
        let found = scene
            .node
            .get("/api/forum/v1/organisations?category=government", None);
        assert_eq!(
            found.await.json()["items"][0]["uri"],
            scene.moj.uri.as_str()
        );
    });
}

#[test]
fn a_first_need_asks_at_once_and_hosts_are_asked_at_their_pace() {
    on_both(async |db| {
        let scene = scene(db).await;
        scene.shows(&[scene.credential(organisation(Category::Media))]);
        let path = "/orgs/moj/accreditations";
        let federation = &scene.node.app.federation;
        ask_about(federation, &scene.moj.uri).await.expect("asked");
        assert_eq!(scene.tier().await, Tier::Members);
        ask_about(federation, &scene.moj.uri).await.expect("asked");
        scene.ask().await;
        assert_eq!(scene.theirs.asked_for(path), 1, "it was asked just now");
        // When it describes itself anew, it is asked anew.
        save(&scene.node, &actor(&scene.theirs, &scene.key)).await;
        scene.ask().await;
        assert_eq!(scene.theirs.asked_for(path), 2);
        scene.minute_passes();
        scene.ask().await;
        assert_eq!(scene.theirs.asked_for(path), 3);
        // One that does not answer is left alone for longer and longer.
        scene.theirs.fail_with(500);
        for _ in 0..10 {
            scene.minute_passes();
            scene.ask().await;
        }
        let asked = scene.theirs.asked_for(path);
        assert!(asked < 9, "{asked}");
    });
}

#[test]
fn a_revocation_is_known_within_a_minute_and_an_old_list_does_not_undo_it() {
    on_both(async |db| {
        let scene = scene(db).await;
        scene.shows(&[scene.credential(organisation(Category::Government))]);
        let start = scene.node.app.forum.now();
        let unrevoked = scene.authority.signed_list(&[], start);
        scene.hub.put(&unrevoked);
        scene.ask().await;
        assert_eq!(scene.tier().await, Tier::Preferential);
        scene.minute_passes();
        scene.hub.put(
            &scene
                .authority
                .signed_list(&[7], scene.node.app.forum.now()),
        );
        scene.ask().await;
        assert_eq!(scene.tier().await, Tier::Public);
        scene.hub.put(&unrevoked);
        scene.minute_passes();
        scene.ask().await;
        assert_eq!(scene.tier().await, Tier::Public);
        let shown = scene
            .node
            .get("/api/forum/v1/organisations?category=government", None);
        assert_eq!(shown.await.json()["items"], json!([]));
    });
}

#[test]
fn a_revocation_is_learnt_from_any_other_node_when_its_anchor_is_gone() {
    on_both(async |db| {
        let scene = scene(db).await;
        scene.shows(&[scene.credential(organisation(Category::Government))]);
        scene.ask().await;
        assert_eq!(scene.tier().await, Tier::Preferential);
        scene.hub.fail_with(503);
        scene.minute_passes();
        let revoked = scene
            .authority
            .signed_list(&[7], scene.node.app.forum.now());
        let of = scene.authority.list.as_str();
        let of: String = url::form_urlencoded::byte_serialize(of.as_bytes()).collect();
        let by = scene.authority.did().as_str().replace(':', "%3A");
        let mirror = format!("/.well-known/virtual-forum/status-lists?of={of}&by={by}");
        let forger = Authority::new(scene.authority.list.as_str());
        let forged = forger.signed_list(&[7], scene.node.app.forum.now());
        scene.theirs.put_at(&mirror, &forged);
        scene.ask().await;
        assert_eq!(
            scene.tier().await,
            Tier::Preferential,
            "anybody may mirror, nobody may forge"
        );
        scene.theirs.put_at(&mirror, &revoked);
        scene.minute_passes();
        scene.ask().await;
        assert_eq!(scene.tier().await, Tier::Public);
    });
}

#[test]
fn a_node_elsewhere_may_store_what_its_membership_says() {
    on_both(async |db| {
        let scene = scene(db).await;
        let forum = &scene.node.app.forum;
        let origin = format!("http://{}", scene.theirs.authority);
        let node_actor = format!("{origin}/actor").parse().expect("an address");
        let claim = Claim::Node {
            audience: Tier::Members,
        };
        let membership = scene
            .authority
            .claim(&node_actor, &scene.key, claim, forum.now());
        let storable = async || {
            let (looking, inbox) = (forum.clone(), scene.moj.endpoints.inbox.clone());
            let read = forum
                .db
                .read(move |conn| storable_at(conn, &looking, &inbox));
            read.await.expect("read")
        };
        let reads = async || {
            let (looking, moj) = (forum.clone(), scene.moj.clone());
            let read = forum.db.read(move |conn| viewer_of(conn, &looking, &moj));
            read.await.expect("read").tier()
        };
        assert_eq!(storable().await, Tier::Public);
        scene.shows(&[scene.credential(organisation(Category::Government))]);
        scene.theirs.put(&json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": format!("{origin}/actor/accreditations"), "type": "Collection",
            "items": [scene.authority.sign(&membership)],
        }));
        scene.ask().await;
        assert_eq!(storable().await, Tier::Members);
        // A government, on a server that may store what is for members.
        assert_eq!(scene.tier().await, Tier::Preferential);
        assert_eq!(reads().await, Tier::Members);
        for (tier, expected) in [(Tier::Members, 1), (Tier::Preferential, 1)] {
            let looking = forum.clone();
            let read = forum.db.read(move |conn| elsewhere(conn, &looking, tier));
            let members = read.await.expect("read");
            assert_eq!(members.len(), expected, "{tier}");
            assert_eq!(members[0].organisation.uri, scene.moj.uri);
        }
    });
}

#[test]
fn what_renews_ours_is_fetched_from_its_anchors_node() {
    on_both(async |db| {
        let scene = scene(db).await;
        let forum = &scene.node.app.forum;
        let ours = scene
            .node
            .organisation("ours", Category::CivilSociety)
            .await;
        let key = scene.node.key_of(&ours.uri).await;
        let authority = &scene.authority;
        let claim = organisation(Category::CivilSociety);
        let first = authority.claim(&ours.uri, &key, claim.clone(), forum.now());
        import(forum, authority.sign(&first))
            .await
            .expect("imported");
        scene.node.pass(TimeDelta::days(61));
        let second = authority.claim(&ours.uri, &key, claim.clone(), forum.now());
        // Another anchor does not get in by this way.
        let other = Authority::new(authority.list.as_str());
        let foreign = other.claim(&ours.uri, &key, claim, forum.now());
        let of: String =
            url::form_urlencoded::byte_serialize(ours.uri.as_str().as_bytes()).collect();
        let path = format!("/.well-known/virtual-forum/accreditations?of={of}");
        scene.hub.put_at(
            &path,
            &json!({
                "@context": "https://www.w3.org/ns/activitystreams",
                "id": format!("http://{}{path}", scene.hub.authority), "type": "Collection",
                "items": [authority.sign(&second), other.sign(&foreign)],
            }),
        );
        scene.hub.put(&authority.signed_list(&[], forum.now()));
        scene.ask().await;
        let shown = scene
            .node
            .get("/orgs/ours/accreditations", None)
            .await
            .json();
        let ids: Vec<&Value> = shown["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|one| &one["id"])
            .collect();
        assert_eq!(ids, [&json!(second.id.as_str()), &json!(first.id.as_str())]);
        scene.node.pass(TimeDelta::days(30));
        assert_eq!(scene.node.tier_of(&ours).await, Tier::Members);
    });
}
