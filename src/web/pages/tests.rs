//! Renders every template with samples and holds all pages to the same rules.

use askama::Template;

use crate::{
    domain::{
        entry::{FieldError, Kind},
        follow::Relationship,
    },
    web::{
        form::{Fields, Form},
        views::{
            Moment, Named, Pages,
            choices::{self, Choices},
            entry::{EntryCard, EntryView, ReplyView},
            organisation::{OrganisationFace, OrganisationView},
            samples,
        },
    },
};

use super::{
    about::{AboutPage, CodesPage, HelpPage, audiences, code_lists},
    admin::{
        self, deliveries::DeliveriesPage, hosts::HostsPage, organisations::OrganisationsPage,
        reports::ReportsPage,
    },
    compose::{ComposePage, ConfirmPage, KindPage},
    directory::DirectoryPage,
    entry::{EntryPage, Reactions},
    find::FindPage,
    follows::{FollowsPage, Row, Side},
    home::HomePage,
    link::{PasswordPage, SetupPage},
    organisation::{Following, OrganisationPage},
    profile::ProfilePage,
    report::ReportPage,
    sign_in::SignInPage,
    timeline::TimelinePage,
};

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

fn reading_pages() -> Vec<(&'static str, String)> {
    let layout = samples::layout;
    let home = |filtered: bool| HomePage {
        layout: layout(),
        heading: "Public entries".into(),
        welcome: !filtered,
        form: Form::default(),
        choices: Choices::new(true),
        filtered,
        more_open: filtered,
        entries: if filtered { vec![] } else { cards() },
        pages: paging(),
    };
    vec![
        ("home", html(home(false))),
        ("home-empty", html(home(true))),
        (
            "entry",
            html(EntryPage {
                layout: layout(),
                entry: EntryView::new(&samples::project(), &[samples::organisation()], &[]),
                alternate: Some("https://n.example/entries/115".into()),
                parent: cards().pop(),
                replies: vec![
                    ReplyView::from(&samples::request()),
                    ReplyView::from(&samples::arabic_note()),
                ],
                may_edit: true,
                pinned: true,
                may_reply: true,
                reactions: Some(Reactions {
                    likes: 1,
                    boosts: 2,
                    liked: true,
                    boosted: false,
                    may_react: true,
                }),
                speaks_for: "Harbourlight Network".into(),
                reply_hint: "Everybody who can read the entry can read the reply.",
                form: Form::default(),
            }),
        ),
        (
            "entry-arabic",
            html(EntryPage {
                layout: layout(),
                entry: EntryView::new(&samples::arabic_note(), &[], &[samples::organisation()]),
                alternate: None,
                parent: None,
                replies: vec![],
                may_edit: false,
                pinned: false,
                may_reply: false,
                reactions: None,
                speaks_for: String::new(),
                reply_hint: "",
                form: Form::default(),
            }),
        ),
        (
            "organisation",
            html(OrganisationPage {
                layout: layout(),
                organisation: OrganisationView::new(&samples::organisation(), "n.example"),
                alternate: Some("https://n.example/orgs/valdoria".into()),
                following: Following::No,
                relation: Relationship {
                    followed_by: true,
                    ..Relationship::default()
                },
                may_block: true,
                may_edit_profile: true,
                moved_to: Some("https://new.example/orgs/valdoria".into()),
                pinned: cards(),
                entries: cards(),
                pages: Pages::default(),
            }),
        ),
        (
            "directory",
            html(DirectoryPage {
                layout: layout(),
                form: Form::default(),
                choices: Choices::new(true),
                filtered: false,
                organisations: faces(),
                pages: paging(),
            }),
        ),
        (
            "timeline",
            html(TimelinePage {
                layout: layout(),
                may_represent: true,
                entries: cards(),
                pages: paging(),
            }),
        ),
        (
            "about",
            html(AboutPage {
                layout: layout(),
                description: "A node of the Virtual Forum.".into(),
                rules: vec!["Be exact.".into(), "Be kind.".into()],
                organisations: 12,
                entries: 40,
                audiences: audiences(),
            }),
        ),
        (
            "codes",
            html(CodesPage {
                layout: layout(),
                lists: code_lists(&Choices::new(false)),
            }),
        ),
        ("help", html(HelpPage { layout: layout() })),
    ]
}

fn writing_pages() -> Vec<(&'static str, String)> {
    let layout = samples::layout;
    let compose = |kind, form, preview| ComposePage {
        layout: layout(),
        heading: "Write a project".into(),
        action: "/compose".into(),
        editing: false,
        kind: choices::kind(kind),
        kinds: choices::kinds(),
        title_label: "Title",
        title_hint: "At most 200 characters.",
        publish_label: "Publish",
        form,
        choices: Choices::new(true),
        audiences: choices::audiences(Some(crate::domain::organisation::Category::Government)),
        fixed_audience: None,
        tlps: choices::tlps(),
        preview,
    };
    let preview = EntryView::new(&samples::project(), &[], &[]);
    vec![
        (
            "compose-kind",
            html(KindPage {
                layout: layout(),
                kinds: choices::kinds(),
            }),
        ),
        (
            "compose-project",
            html(compose(
                Kind::Project,
                faulty(&[
                    "title",
                    "budget",
                    "countries",
                    "audience",
                    "public_confirmed",
                ]),
                None,
            )),
        ),
        (
            "compose-preview",
            html(compose(Kind::Request, Form::default(), Some(preview))),
        ),
        (
            "compose-delete",
            html(ConfirmPage {
                layout: layout(),
                heading: "Delete this entry?",
                subject: "Training for border police".into(),
                consequence: "It cannot be brought back.",
                action: "/entries/114/delete".into(),
                label: "Delete the entry",
                back: "/entries/114".into(),
            }),
        ),
        (
            "profile",
            html(ProfilePage {
                layout: layout(),
                speaks_for: "Harbourlight Network".into(),
                form: Form::default(),
                choices: Choices::new(true),
            }),
        ),
        (
            "find",
            html(FindPage {
                layout: layout(),
                form: faulty(&["address"]),
            }),
        ),
        (
            "report",
            html(ReportPage {
                layout: layout(),
                subject: "“Training” by Valdoria".into(),
                action: "/entries/115/report".into(),
                back: "/entries/115".into(),
                elsewhere: Some("gov.localhost:8081".into()),
                form: faulty(&["comment"]),
            }),
        ),
        (
            "followers",
            html(FollowsPage {
                layout: layout(),
                speaks_for: "Harbourlight Network".into(),
                side: Side::Followers,
                locked: true,
                may_represent: true,
                requests: rows(),
                rows: rows(),
                pages: Pages::default(),
            }),
        ),
    ]
}

