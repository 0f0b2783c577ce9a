//! The pages of administration, filled in.

use crate::operations::audit::Chain;
use crate::web::{
    form::Form,
    views::{
        Moment, Named, Pages,
        choices::{self, Choices},
        samples,
    },
};

use super::super::admin::{
    self, accreditations::AccreditationsPage, applications::May, audit::AuditPage,
    deliveries::DeliveriesPage, hosts::HostsPage, organisations::OrganisationsPage,
    reports::ReportsPage,
};
use super::super::apply::Step;
use super::{faces, faulty, html, paging};

fn moment() -> Moment {
    Moment::minute_of(samples::moment())
}

/// A server that is being sent to.
fn lane() -> admin::deliveries::Row {
    admin::deliveries::Row {
        host: "gov.localhost:8081".into(),
        state: "In order",
        pending: 12,
        dead: 1,
        oldest: Some(moment()),
        retry: None,
        success: Some(moment()),
        error: "connection refused".into(),
    }
}

fn audit_page(chain: Chain) -> AuditPage {
    AuditPage {
        layout: samples::layout(),
        tabs: admin::tabs("/admin/audit"),
        chain,
        rows: vec![admin::audit::Row {
            number: 1,
            at: moment(),
            by: "The command line".into(),
            decision: "Server blocked".into(),
            subject: "server spam.example".into(),
            detail: "<spam>".into(),
        }],
        pages: paging(),
    }
}

fn accreditation() -> admin::accreditations::Row {
    admin::accreditations::Row {
        id: "urn:uuid:5c9f3f0e-6a7b-4c5d-9e10-2f3a4b5c6d7e".into(),
        name: "Valdoria".into(),
        actor: "https://n.example/orgs/valdoria".into(),
        says: "Government, Valdoria (QM)".into(),
        until: moment(),
        state: "Valid",
        reason: "wrong <person>".into(),
        is_living: true,
    }
}

fn accreditations_page(anchor: Option<admin::accreditations::Own>) -> AccreditationsPage {
    AccreditationsPage {
        layout: samples::layout(),
        tabs: admin::tabs("/admin/accreditations"),
        form: Form::default(),
        trusted: match anchor {
            None => vec![],
            Some(_) => vec![admin::accreditations::Trusted {
                name: "Hub".into(),
                did: "did:key:z6Mk".into(),
                scope: "every category; AL".into(),
            }],
        },
        anchor,
        categories: choices::categories(),
        countries: Choices::new(true).countries,
        audiences: vec![Named::new("members", "Members")],
        waiting: [true, false]
            .map(|is_own| admin::proposals::Waiting {
                id: if is_own { "7" } else { "8" }.into(),
                name: "Valdoria <Ministry>".into(),
                actor: "https://n.example/orgs/valdoria".into(),
                says: "Government, Valdoria (QM)".into(),
                days: 90,
                since: moment(),
                by: "other@n.example".into(),
                is_own,
            })
            .to_vec(),
        rows: vec![accreditation()],
        pages: paging(),
    }
}

fn application(name: &str) -> admin::applications::Row {
    admin::applications::Row {
        id: "11".into(),
        name: name.into(),
        handle: "lantern".into(),
        category: "Government",
        country: "Albania (AL)".into(),
        state: "Approved by one person: another must approve too".into(),
        since: moment(),
        warnings: 2,
    }
}

fn application_page(may: admin::applications::May, form: Form) -> String {
    html(admin::applications::OnePage {
        layout: samples::layout(),
        tabs: admin::tabs("/admin/applications"),
        row: application("Lantern <House>"),
        path: "/admin/applications/11".into(),
        reason: "We train.\n<b>Much</b>.".into(),
        referee: "@harbourlight".into(),
        referee_face: faces().pop(),
        website: Some((&samples::organisation().url).into()),
        email: "focal@lantern.example".into(),
        function: "National rapporteur",
        cleared: None,
        warnings: vec!["The name is the same as that of “Lantern”.".into()],
        steps: vec![Step {
            what: "Question to the applicant",
            by: "hub@n.example".into(),
            at: moment(),
            text: "Who <pays>?".into(),
        }],
        organisation: faces().pop(),
        needs_two: true,
        first_by: Some("hub@n.example".into()),
        may,
        form,
    })
}

