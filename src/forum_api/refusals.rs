//! What routes refuse by their nature, whatever they do: added to their
//! descriptions, so that each names only what is its own.

use utoipa::{
    IntoResponses,
    openapi::{
        OpenApi,
        path::{Operation, ParameterIn},
    },
};

use super::{auth, problem::Refused};
use crate::app::Auth;

/// Whatever is asked, the node may be unable to answer.
type Always = Refused<500, 503>;
/// A token that does not count, or does not cover it.
type WithToken = Refused<401, 403>;
/// Changes that come too fast.
type Change = Refused<429>;
type WithBody = Refused<400, 413, 415, 422>;
type WithQuery = Refused<422>;

/// Adds to each operation what it does not name itself.
pub(super) fn add(description: &mut OpenApi) {
    for (path, item) in &mut description.paths.paths {
        let changes = [
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ];
        for operation in changes.into_iter().flatten() {
            add_to(path, operation, true);
        }
        if let Some(operation) = &mut item.get {
            add_to(path, operation, false);
        }
    }
}

fn add_to(path: &str, operation: &mut Operation, changes: bool) {
    let auth = auth(path, operation);
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    let asks = parameters
        .iter()
        .any(|one| one.parameter_in == ParameterIn::Query);
    let sends = operation.request_body.is_some();
    let takes_token = !matches!(auth, Auth::None | Auth::Link);
    let usual = [
        (true, Always::responses()),
        (takes_token, WithToken::responses()),
        (changes, Change::responses()),
        (sends, WithBody::responses()),
        (asks, WithQuery::responses()),
    ];
    let named = &mut operation.responses.responses;
    for (applies, refusals) in usual {
        for (status, refusal) in refusals.into_iter().filter(|_| applies) {
            named.entry(status).or_insert(refusal);
        }
    }
}
