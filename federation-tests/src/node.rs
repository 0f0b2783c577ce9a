//! A node: the real program as a process of its own, on a free port, with its
//! own data directory and database.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Mutex,
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    binary::{self, Environment, Finished},
    database::{Database, Store},
    forum::Forum,
    http::{self, Request},
    mastodon::Mastodon,
    port::Port,
    wait,
};

/// Every person's password in the tests.
pub const PASSWORD: &str = "correct horse battery staple";

/// A node before its first start: its address is known, so that other nodes
/// can be told of it.
pub struct Plan {
    port: Port,
    host: String,
    data: TempDir,
    database: Database,
    environment: Environment,
}

impl Plan {
    pub fn new(store: Store) -> Self {
        let port = Port::reserve();
        let data = TempDir::with_prefix("forum-node-").expect("a directory can be made");
        let database = Database::create(store, data.path());
        let mut plan = Self {
            host: "127.0.0.1".to_owned(),
            environment: Environment::new(),
            port,
            data,
            database,
        };
        let data_dir = plan.data.path().display().to_string();
        plan.put("data_dir", &data_dir);
        plan.put("server.listen", &plan.port.address());
        plan.put("server.public_url", &plan.origin());
        plan.put("federation.allow_http", "true");
        plan.put("delivery.retry_after", r#"["1s"]"#);
        if let Database::Postgres { url, .. } = &plan.database {
            let url = url.clone();
            plan.put("database.url", &url);
        }
        plan
    }

    /// Calls the node by another name than 127.0.0.1, as browsers resolve it.
    pub fn named(mut self, host: &str) -> Self {
        self.host = host.to_owned();
        self.put("server.public_url", &self.origin());
        self
    }

    /// Sets one key of the configuration, in INTERFACE.md's spelling.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.put(key, value);
        self
    }

    /// Leaves a key of the configuration to its default.
    pub fn unset(mut self, key: &str) -> Self {
        self.environment.remove(&variable(key));
        self
    }

    /// Lets the node connect to these `host:port` addresses, private as they are.
    pub fn reaching<T: AsRef<str>>(mut self, addresses: &[T]) -> Self {
        let list: Vec<&str> = addresses.iter().map(AsRef::as_ref).collect();
        self.put("federation.allowed_addresses", &format!("{list:?}"));
        self
    }

    fn put(&mut self, key: &str, value: &str) {
        self.environment.insert(variable(key), value.to_owned());
    }

    /// `127.0.0.1:port`.
    pub fn socket(&self) -> String {
        self.port.address()
    }

    /// `host:port`, as in handles.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port.number())
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.authority())
    }

    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    pub fn data_dir(&self) -> PathBuf {
        self.data.path().to_owned()
    }

    /// Runs one command of the program with this configuration.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        binary::run(&self.environment, arguments, None)
    }

    /// Starts the node and waits until it is ready.
    pub async fn start(self) -> Node {
        let mut node = Node {
            log: self.data.path().join("node.log"),
            plan: self,
            child: None,
            codes: Mutex::default(),
        };
        node.start().await;
        node
    }
}

/// `federation.allow_http` → `VIRTUAL_FORUM_FEDERATION__ALLOW_HTTP`.
pub fn variable(key: &str) -> String {
    let path = key.to_uppercase().replace('.', "__");
    format!("VIRTUAL_FORUM_{path}")
}

/// Starts a node for each name, every one allowed to reach all the others and
/// `also`.
pub async fn network<const N: usize>(store: Store, also: &[String]) -> [Node; N] {
    let plans: [Plan; N] = std::array::from_fn(|_| Plan::new(store));
    let mut addresses: Vec<String> = plans.iter().map(Plan::socket).collect();
    addresses.extend_from_slice(also);
    let mut nodes = Vec::new();
    for plan in plans {
        nodes.push(plan.reaching(&addresses).start().await);
    }
    match nodes.try_into() {
        Ok(nodes) => nodes,
        Err(_) => unreachable!("one node was started for each plan"),
    }
}

/// A node that runs, or did and may again.
pub struct Node {
    pub plan: Plan,
    child: Option<Child>,
    log: PathBuf,
    /// Unused recovery codes of people, by address.
    codes: Mutex<HashMap<String, Vec<String>>>,
}

impl Node {
    /// One node that needs no other.
    pub async fn alone(store: Store) -> Self {
        Plan::new(store).start().await
    }

    pub fn origin(&self) -> String {
        self.plan.origin()
    }

