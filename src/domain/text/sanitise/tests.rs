//! Attacks and properties: what comes out is safe, and stays as it is.

use proptest::prelude::*;

use super::*;
use crate::domain::text::render_markdown;

/// Attacks of the known kinds, each of which must come out as text only.
const ATTACKS: &[&str] = &[
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=\"java\nscript:alert(1)\">x</a>",
    "<a href=\" javascript:alert(1)\">x</a>",
    "<a href=\"&#106;avascript:alert(1)\">x</a>",
    "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
    "<a href=\"vbscript:x\">x</a>",
    "<a href=\"data:text/html;base64,PHNjcmlwdD4=\">x</a>",
    "<a href=\"//evil.example\">x</a>",
    "<a href=\"https://e.example/\" onclick=alert(1) style=\"position:fixed\" target=_top>x</a>",
    "<a href='https://e.example/\"onmouseover=alert(1)//'>x</a>",
    "<a href=\"https://e.example/?\"><script>alert(1)</script></a>",
    "<iframe src=https://e.example></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<object data=x></object><embed src=x><applet code=x>",
    "<form action=https://e.example><input name=p type=password><button>go</button></form>",
    "<meta http-equiv=refresh content=\"0;url=https://e.example\">",
    "<base href=https://e.example/><link rel=stylesheet href=x>",
    "<style>@import 'https://e.example/x.css';</style>",
    "<p style=\"background:url(https://e.example)\">x</p>",
    "<p id=main class=\"fixed overlay\" data-x=1 dir=rtl>x</p>",
    "<video src=x onerror=alert(1)><audio src=x><source src=x><track src=x></video>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<textarea></textarea><title><img src=x onerror=alert(1)></title>",
    "<xmp><img src=x onerror=alert(1)></xmp><plaintext>",
    "<!--><img src=x onerror=alert(1)>--><![CDATA[<script>alert(1)</script>]]>",
    "<?xml version=\"1.0\"?><!DOCTYPE html><html><body onload=alert(1)>",
    "\u{0}<script\u{0}>alert(1)</script>",
    "<table><td><a href=https://e.example/><table><td><a href=javascript:alert(1)>",
    "<isindex type=image src=1 onerror=alert(1)><marquee onstart=alert(1)>",
    "<span class=\"h-card hidden\"><a class=\"mention evil\" href=\"https://e.example/\">x</a></span>",
];

/// Every tag of the text is one of ours, with only our attributes.
fn assert_safe(html: &str) {
    for token in rewrite::tokens(html) {
        match token {
            Token::Text(text) => assert!(!text.contains('>'), "{html}"),
            Token::Close { name, whole } => {
                assert!(KEPT.contains(&name), "{html}");
                assert_eq!(whole, format!("</{name}>"), "{html}");
            }
            Token::Open { name, whole } => {
                assert!(KEPT.contains(&name), "{html}");
                let href = rewrite::attribute(whole, "href");
                let class = rewrite::attribute(whole, "class");
                let mut expected = format!("<{name}");
                if let Some(href) = &href {
                    assert!(href.starts_with("https://") || href.starts_with("http://"));
                    expected += &format!(" href=\"{}\"", href.replace('&', "&amp;"));
                }
                if let Some(class) = &class {
                    let known = ["mention", "hashtag", "u-url", "h-card"];
                    assert!(class.split(' ').all(|one| known.contains(&one)), "{html}");
                    expected += &format!(" class=\"{class}\"");
                }
                if name == "a" {
                    expected += " rel=\"nofollow noopener noreferrer\"";
                }
                let sorted = |text: &str| {
                    let mut parts: Vec<_> = text.trim_end_matches('>').split(' ').collect();
                    parts.sort_unstable();
                    parts.join(" ")
                };
                assert_eq!(sorted(whole), sorted(&expected), "{html}");
            }
        }
    }
}

#[test]
fn known_attacks_come_out_without_their_sting() {
    for attack in ATTACKS {
        let html = sanitise(attack);
        assert_safe(&html);
        assert_eq!(sanitise(&html), html, "{attack}");
        assert_safe(&render_markdown(attack));
    }
}

#[test]
fn scripts_and_styles_go_with_their_content() {
    assert_eq!(
        sanitise("a<script>alert(1)</script><style>p{}</style>b"),
        "ab"
    );
}

