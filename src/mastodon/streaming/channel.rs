//! What can be listened to, by the names of Mastodon's API.

use crate::{
    domain::{
        audience::Viewer,
        id::{EntryId, ReactionId},
        page::Window,
        text,
    },
    mastodon::{auth::Caller, error::ApiError, timelines},
    storage::{
        Conn, Error,
        entries::{self, Filter},
        timeline::{self, Item},
    },
};

/// One thing that a client listens to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Channel {
    /// The public timeline; `Some(true)` of this node, `Some(false)` of others.
    Public(Option<bool>),
    /// Entries with a hashtag, in its stored spelling.
    Hashtag { tag: String, local: bool },
    /// The home timeline.
    User,
    /// Something that exists and of which nothing ever comes here.
    Silent(Silent),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silent {
    /// This node has no notifications for programs.
    Notifications,
    /// Nor direct messages.
    Direct,
    /// Nor media.
    Media(Option<bool>),
}

impl Channel {
    /// The channel with this name; `tag` is the parameter of hashtags. There
    /// are no lists here, so that none of them can be listened to.
    pub fn named(name: &str, tag: Option<&str>) -> Result<Self, ApiError> {
        Ok(match name {
            "public" => Self::Public(None),
            "public:local" => Self::Public(Some(true)),
            "public:remote" => Self::Public(Some(false)),
            "public:media" => Self::Silent(Silent::Media(None)),
            "public:local:media" => Self::Silent(Silent::Media(Some(true))),
            "public:remote:media" => Self::Silent(Silent::Media(Some(false))),
            "hashtag" => Self::hashtag(tag, false)?,
            "hashtag:local" => Self::hashtag(tag, true)?,
            "user" => Self::User,
            "user:notification" => Self::Silent(Silent::Notifications),
            "direct" => Self::Silent(Silent::Direct),
            _ => return Err(ApiError::NotFound),
        })
    }

    fn hashtag(tag: Option<&str>, local: bool) -> Result<Self, ApiError> {
        let tag = timelines::fold(tag.unwrap_or_default());
        if !text::is_hashtag(&tag) {
            let words = "the parameter `tag` must name a hashtag";
            return Err(ApiError::Invalid(words.to_owned()));
        }
        Ok(Self::Hashtag { tag, local })
    }

    /// How messages of a WebSocket say where they belong: the name, and the
    /// hashtag.
    pub fn label(&self) -> Vec<&str> {
        match self {
            Self::Public(None) => vec!["public"],
            Self::Public(Some(true)) => vec!["public:local"],
            Self::Public(Some(false)) => vec!["public:remote"],
            Self::Hashtag { tag, local: false } => vec!["hashtag", tag],
            Self::Hashtag { tag, local: true } => vec!["hashtag:local", tag],
            Self::User => vec!["user"],
            Self::Silent(Silent::Notifications) => vec!["user:notification"],
            Self::Silent(Silent::Direct) => vec!["direct"],
            Self::Silent(Silent::Media(None)) => vec!["public:media"],
            Self::Silent(Silent::Media(Some(true))) => vec!["public:local:media"],
            Self::Silent(Silent::Media(Some(false))) => vec!["public:remote:media"],
        }
    }

    /// May this caller listen to it?
    pub fn check(&self, caller: &Caller) -> Result<(), ApiError> {
        match self {
            Self::Public(_) | Self::Hashtag { .. } | Self::Silent(Silent::Media(_)) => {
                caller.reads("read:statuses").map(drop)
            }
            Self::User | Self::Silent(Silent::Direct) => caller.member("read:statuses").map(drop),
            Self::Silent(Silent::Notifications) => caller.member("read:notifications").map(drop),
        }
    }

    /// Does it ever carry entries?
    pub fn carries_entries(&self) -> bool {
        match self {
            Self::Public(_) | Self::Hashtag { .. } | Self::User => true,
            Self::Silent(_) => false,
        }
    }

    /// Those of these entries and boosts that the viewer finds in the timeline
    /// that is listened to, oldest first.
    pub fn items(
        &self,
        conn: &mut Conn,
        viewer: &Viewer,
        new: &[EntryId],
        boosts: &[ReactionId],
    ) -> Result<Vec<Item>, Error> {
        let filter = match self {
            Self::Public(local) => Filter {
                local: *local,
                top_level: true,
                ..Filter::default()
            },
            Self::Hashtag { tag, local } => Filter {
                tag: vec![tag.clone()],
                local: local.then_some(true),
                ..Filter::default()
            },
            Self::User => {
                let Some(me) = viewer.organisation() else {
                    return Ok(Vec::new());
                };
                let mut items = timeline::at_home(conn, viewer, me, new, boosts)?;
                items.reverse();
                return Ok(items);
            }
            Self::Silent(_) => return Ok(Vec::new()),
        };
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let filter = Filter {
            ids: new.to_vec(),
            ..filter
        };
        let most = i64::try_from(new.len()).unwrap_or(i64::MAX);
        let mut entries = entries::list(conn, viewer, &filter, Window::first(most))?;
        entries.reverse();
        let items = entries.into_iter();
        Ok(items.map(|entry| Item { entry, boost: None }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_is_found_by_the_name_that_it_bears() {
        for name in [
            "public",
            "public:local",
            "public:remote",
            "public:media",
            "public:local:media",
            "public:remote:media",
            "user",
            "user:notification",
            "direct",
        ] {
            let channel = Channel::named(name, None).expect(name);
            assert_eq!(channel.label(), [name]);
        }
        for name in ["hashtag", "hashtag:local"] {
            let channel = Channel::named(name, Some("#BorderPolice")).expect(name);
            assert_eq!(channel.label(), [name, "borderpolice"]);
        }
    }

    #[test]
    fn lists_and_words_that_name_nothing_are_not_there() {
        for name in ["list", "", "publi", "PUBLIC", "user:everything"] {
            let refused = Channel::named(name, Some("x"));
            assert!(matches!(refused, Err(ApiError::NotFound)), "{name}");
        }
    }

    #[test]
    fn a_hashtag_must_be_one() {
        for tag in [None, Some(""), Some("#"), Some("two words")] {
            let refused = Channel::named("hashtag", tag);
            assert!(matches!(refused, Err(ApiError::Invalid(_))), "{tag:?}");
        }
    }
}
