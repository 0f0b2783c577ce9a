//! Entries as Notes that every server shows in full, with the keys of
//! FEP-0837 beside (PROTOCOL.md 1), and other servers' objects as entries.

use activitypub_federation::{config::Data, traits::Object};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use url::Url;

use super::{Document, context, instant};
use crate::{
    domain::{
        audience::{Tlp, Viewer},
        entry::{
            Budget, Codes, Content, Entry, Kind, MAX_BODY_CHARS, MAX_CODES, MAX_TAGS,
            MAX_TITLE_CHARS, Stage, Status,
        },
        organisation::Organisation,
        taxonomy::{self, Scheme},
        text,
    },
    federation::{
        Federation, WireError,
        json::{ACTIVITY_STREAMS, PUBLIC, VFORUM},
        origin::same_origin,
    },
    operations::entries::{Arrived, accept_remote},
    storage::{entries, organisations},
};

const PROPOSAL_REL: &str = "https://w3id.org/valueflows/ont/vf#Proposal";

/// The types of object that are read as entries.
const ENTRY_TYPES: [&str; 10] = [
    "Note", "Article", "Page", "Event", "Question", "Proposal", "Document", "Image", "Video",
    "Audio",
];

/// The object of a public local entry.
pub fn note(federation: &Federation, entry: &Entry) -> Value {
    let mut note = body(federation, entry);
    note["@context"] = context::entry();
    note
}

/// The same without `@context`, to be embedded in an activity.
pub fn body(federation: &Federation, entry: &Entry) -> Value {
    let urls = &federation.forum.urls;
    let content = &entry.content;
    let html = shown(entry);
    let mut note = json!({
        "id": entry.uri,
        "type": "Note",
        "attributedTo": entry.author.uri,
        "to": [PUBLIC],
        "cc": cc(entry),
        "published": instant(entry.created_at),
        "url": entry.url,
        "content": html,
        "contentMap": {content.language.as_str(): html},
        "source": {"content": content.body, "mediaType": "text/markdown"},
        "sensitive": false,
        "tag": tags(federation, entry),
        "context": urls.entry_part(entry.thread.root, "context"),
        "replies": urls.entry_part(entry.id, "replies"),
        "interactionPolicy": {"canQuote": {"automaticApproval": [PUBLIC]}},
        "kind": content.kind.as_str(),
        "tlp": content.tlp.as_str(),
    });
    let fields = [
        (
            "inReplyTo",
            entry.thread.in_reply_to_uri.as_ref().map(|uri| json!(uri)),
        ),
        (
            "updated",
            entry.edited_at.map(|moment| json!(instant(moment))),
        ),
        // A reply with a name is taken for a vote by some servers.
        (
            "name",
            (content.kind != Kind::Note).then(|| json!(content.title)),
        ),
        ("stage", content.stage.map(|stage| json!(stage.as_str()))),
        (
            "status",
            content.status.map(|status| json!(status.as_str())),
        ),
        (
            "closes",
            content.closes_at.map(|moment| json!(instant(moment))),
        ),
        (
            "startsOn",
            content.starts_on.map(|date| json!(date.to_string())),
        ),
        (
            "endsOn",
            content.ends_on.map(|date| json!(date.to_string())),
        ),
        (
            "budget",
            content.budget.as_ref().map(|budget| json!(budget)),
        ),
        ("location", place(&content.codes)),
    ];
    for (key, value) in fields {
        if let Some(value) = value {
            note[key] = value;
        }
    }
    for (scheme, codes) in content.codes.lists() {
        if !codes.is_empty() {
            note[scheme.field()] = json!(codes);
        }
    }
    put_proposal(&mut note, entry);
    note
}

/// The author's followers, and whoever is answered.
fn cc(entry: &Entry) -> Vec<Value> {
    entry
        .author
        .endpoints
        .followers
        .iter()
        .map(|uri| json!(uri))
        .collect()
}

/// Title and facts as plain HTML before the text, a link after it: what
/// servers show that know nothing of our terms.
fn shown(entry: &Entry) -> String {
    let content = &entry.content;
    if content.kind == Kind::Note {
        return entry.html.clone();
    }
    let link = text::escape(entry.url.as_str());
    let mut html = format!(
        "<p><strong>{}: {}</strong></p>",
        content.kind.name(),
        text::escape(&content.title)
    );
    let facts = facts(content);
    if !facts.is_empty() {
        html.push_str(&format!("<p>{}</p>", text::escape(&facts.join(" · "))));
    }
    html.push_str(&entry.html);
    html.push_str(&format!(
        "<p><a href=\"{link}\">Read it in full and answer</a></p>"
    ));
    html
}