#[test]
fn a_mention_and_a_hashtag_keep_their_classes() {
    let html = "<p><span class=\"h-card\"><a href=\"https://s.example/@a\" \
                class=\"u-url mention\" rel=\"nofollow noopener noreferrer\">@<span>a</span></a></span></p>";
    let kept = sanitise(html);
    assert!(kept.contains("class=\"u-url mention\""), "{kept}");
    assert!(kept.contains("<span class=\"h-card\">"), "{kept}");
}

#[test]
fn every_link_gives_nothing_away() {
    assert_eq!(
        sanitise("<a href=\"https://u:p@e.example/x\" rel=\"me opener\">x</a>"),
        "<a href=\"https://e.example/x\" rel=\"nofollow noopener noreferrer\">x</a>"
    );
}

#[test]
fn a_link_that_shows_another_host_names_its_own() {
    let html = sanitise("<a href=\"https://evil.example/\">https://<b>bank</b>.example/</a>");
    assert!(
        html.ends_with("https://<b>bank</b>.example/ [evil.example]</a>"),
        "{html}"
    );
    let html = render_markdown("[bank.example](https://evil.example/)");
    assert!(html.contains(">bank.example [evil.example]</a>"), "{html}");
}

#[test]
fn text_that_mastodon_hides_in_a_link_is_shown() {
    let html = sanitise(
        "<a href=\"https://e.example/long\"><span class=\"invisible\">https://</span>\
         <span class=\"ellipsis\">e.example/lo</span><span class=\"invisible\">ng</span></a>",
    );
    assert!(!html.contains("invisible"), "{html}");
    assert_eq!(plain(&html), "https://e.example/long");
}

#[test]
fn blocks_headings_and_tables_do_not_run_together() {
    assert_eq!(
        sanitise(
            "<h1>Need</h1><div>a</div><div>b</div><table><tr><td>c</td><td>d</td></tr></table>"
        ),
        "<p><strong>Need</strong></p><p>a</p><p>b</p><p>c d </p>"
    );
}

#[test]
fn controls_that_reorder_text_are_removed_and_direction_marks_stay() {
    assert_eq!(
        sanitise("a\u{202E}b&#8238;c\u{2066}d <i>\u{200F}ש</i>"),
        "abcd <i>\u{200F}ש</i>"
    );
}

#[test]
fn deep_and_broken_markup_is_made_safe() {
    for piece in [
        "<div>",
        "<b><p>",
        "<a href=https://e.example/>",
        "<blockquote>",
        "<table><td>",
        "<",
        "&",
    ] {
        let html = sanitise(&piece.repeat(100_000 / piece.len()));
        assert_safe(&html);
    }
}

fn fragment() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(ATTACKS).prop_map(str::to_owned),
        prop::sample::select(
            &[
                "<p>",
                "</p>",
                "<a href=\"https://e.example/\">",
                "</a>",
                "<h2>",
                "</h2>",
                "<table>",
                "<tr>",
                "<td>",
                "</table>",
                "<b>",
                "</b>",
                "<div>",
                "</div>",
                "<li>",
                "<ul>",
                "</ul>",
                "<pre>",
                "</pre>",
                "<br>",
                "&amp;",
                "&lt;",
                "&",
                "<",
                ">",
                "\"",
                "'",
                "bank.example ",
                "[e.example]",
                "\u{202E}",
                "\u{A0}",
                "<span class=\"mention\">",
                "</span>",
                "*",
                "_",
                "`",
                "# ",
                "\n",
                "\n\n",
                "|",
                "|-|-|\n",
                "![",
                "](",
                ")",
                "https://a.example/",
            ][..]
        )
        .prop_map(str::to_owned),
        "\\PC{0,8}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn sanitising_twice_changes_nothing_and_is_safe(html in fragment()) {
        let once = sanitise(&html);
        assert_safe(&once);
        prop_assert_eq!(sanitise(&once), once);
    }

    #[test]
    fn markdown_is_safe_whatever_is_written(markdown in fragment()) {
        let html = render_markdown(&markdown);
        assert_safe(&html);
        prop_assert_eq!(sanitise(&html), html);
    }

    #[test]
    fn escaped_text_comes_back_as_it_was(text in "\\PC{0,60}") {
        let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(plain(&sanitise(&escape(&text))), folded);
    }
}
