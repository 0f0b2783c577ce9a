//! `/node`: what this node is, and every code list with its names.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    domain::{
        accreditation::Anchor,
        audience::{AudienceKind, Tlp},
        entry::{self, Kind, Stage, Status},
        organisation::Category,
        taxonomy::{self, Scheme, Term},
    },
};

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show))
}

/// A code or word with its name.
#[derive(Debug, Serialize, ToSchema)]
struct Named {
    code: &'static str,
    name: &'static str,
}

/// A category of organisations.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Category)]
struct CategoryDocument {
    code: &'static str,
    name: &'static str,
    /// Reads every entry that is addressed to the membership.
    preferential: bool,
}

/// A code of a list that entries and organisations draw on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Term)]
struct TermDocument {
    code: &'static str,
    name: &'static str,
    /// The UN M49 region that directly holds this country or region.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'static str>,
    /// The same notion in other vocabularies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    same_as: Vec<&'static str>,
    /// Invented for demonstrations.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    fictional: bool,
}

impl From<&Term> for TermDocument {
    fn from(term: &Term) -> Self {
        Self {
            code: term.code,
            name: term.name,
            parent: term.parent,
            same_as: term.same_as.to_vec(),
            fictional: term.fictional,
        }
    }
}

/// Every list of words and codes.
#[derive(Debug, Serialize, ToSchema)]
struct CodeLists {
    kinds: Vec<Named>,
    stages: Vec<Named>,
    statuses: Vec<Named>,
    audiences: Vec<Named>,
    /// Traffic Light Protocol 2.0; the name says the onward rule.
    tlp: Vec<Named>,
    /// ISO 3166-1 alpha-2, and XK.
    countries: Vec<TermDocument>,
    /// UN M49.
    regions: Vec<TermDocument>,
    /// OECD DAC CRS purpose codes.
    sectors: Vec<TermDocument>,
    pillars: Vec<TermDocument>,
    exploitation: Vec<TermDocument>,
    activities: Vec<TermDocument>,
    /// ISO 639-1 and a few more; any BCP 47 tag is accepted.
    languages: Vec<Named>,
}

impl CodeLists {
    fn new() -> Self {
        let terms = |scheme| taxonomy::terms(scheme).iter().map(Into::into).collect();
        Self {
            kinds: named(Kind::ALL, |kind| (kind.as_str(), kind.name())),
            stages: named(Stage::ALL, |stage| (stage.as_str(), stage.name())),
            statuses: named(Status::ALL, |status| (status.as_str(), status.name())),
            audiences: named(&AudienceKind::ALL, |one| (one.as_str(), one.name())),
            tlp: named(&Tlp::ALL, |tlp| (tlp.as_str(), tlp.meaning())),
            countries: terms(Scheme::Country),
            regions: terms(Scheme::Region),
            sectors: terms(Scheme::Sector),
            pillars: terms(Scheme::Pillar),
            exploitation: terms(Scheme::Exploitation),
            activities: terms(Scheme::Activity),
            languages: named(taxonomy::languages(), |language| language),
        }
    }
}

fn named<T: Copy>(all: &[T], both: impl Fn(T) -> (&'static str, &'static str)) -> Vec<Named> {
    all.iter()
        .map(|one| both(*one))
        .map(|(code, name)| Named { code, name })
        .collect()
}

/// The longest texts and lists that are accepted.
#[derive(Debug, Serialize, ToSchema)]
struct Caps {
    title_characters: usize,
    body_characters: usize,
    codes_per_list: usize,
    named_organisations: usize,
}

/// An anchor that this node trusts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Anchor)]
struct AnchorDocument {
    name: String,
    did: String,
    /// For which categories; null means all.
    categories: Option<Vec<&'static str>>,
    /// For which countries (ISO 3166-1 alpha-2); null means all.
    countries: Option<Vec<String>>,
}

impl From<&Anchor> for AnchorDocument {
    fn from(anchor: &Anchor) -> Self {
        let words = |list: &Vec<Category>| list.iter().map(|one| one.as_str()).collect();
        Self {
            name: anchor.name.clone(),
            did: anchor.did.to_string(),
            categories: anchor.categories.as_ref().map(words),
            countries: anchor.countries.clone(),
        }
    }
}

