//! The program as it is installed: the built binary, as a process.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

/// A free port of this machine; another program could take it, which did not
/// happen yet.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").to_string()
}

fn command(folder: &Path, address: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_virtual-forum"));
    command
        .env_clear()
        .env("VIRTUAL_FORUM_DATA_DIR", folder.join("data"))
        .env("VIRTUAL_FORUM_SERVER__LISTEN", address)
        .env(
            "VIRTUAL_FORUM_SERVER__PUBLIC_URL",
            format!("http://{address}"),
        );
    command
}

/// A node that is killed with the test.
struct Node {
    child: Child,
    out: BufReader<ChildStdout>,
    address: String,
}

impl Node {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let address = free_address();
        let mut child = command(folder, &address)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        Self {
            child,
            out,
            address,
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("a line");
        line
    }

    /// The whole answer to a GET.
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("the node listens");
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    fn terminate(&mut self) -> (Option<i32>, Duration) {
        let begun = Instant::now();
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status();
        assert!(sent.expect("kill is there").success());
        let status = self.child.wait().expect("it ends");
        (status.code(), begun.elapsed())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn an_empty_node_prints_a_link_serves_and_stops_in_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut node = Node::start(folder.path(), &[]);
    assert!(
        node.line()
            .contains(&format!("serves http://{}/", node.address))
    );
    assert!(node.line().contains("Set it up"));
    let link = node.line();
    assert!(
        link.starts_with(&format!("http://{}/links/", node.address)),
        "{link}"
    );
    assert!(node.get("/readyz").starts_with("HTTP/1.1 200"));
    // A trailing slash changes nothing.
    assert!(node.get("/readyz/").starts_with("HTTP/1.1 200"));
    let (status, took) = node.terminate();
    assert_eq!(status, Some(0));
    assert!(took < Duration::from_secs(25), "{took:?}");
}

#[test]
fn with_json_a_node_prints_one_object_and_a_node_with_people_no_link() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut node = Node::start(folder.path(), &["serve", "--json"]);
    let object: Value = serde_json::from_str(&node.line()).expect("one object");
    assert!(object["setup_link"].is_string(), "{object}");
    // Commands work while the node serves on the same file.
    for arguments in [
        "organisation create --handle moj --name Ministry --category government",
        "user create --email a@moj.example --organisation moj --role administrator",
    ] {
        let done = command(folder.path(), "127.0.0.1:9")
            .args(arguments.split(' '))
            .output()
            .expect("the program runs");
        assert!(done.status.success(), "{done:?}");
    }
    assert_eq!(node.terminate().0, Some(0));
    let mut rest = String::new();
    node.out.read_to_string(&mut rest).expect("the rest");
    assert_eq!(rest, "");
    let mut node = Node::start(folder.path(), &["serve", "--json"]);
    let object: Value = serde_json::from_str(&node.line()).expect("one object");
    assert_eq!(object["setup_link"], Value::Null);
}

#[test]
fn a_client_that_never_finishes_its_request_does_not_hold_the_node() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut node = Node::start(folder.path(), &["serve", "--json"]);
    node.line();
    let mut stream = TcpStream::connect(&node.address).expect("the node listens");
    stream
        .write_all(b"GET /livez HTTP/1.1\r\nHost: n\r\n")
        .expect("half a request");
    let (status, took) = node.terminate();
    assert_eq!(status, Some(0));
    assert!(took < Duration::from_secs(25), "{took:?}");
}

#[test]
fn wrong_usage_and_refusals_have_their_exit_status() {
    let folder = tempfile::tempdir().expect("a folder");
    let status = |arguments: &[&str]| {
        let done = command(folder.path(), "127.0.0.1:9")
            .args(arguments)
            .output();
        done.expect("the program runs").status.code()
    };
    assert_eq!(status(&["no-such-command"]), Some(2));
    assert_eq!(
        status(&["organisation", "delete", "--handle", "nobody"]),
        Some(1)
    );
    assert_eq!(status(&["routes"]), Some(0));
}

/// Three free ports in a row.
fn three_free_ports() -> u16 {
    (20_000..30_000_u16)
        .step_by(7)
        .skip(usize::from(std::process::id() as u8) * 3)
        .find(|first| {
            let bound: Vec<_> = (*first..first + 3)
                .map(|port| TcpListener::bind(("127.0.0.1", port)))
                .collect();
            bound.iter().all(Result::is_ok)
        })
        .expect("three free ports")
}

/// Starts the demo, waits until it is ready, and answers what it printed.
fn demo(folder: &Path, arguments: &[&str]) -> (Node, Value) {
    let dir = folder.join("demo").display().to_string();
    let mut node = Node::start(
        folder,
        &[&["demo", "--json", "--dir", &dir], arguments].concat(),
    );
    let line = node.line();
    let object = serde_json::from_str(&line).expect("one object");
    (node, object)
}

#[test]
fn the_demo_fills_three_nodes_that_follow_each_other_and_keeps_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = three_free_ports();
    let (mut node, object) = demo(folder.path(), &["--port", &port.to_string()]);
    assert_eq!(object["fictional"], true);
    let nodes = object["nodes"].as_array().expect("three nodes");
    for (index, name) in ["hub", "gov", "cso"].iter().enumerate() {
        let url = format!("http://{name}.localhost:{}/", usize::from(port) + index);
        assert_eq!(nodes[index]["url"], url);
        assert_eq!(nodes[index]["accounts"].as_array().map(Vec::len), Some(2));
    }
    let entries =
        |host: &str, offset: u16| node_get(host, port + offset, "/api/forum/v1/entries?limit=100");
    // Written on the government's node, read on civil society's, and the
    // other way round.
    assert!(entries("cso", 2).contains("Legislative review facility"));
    assert!(entries("gov", 1).contains("Survivor adviser fellowship"));
    let before = entries("hub", 0);
    assert_eq!(node.terminate().0, Some(0));
    let (mut node, _) = demo(folder.path(), &[]);
    assert_eq!(entries("hub", 0), before);
    assert_eq!(node.terminate().0, Some(0));
}

fn node_get(host: &str, port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the node listens");
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}.localhost:{port}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (_head, body) = answer.split_once("\r\n\r\n").expect("a body");
    body.to_owned()
}
