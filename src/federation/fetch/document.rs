//! What is asked for, and what of the answer is believed.

use http::{HeaderMap, header::CONTENT_TYPE};
use mime::Mime;
use serde_json::Value;
use url::Url;

use super::FetchError;
use crate::federation::{json::ACTIVITY_STREAMS, origin::same_origin};

/// Kinds of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accept {
    /// Actors, objects, activities, collections. Comes from its own origin
    /// only: no redirect elsewhere, no id of elsewhere (FEP-fe34).
    ActivityPub,
    WebFinger,
    NodeInfo,
    /// A signed document that proves itself, wherever it comes from.
    Credential,
}

impl Accept {
    /// The value of the Accept header (PROTOCOL.md 8).
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::ActivityPub => {
                r#"application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams""#
            }
            Self::WebFinger => "application/jrd+json, application/json",
            Self::NodeInfo => "application/json",
            Self::Credential => "application/vc, application/ld+json, application/json",
        }
    }

    /// A document of this kind speaks for its origin.
    pub(super) fn is_bound_to_origin(self) -> bool {
        match self {
            Self::ActivityPub => true,
            Self::WebFinger | Self::NodeInfo | Self::Credential => false,
        }
    }

    fn allows(self, kind: &Mime) -> bool {
        match self {
            Self::ActivityPub => match kind.essence_str() {
                "application/activity+json" => true,
                // Without the profile it may be anything, also an upload.
                "application/ld+json" => kind.get_param("profile").is_some_and(|profile| {
                    profile
                        .as_str()
                        .split(' ')
                        .any(|one| one == ACTIVITY_STREAMS)
                }),
                _ => false,
            },
            Self::WebFinger => matches!(
                kind.essence_str(),
                "application/jrd+json" | "application/json"
            ),
            Self::NodeInfo => kind.essence_str() == "application/json",
            Self::Credential => matches!(
                kind.essence_str(),
                "application/vc"
                    | "application/vc+ld+json"
                    | "application/ld+json"
                    | "application/json"
            ),
        }
    }
}

/// A document as it came: of the right type and strictly parsed, its spelling
/// not yet normalised.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetched {
    /// After redirects, without fragment.
    pub url: Url,
    pub json: Value,
    /// As the server wrote it.
    pub content_type: String,
}

impl Fetched {
    /// The document's own id. Always there, and of the origin of `url`, for
    /// [`Accept::ActivityPub`].
    pub fn id(&self) -> Option<Url> {
        ["id", "@id"]
            .iter()
            .find_map(|key| self.json.get(key))
            .and_then(Value::as_str)
            .and_then(|id| Url::parse(id).ok())
    }

    /// GHSA-jhrq-qvrm-qr36 and FEP-fe34: nobody answers for another origin.
    pub(super) fn check_origin(&self) -> Result<(), FetchError> {
        let id = self.id().ok_or(FetchError::NoId)?;
        if same_origin(&id, &self.url) {
            Ok(())
        } else {
            Err(FetchError::ForeignId)
        }
    }
}

/// The only content type of an answer, if it is one of those asked for.
pub(super) fn content_type(headers: &HeaderMap, accept: Accept) -> Result<String, FetchError> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(FetchError::ContentType);
    };
    let text = value.to_str().map_err(|_| FetchError::ContentType)?;
    let kind: Mime = text.parse().map_err(|_| FetchError::ContentType)?;
    if accept.allows(&kind) {
        Ok(text.to_owned())
    } else {
        Err(FetchError::ContentType)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(accept: Accept, text: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, text.parse().expect("a test value"));
        content_type(&headers, accept).is_ok()
    }

    #[test]
    fn only_activitypub_types_are_activitypub() {
        for text in [
            "application/activity+json",
            "Application/Activity+JSON; charset=utf-8",
            r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams""#,
            r#"application/ld+json;profile="https://www.w3.org/ns/activitystreams";charset=utf-8"#,
            r#"application/ld+json; profile="http://x.example https://www.w3.org/ns/activitystreams""#,
        ] {
            assert!(allows(Accept::ActivityPub, text), "{text}");
        }
        for text in [
            "",
            "application/json",
            "application/ld+json",
            r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams#""#,
            "text/html",
            "text/plain; profile=application/activity+json",
            "application/activity+json, text/html",
            "application/activity+jsonx",
        ] {
            assert!(!allows(Accept::ActivityPub, text), "{text}");
        }
    }

    #[test]
    fn webfinger_and_nodeinfo_have_their_own_types() {
        assert!(allows(Accept::WebFinger, "application/jrd+json"));
        assert!(allows(Accept::WebFinger, "application/json; charset=utf-8"));
        assert!(!allows(Accept::WebFinger, "text/html"));
        let profile =
            r#"application/json; profile="http://nodeinfo.diaspora.software/ns/schema/2.1#""#;
        assert!(allows(Accept::NodeInfo, profile));
        assert!(!allows(Accept::NodeInfo, "application/jrd+json"));
    }

    #[test]
    fn credentials_come_as_such_or_as_plain_json() {
        for text in ["application/vc", "application/json", "application/ld+json"] {
            assert!(allows(Accept::Credential, text), "{text}");
        }
        for text in ["text/html", "application/activity+json", "application/vcx"] {
            assert!(!allows(Accept::Credential, text), "{text}");
        }
    }

    #[test]
    fn two_content_types_are_none() {
        let mut headers = HeaderMap::new();
        for text in ["application/activity+json", "text/html"] {
            headers.append(CONTENT_TYPE, text.parse().expect("a test value"));
        }
        assert_eq!(
            content_type(&headers, Accept::ActivityPub),
            Err(FetchError::ContentType)
        );
    }
}
