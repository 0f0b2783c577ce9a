//! Moments, documents, conflicts, and the statements that need an adapter.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{RunQueryDsl, connection::SimpleConnection, prelude::*};
use serde_json::{Value, json};

use super::{At, Doc, Slip, insert, slip, slips, with_slips};
use crate::storage::{
    Conn, Error, NativeDsl, each,
    testing::{TestDatabase, block_on, on_both},
};

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().expect("a moment")
}

#[test]
fn a_moment_survives_to_the_microsecond() {
    on_both(async |db| {
        with_slips(&db).await;
        let moments = [
            "2008-02-13T09:30:00.123456Z",
            "1970-01-01T00:00:00Z",
            "1969-12-31T23:59:59.999999Z",
            "1999-12-31T23:59:59.999999Z",
            "2262-04-11T23:47:16.000001Z",
        ]
        .map(moment);
        for (id, at) in (1..).zip(moments) {
            let row = Slip {
                at: Some(At(at)),
                ..slip(id)
            };
            let back = db
                .write(move |conn| -> Result<Option<DateTime<Utc>>, Error> {
                    diesel::insert_into(slips::table)
                        .values(&row)
                        .execute(conn)?;
                    Ok(slips::table.find(id).select(slips::at).first(conn)?)
                })
                .await;
            assert_eq!(back.expect("stored"), Some(at));
        }
        let order = db
            .read(move |conn| -> Result<Vec<i64>, Error> {
                Ok(slips::table
                    .filter(slips::at.lt(At(moments[0])))
                    .order(slips::at.desc())
                    .select(slips::id)
                    .load(conn)?)
            })
            .await;
        assert_eq!(order.expect("readable"), [4, 2, 3]);
        let last = db
            .read(|conn| -> Result<Option<At>, Error> {
                Ok(slips::table
                    .select(diesel::dsl::max(slips::at))
                    .first(conn)?)
            })
            .await;
        assert_eq!(last.expect("readable"), Some(At(moments[4])));
    });
}

#[test]
fn parts_of_a_microsecond_are_cut_off_alike() {
    on_both(async |db| {
        with_slips(&db).await;
        let stored = moment("1980-05-05T05:05:05.000001Z");
        let given = stored + TimeDelta::nanoseconds(999);
        let back = db
            .write(move |conn| -> Result<Option<At>, Error> {
                insert(conn, 1)?;
                diesel::update(slips::table.find(1))
                    .set(slips::at.eq(At(given)))
                    .execute(conn)?;
                Ok(slips::table.find(1).select(slips::at).first(conn)?)
            })
            .await;
        assert_eq!(back.expect("stored"), Some(At(stored)));
    });
}

#[test]
fn a_document_comes_back_as_it_was() {
    on_both(async |db| {
        with_slips(&db).await;
        let document = json!({
            "text": "Менеджер \"x\" \\ \u{1F54A}", "list": [1, -2.5, null, true],
            "deep": {"a": {}, "b": []}, "big": 9_007_199_254_740_993_i64,
        });
        let row = Slip {
            doc: Some(Doc(document.clone())),
            ..slip(1)
        };
        let back = db
            .write(move |conn| -> Result<(Slip, Option<Value>), Error> {
                diesel::insert_into(slips::table)
                    .values(&row)
                    .execute(conn)?;
                let whole = slips::table.find(1).first(conn)?;
                let value = slips::table.find(1).select(slips::doc).first(conn)?;
                Ok((whole, value))
            })
            .await;
        let (whole, value) = back.expect("stored");
        assert_eq!(value.as_ref(), Some(&document));
        assert_eq!(whole.doc, Some(Doc(document)));
        assert_eq!(whole.at, None);
    });
}

#[test]
fn a_document_can_be_queried_as_json() {
    on_both(async |db| {
        with_slips(&db).await;
        let row = Slip {
            doc: Some(Doc(json!({"lang": "uk"}))),
            ..slip(1)
        };
        let found = db
            .write(move |conn| -> Result<i64, Error> {
                diesel::insert_into(slips::table)
                    .values(&row)
                    .execute(conn)?;
                let uk = diesel::dsl::sql::<diesel::sql_types::Bool>("doc ->> 'lang' = 'uk'");
                Ok(slips::table.filter(uk).count().get_result(conn)?)
            })
            .await;
        assert_eq!(found.expect("readable"), 1);
    });
}

