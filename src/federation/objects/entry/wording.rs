//! What this node sends: a Note that every server shows in full, with the
//! keys of FEP-0837 beside (PROTOCOL.md 1).

use serde_json::{Value, json};

use crate::{
    domain::{
        entry::{Codes, Content, Entry, Kind, Stage, Status},
        organisation::Organisation,
        taxonomy::{self, Scheme},
        text,
    },
    federation::{
        Federation,
        json::{ACTIVITY_STREAMS, PUBLIC, VFORUM},
        objects::{context, instant},
    },
};

const PROPOSAL_REL: &str = "https://w3id.org/valueflows/ont/vf#Proposal";

/// The object of a local entry that answers these; `to` is its audience.
pub fn note(
    federation: &Federation,
    entry: &Entry,
    answered: &[Organisation],
    to: &[String],
) -> Value {
    let mut note = body(federation, entry, answered, to);
    note["@context"] = context::entry();
    note
}

/// The same without `@context`, to be embedded in an activity.
///
/// What is not public has no `cc`: its followers are not its readers. Nobody is
/// given leave to quote it.
pub fn body(
    federation: &Federation,
    entry: &Entry,
    answered: &[Organisation],
    to: &[String],
) -> Value {
    let urls = &federation.forum.urls;
    let content = &entry.content;
    let html = shown(entry);
    let mut note = json!({
        "id": entry.uri,
        "type": "Note",
        "attributedTo": entry.author.uri,
        "to": to,
        "published": instant(entry.created_at),
        "url": entry.url,
        "content": html,
        "contentMap": {content.language.as_str(): html},
        "source": {"content": content.body, "mediaType": "text/markdown"},
        "sensitive": false,
        "tag": tags(federation, entry, answered),
        "context": urls.entry_part(entry.thread.root, "context"),
        "replies": urls.entry_part(entry.id, "replies"),
        "kind": content.kind.as_str(),
        "tlp": content.tlp.as_str(),
    });
    if entry.audience.is_public() {
        note["cc"] = json!(cc(entry, answered));
        note["interactionPolicy"] = json!({"canQuote": {"automaticApproval": [PUBLIC]}});
    } else {
        // Said aloud, as some servers keep to it (PROTOCOL.md 5.3).
        let author_alone = json!({"automaticApproval": [entry.author.uri]});
        note["interactionPolicy"] = json!({"canQuote": author_alone, "canAnnounce": author_alone});
    }
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

/// The author's followers, and whoever is answered: Mastodon drops an answer by
/// somebody whom nobody follows there, unless it is addressed to one of theirs.
fn cc(entry: &Entry, answered: &[Organisation]) -> Vec<Value> {
    let followers = entry.author.endpoints.followers.iter();
    let answered = answered.iter().map(|one| &one.uri);
    followers.chain(answered).map(|uri| json!(uri)).collect()
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

fn tags(federation: &Federation, entry: &Entry, answered: &[Organisation]) -> Vec<Value> {
    let urls = &federation.forum.urls;
    let here = urls.authority();
    // Who is only addressed is told of nothing.
    let mentions = answered.iter().map(|one| {
        let host = one.host.as_deref().unwrap_or(&here);
        json!({
            "type": "Mention",
            "name": format!("@{}@{host}", one.handle),
            "href": one.uri,
        })
    });
    let hashtags = entry.tags.iter().map(|tag| {
        json!({
            "type": "Hashtag",
            "name": format!("#{tag}"),
            "href": urls.tag(tag),
        })
    });
    // In `tag`, not `attachment`: safe in Lemmy and Mastodon (FEP-e232).
    let twin = purpose(entry).map(|_| {
        json!({
            "type": "Link",
            "mediaType": format!("application/ld+json; profile=\"{ACTIVITY_STREAMS}\""),
            "rel": PROPOSAL_REL,
            "href": urls.entry_part(entry.id, "proposal"),
            "name": "Structured request",
        })
    });
    mentions.chain(hashtags).chain(twin).collect()
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
pub fn proposal(federation: &Federation, entry: &Entry, to: &[String]) -> Option<Value> {
    purpose(entry)?;
    let mut proposal = json!({
        "@context": context::entry(),
        "id": federation.forum.urls.entry_part(entry.id, "proposal"),
        "type": "Proposal",
        "attributedTo": entry.author.uri,
        "to": to,
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
