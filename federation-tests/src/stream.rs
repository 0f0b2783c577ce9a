//! Streams that a client holds open: everything that a node tells on them,
//! gathered in the background.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::StreamExt;
use reqwest::Client;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::wait;

/// An open stream.
pub struct Listener {
    /// What is listened to, for messages.
    name: String,
    heard: Arc<Mutex<Vec<Told>>>,
    task: JoinHandle<Option<u16>>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub event: String,
    /// A status as JSON, or an id.
    pub payload: String,
}

impl Told {
    /// The wire id of the status that it is about; empty when it is an id.
    pub fn uri(&self) -> String {
        let status: Result<Value, _> = serde_json::from_str(&self.payload);
        let status = status.unwrap_or_default();
        status["uri"].as_str().unwrap_or_default().to_owned()
    }
}

impl Listener {
    /// Listens to server-sent events, for example of `user`.
    ///
    /// # Panics
    /// When the node refuses.
    pub async fn events(origin: &str, token: Option<&str>, path: &str) -> Self {
        let client = Client::builder().no_proxy().build().expect("a client");
        let mut request = client.get(format!("{origin}/api/v1/streaming/{path}"));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("the node answers");
        assert_eq!(response.status(), 200, "{path}");
        Self::gather(path, |heard| read_events(response, heard))
    }

    /// Listens over a WebSocket, for example to `public:local`, and names the
    /// token as its protocol, as browsers must.
    ///
    /// # Panics
    /// When the node refuses, or does not repeat the protocol.
    pub async fn socket(origin: &str, token: Option<&str>, stream: &str) -> Self {
        const PROTOCOL: &str = "sec-websocket-protocol";
        let address = origin.replacen("http", "ws", 1);
        let address = format!("{address}/api/v1/streaming?stream={stream}");
        let mut request = address.into_client_request().expect("an address");
        if let Some(token) = token {
            let token = token.parse().expect("a header value");
            request.headers_mut().insert(PROTOCOL, token);
        }
        let (socket, response) = connect_async(request).await.expect("the node answers");
        let repeated = response.headers().get(PROTOCOL);
        assert_eq!(
            repeated.map(|value| value.as_bytes()),
            token.map(str::as_bytes)
        );
        Self::gather(stream, |heard| read_messages(socket, heard))
    }

    fn gather<F>(name: &str, read: impl FnOnce(Arc<Mutex<Vec<Told>>>) -> F) -> Self
    where
        F: Future<Output = Option<u16>> + Send + 'static,
    {
        let heard = Arc::default();
        Self {
            name: name.to_owned(),
            task: tokio::spawn(read(Arc::clone(&heard))),
            heard,
        }
    }

    /// Everything that was told so far.
    pub fn heard(&self) -> Vec<Told> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.clone()
    }

    /// Was anything told in which these words stand?
    pub fn has_heard(&self, words: &str) -> bool {
        self.heard().iter().any(|told| told.payload.contains(words))
    }

    /// Waits until something is told in which these words stand.
    ///
    /// # Panics
    /// When it is not.
    pub async fn await_words(&self, words: &str) {
        let what = format!("{words:?} on the stream {}", self.name);
        wait::until(&what, || async { self.has_heard(words).then_some(()) }).await;
    }

    /// Waits until the node ends the stream; the code with which it closed a
    /// WebSocket.
    ///
    /// # Panics
    /// When it goes on.
    pub async fn end(self, within: Duration) -> Option<u16> {
        let ended = tokio::time::timeout(within, self.task).await;
        let ended = ended.unwrap_or_else(|_| panic!("the stream {} goes on", self.name));
        ended.expect("the reader did not panic")
    }
}

fn keep(heard: &Mutex<Vec<Told>>, event: &str, payload: &str) {
    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    heard.push(Told {
        event: event.to_owned(),
        payload: payload.to_owned(),
    });
}

async fn read_events(mut response: reqwest::Response, heard: Arc<Mutex<Vec<Told>>>) -> Option<u16> {
    let mut read = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        read.extend_from_slice(&chunk);
        while let Some(end) = read.windows(2).position(|two| two == b"\n\n") {
            let block = String::from_utf8_lossy(&read[..end]).into_owned();
            read.drain(..end + 2);
            let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
            if let (Some(event), Some(data)) = (field("event: "), field("data: ")) {
                keep(&heard, event, data);
            }
        }
    }
    None
}

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn read_messages(mut socket: Socket, heard: Arc<Mutex<Vec<Told>>>) -> Option<u16> {
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Text(text) => {
                let message: Value = serde_json::from_str(&text).expect("messages are JSON");
                let part = |name: &str| message[name].as_str().unwrap_or_default();
                keep(&heard, part("event"), part("payload"));
            }
            Message::Close(frame) => return frame.map(|frame| frame.code.into()),
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
    None
}
