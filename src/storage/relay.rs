//! Processes that serve from one PostgreSQL database tell each other what they
//! changed (NOTIFY and LISTEN), so that whoever watches in one learns of all.
//!
//! Changes are passed on after their commit, a few times a second: a NOTIFY
//! inside of every transaction would have all commits wait for one another,
//! because PostgreSQL puts those in order. A process that dies in between loses
//! nothing that is stored; watchers elsewhere are then not told.

use std::{thread, time::Duration};

use diesel::{PgConnection, QueryResult, RunQueryDsl, connection::SimpleConnection, sql_types};
use tokio::sync::broadcast;

use super::{
    changes::{Change, Crier, Told},
    conn::Conn,
    error::Error,
    postgres::Server,
};
use crate::domain::audience::{Audience, AudienceKind};

/// Of the database, as all names there in lower case.
const CHANNEL: &str = "virtual_forum_changes";

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// Before another try to reach the server.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// Of one notification, in bytes; PostgreSQL takes less than 8,000.
const MAX_PAYLOAD: usize = 7_000;

/// Starts the thread. It ends when the database is closed.
pub(super) fn start(server: Server, crier: &Crier) -> Result<(), Error> {
    let relay = Relay {
        server,
        ours: crier.watch(),
        crier: crier.downgrade(),
    };
    thread::Builder::new()
        .name("postgres-relay".into())
        .spawn(move || relay.serve())
        .map_err(|error| Error::Unavailable(format!("no thread to tell others: {error}")))?;
    Ok(())
}

struct Relay {
    server: Server,
    /// Everything that is told in this process.
    ours: broadcast::Receiver<Told>,
    crier: broadcast::WeakSender<Told>,
}

/// A connection that listens.
struct Ear {
    conn: PgConnection,
    /// Its own process on the server, as notifications name it.
    process: i32,
}

impl Relay {
    fn serve(mut self) {
        let mut ear: Option<Ear> = None;
        while let Some(news) = self.gather() {
            let open = match ear.take() {
                Some(open) => Ok(open),
                None => Ear::open(&self.server),
            };
            match open.and_then(|open| self.exchange(open, &news)) {
                Ok(open) => {
                    ear = Some(open);
                    thread::sleep(PAUSE);
                }
                Err(error) => {
                    tracing::warn!(%error, "changes are not told to other processes");
                    thread::sleep(TRY_AGAIN);
                }
            }
        }
    }

    /// What this process changed since the last look; `None` when the database
    /// is closed.
    fn gather(&mut self) -> Option<Vec<Change>> {
        use broadcast::error::TryRecvError;
        let mut news = Vec::new();
        loop {
            match self.ours.try_recv() {
                Ok(told) if told.ours => news.push(told.change),
                Ok(_) | Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty) => return Some(news),
                Err(TryRecvError::Closed) => return None,
            }
        }
    }

    /// Tells the others, and hears what they told.
    fn exchange(&self, mut ear: Ear, news: &[Change]) -> Result<Ear, Error> {
        for payload in payloads(news) {
            ear.tell(&payload)?;
        }
        let heard = ear.hear()?;
        if let Some(crier) = Crier::upgrade(&self.crier) {
            for change in heard {
                crier.tell(change, false);
            }
        }
        Ok(ear)
    }
}

impl Ear {
    fn open(server: &Server) -> Result<Self, Error> {
        let Conn::Postgres(mut conn) = server.connect_unlimited()? else {
            return Err(Error::Url("must begin with postgres://"));
        };
        conn.batch_execute(&format!("LISTEN {CHANNEL}"))?;
        let process = diesel::select(diesel::dsl::sql::<sql_types::Integer>("pg_backend_pid()"));
        Ok(Self {
            process: process.get_result(&mut conn)?,
            conn,
        })
    }

