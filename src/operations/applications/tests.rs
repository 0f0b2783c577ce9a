//! Every rule of membership, on both databases.

mod clearing;
mod deciding;
mod races;

use crate::{
    domain::{
        account::Role,
        application::{Application, ApplicationState, Draft, StepError},
        organisation::Category,
    },
    operations::{
        applications::{
            Admitted, ApplicationError, Decided, answer, apply, approve, ask, follow, look,
            withdraw,
        },
        people::{Person, Secret},
    },
    storage::{Db, testing::on_both},
    tests::test_app::TestApp,
};

fn draft(name: &str, handle: &str, category: Category) -> Draft {
    Draft {
        name: name.into(),
        handle: handle.into(),
        category: category.as_str().into(),
        country: "AL".into(),
        website: format!("https://{handle}.example/"),
        reason: "We train border police.".into(),
        referee: "@hub".into(),
        email: format!("focal@{handle}.example"),
        function: String::new(),
    }
}

fn lantern() -> Draft {
    draft("Lantern House", "lantern", Category::CivilSociety)
}

/// A node that `hub` runs.
async fn node(db: Db) -> TestApp {
    let node = TestApp::new(db);
    node.organisation("hub", Category::InternationalOrganisation)
        .await;
    node
}

/// The administrator of `hub`, or of another organisation.
async fn organiser(node: &TestApp, handle: &str) -> Person {
    let token = node
        .token(handle, Role::Administrator, "admin:read admin:write")
        .await;
    node.person(&token).await
}

async fn applied(node: &TestApp, draft: &Draft) -> (Application, Secret) {
    let sent = apply(&node.app.forum, &node.app.config, draft).await;
    sent.expect("applied")
}

async fn admitted(node: &TestApp, application: &Application, by: &Person) -> Admitted {
    let decided = approve(&node.app.forum, application.id, Some(by.clone()), None).await;
    match decided.expect("approved") {
        Decided::Admitted(admitted) => *admitted,
        Decided::First(_) => panic!("another approval is needed"),
    }
}

