//! Streams as server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::{
    http::{HeaderName, header},
    response::{
        IntoResponse, Response, Sse,
        sse::{self, KeepAlive},
    },
};
use futures_util::{Stream, StreamExt, stream};

use super::{channel::Channel, opening::Opening, watch::Watch};
use crate::mastodon::error::ApiError;

/// How often a line without meaning shows that the stream is alive, as
/// Mastodon does it.
const ALIVE: Duration = Duration::from_secs(15);

/// Tells a proxy to pass on each event as it comes.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// There are no lists, so that each of them is missing.
pub async fn list(opening: Opening) -> Result<Response, ApiError> {
    opening.caller.member("read:lists")?;
    Err(ApiError::NotFound)
}

/// Opens the stream of the channel with this name.
pub fn open(opening: Opening, name: &str) -> Result<Response, ApiError> {
    let channel = Channel::named(name, opening.param("tag"))?;
    channel.check(&opening.caller)?;
    let events = events(opening.watch()?, channel);
    let alive = KeepAlive::new().interval(ALIVE).text("thump");
    let headers = [(header::CACHE_CONTROL, "private, no-store"), UNBUFFERED];
    Ok((headers, Sse::new(events).keep_alive(alive)).into_response())
}

/// The events of a stream; it ends when the token counts no more, or the node
/// stops.
fn events(
    watch: Watch,
    channel: Channel,
) -> impl Stream<Item = Result<sse::Event, Infallible>> + Send {
    let turns = stream::unfold((watch, [channel]), |(mut watch, channels)| async move {
        if !watch.wait().await {
            return None;
        }
        let news = watch.news(&channels).await.ok()?;
        let events: Vec<_> = news
            .into_iter()
            .map(|news| {
                let event = sse::Event::default().event(news.kind.as_str());
                Ok(event.data(news.payload))
            })
            .collect();
        Some((stream::iter(events), (watch, channels)))
    });
    turns.flatten()
}
