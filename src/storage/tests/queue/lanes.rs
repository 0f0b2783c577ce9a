use std::time::Duration;

use super::*;
use crate::{
    domain::delivery::LaneState,
    storage::{
        deliveries,
        lanes::{self, Health},
        testing::{on_both, on_both_databases},
    },
};

const LEASE: Duration = Duration::from_secs(10);

fn hosts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// One delivery for each of these hosts.
async fn prepare_hosts(db: &Db, names: &[&str]) {
    prepare(db, 1).await;
    queue_one_each(db, names).await;
}

async fn queue_one_each(db: &Db, names: &[&str]) {
    let rows = (1..)
        .zip(names)
        .map(|(id, name)| delivery(id, 1, &format!("https://{name}/inbox")));
    queue(db, rows.collect()).await;
}

async fn claim(db: &Db, health: Health, seconds: i64) -> Vec<String> {
    claim_some(db, health, seconds, 9).await
}

async fn claim_some(db: &Db, health: Health, seconds: i64, limit: i64) -> Vec<String> {
    let mut names: Vec<String> = write(db, move |conn| {
        lanes::claim(conn, health, at(seconds), limit, LEASE)
    })
    .await
    .into_iter()
    .map(|leased| leased.host)
    .collect();
    names.sort();
    names
}

#[test]
fn a_lane_is_leased_to_one_and_free_again_when_the_lease_ends() {
    on_both(async |db| {
        prepare_hosts(&db, &["a.example", "b.example"]).await;
        assert_eq!(
            claim(&db, Health::Healthy, 0).await,
            ["a.example", "b.example"]
        );
        assert!(claim(&db, Health::Healthy, 9).await.is_empty());
        write(&db, |conn| {
            lanes::renew(conn, &hosts(&["a.example"]), at(9), LEASE)
        })
        .await;
        assert_eq!(claim(&db, Health::Healthy, 10).await, ["b.example"]);
        assert_eq!(claim(&db, Health::Healthy, 19).await, ["a.example"]);
    });
}

#[test]
fn a_released_lane_is_claimed_again_only_if_something_waits() {
    on_both(async |db| {
        prepare_hosts(&db, &["a.example", "b.example"]).await;
        claim(&db, Health::Healthy, 0).await;
        let waiting = write(&db, |conn| {
            deliveries::delivered(conn, &[DeliveryId(1)], at(1))?;
            lanes::release(conn, &hosts(&["a.example", "b.example"]))
        })
        .await;
        assert_eq!(waiting, ["b.example"]);
        // A renewal that comes too late changes nothing.
        write(&db, |conn| {
            lanes::renew(conn, &hosts(&["b.example"]), at(1), LEASE)
        })
        .await;
        assert_eq!(claim(&db, Health::Healthy, 1).await, ["b.example"]);
        write(&db, |conn| {
            insert_activity(conn, ActivityId(2), "Accept", None)
        })
        .await;
        queue(&db, vec![delivery(9, 2, "https://a.example/inbox")]).await;
        assert_eq!(claim(&db, Health::Healthy, 1).await, ["a.example"]);
    });
}

#[test]
fn the_lane_that_sent_last_comes_last() {
    on_both(async |db| {
        prepare_hosts(&db, &["a.example", "b.example", "c.example"]).await;
        write(&db, |conn| {
            lanes::succeeded(conn, &hosts(&["a.example"]), at(3))?;
            lanes::succeeded(conn, &hosts(&["b.example"]), at(2))
        })
        .await;
        for name in ["c.example", "b.example", "a.example"] {
            assert_eq!(claim_some(&db, Health::Healthy, 4, 1).await, [name]);
        }
    });
}

#[test]
fn a_failed_host_waits_is_probed_and_recovers() {
    on_both(async |db| {
        prepare_hosts(&db, &["a.example", "b.example"]).await;
        write(&db, |conn| {
            lanes::failed(conn, "a.example", "500", at(30))?;
            lanes::failed(conn, "a.example", "no answer", at(60))
        })
        .await;
        assert_eq!(claim(&db, Health::Healthy, 60).await, ["b.example"]);
        assert!(claim(&db, Health::Failing, 59).await.is_empty());
        let leased = write(&db, |conn| {
            lanes::claim(conn, Health::Failing, at(60), 9, LEASE)
        })
        .await;
        assert_eq!(leased.len(), 1);
        assert_eq!(leased[0].failures, 2);
        let lane = write(&db, |conn| {
            lanes::succeeded(conn, &hosts(&["a.example"]), at(61))?;
            lanes::find(conn, "a.example")
        })
        .await
        .expect("a lane");
        assert_eq!((lane.failures, lane.retry_at), (0, None));
        assert_eq!(
            (lane.last_error, lane.last_success_at),
            (None, Some(at(61)))
        );
    });
}

