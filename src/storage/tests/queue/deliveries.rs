use super::*;
use crate::storage::{
    deliveries::{self, Clearance},
    schema::host_policies,
    testing::on_both,
};

const A: &str = "https://a.example/inbox";
const B: &str = "https://b.example:8443/inbox";

async fn next(db: &Db, host: &'static str, after: Option<i64>, limit: i64) -> Vec<i64> {
    let after = after.map(DeliveryId);
    write(db, move |conn| deliveries::next(conn, host, after, limit))
        .await
        .into_iter()
        .map(|delivery| delivery.id.0)
        .collect()
}

#[test]
fn an_activity_is_queued_once_for_each_inbox() {
    on_both(async |db| {
        prepare(&db, 1).await;
        let both = || vec![delivery(1, 1, A), delivery(2, 1, B)];
        assert_eq!(queue(&db, both()).await, 2);
        let again = vec![delivery(3, 1, A), delivery(4, 1, "https://a.example/other")];
        assert_eq!(queue(&db, again).await, 1);
        assert_eq!(next(&db, "a.example", None, 9).await, [1, 4]);
        assert_eq!(next(&db, "b.example:8443", None, 9).await, [2]);
    });
}

#[test]
fn an_id_that_is_taken_is_an_error_and_loses_nothing() {
    on_both(async |db| {
        prepare(&db, 2).await;
        queue(&db, vec![delivery(1, 1, A)]).await;
        let taken = vec![delivery(1, 2, A), delivery(2, 2, B)];
        let added = db.write(move |conn| add_many(conn, &taken, at(0))).await;
        assert!(added.is_err(), "{added:?}");
        assert!(next(&db, "b.example:8443", None, 9).await.is_empty());
    });
}

#[test]
fn thousands_of_deliveries_are_queued_at_once() {
    on_both(async |db| {
        prepare(&db, 1).await;
        let many = (1..=1_201)
            .map(|id| delivery(id, 1, &format!("https://h{id}.example/inbox")))
            .collect();
        assert_eq!(queue(&db, many).await, 1_201);
        assert_eq!(next(&db, "h1201.example", None, 9).await, [1_201]);
    });
}

#[test]
fn deliveries_come_in_the_order_of_their_ids_a_few_at_a_time() {
    on_both(async |db| {
        prepare(&db, 4).await;
        let shuffled = [3, 1, 4, 2].map(|id| delivery(id, id, A)).to_vec();
        queue(&db, shuffled).await;
        assert_eq!(next(&db, "a.example", None, 2).await, [1, 2]);
        assert_eq!(next(&db, "a.example", Some(2), 2).await, [3, 4]);
        assert!(next(&db, "a.example", Some(4), 2).await.is_empty());
    });
}

#[test]
fn what_was_delivered_or_refused_is_not_sent_again_and_what_failed_is() {
    on_both(async |db| {
        prepare(&db, 3).await;
        queue(&db, [1, 2, 3].map(|id| delivery(id, id, A)).to_vec()).await;
        write(&db, |conn| {
            deliveries::delivered(conn, &[DeliveryId(1)], at(1))?;
            deliveries::refused(conn, DeliveryId(2), "400", at(1))?;
            deliveries::failed(conn, DeliveryId(3), "500", at(1))
        })
        .await;
        let left = write(&db, |conn| deliveries::next(conn, "a.example", None, 9)).await;
        assert_eq!(left.len(), 1);
        assert_eq!((left[0].id, left[0].attempts), (DeliveryId(3), 1));
    });
}

async fn clear(db: &Db, id: i64) -> Clearance {
    write(db, move |conn| {
        deliveries::clear(conn, DeliveryId(id), false)
    })
    .await
}

/// Deliveries 1 (Create), 2 (Update) and 3 (Delete) of an entry.
async fn prepare_entry(db: &Db, audience: &'static str) {
    write(db, move |conn| {
        insert_organisation(conn, SENDER, None)?;
        insert_entry(conn, EntryId(50), audience)?;
        for (id, kind) in [(1, "Create"), (2, "Update"), (3, "Delete")] {
            insert_activity(conn, ActivityId(id), kind, Some(EntryId(50)))?;
        }
        Ok(())
    })
    .await;
    queue(db, [1, 2, 3].map(|id| delivery(id, id, A)).to_vec()).await;
}

fn sent(clearance: &Clearance) -> bool {
    matches!(clearance, Clearance::Send { .. })
}

#[test]
fn a_public_entry_is_sent_with_the_text_it_was_given() {
    on_both(async |db| {
        prepare_entry(&db, "public").await;
        let document = "activity 1".to_owned();
        let actor = url("https://ours.example/orgs/a");
        assert_eq!(clear(&db, 1).await, Clearance::Send { document, actor });
    });
}

