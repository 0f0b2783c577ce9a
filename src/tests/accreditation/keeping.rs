//! What happens by itself: renewal, lists signed anew, changes of keys.

use chrono::TimeDelta;

use super::own_anchor;
use crate::{
    domain::{
        accreditation::{About, Request},
        audience::Tier,
        organisation::{Category, OrganisationState},
        page::Window,
    },
    operations::{
        accreditations::{AccreditationError, issue, issued, keep, renew, revoke},
        organisations::set_state,
        rotation::rotate,
    },
    storage::{accreditations, testing::on_both},
    tests::test_app::TestApp,
};

async fn count(node: &TestApp) -> usize {
    let all = issued(&node.app.forum, Window::first(100)).await;
    all.expect("a list").len()
}

async fn accredited(node: &TestApp, handle: &str) -> crate::domain::organisation::Organisation {
    let organisation = node.organisation(handle, Category::Government).await;
    let request = Request {
        subject: organisation.uri.clone(),
        about: About::Organisation {
            category: Category::Government,
            country: None,
        },
        days: 90,
    };
    issue(&node.app.forum, None, request).await.expect("issued");
    organisation
}

#[test]
fn what_is_nearly_over_is_renewed_until_it_is_revoked() {
    on_both(async |db| {
        let node = own_anchor(db).await;
        let forum = &node.app.forum;
        let moj = accredited(&node, "moj").await;
        keep(forum).await.expect("kept");
        node.pass(TimeDelta::days(59));
        keep(forum).await.expect("kept");
        assert_eq!(count(&node).await, 1, "too early");
        node.pass(TimeDelta::days(2));
        keep(forum).await.expect("kept");
        keep(forum).await.expect("kept");
        assert_eq!(count(&node).await, 2, "renewed once");
        node.pass(TimeDelta::days(40));
        keep(forum).await.expect("kept");
        assert_eq!(node.tier_of(&moj).await, Tier::Preferential);
        // Whichever of the two is named, both end.
        let first = issued(forum, Window::first(100))
            .await
            .expect("a list")
            .pop();
        let first = first.expect("the first").held.credential.id;
        revoke(forum, None, &first, "").await.expect("revoked");
        assert_eq!(node.tier_of(&moj).await, Tier::Public);
        node.pass(TimeDelta::days(30));
        keep(forum).await.expect("kept");
        assert_eq!(count(&node).await, 2);
        let refused = renew(forum, None, &first).await;
        assert!(matches!(refused, Err(AccreditationError::Revoked)));
    });
}

#[test]
fn what_is_over_is_not_renewed_by_one_person_alone() {
    on_both(async |db| {
        let node = own_anchor(db).await;
        let forum = &node.app.forum;
        accredited(&node, "moj").await;
        let all = issued(forum, Window::first(1)).await.expect("a list");
        let id = &all[0].held.credential.id;
        renew(forum, None, id).await.expect("it holds still");
        node.pass(TimeDelta::days(90));
        let refused = renew(forum, None, id).await;
        assert!(matches!(refused, Err(AccreditationError::Over)));
    });
}

#[test]
fn a_new_key_of_ours_is_accredited_and_a_suspended_organisation_is_not_renewed() {
    on_both(async |db| {
        let node = own_anchor(db).await;
        let forum = &node.app.forum;
        let moj = accredited(&node, "moj").await;
        rotate(forum, None, "moj").await.expect("rotated");
        assert_eq!(node.tier_of(&moj).await, Tier::Public);
        keep(forum).await.expect("kept");
        assert_eq!(node.tier_of(&moj).await, Tier::Preferential);
        assert_eq!(count(&node).await, 2);
        let suspended = OrganisationState::Suspended;
        set_state(forum, None, "moj", suspended)
            .await
            .expect("suspended");
        node.pass(TimeDelta::days(61));
        keep(forum).await.expect("kept");
        assert_eq!(count(&node).await, 2);
    });
}

#[test]
fn our_list_is_signed_anew_before_it_lapses_and_only_then() {
    on_both(async |db| {
        let node = own_anchor(db).await;
        let forum = &node.app.forum;
        accredited(&node, "moj").await;
        let signed = async || {
            let uri = forum.urls.status_list(1);
            let read = forum
                .db
                .read(move |conn| accreditations::list_at(conn, &uri));
            read.await.expect("read").expect("a list").valid_from
        };
        let first = signed().await;
        keep(forum).await.expect("kept");
        assert_eq!(signed().await, first);
        node.pass(TimeDelta::days(4));
        keep(forum).await.expect("kept");
        assert_eq!(signed().await, forum.now());
    });
}

#[test]
fn two_revocations_of_one_second_make_two_lists() {
    on_both(async |db| {
        let node = own_anchor(db).await;
        let forum = &node.app.forum;
        let one = accredited(&node, "one").await;
        let two = accredited(&node, "two").await;
        let all = issued(forum, Window::first(100)).await.expect("a list");
        for one in &all {
            revoke(forum, None, &one.held.credential.id, "")
                .await
                .expect("revoked");
        }
        assert_eq!(node.tier_of(&one).await, Tier::Public);
        assert_eq!(node.tier_of(&two).await, Tier::Public);
        let uri = forum.urls.status_list(1);
        let read = forum
            .db
            .read(move |conn| accreditations::list_at(conn, &uri));
        let list = read.await.expect("read").expect("a list");
        let document = serde_json::from_str(&list.document).expect("JSON");
        let list = forum.notary.read_status_list(&document, forum.now());
        let list = list.expect("it verifies");
        for one in &all {
            assert!(list.revokes(one.held.credential.status.index));
        }
    });
}
