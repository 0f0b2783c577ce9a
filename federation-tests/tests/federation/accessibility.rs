//! Whether everybody can use the pages: each in a browser, on the narrowest
//! screen and on a desktop, with what makes it long: an application and a
//! proposal that wait, reports, a name without a space.

use federation_tests::{
    node::{Member, Node, PASSWORD, text},
    script,
    visitor::Visitor,
};
use serde_json::json;

use crate::browser::{anchor_node, chromium};

/// Nothing in it lets a line break.
const LONG: &str = "centrecontrelatraitedesetres";

/// The administrator who looks at every page; another did what waits for them.
const READER: &str = "admin@moj.example";
const OTHER: &str = "other.administrator@moj.example";

/// What stands on the node.
struct Stage {
    node: Node,
    /// Path of an entry with a reply, and of one of somebody else.
    entry: String,
    theirs: String,
    /// Paths of an application, for its applicant and for administrators.
    applied: String,
    application: String,
    /// Id of an accreditation that the node issued.
    accreditation: String,
}

impl Stage {
    async fn set() -> Self {
        let node = anchor_node().await;
        let ministry = node.member("moj", "Ministry of Justice", "government");
        for email in [READER, OTHER] {
            node.user(email, "moj", "administrator");
        }
        let accreditation = accredit(&node, &ministry.uri, "government");
        let long = node.member(LONG, "Centrecontrelatraitedesêtreshumains", "civil_society");
        accredit(&node, &long.uri, "civil_society");
        let (entry, theirs) = publish(&node, &ministry, &long).await;
        node.run(&["node", "block", &format!("{LONG}.example")])
            .expect(0);
        let (applied, application) = apply(&node).await;
        propose_and_report(&node, &long.uri, &theirs).await;
        Self {
            node,
            entry,
            theirs,
            applied,
            application,
            accreditation,
        }
    }

    fn open_pages(&self) -> Vec<String> {
        let fixed = [
            "/",
            "/?q=training",
            "/?q=nothing-such",
            "/organisations",
            "/about",
            "/about/codes",
            "/help",
            "/sign-in",
            "/forgotten",
            "/nowhere",
            "/tags/prevention",
            "/apply",
            "/orgs/moj",
        ];
        let long = format!("/orgs/{LONG}");
        let made = [&self.entry, &self.applied, &long];
        let made = made.into_iter().cloned();
        fixed.into_iter().map(str::to_owned).chain(made).collect()
    }

    fn personal_pages(&self) -> Vec<String> {
        let fixed = [
            "/timeline",
            "/compose",
            "/compose?kind=project",
            "/compose?kind=offer",
            "/compose?kind=note",
            "/find",
            "/following",
            "/followers",
            "/profile",
            "/account",
            "/account/second-factor",
            "/account/passkeys",
            "/account/rules",
            "/organisations",
            "/admin/organisations",
            "/admin/applications",
            "/admin/users",
            "/admin/accreditations",
            "/admin/reports",
            "/admin/deliveries",
            "/admin/hosts",
            "/admin/audit",
        ];
        let below = |path: &str, ends: &[&str]| -> Vec<String> {
            ends.iter().map(|end| format!("{path}{end}")).collect()
        };
        let credential = format!("/admin/accreditations/{}", self.accreditation);
        let made = [
            below(&self.entry, &["", "/edit", "/delete"]),
            below(&self.theirs, &["", "/report"]),
            below(&self.application, &[""]),
            below(&credential, &["/revoke"]),
            below(
                &format!("/admin/organisations/{LONG}"),
                &["/handover", "/delete"],
            ),
        ];
        let fixed = fixed.into_iter().map(str::to_owned);
        fixed.chain(made.concat()).collect()
    }
}

/// Answers the accreditation's id.
fn accredit(node: &Node, actor: &str, category: &str) -> String {
    let kind = ["--actor", actor, "--category", category];
    let credential = node.command(&[["accreditation", "issue"].as_slice(), &kind].concat());
    text(&credential, "id")
}

/// A project with everything, and a reply; and an entry of somebody else.
async fn publish(node: &Node, ministry: &Member, other: &Member) -> (String, String) {
    let project = json!({
        "kind": "project", "title": "Training for border police", "stage": "idea",
        "body": "## Aim\n\nFive *days*.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        "audience": "public", "countries": ["AL", "XK"], "regions": ["039"],
        "sectors": ["15190"], "pillars": ["prevention"], "language": "en",
        "budget": {"currency": "EUR", "total": 180_000, "gap": 120_000},
    });
    let project = ministry.forum().publish(&project).await;
    let reply = json!({
        "kind": "note", "body": "We can help.", "audience": "public",
        "in_reply_to": text(&project, "id"),
    });
    other.forum().publish(&reply).await;
    let offer = json!({
        "kind": "offer", "title": LONG.repeat(3), "status": "open", "language": "fr",
        "body": format!("https://{LONG}.example/{}", LONG.repeat(3)),
        "audience": "members", "countries": ["AL"],
    });
    let offer = other.forum().publish(&offer).await;
    let path = |entry| text(entry, "uri").replace(&node.origin(), "");
    (path(&project), path(&offer))
}

/// An application that waits, with a warning: its name is much like another.
async fn apply(node: &Node) -> (String, String) {
    let application = json!({
        "name": "Ministry of Justlce", "handle": format!("{LONG}2"), "category": "government",
        "country": "AL", "website": format!("https://{LONG}.example/"),
        "reason": "We train the border police.\n\nWe ask for advice.",
        "referee": "@moj", "email": format!("applicant@{LONG}.example"),
        "function": "national_coordinator",
    });
    let applied = node.forum().post("/applications", &application).await;
    let link = text(&applied.expect(201).json(), "link");
    let waiting = node.command(&["application", "list", "--state", "open"]);
    let id = text(&waiting["applications"][0], "id");
    let applied = link.replace(&node.origin(), "");
    (applied, format!("/admin/applications/{id}"))
}

/// What the other administrator proposes and reports.
async fn propose_and_report(node: &Node, actor: &str, entry: &str) {
    let mut other = Visitor::signed_in(node, OTHER).await;
    let page = "/admin/accreditations";
    let proposal = [
        ("actor", actor),
        ("category", "civil_society"),
        ("days", "90"),
    ];
    other.submit(page, page, &proposal).await.expect(303);
    let page = format!("{entry}/report");
    let report = [("comment", "It is an advertisement.")];
    other.submit(&page, &page, &report).await.expect(303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_keeps_the_rules_of_accessibility_on_phone_and_desktop() {
    let stage = Stage::set().await;
    let (open, personal) = (stage.open_pages(), stage.personal_pages());
    // Each and the preview, at two widths.
    let checks = 2 * (open.len() + personal.len() + 1);
    let plan = json!({
        "origin": stage.node.origin(), "email": READER, "password": PASSWORD,
        "open": open, "personal": personal, "missing": ["/nowhere"],
    });
    let mut command = script::node("browser/accessibility.js");
    command.args([chromium(), plan.to_string()]);
    let report = script::json(command);
    assert_eq!(report["checked"], checks, "{report}");
    assert_eq!(report["faults"], json!([]), "{report:#}");
}
