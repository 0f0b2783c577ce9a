//! Who would see an entry, in numbers, before it is published.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::drafting::find_organisations;
use crate::{
    app::App,
    domain::audience::AudienceKind,
    forum_api::{
        body::JsonObject,
        caller::Caller,
        fields::Fields,
        problem::Problem,
        vocabulary::{audience_words, category_words},
    },
    operations::entries as operations,
    storage::Error,
};

/// An audience to look at: `members` when absent.
#[derive(ToSchema)]
#[schema(as = AudienceInput)]
#[expect(dead_code, reason = "only its description is used")]
pub struct AudienceInput {
    #[schema(schema_with = audience_words)]
    audience: Option<String>,
    /// With the audience `named`: ids, actor addresses or handles.
    named: Option<Vec<String>>,
}

/// Organisations of one category that would see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CategoryCount {
    #[schema(schema_with = category_words)]
    category: &'static str,
    organisations: usize,
}

/// Who would see an entry for this audience now, the author left out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AudienceReach)]
pub struct ReachDocument {
    #[schema(schema_with = audience_words)]
    audience: &'static str,
    /// True for a public entry: then nothing can be counted.
    everybody: bool,
    categories: Vec<CategoryCount>,
    organisations: usize,
    /// Servers on which they read it.
    nodes: usize,
    /// The addresses of organisations named that would not see it: not
    /// accredited, or on a server that may not store it.
    unreached: Vec<String>,
}

/// Says who would see an entry of the caller's organisation for an audience:
/// how many organisations, of which categories, on how many nodes.
#[utoipa::path(
    post,
    path = "/entries/audience",
    tag = "entries",
    request_body(content = AudienceInput, content_type = "application/json"),
    responses(
        (status = 200, body = ReachDocument),
    ),
    security(("token" = ["read"])),
)]
pub async fn audience(
    State(app): State<App>,
    caller: Caller,
    JsonObject(members): JsonObject,
) -> Result<Json<ReachDocument>, Problem> {
    let person = caller.signed_in("read:statuses")?;
    let mut fields = Fields::new(members, &["audience", "named"], &[]);
    let kind = fields.word::<AudienceKind>("audience").value();
    let kind = kind.unwrap_or_default();
    let named = fields.texts("named").value().unwrap_or_default();
    let mut errors = fields.into_errors();
    let (named, errors) = app
        .forum
        .db
        .read(move |conn| -> Result<_, Error> {
            let found = find_organisations(conn, "named", &named, &mut errors)?;
            Ok((found, errors))
        })
        .await?;
    if !errors.is_empty() {
        return Err(Problem::Invalid(errors));
    }
    let reach = operations::reach_of(&app.forum, &person, kind, named).await?;
    Ok(Json(ReachDocument {
        audience: kind.as_str(),
        everybody: reach.everybody,
        categories: reach
            .categories
            .into_iter()
            .map(|(category, organisations)| CategoryCount {
                category: category.as_str(),
                organisations,
            })
            .collect(),
        organisations: reach.organisations,
        nodes: reach.nodes,
        unreached: reach
            .unreached
            .iter()
            .map(|one| one.uri.to_string())
            .collect(),
    }))
}
