//! Commit, roll back, snapshot; one caller's failure is its own.

use std::{sync::mpsc, time::Duration};

use diesel::{Connection, RunQueryDsl, prelude::*};
use futures_util::poll;

use super::{count, counted, insert, slips, with_slips};
use crate::storage::{
    Conn, Db, Error, Options,
    testing::{TestDatabase, block_on, on_both, on_both_databases},
};

#[test]
fn what_was_written_can_be_read_and_an_error_undoes_it() {
    on_both(async |db| {
        with_slips(&db).await;
        db.write(|conn| insert(conn, 1)).await.expect("stored");
        let refused = db
            .write(|conn| -> Result<(), Error> {
                insert(conn, 2)?;
                Err(Error::Corrupt("on purpose".into()))
            })
            .await;
        assert!(matches!(refused, Err(Error::Corrupt(_))), "{refused:?}");
        assert_eq!(counted(&db).await, 1);
    });
}

#[test]
fn a_panic_undoes_its_own_write_and_the_next_one_works() {
    on_both(async |db| {
        with_slips(&db).await;
        let result = db
            .write(|conn| -> Result<(), Error> {
                insert(conn, 1)?;
                // The inner transaction is still open when the panic comes.
                conn.transaction(|conn| {
                    insert(conn, 2)?;
                    panic!("on purpose")
                })
            })
            .await;
        assert!(matches!(result, Err(Error::Panicked)), "{result:?}");
        let result = db
            .read(|_| -> Result<(), Error> { panic!("on purpose") })
            .await;
        assert!(matches!(result, Err(Error::Panicked)), "{result:?}");
        assert_eq!(counted(&db).await, 0);
        db.write(|conn| insert(conn, 3)).await.expect("stored");
        assert_eq!(counted(&db).await, 1);
    });
}

#[test]
fn a_swallowed_failure_is_never_a_false_success() {
    on_both(async |db| {
        with_slips(&db).await;
        db.write(|conn| insert(conn, 1)).await.expect("stored");
        let result = db
            .write(|conn| -> Result<(), Error> {
                insert(conn, 2)?;
                drop(insert(conn, 1));
                Ok(())
            })
            .await;
        // SQLite undoes the statement, PostgreSQL everything; either way the
        // answer says what is stored.
        let stored = counted(&db).await;
        assert_eq!(stored == 2, result.is_ok(), "{stored} rows, {result:?}");
    });
}

#[test]
fn neighbours_in_a_group_are_not_touched_by_a_failure() {
    on_both(async |db| {
        with_slips(&db).await;
        let (go, wait) = mpsc::channel::<()>();
        let first = db.write(move |conn| -> Result<(), Error> {
            wait.recv().expect("the signal comes");
            insert(conn, 1)
        });
        let fails = db.write(|conn| -> Result<(), Error> {
            insert(conn, 2)?;
            insert(conn, 2)
        });
        let panics = db.write(|conn| -> Result<(), Error> {
            insert(conn, 3)?;
            conn.transaction(|_| panic!("on purpose"))
        });
        let last = db.write(|conn| insert(conn, 4));
        let release = async { go.send(()).expect("the first waits") };
        let (first, fails, panics, last, ()) = tokio::join!(first, fails, panics, last, release);
        first.expect("stored");
        assert!(matches!(fails, Err(Error::Conflict { .. })), "{fails:?}");
        assert!(matches!(panics, Err(Error::Panicked)), "{panics:?}");
        last.expect("stored");
        let ids = db
            .read(|conn| -> Result<Vec<i64>, Error> {
                Ok(slips::table.select(slips::id).order(slips::id).load(conn)?)
            })
            .await;
        assert_eq!(ids.expect("readable"), [1, 4]);
    });
}

#[test]
fn a_caller_is_answered_only_after_the_commit() {
    let database = TestDatabase::sqlite();
    block_on(async {
        let db = database.db();
        with_slips(&db).await;
        let (go_first, first_waits) = mpsc::channel::<()>();
        let (go_second, second_waits) = mpsc::channel::<()>();
        let mut first = Box::pin(db.write(move |conn| -> Result<(), Error> {
            first_waits.recv().expect("the signal comes");
            insert(conn, 1)
        }));
        let mut second = Box::pin(db.write(move |conn| -> Result<(), Error> {
            second_waits.recv().expect("the signal comes");
            insert(conn, 2)
        }));
        // Both wait in one group; the first is let through, the second holds
        // the group open.
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut second).is_pending());
        go_first.send(()).expect("the first waits");
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(poll!(&mut first).is_pending(), "answered before the commit");
        assert_eq!(counted(&db).await, 0, "seen before the commit");
        go_second.send(()).expect("the second waits");
        first.await.expect("stored");
        second.await.expect("stored");
        assert_eq!(counted(&database.db()).await, 2);
    });
}

