//! The directory of organisations, with filters.

use askama::Template;
use axum::response::Response;

use crate::{
    domain::organisation::Organisation,
    storage,
    web::{
        error::PageError,
        filters,
        form::Form,
        layout::Layout,
        views::{Pages, choices::Choices, cut, organisation::OrganisationFace},
        visit::Visit,
    },
};

#[derive(Template)]
#[template(path = "directory.html")]
pub struct DirectoryPage {
    pub layout: Layout,
    pub form: Form,
    pub choices: Choices,
    pub filtered: bool,
    /// Anchors say what organisations are, not the operator of this node.
    pub accredited: bool,
    pub organisations: Vec<OrganisationFace>,
    pub pages: Pages,
}

pub async fn show(visit: Visit) -> Result<Response, PageError> {
    let fields = visit.query.clone();
    let (filter, errors) = filters::organisations(&fields);
    let window = filters::window(&fields);
    let found = match errors.is_empty() {
        true => {
            visit
                .app
                .forum
                .db
                .read(move |conn| storage::organisations::list(conn, &filter, window))
                .await?
        }
        false => Vec::new(),
    };
    let query = filters::query(&fields);
    let (organisations, next) = cut(found, |one| one.id.0);
    visit.show(&DirectoryPage {
        layout: visit.layout(),
        choices: Choices::new(visit.app.config.node.fictional),
        filtered: !query.is_empty(),
        accredited: !visit.app.forum.trust.stands_alone(),
        organisations: organisations
            .iter()
            .filter(|one| !is_server(one))
            .map(Into::into)
            .collect(),
        pages: Pages::new("/organisations", &query, window.before.is_none(), next),
        form: Form { fields, errors },
    })
}

/// A server's own actor, which is known here because it asks and signs, bears
/// the server's name as its handle. It takes no part.
fn is_server(organisation: &Organisation) -> bool {
    organisation.host.as_deref() == Some(organisation.handle.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::views::samples;

    #[test]
    fn servers_are_no_organisations() {
        let mut organisation = samples::organisation();
        assert!(!is_server(&organisation));
        organisation.host = Some("gov.example".into());
        assert!(!is_server(&organisation));
        organisation.handle = "gov.example".into();
        assert!(is_server(&organisation));
    }
}
