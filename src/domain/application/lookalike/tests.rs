use super::*;
use crate::domain::application::{Draft, check};

fn wish(name: &str, handle: &str, email: &str, website: &str) -> Wish {
    let draft = Draft {
        name: name.into(),
        handle: handle.into(),
        category: "civil_society".into(),
        country: String::new(),
        website: website.into(),
        reason: "To take part.".into(),
        referee: String::new(),
        email: email.into(),
        function: String::new(),
    };
    check(&draft).expect("an application")
}

fn harbourlight() -> Known {
    Known::new(
        "Harbourlight Network (@harbourlight)".into(),
        "Harbourlight Network",
        "harbourlight",
        true,
        ["www.harbourlight.example".to_owned()],
    )
}

fn codes(wish: &Wish) -> Vec<WarningCode> {
    let known = [harbourlight()];
    let mut codes: Vec<WarningCode> = warnings(wish, &known)
        .into_iter()
        .map(|one| one.code)
        .collect();
    codes.dedup();
    codes
}

fn named(name: &str) -> Vec<WarningCode> {
    codes(&wish(name, "zebra", "a@zebra.example", ""))
}

#[test]
fn an_application_like_no_other_has_no_warning() {
    assert_eq!(
        codes(&wish(
            "Lantern House",
            "lantern",
            "focal@lantern.example",
            "https://www.lantern.example"
        )),
        []
    );
}

#[test]
fn look_alike_names_are_found_by_spelling_shape_and_part() {
    for (name, code) in [
        ("harbourlight network", WarningCode::SameName),
        ("The Harbourlight Network", WarningCode::SameName),
        ("Harbour-light Nétwork", WarningCode::SameName),
        ("Harbour\u{200B}light Network", WarningCode::SameName),
        // Cyrillic а and о.
        ("Hаrbоurlight Network", WarningCode::ConfusableName),
        ("Harbour1ight Network", WarningCode::ConfusableName),
        ("Ηarbourlight Network", WarningCode::ConfusableName),
        ("Harbourlihgt Network", WarningCode::SimilarName),
        ("Harborlight Network", WarningCode::SimilarName),
        ("Copy of Harbourlight Network", WarningCode::SimilarName),
        ("Harbourlight", WarningCode::SimilarName),
    ] {
        assert!(named(name).contains(&code), "{name}: {:?}", named(name));
    }
    for other in [
        "Lantern Network",
        "Network",
        "Harbour Authority of Altamar",
        "Light",
    ] {
        assert_eq!(named(other), [], "{other}");
    }
}

#[test]
fn mixed_scripts_are_told_and_other_scripts_are_not() {
    assert!(named("Hаrbоurlight Network").contains(&WarningCode::MixedScripts));
    for honest in [
        "Надежда (Hope)",
        "وزارة العدل",
        "नेपाल आश्रय",
        "国際協力機構",
        "Ελπίδα",
    ] {
        assert_eq!(named(honest), [], "{honest}");
    }
}

#[test]
fn look_alike_handles_are_found() {
    let with = |handle: &str| codes(&wish("Zebra", handle, "a@zebra.example", ""));
    for (handle, code) in [
        ("harbourlight", WarningCode::HandleTaken),
        ("harbour-light", WarningCode::HandleTaken),
        ("harbour1ight", WarningCode::ConfusableHandle),
        ("harbourligth", WarningCode::SimilarHandle),
        ("harborlight", WarningCode::SimilarHandle),
    ] {
        assert_eq!(with(handle), [code], "{handle}");
    }
    assert_eq!(with("lantern"), []);
}

#[test]
fn look_alike_domains_are_found_in_mailbox_and_website() {
    let with = |email: &str, site: &str| codes(&wish("Zebra", "zebra", email, site));
    assert_eq!(
        with("a@mail.harbourlight.example", ""),
        [WarningCode::SameDomain]
    );
    assert_eq!(
        with("a@harbourl1ght.example", ""),
        [WarningCode::SimilarDomain]
    );
    assert_eq!(
        with("a@xn--hrbourlight-yij.example", ""),
        [WarningCode::SimilarDomain],
        "Cyrillic а, in punycode"
    );
    assert_eq!(
        with("a@zebra.example", "https://harbourlight.org"),
        [WarningCode::SimilarDomain, WarningCode::DomainsDiffer]
    );
}

#[test]
fn nobody_shares_the_domain_of_a_provider() {
    let known = [Known::new(
        "Old (@old)".into(),
        "Old",
        "oldone",
        true,
        ["gmail.com".to_owned()],
    )];
    let mine = wish("Zebra", "zebra", "zebra@gmail.com", "");
    assert_eq!(warnings(&mine, &known), []);
}

#[test]
fn a_government_with_a_free_mailbox_or_in_another_country_is_told() {
    let mut ministry = wish("Ministry of Zebras", "zebras", "zebras@gmail.com", "");
    ministry.category = Category::Government;
    ministry.country = Some("AL".into());
    let told = warnings(&ministry, &[]);
    assert_eq!(
        told,
        [Warning::new(
            WarningCode::FreeMail,
            "A government writes from gmail.com, where anybody can open a mailbox."
        )]
    );
    ministry.email = "focal@moj.gov.np".into();
    assert_eq!(
        warnings(&ministry, &[]),
        [Warning::new(
            WarningCode::CountryDiffers,
            "The country is Albania, but moj.gov.np has the ending of Nepal."
        )]
    );
    ministry.email = "focal@moj.gov.al".into();
    assert_eq!(warnings(&ministry, &[]), []);
}

#[test]
fn warnings_have_an_end() {
    let known: Vec<Known> = (0..100)
        .map(|number| {
            let label = format!("Number {number}");
            Known::new(label, "Harbourlight", "harbourlight", false, Vec::new())
        })
        .collect();
    let mine = wish("Harbourlight", "harbourlight", "a@zebra.example", "");
    assert_eq!(warnings(&mine, &known).len(), MOST);
}

#[test]
fn thousands_of_known_names_that_are_alike_to_each_other_make_no_warning() {
    let known: Vec<Known> = (0..5_000)
        .map(|number| {
            let name = format!("Organisation number {number} against trafficking in persons");
            Known::new(
                name.clone(),
                &name,
                &format!("org{number}"),
                true,
                Vec::new(),
            )
        })
        .collect();
    let mine = wish(&"long name ".repeat(20), "zebra", "a@zebra.example", "");
    assert_eq!(warnings(&mine, &known), []);
}

#[test]
fn every_code_is_the_word_that_json_shows() {
    for code in WarningCode::ALL {
        assert_eq!(serde_json::to_value(code).expect("a word"), code.as_str());
    }
}
