//! Deliveries over real connections: the runner, the courier and the guarded
//! client against scripted servers on loopback.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, Method, StatusCode, Uri, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use futures_util::future::BoxFuture;
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle, time::sleep};
use url::Url;

use super::test_app::{TestApp, noon};
use crate::{
    domain::{
        delivery::{Lane, LaneState},
        id::{ActivityId, DeliveryId, EntryId, OrganisationId},
        organisation::{Category, Organisation},
        task::Task,
    },
    federation::{
        delivery::Courier,
        fetch::{FetchSettings, GuardedClient},
        origin::Origin,
        signatures::{self, KeyCache, PublicKey, Received, SchemeMemory},
    },
    jobs::{Context, Next, Runner, Settings, Work},
    operations::hosts::may_federate,
    storage::{
        self, Conn, Db,
        deliveries::{NewDelivery, add_many},
        hosts::{self, HostPolicy, Policy},
        keys, lanes,
        samples::{SENDER, insert_activity, insert_entry, insert_organisation, write},
        testing::on_both,
    },
};

/// How a scripted server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Takes,
    Answers(u16),
    Busy,
    NeverAnswers,
    /// Refuses with this status what covers not this by RFC 9421; tells in
    /// its answer what it wants if it is to.
    Wants(u16, &'static str, bool),
}

pub(super) struct Request {
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Request {
    fn is_signed_with(&self, key: &PublicKey, ours: &Origin) -> bool {
        let received = Received::new(&Method::POST, &self.uri, &self.headers, &self.body);
        let signature = signatures::parse(&received, ours, noon());
        signature.is_ok_and(|signature| signature.verify(key).is_ok())
    }
}

/// A server that stops when it is dropped.
pub(super) struct Server {
    address: SocketAddr,
    pub requests: Arc<Mutex<Vec<Request>>>,
    /// When there is one, what it did not sign is refused.
    pub trusted: Arc<Mutex<Option<PublicKey>>>,
    serving: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Server {
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let trusted: Arc<Mutex<Option<PublicKey>>> = Arc::default();
        let (log, key) = (Arc::clone(&requests), Arc::clone(&trusted));
        let origin = Url::parse(&format!("http://{address}")).expect("an address");
        let origin = Origin::of(&origin).expect("an origin");
        let answer = move |uri: Uri, headers: HeaderMap, body: Bytes| {
            let input = headers.get("signature-input");
            let input = input.and_then(|input| input.to_str().ok());
            let input = input.unwrap_or_default().to_owned();
            let request = Request { uri, headers, body };
            let trusted = key.lock().expect("not poisoned").clone();
            let believed = trusted.is_none_or(|key| request.is_signed_with(&key, &origin));
            log.lock().expect("not poisoned").push(request);
            answer(
                if believed {
                    manner
                } else {
                    Manner::Answers(401)
                },
                input,
            )
        };
        let router = Router::new().fallback(answer);
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("served");
        });
        Self {
            address,
            requests,
            trusted,
            serving,
        }
    }

    pub fn host(&self) -> String {
        self.address.to_string()
    }

    pub fn inbox(&self) -> Url {
        Url::parse(&format!("http://{}/inbox", self.address)).expect("an address")
    }

    pub fn count(&self) -> usize {
        self.requests.lock().expect("not poisoned").len()
    }

    pub fn bodies(&self) -> Vec<String> {
        let requests = self.requests.lock().expect("not poisoned");
        let body = |request: &Request| String::from_utf8_lossy(&request.body).into_owned();
        requests.iter().map(body).collect()
    }
}

async fn answer(manner: Manner, input: String) -> Response {
    match manner {
        Manner::Wants(_, part, _) if input.contains(part) => StatusCode::ACCEPTED.into_response(),
        Manner::Wants(status, part, tells) => {
            let status = StatusCode::from_u16(status).expect("a status");
            let wish = format!("wish=({part});created");
            let mut response = status.into_response();
            if tells {
                let wish = wish.parse().expect("a header");
                response.headers_mut().insert("accept-signature", wish);
            }
            response
        }
        Manner::Takes => StatusCode::ACCEPTED.into_response(),
        Manner::Answers(status) => StatusCode::from_u16(status)
            .expect("a status")
            .into_response(),
        Manner::Busy => (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "600")]).into_response(),
        Manner::NeverAnswers => std::future::pending().await,
    }
}

struct NoWork;

impl Work for NoWork {
    fn run(&self, _: Task) -> BoxFuture<'_, anyhow::Result<Next>> {
        Box::pin(async { Ok(Next::Done) })
    }
}

