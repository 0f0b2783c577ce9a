//! Words and codes in the API's documents: which there are, and their names.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

use crate::domain::{
    audience::{AudienceKind, Tlp},
    entry::{Kind, Stage, Status},
    organisation::Category,
    taxonomy::{self, Scheme},
};

/// A text that is one of a few words, in the description of the API.
pub fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .build()
}

/// The same, or null.
pub fn one_of_or_null<'a>(words: impl IntoIterator<Item = &'a str>) -> Object {
    let words = words.into_iter().map(Value::from);
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .enum_values(Some(words.chain([Value::Null])))
        .build()
}

pub fn kind_words() -> Object {
    one_of(Kind::ALL.iter().map(|word| word.as_str()))
}

pub fn stage_words() -> Object {
    one_of_or_null(Stage::ALL.iter().map(|word| word.as_str()))
}

pub fn status_words() -> Object {
    one_of_or_null(Status::ALL.iter().map(|word| word.as_str()))
}

pub fn audience_words() -> Object {
    one_of(AudienceKind::ALL.iter().map(|word| word.as_str()))
}

pub fn tlp_words() -> Object {
    one_of(Tlp::ALL.iter().map(|word| word.as_str()))
}

pub fn category_words() -> Object {
    one_of_or_null(Category::ALL.iter().map(|word| word.as_str()))
}

/// Names by code.
pub type Names = BTreeMap<String, String>;

/// The names of those codes that are known here; another server may know more.
pub fn names(scheme: Scheme, codes: &[String]) -> Names {
    codes
        .iter()
        .filter_map(|code| Some((code.clone(), taxonomy::name(scheme, code)?.to_owned())))
        .collect()
}
