//! Running the node by its pages.

use axum::http::StatusCode;

use crate::{
    domain::{account::Role, organisation::Category},
    operations::accreditations::anchor,
    storage::{deliveries, lanes, samples, testing::on_both},
    tests::{
        accreditation::{TRUST, own_anchor, trusting},
        browser::{Browser, location},
        test_app::{TestApp, noon},
    },
};

const PAGES: [&str; 8] = [
    "/admin/applications",
    "/admin/organisations",
    "/admin/users",
    "/admin/accreditations",
    "/admin/reports",
    "/admin/deliveries",
    "/admin/hosts",
    "/admin/audit",
];

async fn hub(node: &TestApp) -> Browser<'_> {
    node.organisation("hub", Category::InternationalOrganisation)
        .await;
    Browser::signed_in(node, "hub", Role::Administrator).await
}

#[test]
fn administration_is_for_administrators_only() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let mut administrator = hub(&node).await;
        let mut focal = Browser::signed_in(&node, "hub", Role::FocalPoint).await;
        for path in PAGES {
            assert_eq!(
                administrator.open(path).await.status,
                StatusCode::OK,
                "{path}"
            );
            assert_eq!(
                focal.open(path).await.status,
                StatusCode::FORBIDDEN,
                "{path}"
            );
            let stranger = Browser::new(&node).open(path).await;
            assert_eq!(stranger.status, StatusCode::SEE_OTHER, "{path}");
        }
        for action in [
            "/admin/organisations",
            "/admin/organisations/hub/suspend",
            "/admin/organisations/hub/restore",
            "/admin/organisations/hub/delete",
            "/admin/organisations/hub/handover",
            "/admin/organisations/hub/handover/cancel",
            "/admin/applications/1/ask",
            "/admin/applications/1/approve",
            "/admin/applications/1/refuse",
            "/admin/users",
            "/admin/users/1/role",
            "/admin/users/1/function",
            "/admin/users/1/link",
            "/admin/users/1/sign-out",
            "/admin/users/1/second-factor/reset",
            "/admin/users/1/disable",
            "/admin/users/1/enable",
            "/admin/accreditations",
            "/admin/accreditations/anchor",
            "/admin/accreditations/proposals/7/approve",
            "/admin/accreditations/proposals/7/decline",
            "/admin/accreditations/urn:uuid:5c9f3f0e-6a7b-4c5d-9e10-2f3a4b5c6d7e/renew",
            "/admin/accreditations/urn:uuid:5c9f3f0e-6a7b-4c5d-9e10-2f3a4b5c6d7e/revoke",
            "/admin/reports/1/resolve",
            "/admin/deliveries/replay",
            "/admin/deliveries/b.example/drop",
            "/admin/hosts",
        ] {
            let sent = focal.submit("/timeline", action, &[("handle", "x")]).await;
            assert_eq!(sent.status, StatusCode::FORBIDDEN, "{action}");
        }
    });
}

#[test]
fn an_accreditation_that_is_declined_is_not_issued() {
    on_both(async |db| {
        let node = own_anchor(db).await;
        let page = "/admin/accreditations";
        let mut administrator = hub(&node).await;
        let new = [
            ("actor", "https://n.example/actor"),
            ("audience", "preferential"),
            ("days", "30"),
        ];
        administrator.submit(page, page, &new).await;
        let decline = action(&administrator.open(page).await.body, "/decline");
        let declined = administrator.submit(page, &decline, &[]).await;
        assert_eq!(
            location(&declined),
            "/admin/accreditations?done=proposal-declined"
        );
        for step in [decline.clone(), decline.replace("/decline", "/approve")] {
            let again = administrator.submit(page, &step, &[]).await;
            assert_eq!(again.status, StatusCode::NOT_FOUND, "{step}");
        }
        let after = administrator.open(page).await.body;
        assert!(after.contains("None yet.") && !after.contains("/decline"));
    });
}

/// The first form of a page whose address ends so.
fn action(page: &str, end: &str) -> String {
    let forms = page.split("action=\"").skip(1);
    let mut found = forms.filter_map(|form| form.split('"').next());
    let found = found.find(|action| action.ends_with(end));
    found.expect("a form").to_owned()
}

