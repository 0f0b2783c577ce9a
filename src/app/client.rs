//! Which address a request came from, for counting tries.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, request::Parts},
};
use ipnet::IpNet;

/// The address behind a request as a key to count by; `None` when the
/// connection is not known. `X-Forwarded-For` counts only from proxies that
/// the operator trusts (SECURITY.md 4).
pub fn key(parts: &Parts, trusted: &[IpNet]) -> Option<String> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(group(client(peer.ip(), &parts.headers, trusted)).to_string())
}

/// Reads the chain of proxies from the nearest one on, as long as each is
/// trusted: what stands before that may be the client's invention.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    let mut nearest = peer.to_canonical();
    let chain: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for hop in chain.into_iter().rev() {
        if !is_trusted(nearest) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(address) => nearest = address.to_canonical(),
            Err(_) => break,
        }
    }
    nearest
}

/// One household or server has a whole /64 of IPv6 addresses.
fn group(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let mut bytes = address.octets();
            bytes[8..].fill(0);
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn of(peer: &str, forwarded: &str, trusted: &[&str]) -> IpAddr {
        let headers = HeaderMap::from_iter([(
            "x-forwarded-for".parse().expect("a name"),
            forwarded.parse().expect("a value"),
        )]);
        let trusted: Vec<IpNet> = trusted
            .iter()
            .map(|net| net.parse().expect("a network"))
            .collect();
        client(ip(peer), &headers, &trusted)
    }

    #[test]
    fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
        assert_eq!(of("192.0.2.1", "198.51.100.7", &[]), ip("192.0.2.1"));
        let proxy = ["127.0.0.0/8"];
        assert_eq!(of("127.0.0.1", "198.51.100.7", &proxy), ip("198.51.100.7"));
        assert_eq!(
            of("127.0.0.1", "10.0.0.1, 198.51.100.7", &proxy),
            ip("198.51.100.7"),
            "what the client itself wrote does not count"
        );
        assert_eq!(of("127.0.0.1", "nonsense", &proxy), ip("127.0.0.1"));
    }

    #[test]
    fn ipv6_addresses_are_counted_by_their_network() {
        assert_eq!(group(ip("2001:db8:1:2:3:4:5:6")), ip("2001:db8:1:2::"));
        assert_eq!(group(ip("192.0.2.1")), ip("192.0.2.1"));
    }
}