/// Makes this actor the one who did all that is to be sent.
fn act_as(conn: &mut Conn, actor: &Url) -> Result<(), storage::Error> {
    diesel::update(storage::schema::activities::table)
        .set(storage::schema::activities::actor_uri.eq(actor.as_str()))
        .execute(conn)?;
    Ok(())
}

/// A node with an organisation, and the servers that it may send to.
pub(super) struct Rig {
    pub db: Db,
    pub node: TestApp,
    pub sender: Organisation,
    /// How long it waits for an answer.
    pub patience: Duration,
    begun: Instant,
}

impl Rig {
    pub async fn new(db: Db, servers: &[&Server]) -> Self {
        let addresses: Vec<String> = servers.iter().map(|server| server.host()).collect();
        let addresses = format!("{addresses:?}");
        let settings = [
            ("VIRTUAL_FORUM_FEDERATION__ALLOWED_ADDRESSES", &*addresses),
            ("VIRTUAL_FORUM_FEDERATION__ALLOW_HTTP", "true"),
        ];
        let node = TestApp::with(db.clone(), &settings);
        let sender = node.organisation("police", Category::Government).await;
        Self {
            db,
            node,
            sender,
            patience: Duration::from_secs(3),
            begun: Instant::now(),
        }
    }

    pub fn start(&self) -> Runner {
        let begun = self.begun;
        let now = move || -> DateTime<Utc> { noon() + begun.elapsed() };
        let app = &self.node.app;
        let fetch = FetchSettings {
            total_timeout: self.patience,
            ..FetchSettings::new(&app.config)
        };
        let client = GuardedClient::new(&fetch, Arc::new(now)).expect("a client");
        let client = client.remembering(SchemeMemory::new(self.db.clone()));
        let courier = Courier::new(
            self.node.app.forum.clone(),
            client,
            KeyCache::default(),
            Arc::new(now),
            false,
        );
        let context = Context {
            settings: Arc::new(Settings {
                poll: Duration::from_millis(20),
                lease: Duration::from_millis(600),
                retry_after: vec![Duration::from_secs(60)],
                ..Settings::new(&app.config.delivery)
            }),
            db: self.db.clone(),
            now: Arc::new(now),
            jitter: Arc::new(|| 0.0),
            work: Arc::new(NoWork),
            post: Arc::new(courier),
        };
        Runner::start(context, Arc::new(Notify::new()))
    }

    /// Queues activities `1..=count` for each server.
    pub async fn queue(&self, count: i64, servers: &[&Server]) {
        let inboxes: Vec<Url> = servers.iter().map(|server| server.inbox()).collect();
        self.queue_for(count, inboxes).await;
    }

    /// Queues one activity of this number, above those of [`Self::queue`].
    pub async fn queue_one(&self, number: i64, server: &Server) {
        let new = NewDelivery {
            id: DeliveryId(1_000 + number),
            activity: ActivityId(number),
            sender: self.sender.id,
            inbox: server.inbox(),
            order_key: "one".to_owned(),
            recipient: None,
        };
        let actor = self.sender.uri.clone();
        write(&self.db, move |conn| {
            insert_activity(conn, ActivityId(number), "Accept", None)?;
            act_as(conn, &actor)?;
            add_many(conn, &[new], noon())
        })
        .await;
    }

    async fn queue_for(&self, count: i64, inboxes: Vec<Url>) {
        let (sender, actor) = (self.sender.id, self.sender.uri.clone());
        write(&self.db, move |conn| {
            let mut rows = Vec::new();
            for activity in 1..=count {
                insert_activity(conn, ActivityId(activity), "Accept", None)?;
                act_as(conn, &actor)?;
                for inbox in &inboxes {
                    let id = i64::try_from(rows.len()).expect("few") + 1;
                    rows.push(NewDelivery {
                        id: DeliveryId(id),
                        activity: ActivityId(activity),
                        sender,
                        inbox: inbox.clone(),
                        order_key: "one".to_owned(),
                        recipient: None,
                    });
                }
            }
            add_many(conn, &rows, noon())
        })
        .await;
    }

    pub async fn lane(&self, server: &Server) -> Lane {
        let host = server.host();
        let lane = write(&self.db, move |conn| lanes::find(conn, &host)).await;
        lane.expect("a lane")
    }
}

