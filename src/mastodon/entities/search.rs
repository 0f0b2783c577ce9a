//! Collections of other entities: search results, conversations, hashtags.

use serde::Serialize;

use super::{Account, Status};

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Search {
    pub accounts: Vec<Account>,
    pub statuses: Vec<Status>,
    pub hashtags: Vec<Tag>,
}

impl Search {
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.statuses.is_empty() && self.hashtags.is_empty()
    }
}

/// The conversation around a status.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Context {
    /// From the beginning of the conversation down to the status.
    pub ancestors: Vec<Status>,
    /// What answers the status, each parent before its replies.
    pub descendants: Vec<Status>,
}

/// A hashtag.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tag {
    /// The name again: hashtags have no number here.
    pub id: String,
    /// Without `#`, lower case.
    pub name: String,
    pub url: String,
    /// One item a day, newest first.
    pub history: Vec<TagDay>,
    /// Left out for anonymous readers.
    #[serde(flatten)]
    pub viewer: Option<TagViewerState>,
}

/// How often a hashtag was used on one day. All numbers are strings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TagDay {
    /// The day's midnight, in seconds since 1970.
    pub day: String,
    pub uses: String,
    pub accounts: String,
}

/// What the signed-in viewer did with a hashtag.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TagViewerState {
    pub following: bool,
    pub featuring: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tag(viewer: Option<TagViewerState>) -> serde_json::Value {
        let tag = Tag {
            id: "water".into(),
            name: "water".into(),
            url: "https://n.example/tags/water".into(),
            history: vec![TagDay {
                day: "1793491200".into(),
                uses: "2".into(),
                accounts: "1".into(),
            }],
            viewer,
        };
        serde_json::to_value(tag).expect("serialises")
    }

    #[test]
    fn a_tag_has_its_history_in_strings_and_viewer_fields_only_with_a_viewer() {
        let mut expected = json!({
            "id": "water", "name": "water", "url": "https://n.example/tags/water",
            "history": [{"day": "1793491200", "uses": "2", "accounts": "1"}]
        });
        assert_eq!(tag(None), expected);
        expected["following"] = json!(false);
        expected["featuring"] = json!(false);
        assert_eq!(tag(Some(TagViewerState::default())), expected);
    }

    #[test]
    fn an_empty_search_has_all_three_lists() {
        assert_eq!(
            serde_json::to_value(Search::default()).expect("serialises"),
            json!({"accounts": [], "statuses": [], "hashtags": []})
        );
    }

    #[test]
    fn a_lonely_status_has_two_empty_lists_around_it() {
        let context = Context {
            ancestors: Vec::new(),
            descendants: Vec::new(),
        };
        assert_eq!(
            serde_json::to_value(context).expect("serialises"),
            json!({"ancestors": [], "descendants": []})
        );
    }
}
