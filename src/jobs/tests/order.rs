use super::*;
use crate::{
    domain::delivery::DeliveryState,
    storage::{samples::prepare, testing::on_both},
};

#[test]
fn everything_arrives_once_and_in_order_within_its_key() {
    on_both(async |db| {
        prepare(&db, 120).await;
        let rows = (1..=120)
            .map(|id| {
                let host = format!("https://h{}.example/inbox", id % 5);
                let mut row = delivery(id, id, &host);
                row.order_key = format!("key {}", id % 3);
                row
            })
            .collect();
        queue(&db, rows).await;
        // Later ones are quicker, so that they would overtake.
        let script = Script::new(|delivery, _| {
            let patience = 13 - u64::try_from(delivery.id.0 / 10).expect("positive");
            (ms(patience), Outcome::Delivered)
        });
        let rig = start(&db, fast(), &script);
        until("all are taken", async || script.all_taken() >= 120).await;
        rig.runner.stop(SOON).await;
        for host in 0..5 {
            let ids = script.taken(&format!("h{host}.example"));
            assert_eq!(ids.len(), 24);
            for key in 0..3 {
                let of_key: Vec<i64> = ids.iter().copied().filter(|id| id % 3 == key).collect();
                assert!(of_key.is_sorted(), "{of_key:?}");
            }
        }
        assert_eq!(script.log(|log| log.sent.len()), 120);
    });
}

#[test]
fn a_host_is_sent_a_few_at_once_and_no_more() {
    on_both(async |db| {
        prepare(&db, 30).await;
        queue(&db, to_host("a.example", 1..=30)).await;
        let script = Script::new(|_, _| (ms(10), Outcome::Delivered));
        let rig = start(&db, fast(), &script);
        until("all are taken", async || script.all_taken() == 30).await;
        assert_eq!(script.log(|log| log.most["a.example"]), 4);
        rig.runner.stop(SOON).await;
        assert_eq!(lane(&db, "a.example").await.pending, 0);
    });
}

#[test]
fn hosts_with_much_to_send_take_turns() {
    on_both(async |db| {
        prepare(&db, 200).await;
        let mut rows = to_host("a.example", 1..=100);
        rows.extend(to_host("b.example", 101..=200));
        queue(&db, rows).await;
        let script = Script::new(|_, _| (ms(10), Outcome::Delivered));
        let settings = Settings {
            lanes: 1,
            turn: ms(50),
            ..fast()
        };
        let rig = start(&db, settings, &script);
        until("all are taken", async || script.all_taken() == 200).await;
        rig.runner.stop(SOON).await;
        let changes = script.log(|log| {
            let pairs = log.taken.windows(2);
            pairs.filter(|pair| pair[0].0 != pair[1].0).count()
        });
        assert!(changes >= 3, "the turn changed only {changes} times");
    });
}

#[test]
fn a_refused_delivery_is_a_dead_letter_and_the_next_of_its_key_goes_on() {
    on_both(async |db| {
        prepare(&db, 3).await;
        let mut rows = to_host("a.example", 1..=3);
        for row in &mut rows {
            row.order_key = "the same".to_owned();
        }
        queue(&db, rows).await;
        let script = Script::new(|delivery, _| match delivery.id.0 {
            2 => (
                ms(1),
                Outcome::Refused {
                    error: "400".to_owned(),
                },
            ),
            _ => taken(),
        });
        let rig = start(&db, fast(), &script);
        until("the others are taken", async || script.all_taken() == 2).await;
        rig.runner.stop(SOON).await;
        assert_eq!(script.taken("a.example"), [1, 3]);
        let lane = lane(&db, "a.example").await;
        assert_eq!((lane.pending, lane.dead, lane.failures), (0, 1, 0));
    });
}

#[test]
fn what_may_not_leave_any_more_is_dropped_and_noted() {
    use crate::storage::deliveries;

    on_both(async |db| {
        prepare(&db, 1).await;
        queue(&db, to_host("a.example", 1..=1)).await;
        let note = "no longer public".to_owned();
        let script = Script::new(move |_, _| (ms(1), Outcome::Dropped { note: note.clone() }));
        let rig = start(&db, fast(), &script);
        until("it is dropped", async || {
            lane(&db, "a.example").await.dead == 1
        })
        .await;
        rig.runner.stop(SOON).await;
        let letters = write(&db, |conn| {
            deliveries::letters(conn, "a.example", DeliveryState::Dead, None, 9)
        })
        .await;
        assert_eq!(letters[0].last_error.as_deref(), Some("no longer public"));
        assert_eq!(letters[0].attempts, 0);
    });
}

#[test]
fn a_few_deliveries_share_one_connection_and_many_take_more() {
    on_both(async |db| {
        prepare(&db, 40).await;
        queue(&db, to_host("few.example", 1..=7)).await;
        queue(&db, to_host("many.example", 8..=40)).await;
        let script = Script::new(|_, _| (ms(20), Outcome::Delivered));
        let rig = start(&db, fast(), &script);
        until("all are taken", async || script.all_taken() == 40).await;
        rig.runner.stop(SOON).await;
        let most = |host: &str| script.log(|log| log.most[host]);
        assert_eq!((most("few.example"), most("many.example")), (1, 4));
    });
}
