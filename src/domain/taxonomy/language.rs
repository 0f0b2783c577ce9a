//! Languages: BCP 47 tags (RFC 5646), with the languages of ISO 639-1 by name.

use oxilangtag::LanguageTag;

/// Longest tag that is kept, in characters (RFC 5646 4.4.1).
const MAX_CHARS: usize = 35;

/// Why a language tag is refused. Its text is a full sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LanguageError {
    #[error("Give the language as a BCP 47 tag, for example en, fr or pt-BR.")]
    Malformed,
    #[error("There is no language code {0:?}. Give a BCP 47 tag, for example en, fr or pt-BR.")]
    Unknown(String),
    #[error("Write the language {name} as {code}.")]
    Name {
        name: &'static str,
        code: &'static str,
    },
}

/// The tag in its canonical case (`PT-br` becomes `pt-BR`). Two-letter
/// languages must be in ISO 639-1; three-letter ones (ISO 639-2, 639-3) are
/// taken by their form, for there are thousands.
///
/// # Errors
/// Anything else, with advice.
pub fn check_language(tag: &str) -> Result<String, LanguageError> {
    if let Some((code, name)) = LANGUAGES
        .iter()
        .find(|(_, name)| name.eq_ignore_ascii_case(tag.trim()))
    {
        return Err(LanguageError::Name { name, code });
    }
    if tag.len() > MAX_CHARS {
        return Err(LanguageError::Malformed);
    }
    let parsed = LanguageTag::parse_and_normalize(tag).map_err(|_| LanguageError::Malformed)?;
    let primary = parsed.primary_language();
    let known = match primary.len() {
        2 => name_of(primary).is_some(),
        3 => true,
        // Nothing longer is registered; `x-…` and `i-…` mean nothing to others.
        _ => false,
    };
    if known {
        Ok(parsed.into_inner())
    } else {
        Err(LanguageError::Unknown(primary.to_owned()))
    }
}

/// The English name of a tag's language, with its region or script when it
/// has one: `pt-BR` is `Portuguese (Brazil)`. A language without a name here
/// is shown by its tag.
pub fn language_name(tag: &str) -> String {
    let Ok(parsed) = LanguageTag::parse(tag) else {
        return tag.to_owned();
    };
    let Some(language) = name_of(&parsed.primary_language().to_ascii_lowercase()) else {
        return tag.to_owned();
    };
    let region = parsed
        .region()
        .and_then(|code| super::name(super::Scheme::Country, &code.to_ascii_uppercase()));
    match region.or(parsed.script()) {
        Some(detail) => format!("{language} ({detail})"),
        None => language.to_owned(),
    }
}

/// Code and English name of the languages that are known by name.
pub fn languages() -> &'static [(&'static str, &'static str)] {
    LANGUAGES
}

fn name_of(code: &str) -> Option<&'static str> {
    LANGUAGES
        .binary_search_by_key(&code, |(known, _)| known)
        .ok()
        .map(|index| LANGUAGES[index].1)
}

