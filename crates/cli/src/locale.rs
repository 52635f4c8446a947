//! The locale: texts are UTF-8 everywhere, and whoever asks for something else by Ansible's names is told so.

/// What is wrong with the locale of the environment, in the words that scripts may look for: it names another encoding,
/// or is none at all.
pub(crate) fn problem() -> Option<String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let everything = variable("LC_ALL");
    let locale = everything.clone().or_else(|| variable("LC_CTYPE")).or_else(|| variable("LANG"))?;
    problem_of(&locale, everything.is_some())
}

/// `insisted` is whether it stands in `LC_ALL`; elsewhere the plain locale is taken as a UTF-8 one.
fn problem_of(locale: &str, insisted: bool) -> Option<String> {
    let needs = |found: &str| format!("Ansible requires the locale encoding to be UTF-8; Detected {found}.");
    let locale = locale.split('@').next().unwrap_or(locale);
    match locale.split_once('.') {
        Some((_, encoding)) if encoding.replace('-', "").eq_ignore_ascii_case("utf8") => None,
        Some((_, encoding)) => Some(needs(&encoding.replace('-', ""))),
        None if !insisted => None,
        None if ["C", "POSIX"].contains(&locale) => Some(needs("None")),
        None if is_language(locale) => None,
        None => {
            Some("Ansible could not initialize the preferred locale: unsupported locale setting".to_owned())
        }
    }
}

/// Whether it is written as a language is: `de`, `de_AT`.
fn is_language(locale: &str) -> bool {
    let (language, country) = locale.split_once('_').unwrap_or((locale, "XX"));
    let is = |text: &str, lengths: &[usize], of: fn(&u8) -> bool| {
        lengths.contains(&text.len()) && text.bytes().all(|byte| of(&byte))
    };
    is(language, &[2, 3], u8::is_ascii_lowercase) && is(country, &[2], u8::is_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_is_wanted() {
        for good in ["C.UTF-8", "en_US.utf8", "de_AT.UTF-8@euro"] {
            assert_eq!(problem_of(good, true), None, "{good}");
        }
        assert!(problem_of("en_US.ISO-8859-1", false).is_some_and(|text| text.contains("ISO88591")));
        assert!(problem_of("C", true).is_some_and(|text| text.contains("to be UTF-8")));
        assert!(problem_of("ham_sandwich", true).is_some_and(|text| text.contains("not initialize")));
    }

    #[test]
    fn the_plain_locale_will_do_unless_it_is_insisted_on() {
        assert_eq!(problem_of("C", false), None);
        assert_eq!(problem_of("en_US", true), None);
    }
}
