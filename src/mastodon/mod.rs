//! The Mastodon client API: organisations as accounts, entries as statuses.
