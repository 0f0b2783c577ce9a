//! Where a request may go: by its address as written, and by each socket
//! address that it leads to.

use std::{
    collections::{HashMap, HashSet},
    net::{IpAddr, SocketAddr},
};

use url::Url;

use super::{FetchError, FetchSettings, address::is_global};
use crate::federation::origin::Origin;

/// Longest address that is fetched, in bytes.
const MAX_URL: usize = 2_048;

#[derive(Debug)]
pub(super) struct Policy {
    allow_http: bool,
    /// Host and port, spelt as [`Origin`] spells them.
    exempt: HashSet<(String, u16)>,
    resolve: HashMap<String, IpAddr>,
}

impl Policy {
    pub fn new(settings: &FetchSettings) -> Self {
        let origin = |authority: &str| {
            let url = Url::parse(&format!("http://{authority}/")).ok()?;
            Origin::of(&url)
        };
        Self {
            allow_http: settings.allow_http,
            exempt: settings
                .allowed_addresses
                .iter()
                .filter_map(|entry| origin(entry))
                .map(|origin| (origin.host().to_owned(), origin.port()))
                .collect(),
            resolve: settings
                .resolve
                .iter()
                .filter_map(|(host, address)| Some((origin(host)?.host().to_owned(), *address)))
                .collect(),
        }
    }

    /// Checks what can be told from the address alone.
    pub fn check(&self, url: &Url) -> Result<(), FetchError> {
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            "http" => return Err(FetchError::NotHttps),
            _ => return Err(FetchError::BadAddress),
        }
        let origin = Origin::of(url).ok_or(FetchError::BadAddress)?;
        let plain = url.username().is_empty()
            && url.password().is_none()
            && url.as_str().len() <= MAX_URL
            && origin.port() != 0;
        if !plain {
            return Err(FetchError::BadAddress);
        }
        // A literal address needs no resolver to be refused.
        match origin.host().parse() {
            Ok(address) if !self.admits(&origin, address) => Err(FetchError::Forbidden),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// The address of a host that needs no resolver: literals, and what the
    /// operator wrote down.
    pub fn known_address(&self, host: &str) -> Option<IpAddr> {
        host.parse()
            .ok()
            .or_else(|| self.resolve.get(host).copied())
    }

    /// Of the addresses that a host has, those that may be connected to.
    pub fn admitted(&self, origin: &Origin, addresses: &[IpAddr]) -> Vec<SocketAddr> {
        addresses
            .iter()
            .filter(|address| self.admits(origin, **address))
            .map(|address| SocketAddr::new(*address, origin.port()))
            .collect()
    }

    fn admits(&self, origin: &Origin, address: IpAddr) -> bool {
        is_global(address)
            || self
                .exempt
                .contains(&(origin.host().to_owned(), origin.port()))
    }
}