fn facts(content: &Content) -> Vec<String> {
    let named = |scheme, codes: &[String]| -> Vec<String> {
        codes
            .iter()
            .take(5)
            .filter_map(|code| taxonomy::name(scheme, code))
            .map(str::to_owned)
            .collect()
    };
    let mut facts = named(Scheme::Country, &content.codes.countries);
    if facts.is_empty() {
        facts = named(Scheme::Region, &content.codes.regions);
    }
    facts.extend(named(Scheme::Activity, &content.codes.activities));
    if let Some(stage) = content.stage {
        facts.push(format!("Stage: {}", stage.name()));
    }
    if let Some(status) = content.status {
        facts.push(match content.closes_at {
            Some(moment) if status == Status::Open => {
                format!("Open until {}", moment.format("%-d %B %Y"))
            }
            _ => format!("Status: {}", status.name()),
        });
    }
    if let Some(budget) = &content.budget {
        facts.push(format!("Budget: {} {}", budget.currency, budget.total));
        facts.push(format!("Funding gap: {} {}", budget.currency, budget.gap));
    }
    facts
}

fn tags(federation: &Federation, entry: &Entry) -> Vec<Value> {
    let hashtags = entry.tags.iter().map(|tag| {
        json!({
            "type": "Hashtag",
            "name": format!("#{tag}"),
            "href": federation.forum.urls.tag(tag),
        })
    });
    // In `tag`, not `attachment`: safe in Lemmy and Mastodon (FEP-e232).
    let twin = purpose(entry).map(|_| {
        json!({
            "type": "Link",
            "mediaType": format!("application/ld+json; profile=\"{ACTIVITY_STREAMS}\""),
            "rel": PROPOSAL_REL,
            "href": federation.forum.urls.entry_part(entry.id, "proposal"),
            "name": "Structured request",
        })
    });
    hashtags.chain(twin).collect()
}

fn place(codes: &Codes) -> Option<Value> {
    if let Some(country) = codes.countries.first() {
        let name = taxonomy::name(Scheme::Country, country)?;
        return Some(json!({
            "type": "Place",
            "name": name,
            "address": {"type": "PostalAddress", "addressCountry": country},
        }));
    }
    let region = codes.regions.first()?;
    let name = taxonomy::name(Scheme::Region, region)?;
    Some(json!({"type": "Place", "name": name}))
}

/// FEP-0837 `purpose`; notes and projects past their search have none.
fn purpose(entry: &Entry) -> Option<&'static str> {
    match entry.content.kind {
        Kind::Request => Some("request"),
        Kind::Offer => Some("offer"),
        Kind::Project => match entry.content.stage {
            Some(Stage::Idea | Stage::Pipeline) => Some("request"),
            Some(
                Stage::Implementation
                | Stage::Finalisation
                | Stage::Closed
                | Stage::Cancelled
                | Stage::Suspended,
            )
            | None => None,
        },
        Kind::Note => None,
    }
}

/// `purpose` and the primary intent (PROTOCOL.md 1.4).
fn put_proposal(object: &mut Value, entry: &Entry) {
    let Some(purpose) = purpose(entry) else {
        return;
    };
    let one = json!({"hasUnit": "one", "hasNumericalValue": "1"});
    let mut intent = json!({
        "type": "Intent",
        "id": format!("{}#primary", entry.uri),
        "action": "deliverService",
        "resourceConformsTo": format!("{VFORUM}TechnicalAssistance"),
        "resourceQuantity": one,
    });
    if let Some(activity) = entry.content.codes.activities.first() {
        let term = taxonomy::name(Scheme::Activity, activity).map(text::hashtag);
        intent["resourceConformsTo"] = json!(format!("{VFORUM}{}", term.unwrap_or_default()));
    }
    let is_open = entry
        .content
        .status
        .is_none_or(|status| status == Status::Open);
    match (entry.content.stage, &entry.content.budget) {
        (Some(Stage::Pipeline), Some(budget)) => {
            let gap = json!({"hasUnit": "one", "hasNumericalValue": budget.gap.to_string()});
            intent["action"] = json!("transfer");
            intent["resourceConformsTo"] = json!(format!("{VFORUM}currency-{}", budget.currency));
            intent["resourceQuantity"] = gap.clone();
            intent["availableQuantity"] = gap;
        }
        (Some(_), _) => {
            intent["resourceConformsTo"] = json!(format!("{VFORUM}Partnership"));
            intent["resourceQuantity"] = json!({"hasUnit": "one"});
        }
        (None, _) => {}
    }
    if !is_open {
        intent["availableQuantity"] = json!({"hasUnit": "one", "hasNumericalValue": "0"});
    }
    object["purpose"] = json!(purpose);
    object["publishes"] = intent;
}

/// The twin for readers that match `type == "Proposal"`, with the same
/// intent ids; `None` for entries that propose nothing.
pub fn proposal(federation: &Federation, entry: &Entry) -> Option<Value> {
    purpose(entry)?;
    let mut proposal = json!({
        "@context": context::entry(),
        "id": federation.forum.urls.entry_part(entry.id, "proposal"),
        "type": "Proposal",
        "attributedTo": entry.author.uri,
        "to": [PUBLIC],
        "published": instant(entry.created_at),
        "name": entry.content.title,
        "content": entry.html,
        "url": entry.url,
    });
    if let Some(moment) = entry.edited_at {
        proposal["updated"] = json!(instant(moment));
    }
    if let Some(place) = place(&entry.content.codes) {
        proposal["location"] = place;
    }
    put_proposal(&mut proposal, entry);
    Some(proposal)
}

