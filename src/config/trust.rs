//! `trust.anchors`: whose accreditations count, each checked at start.

use serde::{Deserialize, Deserializer, de::Error};

use crate::domain::{
    accreditation::{Anchor, Did, Trust},
    organisation::Category,
    taxonomy::{self, Scheme},
};

/// An anchor as the operator writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    did: String,
    categories: Option<Vec<String>>,
    countries: Option<Vec<String>>,
}

impl Written {
    fn read(self) -> Result<Anchor, String> {
        let name = self.name.trim();
        if name.is_empty() {
            return Err("an anchor needs a name".to_owned());
        }
        let said = |error: String| format!("anchor {name:?}: {error}");
        let did: Did =
            self.did.trim().parse().map_err(
                |error: crate::domain::accreditation::InvalidDid| said(error.to_string()),
            )?;
        let categories = self.categories.map(|words| {
            let read = words.iter().map(|word| word.parse::<Category>());
            read.collect::<Result<Vec<_>, _>>()
        });
        let categories = categories
            .transpose()
            .map_err(|error| said(error.to_string()))?;
        for country in self.countries.iter().flatten() {
            taxonomy::check(Scheme::Country, country).map_err(|error| said(error.to_string()))?;
        }
        let is_empty = categories.as_ref().is_some_and(Vec::is_empty)
            || self.countries.as_ref().is_some_and(Vec::is_empty);
        if is_empty {
            return Err(said(
                "an empty list trusts it for nothing: leave `categories` and `countries` out to \
                 trust it for all"
                    .to_owned(),
            ));
        }
        Ok(Anchor {
            name: name.to_owned(),
            did,
            categories,
            countries: self.countries,
        })
    }
}

pub(super) fn anchors<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Trust, D::Error> {
    let written = Vec::<Written>::deserialize(deserializer)?;
    let anchors = written.into_iter().map(Written::read);
    let anchors = anchors
        .collect::<Result<_, _>>()
        .map_err(D::Error::custom)?;
    Ok(Trust::new(anchors))
}

#[cfg(test)]
mod tests {
    use crate::{
        config::Config,
        domain::{accreditation::Trust, organisation::Category},
    };

    const DID: &str = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";

    fn load(anchors: &str) -> Result<Trust, String> {
        let anchors = anchors.replace("DID", DID);
        let variable = ("VIRTUAL_FORUM_TRUST__ANCHORS".to_owned(), anchors);
        Config::load(None, [variable])
            .map(|config| config.trust.anchors)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn no_anchor_is_trusted_unless_the_operator_names_it() {
        let config = Config::load(None, []).expect("the defaults are valid");
        assert!(config.trust.anchors.stands_alone());
    }

    #[test]
    fn an_anchor_without_lists_is_trusted_for_all() {
        let trust = load(r#"[{name = "Hub", did = "DID"}]"#).expect("valid");
        let [anchor] = trust.anchors() else {
            panic!("one anchor");
        };
        assert_eq!((&anchor.name[..], anchor.did.as_str()), ("Hub", DID));
        assert_eq!((&anchor.categories, &anchor.countries), (&None, &None));
        let limited =
            r#"[{name = "Hub", did = "DID", categories = ["civil_society"], countries = ["AL"]}]"#;
        let limited = load(limited).expect("valid");
        let anchor = &limited.anchors()[0];
        assert_eq!(anchor.categories, Some(vec![Category::CivilSociety]));
        assert_eq!(anchor.countries, Some(vec!["AL".to_owned()]));
    }

    #[test]
    fn faults_name_the_setting_the_anchor_and_what_is_wrong() {
        for (anchors, said) in [
            (r#"[{name = "Hub", did = "did:web:x"}]"#, "did:web:x"),
            (
                r#"[{name = "Hub", did = "DID", categories = ["ngo"]}]"#,
                "\"ngo\"",
            ),
            (r#"[{name = "Hub", did = "DID", countries = ["ZZ"]}]"#, "ZZ"),
            (
                r#"[{name = "Hub", did = "DID", countries = []}]"#,
                "empty list",
            ),
            (
                r#"[{name = "Hub", did = "DID", category = ["media"]}]"#,
                "category",
            ),
            (r#"[{did = "DID"}]"#, "name"),
            (r#"[{name = " ", did = "DID"}]"#, "name"),
            (r#"[{name = "Hub"}]"#, "did"),
        ] {
            let text = load(anchors).expect_err(anchors);
            assert!(text.contains("trust.anchors"), "{text}");
            assert!(text.contains(said), "{text}");
        }
    }
}
