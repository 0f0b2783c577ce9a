use super::*;
use crate::{
    domain::delivery::LaneState,
    storage::{samples::prepare, testing::on_both},
};

/// Does not answer for longer than any test waits.
fn silent() -> Answer {
    (Duration::from_secs(3_600), failed("no answer"))
}

#[test]
fn a_host_that_never_answers_delays_nobody() {
    on_both(async |db| {
        prepare(&db, 60).await;
        let mut rows = to_host("silent.example", 1..=20);
        rows.extend(to_host("well.example", 21..=60));
        queue(&db, rows).await;
        let script = Script::new(|delivery, _| match delivery.inbox.host_str() {
            Some("silent.example") => silent(),
            _ => taken(),
        });
        let rig = start(&db, fast(), &script);
        until("the others are taken", async || script.all_taken() == 40).await;
        drop(rig);
    });
}

#[test]
fn many_dead_hosts_that_are_due_at_once_do_not_keep_the_healthy_waiting() {
    on_both(async |db| {
        prepare(&db, 60).await;
        let dead = (1..=40).flat_map(|n| to_host(&format!("dead{n}.example"), n..=n));
        queue(&db, dead.collect()).await;
        write(&db, |conn| {
            (1..=40).try_for_each(|n| lanes::failed(conn, &format!("dead{n}.example"), "", at(0)))
        })
        .await;
        let script = Script::new(|delivery, _| match delivery.inbox.host_str() {
            Some("well.example") => taken(),
            _ => silent(),
        });
        let rig = start(&db, fast(), &script);
        until("the dead are probed", async || {
            script.log(|log| log.sent.len()) == 4
        })
        .await;
        queue(&db, to_host("well.example", 41..=60)).await;
        rig.wake.notify_one();
        until("the others are taken", async || script.all_taken() == 20).await;
        drop(rig);
    });
}

#[test]
fn a_failing_host_is_sent_one_probe_and_all_the_rest_when_it_is_well_again() {
    on_both(async |db| {
        prepare(&db, 40).await;
        queue(&db, to_host("a.example", 1..=40)).await;
        // Down for the first window and two probes.
        let script = Script::new(|_, before| match before {
            0..6 => (ms(5), failed("503")),
            _ => (ms(5), Outcome::Delivered),
        });
        let rig = start(&db, fast(), &script);
        until("all are taken", async || script.all_taken() == 40).await;
        rig.runner.stop(SOON).await;
        let times: Vec<Instant> = script.log(|log| log.sent.iter().map(|sent| sent.2).collect());
        assert_eq!(times.len(), 46);
        let pause = |n: usize| times[n] - times[n - 1];
        assert!(pause(4) >= ms(95), "first step: {:?}", pause(4));
        assert!(pause(5) >= ms(195), "second step: {:?}", pause(5));
        assert!(pause(6) >= ms(195), "the last step again: {:?}", pause(6));
        let lane = lane(&db, "a.example").await;
        assert_eq!((lane.failures, lane.retry_at), (0, None));
        assert!(lane.last_success_at.is_some());
    });
}

#[test]
fn a_dead_host_costs_next_to_nothing_while_it_waits() {
    on_both(async |db| {
        prepare(&db, 300).await;
        queue(&db, to_host("dead.example", 1..=300)).await;
        let settings = Settings {
            retry_after: vec![Duration::from_secs(3_600)],
            ..fast()
        };
        let script = Script::new(|_, _| (ms(1), failed("refused")));
        let rig = start(&db, settings, &script);
        until("it failed", async || {
            lane(&db, "dead.example").await.failures == 1
        })
        .await;
        let before = rig.looks.load(Ordering::Relaxed);
        sleep(ms(500)).await;
        let looks = rig.looks.load(Ordering::Relaxed) - before;
        // One each 20 ms, and no more.
        assert!(looks <= 30, "{looks} looks in half a second");
        assert_eq!(script.sent("dead.example"), 4);
        rig.runner.stop(SOON).await;
    });
}

