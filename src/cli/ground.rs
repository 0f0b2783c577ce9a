//! What commands stand on: settings, the data directory, and the database,
//! opened directly. They work whether or not a node is serving on it; tasks
//! that they write are done by the node that serves.

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde_json::Value;

use super::{log, report};
use crate::{app::App, config::Config, operations::Clock};

pub(super) struct Ground<'a> {
    /// `--config`.
    pub file: Option<PathBuf>,
    pub environment: Vec<(String, String)>,
    pub as_json: bool,
    pub input: &'a mut dyn Read,
    pub out: &'a mut dyn Write,
    pub err: &'a mut dyn Write,
}

impl Ground<'_> {
    pub fn config(&self) -> anyhow::Result<Config> {
        Ok(Config::load(
            self.file.as_deref(),
            self.environment.iter().cloned(),
        )?)
    }

    /// The node, for a command other than `serve`. A database that is new is
    /// migrated first, so that a node can be filled before it is first served;
    /// an older one is left to `serve` and `migrate`.
    pub fn app(&self) -> anyhow::Result<App> {
        let config = self.config()?;
        log::start(&config.log, log::Loudness::Command)?;
        prepare_data_dir(&config.data_dir)?;
        let app = open(config)?;
        let db = &app.forum.db;
        if db.version()?.is_none() {
            db.migrate()?;
        } else if !db.pending()?.is_empty() {
            bail!(
                "the database has an older schema: run `virtual-forum migrate` (or start the node) first"
            );
        }
        Ok(app)
    }

    /// Tells the operator something in one line, whatever is printed.
    pub fn note(&mut self, line: &str) {
        report::write(self.err, line);
    }

    /// Prints while the command goes on.
    pub fn say(&mut self, text: &str, json: &Value) {
        let line = if self.as_json {
            json.to_string()
        } else {
            text.to_owned()
        };
        report::write(self.out, &line);
    }
}

/// Opens the database and puts the node together; migrates nothing.
pub(super) fn open(config: Config) -> anyhow::Result<App> {
    Ok(App::open(config, Clock::System)?)
}

/// Makes the data directory, for its owner alone, and tries to write in it.
pub(super) fn prepare_data_dir(folder: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .and_then(|()| can_write(folder))
        .with_context(|| {
            format!(
                "the data directory {} cannot be written to (setting `data_dir`)",
                folder.display()
            )
        })
}

/// Makes a file in a directory and removes it.
pub(super) fn can_write(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".writable-{}", std::process::id()));
    fs::write(&probe, b"").and_then(|()| fs::remove_file(&probe))
}
