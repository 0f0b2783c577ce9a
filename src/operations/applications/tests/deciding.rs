use super::*;
use crate::{
    domain::{
        application::{EventKind, Organiser},
        audit::Decision,
    },
    operations::{
        applications::refuse,
        audit::{self, Chain},
        people::{self, PeopleError},
    },
    storage::{audit as log, organisations},
};

#[test]
fn an_approval_makes_the_organisation_and_its_focal_point_at_once() {
    on_both(async |db| {
        let node = node(db).await;
        let by = organiser(&node, "hub").await;
        let (application, secret) = applied(&node, &lantern()).await;
        let member = admitted(&node, &application, &by).await;
        assert_eq!(member.organisation.handle, "lantern");
        assert_eq!(member.organisation.category, Some(Category::CivilSociety));
        assert_eq!(member.organisation.country.as_deref(), Some("AL"));
        assert_eq!(
            member.organisation.website.as_ref().map(url::Url::as_str),
            Some("https://lantern.example/")
        );
        assert_eq!(member.focal_point.role, Role::FocalPoint);
        assert_eq!(member.focal_point.email, "focal@lantern.example");
        assert_eq!(member.application.state, ApplicationState::Approved);
        let followed = follow(&node.app.forum, &secret.0).await.expect("followed");
        assert_eq!(
            followed.organisation.map(|one| one.id),
            Some(member.organisation.id)
        );

        let forum = &node.app.forum;
        let password = "a long enough password";
        let link = member.link.expect("no mail server is set").0;
        people::set_password(forum, &link, password.into())
            .await
            .expect("the link works");
        let again = people::set_password(forum, &link, password.into()).await;
        assert!(matches!(again, Err(PeopleError::LinkUsed)), "but once only");
    });
}

#[test]
fn an_individual_is_a_person_on_the_wire() {
    on_both(async |db| {
        let node = node(db).await;
        let by = organiser(&node, "hub").await;
        let one = draft("A. Advocate", "advocate", Category::Individual);
        let (application, _) = applied(&node, &one).await;
        let member = admitted(&node, &application, &by).await;
        assert_eq!(member.organisation.actor_type, "Person");
        let other = draft("Daily Meridian", "meridian", Category::Media);
        let (application, _) = applied(&node, &other).await;
        let member = admitted(&node, &application, &by).await;
        assert_eq!(member.organisation.actor_type, "Organization");
    });
}

#[test]
fn a_government_is_admitted_by_two_different_people() {
    on_both(async |db| {
        let node = node(db).await;
        node.organisation("second", Category::CivilSociety).await;
        let forum = &node.app.forum;
        let (anna, ben) = (
            organiser(&node, "hub").await,
            organiser(&node, "second").await,
        );
        for category in [Category::Government, Category::InternationalOrganisation] {
            let handle = match category.is_preferential() && category == Category::Government {
                true => "moj",
                false => "iom",
            };
            let (application, secret) = applied(&node, &draft("State", handle, category)).await;
            let first = approve(forum, application.id, Some(anna.clone()), None).await;
            assert!(matches!(first, Ok(Decided::First(_))), "{first:?}");
            let none = forum
                .db
                .read(move |conn| organisations::find_local(conn, handle));
            assert_eq!(none.await.expect("read"), None, "nothing is made yet");
            let told = follow(forum, &secret.0).await.expect("followed").events;
            assert_eq!(told.len(), 1, "the applicant does not see half a decision");
            let twice = approve(forum, application.id, Some(anna.clone()), None).await;
            assert!(matches!(
                twice,
                Err(ApplicationError::Step(StepError::SamePerson))
            ));
            let member = admitted(&node, &application, &ben).await;
            assert_eq!(member.organisation.category, Some(category));
        }
    });
}

#[test]
fn the_operator_is_one_person_and_not_two() {
    on_both(async |db| {
        let node = node(db).await;
        let forum = &node.app.forum;
        let ministry = draft("Ministry", "moj", Category::Government);
        let (application, _) = applied(&node, &ministry).await;
        let first = approve(forum, application.id, None, None).await;
        assert!(matches!(first, Ok(Decided::First(_))));
        let twice = approve(forum, application.id, None, None).await;
        assert!(matches!(
            twice,
            Err(ApplicationError::Step(StepError::SamePerson))
        ));
        let anna = organiser(&node, "hub").await;
        admitted(&node, &application, &anna).await;
    });
}

#[test]
fn a_question_voids_the_first_approval_and_who_asked_may_approve() {
    on_both(async |db| {
        let node = node(db).await;
        node.organisation("second", Category::CivilSociety).await;
        let forum = &node.app.forum;
        let (anna, ben) = (
            organiser(&node, "hub").await,
            organiser(&node, "second").await,
        );
        let ministry = draft("Ministry", "moj", Category::Government);
        let (application, secret) = applied(&node, &ministry).await;
        let id = application.id;
        approve(forum, id, Some(anna.clone()), None)
            .await
            .expect("a first approval");
        ask(forum, id, Some(ben.clone()), "On headed paper?")
            .await
            .expect("asked");
        answer(forum, &secret.0, "It is on its way.")
            .await
            .expect("answered");
        let asker = approve(forum, id, Some(ben), None).await;
        assert!(matches!(asker, Ok(Decided::First(_))), "{asker:?}");
        admitted(&node, &application, &anna).await;
    });
}

