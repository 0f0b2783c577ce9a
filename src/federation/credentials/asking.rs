//! Asking other servers what is new: what their actors show, what renews ours,
//! and which accreditations were revoked. Few hosts at once, one request to a
//! host at a time, and ever more seldom to one that does not answer.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use serde_json::Value;
use url::Url;

use crate::{
    domain::accreditation::Did,
    federation::{
        Federation, WireError,
        fetch::{Accept, Budget, FetchError},
    },
    operations::accreditations::{AccreditationError, take_list, take_renewals, take_shown},
    storage::{
        self,
        accreditations::{self, Source, SourceKind},
    },
    urls,
};

/// How often an actor's accreditations, and each status list, are asked for.
/// With the second between two looks at what is due, changes are known within
/// a minute (INTERFACE.md 6).
const SHOWN_EVERY: TimeDelta = TimeDelta::seconds(30);
const LIST_EVERY: TimeDelta = TimeDelta::seconds(15);

/// An accreditation is renewed a third of its life before its end.
const RENEWALS_EVERY: TimeDelta = TimeDelta::minutes(5);

/// The longest time until a host that does not answer is asked again.
const AT_LEAST_EVERY: TimeDelta = TimeDelta::minutes(10);

/// How often to look at what is due.
pub const LOOK_EVERY: Duration = Duration::from_secs(3);

/// Of one look.
const MOST_LISTS: i64 = 32;
const MOST_ACTORS: i64 = 64;

/// Hosts that are asked at once.
const HOSTS_AT_ONCE: usize = 8;

/// Other nodes that are asked for a list whose anchor does not answer.
const MIRRORS: usize = 3;

/// An anchor that did not answer so often is asked at every such look only,
/// and other nodes in between.
const PATIENCE: i32 = 4;

/// One request with its redirects.
const REQUESTS: u32 = 3;

/// How it went at one place.
enum Asked {
    Answered,
    Failed(String),
}

/// Asks for every status list that is due: its anchor's node first, then other
/// nodes, which keep the newest that they know.
///
/// # Errors
/// Storage only.
pub async fn ask_for_lists(federation: &Federation) -> Result<(), WireError> {
    let now = federation.forum.now();
    if federation.forum.trust.stands_alone() {
        return Ok(());
    }
    let (due, hosts) = federation
        .forum
        .db
        .read(move |conn| -> Result<_, storage::Error> {
            let due = accreditations::due(conn, SourceKind::List, now, MOST_LISTS)?;
            let hosts = match due.is_empty() {
                true => Vec::new(),
                false => accreditations::hosts(conn)?,
            };
            Ok((due, hosts))
        })
        .await?;
    let hosts = &hosts;
    let asked: Vec<(Source, Asked)> = stream::iter(due)
        .map(|source| async move {
            let asked = match ask_for_list(federation, &source, hosts).await {
                Ok(()) => Asked::Answered,
                Err(error) => Asked::Failed(error),
            };
            (source, asked)
        })
        .buffer_unordered(HOSTS_AT_ONCE)
        .collect()
        .await;
    record(federation, SourceKind::List, asked, |_| LIST_EVERY).await
}

/// Asks the anchor's node, and others when it does not answer. `Err` says why
/// the anchor's own node gave nothing, whatever others gave.
async fn ask_for_list(
    federation: &Federation,
    source: &Source,
    hosts: &[Url],
) -> Result<(), String> {
    let issuer: Did = source.about.parse().map_err(|_| "no did".to_owned())?;
    let mut reason = "it did not answer before".to_owned();
    if source.failures < PATIENCE || source.failures % PATIENCE == 0 {
        match fetch_list(federation, &issuer, &source.uri, &source.uri).await {
            Ok(()) => return Ok(()),
            Err(error) => reason = error,
        }
    }
    let others: Vec<&Url> = hosts
        .iter()
        .filter(|host| {
            urls::authority(host) != urls::authority(&source.uri)
                && !federation.origin.is_claimed_by(host)
        })
        .collect();
    // Each time others, so that the one who knows is met soon.
    let first = usize::try_from(source.failures).unwrap_or(0) * MIRRORS;
    for step in 0..others.len().min(MIRRORS) {
        let host = others[(first + step) % others.len()];
        let mut mirror = urls::below_origin(host, "/.well-known/virtual-forum/status-lists");
        mirror
            .query_pairs_mut()
            .append_pair("of", source.uri.as_str())
            .append_pair("by", issuer.as_str());
        if let Err(error) = fetch_list(federation, &issuer, &source.uri, &mirror).await {
            tracing::debug!(%mirror, error, "no status list from another node");
        }
    }
    Err(reason)
}