#[test]
fn a_row_that_cannot_be_read_is_corrupt() {
    on_both(async |db| {
        with_slips(&db).await;
        let result = db
            .write(|conn| -> Result<Slip, Error> {
                insert(conn, 1)?;
                conn.batch_execute(match conn {
                    Conn::Sqlite(_) => "UPDATE slips SET doc = '{'",
                    Conn::Postgres(_) => "UPDATE slips SET at = 'infinity'",
                })?;
                Ok(slips::table.find(1).first(conn)?)
            })
            .await;
        assert!(matches!(result, Err(Error::Corrupt(_))), "{result:?}");
    });
}

#[test]
fn a_conflict_says_on_what_alike_and_without_the_value() {
    on_both(async |db| {
        with_slips(&db).await;
        db.write(|conn| -> Result<(), Error> {
            Ok(conn.batch_execute(
                "CREATE TABLE pairs (a TEXT NOT NULL, b TEXT NOT NULL, c TEXT); \
                 CREATE UNIQUE INDEX pairs_a_b ON pairs (a, b); \
                 CREATE UNIQUE INDEX pairs_c ON pairs (lower(c)); \
                 INSERT INTO pairs VALUES ('secret', 'y', 'z'); \
                 INSERT INTO slips (id, title) VALUES (1, 'secret');",
            )?)
        })
        .await
        .expect("made");
        let cases = [
            (
                "INSERT INTO slips (id, title) VALUES (2, 'secret')",
                "slips.title",
            ),
            (
                "INSERT INTO slips (id, title) VALUES (1, 'other')",
                "slips.id",
            ),
            (
                "INSERT INTO pairs VALUES ('secret', 'y', '')",
                "pairs.a,pairs.b",
            ),
            ("INSERT INTO pairs VALUES ('', '', 'Z')", "pairs_c"),
        ];
        for (sql, on) in cases {
            let result = db
                .write(|conn| -> Result<(), Error> { Ok(conn.batch_execute(sql)?) })
                .await;
            let error = result.expect_err("it is taken");
            assert!(error.is_conflict_on(on), "{error:?} for {on}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    });
}

#[test]
fn upserts_and_returning_go_through_native() {
    on_both(async |db| {
        with_slips(&db).await;
        let at = At(moment("2026-01-01T00:00:00Z"));
        let result = db
            .write(move |conn| -> Result<(Slip, usize), Error> {
                insert(conn, 1)?;
                let upserted = diesel::insert_into(slips::table)
                    .values(&slip(1))
                    .on_conflict(slips::id)
                    .do_update()
                    .set((slips::title.eq("again"), slips::at.eq(at)))
                    .returning(slips::all_columns)
                    .native()
                    .get_result(conn)?;
                let ignored = diesel::insert_into(slips::table)
                    .values(&slip(1))
                    .on_conflict_do_nothing()
                    .native()
                    .execute(conn)?;
                Ok((upserted, ignored))
            })
            .await;
        let (upserted, ignored) = result.expect("stored");
        let wanted = Slip {
            title: "again".into(),
            at: Some(at),
            ..slip(1)
        };
        assert_eq!((upserted, ignored), (wanted, 0));
    });
}

#[test]
fn many_rows_go_in_at_once_through_each() {
    on_both(async |db| {
        with_slips(&db).await;
        let mut rows: Vec<Slip> = (0..1_000).map(slip).collect();
        rows[7].at = Some(At(moment("2026-01-01T00:00:00Z")));
        rows[8].doc = Some(Doc(json!([8])));
        let result = db
            .write(move |conn| -> Result<(usize, Vec<Slip>), Error> {
                let stored = each!(conn, |conn| diesel::insert_into(slips::table)
                    .values(&rows)
                    .on_conflict_do_nothing()
                    .execute(conn))?;
                let back: Vec<Slip> = slips::table.order(slips::id).load(conn)?;
                assert_eq!(back, rows);
                Ok((stored, back))
            })
            .await;
        assert_eq!(result.expect("stored").0, 1_000);
    });
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

/// `.cargo/config.toml` says why.
#[test]
fn sqlite_does_not_plan_a_statement_anew_for_each_bound_limit() {
    let database = TestDatabase::sqlite();
    let options = block_on(database.db().read(|conn| -> Result<Vec<Named>, Error> {
        let options = "SELECT compile_options AS name FROM pragma_compile_options";
        Ok(diesel::sql_query(options).load(conn)?)
    }));
    let options = options.expect("read");
    assert!(options.iter().any(|one| one.name == "ENABLE_QPSG"));
}
