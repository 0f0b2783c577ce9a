//! The hub is killed: the other two nodes go on alone, with the second anchor.

use federation_tests::{
    accredited::{Accredited, Network, Place, Setup},
    database::Store,
    forum::{note, uri},
    http,
    node::{Member, text},
    on_both_databases, wait,
};
use serde_json::{Value, json};

/// Two governments and two civil society organisations on the nodes that live
/// on, each accredited by an anchor elsewhere or by the one that lives on.
struct Scene {
    network: Network,
    gov2: Accredited,
    ngo2: Accredited,
    gov3: Accredited,
    ngo3: Accredited,
}

async fn scene(store: Store) -> Scene {
    let network = Setup::new(store).start().await;
    let (hub, second, third) = (Place::Hub, Place::Second, Place::Third);
    let secretariat = network.accredited(hub, hub, "secretariat", "international_organisation");
    let scene = Scene {
        gov2: network.accredited(hub, second, "gov2", "government"),
        ngo2: network.accredited(second, second, "ngo2", "civil_society"),
        gov3: network.accredited(second, third, "gov3", "government"),
        ngo3: network.accredited(hub, third, "ngo3", "civil_society"),
        network,
    };
    let Scene {
        gov2,
        ngo2,
        gov3,
        ngo3,
        ..
    } = &scene;
    let all = [&secretariat, gov2, ngo2, gov3, ngo3];
    scene.network.acquaint(&all).await;
    scene
}

impl Scene {
    /// Entries for each restricted audience by one author: all arrive where
    /// they are to, and nowhere else on that node.
    async fn exchange(&self, author: &Accredited, gov: &Accredited, ngo: &Accredited, round: &str) {
        let forum = author.member.forum();
        let by = |audience: &str| note(&format!("{round}: for {audience}"), audience);
        let members = uri(&forum.publish(&by("members")).await);
        let preferential = uri(&forum.publish(&by("preferential")).await);
        let mut named = by("named");
        named["named"] = json!([gov.member.uri]);
        let named = uri(&forum.publish(&named).await);
        for one in [&members, &preferential, &named] {
            gov.member.forum().await_entry(one).await;
        }
        let there = ngo.member.forum();
        there.await_entry(&members).await;
        for one in [&preferential, &named] {
            assert_eq!(there.find(one).await, None, "{round}");
        }
    }

    /// What one node's list of organisations says of an actor.
    async fn category_at(&self, place: Place, actor: &str) -> Value {
        let forum = self.network.at(place).forum();
        let list = forum.get("/organisations?limit=100").await.expect(200);
        let list = list.json()["items"].as_array().cloned().unwrap_or_default();
        let found = list.into_iter().find(|one| one["uri"] == actor);
        found.map_or(Value::Null, |one| one["category"].clone())
    }

    /// Applies on the second node and is approved there by its operator.
    async fn admit(&self, handle: &str) -> Member {
        let second = self.network.at(Place::Second);
        let email = format!("focal.point@{handle}.example");
        let application = json!({
            "name": "Harbour Light", "handle": handle, "category": "civil_society",
            "country": "AL", "website": format!("https://{handle}.example/"),
            "reason": "We run two shelters.", "email": email,
        });
        let applied = second.forum().post("/applications", &application).await;
        applied.expect(201);
        let waiting = second.command(&["application", "list", "--state", "open"]);
        let waiting = text(&waiting["applications"][0], "id");
        let approved = second.command(&["application", "approve", "--id", &waiting]);
        assert_eq!(approved["state"], "approved", "{approved}");
        let link = text(&approved, "link");
        http::get(&link).send().await.expect(200);
        second.admitted(handle, &email)
    }
}

