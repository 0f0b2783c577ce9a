//! Origins (FEP-fe34): who may speak about what. Two addresses belong
//! together when scheme, host and port agree, in whatever spelling.

use std::fmt;

use url::{Host, Url};

/// Scheme, host and port of an http or https address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: &'static str,
    /// Lower case, without a trailing dot, IPv4 inside IPv6 written as IPv4.
    host: String,
    /// The scheme's own when the address names none.
    port: u16,
}

impl Origin {
    /// `None` for addresses of other schemes (`did:`, `urn:`) and without host.
    pub fn of(url: &Url) -> Option<Self> {
        let scheme = match url.scheme() {
            "https" => "https",
            "http" => "http",
            _ => return None,
        };
        let host = match url.host()? {
            Host::Domain(domain) => domain.trim_end_matches('.').to_ascii_lowercase(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_canonical().to_string(),
        };
        if host.is_empty() {
            return None;
        }
        let port = url.port_or_known_default()?;
        Some(Self { scheme, host, port })
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// Lower case, without brackets around IPv6.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// `host`, or `host:port` when the port is not the scheme's own.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        if self.has_default_port() {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }

    /// Does the value of a Host header name this origin? A port may be left
    /// out only when it is the scheme's own (RFC 9110 7.2).
    pub fn is_named_by(&self, host_header: &str) -> bool {
        // Url would read a user or a path out of other characters.
        let plain = host_header
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
        plain
            && Url::parse(&format!("{}://{host_header}/", self.scheme))
                .ok()
                .and_then(|url| Self::of(&url))
                .is_some_and(|named| named == *self)
    }

    /// Does the address claim to be of this origin? Wider than equality: the
    /// other scheme on our host and port, and both default ports, count as
    /// ours too, so that nothing from outside can pass for us.
    pub fn is_claimed_by(&self, url: &Url) -> bool {
        Self::of(url).is_some_and(|other| {
            let both_web = |port: u16| matches!(port, 80 | 443);
            other.host == self.host
                && (other.port == self.port || (both_web(other.port) && both_web(self.port)))
        })
    }

    fn has_default_port(&self) -> bool {
        matches!((self.scheme, self.port), ("https", 443) | ("http", 80))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority())
    }
}

/// Do both addresses have an origin, and the same one?
pub fn same_origin(one: &Url, other: &Url) -> bool {
    match (Origin::of(one), Origin::of(other)) {
        (Some(one), Some(other)) => one == other,
        (Some(_) | None, _) => false,
    }
}

/// Does `url` claim to be minted by the node whose origin is `ours`?
pub fn is_ours(url: &Url, ours: &Origin) -> bool {
    ours.is_claimed_by(url)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn url(text: &str) -> Url {
        text.parse().expect("a test address")
    }

    fn origin(text: &str) -> Origin {
        Origin::of(&url(text)).expect("a test origin")
    }

    #[test]
    fn spellings_of_one_host_are_one_origin() {
        for spelling in [
            "https://A.Example/x",
            "https://a.example:443/y",
            "https://a.example./z",
            "https://user@a.example/",
            "https://\u{ff41}.example/",
        ] {
            assert!(
                same_origin(&url("https://a.example/"), &url(spelling)),
                "{spelling}"
            );
        }
        for spelling in [
            "http://[::ffff:127.0.0.1]:8080/",
            "http://0x7f.1:8080/",
            "http://2130706433:8080/",
        ] {
            assert!(
                same_origin(&url("http://127.0.0.1:8080/"), &url(spelling)),
                "{spelling}"
            );
        }
    }

    #[test]
    fn another_scheme_host_or_port_is_another_origin() {
        for other in [
            "http://a.example/",
            "https://b.example/",
            "https://a.example:8443/",
            "https://a.example.b.example/",
            "https://sub.a.example/",
            "did:key:z6Mk",
            "urn:a.example",
        ] {
            assert!(
                !same_origin(&url("https://a.example/"), &url(other)),
                "{other}"
            );
        }
        assert!(!same_origin(&url("urn:x"), &url("urn:x")));
    }

    #[test]
    fn nothing_that_names_our_host_passes_for_foreign() {
        let ours = origin("https://a.example");
        for claim in [
            "https://a.example/entries/1",
            "http://a.example/entries/1",
            "https://A.EXAMPLE./x",
            "http://a.example:443/",
        ] {
            assert!(is_ours(&url(claim), &ours), "{claim}");
        }
        for foreign in [
            "https://b.example/",
            "https://a.example:8443/",
            "urn:a.example",
        ] {
            assert!(!is_ours(&url(foreign), &ours), "{foreign}");
        }
    }

    #[test]
    fn two_nodes_on_one_address_differ_by_port() {
        let ours = origin("http://127.0.0.1:3001");
        assert!(is_ours(&url("https://127.0.0.1:3001/x"), &ours));
        assert!(!is_ours(&url("http://127.0.0.1:3002/x"), &ours));
    }

    #[test]
    fn a_host_header_names_our_origin_with_its_port_and_nothing_else() {
        let ours = origin("https://a.example");
        for named in ["a.example", "A.example", "a.example:443", "a.example."] {
            assert!(ours.is_named_by(named), "{named}");
        }
        for other in [
            "",
            "b.example",
            "a.example:80",
            "x@a.example",
            "a.example/b",
            "a.example#",
            " a.example",
            "a.example,a.example",
        ] {
            assert!(!ours.is_named_by(other), "{other:?}");
        }
        let local = origin("http://[::1]:8080");
        assert!(local.is_named_by("[::1]:8080"));
        assert!(!local.is_named_by("[::1]"));
        assert_eq!(local.to_string(), "http://[::1]:8080");
    }

    /// Host and port, and whether it is https.
    type Parts = (String, u16, bool);

    fn parts() -> impl Strategy<Value = Parts> {
        // Few of each, so that some agree.
        let host = prop::sample::select(vec![
            "a.example",
            "b.example",
            "sub.a.example",
            "127.0.0.1",
            "[::1]",
        ]);
        let port = prop::sample::select(vec![80, 443, 8443]);
        (host.prop_map(str::to_owned), port, any::<bool>())
    }

    /// One of the ways in which people and servers write the same origin.
    fn spelling((host, port, https): &Parts, how: u8, rest: &str) -> Url {
        let scheme = if *https { "https" } else { "http" };
        let default = if *https { 443 } else { 80 };
        let is_name = host.ends_with("example");
        let host = match how % 4 {
            1 => host.to_uppercase(),
            2 if is_name => format!("{host}."),
            3 if host == "127.0.0.1" => "[::ffff:7f00:1]".to_owned(),
            _ => host.clone(),
        };
        let scheme = if how & 4 == 0 {
            scheme.to_owned()
        } else {
            scheme.to_uppercase()
        };
        let user = if how & 8 == 0 { "" } else { "somebody@" };
        let port = if *port == default && how & 16 == 0 {
            String::new()
        } else {
            format!(":{port}")
        };
        url(&format!("{scheme}://{user}{host}{port}/{rest}"))
    }

    proptest! {
        #[test]
        fn two_addresses_are_of_one_origin_when_scheme_host_and_port_agree_and_only_then(
            one in parts(), other in parts(), how: u8, way: u8,
            rest in "[a-z@:./?#-]{0,12}", end in "[a-z@:./?#-]{0,12}",
        ) {
            let (first, second) = (spelling(&one, how, &rest), spelling(&other, way, &end));
            prop_assert_eq!(same_origin(&first, &second), one == other, "{} {}", first, second);
            prop_assert_eq!(same_origin(&second, &first), one == other);
            prop_assert!(same_origin(&first, &spelling(&one, way, &end)));
        }

        #[test]
        fn what_is_of_our_origin_claims_it_and_no_other_host_does(
            one in parts(), other in parts(), how: u8, way: u8,
        ) {
            let ours = Origin::of(&spelling(&one, how, "")).expect("an origin");
            let claim = spelling(&other, way, "x");
            if one == other {
                prop_assert!(ours.is_claimed_by(&claim), "{} {}", ours, claim);
            }
            if one.0 != other.0 {
                prop_assert!(!ours.is_claimed_by(&claim), "{} {}", ours, claim);
            }
        }

        #[test]
        fn an_origin_is_written_so_that_it_reads_as_itself(one in parts(), how: u8) {
            let origin = Origin::of(&spelling(&one, how, "")).expect("an origin");
            prop_assert_eq!(Origin::of(&url(&origin.to_string())), Some(origin.clone()));
            prop_assert!(origin.is_named_by(&origin.authority()));
        }

        #[test]
        fn no_address_makes_the_comparison_panic(text in ".{0,40}", other in "[a-z]{1,6}:.{0,20}") {
            let read = |text: &str| Url::parse(text).ok();
            if let (Some(one), Some(two)) = (read(&text).or(read(&other)), read(&other)) {
                let _ = (same_origin(&one, &two), Origin::of(&one));
                prop_assert!(!same_origin(&one, &two) || Origin::of(&one) == Origin::of(&two));
            }
        }
    }
}
