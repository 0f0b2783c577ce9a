//! The program's own source, for everybody who uses a node (AGPL-3.0, section
//! 13), packed when it was built.

use axum::{
    http::{HeaderName, header},
    response::IntoResponse,
};

static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/source.tar.gz"));

const HEADERS: [(HeaderName, &str); 3] = [
    (header::CONTENT_TYPE, "application/gzip"),
    (
        header::CONTENT_DISPOSITION,
        concat!(
            "attachment; filename=\"virtual-forum-",
            env!("CARGO_PKG_VERSION"),
            ".tar.gz\""
        ),
    ),
    (header::CACHE_CONTROL, "public, max-age=3600"),
];

/// Answers for [`crate::urls::SOURCE`].
pub async fn send() -> impl IntoResponse {
    (HEADERS, ARCHIVE)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, io::Read};

    use flate2::read::GzDecoder;

    use super::*;
    use crate::{storage::testing::on_both, tests::test_app::TestApp, urls::SOURCE};

    fn unpack(archive: &[u8]) -> BTreeMap<String, String> {
        tar::Archive::new(GzDecoder::new(archive))
            .entries()
            .expect("an archive")
            .map(|file| {
                let mut file = file.expect("a file");
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).expect("its content");
                let path = file.path().expect("its name").display().to_string();
                (path, String::from_utf8_lossy(&bytes).into_owned())
            })
            .collect()
    }

    #[test]
    fn the_source_is_handed_out_whole_and_nothing_else() {
        on_both(async |db| {
            let answer = TestApp::new(db).get(SOURCE, None).await;
            assert_eq!(answer.headers[header::CONTENT_TYPE], "application/gzip");
            let length = &answer.headers[header::CONTENT_LENGTH];
            assert_eq!(length, &ARCHIVE.len().to_string());
            let files = unpack(ARCHIVE);
            for (path, text) in [
                ("Cargo.lock", include_str!("../../Cargo.lock")),
                ("LICENSE", include_str!("../../LICENSE")),
                ("src/web/source.rs", include_str!("source.rs")),
            ] {
                assert_eq!(files[&format!("virtual-forum/{path}")], text);
            }
            for kept_back in ["/.git/", "/data/", "/target/", "/node_modules/", ".sqlite"] {
                assert!(
                    !files.keys().any(|path| path.contains(kept_back)),
                    "{kept_back}"
                );
            }
        });
    }
}
