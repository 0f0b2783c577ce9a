//! What a command answers: text for people or one JSON object for scripts on
//! standard output, and at most one line on standard error.

use std::io::Write;

use serde_json::{Value, json};

/// The outcome of a command that was carried out.
pub(super) struct Report {
    /// For people; whole lines, or empty.
    pub text: String,
    /// For scripts: an object, or null when it was printed already.
    pub json: Value,
    /// The one line that says why the exit status is 1 although the command
    /// was carried out (`doctor`).
    pub failure: Option<String>,
}

impl Report {
    pub fn new(text: impl Into<String>, json: Value) -> Self {
        Self {
            text: text.into(),
            json,
            failure: None,
        }
    }

    /// For commands that print while they run.
    pub fn silent() -> Self {
        Self::new("", Value::Null)
    }

    /// Prints and answers the exit status.
    pub fn print(&self, as_json: bool, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
        match (as_json, &self.json) {
            (true, Value::Null) => {}
            (true, json) => write(out, &json.to_string()),
            (false, _) => write(out, &self.text),
        }
        match &self.failure {
            Some(line) => {
                write(err, line);
                1
            }
            None => 0,
        }
    }
}

/// Says on one line why a command was refused or failed; with `--json` also
/// as an object.
pub(super) fn print_failure(
    error: &anyhow::Error,
    as_json: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let text = format!("{error:#}");
    let line: Vec<&str> = text.split_whitespace().collect();
    let line = line.join(" ");
    if as_json {
        write(out, &json!({ "error": line }).to_string());
    }
    write(err, &format!("virtual-forum: {line}"));
    1
}

/// Writes text as whole lines. A reader that went away is no failure of the
/// command.
pub(super) fn write(stream: &mut dyn Write, text: &str) {
    let text = text.trim_end();
    if !text.is_empty() {
        let _ = writeln!(stream, "{text}").and_then(|()| stream.flush());
    }
}
