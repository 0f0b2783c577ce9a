//! What a client writes about an entry: `POST` and `PATCH` read the same
//! fields, and report everything wrong with them at once.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::document::Budget;
use crate::{
    domain::{
        audience::{AudienceKind, Tlp},
        entry::{self, Codes, Content, FieldError, Kind, Status},
        taxonomy::{self, Scheme},
    },
    forum_api::{
        fields::{Change, Fields},
        problem::Invalid,
        vocabulary::{audience_words, kind_words, stage_words, status_words, tlp_words},
    },
};

/// Fields that a client may write.
const WRITABLE: [&str; 21] = [
    "kind",
    "title",
    "body",
    "language",
    "audience",
    "named",
    "tlp",
    "countries",
    "regions",
    "sectors",
    "pillars",
    "exploitation",
    "activities",
    "stage",
    "status",
    "closes_at",
    "starts_on",
    "ends_on",
    "budget",
    "partners",
    "in_reply_to",
];
/// Fields of the entry's document that a client may send back as it read them.
const READ_ONLY: [&str; 10] = [
    "id",
    "uri",
    "url",
    "content",
    "warning",
    "author",
    "counts",
    "created_at",
    "updated_at",
    "labels",
];

/// The language of an entry that says none: the Forum's working language
/// (aide memoire).
const WORKING_LANGUAGE: &str = "en";

/// The fields of an entry that a client may write; which of them are needed,
/// the operation says. The reader is [`new_entry`]: this describes it.
#[derive(ToSchema)]
#[schema(as = EntryInput)]
#[expect(dead_code, reason = "only its description is used")]
pub struct EntryInput {
    #[schema(schema_with = kind_words)]
    kind: Option<String>,
    /// At most 200 characters.
    title: Option<String>,
    /// Markdown, at most 50,000 characters.
    body: Option<String>,
    /// BCP 47; `en` when absent.
    language: Option<String>,
    #[schema(schema_with = audience_words)]
    audience: Option<String>,
    /// With the audience `named`: ids, actor addresses or handles.
    named: Option<Vec<String>>,
    #[schema(schema_with = tlp_words)]
    tlp: Option<String>,
    countries: Option<Vec<String>>,
    regions: Option<Vec<String>>,
    sectors: Option<Vec<String>>,
    pillars: Option<Vec<String>>,
    exploitation: Option<Vec<String>>,
    activities: Option<Vec<String>>,
    /// Of projects.
    #[schema(schema_with = stage_words)]
    stage: Option<String>,
    /// Of requests and offers; `open` when absent.
    #[schema(schema_with = status_words)]
    status: Option<String>,
    closes_at: Option<DateTime<Utc>>,
    starts_on: Option<NaiveDate>,
    ends_on: Option<NaiveDate>,
    /// Of projects.
    budget: Option<Budget>,
    /// Ids, actor addresses or handles.
    partners: Option<Vec<String>>,
    /// An id or an address.
    in_reply_to: Option<String>,
}

/// What was written, read as far as it could be.
pub struct Written {
    pub content: Content,
    pub tlp: Change<Tlp>,
    pub audience: Change<AudienceKind>,
    /// Ids, addresses or handles.
    pub named: Change<Vec<String>>,
    pub partners: Change<Vec<String>>,
    /// An id or an address.
    pub in_reply_to: Change<String>,
    /// Everything wrong so far.
    pub errors: Vec<Invalid>,
}

/// Reads a new entry. The sharing mark is [`Written::tlp`]'s to say, or the
/// audience's.
pub fn new_entry(members: Map<String, Value>) -> Written {
    let mut fields = Fields::new(members, &WRITABLE, &READ_ONLY);
    let kind = fields.word::<Kind>("kind").value();
    if kind.is_none() && !fields.has_error("kind") {
        let words: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        fields.refuse(
            "kind",
            format!("Say which kind of entry it is: {}.", words.join(", ")),
        );
    }
    let status = match kind {
        Some(Kind::Request | Kind::Offer) => Some(Status::Open),
        Some(Kind::Project | Kind::Note) | None => None,
    };
    let content = Content {
        kind: kind.unwrap_or(Kind::Request),
        title: String::new(),
        body: String::new(),
        language: WORKING_LANGUAGE.to_owned(),
        tlp: AudienceKind::default().default_tlp(),
        codes: Codes::default(),
        stage: None,
        status,
        closes_at: None,
        starts_on: None,
        ends_on: None,
        budget: None,
    };
    finish(fields, content)
}

/// Reads changes to an entry: what is absent stays, null empties.
pub fn changes(members: Map<String, Value>, entry: &entry::Entry) -> Written {
    let mut fields = Fields::new(members, &WRITABLE, &READ_ONLY);
    let content = entry.content.clone();
    if let Change::Set(kind) = fields.word::<Kind>("kind")
        && kind != content.kind
    {
        fields.refuse(
            "kind",
            "The kind of an entry cannot be changed; publish a new entry.",
        );
    }
    finish(fields, content)
}

fn finish(mut fields: Fields, mut content: Content) -> Written {
    read_content(&mut fields, &mut content);
    let tlp = fields.word("tlp");
    let audience = fields.word("audience");
    let named = fields.texts("named");
    let partners = fields.texts("partners");
    let in_reply_to = fields.text("in_reply_to");
    let mut errors = fields.into_errors();
    add_untold(&mut errors, entry::check(&content));
    Written {
        content,
        tlp,
        audience,
        named,
        partners,
        in_reply_to,
        errors,
    }
}

/// Adds what the rules say of fields that nothing was said of yet. Without the
/// kind, what depends on it cannot be judged.
pub fn add_untold(errors: &mut Vec<Invalid>, more: Vec<FieldError>) {
    let told: Vec<String> = errors.iter().map(|error| error.field.clone()).collect();
    let is_told = |field: &str| told.iter().any(|one| one == field);
    let knows_kind = !is_told("kind");
    let depends_on_kind = |field: &str| matches!(field, "stage" | "status" | "budget");
    for error in more {
        if !is_told(error.field) && (knows_kind || !depends_on_kind(error.field)) {
            errors.push(error.into());
        }
    }
}

fn read_content(fields: &mut Fields, content: &mut Content) {
    fields.text("title").replace(&mut content.title);
    fields.text("body").replace(&mut content.body);
    match fields.text("language") {
        Change::Keep => {}
        Change::Clear => content.language = WORKING_LANGUAGE.to_owned(),
        // A wrong tag is kept as it is, for the rules to refuse.
        Change::Set(tag) => content.language = taxonomy::check_language(&tag).unwrap_or(tag),
    }
    for scheme in Scheme::ALL {
        fields
            .texts(scheme.field())
            .replace(content.codes.list_mut(scheme));
    }
    fields.word("stage").apply_to(&mut content.stage);
    fields.word("status").apply_to(&mut content.status);
    fields.instant("closes_at").apply_to(&mut content.closes_at);
    fields.date("starts_on").apply_to(&mut content.starts_on);
    fields.date("ends_on").apply_to(&mut content.ends_on);
    fields.budget("budget").apply_to(&mut content.budget);
}
