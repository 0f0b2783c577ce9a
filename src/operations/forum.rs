//! What every operation works with: storage, time, ids, addresses, keys.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicI64, AtomicU16, Ordering},
};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use tokio::sync::{Notify, Semaphore};

use super::accreditations::Notary;
use crate::{
    domain::{
        accreditation::Trust,
        id::TaskId,
        task::{Pace, Task},
    },
    storage::{self, Conn, Db, tasks},
    urls::Urls,
};

/// Most tasks that may wait for other servers: what arrives must not fill the
/// table with questions to ask.
const MOST_ASKING: i64 = 1_000;

/// Where the time comes from. Tests set it.
#[derive(Debug, Clone)]
pub enum Clock {
    System,
    Set(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place where time enters"
    )]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Set(time) => *time.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// Mints ids: milliseconds since 1970 << 16 | 16 bits.
#[derive(Debug, Clone)]
pub struct Ids {
    last: Arc<AtomicI64>,
    /// Counts what was made elsewhere, from a random start.
    elsewhere: Arc<AtomicU16>,
}

impl Default for Ids {
    fn default() -> Self {
        Self {
            last: Arc::default(),
            elsewhere: Arc::new(AtomicU16::new(random_u16())),
        }
    }
}

impl Ids {
    /// The next id: larger than every earlier one of this process. Two
    /// processes collide only in the same millisecond and 1 of 65,536 times;
    /// the primary key then refuses one of them.
    pub fn next(&self, now: DateTime<Utc>) -> i64 {
        let fresh = (now.timestamp_millis() << 16) | i64::from(random_u16());
        let mut last = self.last.load(Ordering::Relaxed);
        loop {
            let id = fresh.max(last + 1);
            match self
                .last
                .compare_exchange_weak(last, id, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return id,
                Err(newer) => last = newer,
            }
        }
    }

    /// An id that sorts at `moment`, for what was made elsewhere or earlier.
    /// Most servers tell whole seconds: then it is one within that second, so
    /// that what was made in the same second hardly ever gets the same id. Of
    /// 65,536 in a row no two are the same, whatever their moments.
    pub fn at(&self, moment: DateTime<Utc>) -> i64 {
        let mut millis = moment.timestamp_millis().max(1);
        if millis % 1_000 == 0 {
            millis += i64::from(random_u16() % 1_000);
        }
        (millis << 16) | i64::from(self.elsewhere.fetch_add(1, Ordering::Relaxed))
    }
}

fn random_u16() -> u16 {
    let mut bytes = [0; 2];
    fill_random(&mut bytes);
    u16::from_ne_bytes(bytes)
}

pub(super) fn fill_random(bytes: &mut [u8]) {
    aws_lc_rs::rand::fill(bytes).expect("the operating system gives random bytes");
}

/// 128 random bits.
pub(super) fn random_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    fill_random(&mut bytes);
    bytes
}

/// A random number below `end`, which is a power of two.
pub(super) fn random_below(end: u32) -> u32 {
    let mut bytes = [0; 4];
    fill_random(&mut bytes);
    u32::from_ne_bytes(bytes) % end
}

/// A secret of 256 random bits, in base64url.
pub fn random_token() -> String {
    let mut bytes = [0; 32];
    fill_random(&mut bytes);
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// What is stored of a secret: its SHA-256, in base64url (SECURITY.md 4).
pub fn token_hash(token: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(digest.as_ref())
}

/// A new key: RSA as PEM (SPKI, PKCS#8), Ed25519 as Multikey and PKCS#8 PEM.
#[derive(Clone)]
pub struct KeyPair {
    pub public: String,
    pub private: String,
}

/// The keys of a new actor.
#[derive(Clone)]
pub struct ActorKeys {
    pub rsa: KeyPair,
    pub ed25519: KeyPair,
}

/// Makes keys; slow (RSA), so call it off the async threads.
pub type KeyMaker = Arc<dyn Fn() -> ActorKeys + Send + Sync>;

/// What is asked of people before they are let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The name of the node, as it stands in people's apps.
    pub issuer: String,
    /// Must those who could do most harm have a second factor? Not where
    /// everything is invented: there is nothing to guard.
    pub second_factor: bool,
    /// Is there a mail server to send through?
    pub mails: bool,
    /// The version of the rules of participation; `None` when there are none.
    pub rules: Option<String>,
}

/// The ground that operations stand on. Cheap to clone.
#[derive(Clone)]
pub struct Forum {
    pub db: Db,
    pub clock: Clock,
    pub ids: Ids,
    pub urls: Urls,
    pub keys: KeyMaker,
    /// Signs and reads accreditations.
    pub notary: Arc<dyn Notary>,
    /// Whose accreditations count here.
    pub trust: Arc<Trust>,
    /// Rung when a task was committed, so that `jobs` need not wait.
    pub bell: Arc<Notify>,
    /// Has the caller's transaction queued a task? One for each [`Forum::take_in`].
    pub queued: Arc<AtomicBool>,
    pub admission: Arc<Admission>,
    /// Password hashing takes 64 MiB each: only so many at once.
    pub hashing: Arc<Semaphore>,
}

