//! How fast deliveries leave, from row to acknowledged row, in units of what
//! limits them: one core's RSA signatures. And what a dead host with a backlog
//! of its own costs the others: a ratio of 1 is nothing.
//!
//! `cargo bench --bench delivery [ROUNDS]` queues ROUNDS activities (10 by
//! default) for each of 500 hosts on loopback, which take everything, and
//! sends them through the whole of it: lanes, signatures, the guarded client,
//! records in SQLite. The servers share the machine's cores with the sender.
//! Measured by turns, because other work on the machine comes and goes.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, http::StatusCode};
use tokio::{net::TcpListener, time::sleep};
use url::Url;
use virtual_forum::{
    app::App,
    config::Config,
    domain::{
        activity::{ActivityKind, Outgoing, Recipients, Subject},
        id::{ActivityId, DeliveryId},
        organisation::{Category, Organisation},
    },
    federation::{
        delivery::Courier,
        signatures::{KeyCache, PrivateKey},
    },
    jobs::{self, Functions, Next},
    operations::{
        Clock, Forum,
        organisations::{self, NewOrganisation},
    },
    storage::{
        Error, activities,
        deliveries::{self, NewDelivery},
        lanes,
    },
};

const SERVERS: usize = 500;
const DEFAULT_ROUNDS: usize = 10;

/// How often everything is measured; the middle one of the ratios counts.
const TURNS: usize = 3;

/// Bytes of an activity.
const DOCUMENT: usize = 2_000;

fn main() {
    // Cargo passes `--bench`, which is no number.
    let rounds = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(DEFAULT_ROUNDS);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let (mut shares, mut besides) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let signing = signatures_per_second();
        let alone = runtime.block_on(deliveries_per_second(rounds, false));
        let with_dead = runtime.block_on(deliveries_per_second(rounds, true));
        println!(
            "one core signs {signing:>6.0} /s   {SERVERS} hosts get {alone:>6.0} /s   \
             beside a silent one {with_dead:>6.0} /s"
        );
        shares.push(alone / signing);
        besides.push(with_dead / alone);
    }
    println!(
        "deliveries in one core's RSA-2048 signatures   {:.2}",
        middle(shares)
    );
    println!(
        "beside a host that never answers               {:.2} of that",
        middle(besides)
    );
}

fn middle(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

fn signatures_per_second() -> f64 {
    let key = PrivateKey::generate_rsa().expect("a key");
    let (begun, mut count) = (Instant::now(), 0_u32);
    while begun.elapsed() < Duration::from_secs(1) {
        std::hint::black_box(key.sign(&count.to_ne_bytes()));
        count += 1;
    }
    f64::from(count) / begun.elapsed().as_secs_f64()
}

/// Queues everything, then measures how long it takes to leave.
async fn deliveries_per_second(rounds: usize, with_dead: bool) -> f64 {
    let taken = Arc::new(AtomicUsize::new(0));
    let mut hosts = Vec::new();
    for _ in 0..SERVERS {
        hosts.push(willing(Arc::clone(&taken)).await);
    }
    if with_dead {
        hosts.push(silent().await);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let app = node(folder.path(), &hosts).await;
    queue(&app.forum, rounds, &hosts).await;
    let courier = Courier::new(
        app.forum.clone(),
        app.federation.client.clone(),
        KeyCache::default(),
        Arc::new(|| Clock::System.now()),
        false,
    );
    let functions = Functions {
        distribute: Box::new(|_| Box::pin(async { Ok(Next::Done) })),
        read_history: Box::new(|_| Box::pin(async { Ok(Next::Done) })),
        read_pins: Box::new(|_| Box::pin(async { Ok(Next::Done) })),
        read_conversation: Box::new(|_| Box::pin(async { Ok(Next::Done) })),
        compare_followers: Box::new(|_| Box::pin(async { Ok(Next::Done) })),
        take_again: Box::new(|_| Box::pin(async { Ok(Next::Done) })),
        ask_for_lists: Box::new(|()| Box::pin(async { Ok(Next::Done) })),
        ask_for_accreditations: Box::new(|()| Box::pin(async { Ok(Next::Done) })),
        mailer: None,
    };
    let begun = Instant::now();
    let runner = jobs::start(&app.forum, &app.config, courier, functions);
    let all = rounds * SERVERS;
    while taken.load(Ordering::Relaxed) < all || pending(&app.forum, &hosts[..SERVERS]).await > 0 {
        sleep(Duration::from_millis(10)).await;
    }
    let taking = begun.elapsed();
    drop(runner);
    f64::from(u32::try_from(all).expect("a sensible number")) / taking.as_secs_f64()
}

/// A server that takes everything.
async fn willing(taken: Arc<AtomicUsize>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let take = move |_: axum::body::Bytes| {
        taken.fetch_add(1, Ordering::Relaxed);
        async { StatusCode::ACCEPTED }
    };
    tokio::spawn(axum::serve(listener, Router::new().fallback(take)).into_future());
    address
}

/// A server that accepts connections and says nothing.
async fn silent() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            open.push(stream);
        }
    });
    address
}