#[test]
fn a_host_that_we_could_not_even_ask_is_asked_shortly_and_loses_nothing() {
    on_both(async |db| {
        prepare(&db, 8).await;
        queue(&db, to_host("a.example", 1..=8)).await;
        let settings = Settings {
            retry_after: vec![Duration::from_secs(3_600)],
            ..fast()
        };
        let script = Script::new(|_, before| match before {
            0..3 => {
                let note = "too many connections".to_owned();
                (ms(1), Outcome::Postponed { note })
            }
            _ => taken(),
        });
        let rig = start(&db, settings, &script);
        until("all are taken", async || script.all_taken() == 8).await;
        rig.runner.stop(SOON).await;
        let lane = lane(&db, "a.example").await;
        assert_eq!((lane.pending, lane.failures), (0, 0));
        assert_eq!(lane.last_error, None);
    });
}

#[test]
fn a_host_says_when_it_wants_to_be_tried_again() {
    on_both(async |db| {
        prepare(&db, 1).await;
        queue(&db, to_host("a.example", 1..=1)).await;
        let script = Script::new(|_, _| {
            let busy = Outcome::Failed {
                error: "429".to_owned(),
                after: Some(Duration::from_secs(600)),
            };
            (ms(1), busy)
        });
        let rig = start(&db, fast(), &script);
        until("it failed", async || {
            lane(&db, "a.example").await.failures == 1
        })
        .await;
        rig.runner.stop(SOON).await;
        let retry_at = lane(&db, "a.example").await.retry_at.expect("a time");
        assert!((retry_at - now()).num_seconds() > 590);
    });
}

#[test]
fn a_busy_host_that_sends_to_us_is_left_alone_as_long_as_it_asked() {
    on_both(async |db| {
        prepare(&db, 1).await;
        queue(&db, to_host("a.example", 1..=1)).await;
        let script = Script::new(|_, _| {
            let busy = Outcome::Failed {
                error: "429".to_owned(),
                after: Some(Duration::from_secs(600)),
            };
            (ms(1), busy)
        });
        let rig = start(&db, fast(), &script);
        until("it failed", async || {
            lane(&db, "a.example").await.failures == 1
        })
        .await;
        for _ in 0..3 {
            assert!(
                write(&db, |conn| {
                    lanes::failed(conn, "a.example", "429", at(0))?;
                    lanes::sign_of_life(conn, "a.example")
                })
                .await
            );
            rig.wake.notify_one();
            sleep(ms(100)).await;
        }
        assert_eq!(script.sent("a.example"), 1);
        // An administrator may know better.
        assert!(write(&db, |conn| lanes::open(conn, "a.example")).await);
        rig.wake.notify_one();
        until("it is tried", async || script.sent("a.example") == 2).await;
        rig.runner.stop(SOON).await;
    });
}

#[test]
fn a_held_host_is_sent_one_probe_in_a_long_time_and_the_rest_once_that_is_taken() {
    on_both(async |db| {
        prepare(&db, 40).await;
        queue(&db, to_host("a.example", 1..=40)).await;
        let refused = || {
            let error = "401".to_owned();
            (ms(1), Outcome::Unauthorised { error })
        };
        let script = Script::new(move |_, before| match before {
            0..4 => refused(),
            4 => (ms(1), failed("500")),
            5 => refused(),
            _ => taken(),
        });
        let rig = start(&db, fast(), &script);
        // The moment comes when the test says (and counts one); in between
        // nothing is sent.
        for (sent, failures) in [(4, 1), (5, 3), (6, 5)] {
            until("it is held", async || {
                let lane = lane(&db, "a.example").await;
                (lane.state, lane.failures) == (LaneState::Held, failures)
            })
            .await;
            sleep(ms(300)).await;
            assert_eq!(script.sent("a.example"), sent);
            let retry_at = lane(&db, "a.example").await.retry_at.expect("a time");
            let hours = (retry_at - now()).num_minutes() / 60;
            assert!((5..=7).contains(&hours), "{retry_at}");
            write(&db, |conn| lanes::hold(conn, "a.example", "401", at(0))).await;
            rig.wake.notify_one();
        }
        until("all are taken", async || script.all_taken() == 40).await;
        rig.runner.stop(SOON).await;
        assert_eq!(lane(&db, "a.example").await.state, LaneState::Open);
    });
}