#[test]
fn hundreds_write_at_once() {
    on_both(async |db| {
        with_slips(&db).await;
        let writes = (0..400).map(|id| {
            let db = db.clone();
            tokio::spawn(async move { db.write(move |conn| insert(conn, id)).await })
        });
        for write in writes.collect::<Vec<_>>() {
            write.await.expect("no panic").expect("stored");
        }
        assert_eq!(counted(&db).await, 400);
    });
}

#[test]
fn a_read_sees_one_moment() {
    on_both(async |db| {
        with_slips(&db).await;
        let (counted_once, written) = (mpsc::channel::<()>(), mpsc::channel::<()>());
        let (tell, told) = (counted_once.0, written.1);
        let read = db.read(move |conn| -> Result<(i64, i64), Error> {
            let before = count(conn)?;
            tell.send(()).expect("the writer waits");
            told.recv().expect("the writer tells");
            Ok((before, count(conn)?))
        });
        let write = async {
            let seen = counted_once.1;
            tokio::task::spawn_blocking(move || seen.recv())
                .await
                .expect("no panic")
                .expect("the reader tells");
            db.write(|conn| insert(conn, 1)).await.expect("stored");
            written.0.send(()).expect("the reader waits");
        };
        let (read, ()) = tokio::join!(read, write);
        assert_eq!(read.expect("readable"), (0, 0));
        assert_eq!(counted(&db).await, 1);
    });
}

#[test]
fn a_read_cannot_write() {
    on_both(async |db| {
        with_slips(&db).await;
        let result = db.read(|conn| insert(conn, 1)).await;
        assert!(matches!(result, Err(Error::Unavailable(_))), "{result:?}");
        assert_eq!(counted(&db).await, 0);
    });
}

#[test]
fn foreign_keys_are_enforced() {
    use diesel::connection::SimpleConnection;
    on_both(async |db| {
        with_slips(&db).await;
        let result = db
            .write(|conn| -> Result<(), Error> {
                Ok(conn.batch_execute(
                    "CREATE TABLE pins (slip BIGINT NOT NULL REFERENCES slips (id)); \
                     INSERT INTO pins (slip) VALUES (1);",
                )?)
            })
            .await;
        assert!(matches!(result, Err(Error::Diesel(_))), "{result:?}");
    });
}

#[test]
fn nobody_waits_for_a_connection_for_ever() {
    let options = Options {
        connections: 1,
        wait: Duration::from_millis(200),
    };
    on_both_databases(async |database| {
        let db = database.open(options);
        let (go, wait) = mpsc::channel::<()>();
        let holds = {
            let db = db.clone();
            tokio::spawn(async move { db.read(move |_| held(&wait)).await })
        };
        tokio::time::sleep(Duration::from_millis(50)).await;
        let result = db.read(|_| Ok::<(), Error>(())).await;
        assert!(matches!(result, Err(Error::Unavailable(_))), "{result:?}");
        go.send(()).expect("the first waits");
        holds.await.expect("no panic").expect("it ends well");
        db.read(|_| Ok::<(), Error>(())).await.expect("free again");
    });
}

fn held(wait: &mpsc::Receiver<()>) -> Result<(), Error> {
    wait.recv().expect("the signal comes");
    Ok(())
}

#[test]
fn the_check_makes_a_real_write() {
    use crate::storage::{schema::meta, types::Doc};
    async fn beat(db: &Db) -> Option<Doc> {
        db.read(|conn: &mut Conn| -> Result<_, Error> {
            Ok(meta::table
                .find("heartbeat")
                .select(meta::value)
                .first(conn)
                .optional()?)
        })
        .await
        .expect("readable")
    }
    on_both(async |db| {
        assert_eq!(beat(&db).await, None);
        db.check().await.expect("able to write");
        assert!(beat(&db).await.is_some_and(|doc| doc.0.is_string()));
        db.check().await.expect("able to write again");
    });
}

#[test]
fn every_commit_is_counted_before_its_caller_hears_of_it_and_reads_are_not() {
    on_both(async |db| {
        with_slips(&db).await;
        let before = db.commits();
        counted(&db).await;
        assert_eq!(db.commits(), before);
        db.write(|conn| insert(conn, 1)).await.expect("stored");
        assert!(db.clone().commits() > before);
    });
}