#[test]
fn a_closed_lane_is_not_claimed_until_there_is_a_sign_of_life() {
    on_both(async |db| {
        prepare_hosts(&db, &["gone.example", "held.example"]).await;
        let anything = |seconds| {
            let db = db.clone();
            async move {
                let mut all = claim(&db, Health::Healthy, seconds).await;
                all.extend(claim(&db, Health::Failing, seconds).await);
                all
            }
        };
        write(&db, |conn| {
            lanes::hold(conn, "held.example", "401", at(9_000_000))?;
            lanes::gone(conn, "gone.example", "410")
        })
        .await;
        assert!(anything(1_000_000).await.is_empty());
        let alive = |host: &'static str| write(&db, |conn| lanes::sign_of_life(conn, host));
        assert!(alive("held.example").await);
        assert!(alive("gone.example").await);
        assert!(!alive("held.example").await);
        assert!(!alive("unknown.example").await);
        assert_eq!(anything(0).await, ["gone.example", "held.example"]);
    });
}

#[test]
fn a_sign_of_life_ends_the_back_off_with_one_probe() {
    on_both(async |db| {
        prepare_hosts(&db, &["a.example"]).await;
        write(&db, |conn| {
            for _ in 0..5 {
                lanes::failed(conn, "a.example", "500", at(3_600))?;
            }
            lanes::sign_of_life(conn, "a.example")
        })
        .await;
        assert!(claim(&db, Health::Healthy, 0).await.is_empty());
        let leased = write(&db, |conn| {
            lanes::claim(conn, Health::Failing, at(0), 9, LEASE)
        })
        .await;
        assert_eq!(leased[0].failures, 1);
    });
}

#[test]
fn what_a_host_asked_for_outlasts_its_signs_of_life_and_ends_with_a_success() {
    on_both(async |db| {
        prepare_hosts(&db, &["a.example"]).await;
        let lane = write(&db, |conn| {
            lanes::failed(conn, "a.example", "429", at(5))?;
            lanes::asked(conn, "a.example", at(600))?;
            assert!(lanes::sign_of_life(conn, "a.example")?);
            lanes::find(conn, "a.example")
        });
        assert_eq!(lane.await.expect("a lane").retry_at, Some(at(600)));
        for health in [Health::Healthy, Health::Failing] {
            assert!(claim(&db, health, 599).await.is_empty());
        }
        assert_eq!(claim(&db, Health::Failing, 600).await, ["a.example"]);
        let lane = write(&db, |conn| {
            lanes::asked(conn, "a.example", at(9_000))?;
            lanes::succeeded(conn, &hosts(&["a.example"]), at(601))?;
            lanes::release(conn, &hosts(&["a.example"]))?;
            lanes::find(conn, "a.example")
        });
        assert_eq!(lane.await.expect("a lane").retry_at, None);
        assert_eq!(claim(&db, Health::Healthy, 602).await, ["a.example"]);
    });
}

#[test]
fn a_held_lane_is_probed_at_its_time_and_stays_held_until_something_is_taken() {
    on_both(async |db| {
        prepare_hosts(&db, &["a.example"]).await;
        write(&db, |conn| lanes::hold(conn, "a.example", "401", at(3_600))).await;
        assert!(claim(&db, Health::Failing, 3_599).await.is_empty());
        assert!(claim(&db, Health::Healthy, 3_600).await.is_empty());
        let leased = write(&db, |conn| {
            lanes::claim(conn, Health::Failing, at(3_600), 9, LEASE)
        })
        .await;
        assert!(leased[0].is_held && leased[0].failures == 1);
        let states = write(&db, |conn| {
            let state = |conn: &mut Conn| {
                Ok::<_, Error>(lanes::find(conn, "a.example")?.map(|lane| lane.state))
            };
            lanes::failed(conn, "a.example", "500", at(7_200))?;
            let failed = state(conn)?;
            lanes::succeeded(conn, &hosts(&["a.example"]), at(7_201))?;
            Ok([failed, state(conn)?])
        });
        let expected = [LaneState::Held, LaneState::Open].map(Some);
        assert_eq!(states.await, expected);
    });
}

