//! Load for benchmarks: many connections that ask again as soon as they are
//! answered, and what a process spends on it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use hyper::{Request, StatusCode, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};

/// Of one run: what was answered, and how fast.
#[derive(Debug, Clone)]
pub struct Run {
    pub answers: usize,
    pub taking: Duration,
    /// How long each answer took, shortest first.
    pub latencies: Vec<Duration>,
}

impl Run {
    pub fn per_second(&self) -> f64 {
        number(self.answers) / self.taking.as_secs_f64()
    }

    /// The time within which this share of the answers came.
    pub fn within(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        let place = (number(last) * share).round();
        self.latencies
            .iter()
            .zip(0_u32..)
            .find(|(_, index)| f64::from(*index) >= place)
            .map_or(Duration::ZERO, |(latency, _)| *latency)
    }
}

/// Sends what `request` makes of 0, 1, 2, … over `connections` connections,
/// each as soon as it is answered, until it makes nothing more.
///
/// # Panics
/// When an answer is no success.
pub async fn run(
    server: SocketAddr,
    connections: usize,
    request: impl Fn(usize) -> Option<Request<Body>> + Send + Sync + 'static,
) -> Run {
    run_timed(server, connections, request, |_| None).await
}

/// [`run`] at a constant rate. An answer's time runs from when its request was
/// due, so that a server that stalls does not hide it.
///
/// # Panics
/// When an answer is no success.
pub async fn run_paced(
    server: SocketAddr,
    connections: usize,
    per_second: f64,
    request: impl Fn(usize) -> Option<Request<Body>> + Send + Sync + 'static,
) -> Run {
    let begun = Instant::now();
    let due = move |count| Some(begun + Duration::from_secs_f64(number(count) / per_second));
    run_timed(server, connections, request, due).await
}

async fn run_timed(
    server: SocketAddr,
    connections: usize,
    request: impl Fn(usize) -> Option<Request<Body>> + Send + Sync + 'static,
    due: impl Fn(usize) -> Option<Instant> + Copy + Send + Sync + 'static,
) -> Run {
    let request = Arc::new(request);
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..connections {
        let (request, next) = (Arc::clone(&request), Arc::clone(&next));
        tasks.spawn(async move {
            let mut sender = connect(server).await;
            let mut latencies = Vec::new();
            loop {
                let count = next.fetch_add(1, Ordering::Relaxed);
                let Some(request) = request(count) else {
                    return latencies;
                };
                let begun = due(count).unwrap_or_else(Instant::now);
                tokio::time::sleep_until(begun.into()).await;
                let answer = sender.send_request(request).await.expect("an answer");
                let status = answer.status();
                let body = answer.into_body().collect().await.expect("a whole answer");
                assert_success(status, &body.to_bytes());
                latencies.push(begun.elapsed());
            }
        });
    }
    let mut latencies = tasks.join_all().await.concat();
    let taking = begun.elapsed();
    latencies.sort_unstable();
    Run {
        answers: latencies.len(),
        taking,
        latencies,
    }
}

fn assert_success(status: StatusCode, body: &Bytes) {
    let text = String::from_utf8_lossy(body);
    assert!(status.is_success(), "{status}: {text}");
}

async fn connect(server: SocketAddr) -> http1::SendRequest<Body> {
    let stream = TcpStream::connect(server).await.expect("a connection");
    stream
        .set_nodelay(true)
        .expect("a socket takes its options");
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .expect("a handshake");
    // Ends with the sender.
    tokio::spawn(connection);
    sender
}

/// The processor time that a process has used, in seconds (Linux).
pub fn processor_seconds(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("a process");
    // After the name, which may hold anything, from field 3 on: 14 and 15 are
    // the ticks in user and in kernel mode, of which Linux counts 100 a second.
    let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|field| field.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

/// The memory of a process that is in use, in bytes (Linux).
pub fn resident_bytes(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    let kibibytes: f64 = kibibytes
        .and_then(|text| text.parse().ok())
        .expect("a size");
    kibibytes * 1024.0
}

/// For ratios.
pub fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("fewer than four thousand million"))
}
