//! Regions: the United Nations' M49 tree, typed by hand (DOMAIN.md 2.1), and
//! which country lies where.

use std::sync::LazyLock;

use super::{Term, countries};

/// Code, name, the region above, and the ISO 3166-1 countries directly in it.
///
/// Taiwan (TW) is in ISO and not in M49; it is placed in Eastern Asia (030),
/// where readers look for it. Antarctica stands directly under the world, as
/// in M49.
#[rustfmt::skip]
const TREE: [(&str, &str, &str, &str); 30] = [
    ("001", "World", "", "AQ"),
    ("002", "Africa", "001", ""),
    ("015", "Northern Africa", "002", "DZ EG EH LY MA SD TN"),
    ("202", "Sub-Saharan Africa", "002", ""),
    ("011", "Western Africa", "202", "BF BJ CI CV GH GM GN GW LR ML MR NE NG SH SL SN TG"),
    ("014", "Eastern Africa", "202",
        "BI DJ ER ET IO KE KM MG MU MW MZ RE RW SC SO SS TF TZ UG YT ZM ZW"),
    ("017", "Middle Africa", "202", "AO CD CF CG CM GA GQ ST TD"),
    ("018", "Southern Africa", "202", "BW LS NA SZ ZA"),
    ("019", "Americas", "001", ""),
    ("021", "Northern America", "019", "BM CA GL PM US"),
    ("419", "Latin America and the Caribbean", "019", ""),
    ("005", "South America", "419", "AR BO BR BV CL CO EC FK GF GS GY PE PY SR UY VE"),
    ("013", "Central America", "419", "BZ CR GT HN MX NI PA SV"),
    ("029", "Caribbean", "419",
        "AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI"),
    ("142", "Asia", "001", ""),
    ("030", "Eastern Asia", "142", "CN HK JP KP KR MN MO TW"),
    ("034", "Southern Asia", "142", "AF BD BT IN IR LK MV NP PK"),
    ("035", "South-eastern Asia", "142", "BN ID KH LA MM MY PH SG TH TL VN"),
    ("143", "Central Asia", "142", "KG KZ TJ TM UZ"),
    ("145", "Western Asia", "142", "AE AM AZ BH CY GE IL IQ JO KW LB OM PS QA SA SY TR YE"),
    ("150", "Europe", "001", ""),
    ("039", "Southern Europe", "150", "AD AL BA ES GI GR HR IT ME MK MT PT RS SI SM VA"),
    ("151", "Eastern Europe", "150", "BG BY CZ HU MD PL RO RU SK UA"),
    ("154", "Northern Europe", "150", "AX DK EE FI FO GB GG IE IM IS JE LT LV NO SE SJ"),
    ("155", "Western Europe", "150", "AT BE CH DE FR LI LU MC NL"),
    ("009", "Oceania", "001", ""),
    ("053", "Australia and New Zealand", "009", "AU CC CX HM NF NZ"),
    ("054", "Melanesia", "009", "FJ NC PG SB VU"),
    ("057", "Micronesia", "009", "FM GU KI MH MP NR PW UM"),
    ("061", "Polynesia", "009", "AS CK NU PF PN TK TO TV WF WS"),
];

static TERMS: LazyLock<Vec<Term>> = LazyLock::new(|| {
    TREE.iter()
        .map(|(code, name, parent, _)| Term {
            parent: (!parent.is_empty()).then_some(*parent),
            ..Term::plain(code, name)
        })
        .collect()
});

pub(super) fn terms() -> &'static [Term] {
    &TERMS
}

fn find(region: &str) -> Option<&'static Term> {
    TERMS.iter().find(|term| term.code == region)
}

/// The region whose row lists a country of ISO 3166-1.
pub(super) fn holding_iso_country(country: &str) -> Option<&'static str> {
    TREE.iter()
        .find(|(_, _, _, countries)| countries.split(' ').any(|code| code == country))
        .map(|(code, _, _, _)| *code)
}

/// M49 codes have three digits; spreadsheets eat leading zeros.
pub(super) fn padded(number: &str) -> Option<&'static Term> {
    let number: u16 = number.parse().ok()?;
    find(&format!("{number:03}"))
}

