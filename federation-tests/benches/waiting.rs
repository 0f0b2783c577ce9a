//! What a dead host costs for which much waits: the processor time of a node
//! with 10,000 deliveries for a host that is gone, beside that of an idle node
//! in the same minute.
//!
//! `cargo bench -p federation-tests --bench waiting [DELIVERIES]`, on SQLite,
//! and then on PostgreSQL where `VIRTUAL_FORUM_TEST_POSTGRES` is set. A probe
//! of the dead host falls into the minute: back-off has its ordinary steps.

use std::{net::SocketAddr, time::Duration};

use axum::body::Body;
use federation_tests::{
    database::{self, Store},
    forum::{Forum, note},
    load,
    node::{Node, Plan},
    remote::Remote,
    wait,
};
use hyper::Request;
use serde_json::json;

const DEFAULT_DELIVERIES: usize = 10_000;
const CONNECTIONS: usize = 16;
const INTERVAL: Duration = Duration::from_secs(60);
/// Until what was written has come to rest.
const REST: Duration = Duration::from_secs(15);

fn main() {
    let deliveries = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(DEFAULT_DELIVERIES);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(measure(Store::Sqlite, deliveries));
    if std::env::var(database::SERVER).is_ok() {
        runtime.block_on(measure(Store::Postgres, deliveries));
    }
}

async fn measure(store: Store, deliveries: usize) {
    let waiting = waiting(store, deliveries).await;
    let idle = plan(store).start().await;
    tokio::time::sleep(REST).await;
    let nodes = [&idle, &waiting].map(Node::process_id);
    let before = nodes.map(load::processor_seconds);
    tokio::time::sleep(INTERVAL).await;
    let after = nodes.map(load::processor_seconds);
    let share = |node: usize| (after[node] - before[node]) / INTERVAL.as_secs_f64();
    println!("{store:?}, of one core in {INTERVAL:?}");
    println!(
        "  an idle node                                   {:.2} %",
        100.0 * share(0)
    );
    println!(
        "  with {deliveries} deliveries waiting for a dead host  {:.2} %",
        100.0 * share(1)
    );
}

fn plan(store: Store) -> Plan {
    Plan::new(store)
        .unset("delivery.retry_after")
        .set("limits.write_per_minute", "0")
}

/// A node for which so much waits.
async fn waiting(store: Store, deliveries: usize) -> Node {
    let remote = Remote::start().await;
    let host = remote.authority();
    let node = plan(store).reaching(&[&host]).start().await;
    let member = node.member("moj", "Ministry of Justice", "government");
    let follow = remote.activity("follow", "Follow", &json!(member.uri));
    remote.deliver(&node.origin(), &follow).await.success();
    wait::until("the follower to be accepted", || async {
        let delivered = remote.delivered();
        delivered
            .iter()
            .any(|one| one["type"] == "Accept")
            .then_some(())
    })
    .await;
    // From now on it is dead.
    drop(remote);
    let server: SocketAddr = node.plan.socket().parse().expect("an address");
    let token = format!("Bearer {}", member.token);
    load::run(server, CONNECTIONS, move |number| {
        (number < deliveries).then(|| publish(&token, number))
    })
    .await;
    node.user("admin@moj.example", "moj", "administrator");
    let token = node.token("admin@moj.example", "read admin:read");
    let forum = Forum::with_token(&node.origin(), &token);
    wait::until_within(5 * wait::PATIENCE, "all to be queued", || async {
        let lanes = forum.get("/admin/deliveries").await.expect(200).json();
        let lanes = lanes["items"].as_array()?.clone();
        let lane = lanes
            .into_iter()
            .find(|lane| lane["host"] == host.as_str())?;
        let pending = usize::try_from(lane["pending"].as_u64()?).ok()?;
        (pending >= deliveries).then_some(())
    })
    .await;
    node
}

fn publish(token: &str, number: usize) -> Request<Body> {
    let entry = note(&format!("Number {number}"), "public");
    Request::post("/api/forum/v1/entries")
        .header("host", "localhost")
        .header("authorization", token)
        .header("content-type", "application/json")
        .body(Body::from(entry.to_string()))
        .expect("a request")
}
