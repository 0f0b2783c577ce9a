//! Scripts on Node and Python that drive real clients.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

/// The environment variable with the Python that has the clients installed.
pub const PYTHON: &str = "VIRTUAL_FORUM_TEST_PYTHON";

/// The directory of this package.
pub fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A script of this package on the Node that `npm ci` installed here.
///
/// # Panics
/// When the packages are not installed.
pub fn node(script: &str) -> Command {
    let node = here().join("node_modules/.bin/node");
    assert!(
        node.exists(),
        "run npm ci in federation-tests, or start the tests with ./test"
    );
    let mut command = Command::new(node);
    command.arg(here().join(script)).current_dir(here());
    command
}

/// A program of the Python environment with the clients, for example `toot`.
///
/// # Panics
/// When [`PYTHON`] is unset.
pub fn python_tool(name: &str) -> Command {
    let python = match env::var_os(PYTHON) {
        Some(python) => PathBuf::from(python),
        None => panic!("set {PYTHON} to a Python with clients, or start the tests with ./test"),
    };
    Command::new(python.with_file_name(name))
}

/// Runs a script to its end and reads the JSON it printed.
///
/// # Panics
/// When it fails, with what it said.
#[track_caller]
pub fn json(mut command: Command) -> Value {
    let output = finish(&mut command);
    match serde_json::from_slice(&output.stdout) {
        Ok(value) => value,
        Err(error) => panic!("{command:?} printed no JSON ({error}): {}", said(&output)),
    }
}

/// Runs a program to its end and answers what it printed.
///
/// # Panics
/// When it fails, with what it said.
#[track_caller]
pub fn text(mut command: Command) -> String {
    let output = finish(&mut command);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
fn finish(command: &mut Command) -> Output {
    match command.output() {
        Ok(output) if output.status.success() => output,
        Ok(output) => panic!("{command:?} failed: {}", said(&output)),
        Err(error) => panic!("{command:?}: {error}"),
    }
}

fn said(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    format!("{stdout}\n{stderr}")
}
