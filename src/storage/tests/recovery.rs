//! What passes by itself must not need a restart.

use std::{
    sync::mpsc,
    time::{Duration, Instant},
};

use diesel::connection::SimpleConnection;

use super::{counted, insert, with_slips};
use crate::storage::{
    Db, Error, Options,
    testing::{TestDatabase, block_on},
};

const TERMINATE: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
     WHERE datname = '{name}' AND pid <> pg_backend_pid()";

#[test]
fn connections_that_died_while_idle_are_not_noticed() {
    let Some(database) = TestDatabase::postgres() else {
        return;
    };
    block_on(async {
        let db = database.db();
        with_slips(&db).await;
        let ends = Instant::now() + Duration::from_secs(20);
        for id in 0..3 {
            // All four connections of the pool are open, then none.
            let slow = |conn: &mut _| batch(conn, "SELECT pg_sleep(0.1)");
            let (a, b, c, d) =
                tokio::join!(db.read(slow), db.read(slow), db.read(slow), db.read(slow));
            a.and(b).and(c).and(d).expect("four at once");
            database.administer(TERMINATE);
            db.write(move |conn| insert(conn, id))
                .await
                .expect("stored");
        }
        assert_eq!(counted(&db).await, 3);
        assert!(Instant::now() < ends);
    });
}

fn batch(conn: &mut crate::storage::Conn, sql: &str) -> Result<(), Error> {
    Ok(conn.batch_execute(sql)?)
}

#[test]
fn a_connection_lost_in_a_transaction_is_unavailable_and_the_next_call_works() {
    let Some(database) = TestDatabase::postgres() else {
        return;
    };
    block_on(async {
        let db = database.db();
        with_slips(&db).await;
        for id in 0..6 {
            let result = db
                .write(move |conn| -> Result<(), Error> {
                    insert(conn, id)?;
                    batch(conn, "SELECT pg_terminate_backend(pg_backend_pid())")
                })
                .await;
            assert!(matches!(result, Err(Error::Unavailable(_))), "{result:?}");
        }
        db.write(|conn| insert(conn, 7)).await.expect("stored");
        assert_eq!(counted(&db).await, 1);
    });
}

#[test]
fn a_server_that_goes_away_and_returns_is_used_again() {
    let Some(database) = TestDatabase::postgres() else {
        return;
    };
    let options = Options {
        connections: 4,
        wait: Duration::from_millis(500),
    };
    block_on(async {
        let db = database.open(options);
        with_slips(&db).await;
        database.administer("ALTER DATABASE {name} ALLOW_CONNECTIONS false");
        database.administer(TERMINATE);
        for _ in 0..6 {
            let result = db.write(|conn| insert(conn, 1)).await;
            assert!(matches!(result, Err(Error::Unavailable(_))), "{result:?}");
        }
        db.check().await.expect_err("it is away");
        database.administer("ALTER DATABASE {name} ALLOW_CONNECTIONS true");
        let ends = Instant::now() + Duration::from_secs(5);
        while db.write(|conn| insert(conn, 1)).await.is_err() {
            assert!(Instant::now() < ends, "it did not recover");
        }
        db.check().await.expect("it is back");
    });
}

#[test]
fn a_server_that_is_not_there_is_unavailable_and_its_password_is_not_told() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = free.local_addr().expect("its number").port();
    drop(free);
    // The client library repeats a password that it cannot decode.
    for password in ["hunter%202", "hunter%zz"] {
        let url = format!("postgres://forum:{password}@127.0.0.1:{port}/forum");
        let Err(error) = Db::open(&url, Options::default()) else {
            panic!("nobody listens there");
        };
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("hunter"), "{error}");
    }
}

