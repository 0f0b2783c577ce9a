//! The log of decisions: every record as it was written.

use super::Finding;
use crate::{
    app::App,
    operations::audit::{Chain, verify},
};

const CHECK: &str = "audit log";

pub(super) async fn examine(app: &App) -> Finding {
    match verify(&app.forum, None).await {
        Ok(Chain::Whole { records: 0, .. }) => Finding::ok(CHECK, "empty".to_owned()),
        Ok(Chain::Whole { records, newest }) => {
            Finding::ok(CHECK, format!("whole, {records} records, newest {newest}"))
        }
        Ok(Chain::Broken { number, why }) => {
            Finding::failed(CHECK, format!("broken at record {number}: {why}"))
        }
        Err(error) => Finding::failed(CHECK, error.to_string()),
    }
}
