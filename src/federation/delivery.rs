//! Sends one delivery: looks whether it may still leave, signs it as its
//! author (PROTOCOL.md 7.2), posts it and says what the answer means.

use std::{num::NonZero, sync::Arc, thread::available_parallelism, time::Duration};

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, Method};
use hyper::body::Bytes;
use moka::sync::Cache;
use tokio::{sync::Semaphore, task::spawn_blocking};
use url::Url;

use crate::{
    domain::delivery::{Delivery, Outcome},
    operations::{Forum, entries::reach},
    storage::{
        self, Conn,
        deliveries::{self, Clearance},
        keys::{self, Algorithm},
    },
};

use super::{
    fetch::{Clock, FetchError, GuardedClient, Response},
    signatures::{KeyCache, KeyError, Scheme, SignError, Signer},
    synchronisation::{self, Ours},
};

/// How many authors' parsed keys are kept, and for how long: a key that was
/// replaced is used no longer than that.
const SIGNERS: u64 = 256;
const SIGNERS_FOR: Duration = Duration::from_secs(60);

/// Why what is not public is not sent.
const NOT_A_READER: &str = "the receiver, or its server, may not have the entry now";

/// Sends deliveries. Clones share keys and connections.
#[derive(Clone)]
pub struct Courier(Arc<Inner>);

struct Inner {
    forum: Forum,
    client: GuardedClient,
    clock: Clock,
    allowlist: bool,
    keys: KeyCache,
    signers: Cache<Url, Signer>,
    followers: Ours,
    /// As many are read and signed at once as there are processors: more would
    /// only crowd out other work.
    signing: Semaphore,
}

