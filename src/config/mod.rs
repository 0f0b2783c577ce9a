//! Typed settings, validated at start. Order: `config/default.toml` (built
//! in) < `--config FILE` < environment. An unknown key is an error that names
//! the key and the nearest known one.

mod duration;
mod environment;
mod keys;
mod sections;
#[cfg(test)]
mod tests;
mod trust;

use std::path::{Path, PathBuf};

use figment::{
    Figment,
    providers::{Format, Toml},
};
use serde::Deserialize;

use keys::check_keys;
pub use sections::{
    Database, Delivery, Federation, Limits, Log, LogFormat, Mail, MailSecurity, Membership, Mode,
    Node, Participation, Server, Trust,
};

/// The documented defaults; what the file says is what the program does.
pub const DEFAULTS: &str = include_str!("../../config/default.toml");

/// A node's settings.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    pub data_dir: PathBuf,
    pub server: Server,
    pub database: Database,
    pub node: Node,
    pub participation: Participation,
    pub federation: Federation,
    pub delivery: Delivery,
    pub membership: Membership,
    pub trust: Trust,
    pub mail: Mail,
    pub limits: Limits,
    pub log: Log,
}

/// Settings that a node cannot start with. One line, for the operator.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the configuration file {path}: {source}")]
    File {
        path: String,
        source: std::io::Error,
    },
    #[error("unknown setting `{key}` in {place}{}", .nearest.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    UnknownKey {
        key: String,
        place: String,
        nearest: Option<String>,
    },
    #[error("{0}")]
    Value(String),
}

impl Config {
    /// Reads defaults, then `file`, then `environment` (name, value), and
    /// validates the whole.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).map_err(|source| ConfigError::File {
                path: path.display().to_string(),
                source,
            })?;
            let table = parse(&text, &path.display().to_string())?;
            check_keys(&table, &path.display().to_string())?;
            figment = figment.merge(Toml::string(&text));
        }
        let table = environment::table(environment);
        check_keys(&table, "the environment")?;
        figment = figment.merge(Toml::string(&table.to_string()));
        let config: Self = figment
            .extract()
            .map_err(|error| ConfigError::Value(describe(&error)))?;
        config.validated()
    }

    fn validated(mut self) -> Result<Self, ConfigError> {
        let invalid = |text: String| Err(ConfigError::Value(text));
        let url = &self.server.public_url;
        let is_origin = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !is_origin {
            return invalid(format!(
                "server.public_url must be an origin such as https://forum.example, not {url}"
            ));
        }
        if self.federation.allow_http.is_none() {
            self.federation.allow_http = Some(url.scheme() == "http");
        }
        if self.database.url.is_empty() {
            let path = self.data_dir.join("virtual-forum.sqlite");
            self.database.url = format!("sqlite:{}", path.display());
        }
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if !known
            .iter()
            .any(|scheme| self.database.url.starts_with(scheme))
        {
            return invalid(
                "database.url must begin with sqlite: or postgres:// (or be empty for SQLite in data_dir)"
                    .into(),
            );
        }
        if self.delivery.retry_after.is_empty() {
            return invalid(
                "delivery.retry_after needs at least one step, for example [\"5s\"]".into(),
            );
        }
        if !self.participation.rules.is_empty() && self.participation.version.trim().is_empty() {
            return invalid("participation.version must name the rules, for example \"1\"".into());
        }
        let mail = &self.mail;
        if mail.is_set() && mail.from.is_empty() {
            return invalid("mail.from must be the address that mails come from".into());
        }
        if mail.security == MailSecurity::None && !mail.password.is_empty() {
            return invalid(
                "mail.security = \"none\" would send mail.password in the clear: use starttls or tls"
                    .into(),
            );
        }
        if self.database.connections == 0 {
            return invalid("database.connections must be at least 1".into());
        }
        if let Some(entry) = self
            .federation
            .allowed_addresses
            .iter()
            .find(|entry| !is_host_and_port(entry))
        {
            return invalid(format!(
                "federation.allowed_addresses takes host:port entries, not {entry:?}"
            ));
        }
        Ok(self)
    }

    /// `host` or `host:port` as it stands in handles and `Host` headers.
    pub fn authority(&self) -> String {
        crate::urls::authority(&self.server.public_url)
    }
}

fn is_host_and_port(entry: &str) -> bool {
    entry
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

fn parse(text: &str, place: &str) -> Result<toml::Table, ConfigError> {
    text.parse()
        .map_err(|error| ConfigError::Value(format!("{place} is not valid TOML: {error}")))
}

fn describe(error: &figment::Error) -> String {
    let path = error.path.join(".");
    if path.is_empty() {
        error.kind.to_string()
    } else {
        format!("setting `{path}`: {}", error.kind)
    }
}
