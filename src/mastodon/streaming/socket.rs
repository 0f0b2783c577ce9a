//! Streams over a WebSocket: a client listens to several channels at once and
//! changes them as it goes.

use std::time::Duration;

use axum::{
    extract::{
        WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, close_code, rejection::WebSocketUpgradeRejection},
    },
    http::HeaderMap,
    response::Response,
};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{
    channel::Channel,
    event::Event,
    opening::{self, Opening},
    watch::Watch,
};
use crate::mastodon::error::ApiError;

/// Longest message of a client, in bytes. None comes near it.
const MAX_MESSAGE_BYTES: usize = 4_096;

/// Most channels of one connection.
const MAX_CHANNELS: usize = 20;

/// How often the client is asked whether it is there.
const ALIVE: Duration = Duration::from_secs(30);

/// How long a client may take to accept a message.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a client says.
#[derive(Debug, Deserialize)]
struct Wish {
    #[serde(rename = "type")]
    kind: String,
    stream: String,
    tag: Option<String>,
}

/// Opens a connection. A channel may be named in the address already.
pub async fn open(
    opening: Opening,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let channel = opening.channel()?;
    let upgrade = upgrade.map_err(|refused| ApiError::Unreadable(refused.body_text()))?;
    let watch = opening.watch()?;
    // Browsers close a connection that does not name the protocol they asked
    // for, which some clients use for their token.
    let upgrade = match opening::protocol(&headers) {
        Some(protocol) => upgrade.protocols([protocol]),
        None => upgrade,
    };
    let upgrade = upgrade
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES);
    Ok(upgrade.on_upgrade(move |socket| {
        let line = Line {
            socket,
            watch,
            channels: channel.into_iter().collect(),
        };
        line.serve()
    }))
}

/// Why a connection ends.
enum End {
    /// The client is gone, or does not listen.
    Gone,
    /// Its token counts no more, or is not good for what it listens to.
    Refused,
    /// The node could not look; the client may come back.
    Failed,
    Stopping,
}

struct Line {
    socket: WebSocket,
    watch: Watch,
    channels: Vec<Channel>,
}

impl Line {
    async fn serve(mut self) {
        let (code, reason) = match self.until_it_ends().await {
            End::Gone => return,
            End::Refused => (close_code::POLICY, "the access token is not valid any more"),
            End::Failed => (close_code::AGAIN, "the node cannot answer just now"),
            End::Stopping => (close_code::AWAY, "the node is stopping"),
        };
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        // Whoever is not there any more needs no reason.
        let _ = self.send(Message::Close(Some(frame))).await;
    }

    async fn until_it_ends(&mut self) -> End {
        let mut alive = interval(ALIVE);
        alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                goes_on = self.watch.wait() => match goes_on {
                    true => self.tell().await,
                    false => Err(End::Stopping),
                },
                message = self.socket.recv() => match message {
                    Some(Ok(Message::Text(text))) => self.hear(&text).await,
                    Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_))) => Ok(()),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => Err(End::Gone),
                },
                _ = alive.tick() => self.send(Message::Ping(Vec::new().into())).await,
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        match timeout(PATIENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    /// Tells what is new.
    async fn tell(&mut self) -> Result<(), End> {
        let news = self.watch.news(&self.channels).await;
        let news = news.map_err(|error| match error.status().is_client_error() {
            true => End::Refused,
            false => End::Failed,
        })?;
        for event in news {
            self.send(message(&event)).await?;
        }
        Ok(())
    }

    /// Does what the client asks for, or says why not.
    async fn hear(&mut self, text: &str) -> Result<(), End> {
        let Err(refused) = self.follow(text).await else {
            return Ok(());
        };
        let words = json!({"error": refused.to_string(), "status": refused.status().as_u16()});
        self.send(Message::Text(words.to_string().into())).await
    }

    async fn follow(&mut self, text: &str) -> Result<(), ApiError> {
        let wish: Wish =
            serde_json::from_str(text).map_err(|error| ApiError::Unreadable(error.to_string()))?;
        let channel = Channel::named(&wish.stream, wish.tag.as_deref())?;
        match wish.kind.as_str() {
            "subscribe" => {
                channel.check(&self.watch.caller().await?)?;
                if !self.channels.contains(&channel) {
                    if self.channels.len() >= MAX_CHANNELS {
                        let words = format!("one connection listens to {MAX_CHANNELS} streams");
                        return Err(ApiError::Invalid(words));
                    }
                    self.channels.push(channel);
                }
                Ok(())
            }
            "unsubscribe" => {
                self.channels.retain(|one| *one != channel);
                Ok(())
            }
            _ => Err(ApiError::Unreadable(
                "`type` must be subscribe or unsubscribe".to_owned(),
            )),
        }
    }
}

/// The payload is JSON inside of a string, as every client expects it.
fn message(event: &Event) -> Message {
    let words = json!({
        "stream": event.channel.label(),
        "event": event.kind.as_str(),
        "payload": event.payload,
    });
    Message::Text(words.to_string().into())
}