#[test]
fn nobody_decides_about_an_application_of_their_own_address() {
    on_both(async |db| {
        let node = node(db).await;
        let forum = &node.app.forum;
        let by = organiser(&node, "hub").await;
        let mine = Draft {
            email: by.user.email.replace('@', "+forum@"),
            ..lantern()
        };
        let (application, _) = applied(&node, &mine).await;
        let own = |error| matches!(error, ApplicationError::Step(StepError::OwnApplication));
        let id = application.id;
        let approved = approve(forum, id, Some(by.clone()), None).await;
        assert!(own(approved.expect_err("own")));
        let refused = refuse(forum, id, Some(by.clone()), "No.").await;
        assert!(own(refused.expect_err("own")));
        let asked = ask(forum, id, Some(by), "Why?").await;
        assert!(own(asked.expect_err("own")));
    });
}

#[test]
fn a_refusal_has_a_reason_that_the_applicant_reads() {
    on_both(async |db| {
        let node = node(db).await;
        let forum = &node.app.forum;
        let by = organiser(&node, "hub").await;
        let (application, secret) = applied(&node, &lantern()).await;
        let id = application.id;
        for bad in ["", "  ", &"x".repeat(2_001)] {
            let unreasoned = refuse(forum, id, Some(by.clone()), bad).await;
            assert_eq!(fields(&unreasoned.expect_err("no reason")), ["reason"]);
        }
        refuse(forum, id, Some(by.clone()), "Nobody knows you.")
            .await
            .expect("refused");
        let followed = follow(forum, &secret.0).await.expect("followed");
        assert_eq!(followed.application.state, ApplicationState::Refused);
        let last = followed.events.last().expect("an event");
        assert_eq!(last.text, "Nobody knows you.");
        let approved = approve(forum, id, Some(by), None).await;
        assert!(matches!(
            approved,
            Err(ApplicationError::Step(StepError::Refused))
        ));
    });
}

#[test]
fn a_handle_taken_meanwhile_is_told_and_another_is_chosen() {
    on_both(async |db| {
        let node = node(db).await;
        let forum = &node.app.forum;
        let by = organiser(&node, "hub").await;
        let (application, _) = applied(&node, &lantern()).await;
        node.organisation("lantern", Category::Media).await;
        let id = application.id;
        for handle in [None, Some("lantern"), Some("hub"), Some("not a handle")] {
            let refused = approve(forum, id, Some(by.clone()), handle).await;
            assert_eq!(
                fields(&refused.expect_err("not usable")),
                ["handle"],
                "{handle:?}"
            );
        }
        let decided = approve(forum, id, Some(by), Some("lantern-house")).await;
        let Ok(Decided::Admitted(member)) = decided else {
            panic!("{decided:?}");
        };
        assert_eq!(member.organisation.handle, "lantern-house");
        assert_eq!(member.application.wish.handle.as_str(), "lantern-house");
    });
}

#[test]
fn the_second_approver_sees_who_approved_and_which_handle_was_chosen() {
    on_both(async |db| {
        let node = node(db).await;
        let forum = &node.app.forum;
        let by = organiser(&node, "hub").await;
        let ministry = draft("Ministry", "moj", Category::Government);
        let (application, _) = applied(&node, &ministry).await;
        approve(forum, application.id, Some(by.clone()), Some("justice"))
            .await
            .expect("a first approval");
        let seen = look(forum, application.id).await.expect("seen");
        assert_eq!(seen.application.wish.handle.as_str(), "justice");
        let last = seen.events.last().expect("an event");
        assert_eq!(last.kind, EventKind::FirstApproval);
        assert_eq!(last.by, Some(Organiser::Person(by.user.id)));
        assert_eq!(seen.organisers[&by.user.id], by.user.email);
    });
}

#[test]
fn decisions_stand_in_the_log_without_names() {
    on_both(async |db| {
        let node = node(db).await;
        let forum = &node.app.forum;
        let by = organiser(&node, "hub").await;
        let one = draft("Maria Muster", "maria", Category::Individual);
        let (application, _) = applied(&node, &one).await;
        refuse(
            forum,
            application.id,
            Some(by.clone()),
            "No referee answers.",
        )
        .await
        .expect("refused");
        let (application, _) = applied(&node, &lantern()).await;
        admitted(&node, &application, &by).await;
        let records = forum.db.read(|conn| log::following(conn, 0, 100)).await;
        let records = records.expect("read");
        let refused = records
            .iter()
            .find(|one| one.decision == Decision::ApplicationRefused.as_str())
            .expect("recorded");
        assert_eq!(refused.by, Some(by.user.id));
        assert_eq!(refused.detail, "individual");
        assert!(
            records
                .iter()
                .any(|one| one.decision == Decision::ApplicationApproved.as_str()
                    && one.detail == "civil_society as lantern")
        );
        for record in &records {
            let text = format!("{} {}", record.subject, record.detail);
            assert!(!text.contains('@') && !text.contains("aria"), "{text}");
        }
        let chain = audit::verify(forum, None).await.expect("read");
        assert!(matches!(chain, Chain::Whole { .. }));
    });
}
