//! About the node: what it is, its rules, its code lists, and where real help
//! is found.

use askama::Template;
use axum::response::Response;

use crate::{
    domain::{
        audience::{AudienceKind, Viewer},
        taxonomy::Scheme,
    },
    storage,
    web::{
        error::PageError,
        layout::Layout,
        views::{
            Named,
            choices::{self, AudienceChoice, Choices},
        },
        visit::Visit,
    },
};

#[derive(Template)]
#[template(path = "about.html")]
pub struct AboutPage {
    pub layout: Layout,
    pub description: String,
    pub rules: Vec<String>,
    pub organisations: i64,
    pub entries: i64,
    pub audiences: Vec<AudienceChoice>,
    /// This node trusts no anchor: what is not public stays on it.
    pub alone: bool,
}

#[derive(Template)]
#[template(path = "help.html")]
pub struct HelpPage {
    pub layout: Layout,
}

/// One code list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeList {
    pub anchor: &'static str,
    pub name: &'static str,
    pub source: &'static str,
    pub codes: Vec<Named>,
}

#[derive(Template)]
#[template(path = "codes.html")]
pub struct CodesPage {
    pub layout: Layout,
    pub lists: Vec<CodeList>,
}

pub fn audiences() -> Vec<AudienceChoice> {
    AudienceKind::ALL
        .into_iter()
        .map(choices::audience)
        .collect()
}

pub fn code_lists(choices: &Choices) -> Vec<CodeList> {
    let list = |anchor, name, source, codes: &[Named]| CodeList {
        anchor,
        name,
        source,
        codes: codes.to_vec(),
    };
    let mut lists = vec![list(
        "kinds",
        "Kinds of entry",
        "Virtual Forum",
        &choices.kinds,
    )];
    for scheme in Scheme::ALL {
        lists.push(list(
            scheme.field(),
            scheme.title(),
            scheme.source(),
            choices.of(scheme),
        ));
    }
    lists.push(list(
        "stages",
        "Stage of a project",
        "IATI activity status, and idea",
        &choices.stages,
    ));
    lists.push(list(
        "statuses",
        "Status of a request or offer",
        "Virtual Forum",
        &choices.statuses,
    ));
    lists.push(list(
        "categories",
        "Category of an organisation",
        "Virtual Forum",
        &choices.categories,
    ));
    lists
}

/// Counts are those of an anonymous reader: what the public does not see is
/// in none of them (SECURITY.md 1.1).
pub async fn show(visit: Visit) -> Result<Response, PageError> {
    let written_here = storage::entries::Filter {
        local: Some(true),
        top_level: true,
        ..storage::entries::Filter::default()
    };
    let (organisations, entries) = visit
        .app
        .forum
        .db
        .read(move |conn| -> Result<_, storage::Error> {
            Ok((
                storage::organisations::count_local(conn)?,
                storage::entries::count(conn, &Viewer::Anonymous, &written_here)?,
            ))
        })
        .await?;
    let node = &visit.app.config.node;
    visit.show(&AboutPage {
        layout: visit.layout(),
        description: node.description.clone(),
        rules: node.rules.clone(),
        organisations,
        entries,
        audiences: audiences(),
        alone: visit.app.forum.trust.stands_alone(),
    })
}

pub async fn help(visit: Visit) -> Result<Response, PageError> {
    visit.show(&HelpPage {
        layout: visit.layout(),
    })
}

pub async fn codes(visit: Visit) -> Result<Response, PageError> {
    visit.show(&CodesPage {
        layout: visit.layout(),
        lists: code_lists(&Choices::new(visit.app.config.node.fictional)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::taxonomy::terms;

    #[test]
    fn every_code_that_may_be_used_is_listed_with_its_name() {
        let lists = code_lists(&Choices::new(true));
        for scheme in Scheme::ALL {
            let list = lists.iter().find(|list| list.anchor == scheme.field());
            assert_eq!(list.map(|list| list.codes.len()), Some(terms(scheme).len()));
        }
    }
}
