//! Which step an application may take next, and who may take it.

use super::{Application, ApplicationState, Organiser, approvals_needed};

/// Why a step is not possible now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    #[error("this application was approved already")]
    Approved,
    #[error("this application was refused already")]
    Refused,
    #[error("this application was withdrawn by the applicant")]
    Withdrawn,
    #[error("a question waits for the applicant's answer already")]
    AlreadyAsked,
    #[error("there is no question to answer")]
    NotAsked,
    #[error(
        "you approved this application already: another person must approve it too, because \
         governments and international organisations read every entry"
    )]
    SamePerson,
    #[error("this is an application of your own address: somebody else must decide about it")]
    OwnApplication,
}

/// What an approval comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approved {
    /// Another person must approve too.
    First,
    /// Nothing is missing.
    Wholly,
}

impl Application {
    /// Is nothing decided yet?
    ///
    /// # Errors
    /// Says how it was decided.
    pub fn open(&self) -> Result<(), StepError> {
        match self.state {
            ApplicationState::Submitted | ApplicationState::Asked | ApplicationState::Answered => {
                Ok(())
            }
            ApplicationState::Approved => Err(StepError::Approved),
            ApplicationState::Refused => Err(StepError::Refused),
            ApplicationState::Withdrawn => Err(StepError::Withdrawn),
        }
    }

    /// May an organiser ask the applicant something?
    ///
    /// # Errors
    /// [`StepError`].
    pub fn may_ask(&self) -> Result<(), StepError> {
        self.open()?;
        if self.state == ApplicationState::Asked {
            return Err(StepError::AlreadyAsked);
        }
        Ok(())
    }

    /// May the applicant answer?
    ///
    /// # Errors
    /// [`StepError`].
    pub fn may_answer(&self) -> Result<(), StepError> {
        self.open()?;
        if self.state == ApplicationState::Asked {
            return Ok(());
        }
        Err(StepError::NotAsked)
    }

    /// May this organiser, with this address, decide about it at all?
    ///
    /// # Errors
    /// [`StepError`].
    pub fn may_decide(&self, email: Option<&str>) -> Result<(), StepError> {
        self.open()?;
        match email {
            Some(email) if is_same_mailbox(email, &self.wish.email) => {
                Err(StepError::OwnApplication)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// What an approval by this organiser comes to. Whoever asked back may
    /// approve; nobody approves twice, or an application of their own address.
    ///
    /// # Errors
    /// [`StepError`].
    pub fn approve(&self, by: Organiser, email: Option<&str>) -> Result<Approved, StepError> {
        self.may_decide(email)?;
        match self.first_approval {
            _ if approvals_needed(self.wish.category) == 1 => Ok(Approved::Wholly),
            None => Ok(Approved::First),
            Some(first) if first.by == by => Err(StepError::SamePerson),
            Some(_) => Ok(Approved::Wholly),
        }
    }
}

/// Do two addresses lead to one mailbox? A part behind `+` is the mailbox
/// owner's own mark (RFC 5233).
pub fn is_same_mailbox(one: &str, other: &str) -> bool {
    let mailbox = |email: &str| {
        let email = email.trim().to_lowercase();
        let (name, host) = email.split_once('@')?;
        let name = name.split_once('+').map_or(name, |(name, _)| name);
        Some((name.to_owned(), host.to_owned()))
    };
    match (mailbox(one), mailbox(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::{
        application::{Approval, Wish},
        id::{ApplicationId, UserId},
        organisation::Category,
    };

    const ANNA: Organiser = Organiser::Person(UserId(1));
    const BEN: Organiser = Organiser::Person(UserId(2));

    fn application(category: Category, state: ApplicationState) -> Application {
        Application {
            id: ApplicationId(1),
            wish: Wish {
                name: "Ministry of Justice".into(),
                handle: "moj".parse().expect("a handle"),
                category,
                country: None,
                website: None,
                reason: "To take part.".into(),
                referee: String::new(),
                email: "focal@moj.example".into(),
                function: None,
            },
            referee: None,
            state,
            first_approval: None,
            organisation: None,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            decided_at: None,
            cleared_at: None,
        }
    }

    fn first_by(by: Organiser) -> Application {
        let mut half = application(Category::Government, ApplicationState::Submitted);
        half.first_approval = Some(Approval {
            by,
            at: DateTime::UNIX_EPOCH,
        });
        half
    }

    #[test]
    fn one_person_admits_civil_society_and_two_a_government() {
        for category in Category::ALL {
            let fresh = application(category, ApplicationState::Answered);
            let expected = if category.is_preferential() {
                Approved::First
            } else {
                Approved::Wholly
            };
            assert_eq!(fresh.approve(ANNA, None), Ok(expected), "{category}");
        }
        assert_eq!(first_by(ANNA).approve(BEN, None), Ok(Approved::Wholly));
        assert_eq!(
            first_by(Organiser::Operator).approve(ANNA, None),
            Ok(Approved::Wholly)
        );
    }

    #[test]
    fn nobody_is_two_people() {
        for by in [ANNA, Organiser::Operator] {
            assert_eq!(first_by(by).approve(by, None), Err(StepError::SamePerson));
        }
    }

    #[test]
    fn nobody_decides_about_their_own_application() {
        let theirs = application(Category::Media, ApplicationState::Submitted);
        for email in [
            "focal@moj.example",
            "Focal+forum@MOJ.example",
            " focal@moj.example",
        ] {
            assert_eq!(
                theirs.approve(ANNA, Some(email)),
                Err(StepError::OwnApplication),
                "{email}"
            );
        }
        assert_eq!(
            theirs.approve(ANNA, Some("focal@mof.example")),
            Ok(Approved::Wholly)
        );
    }

    #[test]
    fn what_is_decided_takes_no_further_step() {
        for (state, error) in [
            (ApplicationState::Approved, StepError::Approved),
            (ApplicationState::Refused, StepError::Refused),
            (ApplicationState::Withdrawn, StepError::Withdrawn),
        ] {
            let closed = application(Category::Media, state);
            assert_eq!(closed.approve(ANNA, None), Err(error));
            assert_eq!(closed.may_decide(None), Err(error));
            assert_eq!(closed.may_ask(), Err(error));
            assert_eq!(closed.may_answer(), Err(error));
        }
    }

    #[test]
    fn a_question_is_answered_before_the_next() {
        use ApplicationState::{Answered, Asked, Submitted};
        for (state, ask, answer) in [
            (Submitted, Ok(()), Err(StepError::NotAsked)),
            (Asked, Err(StepError::AlreadyAsked), Ok(())),
            (Answered, Ok(()), Err(StepError::NotAsked)),
        ] {
            let open = application(Category::Academia, state);
            assert_eq!((open.may_ask(), open.may_answer()), (ask, answer));
            assert_eq!(open.approve(ANNA, None), Ok(Approved::Wholly), "{state}");
        }
    }
}
