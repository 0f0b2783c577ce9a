//! Right and wrong answers of authenticators, and what removing does.

mod adding;
mod keeping;
mod signing_in;

use chrono::TimeDelta;

use super::*;
use crate::{
    domain::{account::Role, organisation::Category},
    operations::people::{
        self, Device, FirstPassword, FirstStep, SignedIn, new_link, second_factor, set_password,
        start_session,
    },
    storage::{Db, audit as log, testing::on_both},
    tests::{authenticator::Authenticator, browser::PASSWORD, test_app::TestApp},
};

/// A node and somebody who must have a second factor, signed in just now.
async fn newcomer(db: Db) -> (TestApp, Person, String) {
    let node = TestApp::new(db);
    node.organisation("moj", Category::Government).await;
    let (person, session) = somebody(&node, Role::FocalPoint).await;
    (node, person, session)
}

async fn somebody(node: &TestApp, role: Role) -> (Person, String) {
    let token = node.token("moj", role, "read").await;
    let person = node.person(&token).await;
    let session = session(node, &person).await;
    (person, session)
}

async fn session(node: &TestApp, person: &Person) -> String {
    let session = start_session(&node.app.forum, person.user.id, "Firefox").await;
    session.expect("a session").token.0
}

fn device(form: &str) -> Device {
    Device {
        form: form.into(),
        agent: "Firefox".into(),
    }
}

/// Adds what an authenticator makes.
async fn add(
    node: &TestApp,
    person: &Person,
    session: &str,
    key: &mut Authenticator,
) -> Result<Added, PeopleError> {
    let forum = &node.app.forum;
    let asked = begin(forum, person, session, "My telephone", String::new()).await?;
    finish(forum, person, session, "My telephone", key.create(&asked)).await
}

/// A person with one passkey, made by this authenticator.
async fn with_passkey(db: Db, mut key: Authenticator) -> (TestApp, Person, String, Authenticator) {
    let (node, person, session) = newcomer(db).await;
    let added = add(&node, &person, &session, &mut key).await;
    let Ok(Added::First { token, .. }) = added else {
        panic!("not taken as the first");
    };
    (node, person, token.0, key)
}

async fn enter(node: &TestApp, key: &mut Authenticator) -> Result<SignedIn, PeopleError> {
    let (forum, browser) = (&node.app.forum, device("form"));
    let asked = begin_signing_in(forum, &browser).await?;
    sign_in(forum, &browser, key.get(&asked)).await
}

async fn decisions(node: &TestApp) -> Vec<(String, String)> {
    let read = node.app.forum.db.read(|conn| log::following(conn, 0, 100));
    let records = read.await.expect("read");
    let told = |one: log::Record| (one.decision, one.detail);
    records.into_iter().map(told).collect()
}

fn refused<T>(result: Result<T, PeopleError>) -> bool {
    matches!(result, Err(PeopleError::PasskeyRefused))
}

/// Gives a person a password and takes the first step with it.
async fn code_step(node: &TestApp, person: &Person, browser: &Device) -> FirstStep {
    let forum = &node.app.forum;
    let link = new_link(forum, None, person.user.id).await.expect("a link");
    let chosen = set_password(forum, &link.0, PASSWORD.into()).await;
    assert_eq!(chosen.expect("chosen"), FirstPassword::SecondStep);
    let email = person.user.email.as_str();
    let step = people::sign_in(forum, browser, email, PASSWORD.into()).await;
    step.expect("storage works")
}