    fn tell(&mut self, payload: &str) -> QueryResult<()> {
        diesel::sql_query("SELECT pg_notify($1, $2)")
            .bind::<sql_types::Text, _>(CHANNEL)
            .bind::<sql_types::Text, _>(payload)
            .execute(&mut self.conn)
            .map(drop)
    }

    /// What others told, without waiting.
    fn hear(&mut self) -> QueryResult<Vec<Change>> {
        let own = self.process;
        let mut heard = Vec::new();
        for notification in self.conn.notifications_iter() {
            let notification = notification?;
            if notification.process_id != own {
                heard.extend(notification.payload.lines().filter_map(read));
            }
        }
        Ok(heard)
    }
}

/// Changes as texts that the server takes, a line for each.
fn payloads(news: &[Change]) -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    for line in news.iter().map(write) {
        match payloads.last_mut() {
            Some(last) if last.len() + line.len() < MAX_PAYLOAD => {
                last.push('\n');
                last.push_str(&line);
            }
            Some(_) | None => payloads.push(line),
        }
    }
    // One that names so many parties that it does not fit is not told.
    payloads.retain(|payload| payload.len() < MAX_PAYLOAD);
    payloads
}

/// `made 1`, `edited 1 members`, `edited 1 named 2 3`.
fn write(change: &Change) -> String {
    match change {
        Change::Made(entry) => format!("made {entry}"),
        Change::Deleted(entry) => format!("deleted {entry}"),
        Change::Boosted(boost) => format!("boosted {boost}"),
        Change::Edited { entry, before } => {
            let named = before.named().iter().map(|id| format!(" {id}"));
            let named: String = named.collect();
            format!("edited {entry} {}{named}", before.kind())
        }
    }
}

/// `None` for words of another version.
fn read(line: &str) -> Option<Change> {
    let mut words = line.split(' ');
    let (kind, id) = (words.next()?, words.next()?);
    Some(match kind {
        "made" => Change::Made(id.parse().ok()?),
        "deleted" => Change::Deleted(id.parse().ok()?),
        "boosted" => Change::Boosted(id.parse().ok()?),
        "edited" => Change::Edited {
            entry: id.parse().ok()?,
            before: match words.next()?.parse().ok()? {
                AudienceKind::Public => Audience::Public,
                AudienceKind::Members => Audience::Members,
                AudienceKind::Preferential => Audience::Preferential,
                AudienceKind::Named => {
                    let named: Result<_, _> = words.map(str::parse).collect();
                    Audience::Named(named.ok()?)
                }
            },
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{EntryId, OrganisationId, ReactionId};

    fn all() -> Vec<Change> {
        let entry = EntryId(7);
        let mut all = vec![
            Change::Made(entry),
            Change::Deleted(entry),
            Change::Boosted(ReactionId(9)),
        ];
        let named = vec![OrganisationId(1), OrganisationId(2)];
        for before in [
            Audience::Public,
            Audience::Members,
            Audience::Preferential,
            Audience::Named(Vec::new()),
            Audience::Named(named),
        ] {
            all.push(Change::Edited { entry, before });
        }
        all
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        for payload in payloads(&all()) {
            let read: Vec<Change> = payload.lines().filter_map(read).collect();
            assert_eq!(read, all());
        }
    }

    #[test]
    fn many_changes_go_in_several_notifications_and_none_is_lost() {
        let many: Vec<Change> = (0..2_000).map(|id| Change::Made(EntryId(id))).collect();
        let payloads = payloads(&many);
        assert!(payloads.len() > 1);
        assert!(payloads.iter().all(|payload| payload.len() < 8_000));
        let read: Vec<Change> = payloads
            .iter()
            .flat_map(|payload| payload.lines())
            .filter_map(read)
            .collect();
        assert_eq!(read, many);
    }

    #[test]
    fn words_of_another_version_are_passed_over() {
        for line in ["", "made", "made x", "moved 1", "edited 1", "edited 1 all"] {
            assert_eq!(read(line), None, "{line:?}");
        }
    }
}
