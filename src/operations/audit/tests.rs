//! The chain holds, shows where it was tampered with, and does not fork.

use diesel::connection::SimpleConnection;
use futures_util::future::join_all;

use super::*;
use crate::{
    domain::{account::Role, organisation::Category},
    operations::people::{self, PeopleError},
    storage::{
        Db,
        testing::{TestDatabase, on_both, on_both_databases},
    },
    tests::test_app::TestApp,
};

async fn record_one(forum: &Forum, subject: &str) {
    let subject = subject.to_owned();
    forum
        .write(move |conn, forum| record(conn, forum, None, Decision::HostBlocked, &subject, "why"))
        .await
        .expect("recorded");
}

/// Runs SQL as somebody would who got hold of the database.
async fn tamper(db: &Db, sql: &'static str) -> Result<(), storage::Error> {
    db.write(move |conn| -> Result<(), storage::Error> { Ok(conn.batch_execute(sql)?) })
        .await
}

/// Somebody who owns the database takes the triggers away first.
const NO_TRIGGERS: [&str; 2] = [
    "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_cut;",
    "DROP TRIGGER audit_is_kept ON audit;",
];

async fn drop_triggers(db: &Db) {
    let drop = |conn: &mut Conn| -> Result<(), storage::Error> {
        let sql = match conn {
            Conn::Sqlite(_) => NO_TRIGGERS[0],
            Conn::Postgres(_) => NO_TRIGGERS[1],
        };
        Ok(conn.batch_execute(sql)?)
    };
    db.write(drop).await.expect("dropped");
}

async fn words(forum: &Forum) -> Vec<(String, String, String)> {
    let read = forum.db.read(|conn| audit::following(conn, 0, 100));
    let found = read.await.expect("read").into_iter();
    found
        .map(|one| (one.decision, one.subject, one.detail))
        .collect()
}

#[test]
fn each_record_follows_the_one_before_and_the_whole_is_verified() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let forum = &node.app.forum;
        for subject in ["server a", "server b", "server c"] {
            record_one(forum, subject).await;
        }
        let all = forum.db.read(|conn| audit::following(conn, 0, 10));
        let all = all.await.expect("read");
        assert_eq!(all[0].previous, "");
        assert_eq!(all[1].previous, all[0].hash);
        assert_eq!(all[2].previous, all[1].hash);
        let whole = Chain::Whole {
            records: 3,
            newest: all[2].hash.clone(),
        };
        let seen = Some(all[0].hash.clone());
        assert_eq!(verify(forum, seen).await.expect("read"), whole);
    });
}

#[test]
fn the_database_refuses_to_change_or_remove_a_record() {
    on_both(async |db| {
        let node = TestApp::new(db);
        record_one(&node.app.forum, "server a").await;
        for sql in [
            "UPDATE audit SET detail = 'nothing'",
            "DELETE FROM audit",
            "INSERT INTO audit SELECT number + 1, at, by_user, decision, subject, detail, \
             previous, 'other' FROM audit",
        ] {
            assert!(tamper(&node.app.forum.db, sql).await.is_err(), "{sql}");
        }
        assert_eq!(words(&node.app.forum).await.len(), 1);
    });
}

#[test]
fn verifying_names_the_first_record_that_was_tampered_with() {
    for (sql, at) in [
        ("UPDATE audit SET detail = 'nothing' WHERE number = 2", 2),
        ("UPDATE audit SET by_user = 7 WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number = 2", 2),
        (
            "UPDATE audit SET previous = 'x' WHERE number = 3; \
             UPDATE audit SET hash = 'y' WHERE number = 3",
            3,
        ),
    ] {
        on_both(async |db| {
            let node = TestApp::new(db);
            let forum = &node.app.forum;
            for subject in ["server a", "server b", "server c"] {
                record_one(forum, subject).await;
            }
            drop_triggers(&forum.db).await;
            tamper(&forum.db, sql).await.expect("tampered");
            match verify(forum, None).await.expect("read") {
                Chain::Broken { number, .. } => assert_eq!(number, at, "{sql}"),
                Chain::Whole { .. } => panic!("{sql} was not noticed"),
            }
        });
    }
}

#[test]
fn a_cut_off_end_is_noticed_by_who_noted_a_hash() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let forum = &node.app.forum;
        record_one(forum, "server a").await;
        record_one(forum, "server b").await;
        let newest = forum.db.read(audit::newest).await.expect("read");
        let noted = newest.map(|one| one.hash);
        drop_triggers(&forum.db).await;
        tamper(&forum.db, "DELETE FROM audit WHERE number = 2")
            .await
            .expect("tampered");
        let blind = verify(forum, None).await.expect("read");
        assert!(matches!(blind, Chain::Whole { records: 1, .. }));
        let told = verify(forum, noted).await.expect("read");
        assert!(matches!(told, Chain::Broken { number: 2, .. }));
    });
}

#[test]
fn two_processes_that_decide_at_once_do_not_fork_the_chain() {
    on_both_databases(async |database: &TestDatabase| {
        let (one, other) = (TestApp::new(database.db()), TestApp::new(database.db()));
        let writes = (0..40).map(|n| {
            let forum = [&one, &other][n % 2].app.forum.clone();
            async move { record_one(&forum, &format!("server {n}")).await }
        });
        join_all(writes).await;
        let chain = verify(&one.app.forum, None).await.expect("read");
        assert!(
            matches!(chain, Chain::Whole { records: 40, .. }),
            "{chain:?}"
        );
    });
}

#[test]
fn what_fails_is_not_recorded() {
    on_both(async |db| {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        let token = node.token("moj", Role::Administrator, "read").await;
        let me = node.person(&token).await.user.id;
        let forum = &node.app.forum;
        let before = words(forum).await.len();
        let refused = people::set_role(forum, Some(me), me, Role::Reader).await;
        assert!(matches!(refused, Err(PeopleError::LastAdministrator)));
        assert_eq!(words(forum).await.len(), before);
        let twice = people::set_disabled(forum, Some(me), me, false).await;
        twice.expect("nothing to do");
        assert_eq!(words(forum).await.len(), before, "nothing was decided");
    });
}

#[test]
fn decisions_about_people_name_them_by_their_account_only() {
    on_both(async |db| {
        let node = TestApp::new(db);
        node.organisation("moj", Category::Government).await;
        let forum = &node.app.forum;
        let made = people::create(forum, None, "a@moj.example", "moj", Role::Reader, None);
        let (user, link) = made.await.expect("made");
        people::set_role(forum, Some(user.id), user.id, Role::Editor)
            .await
            .expect("changed");
        let again = people::new_link(forum, None, user.id).await.expect("made");
        people::set_disabled(forum, None, user.id, true)
            .await
            .expect("disabled");
        let all = words(forum).await;
        let account = format!("account {}", user.id);
        let of_person: Vec<(&str, &str)> = all
            .iter()
            .filter(|(_, subject, _)| *subject == account)
            .map(|(decision, _, detail)| (decision.as_str(), detail.as_str()))
            .collect();
        assert_eq!(
            of_person,
            [
                ("account-created", "reader of moj"),
                ("role-changed", "from reader to editor"),
                ("link-made", ""),
                ("account-disabled", ""),
            ]
        );
        let everything = format!("{all:?}");
        for secret in ["a@moj.example", &link.expect("a link").0, &again.0] {
            assert!(!everything.contains(secret));
        }
    });
}
