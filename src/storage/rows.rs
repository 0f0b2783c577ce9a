//! What all files of this room share: the backend's name, boxed conditions,
//! and reading text columns back into the domain.

use std::str::FromStr;

use diesel::{BoxableExpression, Connection, sql_types::Bool};
use url::Url;

use super::{Conn, Error};

/// The one backend that every query is written for.
pub(super) type Backend = <Conn as Connection>::Backend;

/// A condition on the rows of a table, to be put into a `WHERE`.
pub(super) type Condition<T> = Box<dyn BoxableExpression<T, Backend, SqlType = Bool>>;

/// An address column. Addresses are checked before they are stored.
pub(super) fn url(text: &str) -> Result<Url, Error> {
    Url::parse(text).map_err(|error| Error::Corrupt(format!("address {text:?}: {error}")))
}

pub(super) fn text_of_url(url: Option<&Url>) -> Option<String> {
    url.map(Url::to_string)
}

/// A word column, as the domain spells it.
pub(super) fn read<T>(text: &str) -> Result<T, Error>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error: T::Err| Error::Corrupt(error.to_string()))
}

/// Takes `%`, `_` and `\` literally in a LIKE pattern with `ESCAPE '\'`.
pub(super) fn escape_like(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Keeps only the first of equal values, in order.
pub(super) fn distinct<T: Copy + Eq + std::hash::Hash>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = std::collections::HashSet::new();
    values.filter(|value| seen.insert(*value)).collect()
}

/// Every code that `by` gives for each of `codes`, for example the regions
/// inside several regions.
pub(super) fn widen(codes: &[String], by: fn(&str) -> Vec<&'static str>) -> Vec<String> {
    codes
        .iter()
        .flat_map(|code| by(code))
        .map(str::to_owned)
        .collect()
}
