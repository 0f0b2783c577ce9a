//! Entry to status.

use super::{content, forum};
use crate::{
    domain::{
        entry::Entry,
        id::{EntryId, OrganisationId},
        reaction::Reaction,
    },
    mastodon::entities::{
        Account, Application, PreviewCard, QuoteApproval, Status, StatusTag, Timestamp, ViewerState,
    },
    urls::{self, Urls},
};

/// What an entry needs beside itself to become a status.
#[derive(Debug, Clone)]
pub struct Surroundings {
    pub account: Account,
    /// The entry replied to and its author, when the viewer may see it.
    pub parent: Option<(EntryId, OrganisationId)>,
    /// The actor ids of the parties of a `named` audience.
    pub named: Vec<String>,
    pub partners: Vec<String>,
    /// Posts elsewhere that have leave to quote it.
    pub quotes: i64,
    /// What a signed-in viewer did with it.
    pub viewer: Option<ViewerState>,
}

pub fn status(entry: &Entry, around: Surroundings, node_name: &str, urls: &Urls) -> Status {
    Status {
        id: entry.id,
        uri: entry.uri.to_string(),
        created_at: Timestamp(entry.created_at),
        content: content::content(entry, urls),
        visibility: if entry.audience.is_public() {
            "public"
        } else {
            "private"
        },
        sensitive: !entry.warning.is_empty(),
        spoiler_text: entry.warning.clone(),
        media_attachments: Vec::new(),
        application: entry.is_local().then(|| Application {
            name: "Virtual Forum".to_owned(),
            website: None,
        }),
        mentions: Vec::new(),
        tags: tags(entry, urls),
        emojis: Vec::new(),
        reblogs_count: entry.counts.boosts,
        favourites_count: entry.counts.likes,
        quotes_count: around.quotes,
        replies_count: entry.counts.replies,
        url: entry.url.to_string(),
        in_reply_to_id: around.parent.map(|(id, _)| id),
        in_reply_to_account_id: around.parent.map(|(_, author)| author),
        reblog: None,
        poll: None,
        card: card(entry, node_name, urls),
        language: (!entry.content.language.is_empty()).then(|| entry.content.language.clone()),
        edited_at: entry.edited_at.map(Timestamp),
        quote: None,
        quote_approval: quote_approval(entry),
        tagged_collections: Vec::new(),
        viewer: around.viewer.clone(),
        forum: forum::entry(entry, &around),
        account: around.account,
    }
}

/// As the entry's own document says it. What the authors of other servers allow is
/// not kept here.
fn quote_approval(entry: &Entry) -> QuoteApproval {
    if entry.is_local() && entry.audience.is_public() {
        QuoteApproval::everybody()
    } else {
        QuoteApproval::nobody()
    }
}

/// A boost: a status of whoever passed the other one on, with nothing of its
/// own.
pub fn boost(reaction: &Reaction, by: Account, boosted: Status) -> Status {
    let uri = reaction.activity_uri.to_string();
    Status {
        id: EntryId(reaction.id.0),
        url: uri.clone(),
        uri,
        created_at: Timestamp(reaction.created_at),
        account: by,
        application: None,
        card: None,
        in_reply_to_id: None,
        in_reply_to_account_id: None,
        edited_at: None,
        reblog: Some(Box::new(boosted.clone())),
        ..boosted
    }
}

fn tags(entry: &Entry, urls: &Urls) -> Vec<StatusTag> {
    content::hashtags(entry)
        .into_iter()
        .map(|name| StatusTag {
            url: urls.tag(&name.to_lowercase()).to_string(),
            name,
        })
        .collect()
}

