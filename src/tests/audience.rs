//! The rule of `domain::audience` and its SQL twin are one, on both databases.

use super::test_app::TestApp;
use crate::{
    domain::{
        account::Role,
        audience::{AudienceKind, Member, Reader, Tier, Viewer, can_see},
        entry::{Codes, Content, Draft, Entry, Kind, Status},
        organisation::{Category, OrganisationState},
        page::Window,
    },
    operations::{entries::publish, organisations, people::Person},
    storage::{self, entries, testing::on_both},
};

pub fn request(title: &str) -> Content {
    Content {
        kind: Kind::Request,
        title: title.into(),
        body: "Five days of training.".into(),
        language: "en".into(),
        tlp: crate::domain::audience::Tlp::Clear,
        codes: Codes::default(),
        stage: None,
        status: Some(Status::Open),
        closes_at: None,
        starts_on: None,
        ends_on: None,
        budget: None,
    }
}

pub fn draft(title: &str, audience: AudienceKind) -> Draft {
    Draft {
        content: request(title),
        audience: Some(audience),
        named: Vec::new(),
        partners: Vec::new(),
        in_reply_to: None,
    }
}

async fn read_all(node: &TestApp, viewer: &Viewer) -> Vec<Entry> {
    let viewer = viewer.clone();
    let read = node.app.forum.db.read(move |conn| {
        entries::list(
            conn,
            &viewer,
            &entries::Filter::default(),
            Window::first(100),
        )
    });
    read.await.expect("a list")
}

struct World {
    node: TestApp,
    people: Vec<Person>,
    entries: Vec<Entry>,
}

/// An organisation of each category; each publishes to every audience it may.
async fn world(db: storage::Db) -> World {
    let node = TestApp::new(db);
    let mut people = Vec::new();
    for category in Category::ALL {
        let handle = category.as_str().replace('_', "-");
        node.organisation(&handle, category).await;
        let token = node.token(&handle, Role::FocalPoint, "read write").await;
        people.push(node.person(&token).await);
    }
    let mut made = Vec::new();
    for (index, person) in people.iter().enumerate() {
        for audience in AudienceKind::ALL {
            let mut draft = draft(&format!("{audience} by {index}"), audience);
            if audience == AudienceKind::Named {
                draft.named = vec![people[(index + 1) % people.len()].organisation.id];
            }
            match publish(&node.app.forum, person, draft).await {
                Ok(entry) => made.push(entry),
                Err(error) => assert!(
                    audience == AudienceKind::Preferential
                        && !person
                            .organisation
                            .category
                            .is_some_and(Category::is_preferential),
                    "{error}"
                ),
            }
        }
    }
    World {
        node,
        people,
        entries: made,
    }
}

/// As if the organisation's accreditation were worth each of these.
fn of_every_tier(person: &Person) -> [Viewer; 6] {
    let member = |tier| {
        Viewer::Member(Member {
            user: person.user.id,
            organisation: person.organisation.id,
            tier,
        })
    };
    let itself = |tier| {
        Viewer::Organisation(Reader {
            organisation: person.organisation.id,
            tier,
        })
    };
    let [none, some, all] = Tier::ALL;
    [
        member(none),
        member(some),
        member(all),
        itself(none),
        itself(some),
        itself(all),
    ]
}

#[test]
fn the_sql_filter_equals_the_rule_for_every_viewer_and_entry() {
    on_both(async |db| {
        let world = world(db).await;
        let viewers = world
            .people
            .iter()
            .map(Person::viewer)
            .chain([Viewer::Anonymous])
            .chain(Tier::ALL.map(Viewer::Node))
            .chain(world.people.iter().flat_map(of_every_tier));
        for viewer in viewers {
            let seen: Vec<_> = read_all(&world.node, &viewer)
                .await
                .iter()
                .map(|entry| entry.id)
                .collect();
            let mut expected: Vec<_> = world
                .entries
                .iter()
                .filter(|entry| can_see(&viewer, entry.author.id, &entry.audience))
                .map(|entry| entry.id)
                .collect();
            expected.sort_by(|a, b| b.cmp(a));
            assert_eq!(seen, expected, "{viewer:?}");
        }
    });
}

