//! Reporting an account and statuses of it to the administrators.

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
    domain::report::{ReportCategory, UnknownReportCategory, UnknownRule, cited},
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
    let cited = cited(params.list("rule_ids"), &app.config.node.rules)?;
    let (numbers, rules): (Vec<usize>, Vec<String>) = cited.into_iter().unzip();
    let new = NewReport {
        reported: params.parsed("account_id").ok_or(ApiError::NotFound)?,
        entries: params.ids("status_ids"),
        category: category(&params)?,
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
            rule_ids: numbers.iter().map(usize::to_string).collect(),
            target_account: renderer.account(conn, &viewer, &reported)?,
        })
    });
    Ok(Json(entity.await?))
}

fn category(params: &Params) -> Result<ReportCategory, ApiError> {
    let word = params.text("category");
    word.map_or(Ok(ReportCategory::default()), str::parse)
        .map_err(|unknown: UnknownReportCategory| ApiError::Invalid(unknown.to_string()))
}

impl From<UnknownRule> for ApiError {
    fn from(error: UnknownRule) -> Self {
        Self::Invalid(format!("rule_ids: {error} (see /api/v1/instance/rules)"))
    }
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
