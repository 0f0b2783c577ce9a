//! How many signed activities a node takes and stores, for each second that a
//! core works on it.
//!
//! `cargo bench -p federation-tests --bench receiving [ACTIVITIES]` signs as
//! many Creates (45,000 by default) beforehand, posts them to a node as fast
//! as it takes them, checks that every one is there, and once, and then posts
//! 5,000 more at a constant 500 a second and tells how long answers took, and
//! how much memory the node takes afterwards. On SQLite, and then on
//! PostgreSQL where `VIRTUAL_FORUM_TEST_POSTGRES` is set.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::body::Body;
use federation_tests::{
    database::{self, Store},
    load,
    mastodon::Mastodon,
    node::{Node, Plan},
    remote::Remote,
    signing::{Delivery, http_date},
    wait,
};
use hyper::Request;

const DEFAULT_ACTIVITIES: usize = 45_000;
const CONNECTIONS: usize = 64;
/// What a node must do, for each second and core.
const TARGET: f64 = 1_500.0;
const STEADY: usize = 5_000;
const STEADY_PER_SECOND: f64 = 500.0;
/// Within which 99 % of the answers must come.
const PATIENCE: Duration = Duration::from_millis(300);
/// The most memory that a node may take, in MiB.
const MEMORY: f64 = 256.0;

fn main() {
    let activities = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(DEFAULT_ACTIVITIES);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(measure(Store::Sqlite, activities));
    if std::env::var(database::SERVER).is_ok() {
        runtime.block_on(measure(Store::Postgres, activities));
    }
}

async fn measure(store: Store, activities: usize) {
    let remote = Remote::start().await;
    let node = Plan::new(store)
        .reaching(&[remote.authority()])
        .start()
        .await;
    let member = node.member("moj", "Ministry of Justice", "government");
    let account = follow(&remote, &node, &member.mastodon()).await;

    let signed = Arc::new(sign(&remote, &node, activities + STEADY));
    let server: SocketAddr = node.plan.socket().parse().expect("an address");
    let before = load::processor_seconds(node.process_id());
    let batch = Arc::clone(&signed);
    let run = load::run(server, CONNECTIONS, move |number| {
        (number < activities).then(|| batch[number].request())
    })
    .await;
    stored(&member.mastodon(), &account, activities).await;
    let processor = load::processor_seconds(node.process_id()) - before;
    let per_core = load::number(activities) / processor;
    println!("{store:?}: {activities} signed Creates, each stored once");
    println!(
        "  {per_core:.0} a second of one core, {:.2} × the target of {TARGET}",
        per_core / TARGET
    );
    println!(
        "  {:.0} a second by the clock, beside who sent them",
        run.per_second()
    );

    let run = load::run_paced(server, CONNECTIONS, STEADY_PER_SECOND, move |number| {
        signed.get(activities + number).map(Signed::request)
    })
    .await;
    stored(&member.mastodon(), &account, activities + STEADY).await;
    let slowest = run.within(0.99);
    println!(
        "  at {STEADY_PER_SECOND} a second, half of the answers within {:?}, 99 % within {slowest:?}, \
         {:.2} of the limit",
        run.within(0.5),
        slowest.div_duration_f64(PATIENCE)
    );
    let memory = load::resident_bytes(node.process_id()) / 1024.0 / 1024.0;
    println!(
        "  {memory:.0} MiB resident after {} entries, {:.2} of the limit",
        activities + STEADY,
        memory / MEMORY
    );
}

/// A node keeps what somebody there follows.
async fn follow(remote: &Remote, node: &Node, mastodon: &Mastodon) -> String {
    let address = format!("@mallory@{}", remote.authority());
    let accepting = async {
        loop {
            remote.accept_follows(&node.origin()).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::select! {
        account = mastodon.follow(&address) => account,
        () = accepting => unreachable!("it accepts for ever"),
    }
}

struct Signed {
    delivery: Delivery,
    signature: String,
}

impl Signed {
    fn request(&self) -> Request<Body> {
        Request::post(&self.delivery.path)
            .header("host", &self.delivery.host)
            .header("date", http_date(self.delivery.date))
            .header("digest", &self.delivery.digest)
            .header("content-type", "application/activity+json")
            .header("signature", &self.signature)
            .body(Body::from(self.delivery.body.clone()))
            .expect("a request")
    }
}

fn sign(remote: &Remote, node: &Node, count: usize) -> Vec<Signed> {
    (0..count)
        .map(|number| {
            let text = format!(
                "<p>Note {number}: {}</p>",
                "as long as notes are ".repeat(20)
            );
            let note = remote.note(&format!("n{number}"), &text);
            let create = remote.activity(&format!("c{number}"), "Create", &note);
            let delivery = remote.delivery(&node.origin(), create.to_string().into_bytes());
            let signature = delivery.signature(&remote.key);
            Signed {
                delivery,
                signature,
            }
        })
        .collect()
}

/// Waits until the node tells this count of the sender's entries.
async fn stored(mastodon: &Mastodon, account: &str, count: usize) {
    let path = format!("/api/v1/accounts/{account}");
    let what = format!("{count} entries");
    wait::until(&what, || async {
        let told = mastodon.get(&path).await.expect(200).json()["statuses_count"].as_u64();
        let told = usize::try_from(told.unwrap_or_default()).expect("a count");
        assert!(told <= count, "{told} instead of {count}");
        (told == count).then_some(())
    })
    .await;
}
