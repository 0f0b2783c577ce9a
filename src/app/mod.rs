//! App: the state that all rooms share, and the router assembled from their
//! doors.

mod cache;
pub mod client;
mod cors;
mod layers;
mod limits;
mod negotiate;
mod router;
mod routing;
mod work;

use std::{ops::Deref, sync::Arc};

use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

pub use limits::{Limits, Seat, TooMany};
pub use router::{router, routes};
pub use routing::{Auth, RouteInfo, Routes};
pub use work::start_work;

use crate::{
    config::Config,
    federation::{Federation, Wiring, credentials::Wording, fetch::TlsError, make_keys},
    jobs::mail::{MailError, Mailer},
    operations::{Admission, Clock, Forum, Ids},
    storage::{self, Db, Options},
    urls::Urls,
};

/// Passwords hashed at once, each in 64 MiB.
const HASHING_AT_ONCE: usize = 2;

/// The node. Cheap to clone, as every layer of the router does for every
/// request.
#[derive(Clone)]
pub struct App(Arc<Rooms>);

/// What an [`App`] is made of.
pub struct Rooms {
    pub config: Arc<Config>,
    pub forum: Forum,
    pub federation: Wiring,
    pub limits: Arc<Limits>,
    /// The way to the mail server, if there is one.
    pub mailer: Option<Mailer>,
    /// Cancelled when the process is to stop: it is not ready any more, and
    /// what stays open ends.
    pub stopping: CancellationToken,
}

/// Why a node cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error(transparent)]
    Storage(#[from] storage::Error),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Mail(#[from] MailError),
}

impl App {
    /// Opens the database of `config` (without migrating it) and puts the
    /// rooms together.
    ///
    /// # Errors
    /// [`AppError`]; nothing was started.
    pub fn open(config: Config, clock: Clock) -> Result<Self, AppError> {
        let options = Options {
            connections: config.database.connections,
            ..Options::default()
        };
        let db = Db::open(&config.database.url, options)?;
        Self::new(config, clock, db)
    }

    /// Puts the rooms together on an open database.
    ///
    /// # Errors
    /// [`AppError::Tls`], [`AppError::Mail`].
    pub fn new(config: Config, clock: Clock, db: Db) -> Result<Self, AppError> {
        let forum = Forum {
            db,
            clock,
            ids: Ids::default(),
            urls: Urls::new(&config.server.public_url),
            keys: Arc::new(make_keys),
            notary: Arc::new(Wording),
            trust: Arc::new(config.trust.anchors.clone()),
            bell: Arc::new(Notify::new()),
            queued: Arc::default(),
            admission: Arc::new(Admission {
                issuer: config.node.name.clone(),
                second_factor: !config.node.fictional,
                mails: config.mail.is_set(),
                rules: config.participation.version(),
            }),
            hashing: Arc::new(Semaphore::new(HASHING_AT_ONCE)),
        };
        let limits = Arc::new(Limits::new(&config.limits));
        let mailer = Mailer::new(&config.mail, config.federation.extra_ca.as_deref())?;
        let config = Arc::new(config);
        let federation = Federation::new(forum.clone(), config.clone())?.wiring();
        Ok(Self(Arc::new(Rooms {
            config,
            forum,
            federation,
            limits,
            mailer,
            stopping: CancellationToken::new(),
        })))
    }
}

impl Deref for App {
    type Target = Rooms;

    fn deref(&self) -> &Rooms {
        &self.0
    }
}
