//! An approved applicant is accredited by the anchor of the node that admits
//! it, and what anchors decide stands in the log of decisions.

use super::own_anchor;
use crate::{
    domain::{application::Draft, audience::Tier, audit::Decision, page::Window},
    operations::{
        accreditations::{issued, revoke},
        applications::{Admitted, Decided, apply, approve},
    },
    storage::{Conn, audit, testing::on_both},
    tests::test_app::TestApp,
};

fn draft() -> Draft {
    Draft {
        name: "Lantern House".to_owned(),
        handle: "lantern".to_owned(),
        category: "civil_society".to_owned(),
        country: "AL".to_owned(),
        website: String::new(),
        reason: "We train.".to_owned(),
        referee: String::new(),
        email: "focal@lantern.example".to_owned(),
        function: String::new(),
    }
}

async fn admitted(node: &TestApp) -> Admitted {
    let forum = &node.app.forum;
    let applied = apply(forum, &node.app.config, &draft()).await;
    let (application, _) = applied.expect("applied");
    match approve(forum, application.id, None, None).await {
        Ok(Decided::Admitted(admitted)) => *admitted,
        other => panic!("{other:?}"),
    }
}

async fn decisions(node: &TestApp) -> Vec<String> {
    let read = |conn: &mut Conn| audit::list(conn, Window::first(100));
    let found = node.app.forum.db.read(read).await.expect("a list");
    found.into_iter().map(|one| one.decision).collect()
}

#[test]
fn whom_the_node_of_an_anchor_admits_reads_what_is_for_members_until_it_is_revoked() {
    on_both(async |db| {
        let node = own_anchor(db).await;
        let forum = &node.app.forum;
        let lantern = admitted(&node).await.organisation;
        assert_eq!(node.tier_of(&lantern).await, Tier::Members);
        let listed = issued(forum, Window::first(9)).await.expect("a list");
        let credential = &listed[0].held.credential;
        assert_eq!((listed.len(), &credential.subject), (1, &lantern.uri));
        let revoked = revoke(forum, None, &credential.id, "left").await;
        revoked.expect("revoked");
        assert_eq!(node.tier_of(&lantern).await, Tier::Public);
        let told = decisions(&node).await;
        for decision in [
            Decision::AnchorMade,
            Decision::AccreditationIssued,
            Decision::AccreditationRevoked,
        ] {
            let word = decision.as_str().to_owned();
            assert!(told.contains(&word), "{word}: {told:?}");
        }
    });
}

#[test]
fn a_node_without_an_anchor_admits_and_accredits_nobody() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let lantern = admitted(&node).await.organisation;
        let listed = issued(&node.app.forum, Window::first(9)).await;
        assert!(listed.expect("a list").is_empty());
        // Its operator's word decides here.
        assert_eq!(node.tier_of(&lantern).await, Tier::Members);
    });
}