/// Is this object a kind of entry, by its type or by the shape of a proposal?
pub fn is_entry(object: Document<'_>) -> bool {
    ENTRY_TYPES.contains(&object.kind()) || is_proposal(object)
}

fn is_proposal(object: Document<'_>) -> bool {
    matches!(object.text("purpose"), Some("offer" | "request"))
        && object.inner("publishes").is_some()
}

/// Is the object for everybody? What is not must not be stored here before
/// its readers can be verified.
pub fn is_public(object: Document<'_>) -> bool {
    object.is_addressed_to(PUBLIC)
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

/// Reads a public object of `author`. Codes that we do not know are left out,
/// texts over the caps are cut.
///
/// # Errors
/// [`WireError::Malformed`], [`WireError::NotTheirs`].
pub fn read(
    object: &Value,
    author: Organisation,
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
    Ok(Arrived {
        url: object
            .url("url")
            .filter(|url| same_origin(url, &uri))
            .unwrap_or_else(|| uri.clone()),
        content: content(object, kind, source.unwrap_or_default()),
        html: match source {
            Some(markdown) => text::render_markdown(markdown),
            None => foreign_html(object),
        },
        warning: warning(object),
        tags: hashtags(object),
        in_reply_to: object.url("inReplyTo"),
        published,
        updated: object.instant("updated"),
        author,
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

fn content(object: Document<'_>, kind: Kind, body: &str) -> Content {
    let title = object.text("name").map(text::one_line).unwrap_or_default();
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
            .unwrap_or(Tlp::Clear),
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

/// The language of the only, or first, translation; `und` when not said.
fn language(object: Document<'_>) -> String {
    object
        .get("contentMap")
        .and_then(Value::as_object)
        .and_then(|map| {
            map.keys()
                .find_map(|tag| taxonomy::check_language(tag).ok())
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

fn foreign_html(object: Document<'_>) -> String {
    let html = object
        .text("content")
        .or_else(|| {
            object
                .get("contentMap")?
                .as_object()?
                .values()
                .find_map(Value::as_str)
        })
        .or_else(|| object.text("summary"))
        .unwrap_or_default();
    if html.chars().count() > MAX_BODY_CHARS {
        return format!(
            "<p>{}</p>",
            text::escape(&text::excerpt(html, MAX_BODY_CHARS / 10))
        );
    }
    text::sanitise(html)
}

/// On a Note the summary is a content warning; elsewhere it is text.
fn warning(object: Document<'_>) -> String {
    match object.kind() {
        "Note" | "Question" => {
            let plain = text::plain(object.text("summary").unwrap_or_default());
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

/// An entry in the object model of the federation library. Read from an
/// address because somebody here asked for it.
#[derive(Debug, Clone)]
pub struct ApEntry(pub Entry);

#[async_trait]
impl Object for ApEntry {
    type DataType = Federation;
    type Kind = Value;
    type Error = WireError;

    fn id(&self) -> &Url {
        &self.0.uri
    }

    async fn read_from_id(id: Url, data: &Data<Federation>) -> Result<Option<Self>, WireError> {
        let found = data
            .forum
            .db
            .read(move |conn| entries::find_by_uri(conn, &Viewer::Anonymous, &id))
            .await?;
        Ok(found.map(Self))
    }

    async fn into_json(self, data: &Data<Federation>) -> Result<Value, WireError> {
        Ok(note(data.app_data(), &self.0))
    }

    async fn verify(
        json: &Value,
        expected_domain: &Url,
        data: &Data<Federation>,
    ) -> Result<(), WireError> {
        let object = Document(json);
        let owner = owner(object)?;
        if !same_origin(&owner, expected_domain) {
            return Err(WireError::NotTheirs(
                "the object's owner is of another origin",
            ));
        }
        if data.origin.is_claimed_by(&owner) {
            return Err(WireError::NotTheirs("the object claims our origin"));
        }
        if is_entry(object) && is_public(object) {
            Ok(())
        } else {
            Err(WireError::Malformed("this is no public entry".into()))
        }
    }

    /// The author must be known by now: `lookup` sees to it.
    async fn from_json(json: Value, data: &Data<Federation>) -> Result<Self, WireError> {
        let owner = owner(Document(&json))?;
        let now = data.forum.now();
        let stored = data
            .forum
            .write(move |conn, forum| {
                let author = organisations::find_by_uri(conn, &owner)?
                    .ok_or_else(|| WireError::Malformed("the author is not known".into()))?;
                let arrived = read(&json, author, now)?;
                let uri = arrived.uri.clone();
                accept_remote(conn, forum, arrived, true)?;
                Ok::<_, WireError>(entries::find_by_uri(conn, &Viewer::Anonymous, &uri)?)
            })
            .await?;
        stored
            .map(Self)
            .ok_or_else(|| WireError::Malformed("the entry was not stored".into()))
    }
}
