//! What this node accepts: other servers' objects as entries.

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use super::rendering;
use crate::{
    domain::{
        audience::{Audience, AudienceKind},
        entry::{
            Budget, Codes, Content, Kind, MAX_BODY_CHARS, MAX_CODES, MAX_TAGS, MAX_TITLE_CHARS,
            Stage, Status,
        },
        organisation::Organisation,
        taxonomy::{self, Scheme},
        text,
    },
    federation::{
        WireError,
        addressed::{self, Addressed},
        objects::Document,
        origin::same_origin,
    },
    operations::entries::Arrived,
};

/// The types of object that are read as entries.
const ENTRY_TYPES: [&str; 10] = [
    "Note", "Article", "Page", "Event", "Question", "Proposal", "Document", "Image", "Video",
    "Audio",
];

/// Is this object a kind of entry, by its type or by the shape of a proposal?
pub fn is_entry(object: Document<'_>) -> bool {
    (ENTRY_TYPES.contains(&object.kind()) && !is_vote(object)) || is_proposal(object)
}

/// Is this a vote in a poll: a Note that names an option and says nothing?
pub fn is_vote(object: Document<'_>) -> bool {
    object.kind() == "Note"
        && object.wording("name").is_some()
        && object.wording("content").is_none()
        && object.url("inReplyTo").is_some()
}

fn is_proposal(object: Document<'_>) -> bool {
    matches!(object.text("purpose"), Some("offer" | "request"))
        && object.inner("publishes").is_some()
}

/// Is the object for everybody?
pub fn is_public(object: Document<'_>) -> bool {
    addressed::read(object) == Addressed::Public
}

/// The address of the organisation that an object belongs to.
///
/// # Errors
/// [`WireError::Malformed`] without one, [`WireError::NotTheirs`] when it is
/// of another origin than the object.
pub fn owner(object: Document<'_>) -> Result<Url, WireError> {
    let id = object
        .url("id")
        .ok_or_else(|| WireError::Malformed("the object has no usable id".into()))?;
    let owner = object
        .url("attributedTo")
        .or_else(|| object.url("actor"))
        .ok_or_else(|| WireError::Malformed("the object has no usable attributedTo".into()))?;
    if same_origin(&id, &owner) {
        Ok(owner)
    } else {
        Err(WireError::NotTheirs(
            "the object's owner is of another origin",
        ))
    }
}

/// Reads an object of `author` that is for this audience. Codes that we do not know are left out,
/// texts over the caps are cut.
///
/// # Errors
/// [`WireError::Malformed`], [`WireError::NotTheirs`].
pub fn read(
    object: &Value,
    author: Organisation,
    audience: Audience,
    now: DateTime<Utc>,
) -> Result<Arrived, WireError> {
    let object = Document(object);
    if owner(object)? != author.uri {
        return Err(WireError::NotTheirs("the object belongs to somebody else"));
    }
    let uri = object
        .url("id")
        .ok_or_else(|| WireError::Malformed("the object has no usable id".into()))?;
    let kind = kind(object);
    let source = object
        .inner("source")
        .filter(|source| source.text("mediaType") == Some("text/markdown"))
        .filter(|_| object.get("kind").is_some())
        .and_then(|source| source.text("content"))
        .filter(|source| source.chars().count() <= MAX_BODY_CHARS);
    let published = object.instant("published").unwrap_or(now);
    let page = object
        .url("url")
        .filter(|url| same_origin(url, &uri))
        .unwrap_or_else(|| uri.clone());
    Ok(Arrived {
        content: content(object, kind, audience.kind(), source.unwrap_or_default()),
        html: match source {
            Some(markdown) => text::render_markdown(markdown),
            None => rendering::html(object, &page),
        },
        warning: warning(object),
        tags: hashtags(object),
        in_reply_to: object.url("inReplyTo"),
        published,
        updated: object.instant("updated"),
        author,
        audience,
        url: page,
        uri,
    })
}

fn kind(object: Document<'_>) -> Kind {
    let said = object.text("kind").and_then(|word| word.parse().ok());
    said.unwrap_or_else(|| match object.text("purpose") {
        Some("request") if is_proposal(object) => Kind::Request,
        Some("offer") if is_proposal(object) => Kind::Offer,
        _ => Kind::Note,
    })
}