/// The entry in a box: title and facts. Notes have neither.
fn card(entry: &Entry, node_name: &str, urls: &Urls) -> Option<PreviewCard> {
    if entry.content.title.is_empty() {
        return None;
    }
    let facts: Vec<String> = content::facts(entry)
        .into_iter()
        .map(|fact| format!("{}: {}", fact.name, fact.value))
        .collect();
    let (provider_name, provider_url) = if entry.is_local() {
        (node_name.to_owned(), urls.home().to_string())
    } else {
        let origin = entry.uri.origin().ascii_serialization();
        (urls::authority(&entry.uri), origin)
    };
    Some(PreviewCard {
        url: entry.url.to_string(),
        title: entry.content.title.clone(),
        description: facts.join(" · "),
        r#type: "link",
        authors: Vec::new(),
        author_name: entry.author.name.clone(),
        author_url: entry.author.url.to_string(),
        provider_name,
        provider_url,
        html: String::new(),
        width: 0,
        height: 0,
        image: None,
        image_description: String::new(),
        embed_url: String::new(),
        blurhash: None,
        missing_attribution: false,
        published_at: Some(Timestamp(entry.created_at)),
        language: (!entry.content.language.is_empty()).then(|| entry.content.language.clone()),
    })
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{
        super::{account, samples},
        *,
    };
    use crate::domain::{accreditation::Standing, audience::Audience};

    fn urls() -> Urls {
        Urls::new(&Url::parse("https://n.example").expect("a URL"))
    }

    fn around() -> Surroundings {
        Surroundings {
            account: account::account(
                &samples::ministry(),
                &account::Tally::default(),
                &Standing::NONE,
                &urls(),
            ),
            parent: None,
            named: vec!["https://n.example/orgs/ngo".into()],
            partners: vec!["https://n.example/orgs/io".into()],
            quotes: 2,
            viewer: None,
        }
    }

    #[test]
    fn a_public_request_becomes_a_public_status_with_a_card_and_the_forum_object() {
        let status = status(&samples::request(), around(), "Node", &urls());
        assert_eq!(status.visibility, "public");
        assert_eq!(
            (status.sensitive, status.spoiler_text.as_str()),
            (false, "")
        );
        let card = status.card.expect("a card");
        assert_eq!(card.title, "Training <for> border police");
        assert!(
            card.description
                .starts_with("Region: Albania, Southern Europe · Theme: ")
        );
        assert_eq!(card.provider_name, "Node");
        assert_eq!(status.forum.countries, ["AL"]);
        assert_eq!(status.forum.partners, ["https://n.example/orgs/io"]);
        assert_eq!(status.forum.named, None);
        assert_eq!(status.viewer, None);
        assert_eq!(status.quotes_count, 2);
        assert_eq!(status.tags[0].url, "https://n.example/tags/albania");
    }

    #[test]
    fn everybody_may_quote_what_is_public_and_ours_and_nothing_else() {
        let automatic = |change: fn(&mut Entry)| {
            let mut entry = samples::request();
            change(&mut entry);
            status(&entry, around(), "Node", &urls())
                .quote_approval
                .automatic
        };
        assert_eq!(automatic(|_| {}), ["public"]);
        assert!(automatic(|entry| entry.audience = Audience::Members).is_empty());
        assert!(automatic(|entry| entry.author.host = Some("m.example".into())).is_empty());
    }

    #[test]
    fn restricted_entries_are_never_called_public() {
        for audience in [
            Audience::Members,
            Audience::Preferential,
            Audience::Named(vec![OrganisationId(9)]),
        ] {
            let mut entry = samples::request();
            entry.audience = audience;
            assert_eq!(
                status(&entry, around(), "Node", &urls()).visibility,
                "private"
            );
        }
    }

    #[test]
    fn a_content_warning_of_a_foreign_note_hides_its_text_behind_a_click() {
        let mut entry = samples::request();
        entry.warning = "Violence".into();
        let status = status(&entry, around(), "Node", &urls());
        assert_eq!(
            (status.sensitive, status.spoiler_text.as_str()),
            (true, "Violence")
        );
    }

    #[test]
    fn a_reply_names_the_parent_and_its_author_only_when_the_viewer_may_see_it() {
        let mut entry = samples::request();
        entry.thread.in_reply_to = Some(EntryId(5));
        let hidden = status(&entry, around(), "Node", &urls());
        assert_eq!(
            (hidden.in_reply_to_id, hidden.forum.in_reply_to),
            (None, None)
        );
        let mut seen = around();
        seen.parent = Some((EntryId(5), OrganisationId(4)));
        let reply = status(&entry, seen, "Node", &urls());
        assert_eq!(reply.in_reply_to_id, Some(EntryId(5)));
        assert_eq!(reply.in_reply_to_account_id, Some(OrganisationId(4)));
    }

    #[test]
    fn the_named_parties_stand_in_the_forum_object_of_a_named_entry() {
        let mut entry = samples::request();
        entry.audience = Audience::Named(vec![OrganisationId(9)]);
        let status = status(&entry, around(), "Node", &urls());
        assert_eq!(
            status.forum.named,
            Some(vec!["https://n.example/orgs/ngo".into()])
        );
    }
}
