//! Sending again what was given up, and giving up what waits.

use super::{Forum, audit};
use crate::{
    domain::{audit::Decision, id::UserId},
    storage::{self, deliveries, lanes},
};

/// How many hosts are looked at in one go.
const HOSTS: i64 = 200;

/// Queues the dead letters of one host again, or of all hosts, and tries the
/// hosts at once. Answers how many were queued. For administrators, whose
/// doors check who asks.
///
/// # Errors
/// Storage only.
pub async fn replay(
    forum: &Forum,
    by: Option<UserId>,
    host: Option<String>,
) -> Result<usize, storage::Error> {
    let hosts = match host {
        Some(host) => vec![host],
        None => forum.db.read(hosts_with_dead_letters).await?,
    };
    forum
        .write(move |conn, forum| {
            let mut replayed = Vec::new();
            for host in hosts {
                // Nothing was ever sent there: nothing is decided.
                if lanes::find(conn, &host)?.is_some() {
                    let count = deliveries::replay_host(conn, &host, forum.now())?;
                    replayed.push((host, count));
                }
            }
            for (host, count) in &replayed {
                let (subject, detail) = described(host, *count);
                let decision = Decision::DeliveriesReplayed;
                audit::record(conn, forum, by, decision, &subject, &detail)?;
            }
            Ok(replayed.iter().map(|(_, count)| count).sum())
        })
        .await
}

/// What the log says of deliveries to a host: about what, and how many.
fn described(host: &str, count: usize) -> (String, String) {
    (format!("server {host}"), format!("{count} deliveries"))
}

/// Gives up on all that waits for a host: it becomes dead letters, which are
/// kept and can be sent again like others. Answers how many. For
/// administrators, whose doors check who asks.
///
/// # Errors
/// Storage only.
pub async fn give_up(
    forum: &Forum,
    by: Option<UserId>,
    host: String,
) -> Result<usize, storage::Error> {
    let note = "an administrator gave it up";
    forum
        .write(move |conn, forum| {
            let dropped = deliveries::drop_host(conn, &host, note, forum.now())?;
            if dropped > 0 {
                let (subject, detail) = described(&host, dropped);
                let decision = Decision::DeliveriesDropped;
                audit::record(conn, forum, by, decision, &subject, &detail)?;
            }
            Ok(dropped)
        })
        .await
}

fn hosts_with_dead_letters(conn: &mut storage::Conn) -> Result<Vec<String>, storage::Error> {
    let mut hosts = Vec::new();
    for page in 0.. {
        let lanes = lanes::overview(conn, page * HOSTS, HOSTS)?;
        let seen = lanes.len();
        hosts.extend(
            lanes
                .into_iter()
                .filter(|lane| lane.dead > 0)
                .map(|lane| lane.host),
        );
        if seen < HOSTS as usize {
            break;
        }
    }
    hosts.sort_unstable();
    Ok(hosts)
}
