//! Anchors and accreditations by command.

use serde_json::Value;

use super::{CREATE, site::Site};
use crate::{
    domain::{
        accreditation::{About, Request},
        organisation::Category,
    },
    operations::accreditations::propose,
    storage::{
        Conn,
        testing::{TestDatabase, block_on},
        users,
    },
};

const ISSUE: &str = "accreditation issue --actor https://n.example/orgs/moj --category government";

#[test]
fn a_new_node_is_made_an_anchor_once_and_accredits_before_it_is_served() {
    for site in Site::empty() {
        site.run("anchor show").refused("no anchor");
        let made = site.run("anchor create --name Forum~secretariat --json");
        let made = made.done().json();
        assert_eq!(made["name"], "Forum secretariat");
        let did = made["did"].as_str().expect("a did").to_owned();
        assert!(did.starts_with("did:key:z6Mk"), "{did}");
        assert_eq!(site.run("anchor show --json").done().json(), made);
        site.run("anchor create --name Another").refused("already");

        site.run(CREATE).done();
        let credential = site.run(&format!("{ISSUE} --country AL --days 30 --json"));
        let credential = credential.done().json();
        assert_eq!(credential["issuer"], did.as_str());
        let subject = &credential["credentialSubject"];
        assert_eq!(subject["id"], "https://n.example/orgs/moj");
        assert_eq!(
            (&subject["category"], &subject["country"]),
            (&"government".into(), &"AL".into())
        );
        let node = "accreditation issue --node https://n.example/actor --audience members --json";
        let membership = site.run(node).done().json();
        assert_eq!(membership["type"][1], "NodeMembership");

        let listed = site.run("accreditation list --json").done().json();
        assert_eq!(listed["accreditations"].as_array().map(Vec::len), Some(2));
        let id = credential["id"].as_str().expect("an id");
        let revoked = site.run(&format!(
            "accreditation revoke --id {id} --reason left --json"
        ));
        assert_ne!(revoked.done().json()["revoked_at"], Value::Null);
        site.run(&format!("accreditation renew --id {id}"))
            .refused("revoked");
        assert!(
            site.run("accreditation list")
                .done()
                .out
                .contains("revoked")
        );
        let unknown = "urn:uuid:5c9f3f0e-6a7b-4c5d-9e10-2f3a4b5c6d7e";
        site.run(&format!("accreditation revoke --id {unknown}"))
            .refused("no accreditation with this id");
    }
}

#[test]
fn a_credential_is_imported_from_a_file_and_a_forged_one_is_not() {
    for site in Site::migrated() {
        site.run(CREATE).done();
        site.run(ISSUE).refused("anchor create");
        site.run("anchor create --name A").done();
        let credential = site.run(&format!("{ISSUE} --json")).done().json();
        let file = site.folder.path().join("credential.json");
        let import = format!("accreditation import {} --json", file.display());
        let write = |text: &str| std::fs::write(&file, text).expect("written");
        write(&credential.to_string());
        let imported = site.run(&import).done().json();
        assert_eq!(imported["id"], credential["id"]);
        // Nobody is trusted here.
        assert_eq!(imported["counts"], false);
        write(&credential.to_string().replace("government", "media"));
        site.run(&import).refused("does not fit");
        write("{\"id\": 1, \"id\": 2}");
        site.run(&import).refused("same key twice");
        write("not JSON");
        site.run(&import).refused("not valid JSON");
        site.run("accreditation import /nowhere/at.all")
            .refused("cannot read");
    }
}

#[test]
fn the_operator_is_the_second_person_for_what_an_administrator_proposed() {
    for site in Site::migrated() {
        site.run("anchor create --name A").done();
        site.run(CREATE).done();
        site.run("user create --email admin@moj.example --organisation moj --role administrator")
            .done();
        let propose = || {
            let proposed = block_on(async {
                let app = site.app();
                let request = Request {
                    subject: app.forum.urls.organisation("moj"),
                    about: About::Organisation {
                        category: Category::Government,
                        country: None,
                    },
                    days: 30,
                };
                let find = |conn: &mut Conn| users::find_by_email(conn, "admin@moj.example");
                let found = app.forum.db.read(find).await.expect("read");
                let (user, _) = found.expect("a person");
                propose(&app.forum, user.id, request).await
            });
            proposed.expect("proposed").id
        };
        let first = propose();
        let listed = site.run("accreditation proposals --json").done().json();
        assert_eq!(listed["proposals"][0]["id"], first.to_string());
        let approve = format!("accreditation approve --id {first} --json");
        let credential = site.run(&approve).done().json();
        assert_eq!(credential["credentialSubject"]["category"], "government");
        site.run(&approve).refused("no such proposal");
        let second = propose();
        site.run(&format!("accreditation decline --id {second}"))
            .done();
        let left = site.run("accreditation proposals").done().out;
        assert!(left.contains("No proposal waits"), "{left}");
    }
}

#[test]
fn an_accreditation_is_of_an_organisation_or_of_a_node() {
    for site in Site::migrated() {
        for wrong in [
            "accreditation issue",
            "accreditation issue --category media",
            "accreditation issue --actor https://n.example/orgs/moj",
            "accreditation issue --node https://n.example/actor",
            "accreditation issue --node https://n.example/actor --audience all",
            "accreditation issue --actor https://n.example/orgs/moj --category club",
            "accreditation issue --node https://n.example/actor --audience members --category media",
            "accreditation revoke --id 7",
        ] {
            assert_eq!(site.run(wrong).status, 2, "{wrong}");
        }
        site.run("anchor create --name A").done();
        site.run(CREATE).done();
        site.run(&format!("{ISSUE} --days 181"))
            .refused("1 to 180 days");
        site.run(&format!("{ISSUE} --country ZZ")).refused("ZZ");
        site.run("accreditation issue --node https://n.example/actor --audience public")
            .refused("up to members");
        site.run("accreditation issue --actor http://127.0.0.1:9/orgs/x --category media")
            .refused("");
    }
}

#[test]
fn anchors_that_cannot_be_are_named_at_start() {
    let site = Site::new(TestDatabase::empty_sqlite()).set(
        "TRUST__ANCHORS",
        "[{name = \"Hub\", did = \"did:web:hub.example\"}]",
    );
    site.run("organisation list").refused("trust.anchors");
}