/// This node.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Node)]
struct NodeDocument {
    name: String,
    description: String,
    contact_email: Option<String>,
    rules: Vec<String>,
    /// Everything on this node is invented.
    fictional: bool,
    url: String,
    /// The node's own actor.
    uri: String,
    software: &'static str,
    version: &'static str,
    categories: Vec<CategoryDocument>,
    /// Whose accreditations count here. Without any, the operator's word on an
    /// organisation of this node decides, and nothing restricted leaves.
    anchors: Vec<AnchorDocument>,
    code_lists: CodeLists,
    /// To be shown with the names of countries and regions.
    disclaimer: &'static str,
    caps: Caps,
}

/// What this node is: name, rules, version, categories and code lists.
#[utoipa::path(
    get,
    path = "/node",
    tag = "node",
    responses((status = 200, body = NodeDocument)),
)]
async fn show(State(app): State<App>) -> Json<NodeDocument> {
    let node = &app.config.node;
    let contact = node.contact_email.trim();
    Json(NodeDocument {
        name: node.name.clone(),
        description: node.description.clone(),
        contact_email: (!contact.is_empty()).then(|| contact.to_owned()),
        rules: node.rules.clone(),
        fictional: node.fictional,
        url: app.forum.urls.home().into(),
        uri: app.forum.urls.node_actor().into(),
        software: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        categories: Category::ALL
            .into_iter()
            .map(|category| CategoryDocument {
                code: category.as_str(),
                name: category.name(),
                preferential: category.is_preferential(),
            })
            .collect(),
        anchors: app.forum.trust.anchors().iter().map(Into::into).collect(),
        code_lists: CodeLists::new(),
        disclaimer: taxonomy::DISCLAIMER,
        caps: Caps {
            title_characters: entry::MAX_TITLE_CHARS,
            body_characters: entry::MAX_BODY_CHARS,
            codes_per_list: entry::MAX_CODES,
            named_organisations: entry::MAX_NAMED,
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{
        forum_api::{PREFIX, tests::assert_described},
        storage::testing::on_both,
        tests::test_app::TestApp,
    };

    #[test]
    fn the_node_describes_itself_with_every_code_list() {
        on_both(async |db| {
            let node = TestApp::with(
                db,
                &[
                    ("VIRTUAL_FORUM_NODE__NAME", "Hub"),
                    ("VIRTUAL_FORUM_NODE__RULES", "[\"Be kind\"]"),
                    (
                        "VIRTUAL_FORUM_TRUST__ANCHORS",
                        r#"[{name = "Hub", did = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
                            categories = ["media"]}]"#,
                    ),
                ],
            );
            let answer = node.get(&format!("{PREFIX}/node"), None).await.json();
            assert_described(&node, "Node", &answer).await;
            assert_eq!(answer["name"], "Hub");
            assert_eq!(answer["rules"], json!(["Be kind"]));
            assert_eq!(answer["anchors"][0]["name"], "Hub");
            assert_eq!(answer["anchors"][0]["categories"], json!(["media"]));
            assert_eq!(answer["anchors"][0]["countries"], Value::Null);
            assert_eq!(answer["contact_email"], Value::Null);
            assert_eq!(answer["uri"], "https://n.example/actor");
            assert_eq!(answer["version"], env!("CARGO_PKG_VERSION"));
            assert_eq!(
                answer["categories"][0],
                json!({"code": "government", "name": "Government", "preferential": true})
            );
            assert!(
                answer["disclaimer"]
                    .as_str()
                    .is_some_and(|text| text.len() > 100)
            );
            let lists = &answer["code_lists"];
            let has = |list: &str, term: Value| {
                let terms = lists[list].as_array().expect("a list");
                assert!(terms.contains(&term), "{list}: {term}");
            };
            has(
                "kinds",
                json!({"code": "offer", "name": "Offer of assistance"}),
            );
            has(
                "countries",
                json!({"code": "AL", "name": "Albania", "parent": "039"}),
            );
            has(
                "countries",
                json!({"code": "QM", "name": "Valdoria", "parent": "151", "fictional": true}),
            );
            has(
                "regions",
                json!({"code": "039", "name": "Southern Europe", "parent": "150"}),
            );
            has("regions", json!({"code": "001", "name": "World"}));
            has("sectors", json!({"code": "15160", "name": "Human rights"}));
            has(
                "pillars",
                json!({"code": "partnership", "name": "Partnership"}),
            );
            has("languages", json!({"code": "ne", "name": "Nepali"}));
            for (list, count) in [
                ("stages", 7),
                ("statuses", 4),
                ("audiences", 4),
                ("tlp", 5),
                ("pillars", 4),
                ("activities", 10),
                ("exploitation", 14),
            ] {
                assert_eq!(lists[list].as_array().map(Vec::len), Some(count), "{list}");
            }
        });
    }
}
