//! People's accounts on this node: who signs in, for which organisation, and
//! what they may do. People stay here; they never appear on the wire.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::id::{HandoverId, OrganisationId, UserId};

/// What a person may do. Each role includes those below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Reads what the organisation may read.
    Reader,
    /// Writes and edits the organisation's entries.
    Editor,
    /// Also keeps the organisation's profile and decides whom it follows.
    FocalPoint,
    /// Runs the node.
    Administrator,
}

impl Role {
    pub const ALL: [Self; 4] = [
        Self::Administrator,
        Self::FocalPoint,
        Self::Editor,
        Self::Reader,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::FocalPoint => "focal-point",
            Self::Editor => "editor",
            Self::Reader => "reader",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Administrator => "Administrator",
            Self::FocalPoint => "Focal point",
            Self::Editor => "Editor",
            Self::Reader => "Reader",
        }
    }

    pub fn may_write(self) -> bool {
        self >= Self::Editor
    }

    /// Profile, follows and followers of the organisation.
    pub fn may_represent(self) -> bool {
        self >= Self::FocalPoint
    }

    pub fn may_administer(self) -> bool {
        self == Self::Administrator
    }
}

/// A word that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown role {0:?}: use administrator, focal-point, editor or reader")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An office that a person holds inside a government, beside what they may do
/// on the node (report of the panel on national responses; DOMAIN.md 1.1, A11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    NationalCoordinator,
    NationalRapporteur,
    Parliamentarian,
}

impl Function {
    pub const ALL: [Self; 3] = [
        Self::NationalCoordinator,
        Self::NationalRapporteur,
        Self::Parliamentarian,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::NationalCoordinator => "national_coordinator",
            Self::NationalRapporteur => "national_rapporteur",
            Self::Parliamentarian => "parliamentarian",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::NationalCoordinator => "National coordinator",
            Self::NationalRapporteur => "National rapporteur",
            Self::Parliamentarian => "Member of parliament",
        }
    }
}

/// A word that names no function.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown function {0:?}: use national_coordinator, national_rapporteur or parliamentarian")]
pub struct UnknownFunction(pub String);

impl FromStr for Function {
    type Err = UnknownFunction;

    fn from_str(text: &str) -> Result<Self, UnknownFunction> {
        Self::ALL
            .into_iter()
            .find(|function| function.as_str() == text)
            .ok_or_else(|| UnknownFunction(text.to_owned()))
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A person's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    /// Lower case.
    pub email: String,
    pub organisation: OrganisationId,
    pub role: Role,
    /// False until a password was set through a one-time link.
    pub has_password: bool,
    pub disabled: bool,
    pub created_at: DateTime<Utc>,
    pub signed_in_at: Option<DateTime<Utc>>,
}

/// An e-mail address that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address: write it as name@host, without spaces")]
pub struct InvalidEmail;

/// Checks the shape only (one `@`, no white space, at most 254 characters as
/// RFC 5321 4.5.3 allows) and folds to lower case.
pub fn normalise_email(text: &str) -> Result<String, InvalidEmail> {
    let email = text.trim().to_lowercase();
    let shaped = email
        .split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    let clean = !email.chars().any(|c| c.is_whitespace() || c.is_control());
    if shaped && clean && email.len() <= 254 {
        Ok(email)
    } else {
        Err(InvalidEmail)
    }
}

/// Shortest and longest password, in characters (SECURITY.md 4).
pub const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 12..=1_024;

/// A password of the wrong length.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a password has 12 to 1,024 characters")]
pub struct InvalidPassword;

pub fn check_password(password: &str) -> Result<(), InvalidPassword> {
    if PASSWORD_CHARS.contains(&password.chars().count()) {
        Ok(())
    } else {
        Err(InvalidPassword)
    }
}

/// What an access token may be used for: OAuth scopes as Mastodon names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

/// A scope that this node does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown scope {0:?}: use read, write, follow, push, profile, admin:read, admin:write or a part such as read:statuses"
)]
pub struct UnknownScope(pub String);

