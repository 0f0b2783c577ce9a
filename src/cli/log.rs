//! Structured logs on standard error, as `log.format` and `log.filter` say.

use std::io::IsTerminal;

use anyhow::Context;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{self, LogFormat};

/// How much a process says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loudness {
    /// What the settings say.
    Node,
    /// Warnings only: a command's own answer is enough.
    Command,
}

/// Starts logging for this process; later calls change nothing.
pub(super) fn start(settings: &config::Log, loudness: Loudness) -> anyhow::Result<()> {
    let directives = match loudness {
        Loudness::Node => settings.filter.as_str(),
        Loudness::Command => "warn",
    };
    let filter = EnvFilter::try_new(directives).with_context(|| {
        format!(
            "setting `log.filter`: {directives:?} is not such as info or virtual_forum=debug,info"
        )
    })?;
    let registry = tracing_subscriber::registry().with(filter);
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        // Colours are for people, not for files.
        .with_ansi(std::io::stderr().is_terminal());
    // An error means that another call was first.
    let _ = match settings.format {
        LogFormat::Text => registry.with(lines).try_init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    };
    Ok(())
}

/// A panic is a line of the log like any other, with the request it was in.
/// For the whole process: `main` calls this, tests do not.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("no message");
        let place = panic.location().map(ToString::to_string);
        tracing::error!(message, place, "a bug in this program: it panicked");
    }));
}