async fn node(folder: &std::path::Path, hosts: &[SocketAddr]) -> App {
    let allowed: Vec<String> = hosts.iter().map(SocketAddr::to_string).collect();
    let settings = [
        ("DATA_DIR", folder.display().to_string()),
        ("SERVER__PUBLIC_URL", "https://n.example".into()),
        ("FEDERATION__ALLOW_HTTP", "true".into()),
        ("FEDERATION__ALLOWED_ADDRESSES", format!("{allowed:?}")),
    ]
    .map(|(name, value)| (format!("VIRTUAL_FORUM_{name}"), value));
    let config = Config::load(None, settings).expect("valid settings");
    let app = App::open(config, Clock::System).expect("a node");
    app.forum.db.migrate().expect("the migrations apply");
    app
}

async fn queue(forum: &Forum, rounds: usize, hosts: &[SocketAddr]) {
    let new = NewOrganisation {
        handle: "moj".into(),
        name: "Ministry".into(),
        category: Category::Government,
        country: None,
        summary: String::new(),
    };
    let sender = organisations::create(forum, None, new).await;
    let sender = sender.expect("an organisation");
    let inboxes: Vec<Url> = hosts
        .iter()
        .map(|host| Url::parse(&format!("http://{host}/inbox")).expect("an address"))
        .collect();
    for _ in 0..rounds {
        let (sender, inboxes) = (sender.clone(), inboxes.clone());
        let written = forum.write(move |conn, forum| queue_one(conn, forum, &sender, &inboxes));
        written.await.expect("queued");
    }
}

/// One activity for every inbox.
fn queue_one(
    conn: &mut virtual_forum::storage::Conn,
    forum: &Forum,
    sender: &Organisation,
    inboxes: &[Url],
) -> Result<(), Error> {
    let activity = ActivityId(forum.next_id());
    let outgoing = Outgoing {
        id: activity,
        uri: forum.urls.activity(activity),
        kind: ActivityKind::Update,
        actor: sender.id,
        subject: Subject::Myself,
        recipients: Recipients::Everybody,
        created_at: forum.now(),
    };
    activities::insert(conn, &sender.uri, &outgoing)?;
    activities::set_document(conn, activity, &"x".repeat(DOCUMENT))?;
    let rows: Vec<NewDelivery> = inboxes
        .iter()
        .map(|inbox| NewDelivery {
            id: DeliveryId(forum.next_id()),
            activity,
            sender: sender.id,
            inbox: inbox.clone(),
            order_key: activity.to_string(),
            recipient: None,
        })
        .collect();
    deliveries::add_many(conn, &rows, forum.now())?;
    Ok(())
}

/// What still waits for these hosts.
async fn pending(forum: &Forum, hosts: &[SocketAddr]) -> i64 {
    let hosts: Vec<String> = hosts.iter().map(SocketAddr::to_string).collect();
    let waiting = forum.db.read(move |conn| -> Result<i64, Error> {
        let mut waiting = 0;
        for host in hosts {
            waiting += lanes::find(conn, &host)?.map_or(0, |lane| lane.pending);
        }
        Ok(waiting)
    });
    waiting.await.expect("read")
}
