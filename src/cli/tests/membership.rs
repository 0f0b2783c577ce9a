//! Applications, and the hand-over of an organisation, by command.

use serde_json::Value;

use super::{CREATE, site::Site};
use crate::{domain::application::Draft, operations::applications, storage::testing::block_on};

/// Applies as anybody would; the id.
fn applied(site: &Site, category: &str, handle: &str) -> String {
    let draft = Draft {
        name: format!("The {handle}"),
        handle: handle.to_owned(),
        category: category.to_owned(),
        country: "AL".to_owned(),
        website: String::new(),
        reason: "We train.".to_owned(),
        referee: String::new(),
        email: format!("focal@{handle}.example"),
        function: String::new(),
    };
    let sent = block_on(async {
        let app = site.app();
        applications::apply(&app.forum, &app.config, &draft).await
    });
    let (application, _) = sent.expect("applied");
    application.id.to_string()
}

#[test]
fn applications_are_listed_shown_asked_approved_and_refused() {
    for site in Site::migrated() {
        let empty = site.run("application list").done();
        assert!(empty.out.contains("There is no application."));
        let id = applied(&site, "civil_society", "lantern");
        let listed = site
            .run("application list --state open --json")
            .done()
            .json();
        assert_eq!(listed["applications"][0]["handle"], "lantern");
        let shown = site.run(&format!("application show --id {id}")).done();
        assert!(shown.out.contains("The lantern") && shown.out.contains("We train."));
        let ask = format!("application ask --id {id} --question Who~pays?");
        assert!(site.run(&ask).done().out.contains("Who pays?"));
        let made = site
            .run(&format!(
                "application approve --id {id} --handle light --json"
            ))
            .done()
            .json();
        assert_eq!(made["state"], "approved");
        let link = made["link"].as_str().expect("a link");
        assert!(link.starts_with("https://n.example/links/"), "{link}");
        let again = site.run(&format!("application approve --id {id}"));
        assert_eq!(again.status, 1);
        assert!(again.err.contains("approved already"), "{}", again.err);
        let organisations = site.run("organisation list --json").done().json();
        assert_eq!(organisations["organisations"][0]["handle"], "light");

        let id = applied(&site, "government", "moj");
        let first = site.run(&format!("application approve --id {id}")).done();
        assert!(first.out.contains("must approve too"), "{}", first.out);
        let twice = site.run(&format!("application approve --id {id}"));
        assert!(twice.err.contains("another person"), "{}", twice.err);
        let refuse = format!("application refuse --id {id} --reason Unknown. --json");
        let refused = site.run(&refuse).done().json();
        assert_eq!(refused["state"], "refused");
        assert_eq!(refused["history"][2]["by"], "operator");
        let wrong = site.run("application list --state new");
        assert_eq!(wrong.status, 2);
    }
}

#[test]
fn an_organisation_is_handed_over_to_a_new_focal_point() {
    for site in Site::migrated() {
        site.run(CREATE).done();
        let old = "user create --email old@moj.example --organisation moj --role focal-point";
        site.run(old).done();
        let hand = "user handover --organisation moj --to new@moj.example";
        let made = site.run(&format!("{hand} --json")).done().json();
        let link = made["link"].as_str().expect("a link");
        assert!(link.starts_with("https://n.example/handover/"), "{link}");
        let wrong = site.run(&format!("{hand} --from nobody@moj.example"));
        assert_eq!(wrong.status, 1);
        assert!(wrong.err.contains("no focal point"), "{}", wrong.err);
        let colleague = "user create --email new@moj.example --organisation moj --role editor \
                         --password-stdin";
        site.run_with(colleague, "a long enough password").done();
        let done = site.run(hand).done();
        assert!(
            done.out.contains("is focal point of moj now"),
            "{}",
            done.out
        );
        site.run("user function --email new@moj.example --function national_rapporteur")
            .done();
        let wrong = site.run("user function --email new@moj.example --function king");
        assert_eq!(wrong.status, 2);
        let users = site.run("user list --json").done().json();
        let users = users["users"].as_array().expect("users");
        let of = |email: &str| {
            users
                .iter()
                .find(|one| one["email"] == email)
                .expect("an account")
        };
        assert_eq!(of("old@moj.example")["disabled"], true);
        assert_eq!(of("new@moj.example")["role"], "focal-point");
        assert_eq!(of("new@moj.example")["function"], "national_rapporteur");
        assert_eq!(of("old@moj.example")["function"], Value::Null);
    }
}