/// What keeps a delivery from being sent, on our side.
#[derive(Debug, thiserror::Error)]
enum Obstacle {
    #[error(transparent)]
    Storage(#[from] storage::Error),
    #[error("the author has no key to sign with")]
    NoKey,
    #[error("the author's key: {0}")]
    Key(#[from] KeyError),
    #[error(transparent)]
    Sign(#[from] SignError),
    #[error("not sent: {0}")]
    Dropped(&'static str),
    #[error("the program is stopping")]
    Stopping,
}

/// What is read of one delivery right before it is sent.
#[derive(Clone)]
struct Prepared {
    document: Bytes,
    /// Who signs.
    actor: Url,
    signer: Signer,
    /// What is said of the author's followers there (FEP-8fcf).
    followers: Option<HeaderValue>,
}

impl Courier {
    /// With `allowlist`, only hosts that were allowed are sent to.
    pub fn new(
        forum: Forum,
        client: GuardedClient,
        keys: KeyCache,
        clock: Clock,
        allowlist: bool,
    ) -> Self {
        let processors = available_parallelism().map_or(1, NonZero::get);
        let signers = Cache::builder()
            .max_capacity(SIGNERS)
            .time_to_live(SIGNERS_FOR)
            .build();
        Self(Arc::new(Inner {
            forum,
            client,
            clock,
            allowlist,
            keys,
            signers,
            followers: Ours::default(),
            signing: Semaphore::new(processors),
        }))
    }

    /// Tries once. Takes at most a few seconds longer than the client's total
    /// timeout.
    pub async fn send(&self, delivery: &Delivery) -> Outcome {
        match self.0.send(delivery).await {
            Ok(outcome) => outcome,
            Err(Obstacle::Dropped(note)) => Outcome::Dropped { note: note.into() },
            // These pass; the host is not to blame, but waits with us.
            Err(obstacle @ (Obstacle::Storage(_) | Obstacle::Stopping)) => Outcome::Failed {
                error: obstacle.to_string(),
                after: None,
            },
            Err(obstacle @ (Obstacle::NoKey | Obstacle::Key(_) | Obstacle::Sign(_))) => {
                tracing::error!(id = %delivery.id, %obstacle, "a delivery cannot be signed");
                Outcome::Refused {
                    error: obstacle.to_string(),
                }
            }
        }
    }
}

impl Inner {
    async fn send(&self, delivery: &Delivery) -> Result<Outcome, Obstacle> {
        let inbox = &delivery.inbox;
        let mut attempts = self.client.attempts(inbox).await;
        let (mut prepared, headers) = self.prepare(delivery, attempts.current()).await?;
        let mut signed = Some(headers);
        let mut looked_again = false;
        loop {
            let headers = match signed.take() {
                Some(headers) => headers,
                None => self.sign(inbox, &prepared, attempts.current()).await?,
            };
            let mut answer = self.post(inbox, &prepared, headers).await;
            if let Ok(response) = &mut answer {
                // Perhaps it was signed with a key that was replaced.
                if matches!(response.status.as_u16(), 401 | 403) && !looked_again {
                    looked_again = true;
                    if self.look_again(&mut prepared).await? {
                        continue;
                    }
                }
                if attempts.after(response.status, response.asked.take()) {
                    continue;
                }
                if response.status.is_success() {
                    let schemes = self.client.schemes();
                    schemes.taken(inbox, &attempts, (self.clock)()).await;
                }
            }
            return Ok(meaning(answer));
        }
    }

    /// One read on one snapshot: may it leave, with which text and whose key.
    /// And its first signature, on the same thread.
    async fn prepare(
        &self,
        delivery: &Delivery,
        scheme: &Scheme,
    ) -> Result<(Prepared, HeaderMap), Obstacle> {
        let turn = self.signing.acquire().await;
        let _turn = turn.map_err(|_closed| Obstacle::Stopping)?;
        let allowlist = self.allowlist;
        let (cache, signers) = (self.keys.clone(), self.signers.clone());
        let (id, inbox) = (delivery.id, delivery.inbox.clone());
        let (followers, forum) = (self.followers.clone(), self.forum.clone());
        let read = move |conn: &mut Conn| {
            let (document, actor) = match deliveries::clear(conn, id, allowlist)? {
                Clearance::Send { document, actor } => (document, actor),
                Clearance::SendIfAllowed {
                    entry,
                    recipient,
                    document,
                    actor,
                } => match reach::may_be_sent(conn, &forum, entry, recipient, &inbox)? {
                    true => (document, actor),
                    false => return Err(Obstacle::Dropped(NOT_A_READER)),
                },
                Clearance::Drop { note } => return Err(Obstacle::Dropped(note)),
            };
            let signer = match signers.get(&actor) {
                Some(signer) => signer,
                None => {
                    let signer = find_signer(conn, &actor, &cache)?;
                    signers.insert(actor.clone(), signer.clone());
                    signer
                }
            };
            let followers = followers.header(conn, &actor, &inbox, &document)?;
            Ok(Prepared {
                document: Bytes::from(document),
                actor,
                signer,
                followers,
            })
        };
        let (inbox, scheme, now) = (delivery.inbox.clone(), scheme.clone(), (self.clock)());
        let sign = move |prepared: Prepared| {
            let headers = prepared.sign(&inbox, &scheme, now)?;
            Ok((prepared, headers))
        };
        self.forum.db.read_then(read, sign).await
    }

    /// Reads the author's key again; true if it is another one now.
    async fn look_again(&self, prepared: &mut Prepared) -> Result<bool, Obstacle> {
        let (actor, cache) = (prepared.actor.clone(), self.keys.clone());
        let read = self
            .forum
            .db
            .read(move |conn| find_signer(conn, &actor, &cache));
        let found = read.await?;
        if found.key.public()? == prepared.signer.key.public()? {
            return Ok(false);
        }
        self.signers.insert(prepared.actor.clone(), found.clone());
        prepared.signer = found;
        Ok(true)
    }

    async fn post(
        &self,
        inbox: &Url,
        prepared: &Prepared,
        mut headers: HeaderMap,
    ) -> Result<Response, FetchError> {
        if let Some(followers) = &prepared.followers {
            headers.insert(&synchronisation::NAME, followers.clone());
        }
        let body = prepared.document.clone();
        self.client.post(inbox, headers, body).await
    }

    /// Signs once more, in another way or with another key.
    async fn sign(
        &self,
        inbox: &Url,
        prepared: &Prepared,
        scheme: &Scheme,
    ) -> Result<HeaderMap, Obstacle> {
        let turn = self.signing.acquire().await;
        let _turn = turn.map_err(|_closed| Obstacle::Stopping)?;
        let (inbox, prepared, scheme) = (inbox.clone(), prepared.clone(), scheme.clone());
        let now = (self.clock)();
        let signed = spawn_blocking(move || prepared.sign(&inbox, &scheme, now));
        Ok(signed.await.map_err(|_cancelled| Obstacle::Stopping)??)
    }
}

impl Prepared {
    /// Takes most of a millisecond: not on a thread that serves others. The
    /// date is that of sending, because others accept an hour.
    fn sign(
        &self,
        inbox: &Url,
        scheme: &Scheme,
        now: DateTime<Utc>,
    ) -> Result<HeaderMap, SignError> {
        let body = Some(&self.document[..]);
        scheme.sign(&self.signer, &Method::POST, inbox, body, now)
    }
}

/// The author's RSA key, which every server understands.
fn find_signer(conn: &mut Conn, author: &Url, cache: &KeyCache) -> Result<Signer, Obstacle> {
    let (key_id, pem) = keys::of_owner(conn, author)?
        .into_iter()
        .filter(|key| key.algorithm == Algorithm::Rsa)
        .find_map(|key| Some((key.uri, key.private_key?)))
        .ok_or(Obstacle::NoKey)?;
    let key = cache.private(&pem)?;
    Ok(Signer { key_id, key })
}

/// What the answer means (PROTOCOL.md 7.2.8).
fn meaning(answer: Result<Response, FetchError>) -> Outcome {
    match answer {
        Ok(answer) => meaning_of_status(&answer),
        Err(error @ (FetchError::BadAddress | FetchError::NotHttps)) => Outcome::Refused {
            error: error.to_string(),
        },
        // Ours are taken: the host was not even asked.
        Err(error @ FetchError::Busy) => Outcome::Postponed {
            note: error.to_string(),
        },
        Err(error) => Outcome::Failed {
            error: error.to_string(),
            after: None,
        },
    }
}

fn meaning_of_status(answer: &Response) -> Outcome {
    let error = match answer.excerpt.as_str() {
        "" => answer.status.to_string(),
        excerpt => format!("{}: {excerpt}", answer.status),
    };
    match answer.status.as_u16() {
        200..=299 => Outcome::Delivered,
        401 | 403 => Outcome::Unauthorised { error },
        404 | 410 => Outcome::Gone,
        408 | 429 => Outcome::Failed {
            error,
            after: answer.retry_after,
        },
        400..=499 => Outcome::Refused { error },
        // A redirect, too: it is not followed, and may be one of maintenance.
        _ => Outcome::Failed {
            error,
            after: answer.retry_after,
        },
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn status(status: u16) -> Outcome {
        meaning(Ok(Response {
            status: StatusCode::from_u16(status).expect("a status"),
            retry_after: Some(Duration::from_secs(7)),
            asked: None,
            excerpt: "because".into(),
        }))
    }

    #[test]
    fn success_is_success_and_nothing_else_is() {
        for taken in [200, 201, 202, 204] {
            assert_eq!(status(taken), Outcome::Delivered, "{taken}");
        }
    }

    #[test]
    fn a_server_that_may_recover_is_tried_again_when_it_says() {
        for passing in [302, 308, 408, 429, 500, 502, 503, 504] {
            let Outcome::Failed { error, after } = status(passing) else {
                panic!("{passing}: {:?}", status(passing));
            };
            assert!(error.starts_with(&passing.to_string()), "{error}");
            assert!(error.ends_with(": because"), "{error}");
            assert_eq!(after, Some(Duration::from_secs(7)));
        }
    }

    #[test]
    fn refusals_are_told_apart() {
        for refused in [400, 402, 405, 406, 413, 415, 422, 451] {
            assert!(
                matches!(status(refused), Outcome::Refused { .. }),
                "{refused}"
            );
        }
        for unauthorised in [401, 403] {
            let is_unauthorised = matches!(status(unauthorised), Outcome::Unauthorised { .. });
            assert!(is_unauthorised, "{unauthorised}");
        }
        for gone in [404, 410] {
            assert_eq!(status(gone), Outcome::Gone, "{gone}");
        }
    }

    #[test]
    fn what_the_network_does_is_tried_again_and_a_wrong_address_is_not() {
        for error in [
            FetchError::Timeout,
            FetchError::Unreachable,
            FetchError::Unresolved,
            FetchError::Untrusted,
            FetchError::Protocol,
            FetchError::Forbidden,
        ] {
            let outcome = meaning(Err(error.clone()));
            assert!(matches!(outcome, Outcome::Failed { .. }), "{error}");
        }
        // No host pays for places that we have not got.
        let outcome = meaning(Err(FetchError::Busy));
        assert!(matches!(outcome, Outcome::Postponed { .. }), "{outcome:?}");
        for error in [FetchError::BadAddress, FetchError::NotHttps] {
            let outcome = meaning(Err(error.clone()));
            assert!(matches!(outcome, Outcome::Refused { .. }), "{error}");
        }
    }
}
