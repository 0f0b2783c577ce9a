//! Which keys there are: an unknown one is named, with the nearest known one.

use super::{ConfigError, DEFAULTS};

/// Keys that are known although `config/default.toml` leaves them unset.
const UNSET_KEYS: [&str; 2] = ["federation.allow_http", "federation.extra_ca"];

/// Tables whose keys are the operator's own words.
const FREE_TABLES: [&str; 1] = ["federation.resolve"];

/// Every settable key, dotted.
fn known_keys() -> Vec<String> {
    let table: toml::Table = DEFAULTS
        .parse()
        .expect("config/default.toml is valid: a test reads it");
    let mut keys: Vec<String> = flatten(&table, "").into_iter().collect();
    keys.extend(UNSET_KEYS.map(str::to_owned));
    keys
}

fn flatten(table: &toml::Table, prefix: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for (key, value) in table {
        let path = if prefix.is_empty() {
            key.clone()
        } else {
            format!("{prefix}.{key}")
        };
        match value {
            toml::Value::Table(inner) if !FREE_TABLES.contains(&path.as_str()) => {
                keys.extend(flatten(inner, &path));
            }
            _ => keys.push(path),
        }
    }
    keys
}

/// Refuses a key that nobody reads.
///
/// # Errors
/// [`ConfigError::UnknownKey`].
pub(super) fn check_keys(table: &toml::Table, place: &str) -> Result<(), ConfigError> {
    let known = known_keys();
    for key in flatten(table, "") {
        if known.contains(&key) {
            continue;
        }
        let nearest = known
            .iter()
            .map(|one| (strsim::jaro_winkler(one, &key), one))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|(score, _)| *score > 0.7)
            .map(|(_, one)| one.clone());
        return Err(ConfigError::UnknownKey {
            key,
            place: place.to_owned(),
            nearest,
        });
    }
    Ok(())
}
