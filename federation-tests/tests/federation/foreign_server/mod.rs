//! Servers of other software, in both directions: each scenario is written once
//! and runs against every one of them, on both databases.

mod conversing;
mod fetching;
mod following;
mod moving;
mod reacting;
mod reading;
mod reporting;

use federation_tests::{
    database::Store,
    foreign::{Foreign, Software},
    node::{Member, Node, Plan, text},
    wait,
};
use serde_json::{Value, json};

/// Runs scenarios, each an `async fn name(software: Software, store: Store)`
/// above, against every foreign software on both databases.
macro_rules! with_every_software {
    ($($name:ident),* $(,)?) => {
        $(mod $name {
            use federation_tests::{database::Store, foreign::Software};

            mod fedify {
                use super::{Software, Store};

                async fn scenario(store: Store) {
                    super::super::$name(Software::Fedify, store).await;
                }
                federation_tests::on_both_databases! { scenario }
            }

            mod cattle_grid {
                use super::{Software, Store};

                async fn scenario(store: Store) {
                    super::super::$name(Software::CattleGrid, store).await;
                }
                federation_tests::on_both_databases! { scenario }
            }
        })*
    };
}
use with_every_software;

/// A node with an organisation, and a foreign server that can be reached.
struct Scene {
    node: Node,
    member: Member,
    foreign: Foreign,
}

impl Scene {
    async fn strangers(software: Software, store: Store) -> Self {
        Self::of(software, Plan::new(store)).await
    }

    async fn of(software: Software, plan: Plan) -> Self {
        let foreign = Foreign::start(software);
        let node = plan.reaching(&[foreign.authority()]).start().await;
        let member = node.member("moj", "Ministry of Justice", "government");
        Self {
            node,
            member,
            foreign,
        }
    }

    /// The foreign actor and the organisation follow one another.
    async fn friends(software: Software, store: Store) -> Self {
        let scene = Self::strangers(software, store).await;
        scene.foreign.follow(&scene.member.uri).await;
        scene.await_following(&scene.member.uri).await;
        scene.follow_back().await;
        scene
    }

    /// The organisation follows the foreign actor; answers its account here.
    async fn follow_back(&self) -> String {
        let account = self.member.mastodon().follow(&self.foreign.actor).await;
        let follower = self.member.uri.as_str();
        self.foreign
            .await_followers(&self.foreign.actor, &[follower])
            .await;
        account
    }

    /// Waits until the foreign actor knows that it follows one of ours.
    async fn await_following(&self, ours: &str) {
        wait::until(&format!("the follow of {ours}"), || async {
            let following = self.foreign.following(&self.foreign.actor).await;
            following.contains(&json!(ours)).then_some(())
        })
        .await;
    }

    /// The status with this wire id, as the organisation's Mastodon client has it.
    async fn status(&self, uri: &str) -> Option<Value> {
        let query: String = url::form_urlencoded::byte_serialize(uri.as_bytes()).collect();
        let path = format!("/api/v2/search?q={query}&type=statuses");
        let found = self.member.mastodon().get(&path).await.expect(200).json();
        found["statuses"].as_array()?.first().cloned()
    }

    /// Waits until a count of a status stands at a number.
    async fn await_count(&self, uri: &str, count: &str, number: i64) -> Value {
        let what = format!("{count} of {uri} to be {number}");
        wait::until(&what, || async {
            let status = self.status(uri).await?;
            (status[count] == number).then_some(status)
        })
        .await
    }

    /// Does something with a status, for example `favourite`.
    async fn act_on(&self, status: &Value, verb: &str) {
        let path = format!("/api/v1/statuses/{}/{verb}", text(status, "id"));
        self.member.mastodon().post(&path).await.expect(200);
    }
}

/// Is this an activity of that type about the object with that id?
fn is_about<'a>(kind: &'a str, object: &'a str) -> impl Fn(&Value) -> bool + 'a {
    move |activity| activity["type"] == kind && names(&activity["object"], object)
}

/// Is this the object, or its id, or a list with either?
fn names(object: &Value, id: &str) -> bool {
    match object {
        Value::Array(list) => list.iter().any(|one| names(one, id)),
        Value::Object(fields) => fields.get("id").is_some_and(|own| own == id),
        other => other == id,
    }
}

/// Is this the Undo of an activity of that type about that object? Some
/// software hands on the id of what is undone only.
fn undoes<'a>(activity: &'a Value) -> impl Fn(&Value) -> bool + 'a {
    let id = activity["id"].as_str().unwrap_or_default();
    move |undo| undo["type"] == "Undo" && names(&undo["object"], id)
}
