//! Search: organisations, entries and hashtags by name, address or words.

use axum::{Json, extract::State};
use url::Url;

use super::{
    auth::Caller,
    convert::Renderer,
    entities::{Account, Search, Tag},
    error::ApiError,
    extract::Params,
    paging::{self, Limits},
    tags, timelines,
};
use crate::{
    app::{App, Auth, Routes},
    domain::{
        audience::Viewer, entry::Entry, id::OrganisationId, organisation::Organisation,
        page::Window,
    },
    federation::lookup::{self, Found, LookupError},
    storage::{self, Conn, entries, follows, organisations},
    urls::Urls,
};

/// How far the results can be leafed through.
const DEPTH: i64 = 1_000;

pub fn routes() -> Routes {
    Routes::new().get("/api/v2/search", Auth::Optional, search)
}

/// What somebody typed into a search box.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Query {
    Address(Url),
    /// `handle@host`, with or without `@` before it.
    Acct {
        handle: String,
        host: String,
    },
    /// Lower case, without `#`.
    Hashtag(String),
    Words(String),
}

impl Query {
    fn read(text: &str) -> Self {
        let text = text.trim();
        if let Some(url) = Url::parse(text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
        {
            return Self::Address(url);
        }
        if let Some(tag) = text.strip_prefix('#') {
            return Self::Hashtag(timelines::fold(tag));
        }
        let words = Self::Words(text.trim_start_matches('@').to_owned());
        match split_acct(text) {
            (_, Some(_)) if text.contains(char::is_whitespace) => words,
            (handle, Some(host)) => Self::Acct {
                handle: handle.to_owned(),
                host: host.to_owned(),
            },
            (_, None) => words,
        }
    }
}

/// `@handle@host` in its two parts.
fn split_acct(acct: &str) -> (&str, Option<&str>) {
    let acct = acct.strip_prefix('@').unwrap_or(acct);
    match acct.split_once('@') {
        Some((handle, host)) if !handle.is_empty() && !host.is_empty() => (handle, Some(host)),
        Some(_) | None => (acct, None),
    }
}

/// An active organisation known here by `handle` or `handle@host`.
pub fn by_acct(
    conn: &mut Conn,
    urls: &Urls,
    acct: &str,
) -> Result<Option<Organisation>, storage::Error> {
    let (handle, host) = split_acct(acct.trim());
    let ours = urls.authority();
    let host = host.filter(|host| !host.eq_ignore_ascii_case(&ours));
    Ok(organisations::find_by_acct(conn, handle, host)?.filter(super::accounts::is_active))
}

/// What to look for, and how much of it to give.
#[derive(Debug, Clone)]
struct Wanted {
    query: Query,
    accounts: bool,
    statuses: bool,
    hashtags: bool,
    limit: i64,
    offset: i64,
    /// Only accounts that this organisation follows.
    followed_by: Option<OrganisationId>,
    /// Only statuses of this one.
    author: Option<OrganisationId>,
}

impl Wanted {
    fn read(params: &Params, caller: &Caller, limits: Limits) -> Option<Self> {
        let kind = params.text("type");
        let asks = |one: &str| kind.is_none_or(|kind| kind == one);
        Some(Self {
            query: Query::read(params.text("q")?),
            accounts: asks("accounts"),
            statuses: asks("statuses"),
            hashtags: asks("hashtags"),
            limit: limits.limit(params),
            offset: params.parsed("offset").unwrap_or(0).clamp(0, DEPTH),
            followed_by: params
                .flag("following")
                .then(|| caller.viewer().organisation())
                .flatten(),
            author: params.parsed("account_id"),
        })
    }

