//! Which page stands at which address. `/entries/{id}` and `/orgs/{handle}`
//! are shared with other servers: `app` asks what the caller accepts, and
//! calls [`pages::entry::show`] and [`pages::organisation::show`].

use axum::{
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    app::{App, Auth, Routes},
    urls::SOURCE,
};

use super::{
    assets,
    error::PageError,
    pages::{
        about, account, admin, apply, blocks, compose, directory, find, follows, forgotten,
        handover, home, link, organisation, participation, passkeys, profile, react, report,
        second_factor, sign_in, sign_in_passkey, timeline,
    },
    source,
    visit::Visit,
};

/// Every page but the two that `app` shares out.
pub fn routes() -> Routes {
    Routes::new()
        .merge(reading())
        .merge(doors())
        .merge(own_account())
        .merge(writing())
        .merge(following())
        .merge(reporting())
        .merge(admin::routes())
        // `Submission` counts the bytes itself, and answers with a page.
        .map(|router| router.layer(DefaultBodyLimit::disable()))
}

fn reading() -> Routes {
    Routes::new()
        .get("/", Auth::Optional, home::show)
        .get("/entries", Auth::None, entries)
        .get("/tags/{tag}", Auth::Optional, home::tagged)
        .get("/organisations", Auth::Optional, directory::show)
        .get("/organisations/{id}", Auth::Optional, organisation::by_id)
        .get("/about", Auth::Optional, about::show)
        .get("/about/codes", Auth::Optional, about::codes)
        .get("/help", Auth::Optional, about::help)
        .get("/assets/{name}", Auth::None, asset)
        .get("/favicon.ico", Auth::None, icon)
        .get(SOURCE, Auth::None, source::send)
}

fn doors() -> Routes {
    Routes::new()
        .get("/sign-in", Auth::Optional, sign_in::show)
        .post("/sign-in", Auth::Optional, sign_in::send)
        .post("/sign-in/code", Auth::Optional, sign_in::send_code)
        .post("/sign-in/passkey", Auth::Optional, sign_in_passkey::ask)
        .post(
            "/sign-in/passkey/answer",
            Auth::Optional,
            sign_in_passkey::answer,
        )
        .get("/forgotten", Auth::Optional, forgotten::show)
        .post("/forgotten", Auth::Optional, forgotten::send)
        .post("/sign-out", Auth::Session, sign_in::leave)
        .get("/links/{token}", Auth::Link, link::show)
        .post("/links/{token}", Auth::Link, link::send)
        .get("/apply", Auth::Optional, apply::show)
        .post("/apply", Auth::Optional, apply::send)
        .get("/apply/{token}", Auth::Link, apply::follow)
        .post("/apply/{token}/answer", Auth::Link, apply::answer)
        .post("/apply/{token}/withdraw", Auth::Link, apply::withdraw)
        .get("/handover", Auth::Session, handover::show)
        .post("/handover", Auth::Session, handover::send)
        .post("/handover/cancel", Auth::Session, handover::cancel)
        .get("/handover/{token}", Auth::Link, handover::open)
        .post("/handover/{token}", Auth::Link, handover::accept)
}

fn own_account() -> Routes {
    let member = Auth::Session;
    Routes::new()
        .get("/account", member, account::show)
        .post(
            "/account/sign-ins/{reference}/end",
            member,
            account::end_place,
        )
        .post("/account/sign-ins/end-others", member, account::end_others)
        .post(
            "/account/tokens/{reference}/revoke",
            member,
            account::revoke_token,
        )
        .get("/account/second-factor", member, second_factor::show)
        .post("/account/second-factor", member, second_factor::confirm)
        .post(
            "/account/second-factor/codes",
            member,
            second_factor::renew_codes,
        )
        .post(
            "/account/second-factor/remove",
            member,
            second_factor::remove,
        )
        .get(passkeys::PATH, member, passkeys::show)
        .post(passkeys::PATH, member, passkeys::add)
        .post("/account/passkeys/answer", member, passkeys::finish)
        .post("/account/passkeys/codes", member, passkeys::renew_codes)
        .get(
            "/account/passkeys/{id}/remove",
            member,
            passkeys::ask_remove,
        )
        .post("/account/passkeys/{id}/remove", member, passkeys::remove)
        .get("/account/rules", member, participation::show)
        .post("/account/rules", member, participation::accept)
}