    /// The address of a path on this node.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    pub fn get(&self, path: &str) -> Request {
        http::get(&self.at(path))
    }

    pub fn post(&self, path: &str) -> Request {
        http::post(&self.at(path))
    }

    /// Starts the process and waits for `/readyz`.
    ///
    /// # Panics
    /// When it ends before it is ready, with its log.
    pub async fn start(&mut self) {
        self.spawn();
        let ready = self.at("/readyz");
        let start = std::time::Instant::now();
        loop {
            let answer = http::get(&ready).try_send().await;
            if answer.is_some_and(|reply| reply.status == 200) {
                return;
            }
            let child = self.child.as_mut().expect("just started");
            let ended = child.try_wait().expect("a child can be asked");
            assert!(ended.is_none(), "the node ended: {ended:?}\n{}", self.log());
            assert!(
                start.elapsed() < wait::PATIENCE,
                "not ready\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Starts the process without waiting for anything.
    pub fn spawn(&mut self) {
        assert!(self.child.is_none(), "this node runs already");
        let log = self.open_log();
        let errors = log.try_clone().expect("a file handle can be copied");
        let child = binary::command(&self.plan.environment)
            .arg("serve")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .expect("the program can be started");
        self.child = Some(child);
    }

    fn open_log(&self) -> File {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .expect("the log can be opened")
    }

    /// SIGKILL: nothing is finished, nothing is said.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("a child can be killed");
            child.wait().expect("a killed child ends");
        }
    }

    /// SIGTERM. Answers the exit status and how long stopping took.
    pub fn stop(&mut self) -> (Option<i32>, Duration) {
        let mut child = self.child.take().expect("this node runs");
        let start = std::time::Instant::now();
        terminate(child.id());
        let status = child.wait().expect("a child can be waited for");
        (status.code(), start.elapsed())
    }

    pub fn process_id(&self) -> u32 {
        self.child.as_ref().expect("this node runs").id()
    }

    /// Kills the node and starts it with the same data.
    pub async fn restart(&mut self) {
        self.kill();
        self.start().await;
    }

    /// What the node printed so far, over all its starts.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Runs one command beside the node.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        self.plan.run(arguments)
    }

    /// Runs one command with `--json` and reads its object.
    #[track_caller]
    pub fn command(&self, arguments: &[&str]) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        self.run(&arguments).expect(0).json()
    }

    /// Makes an organisation, a focal point with [`PASSWORD`], and a token.
    pub fn member(&self, handle: &str, name: &str, category: &str) -> Member {
        let organisation = self.command(&[
            "organisation",
            "create",
            "--handle",
            handle,
            "--name",
            name,
            "--category",
            category,
        ]);
        let email = format!("focal.point@{handle}.example");
        self.user(&email, handle, "focal-point");
        self.speaking(&organisation, handle, &email)
    }

    /// An organisation that was admitted here by an application.
    pub fn admitted(&self, handle: &str, email: &str) -> Member {
        let all = self.command(&["organisation", "list"]);
        let mut all = all["organisations"].as_array().into_iter().flatten();
        let found = all.find(|one| one["handle"] == handle);
        self.speaking(found.expect("it is listed"), handle, email)
    }

    fn speaking(&self, organisation: &Value, handle: &str, email: &str) -> Member {
        Member {
            handle: handle.to_owned(),
            uri: text(organisation, "uri"),
            inbox: text(organisation, "inbox"),
            id: text(organisation, "id"),
            token: self.token(email, "read write follow"),
            email: email.to_owned(),
            origin: self.origin(),
            authority: self.plan.authority(),
        }
    }

    /// Makes a person with [`PASSWORD`].
    pub fn user(&self, email: &str, organisation: &str, role: &str) {
        let arguments = [
            "user",
            "create",
            "--email",
            email,
            "--organisation",
            organisation,
            "--role",
            role,
            "--password-stdin",
        ];
        let password = format!("{PASSWORD}\n");
        binary::run(&self.plan.environment, &arguments, Some(&password)).expect(0);
    }

    pub fn token(&self, email: &str, scopes: &str) -> String {
        let token = self.command(&["token", "create", "--email", email, "--scopes", scopes]);
        text(&token, "access_token")
    }

    /// Keeps the recovery codes that a person was shown.
    pub fn keep_codes(&self, email: &str, codes: Vec<String>) {
        let mut all = self.codes.lock().expect("not poisoned");
        all.insert(email.to_owned(), codes);
    }

    /// One of a person's recovery codes, each only once.
    pub fn recovery_code(&self, email: &str) -> Option<String> {
        let mut all = self.codes.lock().expect("not poisoned");
        all.get_mut(email)?.pop()
    }

    /// The Forum API as a stranger sees it.
    pub fn forum(&self) -> Forum {
        Forum::anonymous(&self.origin())
    }

    /// The Mastodon API as a stranger sees it.
    pub fn mastodon(&self) -> Mastodon {
        Mastodon::anonymous(&self.origin())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let lines = log
                .lines()
                .rev()
                .filter(|line| !line.contains("status=200"));
            let tail: Vec<&str> = lines.take(30).collect();
            eprintln!("--- the last lines of {}", self.origin());
            for line in tail.iter().rev() {
                eprintln!("{line}");
            }
        }
    }
}

/// A local organisation with a person who speaks for it.
#[derive(Debug, Clone)]
pub struct Member {
    pub id: String,
    pub handle: String,
    pub uri: String,
    pub inbox: String,
    pub email: String,
    pub token: String,
    origin: String,
    authority: String,
}

impl Member {
    /// `@handle@host:port`.
    pub fn address(&self) -> String {
        format!("@{}@{}", self.handle, self.authority)
    }

    pub fn forum(&self) -> Forum {
        Forum::with_token(&self.origin, &self.token)
    }

    pub fn mastodon(&self) -> Mastodon {
        Mastodon::with_token(&self.origin, &self.token)
    }
}

/// A text of a JSON object.
///
/// # Panics
/// When it is missing or no text.
#[track_caller]
pub fn text(object: &Value, key: &str) -> String {
    match object[key].as_str() {
        Some(text) => text.to_owned(),
        None => panic!("no text {key:?} in {object}"),
    }
}

/// Sends SIGTERM.
pub fn terminate(process: u32) {
    let status = Command::new("sh")
        .args(["-c", &format!("kill -TERM {process}")])
        .status()
        .expect("a shell can be started");
    assert!(status.success(), "process {process} could not be stopped");
}
