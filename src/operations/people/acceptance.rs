//! Accepting the rules of participation.

use super::{PeopleError, Person};
use crate::{
    domain::audit::Decision,
    operations::{Forum, audit},
    storage::acceptances,
};

/// The person accepts the rules of this version.
///
/// # Errors
/// [`PeopleError::OtherRules`] when they were changed since the person read
/// them.
pub async fn accept_rules(
    forum: &Forum,
    person: &Person,
    version: &str,
) -> Result<(), PeopleError> {
    if forum.admission.rules.as_deref() != Some(version) {
        return Err(PeopleError::OtherRules);
    }
    let (user, version) = (person.user.id, version.to_owned());
    forum
        .write(move |conn, forum| {
            if acceptances::insert(conn, user, &version, forum.now())? {
                let subject = audit::account(user);
                let detail = format!("version {version}");
                let accepted = Decision::RulesAccepted;
                audit::record(conn, forum, Some(user), accepted, &subject, &detail)?;
            }
            Ok(())
        })
        .await
}