fn writing() -> Routes {
    use compose::{edit, reply};
    let member = Auth::Session;
    Routes::new()
        .get("/compose", member, compose::show)
        .post("/compose", member, compose::send)
        .get("/entries/{id}/edit", member, edit::show)
        .post("/entries/{id}/edit", member, edit::send)
        .get("/entries/{id}/delete", member, edit::ask_delete)
        .post("/entries/{id}/delete", member, edit::delete)
        .post("/entries/{id}/reply", member, reply::send)
        .post("/entries/{id}/like", member, react::like)
        .post("/entries/{id}/unlike", member, react::unlike)
        .post("/entries/{id}/pin", member, react::pin)
        .post("/entries/{id}/unpin", member, react::unpin)
        .post("/entries/{id}/boost", member, react::boost)
        .post("/entries/{id}/unboost", member, react::unboost)
        .get("/timeline", member, timeline::show)
        .get("/profile", member, profile::show)
        .post("/profile", member, profile::send)
}

fn following() -> Routes {
    let member = Auth::Session;
    Routes::new()
        .get("/find", member, find::show)
        .post("/find", member, find::send)
        .get("/following", member, follows::following)
        .get("/followers", member, follows::followers)
        .post("/followers/{id}/approve", member, follows::approve)
        .post("/followers/{id}/refuse", member, follows::refuse)
        .post("/organisations/{id}/follow", member, follows::follow)
        .post("/organisations/{id}/unfollow", member, follows::unfollow)
}

fn reporting() -> Routes {
    let member = Auth::Session;
    Routes::new()
        .post("/organisations/{id}/block", member, blocks::block)
        .post("/organisations/{id}/unblock", member, blocks::unblock)
        .post("/organisations/{id}/mute", member, blocks::mute)
        .post("/organisations/{id}/unmute", member, blocks::unmute)
        .get("/organisations/{id}/report", member, report::organisation)
        .post(
            "/organisations/{id}/report",
            member,
            report::send_organisation,
        )
        .get("/entries/{id}/report", member, report::entry)
        .post("/entries/{id}/report", member, report::send_entry)
}

/// What a shortened address of an entry leads to.
async fn entries(uri: Uri) -> Redirect {
    match uri.query() {
        Some(query) => Redirect::to(&format!("/?{query}")),
        None => Redirect::to("/"),
    }
}

async fn asset(Path(name): Path<String>, uri: Uri) -> Response {
    assets::serve(
        &name,
        uri.query().is_some_and(|query| query.starts_with("v=")),
    )
}

async fn icon() -> Redirect {
    Redirect::permanent("/assets/logo.svg")
}

/// Puts the node's name and the viewer's navigation around the error pages of
/// every room that answers with a [`PageError`]. To be laid over the whole
/// router.
pub async fn dress(State(app): State<App>, request: Request, next: Next) -> Response {
    if !may_be_browser(request.headers()) {
        return next.run(request).await;
    }
    let headers = request.headers().clone();
    let uri = request.uri().clone();
    let is_head = request.method() == Method::HEAD;
    let response = next.run(request).await;
    let Some(error) = response.extensions().get::<PageError>().cloned() else {
        return response;
    };
    // Without its database the node knows nobody: the bare page will do.
    if is_head || response.status() == StatusCode::SERVICE_UNAVAILABLE {
        return response;
    }
    match Visit::of(&app, &headers, &uri).await {
        Ok(visit) => error.page(visit.layout()).into_response(),
        Err(_) => response,
    }
}

/// Others get errors that are right and bare, and spare the node what it takes to
/// dress them.
fn may_be_browser(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).map(HeaderValue::as_bytes);
    headers.contains_key(header::COOKIE)
        || accepts.is_some_and(|list| list.windows(9).any(|word| word == b"text/html"))
}
