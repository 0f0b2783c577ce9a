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
    self, audit::AuditPage, deliveries::DeliveriesPage, hosts::HostsPage,
    organisations::OrganisationsPage, reports::ReportsPage,
};
use super::{faces, html, paging};

fn moment() -> Moment {
    Moment::minute_of(samples::moment())
}

/// A server that is being sent to.
fn lane() -> admin::deliveries::Row {
    admin::deliveries::Row {
        host: "gov.localhost:8081".into(),
        state: "Open",
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

pub fn admin_pages() -> Vec<(&'static str, String)> {
    let layout = samples::layout;
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
                by_mail: false,
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
