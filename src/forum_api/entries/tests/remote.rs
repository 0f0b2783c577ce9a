//! Entries of other servers.

use serde_json::{Value, json};
use url::Url;

use super::{World, id, request, with};
use crate::{
    domain::{
        audience::{Audience, Tlp},
        entry::{Codes, Content, Kind},
        id::OrganisationId,
        organisation::{Endpoints, Expertise, Organisation, OrganisationState},
    },
    forum_api::tests::{assert_described, assert_problem},
    operations::{
        entries::{Arrived, Occasion, Reception, accept_remote},
        organisations::{Described, save_remote},
    },
    storage::{Error, testing::on_both},
    tests::test_app::noon,
};

fn url(text: &str) -> Url {
    text.parse().expect("an address")
}

fn stranger() -> Organisation {
    Organisation {
        id: OrganisationId(0),
        uri: url("https://far.example/users/ada"),
        handle: "ada".into(),
        host: Some("far.example".into()),
        name: "Ada".into(),
        summary: String::new(),
        summary_html: "<p>Hi</p>".into(),
        category: None,
        country: None,
        expertise: Expertise::default(),
        url: url("https://far.example/@ada"),
        website: None,
        avatar: None,
        locked: false,
        state: OrganisationState::Active,
        actor_type: "Person".into(),
        endpoints: Endpoints {
            inbox: url("https://far.example/users/ada/inbox"),
            shared_inbox: None,
            outbox: None,
            followers: None,
            following: None,
            featured: None,
        },
        created_at: noon(),
        updated_at: noon(),
        fetched_at: None,
    }
}

/// Stores a note of a stranger.
async fn receive(world: &World, number: u32, in_reply_to: Option<Url>) -> Reception {
    world
        .node
        .app
        .forum
        .write(move |conn, forum| -> Result<_, Error> {
            let described = Described {
                organisation: stranger(),
                keys: Vec::new(),
                accreditations: None,
                updated: None,
            };
            let author = save_remote(conn, forum, described)?;
            let arrived = Arrived {
                uri: url(&format!("https://far.example/notes/{number}")),
                url: url(&format!("https://far.example/@ada/{number}")),
                author,
                audience: Audience::Public,
                content: Content {
                    kind: Kind::Note,
                    title: String::new(),
                    body: String::new(),
                    language: "en".into(),
                    tlp: Tlp::Clear,
                    codes: Codes {
                        countries: vec!["AL".into(), "Atlantis".into()],
                        ..Codes::default()
                    },
                    stage: None,
                    status: None,
                    closes_at: None,
                    starts_on: None,
                    ends_on: None,
                    budget: None,
                },
                html: "<p>Hello from afar</p>".into(),
                warning: "Long".into(),
                tags: Vec::new(),
                in_reply_to,
                published: noon(),
                updated: None,
            };
            accept_remote(conn, forum, arrived, Occasion::Asked)
        })
        .await
        .expect("received")
}

#[test]
fn an_entry_of_another_server_is_shown_as_far_as_it_is_known() {
    on_both(async |db| {
        let world = World::new(db).await;
        let unknown = url("https://other.example/notes/7");
        receive(&world, 1, Some(unknown.clone())).await;
        let list = world
            .get("/entries?author=ada@far.example", None)
            .await
            .json();
        let entry = &list["items"][0];
        assert_described(&world.node, "Entry", entry).await;
        assert_eq!(entry["uri"], "https://far.example/notes/1");
        assert_eq!(entry["url"], "https://far.example/@ada/1");
        assert_eq!(entry["content"], "<p>Hello from afar</p>");
        assert_eq!(entry["warning"], "Long");
        assert_eq!(entry["in_reply_to"], unknown.as_str());
        let author = &entry["author"];
        assert_eq!(author["handle"], "ada@far.example");
        assert_eq!(
            (&author["local"], &author["category"]),
            (&json!(false), &Value::Null)
        );
        // A code that we do not know has no name, and stays.
        assert_eq!(entry["countries"], json!(["AL", "Atlantis"]));
        assert_eq!(entry["labels"]["countries"], json!({"AL": "Albania"}));
        let organisation = author["id"].as_str().expect("an id");
        let organisation = world
            .get(&format!("/organisations/{organisation}"), None)
            .await
            .json();
        assert_described(&world.node, "Organisation", &organisation).await;
        assert_eq!(organisation["content"], "<p>Hi</p>");
    });
}

#[test]
fn a_stranger_learns_nothing_by_answering_what_is_hidden() {
    on_both(async |db| {
        let world = World::new(db).await;
        let hidden = with(request("Hidden"), json!({"audience": "members"}));
        let hidden = world.publish(&world.moj, hidden).await;
        let parent = url(hidden["uri"].as_str().expect("an address"));
        let reception = receive(&world, 1, Some(parent)).await;
        assert_eq!(reception, Reception::Ignored);
        let list = world
            .get("/entries?author=ada@far.example", None)
            .await
            .json();
        assert_eq!(list["items"], json!([]));
    });
}

#[test]
fn nobody_here_changes_an_entry_of_another_server() {
    on_both(async |db| {
        let world = World::new(db).await;
        receive(&world, 1, None).await;
        let list = world.get("/entries", None).await.json();
        let entry = &list["items"][0];
        let change = json!({"title": "Mine"});
        assert_problem(&world.patch(&world.moj, id(entry), change).await, 403);
        assert_problem(&world.delete(&world.moj, id(entry)).await, 403);
        let read = world.get(&format!("/entries/{}", id(entry)), None).await;
        assert_eq!(&read.json(), entry);
    });
}