fn rows() -> Vec<Row> {
    faces()
        .into_iter()
        .map(|face| Row {
            id: "7".into(),
            face,
            waiting: true,
        })
        .collect()
}

fn door_pages() -> Vec<(&'static str, String)> {
    let mut stranger = samples::layout();
    stranger.person = None;
    vec![
        (
            "sign-in",
            html(SignInPage {
                layout: stranger.clone(),
                form: faulty(&["email"]),
            }),
        ),
        (
            "link-password",
            html(PasswordPage {
                layout: stranger.clone(),
                action: "/links/x".into(),
                email: "focal@n.example".into(),
                form: Form::default(),
            }),
        ),
        (
            "link-setup",
            html(SetupPage {
                layout: stranger.clone(),
                action: "/links/x".into(),
                form: faulty(&["handle", "password"]),
                choices: Choices::new(false),
            }),
        ),
        (
            "home-stranger",
            html(HomePage {
                layout: stranger,
                heading: "Public entries".into(),
                welcome: true,
                form: Form::default(),
                choices: Choices::new(true),
                filtered: false,
                more_open: false,
                entries: cards(),
                pages: paging(),
            }),
        ),
    ]
}

fn admin_pages() -> Vec<(&'static str, String)> {
    let layout = samples::layout;
    let moment = || Moment::minute_of(samples::moment());
    vec![
        (
            "admin-organisations",
            html(OrganisationsPage {
                layout: layout(),
                tabs: admin::tabs("/admin/organisations"),
                form: Form::default(),
                choices: Choices::new(true),
                rows: vec![admin::organisations::Row {
                    face: (&samples::organisation()).into(),
                    category: "Government",
                    state: "Active",
                    since: moment(),
                    may_suspend: true,
                    may_restore: false,
                    may_delete: true,
                }],
                pages: Pages::default(),
            }),
        ),
        (
            "admin-people",
            html(admin::people::PeoplePage {
                layout: layout(),
                tabs: admin::tabs("/admin/users"),
                form: Form::default(),
                roles: choices::roles(),
                organisations: vec![Named::new("valdoria", "Valdoria (valdoria)")],
                rows: vec![admin::people::Row {
                    id: "1".into(),
                    email: "focal@n.example".into(),
                    organisation: "Valdoria".into(),
                    role: "editor",
                    state: "Active",
                    disabled: false,
                    signed_in: Some(moment()),
                }],
                pages: Pages::default(),
            }),
        ),
        (
            "admin-link",
            html(admin::people::LinkPage {
                layout: layout(),
                email: "focal@n.example".into(),
                link: "https://n.example/links/4bD9".into(),
            }),
        ),
        (
            "admin-deliveries",
            html(DeliveriesPage {
                layout: layout(),
                tabs: admin::tabs("/admin/deliveries"),
                rows: vec![admin::deliveries::Row {
                    host: "gov.localhost:8081".into(),
                    state: "Open",
                    pending: 12,
                    dead: 1,
                    oldest: Some(moment()),
                    retry: None,
                    success: Some(moment()),
                    error: "connection refused".into(),
                }],
                pages: Pages::default(),
            }),
        ),
        (
            "admin-reports",
            html(ReportsPage {
                layout: layout(),
                tabs: admin::tabs("/admin/reports"),
                resolved: false,
                rows: vec![admin::reports::Row {
                    id: "9".into(),
                    reporter: faces().pop(),
                    reported: Some((&samples::organisation()).into()),
                    entries: vec![(&samples::arabic_note()).into()],
                    comment: "It names <victims>.".into(),
                    forwarded: true,
                    since: moment(),
                    resolved: None,
                }],
                pages: paging(),
            }),
        ),
        (
            "admin-hosts",
            html(HostsPage {
                layout: layout(),
                tabs: admin::tabs("/admin/hosts"),
                form: Form::default(),
                mode: "Every other server may connect.",
                policies: vec![Named::new("block", "Block"), Named::new("allow", "Allow")],
                rows: vec![admin::hosts::Row {
                    host: "spam.example".into(),
                    policy: "Blocked",
                    reason: "spam".into(),
                    since: moment(),
                    other: "none",
                    other_label: "Unblock",
                }],
            }),
        ),
    ]
}

pub fn every_page() -> Vec<(&'static str, String)> {
    [
        reading_pages(),
        writing_pages(),
        door_pages(),
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
        assert_eq!(count(&html, "<script"), 1, "{name}");
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
fn every_page_with_its_style_and_script_stays_under_60_kilobytes() {
    let shared = include_bytes!("../assets/forum.css").len()
        + include_bytes!("../assets/forum.js").len()
        + include_bytes!("../assets/logo.svg").len();
    for (name, html) in every_page() {
        let size = html.len() + shared;
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
