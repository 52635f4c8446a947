use std::path::Path;

use module::{Arguments, EditedFile, HostPath, Module, NewContent, Outcome, Presence};
use protocol::Change;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Backend, Command, Error, Result, System};
use value::Value;

/// Makes locales, on hosts that list them in `/etc/locale.gen`: Debian, Ubuntu and Arch Linux.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LocaleGen {
    /// The locales, such as `de_CH.UTF-8`.
    name: Vec<String>,
    /// Whether they shall be there.
    #[serde(default)]
    state: Presence,
}

impl Arguments for LocaleGen {
    const NAME: &'static str = "locale_gen";
    const EXAMPLES: &'static str = r#"
- name: The languages of the country
  locale_gen:
    name: [de_CH.UTF-8, fr_CH.UTF-8, it_CH.UTF-8]
"#;
}

const LIST: &str = "/etc/locale.gen";
const SUPPORTED: [&str; 2] = ["/usr/share/i18n/SUPPORTED", "/usr/local/share/i18n/SUPPORTED"];

impl Module for LocaleGen {
    fn run(self, host: &mut System) -> Result<Outcome> {
        // Playbooks look for the words of the failures.
        if host.follow(Path::new(LIST))?.is_none() {
            let message = format!("{LIST} is missing. Is the package 'locales' installed?");
            return Err(Error::failed(message));
        }
        let file = EditedFile::open(host, &HostPath::new(LIST), "utf-8")?;
        let before = String::from_utf8_lossy(file.content()).into_owned();
        let wanted = self.entries(host, &before)?;
        let is_wanted = self.state == Presence::Present;
        let mut differing = Vec::new();
        for entry in wanted {
            let now = host.observe::<Locale>(&entry.locale)?;
            if now.is_there != is_wanted {
                differing.push((entry, now));
            }
        }
        let entries: Vec<&Entry> = differing.iter().map(|(entry, _)| entry).collect();
        let after = edited(&before, &entries, is_wanted);
        if after != before {
            let new = NewContent { bytes: Some(after.into_bytes()), ..NewContent::default() };
            file.write(host, new, Default::default())?;
        }
        // One call makes them all.
        let mut made = false;
        for (entry, now) in &differing {
            let want = Locale { name: entry.locale.clone(), is_there: is_wanted };
            host.settle_by(now, want, |backend, _, _| {
                if std::mem::replace(&mut made, true) {
                    return Ok(());
                }
                backend.carry_out(&Command::new(["locale-gen"]), "can't make the locales").map(drop)
            })?;
        }
        let names = Value::list(self.name.iter().map(String::as_str));
        Ok(Outcome::new().with("name", names).with("mechanism", "glibc"))
    }
}