fn fields(error: &ApplicationError) -> Vec<&'static str> {
    match error {
        ApplicationError::Invalid(errors) => errors.iter().map(|error| error.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_applicant_follows_the_application_by_its_secret_alone() {
    on_both(async |db| {
        let node = node(db).await;
        let forum = &node.app.forum;
        let (application, secret) = applied(&node, &lantern()).await;
        assert_eq!(secret.0.len(), 43, "256 bits in base64url");
        let found = follow(forum, &secret.0).await.expect("found");
        assert_eq!(found.application, application);
        assert_eq!(found.application.state, ApplicationState::Submitted);
        let hub = organiser(&node, "hub").await.organisation.id;
        assert_eq!(found.application.referee, Some(hub));
        for wrong in ["", "x", &secret.0[..42], &application.id.to_string()] {
            let missed = follow(forum, wrong).await;
            assert!(matches!(missed, Err(ApplicationError::NotFound)), "{wrong}");
        }
    });
}

#[test]
fn the_secret_itself_is_stored_nowhere() {
    on_both(async |db| {
        let node = node(db).await;
        let (_, secret) = applied(&node, &lantern()).await;
        let token = secret.0.clone();
        let raw = crate::storage::applications::find_by_token;
        let found = node.app.forum.db.read(move |conn| raw(conn, &token)).await;
        assert_eq!(found.expect("read"), None);
    });
}

#[test]
fn a_referee_is_found_by_handle_and_address() {
    on_both(async |db| {
        let node = node(db).await;
        let hub = organiser(&node, "hub").await.organisation;
        for (referee, found) in [
            ("hub", true),
            ("@HUB", true),
            ("@hub@n.example", true),
            (hub.uri.as_str(), true),
            ("@hub@else.example", false),
            ("The Bar Association of Altamar", false),
        ] {
            let mut mine = draft("Lantern House", "lantern", Category::Individual);
            mine.referee = referee.into();
            let (application, secret) = applied(&node, &mine).await;
            assert_eq!(application.referee, found.then_some(hub.id), "{referee}");
            let ended = withdraw(&node.app.forum, &secret.0).await;
            ended.expect("withdrawn");
        }
    });
}

#[test]
fn a_node_that_takes_no_applications_stores_none() {
    on_both(async |db| {
        let node = TestApp::with(db, &[("VIRTUAL_FORUM_MEMBERSHIP__APPLICATIONS", "false")]);
        let refused = apply(&node.app.forum, &node.app.config, &lantern()).await;
        assert!(matches!(refused, Err(ApplicationError::Closed)));
        let count = node
            .app
            .forum
            .db
            .read(crate::storage::applications::count_open);
        assert_eq!(count.await.expect("counted"), 0);
    });
}

#[test]
fn one_address_has_only_so_many_applications_open() {
    on_both(async |db| {
        let limit = "VIRTUAL_FORUM_LIMITS__OPEN_APPLICATIONS_PER_ADDRESS";
        let node = TestApp::with(db, &[(limit, "2")]);
        let (_, first) = applied(&node, &lantern()).await;
        applied(&node, &lantern()).await;
        let shouted = Draft {
            email: "FOCAL@lantern.example".into(),
            ..lantern()
        };
        let refused = apply(&node.app.forum, &node.app.config, &shouted).await;
        assert!(matches!(refused, Err(ApplicationError::TooManyOpen(2))));
        applied(&node, &draft("Other", "other", Category::Media)).await;
        let ended = withdraw(&node.app.forum, &first.0).await;
        ended.expect("withdrawn");
        applied(&node, &lantern()).await;
    });
}

#[test]
fn a_handle_that_is_taken_is_refused_at_once() {
    on_both(async |db| {
        let node = node(db).await;
        let mine = draft("Another Hub", "HUB", Category::Media);
        let refused = apply(&node.app.forum, &node.app.config, &mine).await;
        assert_eq!(fields(&refused.expect_err("taken")), ["handle"]);
    });
}

#[test]
fn an_address_with_an_account_is_taken_and_shown_to_organisers_only() {
    on_both(async |db| {
        let node = node(db).await;
        let by = organiser(&node, "hub").await;
        node.organisation("moj", Category::Government).await;
        node.token("moj", Role::Editor, "read").await;
        let mine = Draft {
            email: "editor@moj.example".into(),
            ..lantern()
        };
        let (application, _) = applied(&node, &mine).await;
        let seen = look(&node.app.forum, application.id).await.expect("seen");
        let told: Vec<&str> = seen.warnings.iter().map(|one| one.code.as_str()).collect();
        assert!(told.contains(&"address_taken"), "{told:?}");
        let refused = approve(&node.app.forum, application.id, Some(by), None).await;
        assert_eq!(fields(&refused.expect_err("taken")), ["email"]);
        let seen = look(&node.app.forum, application.id).await.expect("seen");
        assert!(seen.application.state.is_open(), "nothing was decided");
        assert_eq!(seen.events.len(), 1);
    });
}

#[test]
fn a_question_is_answered_once() {
    on_both(async |db| {
        let node = node(db).await;
        let forum = &node.app.forum;
        let by = organiser(&node, "hub").await;
        let (application, secret) = applied(&node, &lantern()).await;
        let early = answer(forum, &secret.0, "Yes.").await;
        assert!(matches!(
            early,
            Err(ApplicationError::Step(StepError::NotAsked))
        ));
        ask(forum, application.id, Some(by.clone()), "Who pays you?")
            .await
            .expect("asked");
        let twice = ask(forum, application.id, Some(by), "And why?").await;
        assert!(matches!(
            twice,
            Err(ApplicationError::Step(StepError::AlreadyAsked))
        ));
        for bad in ["", " \n\u{202E}", &"x".repeat(5_001)] {
            let refused = answer(forum, &secret.0, bad).await;
            assert_eq!(fields(&refused.expect_err("not usable")), ["answer"]);
        }
        let followed = answer(forum, &secret.0, "Members <b>alone</b>.").await;
        let followed = followed.expect("answered");
        assert_eq!(followed.application.state, ApplicationState::Answered);
        let talk: Vec<&str> = followed
            .events
            .iter()
            .map(|one| one.text.as_str())
            .collect();
        assert_eq!(talk, ["", "Who pays you?", "Members <b>alone</b>."]);
        let again = answer(forum, &secret.0, "No, wait.").await;
        assert!(matches!(
            again,
            Err(ApplicationError::Step(StepError::NotAsked))
        ));
    });
}

#[test]
fn a_withdrawn_application_is_over() {
    on_both(async |db| {
        let node = node(db).await;
        let forum = &node.app.forum;
        let by = organiser(&node, "hub").await;
        let (application, secret) = applied(&node, &lantern()).await;
        withdraw(forum, &secret.0).await.expect("withdrawn");
        let over = |error| matches!(error, ApplicationError::Step(StepError::Withdrawn));
        assert!(over(withdraw(forum, &secret.0).await.expect_err("over")));
        assert!(over(
            approve(forum, application.id, Some(by.clone()), None)
                .await
                .expect_err("over")
        ));
        assert!(over(
            ask(forum, application.id, Some(by), "Why?")
                .await
                .expect_err("over")
        ));
    });
}
