//! A dead host's backlog costs nothing: no query walks the deliveries.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use diesel::{
    connection::{Instrumentation, InstrumentationEvent},
    sql_query,
    sql_types::Text,
};

use super::*;
use crate::{
    domain::{delivery::DeliveryState, id::TaskId, task::Pace},
    storage::{
        deliveries,
        lanes::{self, Health},
        tasks,
        testing::{TestDatabase, block_on},
    },
};

const LEASE: Duration = Duration::from_secs(10);

/// Keeps the text of every query.
#[derive(Clone, Default)]
struct Queries(Arc<Mutex<Vec<String>>>);

impl Instrumentation for Queries {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let sql = text.split(" -- binds").next().unwrap_or_default();
            self.0.lock().expect("not poisoned").push(sql.to_owned());
        }
    }
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// The queries that `f` makes, each with the steps of SQLite's plan.
fn plans(
    f: impl FnOnce(&mut Conn) -> Result<(), Error> + Send + 'static,
) -> Vec<(String, Vec<String>)> {
    let database = TestDatabase::sqlite();
    block_on(async {
        write(&database.db(), move |conn| {
            let queries = Queries::default();
            record(conn, Some(queries.clone()));
            f(conn)?;
            record(conn, None);
            let queries = queries.0.lock().expect("not poisoned").clone();
            let explained = queries
                .into_iter()
                .filter(|sql| !sql.contains("SAVEPOINT") && !sql.starts_with("INSERT"))
                .map(|sql| {
                    let steps: Vec<Step> =
                        sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(conn)?;
                    let steps = steps.into_iter().map(|step| step.detail).collect();
                    Ok((sql, steps))
                });
            explained.collect()
        })
        .await
    })
}

fn record(conn: &mut Conn, queries: Option<Queries>) {
    match conn {
        Conn::Sqlite(conn) => conn.set_instrumentation(queries),
        Conn::Postgres(_) => panic!("the plans are SQLite's"),
    }
}

/// Everything that runs while deliveries are queued, sent and recorded.
fn daily_work(conn: &mut Conn) -> Result<(), Error> {
    let host = "a.example";
    let hosts = [host.to_owned()];
    let id = DeliveryId(1);
    for health in [Health::Healthy, Health::Failing] {
        lanes::claim(conn, health, at(0), 9, LEASE)?;
    }
    lanes::renew(conn, &hosts, at(0), LEASE)?;
    lanes::release(conn, &hosts)?;
    lanes::succeeded(conn, &hosts, at(0))?;
    lanes::failed(conn, host, "", at(0))?;
    lanes::postponed(conn, host, at(0))?;
    lanes::asked(conn, host, at(0))?;
    lanes::hold(conn, host, "", at(0))?;
    lanes::open(conn, host)?;
    lanes::sign_of_life(conn, host)?;
    lanes::find(conn, host)?;
    deliveries::next(conn, host, None, 9)?;
    deliveries::clear(conn, id, true)?;
    deliveries::delivered(conn, &[id], at(0))?;
    deliveries::failed(conn, id, "", at(0))?;
    deliveries::refused(conn, id, "", at(0))?;
    deliveries::dropped(conn, id, "", at(0))?;
    deliveries::inbox_gone(conn, &url("https://a.example/inbox"), "", at(0))?;
    deliveries::drop_host(conn, host, "", at(0))?;
    deliveries::expire(conn, at(0), at(0))?;
    deliveries::replay(conn, &[id], at(0))?;
    deliveries::replay_host(conn, host, at(0))?;
    deliveries::letters(conn, host, DeliveryState::Dead, None, 9)?;
    deliveries::inboxes_told(conn, EntryId(1))?;
    deliveries::inboxes_told_by(conn, SENDER)?;
    deliveries::stale(conn, at(0), 9)?;
    deliveries::remove(conn, &[id])?;
    tasks::claim(conn, Pace::Alone, at(0), 9, LEASE)?;
    tasks::waiting(conn, Pace::Asking)?;
    tasks::hasten(conn, TaskId(1), at(0))?;
    tasks::claim(conn, Pace::Mailing, at(0), 9, LEASE)?;
    Ok(())
}

#[test]
fn nothing_ever_walks_all_deliveries_activities_or_tasks() {
    let plans = plans(daily_work);
    assert!(plans.len() >= 27, "only {} queries were seen", plans.len());
    for (sql, steps) in plans {
        for table in ["deliveries", "activities", "tasks", "entries", "d"] {
            let walks = |step: &&String| {
                step.strip_prefix("SCAN ")
                    .and_then(|rest| rest.split(' ').next())
                    .is_some_and(|scanned| scanned.trim_matches('`') == table)
            };
            let walk = steps.iter().find(walks);
            assert_eq!(walk, None, "{sql}\n{steps:#?}");
        }
    }
}

#[test]
fn the_next_deliveries_of_a_host_are_read_off_the_index_in_their_order() {
    let plans = plans(|conn| deliveries::next(conn, "a.example", None, 9).map(drop));
    let [(_, steps)] = plans.as_slice() else {
        panic!("one query, not {plans:#?}");
    };
    let search = "SEARCH deliveries USING INDEX deliveries_lane (host=? AND state=? AND id>?)";
    assert_eq!(steps, &[search]);
}

#[test]
fn due_lanes_and_tasks_are_found_by_index() {
    let plans = plans(|conn| {
        lanes::claim(conn, Health::Healthy, at(0), 9, LEASE)?;
        lanes::claim(conn, Health::Failing, at(0), 9, LEASE)?;
        tasks::claim(conn, Pace::Alone, at(0), 9, LEASE).map(drop)
    });
    let begins = [
        "SEARCH lanes USING INDEX lanes_due",
        "SEARCH tasks USING INDEX tasks_due",
    ];
    for (sql, steps) in plans {
        let found = steps
            .iter()
            .any(|step| begins.iter().any(|begin| step.starts_with(begin)));
        assert!(found, "{sql}\n{steps:#?}");
        let walks_back = sql.contains("older");
        let by_line = |step: &String| step.starts_with("SEARCH older USING INDEX tasks_line");
        assert_eq!(steps.iter().any(by_line), walks_back, "{sql}\n{steps:#?}");
    }
}
