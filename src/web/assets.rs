//! What the pages load besides themselves, embedded in the program.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

macro_rules! assets {
    ($($name:literal as $content_type:literal),* $(,)?) => {
        const ASSETS: &[Asset] = &[$(Asset {
            name: $name,
            content_type: $content_type,
            bytes: include_bytes!(concat!("assets/", $name)),
        }),*];
    };
}

assets! {
    "forum.css" as "text/css; charset=utf-8",
    "forum.js" as "text/javascript; charset=utf-8",
    "passkeys.js" as "text/javascript; charset=utf-8",
    "logo.svg" as "image/svg+xml",
    "avatar.png" as "image/png",
    "header.png" as "image/png",
}

fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// The path of an asset with a mark of its content, so that a browser may keep
/// it for ever and still gets the new one after an update.
pub fn path(name: &str) -> String {
    let mark = find(name).map_or(0, |asset| fingerprint(asset.bytes));
    format!("/assets/{name}?v={mark:x}")
}

/// FNV-1a, 32 bits: tells versions apart, guards nothing.
fn fingerprint(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

/// The reply for `/assets/{name}`; `marked` when the address carries the mark.
pub fn serve(name: &str, marked: bool) -> Response {
    let Some(asset) = find(name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let keep = if marked {
        "public, max-age=31536000, immutable"
    } else {
        "public, max-age=86400"
    };
    let mut response = Response::new(Body::from(asset.bytes));
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, keep),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_what_they_say() {
        for name in ["avatar.png", "header.png"] {
            let asset = find(name).expect("embedded");
            assert!(asset.bytes.starts_with(b"\x89PNG\r\n\x1a\n"), "{name}");
        }
    }

    #[test]
    fn style_and_script_load_nothing_from_elsewhere() {
        for name in ["forum.css", "forum.js", "passkeys.js"] {
            let text = std::str::from_utf8(find(name).expect("embedded").bytes).expect("text");
            for outside in ["http:", "https:", "url(", "@import"] {
                assert!(!text.contains(outside), "{name} holds {outside}");
            }
        }
    }

    #[test]
    fn what_is_not_an_asset_is_not_served() {
        for name in ["", "../mod.rs", "forum.css/x"] {
            assert_eq!(serve(name, true).status(), StatusCode::NOT_FOUND, "{name}");
        }
        assert_eq!(serve("forum.css", true).status(), StatusCode::OK);
    }
}
