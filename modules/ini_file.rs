use std::ops::Range;

use module::{
    Arguments, EditedFile, FileArguments, HostPath, Module, NewContent, Outcome, Presence, mutually_exclusive,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Error, Result, System};

/// Sets options in the sections of an INI file, and removes options and sections. Other lines stay as they are.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IniFile {
    /// The file.
    #[schemars(extend("aliases" = ["dest"]))]
    path: HostPath,
    /// The section; left out, what stands before the first section is meant.
    section: Option<String>,
    /// Of several sections of that name, the one that has these options with these values.
    #[serde(default)]
    section_has_values: Vec<Wanted>,
    /// The option; left out, the section as a whole is meant.
    option: Option<String>,
    /// What the option is to be.
    value: Option<String>,
    /// What the option is to be, for one that stands several times.
    #[serde(default)]
    values: Vec<String>,
    /// Keep the file as it was beside it, under a name with the time.
    #[serde(default)]
    backup: bool,
    /// Whether it shall be there.
    #[serde(default)]
    state: Presence,
    /// Whether other values of the option go.
    #[serde(default = "yes")]
    exclusive: bool,
    /// Write no blanks around `=`.
    #[serde(default)]
    no_extra_spaces: bool,
    /// Leave a line as it is that differs only in blanks around `=`.
    #[serde(default)]
    ignore_spaces: bool,
    /// Write an option without a value.
    #[serde(default)]
    allow_no_value: bool,
    /// Let a line that is commented out become the option.
    #[serde(default = "yes")]
    modify_inactive_option: bool,
    /// Make the file if it is missing.
    #[serde(default = "yes")]
    create: bool,
    /// Accepted for compatibility: where a symbolic link leads to is edited in any case.
    #[serde(default)]
    #[allow(dead_code)]
    follow: bool,
    #[serde(flatten)]
    file: FileArguments,
}

/// An option that tells a section from others of its name.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The option.
    option: String,
    /// One of its values.
    value: Option<String>,
    /// Its values.
    #[serde(default)]
    values: Vec<String>,
}

fn yes() -> bool {
    true
}

impl Arguments for IniFile {
    const NAME: &'static str = "ini_file";
    const EXAMPLES: &'static str = r#"
- name: How much memory there is for a request
  ini_file:
    path: /etc/php/8.2/fpm/php.ini
    section: PHP
    option: memory_limit
    value: 256M

- name: Several values
  ini_file:
    path: /etc/systemd/resolved.conf
    section: Resolve
    option: DNS
    values: [192.0.2.1, 192.0.2.2]
    no_extra_spaces: true
"#;
}

impl Module for IniFile {
    fn run(self, host: &mut System) -> Result<Outcome> {
        mutually_exclusive(&[("value", self.value.is_some()), ("values", !self.values.is_empty())])?;
        let sets = self.state == Presence::Present && self.option.is_some();
        if sets && self.value.is_none() && self.values.is_empty() && !self.allow_no_value {
            // Playbooks look for these words.
            let message = "Parameter 'value(s)' must be defined if state=present and allow_no_value=False.";
            return Err(Error::failed(message));
        }
        let file = EditedFile::open(host, &self.path, "utf-8")?.or_create("Destination", self.create)?;
        let before = String::from_utf8_lossy(file.content()).into_owned();
        let (after, message) = self.edited(&before);
        let path = file.path().to_string_lossy().into_owned();
        let bytes = (after != before).then(|| after.into_bytes());
        let mut backup = None;
        if bytes.is_some() || (file.exists() && self.file.has_attributes()) {
            let new = NewContent { bytes, backup: self.backup, ..self.file.kept_content() };
            backup = file.write(host, new, self.file.marks())?.backup;
        }
        Ok(Outcome::new()
            .with("path", path)
            .with("msg", message)
            .with_some("backup_file", backup.map(|backup| backup.to_string_lossy().into_owned())))
    }
}

impl IniFile {
    fn edited(&self, found: &str) -> (String, &'static str) {
        // A file without a line gets an empty one, as from Ansible's module.
        let before = if found.is_empty() { "\n" } else { found };
        let mut lines: Vec<String> = before.lines().map(str::to_owned).collect();
        let message = match (self.find(&lines), self.state, &self.option) {
            (None, Presence::Absent, _) => "OK",
            (None, Presence::Present, option) => {
                lines.extend(self.section.iter().map(|section| format!("[{section}]")));
                lines.extend(option.iter().flat_map(|option| self.lines(option)));
                if option.is_some() { "section and option added" } else { "only section added" }
            }
            (Some(_), Presence::Present, None) => "OK",
            (Some(range), Presence::Absent, None) => {
                lines.drain(range.start.saturating_sub(usize::from(self.section.is_some()))..range.end);
                "section removed"
            }
            (Some(range), Presence::Present, Some(option)) => self.set(&mut lines, range, option),
            (Some(range), Presence::Absent, Some(option)) => self.remove(&mut lines, range, option),
        };
        if lines.iter().map(String::as_str).eq(before.lines()) {
            return (found.to_owned(), "OK");
        }
        (lines.into_iter().map(|line| line + "\n").collect(), message)
    }

