//! The profile of one's own organisation, kept by its focal points.

use askama::Template;
use axum::response::Response;
use url::Url;

use crate::{
    domain::{
        account::Role,
        entry::FieldError,
        organisation::{Expertise, Organisation},
        taxonomy,
    },
    operations::organisations::{self, OrganisationError, ProfileChange},
    web::{
        error::PageError,
        form::{Fields, Form},
        layout::{Layout, Notice},
        views::choices::Choices,
        visit::{SignedIn, Submission, Visit, go},
    },
};

#[derive(Template)]
#[template(path = "profile.html")]
pub struct ProfilePage {
    pub layout: Layout,
    pub speaks_for: String,
    /// Where this person hands the organisation over.
    pub handover: String,
    pub form: Form,
    pub choices: Choices,
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    let person = visit.representative()?;
    let form = Form::new(fields_of(&person.who.organisation));
    visit.show(&page(&visit, person, form))
}

pub async fn send(submission: Submission) -> Result<Response, PageError> {
    let Submission { visit, fields, .. } = submission;
    let person = visit.representative()?;
    let (change, mut errors) = read(&fields);
    if errors.is_empty() {
        match organisations::edit(&visit.app.forum, &person.who, change).await {
            Ok(_) => return Ok(go("/profile", Notice::Saved)),
            Err(OrganisationError::Invalid(refused)) => errors = refused,
            Err(error) => return Err(error.into()),
        }
    }
    visit.refuse(&page(&visit, person, Form::refused(fields, errors)))
}

fn page(visit: &Visit, person: &SignedIn, form: Form) -> ProfilePage {
    ProfilePage {
        layout: visit.layout(),
        speaks_for: person.who.organisation.name.clone(),
        handover: handover_path(person.role(), &person.who.organisation.handle),
        form,
        choices: Choices::new(visit.app.config.node.fictional),
    }
}

/// Focal points hand over their own place, administrators that of others.
fn handover_path(role: Role, handle: &str) -> String {
    match role.may_administer() {
        true => format!("/admin/organisations/{handle}/handover"),
        false => "/handover".to_owned(),
    }
}

fn fields_of(organisation: &Organisation) -> Fields {
    let expertise = &organisation.expertise;
    let mut fields = Fields::default()
        .with("name", &organisation.name)
        .with("summary", &organisation.summary)
        .with("country", organisation.country.clone().unwrap_or_default())
        .with("languages", expertise.languages.join(" "));
    if let Some(website) = &organisation.website {
        fields.add("website", website.as_str());
    }
    if organisation.locked {
        fields.add("locked", "yes");
    }
    for (name, codes) in [
        ("countries", &expertise.countries),
        ("regions", &expertise.regions),
        ("sectors", &expertise.sectors),
    ] {
        for code in codes {
            fields.add(name, code);
        }
    }
    fields
}

fn read(fields: &Fields) -> (ProfileChange, Vec<FieldError>) {
    let mut errors = Vec::new();
    let website = fields.filled("website").and_then(|text| {
        let url = Url::parse(text).ok().filter(is_web_address);
        if url.is_none() {
            errors.push(FieldError::new(
                "website",
                "Write the whole address, beginning with https://.",
            ));
        }
        url
    });
    let mut languages = Vec::new();
    for tag in fields.words("languages") {
        match taxonomy::check_language(&tag) {
            Ok(tag) => languages.push(tag),
            Err(error) => errors.push(FieldError::new("languages", error.to_string())),
        }
    }
    let change = ProfileChange {
        name: Some(fields.text("name").to_owned()),
        summary: Some(fields.text("summary").to_owned()),
        website: Some(website),
        country: Some(fields.filled("country").map(str::to_owned)),
        locked: Some(fields.ticked("locked", "yes")),
        expertise: Some(Expertise {
            countries: fields.list("countries"),
            regions: fields.list("regions"),
            sectors: fields.list("sectors"),
            languages,
        }),
    };
    (change, errors)
}

fn is_web_address(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::views::samples;

    #[test]
    fn the_way_to_hand_over_is_one_that_the_role_may_go() {
        assert_eq!(handover_path(Role::FocalPoint, "moj"), "/handover");
        assert_eq!(
            handover_path(Role::Administrator, "moj"),
            "/admin/organisations/moj/handover"
        );
    }

    #[test]
    fn a_profile_reads_back_from_its_form() {
        let organisation = samples::organisation();
        let (change, errors) = read(&fields_of(&organisation));
        assert_eq!(errors, []);
        assert_eq!(change.name, Some(organisation.name));
        assert_eq!(change.website, Some(organisation.website));
        assert_eq!(change.country, Some(organisation.country));
        assert_eq!(change.expertise, Some(organisation.expertise));
        assert_eq!(change.locked, Some(false));
    }

    #[test]
    fn a_website_is_a_web_address() {
        for bad in [
            "javascript:alert(1)",
            "n.example",
            "ftp://n.example",
            "https://",
        ] {
            let (change, errors) = read(&Fields::default().with("website", bad));
            assert_eq!(change.website, Some(None), "{bad}");
            assert_eq!(errors.len(), 1, "{bad}");
        }
    }
}
