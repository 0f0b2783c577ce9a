//! Moderation of other servers: blocking and allowing hosts.

use super::Forum;
use crate::storage::{
    self,
    hosts::{self, HostPolicy, Policy},
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
    let host = host.trim_end_matches('.');
    if host.is_empty() {
        return Err(invalid());
    }
    Ok(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// Blocks or allows a host.
///
/// # Errors
/// [`HostError`] states the rules.
pub async fn decide(
    forum: &Forum,
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
        .write(move |conn, _| hosts::put(conn, &stored))
        .await?;
    Ok(decision)
}

/// Withdraws what was decided about a host.
///
/// # Errors
/// [`HostError::NotFound`].
pub async fn withdraw(forum: &Forum, host: &str) -> Result<(), HostError> {
    let host = normalise(host)?;
    let name = host.clone();
    let existed = forum
        .write(move |conn, _| hosts::remove(conn, &host))
        .await?;
    if existed {
        Ok(())
    } else {
        Err(HostError::NotFound(name))
    }
}

/// May we exchange anything with this host? `decisions` are all of
/// `storage::hosts`. Subdomains and ports of a blocked host are blocked;
/// allowing is exact, or for all ports of a host.
pub fn may_federate(decisions: &[HostPolicy], host: &str, allowlist: bool) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let name = host.split_once(':').map_or(host.as_str(), |(name, _)| name);
    let name = name.trim_end_matches('.');
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
            "a.b.bad.example",
        ] {
            assert!(!may_federate(&decisions, host, false), "{host}");
        }
        for host in ["notbad.example", "example", "bad.example.org"] {
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
