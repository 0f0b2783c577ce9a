//! Typed settings, validated at start. Order: `config/default.toml` (built
//! in) < `--config FILE` < environment. An unknown key is an error that names
//! the key and the nearest known one.

mod duration;
mod environment;
mod trust;

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use figment::{
    Figment,
    providers::{Format, Toml},
};
use ipnet::IpNet;
use serde::Deserialize;
use url::Url;

use crate::domain::accreditation;

/// The documented defaults; what the file says is what the program does.
pub const DEFAULTS: &str = include_str!("../../config/default.toml");

/// Keys that are known although `config/default.toml` leaves them unset.
const UNSET_KEYS: [&str; 2] = ["federation.allow_http", "federation.extra_ca"];

/// Tables whose keys are the operator's own words.
const FREE_TABLES: [&str; 1] = ["federation.resolve"];

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

#[derive(Debug, Clone, Deserialize)]
pub struct Server {
    pub listen: SocketAddr,
    pub public_url: Url,
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Database {
    /// After validation never empty: `sqlite:…` or `postgres://…`.
    pub url: String,
    pub connections: u32,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Node {
    pub name: String,
    pub description: String,
    pub contact_email: String,
    pub rules: Vec<String>,
    pub fictional: bool,
}

/// The rules that people accept at their first sign-in.
#[derive(Debug, Clone, Deserialize)]
pub struct Participation {
    pub version: String,
    /// One paragraph each; none means that nobody is asked.
    pub rules: Vec<String>,
}

impl Participation {
    /// What people accept now; `None` when there is nothing to accept.
    pub fn version(&self) -> Option<String> {
        (!self.rules.is_empty()).then(|| self.version.clone())
    }
}

/// With whom the node federates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Open,
    Allowlist,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Federation {
    pub mode: Mode,
    /// Documents are for those who sign their requests only.
    pub authorized_fetch: bool,
    /// After validation always set.
    pub allow_http: Option<bool>,
    pub allowed_addresses: Vec<String>,
    pub extra_ca: Option<PathBuf>,
    pub resolve: BTreeMap<String, IpAddr>,
}

impl Federation {
    pub fn allows_http(&self) -> bool {
        self.allow_http.unwrap_or(false)
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct Delivery {
    /// Never empty.
    #[serde(deserialize_with = "duration::list")]
    pub retry_after: Vec<Duration>,
    #[serde(deserialize_with = "duration::one")]
    pub keep_for: Duration,
}

/// Who joins, and how.
#[derive(Debug, Clone, Deserialize)]
pub struct Membership {
    /// Takes the node applications?
    pub applications: bool,
    /// Where to apply when it does not; may be empty.
    pub elsewhere: String,
    /// How long refused and withdrawn applications keep their texts.
    #[serde(deserialize_with = "duration::one")]
    pub keep_refused_for: Duration,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Trust {
    /// Whose accreditations count.
    #[serde(deserialize_with = "trust::anchors")]
    pub anchors: accreditation::Trust,
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// TLS after a greeting in the clear; refused if the server cannot.
    Starttls,
    /// TLS from the first byte.
    Tls,
    None,
}

/// The mail server (SMTP); none when `host` is empty.
#[derive(Clone, Deserialize)]
pub struct Mail {
    pub host: String,
    pub port: u16,
    pub security: MailSecurity,
    pub username: String,
    pub password: String,
    /// `Name <name@host>` or `name@host`.
    pub from: String,
}

impl Mail {
    pub fn is_set(&self) -> bool {
        !self.host.is_empty()
    }
}

// By hand: the password must not reach a log.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mail({}:{}, {:?})", self.host, self.port, self.security)
    }
}

/// Sizes in bytes; rates per minute or hour, `0` meaning no limit.
#[derive(Debug, Clone, Deserialize)]
pub struct Limits {
    pub request_bytes: usize,
    pub sign_in_per_minute: u32,
    pub write_per_minute: u32,
    pub lookup_per_minute: u32,
    pub key_fetches_per_minute: u32,
    pub applications_per_hour: u32,
    pub open_applications_per_address: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Log {
    pub format: LogFormat,
    pub filter: String,
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

/// Every settable key, dotted.
fn known_keys() -> Vec<String> {
    let table: toml::Table = DEFAULTS
        .parse()
        .expect("config/default.toml is valid: a test reads it");
    let mut keys: Vec<String> = flatten(&table, "").into_iter().collect();
    keys.extend(UNSET_KEYS.map(str::to_owned));
    keys
}

fn flatten(table: &toml::Table, prefix: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for (key, value) in table {
        let path = if prefix.is_empty() {
            key.clone()
        } else {
            format!("{prefix}.{key}")
        };
        match value {
            toml::Value::Table(inner) if !FREE_TABLES.contains(&path.as_str()) => {
                keys.extend(flatten(inner, &path));
            }
            _ => keys.push(path),
        }
    }
    keys
}

fn check_keys(table: &toml::Table, place: &str) -> Result<(), ConfigError> {
    let known = known_keys();
    for key in flatten(table, "") {
        if known.contains(&key) {
            continue;
        }
        let nearest = known
            .iter()
            .map(|one| (strsim::jaro_winkler(one, &key), one))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|(score, _)| *score > 0.7)
            .map(|(_, one)| one.clone());
        return Err(ConfigError::UnknownKey {
            key,
            place: place.to_owned(),
            nearest,
        });
    }
    Ok(())
}

fn networks<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts
        .iter()
        .map(|text| {
            text.parse::<IpNet>()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| {
                    serde::de::Error::custom(format!("{text:?} is no IP address or network"))
                })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(None, variables)
    }

    #[test]
    fn the_defaults_are_a_node_on_localhost_with_sqlite() {
        let config = load(&[]).expect("the defaults are valid");
        assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.database.url, "sqlite:./data/virtual-forum.sqlite");
        assert!(config.federation.allows_http());
        assert_eq!(config.delivery.keep_for, Duration::from_secs(30 * 86_400));
        assert_eq!(config.authority(), "localhost:8080");
    }

    #[test]
    fn http_origins_are_not_permitted_on_an_https_node() {
        let config = load(&[("VIRTUAL_FORUM_SERVER__PUBLIC_URL", "https://forum.example")])
            .expect("valid settings");
        assert!(!config.federation.allows_http());
        assert_eq!(config.authority(), "forum.example");
    }

    #[test]
    fn the_environment_overrides_with_toml_values() {
        let config = load(&[
            ("VIRTUAL_FORUM_NODE__NAME", "2030"),
            ("VIRTUAL_FORUM_DATA_DIR", "elsewhere"),
            (
                "VIRTUAL_FORUM_FEDERATION__RESOLVE",
                "{\"a.test\" = \"127.0.0.2\"}",
            ),
            (
                "VIRTUAL_FORUM_FEDERATION__ALLOWED_ADDRESSES",
                "[\"a.test:80\"]",
            ),
            ("VIRTUAL_FORUM_FEDERATION__ALLOW_HTTP", "false"),
            ("VIRTUAL_FORUM_LIMITS__SIGN_IN_PER_MINUTE", "0"),
            (
                "VIRTUAL_FORUM_SERVER__TRUSTED_PROXIES",
                "[\"10.0.0.0/8\", \"::1\"]",
            ),
            ("SOMETHING_ELSE", "x"),
        ])
        .expect("valid settings");
        assert_eq!(config.node.name, "2030");
        assert_eq!(config.database.url, "sqlite:elsewhere/virtual-forum.sqlite");
        assert_eq!(config.federation.resolve["a.test"].to_string(), "127.0.0.2");
        assert_eq!(config.federation.allowed_addresses, ["a.test:80"]);
        assert!(!config.federation.allows_http());
        assert_eq!(config.limits.sign_in_per_minute, 0);
        assert_eq!(config.server.trusted_proxies.len(), 2);
    }

    #[test]
    fn an_unknown_key_names_itself_and_the_nearest_known_one() {
        let error = load(&[("VIRTUAL_FORUM_SERVER__LISTN", "x")]).expect_err("a typing error");
        let text = error.to_string();
        assert!(text.contains("`server.listn`"), "{text}");
        assert!(text.contains("did you mean `server.listen`?"), "{text}");
    }

    #[test]
    fn wrong_values_name_their_key() {
        for (name, value, key) in [
            ("VIRTUAL_FORUM_SERVER__LISTEN", "nowhere", "server.listen"),
            (
                "VIRTUAL_FORUM_SERVER__PUBLIC_URL",
                "https://a.example/path",
                "server.public_url",
            ),
            ("VIRTUAL_FORUM_DATABASE__URL", "mysql://x", "database.url"),
            (
                "VIRTUAL_FORUM_DELIVERY__RETRY_AFTER",
                "[]",
                "delivery.retry_after",
            ),
            (
                "VIRTUAL_FORUM_DELIVERY__KEEP_FOR",
                "soon",
                "delivery.keep_for",
            ),
            (
                "VIRTUAL_FORUM_FEDERATION__MODE",
                "closed",
                "federation.mode",
            ),
            (
                "VIRTUAL_FORUM_FEDERATION__ALLOWED_ADDRESSES",
                "[\"a.test\"]",
                "federation.allowed_addresses",
            ),
            (
                "VIRTUAL_FORUM_LIMITS__WRITE_PER_MINUTE",
                "many",
                "limits.write_per_minute",
            ),
        ] {
            let text = load(&[(name, value)]).expect_err(name).to_string();
            assert!(text.contains(key), "{text}");
        }
    }

    #[test]
    fn a_file_is_read_between_defaults_and_environment() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("node.toml");
        std::fs::write(
            &path,
            "[node]\nname = \"From file\"\ndescription = \"Also\"\n",
        )
        .expect("written");
        let environment = [(
            "VIRTUAL_FORUM_NODE__NAME".to_owned(),
            "From outside".to_owned(),
        )];
        let config = Config::load(Some(&path), environment).expect("valid settings");
        assert_eq!(config.node.name, "From outside");
        assert_eq!(config.node.description, "Also");
    }
}
