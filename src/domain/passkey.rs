//! Passkeys: keys that somebody's telephone, computer or security key holds and
//! uses only after a look at its owner. One stands for password and second
//! factor at once.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    entry::FieldError,
    id::{PasskeyId, UserId},
};

/// Most passkeys of a person.
pub const MOST_PASSKEYS: usize = 10;

/// How long a browser may take to sign what it was asked to, in minutes; the
/// time that WebAuthn recommends where the person is looked at.
pub const CHALLENGE_MINUTES: i64 = 5;

/// How long after signing in nobody is asked for the password again, in minutes.
pub const FRESH_MINUTES: i64 = 10;

/// The longest name, in characters.
pub const LONGEST_NAME: usize = 60;

/// A passkey as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    pub id: PasskeyId,
    pub user: UserId,
    /// The person's own word for it.
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub used_at: Option<DateTime<Utc>>,
}

/// The name of a new passkey, with white space tidied.
///
/// # Errors
/// A [`FieldError`] for `name`, when it is empty or too long.
pub fn check_name(typed: &str) -> Result<String, FieldError> {
    let name = typed
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    match name.chars().count() {
        0 => Err(FieldError::new(
            "name",
            "Give the passkey a name by which you will know it again, such as “My telephone”.",
        )),
        1..=LONGEST_NAME => Ok(name),
        _ => Err(FieldError::new(
            "name",
            format!("Use at most {LONGEST_NAME} characters."),
        )),
    }
}

/// Was a session begun so lately that its person need not prove again who they
/// are?
pub fn is_fresh(begun_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - begun_at < TimeDelta::minutes(FRESH_MINUTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_tidied_and_neither_empty_nor_endless() {
        assert_eq!(check_name("  My\ttelephone\0 "), Ok("My telephone".into()));
        for wrong in ["", " \n", &"x".repeat(61)] {
            assert_eq!(check_name(wrong).map_err(|error| error.field), Err("name"));
        }
        assert_eq!(check_name(&"é".repeat(60)).map(|name| name.len()), Ok(120));
    }

    #[test]
    fn a_session_is_fresh_for_ten_minutes() {
        let begun = DateTime::UNIX_EPOCH;
        assert!(is_fresh(begun, begun + TimeDelta::seconds(599)));
        assert!(!is_fresh(begun, begun + TimeDelta::minutes(10)));
    }
}
