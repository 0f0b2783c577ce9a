//! What a page asks of the database: as much for forty lines as for one.

use url::Url;

use super::{Renderer, samples};
use crate::{
    domain::{
        account::Role,
        audience::Viewer,
        entry::Entry,
        id::{EntryId, OrganisationId, ReactionId},
        organisation::{Category, Organisation},
        reaction::{Reaction, ReactionKind},
    },
    storage::{
        self, entries, moves, organisations,
        testing::{on_both, statements},
        timeline::Item,
    },
    tests::accreditation::own_anchor,
};

const LINES: i64 = 40;

fn url(text: &str) -> Url {
    Url::parse(text).expect("a URL")
}

/// A local organisation of its own number, which moved to the next one.
fn author(number: i64) -> Organisation {
    let uri = url(&format!("https://n.example/orgs/org-{number}"));
    Organisation {
        id: OrganisationId(1_000 + number),
        handle: format!("org-{number}"),
        url: uri.clone(),
        uri,
        ..samples::ministry()
    }
}

/// A line with everything that may stand around an entry: it answers the one
/// before, has a partner, and was passed on.
fn line(number: i64) -> Item {
    let uri = url(&format!("https://n.example/entries/{}", 2_000 + number));
    let booster = author(number + 1);
    let mut entry = Entry {
        id: EntryId(2_000 + number),
        url: uri.clone(),
        uri,
        author: author(number),
        partners: vec![booster.id],
        ..samples::request()
    };
    entry.thread.root = EntryId(2_000);
    entry.thread.in_reply_to = Some(EntryId(2_000 + number - 1));
    let boost = Reaction {
        id: ReactionId(3_000 + number),
        kind: ReactionKind::Boost,
        entry: entry.id,
        organisation: booster.id,
        activity_uri: url(&format!("https://n.example/activities/{number}")),
        created_at: entry.created_at,
    };
    Item {
        entry,
        boost: Some((boost, booster)),
    }
}

#[test]
fn forty_lines_cost_as_many_statements_as_one() {
    on_both(async |db| {
        // With an anchor, so that everybody's standing is weighed.
        let node = own_anchor(db).await;
        node.organisation("reader", Category::Government).await;
        let token = node.token("reader", Role::Reader, "read");
        let viewer = node.person(&token.await).await.viewer();
        let now = node.app.forum.now();
        let stored = node.app.forum.db.write(move |conn| {
            for number in 0..=LINES + 2 {
                organisations::insert(conn, &author(number))?;
            }
            for number in 0..=LINES + 1 {
                moves::set(conn, author(number).id, &author(number + 1).uri, now)?;
            }
            let all = (0..=LINES).map(|number| line(number).entry);
            entries::insert_all(conn, &all.collect::<Vec<_>>())
        });
        stored.await.expect("stored");
        let renderer = Renderer::of(&node.app);
        let cost = async |viewer: &Viewer, lines: i64| {
            let (renderer, viewer) = (renderer.clone(), viewer.clone());
            let items: Vec<Item> = (1..=lines).map(line).collect();
            let read = node.app.forum.db.read(move |conn| {
                let (statuses, cost) =
                    statements(conn, |conn| renderer.items(conn, &viewer, &items));
                let statuses = statuses?;
                for status in &statuses {
                    let boosted = status.reblog.as_ref().expect("a boost");
                    assert!(boosted.in_reply_to_id.is_some());
                    assert!(boosted.account.moved.is_some());
                    assert_eq!(boosted.forum.partners.len(), 1);
                }
                Ok::<_, storage::Error>((statuses.len(), cost))
            });
            read.await.expect("read")
        };
        for viewer in [viewer, Viewer::Anonymous] {
            let (one, least) = cost(&viewer, 1).await;
            let (forty, most) = cost(&viewer, LINES).await;
            assert_eq!((one, forty), (1, 40));
            assert!(least > 0);
            assert_eq!(most, least);
        }
    });
}
