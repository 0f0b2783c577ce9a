//! A server and a client that keep to no rules: they say on the connection
//! what a test makes them say, byte for byte.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::wait;

/// What a rogue server does after a request, or a rogue client as its body.
#[derive(Debug, Clone)]
pub enum Step {
    Send(Vec<u8>),
    /// The bytes again and again, as fast as they are taken.
    Endless(Vec<u8>),
    /// One byte at a time, with a pause after each.
    Drip(Vec<u8>, Duration),
    /// Nothing, with the connection open.
    Hang,
}

type Script = dyn Fn(&str) -> Vec<Step> + Send + Sync;

/// A server that counts who comes; it stops when it is dropped.
pub struct Rogue {
    /// `127.0.0.1:port`.
    pub authority: String,
    connections: Arc<AtomicUsize>,
    tasks: Vec<JoinHandle<()>>,
}

impl Rogue {
    /// Starts a server that plays what `script` makes of a request's path.
    pub async fn start(script: impl Fn(&str) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port can be bound");
        let address = listener.local_addr().expect("a bound port has an address");
        let mut rogue = Self {
            authority: address.to_string(),
            connections: Arc::default(),
            tasks: Vec::new(),
        };
        let script: Arc<Script> = Arc::new(script);
        rogue.serve(listener, Arc::clone(&script));
        // The same port on ::1, where the machine has one.
        if let Ok(listener) = TcpListener::bind(("::1", address.port())).await {
            rogue.serve(listener, script);
        }
        rogue
    }

    /// A server that nobody should ever reach: it is told to no node.
    pub async fn canary() -> Self {
        Self::start(|_| vec![Step::Send(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())]).await
    }

    fn serve(&mut self, listener: TcpListener, script: Arc<Script>) {
        let connections = Arc::clone(&self.connections);
        self.tasks.push(tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(answer(stream, Arc::clone(&script)));
            }
        }));
    }

    pub fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.authority)
    }

    pub fn port(&self) -> &str {
        let (_, port) = self.authority.rsplit_once(':').expect("host:port");
        port
    }

    /// How many connections were made to it.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Rogue {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn answer(mut stream: TcpStream, script: Arc<Script>) {
    let request = read_head(&mut stream).await;
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    // An error: it has hung up, which is its right.
    let _ = play(&mut stream, &script(&path)).await;
}

async fn read_head(stream: &mut TcpStream) -> String {
    let (mut read, mut chunk) = (Vec::new(), [0; 4_096]);
    while !read.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => break,
            Ok(count) => read.extend_from_slice(&chunk[..count]),
        }
    }
    String::from_utf8_lossy(&read).into_owned()
}

/// Plays until the other side is gone.
async fn play(to: &mut (impl AsyncWrite + Unpin), steps: &[Step]) -> io::Result<()> {
    for step in steps {
        match step {
            Step::Send(bytes) => to.write_all(bytes).await?,
            Step::Endless(bytes) => loop {
                to.write_all(bytes).await?;
            },
            Step::Drip(bytes, pause) => {
                for byte in bytes {
                    to.write_all(&[*byte]).await?;
                    tokio::time::sleep(*pause).await;
                }
            }
            Step::Hang => std::future::pending().await,
        }
    }
    to.flush().await
}

/// An HTTP answer with these header lines and this body.
pub fn http(status: &str, lines: &[&str], body: &[u8]) -> Vec<Step> {
    let length = format!("content-length: {}", body.len());
    let mut lines = lines.to_vec();
    lines.extend([length.as_str(), "connection: close"]);
    let head = format!("HTTP/1.1 {status}\r\n{}\r\n\r\n", lines.join("\r\n"));
    vec![Step::Send([head.as_bytes(), body].concat())]
}

/// What a server said to a rogue client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// 0 when it hung up without a word.
    pub status: u16,
    pub text: String,
}

/// Posts these header lines as they stand, with a body that fits them.
pub async fn post(authority: &str, target: &str, lines: &[String], body: &[u8]) -> Said {
    let mut lines = lines.to_vec();
    lines.push(format!("content-length: {}", body.len()));
    say(authority, target, &lines, &[Step::Send(body.to_vec())]).await
}

/// Posts these header lines and then plays the steps, until the server has
/// answered or hung up.
///
/// # Panics
/// When it does neither in a minute.
pub async fn say(authority: &str, target: &str, lines: &[String], steps: &[Step]) -> Said {
    let stream = TcpStream::connect(authority).await;
    let mut stream = stream.expect("the node takes connections");
    let mut head = format!("POST {target} HTTP/1.1\r\n");
    for line in lines {
        head.push_str(line);
        head.push_str("\r\n");
    }
    head.push_str("connection: close\r\n\r\n");
    // It may have refused us before it has read everything.
    let _ = stream.write_all(head.as_bytes()).await;
    let (mut reader, mut writer) = stream.split();
    let mut heard = Vec::new();
    let hearing = async { while matches!(reader.read_buf(&mut heard).await, Ok(1..)) {} };
    let talking = async {
        let _ = play(&mut writer, steps).await;
        std::future::pending::<()>().await;
    };
    let both = async {
        tokio::select! {
            () = hearing => {}
            () = talking => {}
        }
    };
    let within = tokio::time::timeout(wait::PATIENCE, both).await;
    assert!(within.is_ok(), "no end of the answer to {target}");
    let text = String::from_utf8_lossy(&heard).into_owned();
    let status = text.split(' ').nth(1).and_then(|word| word.parse().ok());
    Said {
        status: status.unwrap_or(0),
        text,
    }
}