/// Fetches one list from wherever, and takes it in if it is the anchor's.
async fn fetch_list(
    federation: &Federation,
    issuer: &Did,
    uri: &Url,
    from: &Url,
) -> Result<(), String> {
    let document = fetch(federation, from, Accept::Credential, &Budget::new(REQUESTS))
        .await
        .map_err(|error| error.to_string())?;
    match take_list(&federation.forum, issuer, uri, document).await {
        Ok(true) => Ok(()),
        Ok(false) => Err("what it gives is not a status list of this anchor".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

async fn fetch(
    federation: &Federation,
    url: &Url,
    accept: Accept,
    budget: &Budget,
) -> Result<Value, WireError> {
    if federation.origin.is_claimed_by(url) || !federation.may_reach(url).await? {
        return Err(FetchError::Unreachable.into());
    }
    let signer = federation.node_signer().await?;
    let fetched = federation
        .client
        .get_json(url, accept, Some(&signer), budget)
        .await?;
    Ok(fetched.json)
}

/// Asks every actor of another server that is due for its accreditations, and
/// the anchors' nodes for what renews ours.
///
/// # Errors
/// Storage only.
pub async fn ask_for_accreditations(federation: &Federation) -> Result<(), WireError> {
    let now = federation.forum.now();
    for kind in [SourceKind::Holder, SourceKind::Renewal] {
        // Without anchors nobody's accreditation counts here; others may still
        // count on ours.
        if kind == SourceKind::Holder && federation.forum.trust.stands_alone() {
            continue;
        }
        let due = federation
            .forum
            .db
            .read(move |conn| accreditations::due(conn, kind, now, MOST_ACTORS))
            .await?;
        let asked = ask_all(federation, kind, due, None).await;
        record(federation, kind, asked, |kind| match kind {
            SourceKind::Renewal => RENEWALS_EVERY,
            SourceKind::Holder | SourceKind::List => SHOWN_EVERY,
        })
        .await?;
    }
    Ok(())
}

/// Asks about one actor at once if it was never asked about: for when its
/// accreditation is needed first.
///
/// # Errors
/// Storage only; an actor that cannot be asked is as one that shows nothing.
pub async fn ask_about(federation: &Federation, actor: &Url) -> Result<(), WireError> {
    ask_within(federation, actor, &Budget::new(REQUESTS)).await
}

async fn ask_within(
    federation: &Federation,
    actor: &Url,
    budget: &Budget,
) -> Result<(), WireError> {
    if federation.forum.trust.stands_alone() {
        return Ok(());
    }
    let about = actor.to_string();
    let kind = SourceKind::Holder;
    let never_asked = federation
        .forum
        .db
        .read(move |conn| accreditations::never_asked(conn, kind, &about));
    let due: Vec<Source> = never_asked.await?.into_iter().collect();
    let asked = ask_all(federation, kind, due, Some(budget)).await;
    record(federation, kind, asked, |_| SHOWN_EVERY).await
}

/// [`ask_about`] an actor, and the node that it belongs to, out of what may still
/// be fetched: what may be sent
/// there, or read from there, depends on both.
///
/// # Errors
/// As [`ask_about`].
pub async fn ask_about_with_node(
    federation: &Federation,
    actor: &Url,
    budget: &Budget,
) -> Result<(), WireError> {
    ask_within(federation, actor, budget).await?;
    let node = urls::node_actor_of(actor);
    match node == *actor {
        true => Ok(()),
        false => ask_within(federation, &node, budget).await,
    }
}

/// Asks host by host. A host that does not answer is asked for nothing more.
/// Without a budget each place has its own.
async fn ask_all(
    federation: &Federation,
    kind: SourceKind,
    due: Vec<Source>,
    budget: Option<&Budget>,
) -> Vec<(Source, Asked)> {
    let mut by_host: BTreeMap<String, Vec<Source>> = BTreeMap::new();
    for source in due {
        let host = urls::authority(&source.uri);
        by_host.entry(host).or_default().push(source);
    }
    let asked: Vec<Vec<(Source, Asked)>> = stream::iter(by_host.into_values())
        .map(|sources| async move {
            let mut asked = Vec::new();
            let mut silent: Option<String> = None;
            for source in sources {
                let outcome = match &silent {
                    Some(error) => Asked::Failed(error.clone()),
                    None => match ask_actor(federation, kind, &source, budget).await {
                        Ok(()) => Asked::Answered,
                        Err(error) => {
                            let is_down = matches!(
                                &error,
                                AskError::Wire(WireError::Fetch(error)) if error.is_temporary()
                            );
                            silent = is_down.then(|| error.to_string());
                            Asked::Failed(error.to_string())
                        }
                    },
                };
                asked.push((source, outcome));
            }
            asked
        })
        .buffer_unordered(HOSTS_AT_ONCE)
        .collect()
        .await;
    asked.into_iter().flatten().collect()
}

#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error(transparent)]
    Accreditation(#[from] AccreditationError),
    #[error("it is no collection")]
    NoCollection,
}

async fn ask_actor(
    federation: &Federation,
    kind: SourceKind,
    source: &Source,
    budget: Option<&Budget>,
) -> Result<(), AskError> {
    let budget = budget.cloned().unwrap_or_else(|| Budget::new(REQUESTS));
    let actor = Url::parse(&source.about).map_err(|_| AskError::NoCollection)?;
    let mut document = fetch(federation, &source.uri, Accept::ActivityPub, &budget).await?;
    let items = match document.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => items,
        Some(_) | None => return Err(AskError::NoCollection),
    };
    let forum = &federation.forum;
    let taken = match kind {
        SourceKind::Renewal => take_renewals(forum, &actor, items).await?,
        SourceKind::Holder | SourceKind::List => take_shown(forum, &actor, items).await?,
    };
    if taken > 0 {
        tracing::info!(%actor, taken, "new accreditations");
    }
    Ok(())
}

/// Writes down how it went, all at once, and when to ask next.
async fn record(
    federation: &Federation,
    kind: SourceKind,
    asked: Vec<(Source, Asked)>,
    every: fn(SourceKind) -> TimeDelta,
) -> Result<(), WireError> {
    if asked.is_empty() {
        return Ok(());
    }
    let now = federation.forum.now();
    federation
        .forum
        .db
        .write(move |conn| -> Result<(), storage::Error> {
            for (source, asked) in &asked {
                match asked {
                    Asked::Answered => {
                        accreditations::answered(conn, kind, source, now, now + every(kind))?;
                    }
                    Asked::Failed(error) => {
                        let next_at = next_try(kind, source.failures, now, every(kind));
                        accreditations::failed(conn, kind, source, error, next_at)?;
                    }
                }
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// Lists are asked for at the same pace always, as other nodes have them;
/// actors ever more seldom.
fn next_try(
    kind: SourceKind,
    failures: i32,
    now: DateTime<Utc>,
    every: TimeDelta,
) -> DateTime<Utc> {
    let wait = match kind {
        SourceKind::List => every,
        SourceKind::Holder | SourceKind::Renewal => {
            let doubled = every * 2_i32.saturating_pow(u32::try_from(failures.min(8)).unwrap_or(0));
            doubled.min(AT_LEAST_EVERY.max(every))
        }
    };
    now + wait
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_host_is_asked_ever_more_seldom_but_never_given_up() {
        let now: DateTime<Utc> = "2026-11-22T12:00:00Z".parse().expect("a moment");
        let wait =
            |kind, failures| (next_try(kind, failures, now, SHOWN_EVERY) - now).num_seconds();
        let waits = [0, 1, 2, 5, 100].map(|failures| wait(SourceKind::Holder, failures));
        assert_eq!(waits, [30, 60, 120, 600, 600]);
        assert_eq!(wait(SourceKind::List, 100), 30);
    }
}
