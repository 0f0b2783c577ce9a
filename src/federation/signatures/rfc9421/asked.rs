//! `Accept-Signature` (RFC 9421 5): what a server asks those to cover who
//! sign for it.

use sfv::{BareItem, Dictionary, InnerList, Key, ListEntry, key_ref};

use super::{CONTENT_DIGEST, METHOD, TARGET_URI, read_exactly};

/// What we ask of others, with every 401 (PROTOCOL.md 7.3.7).
pub const OFFER: &str = r#"sig1=("@method" "@target-uri" "content-digest");created;keyid"#;

/// What can be covered beside what always is.
const KNOWN: [&str; 8] = [
    "@authority",
    "@scheme",
    "@request-target",
    "@path",
    "@query",
    "host",
    "date",
    "content-type",
];

/// What a signature of ours covers, and under which label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub(super) label: Key,
    /// Beside method, target and the digest of a body.
    pub(super) more: Vec<&'static str>,
    pub(super) expires: bool,
    pub(super) nonce: Option<sfv::String>,
    pub(super) tag: Option<sfv::String>,
}

impl Default for Asked {
    /// What every server that reads RFC 9421 accepts (PROTOCOL.md 7.2.7).
    fn default() -> Self {
        Self {
            label: key_ref("sig1").to_owned(),
            more: Vec::new(),
            expires: false,
            nonce: None,
            tag: None,
        }
    }
}

impl Asked {
    /// The first signature of an Accept-Signature header that we can give;
    /// `None` when there is none.
    pub fn read(header: &str) -> Option<Self> {
        let lists: Dictionary = read_exactly(header).ok()?;
        lists.into_iter().find_map(|(label, entry)| match entry {
            ListEntry::InnerList(list) => Self::of_list(label, &list),
            ListEntry::Item(_) => None,
        })
    }

    fn of_list(label: Key, list: &InnerList) -> Option<Self> {
        let mut asked = Self {
            label,
            ..Self::default()
        };
        for item in &list.items {
            let name = item.bare_item.as_string()?.as_str();
            if !item.params.is_empty() {
                return None;
            }
            if matches!(name, METHOD | TARGET_URI | CONTENT_DIGEST) {
                continue;
            }
            asked.cover(name)?;
        }
        for (name, value) in &list.params {
            match (name.as_str(), value) {
                ("created" | "keyid", _) => {}
                ("expires", _) => asked.expires = true,
                ("alg", BareItem::String(alg)) if alg.as_str() == "rsa-v1_5-sha256" => {}
                ("nonce", BareItem::String(nonce)) => asked.nonce = Some(nonce.clone()),
                ("tag", BareItem::String(tag)) => asked.tag = Some(tag.clone()),
                _ => return None,
            }
        }
        Some(asked)
    }

    fn cover(&mut self, name: &str) -> Option<()> {
        let known = KNOWN.into_iter().find(|known| *known == name)?;
        if !self.more.contains(&known) {
            self.more.push(known);
        }
        Some(())
    }

    /// What is remembered of it: the components, with a space between them. A
    /// nonce is for once only, and the rest for nobody but the asker's first
    /// answer.
    pub fn components(&self) -> String {
        self.more.join(" ")
    }

    /// From what [`Self::components`] gave; names that are no longer known
    /// are left out.
    pub fn of_components(text: &str) -> Self {
        let mut asked = Self::default();
        for name in text.split(' ') {
            asked.cover(name);
        }
        asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_offer_asks_for_what_we_send_anyway() {
        assert_eq!(Asked::read(OFFER), Some(Asked::default()));
    }

    #[test]
    fn the_first_signature_that_we_can_give_is_given() {
        let header =
            r#"a=("@status"), b=("x-other"), c=("@method";req), d=("@method");alg="ed25519",
            e=("@method" "@authority" "date");created;expires;nonce="n";tag="t", f=("@method")"#
                .replace('\n', "");
        let asked = Asked::read(&header).expect("one that fits");
        assert_eq!(asked.label.as_str(), "e");
        assert_eq!(asked.components(), "@authority date");
        assert!(asked.expires);
        assert_eq!(asked.nonce.as_ref().map(|nonce| nonce.as_str()), Some("n"));
        assert_eq!(asked.tag.as_ref().map(|tag| tag.as_str()), Some("t"));
    }

    #[test]
    fn what_asks_for_nothing_that_we_can_give_is_no_wish() {
        for header in [
            "",
            "sig1",
            "sig1=1",
            "sig1=(\"@x\")",
            "sig1=(a)",
            "(",
            "sig1=();level=1",
        ] {
            assert_eq!(Asked::read(header), None, "{header}");
        }
    }

    #[test]
    fn what_was_remembered_is_asked_for_again() {
        let asked = Asked::of_components("@authority x-unknown date");
        assert_eq!(asked.components(), "@authority date");
        assert_eq!(Asked::of_components(""), Asked::default());
    }
}
