//! The filters of lists, as they stand in an address.

use std::{fmt::Display, str::FromStr};

use crate::{
    domain::{
        entry::FieldError,
        page::Window,
        taxonomy::{self, Scheme},
    },
    storage::{entries, organisations},
    web::{form::Fields, views::PAGE_SIZE},
};

/// Longest search text that is looked at, in characters.
const MAX_TEXT_CHARS: usize = 200;

/// Which entries; an unknown code finds nothing and is told.
pub fn entries(fields: &Fields) -> (entries::Filter, Vec<FieldError>) {
    let mut errors = Vec::new();
    let filter = entries::Filter {
        kind: words(fields, "kind", &mut errors),
        country: codes(fields, Scheme::Country, &mut errors),
        region: codes(fields, Scheme::Region, &mut errors),
        sector: codes(fields, Scheme::Sector, &mut errors),
        pillar: codes(fields, Scheme::Pillar, &mut errors),
        exploitation: codes(fields, Scheme::Exploitation, &mut errors),
        activity: codes(fields, Scheme::Activity, &mut errors),
        tag: fields.list("tag"),
        stage: words(fields, "stage", &mut errors),
        status: words(fields, "status", &mut errors),
        category: words(fields, "category", &mut errors),
        language: languages(fields, &mut errors),
        text: text(fields),
        seeking_funding: fields.ticked("seeking_funding", "true"),
        // Replies are read in their conversation.
        top_level: true,
        ..entries::Filter::default()
    };
    (filter, errors)
}

/// Which organisations.
pub fn organisations(fields: &Fields) -> (organisations::Filter, Vec<FieldError>) {
    let mut errors = Vec::new();
    let filter = organisations::Filter {
        category: words(fields, "category", &mut errors),
        countries: codes(fields, Scheme::Country, &mut errors),
        regions: codes(fields, Scheme::Region, &mut errors),
        sectors: codes(fields, Scheme::Sector, &mut errors),
        text: text(fields),
        ..organisations::Filter::default()
    };
    (filter, errors)
}

fn words<T>(fields: &Fields, name: &'static str, errors: &mut Vec<FieldError>) -> Vec<T>
where
    T: FromStr,
    T::Err: Display,
{
    let mut found = Vec::new();
    for word in fields.list(name) {
        match word.parse() {
            Ok(one) => found.push(one),
            Err(error) => errors.push(FieldError::new(name, format!("The filter has an {error}."))),
        }
    }
    found
}

fn codes(fields: &Fields, scheme: Scheme, errors: &mut Vec<FieldError>) -> Vec<String> {
    let mut found = Vec::new();
    for code in fields.list(scheme.as_str()) {
        match taxonomy::check(scheme, &code) {
            Ok(_) => found.push(code),
            Err(error) => errors.push(FieldError::new(scheme.as_str(), error.to_string())),
        }
    }
    found
}

fn languages(fields: &Fields, errors: &mut Vec<FieldError>) -> Vec<String> {
    let mut found = Vec::new();
    for tag in fields.list("language") {
        match taxonomy::check_language(&tag) {
            Ok(tag) => found.push(tag),
            Err(error) => errors.push(FieldError::new("language", error.to_string())),
        }
    }
    found
}

fn text(fields: &Fields) -> Option<String> {
    fields
        .filled("q")
        .map(|text| text.chars().take(MAX_TEXT_CHARS).collect())
}

/// The query of a list without its place in it, for links to other pages.
pub fn query(fields: &Fields) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields.pairs() {
        if !value.is_empty() && !matches!(name, "before" | "done") {
            query.append_pair(name, value);
        }
    }
    query.finish()
}

/// One more than a page, to see whether there is another.
pub fn window(fields: &Fields) -> Window {
    Window::before(fields.text("before").parse().ok(), PAGE_SIZE + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_of_the_contract_is_read() {
        let fields = Fields::parse(
            b"kind=request&country=AL&region=039&sector=15190&pillar=protection&\
              exploitation=forced-labour&activity=training&stage=idea&status=open&\
              category=government&language=pt-br&seeking_funding=true&q=police&tag=training",
        );
        let (filter, errors) = entries(&fields);
        assert_eq!(errors, []);
        let lists = [
            &filter.country,
            &filter.region,
            &filter.sector,
            &filter.pillar,
            &filter.exploitation,
            &filter.activity,
            &filter.language,
            &filter.tag,
        ];
        assert!(lists.iter().all(|list| list.len() == 1));
        assert_eq!(filter.language, ["pt-BR"]);
        assert_eq!((filter.kind.len(), filter.stage.len()), (1, 1));
        assert_eq!((filter.status.len(), filter.category.len()), (1, 1));
        assert!(filter.seeking_funding);
        assert_eq!(filter.text.as_deref(), Some("police"));
    }

    #[test]
    fn empty_filters_ask_for_nothing_and_unknown_words_are_told() {
        let (filter, errors) = entries(&Fields::parse(b"kind=&country=&q=+"));
        assert!(filter.kind.is_empty() && filter.country.is_empty() && filter.text.is_none());
        assert_eq!(errors, []);
        let (_, errors) = entries(&Fields::parse(b"kind=wish&country=al"));
        let fields: Vec<&str> = errors.iter().map(|error| error.field).collect();
        assert_eq!(fields, ["kind", "country"]);
    }

    #[test]
    fn links_to_other_pages_keep_the_filters_and_nothing_else() {
        let fields = Fields::parse(b"kind=request&country=&q=a+b&before=7&done=saved");
        assert_eq!(query(&fields), "kind=request&q=a+b");
    }
}
