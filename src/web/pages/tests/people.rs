//! The pages that members and visitors see, filled in.

use crate::{
    domain::{audience::Tier, entry::Kind, follow::Relationship},
    operations::people::second_factor::State,
    web::{
        form::Form,
        layout::Layout,
        views::{
            Moment, Named, Pages,
            accreditation::AccreditationView,
            choices::{self, Choices},
            entry::{EntryView, ReplyView},
            organisation::OrganisationView,
            samples,
            square::Square,
        },
    },
};

use super::super::{
    about::{AboutPage, CodesPage, HelpPage, audiences, code_lists},
    account::{AccountPage, PlaceRow, TokenRow},
    apply::{ApplyPage, FollowPage, Step},
    compose::{ComposePage, ConfirmPage, KindPage, Offered},
    directory::DirectoryPage,
    entry::{EntryPage, Reactions},
    find::FindPage,
    follows::{FollowsPage, Row, Side},
    forgotten::ForgottenPage,
    handover::{AcceptPage, HandoverPage, ShownPage, Waiting},
    home::HomePage,
    link::{PasswordPage, SetupPage},
    organisation::{Following, OrganisationPage},
    participation::RulesPage,
    profile::ProfilePage,
    report::ReportPage,
    second_factor::{self, SecondFactorPage, SetupPage as FactorPage},
    sign_in::{CodePage, SignInPage},
    timeline::TimelinePage,
};
use super::{cards, faces, faulty, html, paging};

pub fn reading_pages() -> Vec<(&'static str, String)> {
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
                accreditation: AccreditationView::Holds {
                    category: "Government",
                    by: "Forum <secretariat>".into(),
                    until: Moment::day_of(samples::moment()),
                    warning: Some("It could not be learnt whether it was revoked.".into()),
                },
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
                accredited: true,
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
                alone: false,
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

pub fn writing_pages() -> Vec<(&'static str, String)> {
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
        audiences: choices::audiences(Tier::Preferential)
            .into_iter()
            .map(|choice| Offered {
                choice,
                reach: "Now: 3 other organisations on 1 node.".into(),
            })
            .collect(),
        fixed_audience: None,
        reach: None,
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
                handover: "/handover".into(),
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
                categories: choices::report_categories(),
                rules: vec![Named::new("1", "Name no victims.")],
                form: faulty(&["category", "rules", "comment"]),
            }),
        ),
        (
            "handover",
            html(HandoverPage {
                layout: layout(),
                organisation: "Harbourlight Network".into(),
                path: "/admin/organisations/harbourlight/handover".into(),
                focal_points: Some(vec![Named::new("focal@n.example", "focal@n.example")]),
                waiting: vec![Waiting {
                    from: "focal@n.example".into(),
                    to: "new@n.example".into(),
                    until: Moment::minute_of(samples::moment()),
                }],
                form: faulty(&["from", "to"]),
            }),
        ),
        (
            "handover-shown",
            html(ShownPage {
                layout: layout(),
                organisation: "Harbourlight Network".into(),
                email: "new@n.example".into(),
                link: Some("https://n.example/handover/4bD9".into()),
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

fn apply(layout: Layout, taken: bool) -> ApplyPage {
    ApplyPage {
        layout,
        taken,
        elsewhere: "Apply on the hub.".into(),
        form: faulty(&["name", "category", "reason"]),
        choices: Choices::new(true),
        functions: choices::functions(),
    }
}

fn moment() -> Moment {
    Moment::minute_of(samples::moment())
}

pub fn account_pages() -> Vec<(&'static str, String)> {
    let layout = samples::layout;
    let state = State {
        has_app: true,
        passkeys: 1,
        is_required: false,
        codes_left: 7,
    };
    vec![
        (
            "account",
            html(AccountPage {
                layout: layout(),
                email: "focal@n.example".into(),
                places: [true, false]
                    .map(|is_this| PlaceRow {
                        reference: "abc".into(),
                        agent: "Firefox on <Linux>".into(),
                        since: moment(),
                        seen: moment(),
                        is_this,
                    })
                    .to_vec(),
                tokens: vec![TokenRow {
                    reference: "def".into(),
                    scopes: "read write".into(),
                    since: moment(),
                    seen: None,
                }],
                second_factor: state,
                accepted: Some(("1".into(), moment())),
            }),
        ),
        (
            "second-factor-setup",
            html(FactorPage {
                layout: layout(),
                is_due: true,
                secret: "ABCD EFGH".into(),
                square: Square::of("otpauth://totp/x?secret=ABCDEFGH"),
                form: faulty(&["code"]),
            }),
        ),
        (
            "second-factor",
            html(SecondFactorPage {
                layout: layout(),
                state,
                form: faulty(&["code"]),
            }),
        ),
        (
            "recovery-codes",
            html(second_factor::CodesPage {
                layout: layout(),
                codes: vec!["abcd-efgh-ijkl-mnop".into()],
            }),
        ),
        (
            "participation",
            html(RulesPage {
                layout: layout(),
                is_due: true,
                version: "1".into(),
                rules: vec!["Be exact & kind.".into()],
                form: faulty(&["accepted"]),
            }),
        ),
    ]
}

pub fn door_pages() -> Vec<(&'static str, String)> {
    let mut stranger = samples::layout();
    stranger.person = None;
    vec![
        (
            "sign-in",
            html(SignInPage {
                layout: stranger.clone(),
                passkeys: true,
                form: faulty(&["email"]),
            }),
        ),
        (
            "sign-in-without-passkeys",
            html(SignInPage {
                layout: stranger.clone(),
                passkeys: false,
                form: Form::default(),
            }),
        ),
        (
            "sign-in-code",
            html(CodePage {
                layout: stranger.clone(),
                passkeys: true,
                form: faulty(&["code"]),
            }),
        ),
        (
            "forgotten",
            html(ForgottenPage {
                layout: stranger.clone(),
                by_mail: true,
                sent: false,
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
        ("apply", html(apply(stranger.clone(), true))),
        ("apply-elsewhere", html(apply(stranger.clone(), false))),
        (
            "application",
            html(FollowPage {
                layout: stranger.clone(),
                path: "/apply/4bD9".into(),
                address: "https://n.example/apply/4bD9".into(),
                name: "Lantern <House>".into(),
                handle: "lantern".into(),
                state: "The organisers ask you something",
                meaning: "Answer below.",
                is_open: true,
                asked: true,
                steps: vec![Step {
                    what: "Question of the organisers",
                    by: String::new(),
                    at: Moment::minute_of(samples::moment()),
                    text: "Who <pays>?".into(),
                }],
                organisation: faces().pop(),
                form: faulty(&["answer", "sure"]),
            }),
        ),
        (
            "handover-accept",
            html(AcceptPage {
                layout: stranger.clone(),
                organisation: "Harbourlight Network".into(),
                email: "new@n.example".into(),
                path: "/handover/4bD9".into(),
                form: faulty(&["password"]),
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
