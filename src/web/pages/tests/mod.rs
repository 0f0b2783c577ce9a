//! Renders every template with samples and holds all pages to the same rules.

mod administration;
mod passkeys;
mod people;

use administration::admin_pages;
use passkeys::passkey_pages;
use people::{account_pages, door_pages, reading_pages, writing_pages};

use askama::Template;

use crate::{
    domain::entry::FieldError,
    web::{
        assets,
        form::{Fields, Form},
        views::{Pages, entry::EntryCard, organisation::OrganisationFace, samples},
    },
};

use super::about::HelpPage;

fn html(page: impl Template) -> String {
    page.render().expect("templates render")
}

fn cards() -> Vec<EntryCard> {
    [
        samples::request(),
        samples::project(),
        samples::arabic_note(),
    ]
    .iter()
    .map(EntryCard::from)
    .collect()
}

fn faces() -> Vec<OrganisationFace> {
    let mut remote = samples::organisation();
    remote.host = Some("gov.localhost:8081".into());
    vec![(&samples::organisation()).into(), (&remote).into()]
}

fn paging() -> Pages {
    Pages::new("/", "", false, Some(100))
}

fn faulty(names: &[&'static str]) -> Form {
    let errors = names
        .iter()
        .map(|name| FieldError::new(name, format!("Mend the field {name}.")))
        .collect();
    Form::refused(
        Fields::default().with("title", "Kept \"title\" <b>"),
        errors,
    )
}

pub fn every_page() -> Vec<(&'static str, String)> {
    [
        reading_pages(),
        writing_pages(),
        door_pages(),
        account_pages(),
        passkey_pages(),
        admin_pages(),
    ]
    .concat()
}

fn count(html: &str, needle: &str) -> usize {
    html.matches(needle).count()
}

#[test]
fn every_page_leads_to_real_help_and_says_when_all_is_invented() {
    for (name, html) in every_page() {
        assert!(
            html.contains("Need help now, or want to report a case?"),
            "{name}"
        );
        assert!(html.contains("href=\"/help\""), "{name}");
        assert!(
            html.contains("Demonstration: everything here is invented"),
            "{name}"
        );
    }
    let mut real = samples::layout();
    real.node.fictional = false;
    assert!(!html(HelpPage { layout: real }).contains("Demonstration"));
}

#[test]
fn every_page_has_one_heading_its_landmarks_and_a_title_of_its_own() {
    let mut titles = std::collections::HashMap::new();
    for (name, html) in every_page() {
        for (part, times) in [
            ("<h1", 1),
            ("<main id=\"main\"", 1),
            ("href=\"#main\"", 1),
            ("<nav class=\"nav\"", 1),
            ("<footer", 1),
        ] {
            let previewed = name == "compose-preview" && part == "<h1";
            assert_eq!(
                count(&html, part),
                times + usize::from(previewed),
                "{name}: {part}"
            );
        }
        let title = html
            .split_once("<title>")
            .and_then(|(_, rest)| rest.split_once('<'));
        let title = title.expect("a title").0.trim().to_owned();
        assert!(
            title.len() > "– Civil Society Node".len(),
            "{name}: {title}"
        );
        titles.insert(name, title);
    }
    assert_eq!(
        titles["find"],
        "Error: Find an organisation – Civil Society Node"
    );
}

#[test]
fn no_page_holds_code_or_style_of_its_own() {
    for (name, html) in every_page() {
        let loaded = count(&html, "<script src=\"/assets/");
        assert_eq!(count(&html, "<script"), loaded, "{name}");
        for inline in [
            "<style",
            " style=",
            " onclick=",
            " onsubmit=",
            "javascript:",
        ] {
            assert!(!html.contains(inline), "{name} holds {inline}");
        }
    }
}

#[test]
fn the_script_of_passkeys_is_loaded_where_passkeys_are_and_nowhere_else() {
    let script = format!("<script src=\"{}\" defer>", assets::path("passkeys.js"));
    let mut with = 0;
    for (name, html) in every_page() {
        let needs = [
            "data-passkey=",
            "data-with=\"passkeys\"",
            "data-without=\"passkeys\"",
        ]
        .iter()
        .any(|mark| html.contains(mark));
        assert_eq!(count(&html, &script), usize::from(needs), "{name}");
        with += usize::from(needs);
    }
    assert!(with >= 5, "{with} pages");
}

#[test]
fn every_page_with_its_style_and_script_stays_under_60_kilobytes() {
    let shared = include_bytes!("../../assets/forum.css").len()
        + include_bytes!("../../assets/forum.js").len()
        + include_bytes!("../../assets/logo.svg").len();
    for (name, html) in every_page() {
        let passkeys = match html.contains("passkeys.js") {
            true => include_bytes!("../../assets/passkeys.js").len(),
            false => 0,
        };
        let size = html.len() + shared + passkeys;
        assert!(size < 60 * 1024, "{name}: {size}");
    }
}

#[test]
fn every_form_that_changes_something_carries_the_token() {
    for (name, html) in every_page() {
        let forms = count(&html, "method=\"post\"");
        let tokens = count(&html, "name=\"token\" value=\"form-token\"");
        assert_eq!(forms, tokens, "{name}");
    }
}

#[test]
fn every_field_has_a_label_and_every_fault_leads_to_its_field() {
    for (name, html) in every_page() {
        for id in html
            .split("id=\"f-")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
        {
            let labelled = html.contains(&format!("for=\"f-{id}\""))
                || html.contains(&format!("<fieldset class=\"field\" id=\"f-{id}\""))
                || html.contains(&format!("<div class=\"field\" id=\"f-{id}\""));
            assert!(labelled, "{name}: {id} has no label");
        }
        for target in html
            .split("href=\"#f-")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
        {
            assert!(
                html.contains(&format!("id=\"f-{target}\"")),
                "{name}: no field {target}"
            );
            assert!(
                html.contains(&format!("id=\"e-{target}\"")),
                "{name}: {target} says nothing"
            );
        }
    }
}

#[test]
fn what_was_typed_is_shown_again_and_never_as_markup() {
    let (_, page) = writing_pages().swap_remove(1);
    assert!(page.contains("Kept &#34;title&#34; &#60;b&#62;"), "{page}");
}

#[test]
fn right_to_left_text_is_marked_with_its_language() {
    let pages = reading_pages();
    let (_, page) = &pages[3];
    assert!(page.contains("<h1 dir=\"auto\" lang=\"ar\">"));
    assert!(page.contains("<div class=\"prose\" dir=\"auto\" lang=\"ar\">"));
    assert!(page.contains("TLP:AMBER+STRICT"));
}
