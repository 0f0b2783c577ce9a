//! Which servers want RFC 9421: learned when one refuses the draft and takes
//! the other, remembered for 30 days (PROTOCOL.md 7.1).

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use moka::sync::Cache;
use url::Url;

use super::{Attempts, Scheme, cavage::Query, rfc9421::Asked};
use crate::{
    storage::{
        self, Db,
        signature_schemes::{self, Learned},
    },
    urls,
};

const REMEMBERED_FOR: TimeDelta = TimeDelta::days(30);
/// How long what another process learned may stay unseen.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(60);

type Known = Arc<HashMap<String, Asked>>;

/// Tells which scheme a host is signed to with. Clones share what they know.
#[derive(Clone)]
pub struct SchemeMemory {
    db: Option<Db>,
    known: Cache<(), Known>,
}

impl SchemeMemory {
    pub fn new(db: Db) -> Self {
        Self::of(Some(db))
    }

    /// Begins with the draft every time.
    pub fn forgetful() -> Self {
        Self::of(None)
    }

    fn of(db: Option<Db>) -> Self {
        let known = Cache::builder()
            .max_capacity(1)
            .time_to_live(READ_AGAIN_AFTER)
            .build();
        Self { db, known }
    }

    /// The attempts at a request to this address. Without a database, the
    /// draft comes first.
    pub async fn attempts(&self, url: &Url, now: DateTime<Utc>) -> Attempts {
        let known = match self.known(now).await {
            Ok(known) => known,
            Err(error) => {
                tracing::warn!(%error, "what servers want to be signed cannot be read");
                Known::default()
            }
        };
        let first = match known.get(&urls::authority(url)) {
            Some(asked) => Scheme::Rfc9421(asked.clone()),
            None => Scheme::Cavage(Query::Signed),
        };
        Attempts::new(first, url)
    }

    async fn known(&self, now: DateTime<Utc>) -> Result<Known, storage::Error> {
        if let Some(known) = self.known.get(&()) {
            return Ok(known);
        }
        let Some(db) = &self.db else {
            return Ok(Known::default());
        };
        let read =
            move |conn: &mut storage::Conn| signature_schemes::list(conn, now - REMEMBERED_FOR);
        let hosts = db.read(read).await?.into_iter();
        let known: Known = Arc::new(
            hosts
                .map(|learned| (learned.host, Asked::of_components(&learned.components)))
                .collect(),
        );
        self.known.insert((), known.clone());
        Ok(known)
    }

    /// The last of these attempts was taken: if the first was not, the host
    /// is known better now.
    pub async fn taken(&self, url: &Url, attempts: &Attempts, now: DateTime<Utc>) {
        if !attempts.changed() {
            return;
        }
        let Some(db) = &self.db else { return };
        let host = urls::authority(url);
        let is_known = match self.known.get(&()) {
            Some(known) => known.contains_key(&host),
            None => true,
        };
        let scheme = attempts.current().clone();
        if !is_known && matches!(scheme, Scheme::Cavage(_)) {
            return;
        }
        let write = move |conn: &mut storage::Conn| match scheme {
            Scheme::Cavage(_) => signature_schemes::remove(conn, &host),
            Scheme::Rfc9421(asked) => {
                let components = asked.components();
                let learned = Learned { host, components };
                signature_schemes::put(conn, &learned, now, now - REMEMBERED_FOR)
            }
        };
        match db.write(write).await {
            Ok(()) => self.known.invalidate(&()),
            Err(error) => tracing::warn!(%error, "what a server wants cannot be remembered"),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::storage::testing::on_both;

    fn url() -> Url {
        "https://a.example:8443/inbox".parse().expect("an address")
    }

    fn now() -> DateTime<Utc> {
        "2026-11-23T00:00:00Z".parse().expect("an instant")
    }

    async fn first(memory: &SchemeMemory, now: DateTime<Utc>) -> Scheme {
        memory.attempts(&url(), now).await.current().clone()
    }

    /// The second scheme is taken after the first was refused.
    async fn learn(memory: &SchemeMemory) {
        let mut attempts = memory.attempts(&url(), now()).await;
        let asked = Asked::read(r#"a=("@authority")"#);
        let is_draft = matches!(attempts.current(), Scheme::Cavage(_));
        assert!(attempts.after(StatusCode::UNAUTHORIZED, asked.filter(|_| is_draft)));
        memory.taken(&url(), &attempts, now()).await;
    }

    #[test]
    fn what_a_host_wants_is_known_at_once_and_everywhere_for_thirty_days() {
        on_both(async |db| {
            let memory = SchemeMemory::new(db.clone());
            let cavage = Scheme::Cavage(Query::Signed);
            assert_eq!(first(&memory, now()).await, cavage);
            learn(&memory).await;
            let rfc9421 = Scheme::Rfc9421(Asked::of_components("@authority"));
            assert_eq!(first(&memory, now()).await, rfc9421);
            let elsewhere = || SchemeMemory::new(db.clone());
            assert_eq!(first(&elsewhere(), now()).await, rfc9421);
            let (other, days) = ("https://a.example/inbox", TimeDelta::days);
            let other = other.parse().expect("an address");
            let attempts = memory.attempts(&other, now()).await;
            assert_eq!(*attempts.current(), cavage);
            assert_eq!(first(&elsewhere(), now() + days(29)).await, rfc9421);
            assert_eq!(first(&elsewhere(), now() + days(31)).await, cavage);
        });
    }

    #[test]
    fn a_host_that_takes_the_draft_again_is_forgotten() {
        on_both(async |db| {
            let memory = SchemeMemory::new(db.clone());
            learn(&memory).await;
            learn(&memory).await;
            let cavage = Scheme::Cavage(Query::Signed);
            assert_eq!(first(&memory, now()).await, cavage);
            assert_eq!(first(&SchemeMemory::new(db), now()).await, cavage);
        });
    }
}