#[test]
fn a_hidden_entry_is_absent_like_a_random_one_at_every_read() {
    on_both(async |db| {
        let world = world(db).await;
        let hidden = world
            .entries
            .iter()
            .find(|entry| entry.audience.kind() == AudienceKind::Preferential)
            .expect("a preferential entry");
        let viewer = Viewer::Anonymous;
        let (id, uri) = (hidden.id, hidden.uri.clone());
        let found = world.node.app.forum.db.read(move |conn| {
            Ok::<_, storage::Error>((
                entries::find(conn, &viewer, id)?,
                entries::find_by_uri(conn, &viewer, &uri)?,
                entries::find_many(conn, &viewer, &[id])?,
                entries::conversation(conn, &viewer, id, 10)?,
            ))
        });
        assert_eq!(
            found.await.expect("storage works"),
            (None, None, vec![], vec![])
        );
    });
}

/// Restrictions to add, each to every other.
fn restrictions(world: &World) -> Vec<entries::Filter> {
    let base = entries::Filter::default;
    vec![
        entries::Filter {
            kind: vec![Kind::Request],
            ..base()
        },
        entries::Filter {
            kind: vec![Kind::Project],
            ..base()
        },
        entries::Filter {
            category: vec![Category::Government],
            ..base()
        },
        entries::Filter {
            author: vec![world.people[2].organisation.id],
            ..base()
        },
        entries::Filter {
            status: vec![Status::Open],
            ..base()
        },
        entries::Filter {
            text: Some("training".into()),
            ..base()
        },
        entries::Filter {
            text: Some("\"*' OR 1=1 --".into()),
            ..base()
        },
        entries::Filter {
            local: Some(false),
            ..base()
        },
        entries::Filter {
            top_level: true,
            ..base()
        },
        entries::Filter {
            home_of: Some(world.people[0].organisation.id),
            ..base()
        },
        entries::Filter {
            seeking_funding: true,
            ..base()
        },
    ]
}

#[test]
fn adding_a_restriction_never_enlarges_a_result() {
    on_both(async |db| {
        let world = world(db).await;
        let count = async |viewer: &Viewer, filter: entries::Filter| {
            let (viewer, db) = (viewer.clone(), &world.node.app.forum.db);
            db.read(move |conn| entries::count(conn, &viewer, &filter))
                .await
                .expect("a count")
        };
        let everything = count(&world.people[0].viewer(), entries::Filter::default()).await;
        for person in &world.people {
            let viewer = person.viewer();
            let all = count(&viewer, entries::Filter::default()).await;
            assert!(all <= everything);
            for filter in restrictions(&world) {
                let some = count(&viewer, filter.clone()).await;
                assert!(some <= all, "{filter:?}");
                // The same question by somebody with fewer rights.
                let public = count(&Viewer::Anonymous, filter.clone()).await;
                assert!(public <= some, "{filter:?}");
                let both = entries::Filter {
                    language: vec!["xx".into()],
                    ..filter
                };
                assert_eq!(count(&viewer, both).await, 0);
            }
        }
    });
}

#[test]
fn a_suspended_organisations_entries_are_seen_by_nobody_until_it_is_restored() {
    on_both(async |db| {
        let world = world(db).await;
        let forum = &world.node.app.forum;
        let author = world.people[0].organisation.clone();
        let by_author = async || {
            read_all(&world.node, &world.people[1].viewer())
                .await
                .iter()
                .filter(|entry| entry.author.id == author.id)
                .count()
        };
        let before = by_author().await;
        assert!(before > 0);
        for (state, expected) in [
            (OrganisationState::Suspended, 0),
            (OrganisationState::Active, before),
            (OrganisationState::Deleted, 0),
        ] {
            organisations::set_state(forum, None, &author.handle, state)
                .await
                .expect("changed");
            assert_eq!(by_author().await, expected, "{state:?}");
        }
    });
}

#[test]
fn nothing_but_public_entries_is_announced_to_other_servers() {
    on_both(async |db| {
        let world = world(db).await;
        let ids: Vec<_> = world.entries.iter().map(|entry| entry.id).collect();
        let announced = world.node.app.forum.db.read(move |conn| {
            use diesel::prelude::*;
            use storage::schema::activities;
            let found: Vec<Option<i64>> = activities::table
                .filter(activities::entry_id.eq_any(ids.iter().map(|id| id.0)))
                .order(activities::entry_id)
                .select(activities::entry_id)
                .load(conn)?;
            Ok::<_, storage::Error>(found)
        });
        let public: Vec<_> = world
            .entries
            .iter()
            .filter(|entry| entry.audience.is_public())
            .map(|entry| Some(entry.id.0))
            .collect();
        assert_eq!(announced.await.expect("storage works"), public);
    });
}