async fn without_the_hub_two_nodes_exchange_verify_admit_and_revoke(store: Store) {
    let mut scene = scene(store).await;
    let hub = scene.network.origin(Place::Hub);
    scene.network.at_mut(Place::Hub).kill();
    let dead = http::get(&format!("{hub}/livez")).try_send().await;
    assert!(dead.is_none(), "the hub answers");

    let Scene {
        gov2,
        ngo2,
        gov3,
        ngo3,
        ..
    } = &scene;
    scene.exchange(gov2, gov3, ngo3, "gov2 to the third").await;
    scene.exchange(gov3, gov2, ngo2, "gov3 to the second").await;

    // They verify the hub's credentials without it, also after a new start.
    scene.network.at_mut(Place::Third).restart().await;
    let gov2 = &scene.gov2;
    let seen = scene.category_at(Place::Third, &gov2.member.uri).await;
    assert_eq!(seen, "government");
    scene
        .exchange(gov2, &scene.gov3, &scene.ngo3, "after a new start")
        .await;
    await_mirrors(&scene, &hub).await;

    // A new member, by the second anchor.
    let newcomer = scene.admit("harbour").await;
    let third = scene.gov3.member.mastodon();
    wait::until("the newcomer to be found", || third.resolve(&newcomer.uri)).await;
    wait::until("the newcomer to be recognised", || async {
        let seen = scene.category_at(Place::Third, &newcomer.uri).await;
        (seen == "civil_society").then_some(())
    })
    .await;
    let (gov3, ngo3) = (scene.gov3.member.forum(), scene.ngo3.member.forum());
    let welcome = uri(&gov3.publish(&note("Welcome", "members")).await);
    newcomer.forum().await_entry(&welcome).await;
    let thanks = newcomer.forum().publish(&note("Thanks", "members")).await;
    ngo3.await_entry(&uri(&thanks)).await;

    revoke_both(&scene, &newcomer).await;
}

/// Both nodes that live keep the newest list of the anchor that does not, for
/// whoever asks.
async fn await_mirrors(scene: &Scene, hub: &str) {
    let list = format!("{hub}/.well-known/virtual-forum/status-lists/1");
    for place in [Place::Second, Place::Third] {
        let path = format!("/.well-known/virtual-forum/status-lists?of={list}");
        let kept = scene.network.at(place).get(&path).send().await.expect(200);
        assert_eq!(kept.json()["id"], list);
        assert_eq!(kept.json()["proof"]["cryptosuite"], "eddsa-jcs-2022");
    }
}

/// The second anchor takes two accreditations back, one of its own node and one
/// of the other: both count nowhere any more within the usual patience, which
/// is a minute.
async fn revoke_both(scene: &Scene, newcomer: &Member) {
    let (second, gov3) = (Place::Second, &scene.gov3);
    let issued = scene.network.at(second).command(&["accreditation", "list"]);
    let issued = issued["accreditations"].as_array().cloned();
    let issued = issued.unwrap_or_default();
    let of_newcomer = issued.iter().find(|one| one["subject"] == newcomer.uri);
    let of_newcomer = text(of_newcomer.expect("it was accredited"), "id");
    scene.network.revoke(second, &gov3.credential);
    scene.network.revoke(second, &of_newcomer);
    let restricted = async |member: &Member| {
        let all = member.forum().all_entries().await;
        let by_others = all.iter().filter(|one| one["author"]["uri"] != member.uri);
        by_others.filter(|one| one["audience"] != "public").count()
    };
    // On the anchor's own node at once.
    assert_eq!(restricted(newcomer).await, 0);
    wait::until("the revocations to count on both nodes", || async {
        let reads = restricted(&gov3.member).await;
        let seen = [
            scene.category_at(Place::Third, &newcomer.uri).await,
            scene.category_at(Place::Second, &gov3.member.uri).await,
        ];
        (reads == 0 && seen == [Value::Null, Value::Null]).then_some(())
    })
    .await;
    let later = note("After the revocation", "members");
    let later = uri(&scene.gov2.member.forum().publish(&later).await);
    scene.ngo3.member.forum().await_entry(&later).await;
    assert_eq!(gov3.member.forum().find(&later).await, None);
    assert_eq!(newcomer.forum().find(&later).await, None);
}

on_both_databases! {
    without_the_hub_two_nodes_exchange_verify_admit_and_revoke,
}
