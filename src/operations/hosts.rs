//! Moderation of other servers: blocking and allowing hosts.

use std::collections::BTreeMap;

use super::{Forum, audit};
use crate::{
    config::Mode,
    domain::{audit::Decision, id::UserId, organisation::OrganisationState},
    storage::{
        self, Conn, follows,
        hosts::{self, HostPolicy, Policy},
        organisations,
    },
};

/// Why a host was not blocked or allowed.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error("{0:?} is no host name: write it as example.org, or example.org:8443 for one port")]
    Invalid(String),
    #[error("this is our own host")]
    Ours,
    #[error("nothing was decided about {0}")]
    NotFound(String),
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

/// A host as it is compared: lower case, punycode, no trailing dot, without
/// the port unless one is given.
///
/// # Errors
/// [`HostError::Invalid`].
pub fn normalise(text: &str) -> Result<String, HostError> {
    let invalid = || HostError::Invalid(text.to_owned());
    let name = text.trim().trim_start_matches("*.");
    let url = url::Url::parse(&format!("https://{name}/")).map_err(|_| invalid())?;
    let is_host = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && !name.contains('/');
    let host = url.host_str().filter(|_| is_host).ok_or_else(invalid)?;
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host.is_empty() {
        return Err(invalid());
    }
    Ok(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host,
    })
}

/// Blocks or allows a host. What a server may no longer do ends at once: its
/// organisations and entries are shown nowhere, and nobody follows across.
/// They are shown again, but follow nobody, when it may speak with us again.
///
/// # Errors
/// [`HostError`] states the rules.
pub async fn decide(
    forum: &Forum,
    by: Option<UserId>,
    mode: Mode,
    host: &str,
    policy: Policy,
    reason: &str,
) -> Result<HostPolicy, HostError> {
    let host = normalise(host)?;
    if host == forum.urls.authority() {
        return Err(HostError::Ours);
    }
    let decision = HostPolicy {
        host,
        policy,
        reason: reason.trim().to_owned(),
        created_at: forum.now(),
    };
    let stored = decision.clone();
    forum
        .write(move |conn, forum| {
            hosts::put(conn, &stored)?;
            settle_in(conn, mode)?;
            let decision = match stored.policy {
                Policy::Block => Decision::HostBlocked,
                Policy::Allow => Decision::HostAllowed,
            };
            let (subject, reason) = (server(&stored.host), &stored.reason);
            audit::record(conn, forum, by, decision, &subject, reason)
        })
        .await?;
    Ok(decision)
}

/// Withdraws what was decided about a host.
///
/// # Errors
/// [`HostError::NotFound`].
pub async fn withdraw(
    forum: &Forum,
    by: Option<UserId>,
    mode: Mode,
    host: &str,
) -> Result<(), HostError> {
    let host = normalise(host)?;
    let name = host.clone();
    let existed = forum
        .write(move |conn, forum| {
            let existed = hosts::remove(conn, &host)?;
            settle_in(conn, mode)?;
            if existed {
                let forgotten = Decision::HostForgotten;
                audit::record(conn, forum, by, forgotten, &server(&host), "")?;
            }
            Ok::<_, storage::Error>(existed)
        })
        .await?;
    if existed {
        Ok(())
    } else {
        Err(HostError::NotFound(name))
    }
}

/// How servers are named in the log of decisions.
fn server(host: &str) -> String {
    format!("server {host}")
}

/// Brings what is stored of other servers in line with the decisions, for the
/// start of the program: the mode may have changed while it did not run.
///
/// # Errors
/// Storage only.
pub async fn settle(forum: &Forum, mode: Mode) -> Result<(), storage::Error> {
    forum.write(move |conn, _| settle_in(conn, mode)).await
}

