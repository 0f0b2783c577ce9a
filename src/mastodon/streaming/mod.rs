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

pub fn routes() -> Routes {
    Routes::new()
        .get("/api/v1/streaming", Auth::Optional, socket::open)
        .get("/api/v1/streaming/health", Auth::None, || async { "OK" })
        .get("/api/v1/streaming/public", Auth::Optional, sse::public)
        .get(
            "/api/v1/streaming/public/local",
            Auth::Optional,
            sse::public_local,
        )
        .get(
            "/api/v1/streaming/public/remote",
            Auth::Optional,
            sse::public_remote,
        )
        .get("/api/v1/streaming/hashtag", Auth::Optional, sse::hashtag)
        .get(
            "/api/v1/streaming/hashtag/local",
            Auth::Optional,
            sse::hashtag_local,
        )
        .get("/api/v1/streaming/user", Auth::Bearer, sse::user)
        .get(
            "/api/v1/streaming/user/notification",
            Auth::Bearer,
            sse::notifications,
        )
        .get("/api/v1/streaming/direct", Auth::Bearer, sse::direct)
        .get("/api/v1/streaming/list", Auth::Bearer, sse::list)
}
