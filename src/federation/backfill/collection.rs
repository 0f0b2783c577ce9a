//! Walking a collection page by page. Everything of it comes from the origin
//! that it belongs to.

use std::collections::HashSet;

use serde_json::Value;
use url::Url;

use crate::federation::{
    Federation, WireError,
    dereference::document,
    fetch::{Accept, Budget, FetchError},
    json::normalise,
    objects::{Document, address, entry},
    origin::same_origin,
};

const COLLECTIONS: [&str; 4] = [
    "Collection",
    "OrderedCollection",
    "CollectionPage",
    "OrderedCollectionPage",
];

/// Where members stand, in either kind of collection.
const MEMBERS: [&str; 2] = ["orderedItems", "items"];

/// One walk through a collection. Each page that is asked for is paid from
/// `pages`, too, which several walks may share.
pub(in crate::federation) struct Walk<'a> {
    federation: &'a Federation,
    budget: &'a Budget,
    /// The collection speaks for this origin.
    at: Url,
    /// An address, or a page that is embedded where it was named.
    next: Option<Value>,
    seen: HashSet<Url>,
    pages: &'a Budget,
    /// It ended before the collection did.
    was_cut: bool,
}

impl<'a> Walk<'a> {
    /// `collection` is its address or, embedded, itself; `at` is who or what
    /// it belongs to.
    pub fn new(
        federation: &'a Federation,
        budget: &'a Budget,
        at: &Url,
        collection: Value,
        pages: &'a Budget,
    ) -> Self {
        Self {
            federation,
            budget,
            at: at.clone(),
            next: Some(collection),
            seen: HashSet::new(),
            pages,
            was_cut: false,
        }
    }

    /// The members of the next page that has any; `None` at the end, and where
    /// no collection is.
    pub async fn page(&mut self) -> Result<Option<Vec<Value>>, WireError> {
        while let Some(next) = self.next.take() {
            let page = if is_embedded(Document(&next)) {
                next
            } else {
                match self.fetch(&next).await? {
                    Some(page) => page,
                    None => {
                        self.was_cut = true;
                        return Ok(None);
                    }
                }
            };
            let read = Document(&page);
            self.next = read.get("next").or_else(|| read.get("first")).cloned();
            let members = MEMBERS.iter().flat_map(|key| read.list(key));
            let members: Vec<Value> = members.cloned().collect();
            if !members.is_empty() {
                return Ok(Some(members));
            }
        }
        Ok(None)
    }

    async fn fetch(&mut self, named: &Value) -> Result<Option<Value>, WireError> {
        let Some(url) = address(named) else {
            return Ok(None);
        };
        let is_new = self.seen.insert(url.clone());
        if !is_new || !same_origin(&url, &self.at) || self.pages.spend().is_err() {
            return Ok(None);
        }
        let federation = self.federation;
        if !federation.may_reach(&url).await? {
            return Err(FetchError::Unreachable.into());
        }
        let signer = federation.node_signer().await?;
        let fetched = federation
            .client
            .get_json(&url, Accept::ActivityPub, Some(&signer), self.budget)
            .await?;
        let document = normalise(fetched.json);
        let is_collection = COLLECTIONS.contains(&Document(&document).kind());
        Ok(is_collection.then_some(document))
    }

    /// Was every page read?
    pub fn is_complete(&self) -> bool {
        self.next.is_none() && !self.was_cut
    }
}

fn is_embedded(value: Document<'_>) -> bool {
    MEMBERS
        .iter()
        .chain(&["first", "next"])
        .any(|key| value.get(key).is_some())
}

/// What a member of an outbox or of a conversation publishes: the member
/// itself, or the object of its Create. What is merely passed on is not the
/// collection's to give.
pub(super) fn published(member: &Value) -> Option<&Value> {
    let read = Document(member);
    match read.kind() {
        "Create" | "Update" => read.get("object"),
        _ if member.is_string() || entry::is_entry(read) => Some(member),
        _ => None,
    }
}

/// The document of something published: as it is embedded, when it is of the
/// origin that the collection speaks for; else from its own server.
pub(super) async fn document_of(
    federation: &Federation,
    published: &Value,
    at: &Url,
    budget: &Budget,
) -> Result<Value, WireError> {
    let id = address(published)
        .ok_or_else(|| WireError::Malformed("a member has no usable id".into()))?;
    let is_given = entry::is_entry(Document(published)) && same_origin(&id, at);
    if is_given {
        return Ok(published.clone());
    }
    document(federation, &id, budget).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn creates_publish_their_object_and_entries_themselves() {
        let note = json!({"type": "Note", "id": "https://a.example/1"});
        for member in [
            json!({"type": "Create", "object": note}),
            json!({"type": "Update", "object": note}),
            note.clone(),
        ] {
            assert_eq!(published(&member), Some(&note), "{member}");
        }
        let id = json!("https://a.example/1");
        assert_eq!(
            published(&json!({"type": "Create", "object": id})),
            Some(&id)
        );
        assert_eq!(published(&id), Some(&id));
        for member in [
            json!({"type": "Announce", "object": note}),
            json!({"type": "Like", "object": id}),
            json!({"type": "Tombstone", "id": "https://a.example/1"}),
            json!(7),
        ] {
            assert_eq!(published(&member), None, "{member}");
        }
    }
}