pub fn admin_pages() -> Vec<(&'static str, String)> {
    let layout = samples::layout;
    let all = May {
        decide: true,
        approve: true,
        ask: true,
        is_own: false,
    };
    let own = May {
        is_own: true,
        ..May::default()
    };
    vec![
        (
            "admin-applications",
            html(admin::applications::QueuePage {
                layout: layout(),
                tabs: admin::tabs("/admin/applications"),
                choices: vec![admin::applications::Choice {
                    path: "/admin/applications?state=open".into(),
                    name: "Open",
                    current: true,
                }],
                rows: vec![application("Lantern House")],
                pages: paging(),
            }),
        ),
        (
            "admin-application",
            application_page(all, faulty(&["handle", "email", "question", "reason"])),
        ),
        (
            "admin-application-own",
            application_page(own, Form::default()),
        ),
        (
            "admin-admitted",
            html(admin::applications::AdmittedPage {
                layout: layout(),
                tabs: admin::tabs("/admin/applications"),
                face: (&samples::organisation()).into(),
                email: "focal@n.example".into(),
                link: Some("https://n.example/links/4bD9".into()),
            }),
        ),
        (
            "admin-admitted-by-mail",
            html(admin::applications::AdmittedPage {
                layout: layout(),
                tabs: admin::tabs("/admin/applications"),
                face: (&samples::organisation()).into(),
                email: "focal@n.example".into(),
                link: None,
            }),
        ),
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
            "admin-accreditations",
            html(accreditations_page(Some(admin::accreditations::Own {
                name: "Forum <secretariat>".into(),
                did: "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2".into(),
                is_trusted: false,
            }))),
        ),
        ("admin-no-anchor", html(accreditations_page(None))),
        (
            "admin-credential",
            html(admin::accreditations::CredentialPage {
                layout: layout(),
                actor: "https://far.example/orgs/moj".into(),
                document: "{\"issuer\": \"<did>\"}".into(),
            }),
        ),
        (
            "admin-revoke",
            html(admin::accreditations::RevokePage {
                layout: layout(),
                form: Form::default(),
                row: accreditation(),
            }),
        ),
        (
            "admin-people",
            html(admin::people::PeoplePage {
                layout: layout(),
                tabs: admin::tabs("/admin/users"),
                by_mail: false,
                form: Form::default(),
                roles: choices::roles(),
                functions: choices::functions(),
                organisations: vec![Named::new("valdoria", "Valdoria (valdoria)")],
                rows: vec![admin::people::Row {
                    id: "1".into(),
                    email: "focal@n.example".into(),
                    organisation: "Valdoria".into(),
                    role: "editor",
                    function: "national_rapporteur",
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
                rows: vec![lane()],
                pages: Pages::default(),
            }),
        ),
        (
            "admin-lane",
            html(admin::deliveries::LanePage {
                layout: layout(),
                tabs: admin::tabs("/admin/deliveries"),
                lane: lane(),
                lists: vec![admin::deliveries::LetterList {
                    caption: "Waiting",
                    total: 70,
                    is_cut: true,
                    rows: vec![admin::deliveries::LetterRow {
                        kind: "Create".into(),
                        sender: "https://n.example/orgs/moj".into(),
                        activity: "https://n.example/activities/7".into(),
                        since: moment(),
                        attempts: 3,
                        error: "503 <later>".into(),
                    }],
                }],
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
                    category: "Spam",
                    rules: vec!["No <advertising>.".into()],
                    comment: "It names <victims>.".into(),
                    forwarded: true,
                    since: moment(),
                    resolved: None,
                }],
                pages: paging(),
            }),
        ),
        (
            "admin-audit",
            html(audit_page(Chain::Whole {
                records: 1,
                newest: "4bD9".into(),
            })),
        ),
        (
            "admin-audit-broken",
            html(audit_page(Chain::Broken {
                number: 1,
                why: "it is missing",
            })),
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
