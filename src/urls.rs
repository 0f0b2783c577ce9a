//! Every path and id that the node mints, and how they are read back.
//! INTERFACE.md 3 is the contract.

use url::Url;

use crate::domain::id::{ActivityId, EntryId, QuoteId};

/// Where the node hands out the program's own source.
pub const SOURCE: &str = "/source.tar.gz";

/// `host`, or `host:port` when the port is not the scheme's own.
pub fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The own actor of the node that an address belongs to (INTERFACE.md 3).
pub fn node_actor_of(address: &Url) -> Url {
    below_origin(address, "/actor")
}

/// A path at the origin of an address.
pub fn below_origin(address: &Url, path: &str) -> Url {
    let mut url = address.clone();
    url.set_path(path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// Mints addresses under the node's origin.
#[derive(Debug, Clone)]
pub struct Urls {
    origin: Url,
    /// The origin without its trailing slash.
    base: String,
}

impl Urls {
    /// `origin` has no path, query or fragment (`config` checks it).
    pub fn new(origin: &Url) -> Self {
        Self {
            origin: origin.clone(),
            base: origin.as_str().trim_end_matches('/').to_owned(),
        }
    }

    pub fn origin(&self) -> &Url {
        &self.origin
    }

    /// Host and non-default port: what stands behind the `@` of our handles.
    pub fn authority(&self) -> String {
        authority(&self.origin)
    }

    /// An absolute address of one of our own paths (which begin with `/`).
    pub fn absolute(&self, path: &str) -> Url {
        self.mint(path)
    }

    fn mint(&self, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.base))
            .expect("the origin is valid and our paths hold only safe characters")
    }

    pub fn home(&self) -> Url {
        self.mint("/")
    }

    pub fn node_actor(&self) -> Url {
        self.mint("/actor")
    }

    pub fn node_accreditations(&self) -> Url {
        self.mint("/actor/accreditations")
    }

    /// A status list of this node's anchor; they are counted from 1.
    pub fn status_list(&self, number: i32) -> Url {
        self.mint(&format!("/.well-known/virtual-forum/status-lists/{number}"))
    }

    pub fn shared_inbox(&self) -> Url {
        self.mint("/inbox")
    }

    /// A local organisation: its actor's id and its page.
    pub fn organisation(&self, handle: &str) -> Url {
        self.mint(&format!("/orgs/{handle}"))
    }

    /// `part` is `inbox`, `outbox`, `followers`, `following`, `featured` or
    /// `accreditations`.
    pub fn organisation_part(&self, handle: &str, part: &str) -> Url {
        self.mint(&format!("/orgs/{handle}/{part}"))
    }

    pub fn entry(&self, id: EntryId) -> Url {
        self.mint(&entry_path(id))
    }

    /// `part` is `replies`, `context` or `proposal`.
    pub fn entry_part(&self, id: EntryId, part: &str) -> Url {
        self.mint(&format!("/entries/{id}/{part}"))
    }

    /// Where it can be seen that a quote of an entry has leave.
    pub fn quote(&self, entry: EntryId, leave: QuoteId) -> Url {
        self.mint(&format!("/entries/{entry}/quotes/{leave}"))
    }

    pub fn activity(&self, id: ActivityId) -> Url {
        self.mint(&format!("/activities/{id}"))
    }

    pub fn tag(&self, tag: &str) -> Url {
        let mut url = self.mint("/tags");
        url.path_segments_mut()
            .expect("an http address has path segments")
            .push(tag);
        url
    }

    pub fn one_time_link(&self, token: &str) -> Url {
        self.mint(&format!("/links/{token}"))
    }

    /// The link of a new focal point.
    pub fn handover(&self, token: &str) -> Url {
        self.mint(&format!("/handover/{token}"))
    }

    /// Where an applicant follows their application.
    pub fn application(&self, token: &str) -> Url {
        self.mint(&format!("/apply/{token}"))
    }

    pub fn avatar(&self) -> Url {
        self.mint("/assets/avatar.png")
    }

    pub fn header(&self) -> Url {
        self.mint("/assets/header.png")
    }

    /// Is this address under our own origin, in whatever spelling?
    pub fn is_ours(&self, url: &Url) -> bool {
        let host = |url: &Url| {
            url.host_str()
                .map(|host| host.trim_end_matches('.').to_ascii_lowercase())
        };
        host(url) == host(&self.origin)
            && url.port_or_known_default() == self.origin.port_or_known_default()
    }

    /// The handle in the id of a local organisation.
    pub fn read_organisation(&self, url: &Url) -> Option<String> {
        self.read(url, "orgs")
            .map(|handle| handle.to_ascii_lowercase())
    }

    /// The id in the address of a local entry.
    pub fn read_entry(&self, url: &Url) -> Option<EntryId> {
        self.read(url, "entries")?.parse().ok()
    }

    /// The single segment below `folder`, without query or fragment.
    fn read(&self, url: &Url, folder: &str) -> Option<String> {
        if !self.is_ours(url) || url.scheme() != self.origin.scheme() {
            return None;
        }
        let mut segments = url.path_segments()?;
        let found = (segments.next()?, segments.next()?, segments.next());
        (found.0 == folder && !found.1.is_empty() && found.2.is_none()).then(|| found.1.to_owned())
    }
}

/// Paths that pages link to.
pub fn entry_path(id: EntryId) -> String {
    format!("/entries/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls() -> Urls {
        Urls::new(&Url::parse("https://n.example:8443").expect("valid"))
    }

    #[test]
    fn ids_are_minted_under_the_origin_with_its_port() {
        assert_eq!(
            urls().entry(EntryId(7)).as_str(),
            "https://n.example:8443/entries/7"
        );
        assert_eq!(urls().authority(), "n.example:8443");
        assert_eq!(
            urls().tag("süd ost").as_str(),
            "https://n.example:8443/tags/s%C3%BCd%20ost"
        );
    }

    #[test]
    fn our_host_is_recognised_in_any_spelling_and_no_other_is() {
        for ours in [
            "https://n.example:8443/x",
            "https://N.EXAMPLE:8443/x",
            "https://n.example.:8443/",
            "http://n.example:8443/",
        ] {
            assert!(urls().is_ours(&Url::parse(ours).expect("valid")), "{ours}");
        }
        for other in [
            "https://n.example/x",
            "https://a.n.example:8443/",
            "https://n.example:8444/",
        ] {
            assert!(
                !urls().is_ours(&Url::parse(other).expect("valid")),
                "{other}"
            );
        }
    }

    #[test]
    fn only_the_exact_path_of_an_organisation_reads_back() {
        let read = |text: &str| urls().read_organisation(&Url::parse(text).expect("valid"));
        assert_eq!(read("https://n.example:8443/orgs/moj"), Some("moj".into()));
        assert_eq!(read("https://n.example:8443/orgs/moj/inbox"), None);
        assert_eq!(read("https://n.example:8443/orgs/"), None);
        assert_eq!(read("https://else.example/orgs/moj"), None);
    }
}