#[test]
fn an_administrator_opens_a_lane() {
    on_both(async |db| {
        prepare_hosts(&db, &["a.example"]).await;
        let open = write(&db, |conn| {
            lanes::hold(conn, "a.example", "401", at(9_000))?;
            lanes::failed(conn, "a.example", "500", at(3_600))?;
            lanes::asked(conn, "a.example", at(3_600))?;
            assert!(!lanes::open(conn, "unknown.example")?);
            lanes::open(conn, "a.example")
        });
        assert!(open.await);
        assert_eq!(claim(&db, Health::Healthy, 0).await, ["a.example"]);
    });
}

#[test]
fn administrators_see_the_troubled_hosts_first_a_page_at_a_time() {
    on_both(async |db| {
        prepare_hosts(&db, &["a.example", "b.example", "c.example", "d.example"]).await;
        let pages = write(&db, |conn| {
            lanes::failed(conn, "c.example", "500", at(30))?;
            lanes::hold(conn, "d.example", "401", at(9_000))?;
            deliveries::refused(conn, DeliveryId(2), "400", at(1))?;
            Ok([lanes::overview(conn, 0, 3)?, lanes::overview(conn, 3, 3)?])
        })
        .await;
        let names = pages
            .each_ref()
            .map(|page| page.iter().map(|lane| &lane.host[..1]).collect::<String>());
        assert_eq!(names, ["dca", "b"]);
        let [first, second] = pages;
        assert_eq!(first[0].state, LaneState::Held);
        assert_eq!(first[0].last_error.as_deref(), Some("401"));
        assert_eq!(first[0].retry_at, Some(at(9_000)));
        assert_eq!((first[1].failures, first[1].retry_at), (1, Some(at(30))));
        assert_eq!(first[2].oldest_pending_at, Some(at(0)));
        assert_eq!((second[0].pending, second[0].dead), (0, 1));
        assert_eq!(second[0].oldest_pending_at, None);
    });
}

/// The race that loses a wake-up: a lane is released while deliveries for it
/// are being written. Many at once, on connections of their own.
#[test]
fn a_delivery_that_comes_while_its_lane_is_released_is_not_forgotten() {
    on_both_databases(async |database| {
        let db = database.db();
        prepare_hosts(&db, &["a.example"]).await;
        write(&db, |conn| {
            (2..200).try_for_each(|id| insert_activity(conn, ActivityId(id), "Accept", None))
        })
        .await;
        for round in 2..200 {
            let new = vec![delivery(round, round, "https://a.example/inbox")];
            let add = db.write(move |conn| {
                let added = add_many(conn, &new, at(0));
                std::thread::sleep(Duration::from_micros(200));
                added
            });
            let release = db.write(|conn| lanes::release(conn, &hosts(&["a.example"])));
            let (added, released) = tokio::join!(add, release);
            added.expect("added");
            released.expect("released");
            let claimed = claim(&db, Health::Healthy, round * 20).await;
            assert_eq!(claimed, ["a.example"], "round {round}");
            write(&db, move |conn| {
                deliveries::delivered(conn, &[DeliveryId(round), DeliveryId(1)], at(0))
            })
            .await;
        }
    });
}

/// Hosts whose order differs between bytes and the words of a language: who
/// locked them in different orders would lock each other out.
#[test]
fn many_writers_of_many_lanes_do_not_lock_each_other_out() {
    on_both_databases(async |database| {
        let db = database.db();
        prepare(&db, 61).await;
        let names: Vec<String> = (1..=30)
            .flat_map(|n| [format!("h{n}.example"), format!("h-{n}.example")])
            .collect();
        let refs: Vec<&str> = names.iter().map(String::as_str).collect();
        queue_one_each(&db, &refs).await;
        let mut writers = tokio::task::JoinSet::new();
        for activity in 2..=61 {
            let (db, names) = (db.clone(), names.clone());
            writers.spawn(async move {
                let rows: Vec<NewDelivery> = (activity * 100..)
                    .zip(&names)
                    .map(|(id, name)| delivery(id, activity, &format!("https://{name}/inbox")))
                    .collect();
                db.write(move |conn| match activity % 3 {
                    0 => add_many(conn, &rows, at(0)).map(drop),
                    1 => lanes::release(conn, &names).map(drop),
                    _ => lanes::renew(conn, &names, at(0), LEASE),
                })
                .await
            });
        }
        for written in writers.join_all().await {
            written.expect("no deadlock");
        }
    });
}
