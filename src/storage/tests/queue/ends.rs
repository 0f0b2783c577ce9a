//! How deliveries end that were not taken, and how they begin again.

use std::time::Duration;

use super::*;
use crate::domain::delivery::DeliveryState;
use crate::{
    domain::delivery::LaneState,
    storage::{
        deliveries,
        lanes::{self, Health},
        testing::on_both,
    },
};

const A: &str = "https://a.example/inbox";
const HOST: &str = "a.example";

/// (pending, dead)
async fn counts(db: &Db) -> (i64, i64) {
    let lane = write(db, |conn| lanes::find(conn, HOST)).await;
    lane.map(|lane| (lane.pending, lane.dead)).expect("a lane")
}

#[test]
fn a_gone_inbox_buries_all_that_waits_for_it_and_no_other() {
    on_both(async |db| {
        prepare(&db, 2).await;
        let other = "https://a.example/other";
        queue(
            &db,
            vec![
                delivery(1, 1, A),
                delivery(2, 2, A),
                delivery(3, 1, other),
                delivery(4, 1, "https://b.example/inbox"),
            ],
        )
        .await;
        let shared = write(&db, |conn| {
            deliveries::inbox_gone(conn, &url(A), "410", at(1))
        })
        .await;
        assert!(!shared);
        assert_eq!(counts(&db).await, (1, 2));
        let b = write(&db, |conn| lanes::find(conn, "b.example")).await;
        assert_eq!(b.map(|lane| lane.pending), Some(1));
    });
}

#[test]
fn a_gone_shared_inbox_is_told_from_a_gone_inbox() {
    on_both(async |db| {
        prepare(&db, 1).await;
        let gone = write(&db, |conn| {
            insert_organisation(conn, OrganisationId(2), Some(A))?;
            deliveries::inbox_gone(conn, &url(A), "410", at(1))
        });
        assert!(gone.await);
    });
}

#[test]
fn what_waited_too_long_is_a_dead_letter_with_its_last_error() {
    on_both(async |db| {
        prepare(&db, 2).await;
        queue(&db, vec![delivery(1, 1, A)]).await;
        let letters = write(&db, |conn| {
            add_many(conn, &[delivery(2, 2, A)], at(60))?;
            deliveries::failed(conn, DeliveryId(1), "500", at(1))?;
            assert_eq!(deliveries::expire(conn, at(60), at(90))?, 1);
            deliveries::letters(conn, HOST, DeliveryState::Dead, None, 9)
        })
        .await;
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].id, DeliveryId(1));
        assert_eq!(letters[0].last_error.as_deref(), Some("500"));
        assert_eq!(letters[0].finished_at, Some(at(90)));
        assert_eq!(counts(&db).await, (1, 1));
    });
}

#[test]
fn dead_letters_are_replayed_as_if_they_were_new() {
    on_both(async |db| {
        prepare(&db, 3).await;
        queue(&db, [1, 2, 3].map(|id| delivery(id, id, A)).to_vec()).await;
        let lane = write(&db, |conn| {
            deliveries::drop_host(conn, HOST, "not wanted", at(1))?;
            lanes::hold(conn, HOST, "401", at(9_000))?;
            lanes::release(conn, &[HOST.to_owned()])?;
            // Not the whole host: two of them.
            let ids = [DeliveryId(1), DeliveryId(3), DeliveryId(99)];
            assert_eq!(deliveries::replay(conn, &ids, at(1_000))?, 2);
            // Were they not new, they would end at once.
            assert_eq!(deliveries::expire(conn, at(999), at(1_000))?, 0);
            lanes::find(conn, HOST)
        })
        .await
        .expect("a lane");
        assert_eq!((lane.pending, lane.dead), (2, 1));
        assert_eq!(lane.state, LaneState::Open);
        assert_eq!(lane.oldest_pending_at, Some(at(1_000)));
        let due = write(&db, |conn| {
            assert_eq!(deliveries::replay_host(conn, HOST, at(1_000))?, 1);
            lanes::claim(conn, Health::Healthy, at(1_000), 9, Duration::from_secs(1))
        })
        .await;
        assert_eq!(due.len(), 1);
        assert_eq!(counts(&db).await, (3, 0));
    });
}

/// Fails delivery 1 `tries` times, at `at(seconds)`; is it given up?
async fn given_up(db: &Db, tries: usize, seconds: i64, took_others_at: Option<i64>) -> bool {
    prepare(db, 1).await;
    queue(db, vec![delivery(1, 1, A)]).await;
    write(db, move |conn| {
        if let Some(seconds) = took_others_at {
            lanes::succeeded(conn, &[HOST.to_owned()], at(seconds))?;
        }
        for _ in 0..tries {
            deliveries::failed(conn, DeliveryId(1), "500", at(seconds))?;
        }
        Ok(())
    })
    .await;
    counts(db).await == (0, 1)
}

#[test]
fn a_delivery_that_fails_while_its_host_takes_others_is_given_up() {
    on_both(async |db| assert!(given_up(&db, 10, 3_601, Some(10)).await));
    on_both(async |db| assert!(!given_up(&db, 9, 3_601, Some(10)).await));
    on_both(async |db| assert!(!given_up(&db, 10, 3_599, Some(10)).await));
}

#[test]
fn a_delivery_to_a_host_that_takes_nothing_is_not_given_up() {
    on_both(async |db| assert!(!given_up(&db, 50, 86_400, None).await));
    on_both(async |db| assert!(!given_up(&db, 50, 86_400, Some(-10)).await));
}

#[test]
fn old_records_are_removed_but_not_who_was_told_of_a_living_entry() {
    on_both(async |db| {
        let cases = write(&db, |conn| {
            insert_organisation(conn, SENDER, None)?;
            insert_entry(conn, EntryId(50), "public")?;
            insert_entry(conn, EntryId(51), "public")?;
            insert_entry(conn, EntryId(52), "public")?;
            insert_activity(conn, ActivityId(1), "Create", Some(EntryId(50)))?;
            insert_activity(conn, ActivityId(2), "Create", Some(EntryId(51)))?;
            insert_activity(conn, ActivityId(3), "Create", Some(EntryId(52)))?;
            insert_activity(conn, ActivityId(4), "Accept", None)?;
            let deleted = |entry, seconds| {
                diesel::update(entries::table.find(entry))
                    .set(entries::deleted_at.eq(Some(At(at(seconds)))))
            };
            deleted(51, 5).execute(conn)?;
            deleted(52, 500).execute(conn)?;
            let rows: Vec<NewDelivery> = (1..=6)
                .map(|id| delivery(id, id.min(4), &format!("https://a.example/{id}")))
                .collect();
            add_many(conn, &rows, at(0))?;
            let ids = [1, 2, 3, 4].map(DeliveryId);
            deliveries::delivered(conn, &ids, at(10))?;
            deliveries::refused(conn, DeliveryId(5), "400", at(10))?;
            assert_eq!(deliveries::stale(conn, at(10), 9)?, []);
            let mut stale = deliveries::stale(conn, at(100), 9)?;
            stale.sort();
            assert_eq!(deliveries::stale(conn, at(100), 2)?.len(), 2);
            deliveries::replay(conn, &[DeliveryId(5)], at(100))?;
            let removed = deliveries::remove(conn, &stale)?;
            Ok((stale, removed))
        })
        .await;
        // 1: the entry lives; 3: deleted too lately; 6: waits.
        assert_eq!(cases.0, [2, 4, 5].map(DeliveryId));
        // 5 waits again.
        assert_eq!(cases.1, 2);
    });
}