/// The region itself, the one above it, and so on to the world.
fn upwards(region: &str) -> impl Iterator<Item = &'static str> {
    std::iter::successors(find(region), |term| term.parent.and_then(find)).map(|term| term.code)
}

/// Does `outer` hold `inner`, or are they the same? False for unknown codes.
pub fn contains(outer: &str, inner: &str) -> bool {
    upwards(inner).any(|code| code == outer)
}

/// The region and every region inside it; empty for an unknown code.
pub fn within(region: &str) -> Vec<&'static str> {
    TREE.iter()
        .map(|(code, _, _, _)| *code)
        .filter(|code| contains(region, code))
        .collect()
}

/// Every country inside the region, at any depth; empty for an unknown code.
pub fn countries_within(region: &str) -> Vec<&'static str> {
    countries::terms()
        .iter()
        .filter(|term| term.parent.is_some_and(|parent| contains(region, parent)))
        .map(|term| term.code)
        .collect()
}

/// The smallest region that holds the country.
pub fn region_of(country: &str) -> Option<&'static str> {
    countries::find(country)?.parent
}

/// Every region that holds the country, smallest first, the world last; empty
/// for an unknown code.
pub fn regions_containing(country: &str) -> Vec<&'static str> {
    region_of(country).into_iter().flat_map(upwards).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const WORLD: &str = "001";

    /// Leaf regions and their countries as the UN publishes them, kept apart
    /// from the table above so that a slip in either shows.
    const M49: &str = include_str!("m49.txt");

    #[test]
    fn the_tree_is_the_one_of_the_united_nations() {
        let mut regions = BTreeSet::new();
        let mut countries = BTreeSet::new();
        for line in M49.lines().filter(|line| !line.starts_with('#')) {
            let mut columns = line.split('\t');
            let mut column = || columns.next().expect("four columns");
            match (column(), column(), column(), column()) {
                ("region", code, parent, name) => {
                    regions.insert((code, parent, name));
                }
                ("country", code, parent, _) => {
                    countries.insert((code, parent));
                }
                other => panic!("unknown row {other:?}"),
            }
        }
        let ours: BTreeSet<_> = TREE
            .iter()
            .map(|(code, name, up, _)| (*code, *up, *name))
            .collect();
        assert_eq!(ours, regions);
        let ours: BTreeSet<_> = TREE
            .iter()
            .flat_map(|(region, _, _, list)| list.split_whitespace().map(|code| (code, *region)))
            .filter(|(code, _)| *code != "TW")
            .collect();
        assert_eq!(ours, countries);
        assert_eq!(countries.len(), 248);
    }

    #[test]
    fn a_region_contains_itself_and_what_lies_below_it() {
        assert!(contains("039", "039"));
        assert!(contains("150", "039"));
        assert!(contains("001", "011"));
        assert!(contains("002", "011"));
        assert!(!contains("039", "150"));
        assert!(!contains("151", "039"));
        assert!(!contains("001", "999"));
        assert!(!contains("999", "999"));
    }

    #[test]
    fn every_region_lies_in_the_world() {
        for term in terms() {
            assert!(contains(WORLD, term.code), "{}", term.code);
        }
        assert_eq!(within(WORLD).len(), terms().len());
        assert_eq!(countries_within(WORLD).len(), countries::terms().len());
    }

    #[test]
    fn the_regions_of_a_country_go_from_the_smallest_to_the_world() {
        assert_eq!(regions_containing("AL"), ["039", "150", "001"]);
        assert_eq!(regions_containing("NG"), ["011", "202", "002", "001"]);
        assert_eq!(regions_containing("AQ"), ["001"]);
        assert_eq!(regions_containing("XX"), Vec::<&str>::new());
    }

    #[test]
    fn codes_that_m49_lacks_have_their_place() {
        assert_eq!(region_of("TW"), Some("030"));
        assert_eq!(region_of("XK"), Some("039"));
        assert_eq!(region_of("QM"), Some("151"));
        assert!(countries_within("150").contains(&"XK"));
        assert!(countries_within("150").contains(&"QM"));
    }

    #[test]
    fn inner_regions_are_listed_with_their_outer_one() {
        assert_eq!(within("202"), ["202", "011", "014", "017", "018"]);
        assert_eq!(within("039"), ["039"]);
        assert!(within("999").is_empty());
        assert!(countries_within("999").is_empty());
    }
}