#[test]
fn a_lost_sqlite_transaction_is_told_to_the_whole_group_and_the_next_works() {
    let database = TestDatabase::sqlite();
    block_on(async {
        let db = database.db();
        with_slips(&db).await;
        let (go, wait) = mpsc::channel::<()>();
        let neighbour = db.write(move |conn| -> Result<(), Error> {
            wait.recv().expect("the signal comes");
            insert(conn, 1)
        });
        // What SQLite does by itself when the disk is full.
        let culprit = db.write(|conn| batch(conn, "ROLLBACK"));
        let release = async { go.send(()).expect("the neighbour waits") };
        let (neighbour, culprit, ()) = tokio::join!(neighbour, culprit, release);
        assert!(
            matches!(neighbour, Err(Error::Unavailable(_))),
            "{neighbour:?}"
        );
        assert!(matches!(culprit, Err(Error::Unavailable(_))), "{culprit:?}");
        assert_eq!(counted(&db).await, 0);
        db.write(|conn| insert(conn, 2)).await.expect("stored");
        assert_eq!(counted(&db).await, 1);
    });
}

#[test]
fn a_full_disk_is_unavailable_and_works_again_when_there_is_room() {
    let database = TestDatabase::sqlite();
    block_on(async {
        let db = database.db();
        with_slips(&db).await;
        let fill = "INSERT INTO slips (id, title) VALUES (9, printf('%.*c', 900000, 'x'))";
        db.write(|conn| batch(conn, "PRAGMA max_page_count = 1"))
            .await
            .expect("limited to its present size");
        let result = db.write(move |conn| batch(conn, fill)).await;
        assert!(matches!(result, Err(Error::Unavailable(_))), "{result:?}");
        assert_eq!(counted(&db).await, 0, "reads go on");
        db.write(|conn| batch(conn, "PRAGMA max_page_count = 1000000"))
            .await
            .expect("room again");
        db.write(move |conn| batch(conn, fill))
            .await
            .expect("stored");
        assert_eq!(counted(&db).await, 1);
    });
}

#[test]
fn a_sqlite_file_locked_by_another_process_is_unavailable_until_it_is_free() {
    let database = TestDatabase::sqlite();
    block_on(async {
        let options = Options {
            connections: 2,
            wait: Duration::from_millis(300),
        };
        let (db, other) = (database.open(options), database.db());
        with_slips(&db).await;
        let (go, wait) = mpsc::channel::<()>();
        let holds = tokio::spawn(async move {
            other
                .write(move |conn| -> Result<(), Error> {
                    wait.recv().expect("the signal comes");
                    insert(conn, 1)
                })
                .await
        });
        tokio::time::sleep(Duration::from_millis(100)).await;
        let blocked = db.write(|conn| insert(conn, 2)).await;
        assert!(matches!(blocked, Err(Error::Unavailable(_))), "{blocked:?}");
        assert_eq!(counted(&db).await, 0, "reads go on");
        go.send(()).expect("the other waits");
        holds.await.expect("no panic").expect("stored");
        db.write(|conn| insert(conn, 2)).await.expect("stored");
        assert_eq!(counted(&db).await, 2);
    });
}

#[test]
fn a_sqlite_file_that_vanished_is_not_replaced_by_an_empty_one() {
    let database = TestDatabase::sqlite();
    let db = database.db();
    let file = database.file().expect("a file");
    std::fs::remove_file(&file).expect("removed");
    let result = block_on(db.read(super::count));
    assert!(matches!(result, Err(Error::Unavailable(_))), "{result:?}");
    assert!(!file.exists());
}

#[test]
fn the_check_does_not_wait_for_ever() {
    let database = TestDatabase::sqlite();
    block_on(async {
        let db = database.db();
        let (go, wait) = mpsc::channel::<()>();
        let held = db.write(move |_| -> Result<(), Error> {
            wait.recv().expect("the signal comes");
            Ok(())
        });
        let check = async {
            let result = db.check_within(Duration::from_millis(100)).await;
            go.send(()).expect("the first waits");
            result
        };
        let (held, check) = tokio::join!(held, check);
        held.expect("it ends well");
        assert!(matches!(check, Err(Error::Unavailable(_))), "{check:?}");
        db.check().await.expect("able to write");
    });
}