impl Scopes {
    const TOP: [&'static str; 7] = [
        "read",
        "write",
        "follow",
        "push",
        "profile",
        "admin:read",
        "admin:write",
    ];

    /// Does the token cover `needed` (`read`, `write:statuses`,
    /// `admin:read`)? A whole scope covers its parts; `follow` covers the
    /// relationship parts as Mastodon documents it.
    pub fn allow(&self, needed: &str) -> bool {
        let whole = match needed.rsplit_once(':') {
            Some((whole, _)) if whole != "admin" => whole,
            Some(_) | None => needed,
        };
        let by_follow = matches!(
            needed,
            "read:follows"
                | "write:follows"
                | "read:blocks"
                | "write:blocks"
                | "read:mutes"
                | "write:mutes"
        );
        self.0
            .iter()
            .any(|scope| scope == needed || scope == whole || (by_follow && scope == "follow"))
    }

    pub fn allow_any_of(&self, prefix: &str) -> bool {
        let part = format!("{prefix}:");
        self.0
            .iter()
            .any(|scope| scope == prefix || scope.starts_with(&part))
    }
}

impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let mut scopes = Vec::new();
        for scope in text.split_whitespace() {
            let known = Self::TOP.contains(&scope)
                || Self::TOP.iter().any(|top| {
                    scope
                        .strip_prefix(top)
                        .and_then(|rest| rest.strip_prefix(':'))
                        .is_some_and(|part| {
                            !part.is_empty()
                                && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
                        })
                });
            if !known {
                return Err(UnknownScope(scope.to_owned()));
            }
            if !scopes.iter().any(|one| one == scope) {
                scopes.push(scope.to_owned());
            }
        }
        if scopes.is_empty() {
            scopes.push("read".to_owned());
        }
        Ok(Self(scopes))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// What a one-time link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Makes the first administrator and organisation of an empty node.
    Setup,
    /// Lets a person choose a password.
    SetPassword,
}

impl LinkPurpose {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::SetPassword => "set-password",
        }
    }
}

/// How long a one-time link can be used, in hours (SECURITY.md 4).
pub const LINK_HOURS: i64 = 72;

/// A hand-over to a new focal point that waits for its one-time link to be
/// used. Until then the old one keeps their access, so that the organisation
/// is never without anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    pub id: HandoverId,
    pub organisation: OrganisationId,
    /// Whose access ends.
    pub from: UserId,
    /// Of the new focal point, in lower case.
    pub email: String,
    /// Who arranged it; `None` for the operator at the command line.
    pub by: Option<UserId>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_scope_covers_its_parts_and_not_the_other_way_round() {
        let scopes: Scopes = "read write:statuses follow".parse().expect("known scopes");
        for covered in ["read", "read:accounts", "write:statuses", "write:follows"] {
            assert!(scopes.allow(covered), "{covered}");
        }
        for not_covered in ["write", "write:media", "admin:read", "push"] {
            assert!(!scopes.allow(not_covered), "{not_covered}");
        }
    }

    #[test]
    fn read_and_write_do_not_cover_administration() {
        let scopes: Scopes = "read write follow push".parse().expect("known scopes");
        assert!(!scopes.allow("admin:read"));
        assert!(!scopes.allow("admin:write"));
    }

    #[test]
    fn unknown_scopes_are_refused() {
        for text in ["everything", "read:", "admin", "write:St"] {
            assert!(text.parse::<Scopes>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_administrators_administer() {
        assert_eq!(
            Role::ALL.map(Role::may_administer),
            [true, false, false, false]
        );
        assert_eq!(
            Role::ALL.map(Role::may_represent),
            [true, true, false, false]
        );
        assert_eq!(Role::ALL.map(Role::may_write), [true, true, true, false]);
    }

    #[test]
    fn addresses_are_folded_and_checked() {
        assert_eq!(normalise_email(" A@B.example "), Ok("a@b.example".into()));
        for text in ["", "a", "@b", "a@", "a b@c", "a@b@c"] {
            assert_eq!(normalise_email(text), Err(InvalidEmail), "{text:?}");
        }
    }
}
