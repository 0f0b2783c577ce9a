//! The sections of the settings, as `config/default.toml` describes them.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use ipnet::IpNet;
use serde::Deserialize;
use url::Url;

use super::{duration, trust};
use crate::domain::accreditation;

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
    pub open_streams: u32,
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
