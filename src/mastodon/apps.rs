//! The program behind a token. Tokens are made at the command line, so it is
//! always this node's own.

use axum::Json;
use serde_json::{Value, json};

use super::{auth::Caller, error::ApiError};
use crate::app::{Auth, Routes};

pub fn routes() -> Routes {
    Routes::new().get(
        "/api/v1/apps/verify_credentials",
        Auth::Bearer,
        verify_credentials,
    )
}

/// Any token that counts will do.
async fn verify_credentials(caller: Caller) -> Result<Json<Value>, ApiError> {
    let scopes = caller.scopes().ok_or(ApiError::InvalidToken)?.to_string();
    let scopes: Vec<&str> = scopes.split_whitespace().collect();
    Ok(Json(json!({
        "id": "0",
        "name": "virtual-forum token",
        "website": null,
        "scopes": scopes,
        "redirect_uris": [],
        "redirect_uri": "",
        "vapid_key": ""
    })))
}
