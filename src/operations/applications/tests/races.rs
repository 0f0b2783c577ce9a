use super::*;
use crate::{
    operations::applications::refuse,
    storage::{organisations, users},
};

const ROUNDS: usize = 4;

#[test]
fn of_two_approvals_at_once_one_makes_the_organisation() {
    on_both(async |db| {
        let node = node(db).await;
        let forum = &node.app.forum;
        let by = organiser(&node, "hub").await;
        for round in 0..ROUNDS {
            let handle = format!("lantern{round}");
            let mine = draft("Lantern House", &handle, Category::CivilSociety);
            let (application, _) = applied(&node, &mine).await;
            let approve = || approve(forum, application.id, Some(by.clone()), None);
            let (one, other) = tokio::join!(approve(), approve());
            assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
            let error = one.err().or(other.err()).expect("one is too late");
            assert!(
                matches!(error, ApplicationError::Step(StepError::Approved)),
                "{error:?}"
            );
        }
        let made = forum.db.read(organisations::all_local).await.expect("read");
        assert_eq!(made.len(), 1 + ROUNDS);
    });
}

#[test]
fn two_first_approvals_at_once_by_two_people_admit_and_by_one_do_not() {
    on_both(async |db| {
        let node = node(db).await;
        node.organisation("second", Category::CivilSociety).await;
        let forum = &node.app.forum;
        let (anna, ben) = (
            organiser(&node, "hub").await,
            organiser(&node, "second").await,
        );
        for round in 0..ROUNDS {
            let handle = format!("moj{round}");
            let ministry = draft("Ministry", &handle, Category::Government);
            let (application, _) = applied(&node, &ministry).await;
            let approve = |by: &Person| approve(forum, application.id, Some(by.clone()), None);
            let (one, other) = tokio::join!(approve(&anna), approve(&anna));
            assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
            let seen = look(forum, application.id).await.expect("seen");
            assert!(seen.application.state.is_open());

            let other = draft(
                "Other Ministry",
                &format!("mof{round}"),
                Category::Government,
            );
            let (application, _) = applied(&node, &other).await;
            let both = tokio::join!(
                super::approve(forum, application.id, Some(anna.clone()), None),
                super::approve(forum, application.id, Some(ben.clone()), None)
            );
            assert!(both.0.is_ok() && both.1.is_ok(), "{both:?}");
            let seen = look(forum, application.id).await.expect("seen");
            assert_eq!(seen.application.state, ApplicationState::Approved);
        }
    });
}

#[test]
fn of_an_approval_and_a_refusal_at_once_one_counts_wholly() {
    on_both(async |db| {
        let node = node(db).await;
        let forum = &node.app.forum;
        let by = organiser(&node, "hub").await;
        for round in 0..ROUNDS {
            let handle = format!("lantern{round}");
            let mine = draft("Lantern House", &handle, Category::CivilSociety);
            let email = mine.email.clone();
            let (application, secret) = applied(&node, &mine).await;
            let (approved, refused, withdrawn) = tokio::join!(
                approve(forum, application.id, Some(by.clone()), None),
                refuse(forum, application.id, Some(by.clone()), "No."),
                withdraw(forum, &secret.0)
            );
            let won = [approved.is_ok(), refused.is_ok(), withdrawn.is_ok()];
            assert_eq!(won.iter().filter(|one| **one).count(), 1, "{won:?}");
            let seen = look(forum, application.id).await.expect("seen");
            assert_eq!(seen.events.len(), 2);
            let there = forum
                .db
                .read(move |conn| users::find_by_email(conn, &email))
                .await
                .expect("read");
            assert_eq!(there.is_some(), approved.is_ok());
        }
    });
}

#[test]
fn two_applications_approved_at_once_do_not_share_a_handle_or_an_address() {
    on_both(async |db| {
        let node = node(db).await;
        let forum = &node.app.forum;
        let by = organiser(&node, "hub").await;
        for round in 0..ROUNDS {
            let handle = format!("lantern{round}");
            let mut one = draft("Lantern House", &handle, Category::CivilSociety);
            let (first, _) = applied(&node, &one).await;
            one.email = format!("other@{handle}.example");
            let (second, _) = applied(&node, &one).await;
            let both = tokio::join!(
                approve(forum, first.id, Some(by.clone()), None),
                approve(forum, second.id, Some(by.clone()), None)
            );
            let lost = [both.0.err(), both.1.err()];
            let lost: Vec<_> = lost.into_iter().flatten().collect();
            assert_eq!(lost.len(), 1);
            assert_eq!(fields(&lost[0]), ["handle"], "{:?}", lost[0]);
        }
    });
}