/// ISO 639-1, and a few languages of the Forum's field that only have three
/// letters. Sorted by code.
#[rustfmt::skip]
const LANGUAGES: &[(&str, &str)] = &[
    ("aa", "Afar"), ("ab", "Abkhazian"), ("ae", "Avestan"), ("af", "Afrikaans"), ("ak", "Akan"),
    ("am", "Amharic"), ("an", "Aragonese"), ("ar", "Arabic"), ("as", "Assamese"), ("av", "Avaric"),
    ("ay", "Aymara"), ("az", "Azerbaijani"), ("ba", "Bashkir"), ("be", "Belarusian"),
    ("bg", "Bulgarian"), ("bi", "Bislama"), ("bm", "Bambara"), ("bn", "Bengali"),
    ("bo", "Tibetan"), ("br", "Breton"), ("bs", "Bosnian"), ("ca", "Catalan"), ("ce", "Chechen"),
    ("ceb", "Cebuano"), ("ch", "Chamorro"), ("ckb", "Central Kurdish"), ("co", "Corsican"),
    ("cr", "Cree"), ("cs", "Czech"), ("cu", "Church Slavonic"), ("cv", "Chuvash"), ("cy", "Welsh"),
    ("da", "Danish"), ("de", "German"), ("dv", "Dhivehi"), ("dz", "Dzongkha"), ("ee", "Ewe"),
    ("el", "Greek"), ("en", "English"), ("eo", "Esperanto"), ("es", "Spanish"), ("et", "Estonian"),
    ("eu", "Basque"), ("fa", "Persian"), ("ff", "Fulah"), ("fi", "Finnish"), ("fil", "Filipino"),
    ("fj", "Fijian"), ("fo", "Faroese"), ("fr", "French"), ("fy", "Western Frisian"),
    ("ga", "Irish"), ("gd", "Scottish Gaelic"), ("gl", "Galician"), ("gn", "Guarani"),
    ("gu", "Gujarati"), ("gv", "Manx"), ("ha", "Hausa"), ("he", "Hebrew"), ("hi", "Hindi"),
    ("ho", "Hiri Motu"), ("hr", "Croatian"), ("ht", "Haitian Creole"), ("hu", "Hungarian"),
    ("hy", "Armenian"), ("hz", "Herero"), ("ia", "Interlingua"), ("id", "Indonesian"),
    ("ie", "Interlingue"), ("ig", "Igbo"), ("ii", "Sichuan Yi"), ("ik", "Inupiaq"), ("io", "Ido"),
    ("is", "Icelandic"), ("it", "Italian"), ("iu", "Inuktitut"), ("ja", "Japanese"),
    ("jv", "Javanese"), ("ka", "Georgian"), ("kg", "Kongo"), ("ki", "Kikuyu"), ("kj", "Kuanyama"),
    ("kk", "Kazakh"), ("kl", "Kalaallisut"), ("km", "Khmer"), ("kn", "Kannada"), ("ko", "Korean"),
    ("kr", "Kanuri"), ("ks", "Kashmiri"), ("ku", "Kurdish"), ("kv", "Komi"), ("kw", "Cornish"),
    ("ky", "Kyrgyz"), ("la", "Latin"), ("lb", "Luxembourgish"), ("lg", "Ganda"),
    ("li", "Limburgish"), ("ln", "Lingala"), ("lo", "Lao"), ("lt", "Lithuanian"),
    ("lu", "Luba-Katanga"), ("lv", "Latvian"), ("mg", "Malagasy"), ("mh", "Marshallese"),
    ("mi", "Maori"), ("mk", "Macedonian"), ("ml", "Malayalam"), ("mn", "Mongolian"),
    ("mr", "Marathi"), ("ms", "Malay"), ("mt", "Maltese"), ("my", "Burmese"), ("na", "Nauru"),
    ("nb", "Norwegian Bokmål"), ("nd", "North Ndebele"), ("ne", "Nepali"), ("ng", "Ndonga"),
    ("nl", "Dutch"), ("nn", "Norwegian Nynorsk"), ("no", "Norwegian"), ("nr", "South Ndebele"),
    ("nv", "Navajo"), ("ny", "Chichewa"), ("oc", "Occitan"), ("oj", "Ojibwa"), ("om", "Oromo"),
    ("or", "Odia"), ("os", "Ossetian"), ("pa", "Punjabi"), ("pi", "Pali"), ("pl", "Polish"),
    ("prs", "Dari"), ("ps", "Pashto"), ("pt", "Portuguese"), ("qu", "Quechua"),
    ("rm", "Romansh"), ("rn", "Rundi"), ("ro", "Romanian"), ("rom", "Romani"), ("ru", "Russian"),
    ("rw", "Kinyarwanda"), ("sa", "Sanskrit"), ("sc", "Sardinian"), ("sd", "Sindhi"),
    ("se", "Northern Sami"), ("sg", "Sango"), ("si", "Sinhala"), ("sk", "Slovak"),
    ("sl", "Slovenian"), ("sm", "Samoan"), ("sn", "Shona"), ("so", "Somali"), ("sq", "Albanian"),
    ("sr", "Serbian"), ("ss", "Swati"), ("st", "Southern Sotho"), ("su", "Sundanese"),
    ("sv", "Swedish"), ("sw", "Swahili"), ("ta", "Tamil"), ("te", "Telugu"), ("tet", "Tetum"),
    ("tg", "Tajik"), ("th", "Thai"), ("ti", "Tigrinya"), ("tk", "Turkmen"), ("tl", "Tagalog"),
    ("tn", "Tswana"), ("to", "Tonga"), ("tr", "Turkish"), ("ts", "Tsonga"), ("tt", "Tatar"),
    ("tw", "Twi"), ("ty", "Tahitian"), ("ug", "Uyghur"), ("uk", "Ukrainian"), ("ur", "Urdu"),
    ("uz", "Uzbek"), ("ve", "Venda"), ("vi", "Vietnamese"), ("vo", "Volapük"), ("wa", "Walloon"),
    ("wo", "Wolof"), ("xh", "Xhosa"), ("yi", "Yiddish"), ("yo", "Yoruba"), ("za", "Zhuang"),
    ("zh", "Chinese"), ("zu", "Zulu"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_brought_into_their_canonical_case() {
        for (given, canonical) in [
            ("en", "en"),
            ("EN", "en"),
            ("pt-br", "pt-BR"),
            ("ZH-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("fil", "fil"),
        ] {
            assert_eq!(check_language(given), Ok(canonical.to_owned()), "{given}");
        }
    }

    #[test]
    fn what_is_no_tag_is_refused_with_advice() {
        for text in [
            "",
            " ",
            "not a tag",
            "en_GB",
            "e",
            "en-",
            "<b>",
            "x-klingon",
        ] {
            assert!(check_language(text).is_err(), "{text:?}");
        }
        assert!(check_language(&format!("en-{}", "x-abcdefgh".repeat(20))).is_err());
        assert_eq!(
            check_language("xx").map_err(|error| error.to_string()),
            Err("There is no language code \"xx\". \
                 Give a BCP 47 tag, for example en, fr or pt-BR."
                .to_owned())
        );
        assert_eq!(
            check_language("english").map_err(|error| error.to_string()),
            Err("Write the language English as en.".to_owned())
        );
    }

    #[test]
    fn languages_are_named_with_their_region() {
        assert_eq!(language_name("fr"), "French");
        assert_eq!(language_name("pt-BR"), "Portuguese (Brazil)");
        assert_eq!(language_name("sr-Latn"), "Serbian (Latn)");
        assert_eq!(language_name("xyz"), "xyz");
        assert_eq!(language_name("?"), "?");
    }

    #[test]
    fn the_table_is_sorted_and_each_code_is_its_own_canonical_form() {
        assert!(LANGUAGES.is_sorted_by_key(|(code, _)| *code));
        for (code, name) in LANGUAGES {
            assert_eq!(check_language(code), Ok((*code).to_owned()));
            assert_eq!(language_name(code), *name);
        }
        let two_letters = LANGUAGES.iter().filter(|(code, _)| code.len() == 2);
        assert_eq!(two_letters.count(), 183);
    }
}
