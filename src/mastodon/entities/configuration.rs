//! Limits and features of the node, as both forms of the instance carry them.

use serde::Serialize;

/// Limits and addresses. `vapid` is left out, not empty: there is no web push.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Configuration {
    pub urls: Urls,
    pub accounts: AccountLimits,
    pub statuses: StatusLimits,
    pub media_attachments: MediaLimits,
    pub polls: PollLimits,
    pub translation: Translation,
    pub timelines_access: TimelinesAccess,
    /// Does the node speak only with servers that its operator named?
    pub limited_federation: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Urls {
    pub streaming: String,
    pub status: Option<String>,
    pub about: String,
    pub privacy_policy: Option<String>,
    pub terms_of_service: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccountLimits {
    pub max_display_name_length: usize,
    pub max_note_length: usize,
    pub max_avatar_description_length: usize,
    pub max_header_description_length: usize,
    pub max_featured_tags: usize,
    pub max_pinned_statuses: usize,
    pub max_profile_fields: usize,
    pub profile_field_name_limit: usize,
    pub profile_field_value_limit: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatusLimits {
    pub max_characters: usize,
    pub max_media_attachments: usize,
    pub characters_reserved_per_url: usize,
}

/// All zero and no types: this node takes no files through this API.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MediaLimits {
    pub supported_mime_types: Vec<&'static str>,
    pub description_limit: usize,
    pub image_size_limit: usize,
    pub image_matrix_limit: usize,
    pub video_size_limit: usize,
    pub video_frame_rate_limit: usize,
    pub video_matrix_limit: usize,
}

/// All zero: there are no polls.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PollLimits {
    pub max_options: usize,
    pub max_characters_per_option: usize,
    pub min_expiration: usize,
    pub max_expiration: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Translation {
    pub enabled: bool,
}

/// Who may read which timelines.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimelinesAccess {
    pub live_feeds: FeedAccess,
    pub hashtag_feeds: FeedAccess,
    pub trending_link_feeds: FeedAccess,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeedAccess {
    pub local: &'static str,
    pub remote: &'static str,
}

impl FeedAccess {
    pub const PUBLIC: Self = Self {
        local: "public",
        remote: "public",
    };
    pub const DISABLED: Self = Self {
        local: "disabled",
        remote: "disabled",
    };
}

/// The part that version 1 of the instance has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConfigurationV1 {
    pub accounts: AccountLimits,
    pub statuses: StatusLimits,
    pub media_attachments: MediaLimits,
    pub polls: PollLimits,
}
