use std::collections::BTreeMap;

use crate::ssh::pattern;

/// How often an option counts and how its arguments are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One word; the first one that is seen wins.
    Word,
    /// All words of one line; the first line that is seen wins.
    Words,
    /// The rest of the line, unsplit; the first one that is seen wins.
    Line,
    /// One word a line, and all of them count.
    Collected,
    /// Patterns of names, of which all count; one with `-` before it takes away those seen before that it matches.
    Names,
}

/// The options that are read, in lower case.
const READ: &[(&str, Kind)] = &[
    ("addressfamily", Kind::Word),
    ("certificatefile", Kind::Collected),
    ("connecttimeout", Kind::Word),
    ("forwardagent", Kind::Word),
    ("globalknownhostsfile", Kind::Words),
    ("hashknownhosts", Kind::Word),
    ("hostkeyalias", Kind::Word),
    ("hostname", Kind::Word),
    ("identitiesonly", Kind::Word),
    ("identityagent", Kind::Word),
    ("identityfile", Kind::Collected),
    ("kbdinteractiveauthentication", Kind::Word),
    ("passwordauthentication", Kind::Word),
    ("port", Kind::Word),
    ("preferredauthentications", Kind::Word),
    ("proxycommand", Kind::Line),
    ("proxyjump", Kind::Line),
    ("pubkeyauthentication", Kind::Word),
    ("sendenv", Kind::Names),
    ("serveralivecountmax", Kind::Word),
    ("serveraliveinterval", Kind::Word),
    ("setenv", Kind::Words),
    ("stricthostkeychecking", Kind::Word),
    ("user", Kind::Word),
    ("userknownhostsfile", Kind::Words),
];

/// Other names of options that are read.
const ALIASES: &[(&str, &str)] = &[
    ("challengeresponseauthentication", "kbdinteractiveauthentication"),
    ("dsaauthentication", "pubkeyauthentication"),
    ("globalknownhostsfile2", "globalknownhostsfile"),
    ("identityfile2", "identityfile"),
    ("skeyauthentication", "kbdinteractiveauthentication"),
    ("tisauthentication", "kbdinteractiveauthentication"),
    ("userknownhostsfile2", "userknownhostsfile"),
];

/// Options that decide who is trusted or reached, and that our client does not have: leaving them out would be wrong.
const REFUSED: &[&str] = &[
    "bindaddress",
    "bindinterface",
    "knownhostscommand",
    "pkcs11provider",
    "proxyusefdpass",
    "revokedhostkeys",
];

/// What is said about one host: options by their name in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Options(BTreeMap<&'static str, Vec<String>>);

/// Why an option can't be taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It has no value.
    Missing,
    /// Our client has nothing of the kind.
    Unsupported,
}

impl Options {
    /// Takes an option with the text of its arguments, unless an earlier one counts. Unknown options are passed over.
    pub(super) fn set(&mut self, keyword: &str, text: &str) -> Result<(), Refusal> {
        let keyword = keyword.to_ascii_lowercase();
        let name =
            ALIASES.iter().find(|(alias, _)| *alias == keyword).map_or(keyword.as_str(), |(_, name)| *name);
        if REFUSED.contains(&name) {
            return match text.trim().to_ascii_lowercase().as_str() {
                "none" | "no" | "" => Ok(()),
                _ => Err(Refusal::Unsupported),
            };
        }
        let Some((name, kind)) = READ.iter().find(|(known, _)| *known == name) else { return Ok(()) };
        let words = match kind {
            Kind::Line => vec![text.trim().to_owned()],
            _ => super::words::split(&format!("x {text}")).unwrap_or_default().into_iter().skip(1).collect(),
        };
        let words = match kind {
            Kind::Words | Kind::Line | Kind::Names => words,
            Kind::Word | Kind::Collected => words.into_iter().take(1).collect(),
        };
        if words.first().is_none_or(String::is_empty) {
            return Err(Refusal::Missing);
        }
        match kind {
            Kind::Collected => {
                let all = self.0.entry(name).or_default();
                if !all.contains(&words[0]) {
                    all.extend(words);
                }
            }
            Kind::Names => {
                let all = self.0.entry(name).or_default();
                for word in words {
                    match word.strip_prefix('-') {
                        Some(pattern) => all.retain(|name| !pattern::matches(pattern, name)),
                        None => all.push(word),
                    }
                }
            }
            Kind::Word | Kind::Words | Kind::Line => {
                // A jump and a proxy command exclude each other, and the first to be seen wins.
                let other = match *name {
                    "proxyjump" => Some("proxycommand"),
                    "proxycommand" => Some("proxyjump"),
                    _ => None,
                };
                if other.is_none_or(|other| !self.0.contains_key(other)) {
                    self.0.entry(name).or_insert(words);
                }
            }
        }
        Ok(())
    }

    /// Takes an option as `ssh -G` prints it: a single word stands there without quotes, whatever it holds.
    pub(super) fn set_unquoted(&mut self, keyword: &str, text: &str) {
        if keyword == "setenv" {
            // One line for each.
            self.0.entry("setenv").or_default().push(text.to_owned());
            return;
        }
        let is_word = READ
            .iter()
            .any(|(known, kind)| *known == keyword && matches!(kind, Kind::Word | Kind::Collected));
        let text = if is_word { quoted(text) } else { text.to_owned() };
        // What is refused when somebody asks for it is printed with its default.
        let _ = self.set(keyword, &text);
    }

    /// The first word of an option.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).first().map(String::as_str)
    }

    /// All words of an option.
    pub(super) fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}

impl Options {
    /// These options, and where they say nothing, `later` ones.
    pub(super) fn followed_by(&self, later: &Options) -> Options {
        let mut all = self.clone();
        for (name, words) in &later.0 {
            let collected = READ
                .iter()
                .any(|(known, kind)| known == name && matches!(kind, Kind::Collected | Kind::Names));
            let excluded = match *name {
                "proxyjump" => self.0.contains_key("proxycommand"),
                "proxycommand" => self.0.contains_key("proxyjump"),
                _ => false,
            };
            if collected {
                let mine = all.0.entry(name).or_default();
                let new: Vec<String> = words.iter().filter(|word| !mine.contains(word)).cloned().collect();
                mine.extend(new);
            } else if !excluded {
                all.0.entry(name).or_insert_with(|| words.clone());
            }
        }
        all
    }
}

/// One word of a configuration line, whatever it holds.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