/// An organisation of another server is suspended exactly while its host may
/// not speak with us; every list leaves suspended ones and their entries out.
fn settle_in(conn: &mut Conn, mode: Mode) -> Result<(), storage::Error> {
    let decisions = hosts::list(conn)?;
    let mut known: BTreeMap<String, Vec<OrganisationState>> = BTreeMap::new();
    for (host, state) in organisations::remote_hosts(conn)? {
        known.entry(host).or_default().push(state);
    }
    for (host, states) in known {
        let may = may_federate(&decisions, &host, mode == Mode::Allowlist);
        let (from, to) = match may {
            true => (OrganisationState::Suspended, OrganisationState::Active),
            false => (OrganisationState::Active, OrganisationState::Suspended),
        };
        if states.contains(&from) {
            organisations::set_state_of_host(conn, &host, from, to)?;
        }
        if !may {
            follows::delete_all_of_host(conn, &host)?;
        }
    }
    Ok(())
}

/// May we exchange anything with this host? `decisions` are all of
/// `storage::hosts`. Subdomains and ports of a blocked host are blocked;
/// allowing is exact, or for all ports of a host. What is no host is refused.
pub fn may_federate(decisions: &[HostPolicy], host: &str, allowlist: bool) -> bool {
    let Ok(host) = normalise(host) else {
        return false;
    };
    let name = without_port(&host);
    let blocked = decisions
        .iter()
        .filter(|one| one.policy == Policy::Block)
        .any(|one| one.host == host || covers(&one.host, name));
    let allowed = !allowlist
        || decisions
            .iter()
            .filter(|one| one.policy == Policy::Allow)
            .any(|one| one.host == host || one.host == name);
    allowed && !blocked
}

/// `host` of `host:port`; the colons of an IPv6 address stand in brackets.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        Some(_) | None => host,
    }
}

fn covers(blocked: &str, name: &str) -> bool {
    name == blocked
        || name
            .strip_suffix(blocked)
            .is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(host: &str, policy: Policy) -> HostPolicy {
        HostPolicy {
            host: host.into(),
            policy,
            reason: String::new(),
            created_at: chrono::DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_block_covers_subdomains_ports_case_and_trailing_dots() {
        let decisions = [decision("bad.example", Policy::Block)];
        for host in [
            "bad.example",
            "BAD.example",
            "bad.example.",
            "bad.example:8443",
            "bad.example.:8443",
            "a.b.bad.example",
            "ＢＡＤ.example",
            "not a host",
        ] {
            assert!(!may_federate(&decisions, host, false), "{host}");
        }
        for host in ["notbad.example", "example", "bad.example.org"] {
            assert!(may_federate(&decisions, host, false), "{host}");
        }
    }

    #[test]
    fn a_host_is_one_in_unicode_and_in_punycode_and_an_address_has_ports() {
        let decisions = [
            decision("xn--bcher-kva.example", Policy::Block),
            decision("[2001:db8::1]", Policy::Block),
            decision("one.example:8443", Policy::Block),
        ];
        for host in [
            "Bücher.example",
            "shop.bücher.example:8443",
            "XN--BCHER-KVA.example",
            "[2001:DB8:0::1]:8443",
            "[2001:db8::1]",
            "one.example.:8443",
        ] {
            assert!(!may_federate(&decisions, host, false), "{host}");
        }
        for host in ["bucher.example", "[2001:db8::2]", "one.example"] {
            assert!(may_federate(&decisions, host, false), "{host}");
        }
    }

    #[test]
    fn an_allowlist_lets_in_exactly_what_it_names_unless_blocked() {
        let decisions = [
            decision("good.example", Policy::Allow),
            decision("one.example:8443", Policy::Allow),
            decision("both.example", Policy::Allow),
            decision("both.example", Policy::Block),
        ];
        assert!(may_federate(&decisions, "good.example", true));
        assert!(may_federate(&decisions, "one.example:8443", true));
        for host in [
            "sub.good.example",
            "one.example",
            "other.example",
            "both.example",
        ] {
            assert!(!may_federate(&decisions, host, true), "{host}");
        }
    }

    #[test]
    fn hosts_are_normalised() {
        let good = |text: &str| normalise(text).expect("a host");
        assert_eq!(good(" Bücher.EXAMPLE. "), "xn--bcher-kva.example");
        assert_eq!(good("*.bad.example"), "bad.example");
        assert_eq!(good("a.example:8443"), "a.example:8443");
        for text in [
            "",
            "a b",
            "https://a.example",
            "a.example/x",
            "u@a.example",
            ".",
        ] {
            assert!(normalise(text).is_err(), "{text:?}");
        }
    }
}