impl Forum {
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn next_id(&self) -> i64 {
        self.ids.next(self.now())
    }

    /// Writes a task in the caller's transaction. Ring the bell after it.
    pub fn enqueue(&self, conn: &mut Conn, task: &Task) -> Result<(), storage::Error> {
        let now = self.now();
        self.queued.store(true, Ordering::Relaxed);
        tasks::enqueue(conn, TaskId(self.ids.next(now)), task, now)
    }

    /// Like [`Forum::enqueue`], after all that was added in the same line, which
    /// is any text: also by another process, and when that must be tried again.
    ///
    /// # Errors
    /// Storage only.
    pub fn enqueue_in_line(
        &self,
        conn: &mut Conn,
        task: &Task,
        line: &str,
    ) -> Result<(), storage::Error> {
        let now = self.now();
        self.queued.store(true, Ordering::Relaxed);
        // Of two lines with one number, one waits for the other: no harm.
        let hash = digest(&SHA256, line.as_bytes());
        let number = hash.as_ref().first_chunk();
        let number = number.map_or(0, |bytes| i64::from_be_bytes(*bytes));
        tasks::enqueue_in_line(conn, TaskId(self.ids.next(now)), task, number, now)
    }

    /// Like [`Forum::enqueue`], for what may be left out: nothing is added when
    /// [`MOST_ASKING`] tasks wait for other servers already.
    pub fn enqueue_asking(&self, conn: &mut Conn, task: &Task) -> Result<(), storage::Error> {
        if tasks::waiting(conn, Pace::Asking)? < MOST_ASKING {
            self.enqueue(conn, task)?;
        }
        Ok(())
    }

    /// Runs `f` in one transaction and then wakes the background work.
    ///
    /// # Errors
    /// What `f` returns, or the storage's error.
    pub async fn write<T, E>(
        &self,
        f: impl FnOnce(&mut Conn, &Self) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<storage::Error> + Send + 'static,
    {
        let forum = self.clone();
        let written = self.db.write(move |conn| f(conn, &forum)).await?;
        self.bell.notify_one();
        Ok(written)
    }

    /// Like [`Forum::write`], but wakes the background work only for a task that
    /// `f` queued: most of what comes in, by the thousand, asks for none.
    ///
    /// # Errors
    /// What `f` returns, or the storage's error.
    pub async fn take_in<T, E>(
        &self,
        f: impl FnOnce(&mut Conn, &Self) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<storage::Error> + Send + 'static,
    {
        let queued = Arc::new(AtomicBool::new(false));
        let forum = Self {
            queued: queued.clone(),
            ..self.clone()
        };
        let written = self.db.write(move |conn| f(conn, &forum)).await?;
        if queued.load(Ordering::Relaxed) {
            self.bell.notify_one();
        }
        Ok(written)
    }

    /// Makes the keys of a new actor, away from the async threads.
    pub async fn make_keys(&self) -> ActorKeys {
        let make = self.keys.clone();
        tokio::task::spawn_blocking(move || make())
            .await
            .expect("key generation does not panic")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_grow_even_when_time_stands_still() {
        let ids = Ids::default();
        let now = DateTime::from_timestamp_millis(1_790_000_000_000).expect("a moment");
        let minted: Vec<i64> = (0..1_000).map(|_| ids.next(now)).collect();
        assert!(minted.is_sorted_by(|a, b| a < b));
        assert!(minted.iter().all(|id| id >> 16 >= 1_790_000_000_000));
    }

    #[test]
    fn ids_of_one_second_are_spread_over_it_and_those_of_a_moment_are_not() {
        let ids = Ids::default();
        let second = DateTime::from_timestamp_millis(1_790_000_000_000).expect("a moment");
        let spread: BTreeSet<i64> = (0..100).map(|_| ids.at(second) >> 16).collect();
        assert!(spread.len() > 50, "{spread:?}");
        let within = 1_790_000_000_000..1_790_000_001_000;
        assert!(spread.iter().all(|millis| within.contains(millis)));
        let moment = second + chrono::TimeDelta::milliseconds(7);
        assert_eq!(ids.at(moment) >> 16, 1_790_000_000_007);
    }

    #[test]
    fn what_was_made_elsewhere_in_one_moment_gets_many_ids() {
        let ids = Ids::default();
        let moment = DateTime::from_timestamp_millis(1_790_000_000_007).expect("a moment");
        let minted: BTreeSet<i64> = (0..65_536).map(|_| ids.at(moment)).collect();
        assert_eq!(minted.len(), 65_536);
    }

    #[test]
    fn tokens_have_256_bits_and_differ() {
        let (one, other) = (random_token(), random_token());
        assert_ne!(one, other);
        assert_eq!(one.len(), 43);
        assert_eq!(token_hash("a"), token_hash("a"));
    }
}