pub(super) async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..2_000 {
        if is_so().await {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("not within 20 seconds: {what}");
}

#[test]
fn a_delivery_is_signed_by_its_author_and_sent_byte_for_byte() {
    on_both(async |db| {
        let server = Server::start(Manner::Takes).await;
        let rig = Rig::new(db, &[&server]).await;
        rig.queue(1, &[&server]).await;
        let runner = rig.start();
        until("it came", async || server.count() == 1).await;
        runner.stop(Duration::from_secs(5)).await;
        let owner = rig.sender.uri.clone();
        let stored = write(&rig.db, move |conn| keys::of_owner(conn, &owner)).await;
        let requests = server.requests.lock().expect("not poisoned");
        let Request { uri, headers, body } = &requests[0];
        assert_eq!(&body[..], b"activity 1");
        assert_eq!(headers["content-type"], "application/activity+json");
        let received = Received::new(&Method::POST, uri, headers, body);
        let origin = Origin::of(&server.inbox()).expect("an origin");
        let signature = signatures::parse(&received, &origin, noon()).expect("well signed");
        let key = stored
            .iter()
            .find(|key| key.uri == *signature.key_id())
            .expect("a key of the author's");
        let key = KeyCache::default().public(&key.public_key).expect("a key");
        signature.verify(&key).expect("the author's signature");
    });
}

#[test]
fn each_host_is_treated_as_it_answers() {
    on_both(async |db| {
        let manners = [
            Manner::Takes,
            Manner::NeverAnswers,
            Manner::Answers(500),
            Manner::Answers(410),
            Manner::Answers(401),
            Manner::Busy,
            Manner::Answers(400),
            Manner::Takes,
        ];
        let mut servers = Vec::new();
        for manner in manners {
            servers.push(Server::start(manner).await);
        }
        let refs: Vec<&Server> = servers.iter().collect();
        let [good, silent, broken, gone, refusing, busy, picky, other] = refs[..] else {
            panic!("eight servers");
        };
        let rig = Rig::new(db, &refs).await;
        rig.queue(5, &refs).await;
        let runner = rig.start();
        until("the good ones have all", async || {
            good.count() == 5 && other.count() == 5
        })
        .await;
        let expected = [1, 2, 3, 4, 5].map(|id| format!("activity {id}"));
        assert_eq!(good.bodies(), expected);
        assert_eq!(other.bodies(), expected);
        until("the others are noted", async || {
            rig.lane(silent).await.failures == 1
                && rig.lane(broken).await.failures == 1
                && rig.lane(busy).await.failures == 1
                && rig.lane(refusing).await.state == LaneState::Held
                && rig.lane(gone).await.dead == 5
                && rig.lane(picky).await.dead == 5
        })
        .await;
        runner.stop(Duration::from_secs(5)).await;
        // One key, so one request at a time: one each that failed, and one
        // more where another signature might have been taken.
        for (name, server, requests) in [
            ("silent", silent, 1),
            ("broken", broken, 1),
            ("busy", busy, 1),
            ("refusing", refusing, 2),
            ("gone", gone, 1),
        ] {
            assert_eq!(server.count(), requests, "{name}");
        }
        for server in [silent, broken, busy, refusing] {
            assert_eq!(rig.lane(server).await.pending, 5);
        }
        let waits = async |server| {
            let retry_at = rig.lane(server).await.retry_at.expect("a time");
            (retry_at - noon()).num_seconds()
        };
        // Since then, and with what the test took until it failed.
        assert!((60..600).contains(&waits(broken).await));
        assert!((600..1_200).contains(&waits(busy).await));
        assert_eq!(picky.count(), 5);
        assert_eq!(rig.lane(picky).await.failures, 0);
    });
}

#[test]
fn a_host_that_never_answers_delays_no_other() {
    on_both(async |db| {
        let silent = Server::start(Manner::NeverAnswers).await;
        let good = Server::start(Manner::Takes).await;
        let mut rig = Rig::new(db, &[&silent, &good]).await;
        rig.patience = Duration::from_secs(3_600);
        rig.queue(5, &[&silent, &good]).await;
        let runner = rig.start();
        until("the good one has all", async || good.count() == 5).await;
        until("the silent one was asked", async || silent.count() == 1).await;
        runner.stop(Duration::ZERO).await;
        assert_eq!(rig.lane(&silent).await.failures, 0);
    });
}

#[test]
fn a_server_that_is_down_is_a_failure_of_the_network() {
    on_both(async |db| {
        let server = Server::start(Manner::Takes).await;
        let rig = Rig::new(db, &[&server]).await;
        rig.queue(1, &[&server]).await;
        server.serving.abort();
        until("it is down", async || server.serving.is_finished()).await;
        let runner = rig.start();
        until("it failed", async || rig.lane(&server).await.failures == 1).await;
        runner.stop(Duration::from_secs(5)).await;
        let error = rig.lane(&server).await.last_error;
        assert_eq!(error.as_deref(), Some("the server cannot be reached"));
    });
}

#[test]
fn nothing_is_sent_to_a_private_address_that_was_not_allowed() {
    on_both(async |db| {
        let (allowed, other) = (
            Server::start(Manner::Takes).await,
            Server::start(Manner::Takes).await,
        );
        let rig = Rig::new(db, &[&allowed]).await;
        rig.queue(1, &[&other]).await;
        let runner = rig.start();
        until("it failed", async || rig.lane(&other).await.failures == 1).await;
        runner.stop(Duration::from_secs(5)).await;
        assert_eq!(other.count(), 0);
    });
}

#[test]
fn nothing_is_sent_to_a_host_that_was_blocked_after_it_was_queued() {
    on_both(async |db| {
        let server = Server::start(Manner::Takes).await;
        let rig = Rig::new(db, &[&server]).await;
        rig.queue(2, &[&server]).await;
        write(&rig.db, |conn| {
            let policy = HostPolicy {
                host: "127.0.0.1".to_owned(),
                policy: Policy::Block,
                reason: String::new(),
                created_at: noon(),
            };
            hosts::put(conn, &policy)
        })
        .await;
        let runner = rig.start();
        until("they are dropped", async || {
            rig.lane(&server).await.dead == 2
        })
        .await;
        runner.stop(Duration::from_secs(5)).await;
        assert_eq!(server.count(), 0);
    });
}

/// The rule is stated twice: over the list that doors keep in memory, and as
/// a query at the moment of sending.
#[test]
fn both_statements_of_who_may_be_talked_to_agree() {
    const HOSTS: [&str; 7] = [
        "example",
        "b.example",
        "a.b.example",
        "ab.example",
        "a.b.example:8443",
        "b.example:8443",
        "127.0.0.1",
    ];
    on_both(async |db| {
        write(&db, |conn| {
            for (decided, policy) in HOSTS
                .into_iter()
                .flat_map(|host| [(host, Policy::Block), (host, Policy::Allow)])
            {
                let decision = HostPolicy {
                    host: decided.to_owned(),
                    policy,
                    reason: String::new(),
                    created_at: noon(),
                };
                hosts::put(conn, &decision)?;
                for (host, allowlist) in HOSTS
                    .into_iter()
                    .flat_map(|host| [(host, true), (host, false)])
                {
                    let address = Url::parse(&format!("https://{host}/inbox")).expect("an address");
                    assert_eq!(
                        hosts::federates_with(conn, &address, allowlist)?,
                        may_federate(std::slice::from_ref(&decision), host, allowlist),
                        "{policy:?} {decided}: {host}, {allowlist}"
                    );
                }
                hosts::remove(conn, decided)?;
            }
            Ok(())
        })
        .await;
    });
}

#[test]
fn an_entry_that_was_narrowed_after_it_was_queued_is_not_sent() {
    on_both(async |db| {
        let server = Server::start(Manner::Takes).await;
        let rig = Rig::new(db, &[&server]).await;
        let (sender, inbox) = (rig.sender.id, server.inbox());
        let actor = rig.sender.uri.clone();
        write(&rig.db, move |conn| {
            insert_organisation(conn, SENDER, None)?;
            insert_entry(conn, EntryId(50), "members")?;
            insert_activity(conn, ActivityId(1), "Create", Some(EntryId(50)))?;
            insert_activity(conn, ActivityId(2), "Delete", Some(EntryId(50)))?;
            act_as(conn, &actor)?;
            let rows = [1, 2].map(|id| NewDelivery {
                id: DeliveryId(id),
                activity: ActivityId(id),
                sender,
                inbox: inbox.clone(),
                order_key: "one".to_owned(),
                recipient: None,
            });
            add_many(conn, &rows, noon())
        })
        .await;
        let runner = rig.start();
        until("it is over", async || rig.lane(&server).await.pending == 0).await;
        runner.stop(Duration::from_secs(5)).await;
        assert_eq!(server.bodies(), ["activity 2"]);
    });
}

#[test]
fn an_author_without_a_key_is_our_fault_and_not_the_hosts() {
    on_both(async |db| {
        let server = Server::start(Manner::Takes).await;
        let mut rig = Rig::new(db, &[&server]).await;
        rig.sender.id = OrganisationId(7);
        rig.sender.uri = Url::parse("https://n.example/orgs/keyless").expect("an address");
        write(&rig.db, |conn| {
            insert_organisation(conn, OrganisationId(7), None)
        })
        .await;
        rig.queue(1, &[&server]).await;
        let runner = rig.start();
        until("it is a dead letter", async || {
            rig.lane(&server).await.dead == 1
        })
        .await;
        runner.stop(Duration::from_secs(5)).await;
        assert_eq!(rig.lane(&server).await.failures, 0);
        assert_eq!(server.count(), 0);
    });
}
