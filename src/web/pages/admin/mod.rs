//! Administration of the node: organisations, applications, people, accreditations,
//! reports, deliveries, and other servers.

pub mod accreditations;
pub mod applications;
pub mod audit;
pub mod deliveries;
pub mod hosts;
pub mod organisations;
pub mod people;
pub mod proposals;
pub mod reports;

use axum::response::Redirect;

use super::handover;
use crate::app::{Auth, Routes};

/// The tabs above every page of administration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tab {
    pub name: &'static str,
    pub path: &'static str,
    pub current: bool,
}

pub fn tabs(current: &'static str) -> Vec<Tab> {
    [
        ("Organisations", "/admin/organisations"),
        ("Applications", "/admin/applications"),
        ("People", "/admin/users"),
        ("Accreditations", "/admin/accreditations"),
        ("Reports", "/admin/reports"),
        ("Deliveries", "/admin/deliveries"),
        ("Other servers", "/admin/hosts"),
        ("Decisions", "/admin/audit"),
    ]
    .map(|(name, path)| Tab {
        name,
        path,
        current: path == current,
    })
    .to_vec()
}

/// Every page of administration, each for administrators only.
pub fn routes() -> Routes {
    let role = Auth::Administrator;
    Routes::new()
        .get("/admin", role, || async {
            Redirect::to("/admin/organisations")
        })
        .get("/admin/organisations", role, organisations::show)
        .post("/admin/organisations", role, organisations::create)
        .post(
            "/admin/organisations/{handle}/suspend",
            role,
            organisations::suspend,
        )
        .post(
            "/admin/organisations/{handle}/restore",
            role,
            organisations::restore,
        )
        .get(
            "/admin/organisations/{handle}/delete",
            role,
            organisations::ask_delete,
        )
        .post(
            "/admin/organisations/{handle}/delete",
            role,
            organisations::delete,
        )
        .get(
            "/admin/organisations/{handle}/handover",
            role,
            handover::show_of,
        )
        .post(
            "/admin/organisations/{handle}/handover",
            role,
            handover::send_of,
        )
        .post(
            "/admin/organisations/{handle}/handover/cancel",
            role,
            handover::cancel_of,
        )
        .get("/admin/applications", role, applications::show)
        .get("/admin/applications/{id}", role, applications::show_one)
        .post("/admin/applications/{id}/ask", role, applications::ask)
        .post(
            "/admin/applications/{id}/approve",
            role,
            applications::approve,
        )
        .post(
            "/admin/applications/{id}/refuse",
            role,
            applications::refuse,
        )
        .get("/admin/accreditations", role, accreditations::show)
        .post("/admin/accreditations", role, proposals::propose)
        .post(
            "/admin/accreditations/proposals/{id}/approve",
            role,
            proposals::approve,
        )
        .post(
            "/admin/accreditations/proposals/{id}/decline",
            role,
            proposals::decline,
        )
        .post(
            "/admin/accreditations/anchor",
            role,
            accreditations::create_anchor,
        )
        .post(
            "/admin/accreditations/{id}/renew",
            role,
            accreditations::renew,
        )
        .get(
            "/admin/accreditations/{id}/revoke",
            role,
            accreditations::ask_revoke,
        )
        .post(
            "/admin/accreditations/{id}/revoke",
            role,
            accreditations::revoke,
        )
        .get("/admin/users", role, people::show)
        .post("/admin/users", role, people::create)
        .post("/admin/users/{id}/role", role, people::set_role)
        .post("/admin/users/{id}/function", role, people::set_function)
        .post("/admin/users/{id}/link", role, people::issue_link)
        .post("/admin/users/{id}/sign-out", role, people::sign_out)
        .post(
            "/admin/users/{id}/second-factor/reset",
            role,
            people::reset_second_factor,
        )
        .post("/admin/users/{id}/disable", role, people::disable)
        .post("/admin/users/{id}/enable", role, people::enable)
        .get("/admin/deliveries", role, deliveries::show)
        .post("/admin/deliveries/replay", role, deliveries::replay)
        .get("/admin/deliveries/{host}", role, deliveries::show_host)
        .post("/admin/deliveries/{host}/drop", role, deliveries::give_up)
        .get("/admin/reports", role, reports::show)
        .post("/admin/reports/{id}/resolve", role, reports::resolve)
        .get("/admin/audit", role, audit::show)
        .get("/admin/hosts", role, hosts::show)
        .post("/admin/hosts", role, hosts::decide)
}
