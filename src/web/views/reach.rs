//! Who will see an entry, in words and numbers, for its author.

use crate::operations::entries::reach::Reach;

/// What the preview says before an entry is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachView {
    pub summary: String,
    /// Each category with its number.
    pub categories: Vec<String>,
    /// Names of organisations that were named and will not see it.
    pub unreached: Vec<String>,
}

impl ReachView {
    pub fn new(reach: &Reach) -> Self {
        let summary = match (reach.everybody, reach.organisations) {
            (true, _) => "Everybody will see this, on this node and on any other.".to_owned(),
            (false, 0) => "No other organisation will see this now.".to_owned(),
            (false, organisations) => format!(
                "{} on {} will see this, and nobody else.",
                counted(organisations, "other organisation"),
                counted(reach.nodes, "node"),
            ),
        };
        Self {
            summary,
            categories: reach
                .categories
                .iter()
                .map(|(category, count)| format!("{}: {count}", category.name()))
                .collect(),
            unreached: reach.unreached.iter().map(|one| one.name.clone()).collect(),
        }
    }

    /// In one line, for the choice of an audience.
    pub fn short(reach: &Reach) -> String {
        match reach.organisations {
            0 => "Now: no other organisation.".to_owned(),
            organisations => format!(
                "Now: {} on {}.",
                counted(organisations, "other organisation"),
                counted(reach.nodes, "node"),
            ),
        }
    }
}

fn counted(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::organisation::Category;

    #[test]
    fn numbers_are_told_in_words() {
        let reach = Reach {
            categories: vec![(Category::Government, 1), (Category::CivilSociety, 2)],
            organisations: 3,
            nodes: 1,
            ..Reach::default()
        };
        let view = ReachView::new(&reach);
        assert_eq!(
            view.summary,
            "3 other organisations on 1 node will see this, and nobody else."
        );
        assert_eq!(view.categories, ["Government: 1", "Civil society: 2"]);
        assert_eq!(
            ReachView::short(&reach),
            "Now: 3 other organisations on 1 node."
        );
        let nobody = ReachView::new(&Reach::default());
        assert!(nobody.summary.starts_with("No other organisation"));
    }
}
