//! What of an operator's settings the demo follows: how it logs, and its limits. The
//! rest is meant for a real node.

use std::path::Path;

use anyhow::Context;
use toml::{Table, Value};

use crate::config::Config;

/// The sections that it follows.
const FOLLOWED: [&str; 2] = ["log", "limits"];

const PREFIX: &str = "VIRTUAL_FORUM_";

/// An operator's settings, sorted.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// As environment variables: those of the file, then those of the environment.
    pub followed: Vec<(String, String)>,
    /// What else the file sets.
    pub ignored: Vec<String>,
}

impl Settings {
    /// # Errors
    /// A file that no node could start with.
    pub fn read(file: Option<&Path>, environment: &[(String, String)]) -> anyhow::Result<Self> {
        let mut settings = Self::default();
        if let Some(path) = file {
            settings.read_file(path)?;
        }
        let followed = environment.iter().filter(|(name, _)| is_followed(name));
        settings.followed.extend(followed.cloned());
        Ok(settings)
    }

    fn read_file(&mut self, path: &Path) -> anyhow::Result<()> {
        // What is wrong with it is told as for a real node.
        Config::load(Some(path), [])?;
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let table: Table = text.parse()?;
        for (section, content) in table {
            match content {
                Value::Table(content) if FOLLOWED.contains(&section.as_str()) => {
                    let pairs = content.iter();
                    self.followed
                        .extend(pairs.map(|(key, value)| variable(&section, key, value)));
                }
                _ => self.ignored.push(section),
            }
        }
        Ok(())
    }

    /// One line about what is not followed, if there is anything.
    pub fn notice(&self) -> Option<String> {
        (!self.ignored.is_empty()).then(|| {
            format!(
                "The demo has settings of its own. It follows {} and ignores {}.",
                FOLLOWED.join(" and "),
                self.ignored.join(", ")
            )
        })
    }
}

fn is_followed(name: &str) -> bool {
    let path = name.strip_prefix(PREFIX).unwrap_or_default().to_lowercase();
    path.split_once("__")
        .is_some_and(|(section, _)| FOLLOWED.contains(&section))
}

fn variable(section: &str, key: &str, value: &Value) -> (String, String) {
    let name = format!("{PREFIX}{section}__{key}").to_uppercase();
    let text = match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    };
    (name, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (format!("{PREFIX}{name}"), value.to_owned())
    }

    #[test]
    fn the_log_and_the_limits_are_followed_and_the_environment_comes_last() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("forum.toml");
        let text = "[limits]\nwrite_per_minute = 7\n[log]\nfilter = \"info\"\n\
                    [server]\nlisten = \"0.0.0.0:80\"\n";
        std::fs::write(&file, text).expect("written");
        let environment = [
            pair("LOG__FILTER", "debug"),
            pair("SERVER__LISTEN", "0.0.0.0:81"),
            ("PATH".to_owned(), "/bin".to_owned()),
        ];
        let settings = Settings::read(Some(&file), &environment).expect("readable");
        assert_eq!(
            settings.followed,
            [
                pair("LIMITS__WRITE_PER_MINUTE", "7"),
                pair("LOG__FILTER", "info"),
                pair("LOG__FILTER", "debug"),
            ]
        );
        assert_eq!(settings.ignored, ["server"]);
        let nothing = Settings::read(None, &environment).expect("readable");
        assert_eq!(nothing.followed, [pair("LOG__FILTER", "debug")]);
        assert_eq!(nothing.notice(), None);
    }
}
