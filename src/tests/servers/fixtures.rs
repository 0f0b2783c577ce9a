//! The fixtures of a family, with what is only known when a test runs.

use std::{fs, path::PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

/// What stands in the fixtures, and what for.
pub type Filling = Vec<(String, String)>;

pub fn path(family: &str, file: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/fixtures/servers");
    [folder, family, &format!("{file}.json")].iter().collect()
}

pub fn fill(text: &str, filling: &[(String, String)]) -> String {
    filling
        .iter()
        .fold(text.to_owned(), |text, (place, value)| {
            text.replace(place, value)
        })
}

/// `None` when the family has no such file.
pub fn read(family: &str, file: &str, filling: &[(String, String)]) -> Option<Value> {
    let text = fs::read_to_string(path(family, file)).ok()?;
    let escaped: Filling = filling
        .iter()
        .map(|(place, value)| (place.clone(), value.replace('\n', "\\n")))
        .collect();
    let filled = fill(&text, &escaped);
    Some(serde_json::from_str(&filled).unwrap_or_else(|error| panic!("{family}/{file}: {error}")))
}

/// The same RSA key without what SPKI puts around it.
pub fn pkcs1(spki: &str) -> String {
    let text: String = spki.lines().filter(|line| !line.contains('-')).collect();
    let text = STANDARD.encode(&STANDARD.decode(text).expect("base64")[24..]);
    format!("-----BEGIN RSA PUBLIC KEY-----\n{text}\n-----END RSA PUBLIC KEY-----\n")
}