impl LocaleGen {
    /// The entries that are meant: those of the list, or of what there is beside it.
    fn entries(&self, host: &mut System, list: &str) -> Result<Vec<Entry>> {
        let mut known: Vec<Entry> = list.lines().filter_map(Entry::parse).collect();
        for path in SUPPORTED {
            let text = host.read_text_if_any(Path::new(path))?.unwrap_or_default();
            known.extend(text.lines().filter_map(Entry::parse));
        }
        let (mut found, mut missing): (Vec<Entry>, Vec<&str>) = Default::default();
        for name in &self.name {
            match known.iter().find(|entry| plain(&entry.locale) == plain(name)) {
                Some(entry) if found.contains(entry) => {}
                Some(entry) => found.push(entry.clone()),
                None => missing.push(name),
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let missing = missing.join(", ");
        Err(Error::failed(format!(
            "The following locales you have entered are not available on your system: {missing}"
        )))
    }
}

/// A line of the list: a locale and its character set (locale.gen(5)).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    locale: String,
    charset: String,
}

impl Entry {
    /// One that is commented out counts too.
    fn parse(line: &str) -> Option<Entry> {
        let mut words = line.trim_start_matches(['#', ' ', '\t']).split_whitespace();
        let (locale, charset) = (words.next()?, words.next()?);
        // That tells an entry from prose.
        let is_entry =
            words.next().is_none() && locale.contains(['_', '.']) && charset.contains(char::is_uppercase);
        is_entry.then(|| Entry { locale: locale.to_owned(), charset: charset.to_owned() })
    }
}

/// The list in which these entries are active, or are not.
fn edited(before: &str, entries: &[&Entry], active: bool) -> String {
    let mut missing: Vec<&Entry> = entries.to_vec();
    let mut after = String::new();
    for line in before.lines() {
        let entry = Entry::parse(line).filter(|found| entries.contains(&found));
        let is_active = !line.trim_start().starts_with('#');
        match entry {
            Some(entry) => {
                missing.retain(|found| **found != entry);
                match (active, is_active) {
                    (true, false) => after.extend([&entry.locale, " ", &entry.charset]),
                    (false, true) => after.extend(["# ", &entry.locale, " ", &entry.charset]),
                    _ => after.push_str(line),
                }
            }
            None => after.push_str(line),
        }
        after.push('\n');
    }
    let added =
        missing.iter().filter(|_| active).map(|entry| format!("{} {}\n", entry.locale, entry.charset));
    after.extend(added);
    let same = after.lines().eq(before.lines());
    if same { before.to_owned() } else { after }
}

/// The name as `locale -a` has it: the character set in small letters and without dashes.
fn plain(name: &str) -> String {
    let (name, modifier) = name.split_once('@').map_or((name, ""), |(name, modifier)| (name, modifier));
    let (language, charset) = name.split_once('.').unwrap_or((name, ""));
    let charset = charset.replace('-', "").to_lowercase();
    format!("{language}.{charset}@{modifier}")
}

/// A locale that programs can use, or can't.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Locale {
    name: String,
    is_there: bool,
}

impl system::State for Locale {
    const KIND: &'static str = "locale";

    fn name(&self) -> String {
        self.name.clone()
    }

    fn observe(host: &mut System, name: &str) -> Result<Locale> {
        let listed = host.query(&Command::new(["locale", "-a"]))?.checked("can't list the locales")?.stdout();
        let is_there = listed.lines().any(|found| plain(found) == plain(name));
        Ok(Locale { name: name.into(), is_there })
    }

    fn absent(name: &str) -> Locale {
        Locale { name: name.into(), is_there: false }
    }

    fn is_absent(&self) -> bool {
        !self.is_there
    }

    fn changes(_: &mut System, now: &Locale, want: &Locale) -> Result<Vec<Change>> {
        if now == want {
            return Ok(Vec::new());
        }
        let described = |locale: &Locale| match locale.is_there {
            true => Value::map([("state", "present")]),
            false => Value::Null,
        };
        let (before, after) = (described(now), described(want));
        Ok(vec![Change { kind: Self::KIND.into(), name: want.name.clone(), before, after }])
    }

    fn bring_about(host: &mut dyn Backend, _: &Locale, _: &Locale) -> Result<()> {
        host.carry_out(&Command::new(["locale-gen"]), "can't make the locales").map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_told_from_prose() {
        let found = |line| Entry::parse(line).map(|entry| (entry.locale, entry.charset));
        let some = |locale: &str, charset: &str| Some((locale.to_owned(), charset.to_owned()));
        assert_eq!(found("# de_CH.UTF-8 UTF-8"), some("de_CH.UTF-8", "UTF-8"));
        assert_eq!(found("  de_CH ISO-8859-1  "), some("de_CH", "ISO-8859-1"));
        assert_eq!(found("#  C.UTF-8 UTF-8"), some("C.UTF-8", "UTF-8"));
        for line in ["", "#", "# user defined", "# This file lists locales", "de_CH"] {
            assert_eq!(found(line), None, "{line}");
        }
    }

    #[test]
    fn names_are_compared_as_the_library_does() {
        assert_eq!(plain("de_CH.UTF-8"), plain("de_CH.utf8"));
        assert_ne!(plain("de_CH.UTF-8"), plain("de_CH"));
        assert_ne!(plain("de_DE@euro"), plain("de_DE"));
    }
}
