//! Waiting for what happens on another machine's time.

use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};

/// How long anything between nodes may take before a test gives up. Generous:
/// two busy cores run everything.
pub const PATIENCE: Duration = Duration::from_secs(60);

const PAUSE: Duration = Duration::from_millis(150);

/// Asks again until there is an answer.
///
/// # Panics
/// After [`PATIENCE`], with `what` was waited for.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, ask: impl FnMut() -> F) -> T {
    until_within(PATIENCE, what, ask).await
}

/// [`until`] with another patience.
pub async fn until_within<T, F: Future<Output = Option<T>>>(
    patience: Duration,
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(
            start.elapsed() < patience,
            "waited {patience:?} in vain for: {what}"
        );
        tokio::time::sleep(PAUSE).await;
    }
}

/// For what must *not* happen: long enough that it would have.
pub async fn a_while() {
    tokio::time::sleep(Duration::from_secs(2)).await;
}

/// The real time: the nodes under test are processes that have no other.
pub fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}
