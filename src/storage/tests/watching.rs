//! Who watches a database learns of what was committed, and of nothing else.

use std::time::Duration;

use tokio::time::timeout;

use crate::{
    domain::{
        audience::Audience,
        id::{EntryId, OrganisationId},
    },
    storage::{
        Conn, Db, Error,
        changes::{Change, Changes},
        entries,
        samples::{SENDER, at, insert_entry, insert_organisation},
        testing::{TestDatabase, block_on, on_both, on_both_databases},
    },
};

const ENTRY: EntryId = EntryId(7);
const PATIENCE: Duration = Duration::from_secs(20);
const A_WHILE: Duration = Duration::from_millis(700);

async fn with_entry(db: &Db) {
    db.write(|conn| {
        insert_organisation(conn, SENDER, None)?;
        insert_entry(conn, ENTRY, "members")
    })
    .await
    .expect("stored");
}

async fn narrow(db: &Db) {
    db.write(|conn| entries::narrow(conn, ENTRY, &Audience::Preferential))
        .await
        .expect("stored");
}

fn narrowed() -> Change {
    Change::Edited {
        entry: ENTRY,
        before: Audience::Members,
    }
}

async fn told(changes: &mut Changes) -> Option<Change> {
    timeout(PATIENCE, changes.next()).await.expect("told")
}

#[test]
fn watchers_are_told_after_the_commit() {
    on_both(async |db| {
        with_entry(&db).await;
        let mut changes = db.changes();
        narrow(&db).await;
        db.write(|conn| entries::bury(conn, ENTRY, at(1)))
            .await
            .expect("stored");
        assert_eq!(changes.ready(), Some(narrowed()));
        assert_eq!(changes.ready(), Some(Change::Deleted(ENTRY)));
        assert_eq!(changes.ready(), None);
    });
}

#[test]
fn nothing_is_told_of_what_was_undone() {
    on_both(async |db| {
        with_entry(&db).await;
        let mut changes = db.changes();
        let failing = |conn: &mut Conn| {
            entries::bury(conn, ENTRY, at(1))?;
            Err::<(), _>(Error::Corrupt("on purpose".to_owned()))
        };
        let panicking = |conn: &mut Conn| -> Result<(), Error> {
            entries::bury(conn, ENTRY, at(1))?;
            panic!("on purpose")
        };
        assert!(db.write(failing).await.is_err());
        assert!(db.write(panicking).await.is_err());
        narrow(&db).await;
        assert_eq!(changes.ready(), Some(narrowed()));
        assert_eq!(changes.ready(), None);
    });
}

#[test]
fn a_watcher_that_is_too_slow_misses_the_oldest_and_goes_on() {
    on_both(async |db| {
        with_entry(&db).await;
        let mut changes = db.changes();
        db.write(|conn| {
            for seconds in 0..1_500 {
                entries::bury(conn, ENTRY, at(seconds))?;
            }
            Ok::<_, Error>(())
        })
        .await
        .expect("stored");
        let mut heard = 0;
        while changes.ready().is_some() {
            heard += 1;
        }
        assert!((1_000..1_500).contains(&heard), "{heard}");
        narrow(&db).await;
        assert!(matches!(changes.ready(), Some(Change::Edited { .. })));
    });
}

#[test]
fn the_other_process_on_a_postgresql_database_is_told_and_nobody_twice() {
    let Some(database) = TestDatabase::postgres() else {
        return;
    };
    block_on(async {
        let (one, other) = (database.db(), database.db());
        with_entry(&one).await;
        for db in [&one, &other] {
            db.share_changes().expect("a thread");
        }
        let (mut here, mut there) = (one.changes(), other.changes());
        // Until both listen.
        let mut tries = 0;
        while there.ready().is_none() {
            assert!(tries < 100, "the other process was not told");
            tries += 1;
            narrow(&one).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        tokio::time::sleep(A_WHILE).await;
        while here.ready().or_else(|| there.ready()).is_some() {}
        other
            .write(|conn| entries::bury(conn, ENTRY, at(1)))
            .await
            .expect("stored");
        for changes in [&mut here, &mut there] {
            assert_eq!(told(changes).await, Some(Change::Deleted(ENTRY)));
        }
        tokio::time::sleep(A_WHILE).await;
        assert_eq!(here.ready().or_else(|| there.ready()), None);
    });
}

#[test]
fn a_database_that_is_shared_can_be_closed() {
    on_both_databases(async |database| {
        let db = database.db();
        db.share_changes().expect("a thread");
        let mut changes = db.changes();
        drop(db);
        assert_eq!(told(&mut changes).await, None);
    });
}

#[test]
fn named_parties_are_told_as_they_were() {
    on_both(async |db| {
        with_entry(&db).await;
        let named = Audience::Named(vec![SENDER, OrganisationId(2)]);
        let before = named.clone();
        db.write(move |conn| {
            insert_organisation(conn, OrganisationId(2), None)?;
            entries::narrow(conn, ENTRY, &named)
        })
        .await
        .expect("stored");
        let mut changes = db.changes();
        narrow(&db).await;
        let entry = ENTRY;
        assert_eq!(changes.ready(), Some(Change::Edited { entry, before }));
    });
}
