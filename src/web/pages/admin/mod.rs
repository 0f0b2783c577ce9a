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
