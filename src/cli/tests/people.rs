//! Sign-ins, links and second factors by command.

use super::{CREATE, site::Site};

#[test]
fn sign_ins_end_links_are_made_and_second_factors_are_reset_by_command() {
    for site in Site::migrated() {
        site.run(CREATE).done();
        site.run("user create --organisation moj --role editor --email a@moj.example")
            .done();
        site.run("token create --email a@moj.example").done();
        let link = site.run("user link --email A@moj.example --json");
        let link = link.done().json();
        assert!(
            link["link"]
                .as_str()
                .is_some_and(|link| link.starts_with("https://n.example/links/"))
        );
        let ended = site.run("user sign-out --email a@moj.example --json");
        assert_eq!(ended.done().json()["tokens"], 1);
        let reset = site.run("user reset-second-factor --email a@moj.example");
        reset.done();
        let listed = site.run("audit list --limit 3 --json").done().json();
        let words = ["second-factor-reset", "sessions-ended", "link-made"];
        for (place, word) in words.into_iter().enumerate() {
            assert_eq!(listed["decisions"][place]["decision"], word);
        }
        for command in ["link", "sign-out", "reset-second-factor"] {
            site.run(&format!("user {command} --email nobody@moj.example"))
                .refused("no such account");
        }
    }
}
