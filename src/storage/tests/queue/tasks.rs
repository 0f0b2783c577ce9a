use std::time::Duration;

use super::{at, write};
use crate::{
    domain::{
        id::{ActivityId, TaskId},
        task::{Pace, Task},
    },
    storage::{
        Db,
        tasks::{self, Backlog},
        testing::on_both,
    },
};

const LEASE: Duration = Duration::from_secs(10);

fn task(number: i64) -> Task {
    Task::Distribute {
        activity: ActivityId(number),
    }
}

async fn enqueue(db: &Db, number: i64, seconds: i64) {
    write(db, move |conn| {
        tasks::enqueue(conn, TaskId(number), &task(number), at(seconds))
    })
    .await;
}

/// The ids of the tasks claimed, and how often each was tried before.
async fn claim(db: &Db, seconds: i64, limit: i64) -> Vec<(i64, i32)> {
    write(db, move |conn| {
        tasks::claim(conn, Pace::Alone, at(seconds), limit, LEASE)
    })
    .await
    .into_iter()
    .map(|claimed| {
        assert_eq!(claimed.task, task(claimed.id.0));
        (claimed.id.0, claimed.attempts)
    })
    .collect()
}

#[test]
fn a_task_is_claimed_when_it_is_due_and_by_one_only() {
    on_both(async |db| {
        enqueue(&db, 7, 5).await;
        assert_eq!(claim(&db, 4, 9).await, []);
        assert_eq!(claim(&db, 5, 9).await, [(7, 0)]);
        assert_eq!(claim(&db, 5, 9).await, []);
    });
}

#[test]
fn the_tasks_that_are_due_longest_come_first() {
    on_both(async |db| {
        enqueue(&db, 1, 3).await;
        enqueue(&db, 2, 1).await;
        enqueue(&db, 3, 2).await;
        assert_eq!(claim(&db, 9, 2).await, [(2, 0), (3, 0)]);
        assert_eq!(claim(&db, 9, 2).await, [(1, 0)]);
    });
}

#[test]
fn a_dead_process_loses_its_tasks_when_the_lease_ends_and_the_try_counts() {
    on_both(async |db| {
        enqueue(&db, 1, 0).await;
        assert_eq!(claim(&db, 0, 9).await, [(1, 0)]);
        assert_eq!(claim(&db, 9, 9).await, []);
        write(&db, |conn| tasks::renew(conn, &[TaskId(1)], at(9), LEASE)).await;
        assert_eq!(claim(&db, 18, 9).await, []);
        assert_eq!(claim(&db, 19, 9).await, [(1, 1)]);
    });
}

#[test]
fn a_late_renewal_does_not_take_back_what_was_given_up() {
    on_both(async |db| {
        enqueue(&db, 1, 0).await;
        assert_eq!(claim(&db, 0, 9).await, [(1, 0)]);
        write(&db, |conn| {
            tasks::retry_later(conn, TaskId(1), "no luck", at(0))?;
            tasks::renew(conn, &[TaskId(1)], at(0), LEASE)
        })
        .await;
        assert_eq!(claim(&db, 0, 9).await, [(1, 1)]);
    });
}

#[test]
fn a_failed_task_waits_a_finished_one_is_gone_and_a_dead_one_is_kept() {
    on_both(async |db| {
        for number in 1..=3 {
            enqueue(&db, number, 0).await;
        }
        assert_eq!(claim(&db, 0, 9).await.len(), 3);
        let backlog = write(&db, |conn| {
            tasks::retry_later(conn, TaskId(1), "no luck", at(60))?;
            tasks::finish(conn, TaskId(2))?;
            tasks::bury(conn, TaskId(3), "never any luck", at(0))?;
            tasks::count(conn)
        })
        .await;
        assert_eq!(
            backlog,
            Backlog {
                waiting: 1,
                dead: 1
            }
        );
        assert_eq!(claim(&db, 59, 9).await, []);
        assert_eq!(claim(&db, 1_000, 9).await, [(1, 1)]);
    });
}

#[test]
fn a_repeated_task_starts_afresh_and_exists_once() {
    on_both(async |db| {
        let ensure = |seconds| {
            write(&db, move |conn| {
                tasks::enqueue_once(conn, &[(TaskId(1), task(1))], at(seconds))
            })
        };
        assert!(ensure(0).await);
        assert!(!ensure(0).await);
        assert_eq!(claim(&db, 0, 9).await, [(1, 0)]);
        write(&db, |conn| tasks::repeat(conn, TaskId(1), at(60))).await;
        assert_eq!(claim(&db, 59, 9).await, []);
        assert_eq!(claim(&db, 60, 9).await, [(1, 0)]);
    });
}

#[test]
fn a_task_that_cannot_be_read_does_not_stop_the_others() {
    use crate::storage::{Conn, schema, types::Doc};
    use diesel::prelude::*;

    on_both(async |db| {
        enqueue(&db, 1, 0).await;
        enqueue(&db, 2, 0).await;
        write(&db, |conn: &mut Conn| {
            diesel::update(schema::tasks::table.find(1))
                .set(schema::tasks::task.eq(Doc(serde_json::json!({"task": "of-tomorrow"}))))
                .execute(conn)?;
            Ok(())
        })
        .await;
        assert_eq!(claim(&db, 0, 9).await, [(2, 0)]);
        let backlog = write(&db, tasks::count).await;
        assert_eq!(backlog.dead, 1);
    });
}

async fn enqueue_in_line(db: &Db, number: i64, line: i64) {
    write(db, move |conn| {
        tasks::enqueue_in_line(conn, TaskId(number), &task(number), line, at(0))
    })
    .await;
}

#[test]
fn a_task_waits_for_the_older_ones_of_its_line_until_they_are_done_or_given_up() {
    on_both(async |db| {
        for (number, line) in [(1, 7), (2, 7), (3, 7), (4, 8)] {
            enqueue_in_line(&db, number, line).await;
        }
        enqueue(&db, 5, 0).await;
        assert_eq!(claim(&db, 0, 9).await, [(1, 0), (4, 0), (5, 0)]);
        // Neither while it runs nor while it is to be tried again.
        assert_eq!(claim(&db, 0, 9).await, []);
        write(&db, |conn| {
            tasks::finish(conn, TaskId(4))?;
            tasks::finish(conn, TaskId(5))?;
            tasks::retry_later(conn, TaskId(1), "no luck", at(60))
        })
        .await;
        assert_eq!(claim(&db, 5, 9).await, []);
        assert_eq!(claim(&db, 60, 9).await, [(1, 1)]);
        write(&db, |conn| tasks::finish(conn, TaskId(1))).await;
        assert_eq!(claim(&db, 60, 9).await, [(2, 0)]);
        write(&db, |conn| tasks::bury(conn, TaskId(2), "a bug", at(61))).await;
        assert_eq!(claim(&db, 61, 9).await, [(3, 0)]);
    });
}

#[test]
fn a_task_that_repeats_can_be_brought_forward_and_not_put_off() {
    on_both(async |db| {
        enqueue(&db, 1, 3_600).await;
        enqueue(&db, 2, 5).await;
        write(&db, |conn| {
            tasks::hasten(conn, TaskId(1), at(10))?;
            tasks::hasten(conn, TaskId(2), at(10))
        })
        .await;
        assert_eq!(claim(&db, 9, 9).await, [(2, 0)]);
        assert_eq!(claim(&db, 10, 9).await, [(1, 0)]);
    });
}