#[test]
fn an_entry_that_is_no_longer_public_is_not_sent_but_its_deletion_is() {
    on_both(async |db| {
        for audience in ["members", "preferential", "named"] {
            prepare_entry(&db, "public").await;
            write(&db, move |conn| {
                diesel::update(entries::table)
                    .set(entries::audience.eq(audience))
                    .execute(conn)?;
                Ok(())
            })
            .await;
            assert!(!sent(&clear(&db, 1).await), "Create, {audience}");
            assert!(!sent(&clear(&db, 2).await), "Update, {audience}");
            assert!(sent(&clear(&db, 3).await), "Delete, {audience}");
            start_over(&db).await;
        }
    });
}

#[test]
fn a_deleted_entry_is_not_sent_but_its_deletion_is() {
    on_both(async |db| {
        prepare_entry(&db, "public").await;
        write(&db, |conn| {
            diesel::update(entries::table)
                .set(entries::deleted_at.eq(Some(At(at(0)))))
                .execute(conn)?;
            Ok(())
        })
        .await;
        assert!(!sent(&clear(&db, 1).await));
        assert!(!sent(&clear(&db, 2).await));
        assert!(sent(&clear(&db, 3).await));
    });
}

async fn start_over(db: &Db) {
    use crate::storage::schema;
    write(db, |conn| {
        diesel::delete(schema::deliveries::table).execute(conn)?;
        diesel::delete(activities::table).execute(conn)?;
        diesel::delete(entries::table).execute(conn)?;
        diesel::delete(organisations::table).execute(conn)?;
        Ok(())
    })
    .await;
}

#[test]
fn what_has_no_text_any_more_or_no_longer_waits_is_not_sent() {
    on_both(async |db| {
        prepare(&db, 2).await;
        queue(&db, vec![delivery(1, 1, A), delivery(2, 2, A)]).await;
        write(&db, |conn| {
            diesel::update(activities::table.find(1))
                .set(activities::document.eq(None::<String>))
                .execute(conn)?;
            deliveries::delivered(conn, &[DeliveryId(2)], at(0))
        })
        .await;
        for id in [1, 2, 3] {
            assert!(!sent(&clear(&db, id).await), "{id}");
        }
    });
}

async fn decide(db: &Db, host: &'static str, policy: &'static str) {
    write(db, move |conn| {
        diesel::delete(host_policies::table).execute(conn)?;
        diesel::insert_into(host_policies::table)
            .values((
                host_policies::host.eq(host),
                host_policies::policy.eq(policy),
                host_policies::reason.eq(""),
                host_policies::created_at.eq(At(at(0))),
            ))
            .execute(conn)?;
        Ok(())
    })
    .await;
}

#[test]
fn a_blocked_host_and_the_hosts_below_it_are_sent_nothing() {
    on_both(async |db| {
        prepare(&db, 1).await;
        queue(&db, vec![delivery(1, 1, "https://a.b.example:81/inbox")]).await;
        for host in ["a.b.example", "b.example", "example", "a.b.example:81"] {
            decide(&db, host, "block").await;
            assert!(!sent(&clear(&db, 1).await), "{host}");
        }
        for host in ["c.b.example", "ample", "b.example:81"] {
            decide(&db, host, "block").await;
            assert!(sent(&clear(&db, 1).await), "{host}");
        }
    });
}

#[test]
fn with_an_allow_list_only_allowed_hosts_are_sent_to() {
    on_both(async |db| {
        prepare(&db, 1).await;
        queue(&db, vec![delivery(1, 1, "https://a.b.example/inbox")]).await;
        let clear = || write(&db, |conn| deliveries::clear(conn, DeliveryId(1), true));
        assert!(!sent(&clear().await));
        decide(&db, "b.example", "allow").await;
        assert!(!sent(&clear().await));
        decide(&db, "a.b.example", "allow").await;
        assert!(sent(&clear().await));
    });
}

#[test]
fn everybody_who_was_or_may_have_been_told_of_an_entry_is_known() {
    on_both(async |db| {
        prepare_entry(&db, "public").await;
        let inboxes = ["delivered", "dropped", "failed", "waiting"]
            .map(|name| format!("https://{name}.example/inbox"));
        let rows = (11..)
            .zip(&inboxes)
            .map(|(id, inbox)| delivery(id, 1, inbox));
        queue(&db, rows.collect()).await;
        let (about, by) = write(&db, |conn| {
            insert_activity(conn, ActivityId(9), "Accept", None)?;
            let other = delivery(20, 9, "https://other.example/inbox");
            add_many(conn, &[other], at(0))?;
            deliveries::delivered(conn, &[DeliveryId(11)], at(1))?;
            deliveries::dropped(conn, DeliveryId(12), "blocked", at(1))?;
            deliveries::failed(conn, DeliveryId(13), "no answer", at(1))?;
            let about = deliveries::inboxes_told(conn, EntryId(50))?;
            Ok((about, deliveries::inboxes_told_by(conn, SENDER)?))
        })
        .await;
        let mut about: Vec<&str> = about.iter().map(Url::as_str).collect();
        about.sort_unstable();
        let mut expected: Vec<&str> = inboxes.iter().map(String::as_str).collect();
        expected.insert(0, A);
        assert_eq!(about, expected);
        assert_eq!(by.len(), 6);
    });
}