#[test]
fn an_organisation_is_added_suspended_restored_and_deleted() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let mut administrator = hub(&node).await;
        let page = "/admin/organisations";
        let new = [
            ("name", "Shelter for All"),
            ("handle", "shelter"),
            ("category", "civil_society"),
        ];
        let made = administrator.submit(page, page, &new).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
        let twice = administrator.submit(page, page, &new).await;
        assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(twice.body.contains("is taken") && twice.body.contains("Shelter for All"));
        let mut anybody = Browser::new(&node);
        for (action, status) in [
            ("suspend", StatusCode::GONE),
            ("restore", StatusCode::OK),
            ("delete", StatusCode::GONE),
        ] {
            let path = format!("{page}/shelter/{action}");
            administrator.submit(page, &path, &[]).await;
            assert_eq!(
                anybody.open("/orgs/shelter").await.status,
                status,
                "{action}"
            );
        }
        let back = administrator
            .submit(page, &format!("{page}/shelter/restore"), &[])
            .await;
        assert_eq!(back.status, StatusCode::CONFLICT);
    });
}

#[test]
fn administrators_do_not_lock_themselves_out() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let mut administrator = hub(&node).await;
        let page = "/admin/organisations";
        for action in ["suspend", "delete"] {
            let path = format!("{page}/hub/{action}");
            let refused = administrator.submit(page, &path, &[]).await;
            assert_eq!(refused.status, StatusCode::CONFLICT, "{action}");
        }
        assert_eq!(administrator.open(page).await.status, StatusCode::OK);
    });
}

#[test]
fn a_person_is_added_by_link_given_a_role_and_kept_out() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let mut administrator = hub(&node).await;
        let page = "/admin/users";
        let new = [
            ("email", "new@hub.example"),
            ("organisation", "hub"),
            ("role", "reader"),
        ];
        let made = administrator.submit(page, page, &new).await;
        assert_eq!(made.status, StatusCode::OK);
        assert!(
            made.body.contains("https://n.example/links/"),
            "the link is shown"
        );
        let twice = administrator.submit(page, page, &new).await;
        assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(twice.body.contains("id=\"e-email\""));

        let mut reader = Browser::signed_in(&node, "hub", Role::Reader).await;
        let token = node.token("hub", Role::Reader, "read").await;
        let id = node.person(&token).await.user.id;
        let role = format!("/admin/users/{id}/role");
        let changed = administrator
            .submit(page, &role, &[("role", "editor")])
            .await;
        assert_eq!(location(&changed), "/admin/users?done=role-changed");
        assert_eq!(
            reader.open("/timeline").await.status,
            StatusCode::SEE_OTHER,
            "sessions end"
        );
        let disable = format!("/admin/users/{id}/disable");
        administrator.submit(page, &disable, &[]).await;
        assert!(administrator.open(page).await.body.contains("Disabled"));
    });
}

#[test]
fn a_server_is_blocked_and_unblocked() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let mut administrator = hub(&node).await;
        let page = "/admin/hosts";
        let block = [
            ("host", "Spam.Example"),
            ("policy", "block"),
            ("reason", "spam"),
        ];
        administrator.submit(page, page, &block).await;
        let listed = administrator.open(page).await.body;
        assert!(listed.contains("spam.example") && listed.contains("Blocked"));
        let unblock = [("host", "spam.example"), ("policy", "none")];
        administrator.submit(page, page, &unblock).await;
        assert!(!administrator.open(page).await.body.contains("spam.example"));
        for bad in ["", "not a host", "n.example"] {
            let refused = administrator
                .submit(page, page, &[("host", bad), ("policy", "block")])
                .await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        }
    });
}

#[test]
fn what_waits_for_a_server_is_looked_at_and_given_up() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let mut administrator = hub(&node).await;
        let db = &node.app.forum.db;
        samples::prepare(db, 1).await;
        samples::write(db, |conn| {
            let new = [samples::delivery(1, 1, "https://b.example/inbox")];
            deliveries::add_many(conn, &new, noon())
        })
        .await;
        let list = administrator.open("/admin/deliveries").await.body;
        let page = "/admin/deliveries/b.example";
        assert!(list.contains(&format!("href=\"{page}\"")));
        let before = administrator.open(page).await.body;
        assert!(before.contains("Waiting: 1") && before.contains("Given up: nothing"));
        let drop = format!("{page}/drop");
        let dropped = administrator.submit(page, &drop, &[]).await;
        assert_eq!(location(&dropped), format!("{page}?done=given-up"));
        let after = administrator.open(page).await.body;
        assert!(after.contains("Waiting: nothing") && after.contains("Given up: 1"));
        assert!(after.contains("an administrator gave it up"));
        let unknown = administrator.open("/admin/deliveries/c.example").await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn a_server_that_refuses_us_is_shown_as_held_with_the_moment_of_its_next_try() {
    on_both(async |db| {
        let node = TestApp::new(db);
        let mut administrator = hub(&node).await;
        let db = &node.app.forum.db;
        samples::prepare(db, 1).await;
        samples::write(db, |conn| {
            let new = [samples::delivery(1, 1, "https://b.example/inbox")];
            deliveries::add_many(conn, &new, noon())?;
            let next_try = noon() + chrono::TimeDelta::hours(6);
            lanes::hold(conn, "b.example", "401", next_try)
        })
        .await;
        for page in ["/admin/deliveries", "/admin/deliveries/b.example"] {
            let shown = administrator.open(page).await.body;
            assert!(shown.contains("Held: it refuses our signatures"), "{page}");
            assert!(shown.contains("2026-11-22T18:00"), "{page}: {shown}");
        }
    });
}

