//! Scripts on Node and Python: foreign servers, and drivers of real clients.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

/// The environment variable with the Python that has `requirements.txt`
/// installed. Without it, the one counts that `./test` made.
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

/// A script of this package on Python.
///
/// # Panics
/// When the packages are not installed.
pub fn python(script: &str) -> Command {
    let mut command = python_tool("python");
    command.arg(here().join(script));
    command
}

/// A program of the Python environment, for example `toot`.
///
/// # Panics
/// When the packages are not installed.
pub fn python_tool(name: &str) -> Command {
    let python = match env::var_os(PYTHON) {
        Some(python) => PathBuf::from(python),
        None => made_by_the_test_script(),
    };
    let tool = python.with_file_name(name);
    assert!(
        tool.exists(),
        "start the tests with ./test, or set {PYTHON} to a Python with requirements.txt"
    );
    Command::new(tool)
}

fn made_by_the_test_script() -> PathBuf {
    // …/target/PROFILE/deps/this-test
    let this = env::current_exe().expect("a running test has a path");
    let target = this
        .ancestors()
        .nth(3)
        .expect("test binaries lie three levels down");
    target.join("test-venv/bin/python")
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
