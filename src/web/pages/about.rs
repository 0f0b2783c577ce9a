//! About the node: what it is, its rules, its code lists, and where real help
//! is found.

use askama::Template;

use crate::{
    domain::{audience::AudienceKind, taxonomy::Scheme},
    web::{
        layout::Layout,
        views::{
            Named,
            choices::{self, AudienceChoice, Choices},
        },
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