    /// The part of a list that was asked for.
    fn cut<T>(&self, found: Vec<T>) -> Vec<T> {
        let offset = usize::try_from(self.offset).unwrap_or(usize::MAX);
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        found.into_iter().skip(offset).take(limit).collect()
    }
}

/// `GET /api/v2/search`. Anonymous callers search what is public; asking
/// other servers needs a token, so that nobody can make this node knock on
/// doors anonymously.
async fn search(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Search>, ApiError> {
    caller.reads("read:search")?;
    let Some(wanted) = Wanted::read(&params, &caller, paging::STATUSES) else {
        return Ok(Json(Search::default()));
    };
    look(&app, &caller, &params, wanted).await.map(Json)
}

/// Accounts alone, for `GET /api/v1/accounts/search`.
pub async fn accounts(
    app: &App,
    caller: &Caller,
    params: &Params,
    limits: Limits,
) -> Result<Vec<Account>, ApiError> {
    let Some(mut wanted) = Wanted::read(params, caller, limits) else {
        return Ok(Vec::new());
    };
    (wanted.accounts, wanted.statuses, wanted.hashtags) = (true, false, false);
    Ok(look(app, caller, params, wanted).await?.accounts)
}

async fn look(
    app: &App,
    caller: &Caller,
    params: &Params,
    wanted: Wanted,
) -> Result<Search, ApiError> {
    let here = find_here(app, caller, wanted.clone()).await?;
    if !params.flag("resolve") {
        return Ok(here);
    }
    let person = caller.member("read:search")?;
    let is_elsewhere = match &wanted.query {
        Query::Address(_) | Query::Acct { .. } => here.is_empty(),
        Query::Hashtag(_) | Query::Words(_) => false,
    };
    if !is_elsewhere {
        return Ok(here);
    }
    let rate = app.limits.lookup.check(&person.user.id.to_string());
    rate.map_err(|refused| ApiError::too_many(refused, app.forum.now()))?;
    let text = params.text("q").unwrap_or_default();
    match lookup::find(&app.federation, caller.viewer(), text).await {
        Ok(found) => show(app, caller, wanted, found).await,
        Err(LookupError::Storage(error)) => Err(error.into()),
        // A search that finds nothing is no error to any client.
        Err(
            reason @ (LookupError::NotUnderstood
            | LookupError::NotFound
            | LookupError::Unreachable(_)
            | LookupError::Unusable(_)),
        ) => {
            tracing::debug!(%reason, "nothing found elsewhere");
            Ok(here)
        }
    }
}

/// What another server had, as far as it was asked for.
async fn show(
    app: &App,
    caller: &Caller,
    wanted: Wanted,
    found: Found,
) -> Result<Search, ApiError> {
    let viewer = caller.viewer().clone();
    let renderer = Renderer::of(app);
    let shown = app
        .forum
        .db
        .read(move |conn| {
            let mut search = Search::default();
            match found {
                Found::Organisation(one) if wanted.accounts => {
                    search.accounts = renderer.accounts(conn, &viewer, &[*one])?;
                }
                Found::Entry(one) if wanted.statuses => {
                    search.statuses = renderer.statuses(conn, &viewer, &[*one])?;
                }
                Found::Organisation(_) | Found::Entry(_) => {}
            }
            Ok::<_, storage::Error>(search)
        })
        .await?;
    Ok(shown)
}

async fn find_here(app: &App, caller: &Caller, wanted: Wanted) -> Result<Search, ApiError> {
    let viewer = caller.viewer().clone();
    let renderer = Renderer::of(app);
    let now = app.forum.now();
    let found = app
        .forum
        .db
        .read(move |conn| {
            let mut search = Search::default();
            if wanted.accounts {
                let found = organisations_here(conn, &renderer.forum.urls, &wanted)?;
                search.accounts = renderer.accounts(conn, &viewer, &found)?;
            }
            if wanted.statuses {
                let found = entries_here(conn, &viewer, &wanted)?;
                search.statuses = renderer.statuses(conn, &viewer, &found)?;
            }
            if wanted.hashtags {
                search.hashtags = hashtags_here(conn, &viewer, &renderer.forum.urls, &wanted, now)?;
            }
            Ok::<_, storage::Error>(search)
        })
        .await?;
    Ok(found)
}

fn organisations_here(
    conn: &mut Conn,
    urls: &Urls,
    wanted: &Wanted,
) -> Result<Vec<Organisation>, storage::Error> {
    let mut found: Vec<Organisation> = match &wanted.query {
        Query::Address(url) => organisations::find_by_uri(conn, url)?.into_iter().collect(),
        Query::Acct { handle, host } => by_acct(conn, urls, &format!("{handle}@{host}"))?
            .into_iter()
            .collect(),
        Query::Hashtag(_) => Vec::new(),
        Query::Words(words) => {
            let filter = organisations::Filter {
                text: Some(words.clone()),
                ..organisations::Filter::default()
            };
            let window = Window::first(wanted.offset + wanted.limit);
            let mut found = organisations::list(conn, &filter, window)?;
            // Who has exactly this handle is meant before all others.
            if let Some(exact) = by_acct(conn, urls, words)? {
                found.retain(|one| one.id != exact.id);
                found.insert(0, exact);
            }
            found
        }
    };
    found.retain(super::accounts::is_active);
    if let Some(me) = wanted.followed_by {
        let ids: Vec<OrganisationId> = found.iter().map(|one| one.id).collect();
        let stands = follows::relationships(conn, me, &ids)?;
        found.retain(|one| stands.get(&one.id).is_some_and(|stands| stands.following));
    }
    Ok(wanted.cut(found))
}

fn entries_here(
    conn: &mut Conn,
    viewer: &Viewer,
    wanted: &Wanted,
) -> Result<Vec<Entry>, storage::Error> {
    let found: Vec<Entry> = match &wanted.query {
        Query::Address(url) => entries::find_by_uri(conn, viewer, url)?
            .into_iter()
            .collect(),
        Query::Acct { .. } => Vec::new(),
        Query::Hashtag(words) | Query::Words(words) => {
            let filter = entries::Filter {
                text: Some(words.clone()),
                author: wanted.author.into_iter().collect(),
                ..entries::Filter::default()
            };
            let window = Window::first(wanted.offset + wanted.limit);
            entries::list(conn, viewer, &filter, window)?
        }
    };
    Ok(wanted.cut(found))
}

/// The hashtag that was typed, if the viewer may see an entry with it.
fn hashtags_here(
    conn: &mut Conn,
    viewer: &Viewer,
    urls: &Urls,
    wanted: &Wanted,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<Tag>, storage::Error> {
    let tag = match &wanted.query {
        Query::Hashtag(tag) => tag.clone(),
        Query::Words(words) => timelines::fold(words),
        Query::Address(_) | Query::Acct { .. } => return Ok(Vec::new()),
    };
    let found = tags::find(conn, viewer, urls, &tag, now)?;
    Ok(wanted.cut(found.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_handles_hashtags_and_words_are_told_apart() {
        let acct = |handle: &str, host: &str| Query::Acct {
            handle: handle.into(),
            host: host.into(),
        };
        for (text, query) in [
            ("@moj@n.example", acct("moj", "n.example")),
            ("moj@n.example:8443", acct("moj", "n.example:8443")),
            ("@moj", Query::Words("moj".into())),
            (" moj ", Query::Words("moj".into())),
            ("#ForcedLabour", Query::Hashtag("forcedlabour".into())),
            ("write to a@b", Query::Words("write to a@b".into())),
            ("@moj@", Query::Words("moj@".into())),
            (
                "https://n.example/orgs/moj",
                Query::Address(Url::parse("https://n.example/orgs/moj").expect("a URL")),
            ),
            ("ftp://n.example", Query::Words("ftp://n.example".into())),
        ] {
            assert_eq!(Query::read(text), query, "{text}");
        }
    }
}