#[test]
fn a_host_that_refuses_us_is_held_until_it_shows_a_sign_of_life() {
    on_both(async |db| {
        prepare(&db, 40).await;
        queue(&db, to_host("a.example", 1..=40)).await;
        let script = Script::new(|_, before| match before {
            0..4 => {
                let error = "401".to_owned();
                (ms(1), Outcome::Unauthorised { error })
            }
            _ => taken(),
        });
        let rig = start(&db, fast(), &script);
        until("it is held", async || {
            lane(&db, "a.example").await.state == LaneState::Held
        })
        .await;
        sleep(ms(300)).await;
        assert_eq!(script.sent("a.example"), 4);
        let held = lane(&db, "a.example").await;
        assert_eq!((held.pending, held.dead), (40, 0));
        assert_eq!(held.last_error.as_deref(), Some("401"));
        assert!(write(&db, |conn| lanes::sign_of_life(conn, "a.example")).await);
        rig.wake.notify_one();
        until("all are taken", async || script.all_taken() == 40).await;
        rig.runner.stop(SOON).await;
        assert_eq!(lane(&db, "a.example").await.state, LaneState::Open);
    });
}

#[test]
fn what_waits_for_a_gone_inbox_is_not_sent_and_its_neighbours_are() {
    on_both(async |db| {
        prepare(&db, 12).await;
        let mut rows = to_host("a.example", 1..=6);
        rows.extend((7..=12).map(|id| delivery(id, id, "https://a.example/gone")));
        queue(&db, rows).await;
        let script = Script::new(|delivery, _| match delivery.inbox.path() {
            "/gone" => (ms(1), Outcome::Gone),
            _ => taken(),
        });
        let settings = Settings {
            window: 1,
            ..fast()
        };
        let rig = start(&db, settings, &script);
        until("it is over", async || {
            let lane = lane(&db, "a.example").await;
            (lane.pending, lane.dead) == (0, 6)
        })
        .await;
        rig.runner.stop(SOON).await;
        assert_eq!(script.all_taken(), 6);
        assert_eq!(script.sent("a.example"), 7);
        assert_eq!(lane(&db, "a.example").await.state, LaneState::Open);
    });
}

#[test]
fn a_host_whose_shared_inbox_is_gone_is_gone() {
    use crate::{domain::id::OrganisationId, storage::samples::insert_organisation};

    on_both(async |db| {
        prepare(&db, 2).await;
        write(&db, |conn| {
            let inbox = Some("https://a.example/inbox");
            insert_organisation(conn, OrganisationId(2), inbox)
        })
        .await;
        queue(&db, to_host("a.example", 1..=1)).await;
        let script = Script::new(|_, _| (ms(1), Outcome::Gone));
        let rig = start(&db, fast(), &script);
        until("it is gone", async || {
            lane(&db, "a.example").await.state == LaneState::Gone
        })
        .await;
        queue(&db, to_host("a.example", 2..=2)).await;
        rig.wake.notify_one();
        sleep(ms(200)).await;
        assert_eq!(script.sent("a.example"), 1);
        rig.runner.stop(SOON).await;
    });
}

#[test]
fn one_delivery_that_always_fails_does_not_stop_the_others_of_its_host() {
    on_both(async |db| {
        prepare(&db, 40).await;
        queue(&db, to_host("a.example", 1..=40)).await;
        let script = Script::new(|delivery, _| match delivery.id.0 {
            1 => (ms(1), failed("500")),
            _ => taken(),
        });
        let rig = start(&db, fast(), &script);
        until("the others are taken", async || script.all_taken() == 39).await;
        rig.runner.stop(SOON).await;
        assert_eq!(lane(&db, "a.example").await.pending, 1);
    });
}

#[test]
fn a_bug_in_sending_is_a_failure_of_one_host_and_not_of_the_runner() {
    on_both(async |db| {
        prepare(&db, 2).await;
        let mut rows = to_host("a.example", 1..=1);
        rows.extend(to_host("b.example", 2..=2));
        queue(&db, rows).await;
        let script = Script::new(|delivery, before| match delivery.inbox.host_str() {
            Some("a.example") if before == 0 => panic!("a bug"),
            _ => taken(),
        });
        let rig = start(&db, fast(), &script);
        until("the other is taken", async || {
            script.taken("b.example") == [2] && lane(&db, "a.example").await.failures == 1
        })
        .await;
        rig.runner.stop(SOON).await;
    });
}
