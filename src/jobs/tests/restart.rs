use super::*;
use crate::storage::{
    samples::prepare,
    testing::{on_both, on_both_databases},
};

#[test]
fn a_crash_loses_nothing() {
    on_both(async |db| {
        prepare(&db, 200).await;
        let rows = (1..=200).map(|id| {
            let host = format!("https://h{}.example/inbox", id % 4);
            delivery(id, id, &host)
        });
        queue(&db, rows.collect()).await;
        let script = Script::new(|_, _| (ms(3), Outcome::Delivered));
        for stop_at in [20, 60, 100, 140] {
            let rig = start(&db, fast(), &script);
            until("some are taken", async || script.all_taken() >= stop_at).await;
            drop(rig);
        }
        let rig = start(&db, fast(), &script);
        until("nothing waits", async || {
            let lanes = db.read(|conn| lanes::overview(conn, 0, 9)).await;
            let lanes: Result<Vec<Lane>, Error> = lanes;
            lanes.expect("read").iter().all(|lane| lane.pending == 0)
        })
        .await;
        rig.runner.stop(SOON).await;
        let mut ids: Vec<i64> = script.log(|log| log.taken.iter().map(|taken| taken.1).collect());
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 200);
    });
}

#[test]
fn a_stop_lets_finish_what_is_under_way_and_leaves_the_rest_in_the_queue() {
    on_both(async |db| {
        prepare(&db, 40).await;
        queue(&db, to_host("a.example", 1..=40)).await;
        let script = Script::new(|_, _| (ms(300), Outcome::Delivered));
        let rig = start(&db, fast(), &script);
        until("some are under way", async || script.sent("a.example") == 4).await;
        rig.runner.stop(SOON).await;
        assert_eq!(script.all_taken(), 4);
        let lane = lane(&db, "a.example").await;
        assert_eq!(lane.pending, 36);
        // What is left can be taken up at once: no lease is in the way.
        let due = write(&db, |conn| {
            lanes::claim(conn, lanes::Health::Healthy, now(), 9, ms(1))
        });
        assert_eq!(due.await.len(), 1);
    });
}

#[test]
fn a_stop_does_not_wait_longer_than_it_may() {
    on_both(async |db| {
        prepare(&db, 1).await;
        queue(&db, to_host("a.example", 1..=1)).await;
        let script = Script::new(|_, _| (Duration::from_secs(60), Outcome::Delivered));
        let rig = start(&db, fast(), &script);
        until("it is under way", async || script.sent("a.example") == 1).await;
        rig.runner.stop(ms(200)).await;
        assert_eq!(script.all_taken(), 0);
        assert_eq!(lane(&db, "a.example").await.pending, 1);
    });
}

#[test]
fn two_processes_on_one_database_share_the_work_and_send_nothing_twice() {
    on_both_databases(async |database| {
        let (one, other) = (database.db(), database.db());
        prepare(&one, 120).await;
        let script = Script::new(|_, _| (ms(2), Outcome::Delivered));
        // A busy machine may hold a process up for longer than a short lease.
        let settings = || Settings {
            lease: ms(30_000),
            ..fast()
        };
        let (first, second) = (
            start(&one, settings(), &script),
            start(&other, settings(), &script),
        );
        for round in 0..12 {
            let rows = (1..=10).map(|n| {
                let id = round * 10 + n;
                delivery(id, id, &format!("https://h{n}.example/inbox"))
            });
            queue(&one, rows.collect()).await;
            first.wake.notify_one();
            second.wake.notify_one();
            sleep(ms(15)).await;
        }
        until("all are taken", async || script.all_taken() >= 120).await;
        first.runner.stop(SOON).await;
        second.runner.stop(SOON).await;
        assert_eq!(script.log(|log| log.sent.len()), 120);
    });
}

#[test]
fn a_lane_that_takes_longer_than_its_lease_is_kept() {
    on_both(async |db| {
        prepare(&db, 1).await;
        queue(&db, to_host("a.example", 1..=1)).await;
        let script = Script::new(|_, _| (ms(5_000), Outcome::Delivered));
        let settings = || Settings {
            lease: ms(2_000),
            ..fast()
        };
        let rig = start(&db, settings(), &script);
        let other = start(&db, settings(), &script);
        until("it is taken", async || script.all_taken() >= 1).await;
        rig.runner.stop(SOON).await;
        other.runner.stop(SOON).await;
        assert_eq!(script.sent("a.example"), 1);
    });
}

/// Counts how often it tidies up, and wants to do so again in an hour.
#[derive(Default)]
struct Tidying(AtomicUsize);

impl Work for Tidying {
    fn run(&self, task: Task) -> BoxFuture<'_, anyhow::Result<Next>> {
        if task == Task::Sweep {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        Idle.run(task)
    }
}

#[test]
fn a_process_that_starts_tidies_up_whatever_the_one_before_it_planned() {
    on_both(async |db| {
        let work = Arc::new(Tidying::default());
        let script = Script::new(|_, _| taken());
        for times in 1..=3 {
            let rig = start_working(&db, fast(), &script, work.clone());
            until("it is tidied up", async || {
                work.0.load(Ordering::Relaxed) == times
            })
            .await;
            rig.runner.stop(SOON).await;
        }
    });
}