fn content(object: Document<'_>, kind: Kind, audience: AudienceKind, body: &str) -> Content {
    let title = object
        .wording("name")
        .map(text::one_line)
        .unwrap_or_default();
    let title = text::truncate_chars(title.trim(), MAX_TITLE_CHARS).to_owned();
    let word = |key: &str| object.text(key);
    Content {
        kind,
        title: match kind {
            Kind::Request | Kind::Project | Kind::Offer if title.is_empty() => {
                kind.name().to_owned()
            }
            Kind::Request | Kind::Project | Kind::Offer | Kind::Note => title,
        },
        body: body.to_owned(),
        language: language(object),
        tlp: word("tlp")
            .and_then(|tlp| tlp.parse().ok())
            .unwrap_or(audience.default_tlp()),
        codes: codes(object),
        stage: match kind {
            Kind::Project => Some(
                word("stage")
                    .and_then(|stage| stage.parse().ok())
                    .unwrap_or(Stage::Idea),
            ),
            Kind::Request | Kind::Offer | Kind::Note => None,
        },
        status: match kind {
            Kind::Request | Kind::Offer => Some(
                word("status")
                    .and_then(|status| status.parse().ok())
                    .unwrap_or(Status::Open),
            ),
            Kind::Project | Kind::Note => None,
        },
        closes_at: object.instant("closes"),
        starts_on: object.date("startsOn"),
        ends_on: object.date("endsOn"),
        budget: budget(object).filter(|_| kind == Kind::Project),
    }
}

fn budget(object: Document<'_>) -> Option<Budget> {
    let budget: Budget = serde_json::from_value(object.get("budget")?.clone()).ok()?;
    let is_currency =
        budget.currency.len() == 3 && budget.currency.bytes().all(|b| b.is_ascii_uppercase());
    (is_currency && budget.gap >= 0 && budget.total >= budget.gap).then_some(budget)
}

/// The language of the text that is shown, or of the first translation; what
/// `language` (Lemmy, PeerTube) or `inLanguage` (Mobilizon) say; else `und`.
fn language(object: Document<'_>) -> String {
    let known = |tag: &str| taxonomy::check_language(tag).ok();
    ["content", "name", "summary"]
        .iter()
        .find_map(|key| {
            let translations = object.translations(key)?;
            let shown = object.wording(key);
            let of_shown = translations
                .iter()
                .find(|(_, text)| text.as_str() == shown)
                .and_then(|(tag, _)| known(tag));
            of_shown.or_else(|| translations.keys().find_map(|tag| known(tag)))
        })
        .or_else(|| known(object.inner("language")?.text("identifier")?))
        .or_else(|| {
            known(
                object
                    .text("language")
                    .or_else(|| object.text("inLanguage"))?,
            )
        })
        .unwrap_or_else(|| "und".to_owned())
}

fn codes(object: Document<'_>) -> Codes {
    let mut codes = Codes::default();
    for scheme in Scheme::ALL {
        let list = codes.list_mut(scheme);
        for code in object.texts(scheme.field()) {
            let known = taxonomy::check(scheme, code).is_ok();
            if known && list.len() < MAX_CODES && !list.iter().any(|one| one == code) {
                list.push(code.to_owned());
            }
        }
    }
    codes
}

/// On a Note the summary is a content warning; elsewhere it is text.
fn warning(object: Document<'_>) -> String {
    match object.kind() {
        "Note" | "Question" => {
            let plain = text::plain(object.wording("summary").unwrap_or_default());
            text::truncate_chars(text::one_line(&plain).trim(), MAX_TITLE_CHARS).to_owned()
        }
        _ => String::new(),
    }
}

fn hashtags(object: Document<'_>) -> Vec<String> {
    let mut tags = Vec::new();
    for tag in object.list("tag") {
        let tag = Document(tag);
        let name = tag
            .text("name")
            .filter(|_| tag.kind() == "Hashtag")
            .map(|name| name.trim_start_matches('#').to_lowercase());
        if let Some(name) = name
            && (1..=100).contains(&name.chars().count())
            && name.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !tags.contains(&name)
            && tags.len() < MAX_TAGS
        {
            tags.push(name);
        }
    }
    tags
}
