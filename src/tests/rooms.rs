//! The import table of `lib.rs`, held by reading every `crate::` path.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// What a room may import, as path prefixes.
fn allowed(room: &str) -> Option<Vec<&'static str>> {
    let doors = [
        "operations",
        "storage",
        "domain",
        "federation::lookup",
        "federation::Wiring",
        "config",
        "urls",
        "app",
    ];
    let rooms: &[&str] = match room {
        "cli" | "app" | "main" | "lib" | "tests" => return None,
        "web" | "mastodon" | "forum_api" => &doors,
        "jobs" => &[
            "operations",
            "storage",
            "domain",
            "federation::outbox",
            "federation::delivery",
            "config",
            "urls",
        ],
        "federation" => &["operations", "storage", "domain", "config", "urls", "app"],
        "operations" => &["storage", "domain", "config", "urls"],
        "storage" => &["domain", "config", "urls"],
        "config" => &["domain", "urls"],
        "urls" => &["domain"],
        "domain" => &[],
        other => panic!("the room {other:?} is not in the table of lib.rs"),
    };
    Some(rooms.to_vec())
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "tests" {
                files(&path, found);
            }
        } else if name.ends_with(".rs") && !name.contains("test") {
            found.push(path);
        }
    }
}

/// Every path after `crate::`, with groups in braces taken apart.
fn paths(source: &str) -> BTreeSet<String> {
    let code: String = source
        .split("#[cfg(test)]\nmod ")
        .next()
        .unwrap_or_default()
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n");
    let mut found = BTreeSet::new();
    for part in code.split("crate::").skip(1) {
        expand("", part, &mut found);
    }
    found
}

/// Adds the paths at the beginning of `text` to `found`; returns the rest.
fn expand<'a>(prefix: &str, text: &'a str, found: &mut BTreeSet<String>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = expand(prefix, rest, found).trim_start();
            match rest.strip_prefix(',') {
                Some(next) => rest = next,
                None => return rest.strip_prefix('}').unwrap_or(rest),
            }
        }
    }
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let path = if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}::{name}")
    };
    if let Some(rest) = rest.strip_prefix("::") {
        return expand(&path, rest, found);
    }
    if !name.is_empty() {
        found.insert(path);
    }
    match rest.strip_prefix(" as ") {
        Some(rest) => rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_'),
        None => rest,
    }
}

#[test]
fn every_room_imports_only_what_the_table_allows() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&source, &mut all);
    let mut wrong = Vec::new();
    for file in all {
        let inside = file.strip_prefix(&source).expect("below src");
        let first = inside.components().next().expect("a part");
        let room = first.as_os_str().to_string_lossy().replace(".rs", "");
        let Some(allowed) = allowed(&room) else {
            continue;
        };
        for path in paths(&fs::read_to_string(&file).expect("readable")) {
            let is_own = path == room || path.starts_with(&format!("{room}::"));
            let is_allowed = allowed
                .iter()
                .any(|one| path == *one || path.starts_with(&format!("{one}::")));
            if !is_own && !is_allowed {
                wrong.push(format!("{} imports {path}", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn groups_and_renames_are_taken_apart() {
    let source = "use crate::{\n    domain::{id::{A, B}, x},\n    storage as s, // crate::no\n};\nfn f() { crate::web::g() }";
    let found: Vec<String> = paths(source).into_iter().collect();
    assert_eq!(
        found,
        [
            "domain::id::A",
            "domain::id::B",
            "domain::x",
            "storage",
            "web::g"
        ]
    );
}