    /// The lines of the section, without the one that begins it.
    fn find(&self, lines: &[String]) -> Option<Range<usize>> {
        let begins: Vec<usize> = (0..lines.len()).filter(|at| header(&lines[*at]).is_some()).collect();
        let Some(section) = &self.section else {
            return Some(0..begins.first().copied().unwrap_or(lines.len()));
        };
        let ranges = begins.iter().enumerate().filter(|(_, at)| header(&lines[**at]) == Some(section));
        let mut ranges =
            ranges.map(|(number, at)| at + 1..begins.get(number + 1).copied().unwrap_or(lines.len()));
        ranges.find(|range| {
            let has = |option: &str, value: &str| {
                lines[range.clone()].iter().any(|line| {
                    entry(line)
                        .is_some_and(|entry| entry.is_active && (entry.name, entry.value) == (option, value))
                })
            };
            self.section_has_values.iter().all(|wanted| {
                wanted.values.iter().chain(&wanted.value).all(|value| has(&wanted.option, value))
            })
        })
    }

    fn values(&self) -> Vec<Option<&str>> {
        match (self.values.as_slice(), &self.value) {
            ([], value) => vec![value.as_deref()],
            (values, _) => values.iter().map(|value| Some(value.as_str())).collect(),
        }
    }

    fn line(&self, option: &str, value: Option<&str>) -> String {
        match value {
            None => option.to_owned(),
            Some(value) if self.no_extra_spaces => format!("{option}={value}"),
            Some(value) => format!("{option} = {value}").trim_end().to_owned(),
        }
    }

    fn lines(&self, option: &str) -> Vec<String> {
        self.values().into_iter().map(|value| self.line(option, value)).collect()
    }

    fn set(&self, lines: &mut Vec<String>, range: Range<usize>, option: &str) -> &'static str {
        let before = lines.clone();
        let candidates: Vec<usize> = range
            .clone()
            .filter(|at| {
                entry(&before[*at]).is_some_and(|entry| {
                    entry.name == option && (entry.is_active || self.modify_inactive_option)
                })
            })
            .collect();
        let mut free = candidates.clone();
        let mut missing = Vec::new();
        // Lines that have a value already keep it, those that are no comments first.
        for value in self.values() {
            let has = |at: &usize, active: bool| {
                entry(&before[*at]).is_some_and(|entry| {
                    entry.is_active == active && entry.value == value.unwrap_or_default()
                })
            };
            let found = free
                .iter()
                .position(|at| has(at, true))
                .or_else(|| free.iter().position(|at| has(at, false)));
            match found {
                Some(found) => {
                    let at = free.remove(found);
                    let line = self.line(option, value);
                    if !(self.ignore_spaces && has(&at, true)) {
                        lines[at] = line;
                    }
                }
                None => missing.push(value),
            }
        }
        let mut added = Vec::new();
        for value in missing {
            let reusable = free
                .iter()
                .position(|at| self.exclusive || entry(&before[*at]).is_some_and(|entry| !entry.is_active));
            match reusable {
                Some(found) => lines[free.remove(found)] = self.line(option, value),
                None => added.push(self.line(option, value)),
            }
        }
        let is_added = !added.is_empty();
        // Behind the last line that says something, so that blank lines still part the sections.
        let last = range.clone().rev().find(|at| !lines[*at].trim().is_empty());
        let place = last.map_or(range.start, |at| at + 1);
        lines.splice(place..place, added);
        if self.exclusive {
            let surplus =
                free.into_iter().filter(|at| entry(&before[*at]).is_some_and(|entry| entry.is_active));
            for at in surplus.collect::<Vec<_>>().into_iter().rev() {
                lines.remove(at);
            }
        }
        if is_added { "option added" } else { "option changed" }
    }

    fn remove(&self, lines: &mut Vec<String>, range: Range<usize>, option: &str) -> &'static str {
        let values: Vec<&str> = self.values().into_iter().flatten().collect();
        let goes = |line: &str| {
            entry(line).is_some_and(|entry| {
                entry.is_active
                    && entry.name == option
                    && (self.exclusive || values.is_empty() || values.contains(&entry.value))
            })
        };
        for at in range.rev() {
            if goes(&lines[at]) {
                lines.remove(at);
            }
        }
        "option changed"
    }
}

/// The name of the section that a line begins.
fn header(line: &str) -> Option<&str> {
    line.trim().strip_prefix('[')?.strip_suffix(']')
}

/// A line with an option.
struct Entry<'a> {
    name: &'a str,
    value: &'a str,
    is_active: bool,
}

fn entry(line: &str) -> Option<Entry<'_>> {
    let text = line.trim();
    let active = text.trim_start_matches(['#', ';']).trim_start();
    let is_active = active.len() == text.len();
    let (name, value) = active.split_once('=').unwrap_or((active, ""));
    let name = name.trim();
    (!name.is_empty() && header(line).is_none()).then_some(Entry { name, value: value.trim(), is_active })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_may_be_options() {
        let found = |line| entry(line).map(|entry| (entry.name, entry.value, entry.is_active));
        assert_eq!(found(" a = b = c "), Some(("a", "b = c", true)));
        assert_eq!(found("#a=b"), Some(("a", "b", false)));
        assert_eq!(found("; a"), Some(("a", "", false)));
        for line in ["", "#", "[a]"] {
            assert_eq!(found(line), None, "{line}");
        }
    }
}
