//! The program under test, and single commands of it.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::OnceLock,
};

use serde_json::Value;

/// The environment variable with the path of a `virtual-forum` to test.
pub const VARIABLE: &str = "VIRTUAL_FORUM_BIN";

/// The environment of a node: its configuration.
pub type Environment = BTreeMap<String, String>;

/// Where the program is: [`VARIABLE`], or built beside this test binary.
///
/// # Panics
/// When it cannot be built.
pub fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| match std::env::var_os(VARIABLE) {
        Some(path) => PathBuf::from(path),
        None => build(),
    })
}

fn build() -> PathBuf {
    // …/target/PROFILE/deps/this-test, with the program in …/target/PROFILE.
    let this = std::env::current_exe().expect("a running test has a path");
    let profile = this
        .ancestors()
        .nth(2)
        .expect("test binaries lie two levels down");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(repository())
        .args(["build", "--quiet", "--workspace", "--bin", "virtual-forum"])
        .env("CARGO_TARGET_DIR", profile.with_file_name(""));
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    let status = cargo.status().expect("cargo can be started");
    assert!(status.success(), "the program does not build");
    profile.join("virtual-forum")
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .expect("this package lies in the repository")
        .to_owned()
}

/// What a finished command left.
#[derive(Debug)]
pub struct Finished {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
    command: String,
}

impl Finished {
    /// # Panics
    /// When the exit status is another one.
    #[track_caller]
    pub fn expect(self, status: i32) -> Self {
        assert_eq!(
            self.status, status,
            "{}\nstdout: {}\nstderr: {}",
            self.command, self.stdout, self.stderr
        );
        self
    }

    /// The one JSON object on standard output.
    ///
    /// # Panics
    /// When there is anything else on it.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value @ Value::Object(_)) => value,
            _ => panic!("{}: not one JSON object: {}", self.command, self.stdout),
        }
    }
}

/// Runs one command to its end, with nothing in its environment but
/// `environment` and the system's `PATH`.
pub fn run(environment: &Environment, arguments: &[&str], input: Option<&str>) -> Finished {
    let mut child = command(environment)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    if let Some(text) = input {
        // A command that fails early does not read; that is no fault here.
        let _ = stdin.write_all(text.as_bytes());
    }
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    finished(arguments, output)
}

/// The program with its environment, ready for arguments.
pub fn command(environment: &Environment) -> Command {
    let mut command = Command::new(path());
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(environment);
    command
}

fn finished(arguments: &[&str], output: Output) -> Finished {
    Finished {
        // A process ended by a signal has no code.
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        command: format!("virtual-forum {}", arguments.join(" ")),
    }
}
