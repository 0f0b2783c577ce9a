//! What other servers learn of the followers that our organisations have
//! among theirs.

use std::time::Duration;

use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use http::HeaderValue;
use moka::sync::Cache;
use serde_json::json;
use url::Url;

use super::header::{Header, digest};
use crate::{
    app::App,
    federation::{
        documents::active,
        objects::context,
        readers,
        reply::{Refusal, document_for_one},
    },
    storage::{self, Conn, follows, organisations},
    urls,
};

/// Digests that are kept, and for how long. One that is a moment old makes
/// the other server ask once too often, and nothing else.
const KEPT: u64 = 10_000;
const KEPT_FOR: Duration = Duration::from_secs(60);

/// The headers of our organisations, one for each server that is sent to.
/// Clones share them.
#[derive(Clone)]
pub struct Ours(Cache<(Url, String), Option<Worded>>);

#[derive(Clone)]
struct Worded {
    /// As it stands in a document that is addressed to the followers.
    quoted: String,
    header: HeaderValue,
}

impl Default for Ours {
    fn default() -> Self {
        let kept = Cache::builder().max_capacity(KEPT).time_to_live(KEPT_FOR);
        Self(kept.build())
    }
}

impl Ours {
    /// The header for what `actor` sends to `inbox`, if it is addressed to the
    /// actor's followers.
    pub fn header(
        &self,
        conn: &mut Conn,
        actor: &Url,
        inbox: &Url,
        document: &str,
    ) -> Result<Option<HeaderValue>, storage::Error> {
        let key = (actor.clone(), urls::authority(inbox));
        let worded = match self.0.get(&key) {
            Some(kept) => kept,
            None => {
                let made = word(conn, actor, inbox)?;
                self.0.insert(key, made.clone());
                made
            }
        };
        Ok(worded
            .filter(|worded| document.contains(&worded.quoted))
            .map(|worded| worded.header))
    }
}

fn word(conn: &mut Conn, actor: &Url, inbox: &Url) -> Result<Option<Worded>, storage::Error> {
    let found = organisations::find_by_uri(conn, actor)?;
    let Some((actor, collection)) = found.and_then(|one| Some((one.id, one.endpoints.followers?)))
    else {
        return Ok(None);
    };
    let ids = follows::followers_at(conn, actor, inbox)?;
    let header = Header {
        url: part_of(&collection),
        digest: digest(ids.iter().map(Url::as_str)),
        collection,
    };
    let quoted = json!(header.collection).to_string();
    let header = HeaderValue::try_from(header.word()).ok();
    Ok(header.map(|header| Worded { quoted, header }))
}

/// `…/followers_synchronization` beside `…/followers`.
fn part_of(followers: &Url) -> Url {
    let mut url = followers.clone();
    url.set_path(&format!("{}_synchronization", followers.path()));
    url
}

/// `GET /orgs/{handle}/followers_synchronization`: the followers of the server
/// whose signature the request carries, and no others.
///
/// # Errors
/// [`Refusal::Unauthorised`] without a signature.
pub async fn followers_of_reader(
    State(app): State<App>,
    Path(handle): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    let reader = readers::identify(&app, &parts).await?;
    let urls = app.forum.urls.clone();
    let read = app.forum.db.read(move |conn| -> Result<_, Refusal> {
        let owner = active(conn, &handle)?;
        let ids = follows::followers_at(conn, owner.id, &reader.uri)?;
        let id = urls.organisation_part(&owner.handle, "followers_synchronization");
        Ok(json!({
            "@context": context::plain(),
            "id": id,
            "type": "OrderedCollection",
            "totalItems": ids.len(),
            "orderedItems": ids,
        }))
    });
    Ok(document_for_one(&read.await?))
}
