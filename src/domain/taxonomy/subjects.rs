//! What the work is about: sectors, pillars, forms of exploitation and
//! activities (DOMAIN.md 2.2 and 2.3).

use super::Term;

/// The OECD DAC CRS purpose codes that matter here. None is specific to
/// trafficking, so they serve exchange with aid data, not matching.
pub(super) const SECTORS: [Term; 18] = [
    Term::plain("12340", "Mental health and well-being"),
    Term::plain("15113", "Anti-corruption organisations and institutions"),
    Term::plain("15130", "Legal and judicial development"),
    Term::plain("15132", "Police"),
    Term::plain("15134", "Judicial affairs"),
    Term::plain("15136", "Immigration"),
    Term::plain("15153", "Media and free flow of information"),
    Term::plain("15160", "Human rights"),
    Term::plain("15170", "Women's rights organisations and movements"),
    Term::plain("15180", "Ending violence against women and girls"),
    Term::plain(
        "15190",
        "Facilitation of orderly, safe, regular and responsible migration and mobility",
    ),
    Term::plain("15196", "Government and civil society statistics"),
    Term::plain("15261", "Child soldiers (prevention and demobilisation)"),
    Term::plain("16010", "Social protection"),
    Term::plain("16020", "Employment creation"),
    Term::plain("16070", "Labour rights"),
    Term::plain("43082", "Research"),
    Term::plain("99810", "Not specified"),
];

/// Purpose codes of the same field that the DAC withdrew in 2020, with the
/// code of [`SECTORS`] that took over the whole of it.
const WITHDRAWN_SECTORS: [(&str, &str, Option<&str>); 6] = [
    ("15120", "Public sector financial management", None),
    ("15140", "Government administration", None),
    ("15161", "Elections", None),
    ("15162", "Human rights", Some("15160")),
    ("15163", "Free flow of information", Some("15153")),
    (
        "15164",
        "Women's equality organisations and institutions",
        Some("15170"),
    ),
];

pub(super) fn withdrawn_sector(
    code: &str,
) -> Option<(&'static str, &'static str, Option<&'static str>)> {
    WITHDRAWN_SECTORS
        .into_iter()
        .find(|(withdrawn, _, _)| *withdrawn == code)
}

/// The four Ps; partnership is the Vienna Forum's addition.
pub(super) const PILLARS: [Term; 4] = [
    Term::plain("prevention", "Prevention"),
    Term::plain("protection", "Protection"),
    Term::plain("prosecution", "Prosecution"),
    Term::plain("partnership", "Partnership"),
];

const fn form(code: &'static str, name: &'static str, same_as: &'static [&'static str]) -> Term {
    Term {
        same_as,
        ..Term::plain(code, name)
    }
}

/// Forms of exploitation. `palermo:` names the words of Article 3(a) of the
/// Trafficking Protocol, `ctdc:` the columns of the Counter-Trafficking Data
/// Collaborative's data set.
pub(super) const EXPLOITATION: [Term; 14] = [
    form(
        "sexual-exploitation",
        "Sexual exploitation",
        &["palermo:sexual-exploitation", "ctdc:isSexualExploit"],
    ),
    form(
        "forced-labour",
        "Forced labour or services",
        &["palermo:forced-labour-or-services", "ctdc:isForcedLabour"],
    ),
    form(
        "domestic-servitude",
        "Domestic servitude",
        &["palermo:servitude", "ctdc:typeOfLabourDomesticWork"],
    ),
    form(
        "slavery-practices",
        "Slavery or practices similar to slavery",
        &[
            "palermo:slavery-or-similar-practices",
            "ctdc:isSlaveryAndPractices",
        ],
    ),
    form(
        "organ-removal",
        "Removal of organs",
        &["palermo:removal-of-organs", "ctdc:isOrganRemoval"],
    ),
    form(
        "forced-marriage",
        "Forced marriage",
        &["ctdc:isForcedMarriage"],
    ),
    form(
        "forced-begging",
        "Forced begging",
        &["ctdc:typeOfLabourBegging"],
    ),
    form(
        "forced-criminality",
        "Forced criminal activity",
        &["ctdc:typeOfLabourIllicitActivities"],
    ),
    form(
        "child-soldiers",
        "Child soldiers",
        &["ctdc:isForcedMilitary"],
    ),
    form("illegal-adoption", "Illegal adoption", &[]),
    form("abusive-imagery", "Production of abusive imagery", &[]),
    form("mixed", "Mixed forms", &["ctdc:isSexAndLabour"]),
    form("all", "All forms", &[]),
    form("not-specified", "Not specified", &[]),
];

/// What an entry wants, plans or offers to do.
pub(super) const ACTIVITIES: [Term; 10] = [
    Term::plain("legislation", "Legislation"),
    Term::plain("training", "Training"),
    Term::plain("direct-assistance", "Direct assistance"),
    Term::plain("research", "Research"),
    Term::plain("awareness", "Awareness"),
    Term::plain("inspection", "Inspection"),
    Term::plain("supply-chain", "Supply chain"),
    Term::plain("data-systems", "Data systems"),
    Term::plain("return-reintegration", "Return and reintegration"),
    Term::plain("coordination", "Coordination"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_withdrawn_sector_is_never_offered_and_its_replacement_is() {
        for (code, _, replacement) in WITHDRAWN_SECTORS {
            assert!(SECTORS.iter().all(|term| term.code != code), "{code}");
            if let Some(replacement) = replacement {
                assert!(SECTORS.iter().any(|term| term.code == replacement));
            }
        }
    }

    #[test]
    fn sectors_are_five_digits() {
        for term in &SECTORS {
            assert_eq!(term.code.len(), 5);
            assert!(term.code.bytes().all(|b| b.is_ascii_digit()));
        }
    }
}
