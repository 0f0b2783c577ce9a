//! Reporting an account and statuses of it to the administrators.

use std::collections::BTreeMap;

use axum::{Json, extract::State};

use super::{
    auth::Caller,
    convert::Renderer,
    entities::{Report, Timestamp},
    error::ApiError,
    extract::Params,
};
use crate::{
    app::{App, Auth, Routes},
    domain::report::{ReportCategory, UnknownReportCategory},
    operations::reports::{self, NewReport, ReportError},
    storage::organisations,
};

pub fn routes() -> Routes {
    Routes::new().post("/api/v1/reports", Auth::Bearer, report)
}

async fn report(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Report>, ApiError> {
    let person = caller.member("write:reports")?;
    let rate = app.limits.write.check(&person.user.id.to_string());
    rate.map_err(|too_many| ApiError::too_many(too_many, app.forum.now()))?;
    let cited = cited(&params, &app.config.node.rules)?;
    let (rule_ids, rules): (Vec<String>, Vec<String>) = cited.into_iter().unzip();
    let new = NewReport {
        reported: params.parsed("account_id").ok_or(ApiError::NotFound)?,
        entries: params.ids("status_ids"),
        category: category(&params, &rules)?,
        rules,
        comment: params.text("comment").unwrap_or_default().to_owned(),
        forward: params.flag("forward"),
    };
    let made = reports::report(&app.forum, person, new).await?;
    let viewer = caller.viewer().clone();
    let renderer = Renderer::of(&app);
    let entity = app.forum.db.read(move |conn| {
        let reported = organisations::find(conn, made.reported)?.ok_or(ApiError::NotFound)?;
        Ok::<_, ApiError>(Report {
            id: made.id,
            action_taken: made.resolved_at.is_some(),
            action_taken_at: made.resolved_at.map(Timestamp),
            category: made.category.as_str(),
            comment: made.comment,
            forwarded: made.forwarded,
            created_at: Timestamp(made.created_at),
            status_ids: made.entries,
            rule_ids,
            target_account: renderer.account(conn, &viewer, &reported)?,
        })
    });
    Ok(Json(entity.await?))
}

/// The rules that a report cites, by number and text: the number is the id under
/// which the instance lists a rule. One that is not there is refused, as Mastodon
/// does.
fn cited(params: &Params, rules: &[String]) -> Result<BTreeMap<String, String>, ApiError> {
    let mut cited = BTreeMap::new();
    for id in params.list("rule_ids") {
        let number = id.parse::<usize>().ok();
        let place = number.and_then(|number| number.checked_sub(1));
        let rule = place.and_then(|place| rules.get(place)).ok_or_else(|| {
            ApiError::Invalid(format!(
                "rule_ids names {id:?}, and this node has {} rules (see /api/v1/instance/rules)",
                rules.len()
            ))
        })?;
        cited.insert(id.to_owned(), rule.clone());
    }
    Ok(cited)
}

/// Whoever cites rules reports a violation of them, whatever else is said, as with
/// Mastodon.
fn category(params: &Params, rules: &[String]) -> Result<ReportCategory, ApiError> {
    if !rules.is_empty() {
        return Ok(ReportCategory::Violation);
    }
    let word = params.text("category");
    word.map_or(Ok(ReportCategory::default()), str::parse)
        .map_err(|unknown: UnknownReportCategory| ApiError::Invalid(unknown.to_string()))
}

impl From<ReportError> for ApiError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::NotFound => Self::NotFound,
            ReportError::Myself | ReportError::Invalid(_) => Self::Invalid(error.to_string()),
            ReportError::Storage(error) => error.into(),
        }
    }
}
