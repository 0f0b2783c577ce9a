//! Accreditations as pages show them.

use crate::{
    domain::{
        accreditation::{Held, Notice, Standing, Trust, Weakness},
        organisation::Category,
    },
    web::views::Moment,
};

/// What an organisation's page says of its accreditation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccreditationView {
    /// The node trusts no anchor: the operator's word decides here.
    Alone,
    /// Reads what is public only.
    None {
        /// Credentials that it has, and why they do not count.
        faults: Vec<String>,
    },
    Holds {
        category: &'static str,
        by: String,
        until: Moment,
        warning: Option<String>,
    },
}

impl AccreditationView {
    pub fn new(
        standing: &Standing,
        trust: &Trust,
        weighed: &[(Held, Result<(), Weakness>)],
    ) -> Self {
        if trust.stands_alone() {
            return Self::Alone;
        }
        match (&standing.basis, standing.category) {
            (Some(basis), Some(category)) => Self::Holds {
                category: Category::name(category),
                by: trust
                    .name(&basis.issuer)
                    .unwrap_or(basis.issuer.as_str())
                    .to_owned(),
                until: Moment::day_of(basis.valid_until),
                warning: standing.notice.map(warning),
            },
            (Some(_) | None, _) => Self::None {
                faults: weighed
                    .iter()
                    .filter_map(|(held, weight)| weight.err().map(|why| (held, why)))
                    .map(|(held, why)| fault(held, why, trust))
                    .collect(),
            },
        }
    }
}

fn fault(held: &Held, why: Weakness, trust: &Trust) -> String {
    let credential = &held.credential;
    let by = trust
        .name(&credential.issuer)
        .unwrap_or("an anchor that this node does not trust");
    let until = Moment::day_of(credential.valid_until).words;
    format!("By {by}, until {until}: {why}.")
}

fn warning(notice: Notice) -> String {
    match notice {
        Notice::Grace { since } => format!(
            "Since {} this node could not learn whether it was revoked. It counts for 30 days all \
             the same.",
            Moment::day_of(since).words
        ),
        Notice::Degraded { since } => format!(
            "Since {} this node could not learn whether it was revoked. Until it does, the \
             organisation reads only what is for all members.",
            Moment::day_of(since).words
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::views::samples;

    #[test]
    fn the_two_warnings_say_what_the_organisation_still_reads() {
        let since = samples::moment();
        assert!(warning(Notice::Grace { since }).contains("counts for 30 days"));
        assert!(warning(Notice::Degraded { since }).contains("for all members"));
    }

    #[test]
    fn a_node_that_stands_alone_says_nothing_of_accreditation() {
        let alone = AccreditationView::new(&Standing::NONE, &Trust::default(), &[]);
        assert_eq!(alone, AccreditationView::Alone);
    }
}
