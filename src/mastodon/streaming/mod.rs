//! Streams: what happens on the timelines, told while a client listens, by
//! server-sent events or over a WebSocket.
//!
//! A stream shows what the timeline of the same name would show to the same
//! caller at the same moment: every event is read from the database for the
//! caller's rights as they are then. Whoever loses rights gets no event by them
//! any more, and a token that is revoked ends its streams (SECURITY.md 1).

mod channel;
mod event;
mod opening;
mod socket;
mod sse;
mod watch;

use crate::app::{Auth, Routes};
use opening::Opening;

/// What can be listened to by server-sent events, and by whom; the path of each
/// is its name.
const EVENTS: [(&str, Auth); 8] = [
    ("public", Auth::Optional),
    ("public:local", Auth::Optional),
    ("public:remote", Auth::Optional),
    ("hashtag", Auth::Optional),
    ("hashtag:local", Auth::Optional),
    ("user", Auth::Bearer),
    ("user:notification", Auth::Bearer),
    ("direct", Auth::Bearer),
];

pub fn routes() -> Routes {
    let mut routes = Routes::new()
        .get("/api/v1/streaming", Auth::Optional, socket::open)
        .get("/api/v1/streaming/health", Auth::None, || async { "OK" })
        .get("/api/v1/streaming/list", Auth::Bearer, sse::list);
    for (name, auth) in EVENTS {
        let path = format!("/api/v1/streaming/{}", name.replace(':', "/"));
        routes = routes.get(&path, auth, async move |opening: Opening| {
            sse::open(opening, name)
        });
    }
    routes
}
