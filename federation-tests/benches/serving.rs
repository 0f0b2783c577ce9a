//! What a node costs: its size, its start, its memory, and the rate at which
//! it answers strangers, in units of an axum handler that does nothing.
//!
//! `cargo bench -p federation-tests --bench serving [SECONDS]` asks a node and
//! the empty handler in turns, each a process of its own, for SECONDS (3 by
//! default) at a time. Once every caller asks for the same address, and once
//! each asks for one that nobody asked for before, which no cache can answer.

use std::{
    net::SocketAddr,
    process::{Child, Command},
    time::{Duration, Instant},
};

use axum::{Router, body::Body, routing::get};
use federation_tests::{
    binary,
    database::Store,
    http, load,
    node::{Node, Plan, text},
};
use hyper::Request;
use serde_json::json;

const ENTRIES: usize = 60;
const CONNECTIONS: usize = 32;
const TURNS: usize = 3;
const DEFAULT_SECONDS: u64 = 3;

const MEBIBYTE: f64 = 1024.0 * 1024.0;
const HTML: &str = "text/html";
const ACTIVITY: &str = "application/activity+json";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    if let [_, word, address] = &arguments[..]
        && word == "empty"
    {
        return runtime.block_on(serve_empty(address));
    }
    let seconds = arguments.iter().find_map(|argument| argument.parse().ok());
    let turn = Duration::from_secs(seconds.unwrap_or(DEFAULT_SECONDS));
    runtime.block_on(measure(turn));
}

/// The peer: a handler that does nothing.
async fn serve_empty(address: &str) {
    let listener = tokio::net::TcpListener::bind(address).await;
    let router = Router::new().route("/", get(async || "nothing\n"));
    axum::serve(listener.expect("the port is free"), router)
        .await
        .expect("it serves until it is killed");
}

async fn measure(turn: Duration) {
    let size = std::fs::metadata(binary::path()).expect("a program").len();
    let size = load::number(usize::try_from(size).expect("a size")) / MEBIBYTE;
    println!(
        "the program: {size:.1} MiB, {:.2} of its limit of 60",
        size / 60.0
    );
    let begun = Instant::now();
    let node = Node::alone(Store::Sqlite).await;
    let ready = begun.elapsed().as_secs_f64();
    println!("an empty node, made and ready: {ready:.2} s, the limit is 1");
    tell_memory("an empty node", &node);

    let paths = fill(&node).await;
    let empty = Empty::start().await;
    println!("answers a second, and processor time an answer, in units of an empty handler:");
    for (name, path, accept) in [
        ("the public timeline", "/api/v1/timelines/public", "*/*"),
        ("an actor", paths.actor.as_str(), ACTIVITY),
        ("an entry's page", paths.entry.as_str(), HTML),
        ("the page of entries", "/", HTML),
    ] {
        let same = compare(&node, &empty, path, accept, turn, false).await;
        let new = compare(&node, &empty, path, accept, turn, true).await;
        println!("  {name}: {same}; never asked before: {new}");
    }
    tell_memory("the node after all that", &node);
}

fn tell_memory(what: &str, node: &Node) {
    let memory = load::resident_bytes(node.process_id()) / MEBIBYTE;
    println!(
        "{what}: {memory:.1} MiB resident, {:.2} of its limit of 60",
        memory / 60.0
    );
}

struct Paths {
    actor: String,
    entry: String,
}

/// Public requests of one organisation.
async fn fill(node: &Node) -> Paths {
    let member = node.member("moj", "Ministry of Justice", "government");
    let mut entry = json!(null);
    for number in 0..ENTRIES {
        entry = member
            .forum()
            .publish(&json!({
                "kind": "request", "title": format!("Training for border police, part {number}"),
                "body": "Five days for **forty officers**.\n\n".repeat(10),
                "audience": "public", "countries": ["AL"], "sectors": ["15190"],
                "pillars": ["prevention"], "exploitation": ["forced-labour"],
            }))
            .await;
    }
    let path = |uri: String| uri.replace(&node.origin(), "");
    Paths {
        actor: path(member.uri),
        entry: path(text(&entry, "uri")),
    }
}

/// The process of the empty handler; it ends with this.
struct Empty {
    child: Child,
    address: SocketAddr,
}

impl Empty {
    async fn start() -> Self {
        let plan = Plan::new(Store::Sqlite);
        let child = Command::new(std::env::current_exe().expect("a path"))
            .args(["empty", &plan.socket()])
            .spawn()
            .expect("this program can be started");
        let address = plan.socket().parse().expect("an address");
        while http::get(&format!("http://{address}/"))
            .try_send()
            .await
            .is_none()
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { child, address }
    }
}

impl Drop for Empty {
    fn drop(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a killed child ends");
    }
}

/// Rate and processor time of one server.
#[derive(Default)]
struct Sum {
    answers: f64,
    taking: f64,
    processor: f64,
}

impl Sum {
    async fn add(
        &mut self,
        process: u32,
        server: SocketAddr,
        turn: Duration,
        request: impl Fn(usize) -> Request<Body> + Send + Sync + 'static,
    ) {
        let before = load::processor_seconds(process);
        let end = Instant::now() + turn;
        let run = load::run(server, CONNECTIONS, move |number| {
            (Instant::now() < end).then(|| request(number))
        })
        .await;
        self.answers += load::number(run.answers);
        self.taking += run.taking.as_secs_f64();
        self.processor += load::processor_seconds(process) - before;
    }

    fn rate(&self) -> f64 {
        self.answers / self.taking
    }

    fn cost(&self) -> f64 {
        self.processor / self.answers
    }
}

async fn compare(
    node: &Node,
    empty: &Empty,
    path: &str,
    accept: &'static str,
    turn: Duration,
    each_new: bool,
) -> String {
    let server: SocketAddr = node.plan.socket().parse().expect("an address");
    let (mut ours, mut theirs) = (Sum::default(), Sum::default());
    for round in 0..TURNS {
        theirs
            .add(empty.child.id(), empty.address, turn, move |_| {
                ask("localhost", "/", "*/*")
            })
            .await;
        let (path, host) = (path.to_owned(), node.plan.authority());
        ours.add(node.process_id(), server, turn, move |number| {
            let query = if each_new {
                format!("?n={round}-{number}")
            } else {
                String::new()
            };
            ask(&host, &format!("{path}{query}"), accept)
        })
        .await;
    }
    format!(
        "{:.2} the rate, {:.1} × the time",
        ours.rate() / theirs.rate(),
        ours.cost() / theirs.cost()
    )
}

fn ask(host: &str, target: &str, accept: &str) -> Request<Body> {
    Request::get(target)
        .header("host", host)
        .header("accept", accept)
        .body(Body::empty())
        .expect("a request")
}
