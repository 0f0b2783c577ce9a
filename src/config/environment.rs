//! `VIRTUAL_FORUM_` + section + `__` + key, as a table like that of a file.

use toml::{Table, Value};

use super::DEFAULTS;

const PREFIX: &str = "VIRTUAL_FORUM_";

/// Variables that steer tests and tools and are no settings.
const RESERVED: [&str; 2] = ["VIRTUAL_FORUM_TEST_POSTGRES", "VIRTUAL_FORUM_BIN"];

pub(super) fn table(variables: impl IntoIterator<Item = (String, String)>) -> Table {
    let defaults: Table = DEFAULTS
        .parse()
        .expect("config/default.toml is valid: a test reads it");
    let mut table = Table::new();
    for (name, text) in variables {
        let Some(path) = name.strip_prefix(PREFIX) else {
            continue;
        };
        if RESERVED.contains(&name.as_str()) {
            continue;
        }
        let path = path.to_lowercase();
        match path.split_once("__") {
            Some((section, key)) => {
                let default = defaults.get(section).and_then(|inner| inner.get(key));
                let value = value(&text, default);
                let inner = table
                    .entry(section.to_owned())
                    .or_insert_with(|| Value::Table(Table::new()));
                if let Value::Table(inner) = inner {
                    inner.insert(key.to_owned(), value);
                }
            }
            None => {
                let value = value(&text, defaults.get(&path));
                table.insert(path, value);
            }
        }
    }
    table
}

/// A setting that is text by default takes the variable as it stands. The
/// others are TOML; what is not stays text, so that the typed reading can name
/// the key and what it expects.
fn value(text: &str, default: Option<&Value>) -> Value {
    let as_text = || Value::String(text.to_owned());
    match default {
        Some(Value::String(_)) => as_text(),
        None => match text {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            _ => as_text(),
        },
        Some(_) => format!("value = {text}")
            .parse::<Table>()
            .ok()
            .and_then(|mut table| table.remove("value"))
            .unwrap_or_else(as_text),
    }
}
