//! Decisions that are kept for ever: who decided what about whom, and when.
//! Never what somebody read or wrote, and no name of a person.

use std::{fmt, str::FromStr};

macro_rules! decisions {
    ($($(#[$doc:meta])* $variant:ident = $word:literal, $text:literal;)*) => {
        /// A kind of decision. Its word is stored and must never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Decision { $($(#[$doc])* $variant,)* }

        impl Decision {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// For people: what was done, without to whom.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

decisions! {
    AccountCreated = "account-created", "Account made";
    RoleChanged = "role-changed", "Role changed";
    AccountDisabled = "account-disabled", "Account disabled";
    AccountEnabled = "account-enabled", "Account enabled";
    /// A one-time link with which a person chooses a password.
    LinkMade = "link-made", "One-time link made";
    OrganisationCreated = "organisation-created", "Organisation made";
    OrganisationSuspended = "organisation-suspended", "Organisation suspended";
    OrganisationRestored = "organisation-restored", "Organisation restored";
    OrganisationDeleted = "organisation-deleted", "Organisation deleted";
    HostBlocked = "host-blocked", "Server blocked";
    HostAllowed = "host-allowed", "Server allowed";
    HostForgotten = "host-forgotten", "Decision about a server withdrawn";
    ReportResolved = "report-resolved", "Report resolved";
    KeysRotated = "keys-rotated", "Keys replaced";
    DeliveriesDropped = "deliveries-dropped", "Deliveries given up";
    DeliveriesReplayed = "deliveries-replayed", "Deliveries tried again";
    /// Another id under which an organisation is known, from which it may move here.
    AliasAdded = "alias-added", "Other address of an organisation added";
    AliasRemoved = "alias-removed", "Other address of an organisation removed";
    OrganisationMoved = "organisation-moved", "Organisation moved to another address";
    /// An access token for programs.
    TokenMade = "token-made", "Access token made";
    TokenRevoked = "token-revoked", "Access token ended";
    SessionsEnded = "sessions-ended", "Sign-ins ended";
    SecondFactorSet = "second-factor-set", "Second factor set up";
    SecondFactorRemoved = "second-factor-removed", "Second factor removed";
    /// By somebody else, for a person who lost theirs.
    SecondFactorReset = "second-factor-reset", "Second factor reset";
    PasskeyAdded = "passkey-added", "Passkey added";
    PasskeyRemoved = "passkey-removed", "Passkey removed";
    /// Its counter went back: there may be a copy of it.
    PasskeyRefused = "passkey-refused", "Passkey refused";
    PasswordSet = "password-set", "Password chosen";
    RulesAccepted = "rules-accepted", "Rules accepted";
    /// The first of two approvals.
    ApplicationSeconded = "application-seconded", "Application approved by a first person";
    ApplicationApproved = "application-approved", "Application approved";
    ApplicationRefused = "application-refused", "Application refused";
    /// The link waits for the new focal point.
    HandoverArranged = "handover-arranged", "Hand-over to a new focal point arranged";
    HandoverWithdrawn = "handover-withdrawn", "Hand-over to a new focal point withdrawn";
    AnchorMade = "anchor-made", "Node made an anchor";
    /// The first of two approvals.
    AccreditationProposed = "accreditation-proposed", "Accreditation proposed";
    AccreditationDeclined = "accreditation-declined", "Proposed accreditation declined";
    AccreditationIssued = "accreditation-issued", "Accreditation issued";
    /// By somebody; that an anchor renews by itself is no decision.
    AccreditationRenewed = "accreditation-renewed", "Accreditation renewed";
    AccreditationRevoked = "accreditation-revoked", "Accreditation revoked";
    FunctionChanged = "function-changed", "Office of a person changed";
    HandedOver = "handed-over", "Handed over to a new focal point";
}

/// A word that names no decision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown decision {0:?}")]
pub struct UnknownDecision(pub String);

impl FromStr for Decision {
    type Err = UnknownDecision;

    fn from_str(text: &str) -> Result<Self, UnknownDecision> {
        Self::ALL
            .iter()
            .copied()
            .find(|one| one.as_str() == text)
            .ok_or_else(|| UnknownDecision(text.to_owned()))
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decision_has_a_word_of_its_own_that_reads_back() {
        let mut words: Vec<&str> = Decision::ALL.iter().map(|one| one.as_str()).collect();
        for one in Decision::ALL {
            assert_eq!(one.as_str().parse(), Ok(*one));
        }
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Decision::ALL.len());
        assert!("account-painted".parse::<Decision>().is_err());
    }
}
