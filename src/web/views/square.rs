//! A text as a square that cameras read (QR code, ISO/IEC 18004).

use qrcodegen::{QrCode, QrCodeEcc};

/// White around the square, in modules, as the standard asks.
const MARGIN: i32 = 4;

/// What a drawing of it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Square {
    /// Width and height, with the margin.
    pub size: i32,
    /// The black parts, as an SVG path.
    pub path: String,
}

impl Square {
    /// `None` for a text that is too long.
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
        let mut path = String::new();
        for y in 0..code.size() {
            for x in 0..code.size() {
                if code.get_module(x, y) {
                    path.push_str(&format!("M{},{}h1v1h-1z", x + MARGIN, y + MARGIN));
                }
            }
        }
        Some(Self {
            size: code.size() + 2 * MARGIN,
            path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_a_square_with_a_white_margin() {
        let square = Square::of("otpauth://totp/x?secret=ABC").expect("short");
        assert!(square.size >= 21 + 2 * MARGIN);
        // The finder in the corner begins at the margin.
        assert!(square.path.starts_with("M4,4h1v1h-1zM5,4"));
        assert_eq!(Square::of(&"x".repeat(10_000)), None);
    }
}
