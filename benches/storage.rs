//! What group commit is worth on SQLite, on this machine and its disk.
//!
//! `cargo bench --bench storage [ROWS]` writes the same rows (2,000 by
//! default) twice: one caller after the other, so that every row is a
//! transaction with its own flush to the disk; and 256 callers at once, whom
//! the writer commits in groups. Both acknowledge a write only when it would
//! survive power loss. It prints the throughput of both and their ratio: below
//! 2, group commit has broken; a disk that flushes slowly raises it. Reads are
//! timed for comparison.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::{
    QueryableByName, RunQueryDsl,
    connection::SimpleConnection,
    sql_query,
    sql_types::{BigInt, Text},
};
use virtual_forum::storage::{Conn, Db, Error, Options};

/// Callers who write at the same time.
const CALLERS: usize = 256;

const DEFAULT_ROWS: i64 = 2_000;

/// Characters in a row.
const BODY: usize = 500;

#[derive(QueryableByName)]
struct Slip {
    #[diesel(sql_type = Text)]
    body: String,
}

fn main() {
    // Cargo passes `--bench`, which is no number.
    let rows = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(DEFAULT_ROWS);
    tokio::runtime::Runtime::new()
        .expect("a runtime starts")
        .block_on(compare(rows))
        .expect("the benchmark's database works");
}

async fn compare(rows: i64) -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("bench.sqlite").display());
    let db = Db::open(&url, Options::default())?;
    db.write(|conn| -> Result<(), Error> {
        Ok(conn.batch_execute("CREATE TABLE slips (id INTEGER PRIMARY KEY, body TEXT)")?)
    })
    .await?;

    let alone = timed(one_by_one(&db, rows)).await?;
    let together = timed(at_once(&db, rows)).await?;
    let reads = timed(read(&db, rows)).await?;

    println!("{rows} rows each");
    report("one transaction each", alone, rows);
    report("group commit", together, rows);
    report("point reads", reads, rows);
    let ratio = alone.as_secs_f64() / together.as_secs_f64();
    println!("group commit is {ratio:.1} times as fast");
    Ok(())
}

async fn timed(work: impl Future<Output = Result<(), Error>>) -> Result<Duration, Error> {
    let start = Instant::now();
    work.await?;
    Ok(start.elapsed())
}

fn report(what: &str, took: Duration, count: i64) {
    let each = took.as_secs_f64() / count as f64;
    println!(
        "{what:<22} {:>8.0} /s {:>8.1} µs each",
        1.0 / each,
        each * 1e6
    );
}

async fn one_by_one(db: &Db, rows: i64) -> Result<(), Error> {
    for id in 0..rows {
        db.write(move |conn| insert(conn, id)).await?;
    }
    Ok(())
}

/// Each caller takes the next row when its last one was acknowledged.
async fn at_once(db: &Db, rows: i64) -> Result<(), Error> {
    let next = Arc::new(AtomicI64::new(rows));
    let callers = (0..CALLERS).map(|_| {
        let (db, next) = (db.clone(), Arc::clone(&next));
        tokio::spawn(async move {
            loop {
                let id = next.fetch_add(1, Ordering::Relaxed);
                if id >= 2 * rows {
                    return Ok::<(), Error>(());
                }
                db.write(move |conn| insert(conn, id)).await?;
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("no caller panics")?;
    }
    Ok(())
}

async fn read(db: &Db, rows: i64) -> Result<(), Error> {
    for id in 0..rows {
        db.read(move |conn| -> Result<(), Error> {
            let slip: Slip = sql_query("SELECT body FROM slips WHERE id = ?")
                .bind::<BigInt, _>(id)
                .get_result(conn)?;
            assert_eq!(slip.body.len(), BODY);
            Ok(())
        })
        .await?;
    }
    Ok(())
}

fn insert(conn: &mut Conn, id: i64) -> Result<(), Error> {
    sql_query("INSERT INTO slips (id, body) VALUES (?, ?)")
        .bind::<BigInt, _>(id)
        .bind::<Text, _>("x".repeat(BODY))
        .execute(conn)?;
    Ok(())
}