#[test]
fn the_node_becomes_an_anchor_and_two_people_issue_and_one_renews_and_revokes() {
    on_both(async |db| {
        let node = TestApp::new(db.clone());
        let page = "/admin/accreditations";
        let mut administrator = hub(&node).await;
        let before = administrator.open(page).await.body;
        assert!(before.contains("trusts no anchor") && before.contains("Make the anchor"));
        let make = format!("{page}/anchor");
        let nameless = administrator.submit(page, &make, &[("name", " ")]).await;
        assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
        let made = administrator
            .submit(page, &make, &[("name", "Secretariat")])
            .await;
        assert_eq!(location(&made), "/admin/accreditations?done=anchor-made");
        let anchor = anchor(&node.app.forum)
            .await
            .expect("read")
            .expect("an anchor");
        assert!(
            administrator
                .open(page)
                .await
                .body
                .contains("does not trust its own anchor")
        );

        let trust = trusting(&[&anchor.did]);
        let node = TestApp::with(db, &[(TRUST, &trust)]);
        let mut administrator = Browser::signed_in(&node, "hub", Role::Administrator).await;
        let ours = administrator.open("/orgs/hub").await.body;
        assert!(ours.contains("Not accredited"), "{ours}");
        let new = [
            ("actor", "https://n.example/orgs/hub"),
            ("category", "international_organisation"),
            ("days", "30"),
        ];
        for wrong in [
            [new[0], new[1], ("days", "181")],
            [new[0], new[1], ("days", "many")],
            [new[0], ("category", ""), new[2]],
            [("actor", "hub"), new[1], new[2]],
            [("actor", "https://n.example/orgs/nobody"), new[1], new[2]],
        ] {
            let refused = administrator.submit(page, page, &wrong).await;
            assert_eq!(
                refused.status,
                StatusCode::UNPROCESSABLE_ENTITY,
                "{wrong:?}"
            );
        }
        let proposed = administrator.submit(page, page, &new).await;
        assert_eq!(
            location(&proposed),
            "/admin/accreditations?done=accreditation-proposed"
        );
        let waiting = administrator.open(page).await.body;
        let approve = action(&waiting, "/decline").replace("/decline", "/approve");
        assert!(waiting.contains("by you") && !waiting.contains(&approve));
        let own = administrator.submit(page, &approve, &[]).await;
        assert_eq!(own.status, StatusCode::CONFLICT);
        node.organisation("moj", Category::Government).await;
        let mut other = Browser::signed_in(&node, "moj", Role::Administrator).await;
        let issued = other.submit(page, &approve, &[]).await;
        assert_eq!(
            location(&issued),
            "/admin/accreditations?done=accreditation-issued"
        );
        let ours = administrator.open("/orgs/hub").await.body;
        assert!(
            ours.contains("<h2>Accredited</h2>") && ours.contains("22 December 2026"),
            "{ours}"
        );

        let listed = administrator.open(page).await.body;
        let (_, rest) = listed
            .split_once("/admin/accreditations/urn:uuid:")
            .expect("a row");
        let uuid = rest.split('/').next().expect("an id");
        let one = format!("{page}/urn:uuid:{uuid}");
        let renewed = administrator
            .submit(page, &format!("{one}/renew"), &[])
            .await;
        assert_eq!(renewed.status, StatusCode::SEE_OTHER);
        let asked = administrator.open(&format!("{one}/revoke")).await;
        assert!(asked.body.contains("Revoke this accreditation?"));
        let revoke = format!("{one}/revoke");
        let revoked = administrator
            .submit(&revoke, &revoke, &[("reason", "left us")])
            .await;
        assert_eq!(
            location(&revoked),
            "/admin/accreditations?done=accreditation-revoked"
        );
        assert!(administrator.open(page).await.body.contains("left us"));
        let ours = administrator.open("/orgs/hub").await.body;
        assert!(ours.contains("it was revoked"), "{ours}");
        // To others it is not told why.
        let theirs = Browser::new(&node).open("/orgs/hub").await.body;
        assert!(theirs.contains("Not accredited") && !theirs.contains("it was revoked"));
    });
}
