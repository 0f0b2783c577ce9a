//! What applicants for membership are told by mail.

use std::time::Duration;

use axum::http::StatusCode;
use chrono::TimeDelta;

use super::{Server, link, node, waiting};
use crate::{
    app,
    domain::{
        account::Role,
        application::{Application, Draft},
        organisation::Category,
        task::Task,
    },
    operations::{
        applications::{Decided, answer, apply, approve, ask, clear, refuse, word},
        people::Secret,
    },
    storage::testing::on_both,
    tests::{browser::Browser, test_app::TestApp},
};

async fn applied(node: &TestApp) -> (Application, Secret) {
    let draft = Draft {
        name: "Lantern House".into(),
        handle: "lantern".into(),
        category: Category::CivilSociety.as_str().into(),
        country: "AL".into(),
        website: String::new(),
        reason: "We run a shelter.".into(),
        referee: "@moj".into(),
        email: "focal@lantern.example".into(),
        function: String::new(),
    };
    let applied = apply(&node.app.forum, &node.app.config, &draft).await;
    applied.expect("applied")
}

#[test]
fn applicants_are_told_by_mail_what_is_asked_and_that_they_are_in() {
    on_both(async |db| {
        let server = Server::start(0).await;
        let node = node(db, &server).await;
        let work = app::start_work(&node.app);
        let forum = &node.app.forum;
        let token = node.token("moj", Role::Administrator, "admin:write").await;
        let organiser = Some(node.person(&token).await);
        let (application, secret) = applied(&node).await;
        let id = application.id;
        ask(forum, id, organiser.clone(), "Since when?")
            .await
            .expect("asked");
        let mails = server.wait_for(1).await;
        assert!(
            mails[0].contains("To: focal@lantern.example"),
            "{}",
            mails[0]
        );
        assert!(mails[0].contains("Since when?"), "{}", mails[0]);
        assert!(!mails[0].contains(&secret.0), "the link stays theirs");

        answer(forum, &secret.0, "Since 2011.")
            .await
            .expect("answered");
        let decided = approve(forum, id, organiser, None).await.expect("approved");
        let Decided::Admitted(member) = decided else {
            panic!("one approval is enough");
        };
        assert!(member.link.is_none(), "nobody else is shown the link");
        let mails = server.wait_for(2).await;
        let opened = Browser::new(&node).open(&link(&mails[1])).await;
        assert_eq!(opened.status, StatusCode::OK, "{}", mails[1]);
        work.stop(Duration::from_secs(5)).await;
    });
}

#[test]
fn a_refusal_is_mailed_with_its_reason_unless_the_application_was_cleared() {
    on_both(async |db| {
        let server = Server::start(0).await;
        let node = node(db, &server).await;
        let forum = &node.app.forum;
        let (application, _) = applied(&node).await;
        refuse(forum, application.id, None, "No referee knows you.")
            .await
            .expect("refused");
        let Some(Task::MailApplicant { application, event }) = waiting(&node).await.pop() else {
            panic!("a mail waits");
        };
        let letter = word(forum, application, event)
            .await
            .expect("read")
            .expect("a mail");
        assert_eq!(letter.to, "focal@lantern.example");
        assert!(letter.body.contains("No referee knows you."));
        node.pass(TimeDelta::days(4_000));
        clear(forum, Duration::from_secs(86_400))
            .await
            .expect("cleared");
        assert_eq!(word(forum, application, event).await.expect("read"), None);
    });
}
