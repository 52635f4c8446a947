//! Files of settings in sections, as Python's configparser reads them.

use indexmap::IndexMap;

use crate::outcome::{Outcome, Stop};

/// The section whose settings all others have too.
pub(crate) const DEFAULT: &str = "DEFAULT";

/// So often a value may refer to another that refers to another.
const DEPTH_LIMIT: usize = 10;

/// How a file is read.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    /// Whether the case of keys matters; else they are in small letters.
    pub(crate) case_sensitive: bool,
    /// Whether a key may stand alone.
    pub(crate) allow_no_value: bool,
    /// Whether `%(key)s` in a value stands for another one.
    pub(crate) interpolation: bool,
}

type Section = IndexMap<String, Option<String>>;

/// What such a file holds.
pub(crate) struct SettingsFile {
    sections: IndexMap<String, Section>,
    reading: Reading,
}

impl SettingsFile {
    /// Reads a file's text; its name is for errors.
    ///
    /// # Errors
    /// A line is none that can stand there, or a section or key is there twice.
    pub(crate) fn read(text: &str, name: &str, reading: Reading) -> Outcome<SettingsFile> {
        let mut file = SettingsFile { sections: IndexMap::new(), reading };
        let mut section: Option<String> = None;
        let mut key: Option<(String, usize)> = None;
        for (index, line) in text.lines().enumerate() {
            let bare = line.trim();
            let number = index + 1;
            if bare.starts_with(['#', ';']) {
                continue;
            }
            if bare.is_empty() {
                if let (Some(section), Some((key, _))) = (&section, &key) {
                    file.go_on(section, key, "");
                }
                continue;
            }
            let indent = line.len() - line.trim_start().len();
            if let (Some(section), Some((key, of_key))) = (&section, &key)
                && indent > *of_key
            {
                file.go_on(section, key, bare);
                continue;
            }
            if let Some((header, _)) = bare.strip_prefix('[').and_then(|rest| rest.rsplit_once(']')) {
                if file.sections.contains_key(header) && header != DEFAULT {
                    return Err(Stop::new(format!(
                        "Duplicate section in '{name}': section '{header}' already exists in line {number}"
                    )));
                }
                file.sections.entry(header.to_owned()).or_default();
                section = Some(header.to_owned());
                key = None;
                continue;
            }
            let Some(section) = &section else {
                return Err(Stop::new(format!(
                    "File contains no section headers: '{name}', line {number}: {bare:?}"
                )));
            };
            let (found, value) = match bare.find(['=', ':']) {
                Some(at) => (bare[..at].trim(), Some(bare[at + 1..].trim().to_owned())),
                None if reading.allow_no_value => (bare, None),
                None => {
                    return Err(Stop::new(format!(
                        "Source contains parsing errors: '{name}' [line {number}]: {bare:?}"
                    )));
                }
            };
            let found = file.folded(found);
            let entries = file.sections.entry(section.clone()).or_default();
            if entries.insert(found.clone(), value).is_some() {
                return Err(Stop::new(format!(
                    "Duplicate option in '{name}': option '{found}' in section '{section}' already exists in line {number}"
                )));
            }
            key = Some((found, indent));
        }
        for value in file.sections.values_mut().flat_map(IndexMap::values_mut).flatten() {
            value.truncate(value.trim_end().len());
        }
        Ok(file)
    }

    /// A value that goes on in another line.
    fn go_on(&mut self, section: &str, key: &str, line: &str) {
        if let Some(Some(value)) = self.sections.get_mut(section).and_then(|entries| entries.get_mut(key)) {
            value.push('\n');
            value.push_str(line);
        }
    }

    fn folded(&self, key: &str) -> String {
        if self.reading.case_sensitive { key.to_owned() } else { key.to_lowercase() }
    }

    /// Whether there is a section of this name.
    pub(crate) fn has_section(&self, section: &str) -> bool {
        section != DEFAULT && self.sections.contains_key(section)
    }

    /// The names of all sections, that of the defaults among them.
    pub(crate) fn sections(&self) -> impl Iterator<Item = &str> {
        self.sections.keys().map(String::as_str)
    }

    /// The keys of the defaults, then those that the section adds.
    pub(crate) fn keys(&self, section: &str) -> impl Iterator<Item = &str> {
        let defaults = self.sections.get(DEFAULT);
        let own = self.sections.get(section).into_iter().flat_map(IndexMap::keys);
        let own = own.filter(move |key| !defaults.is_some_and(|defaults| defaults.contains_key(*key)));
        defaults.into_iter().flat_map(IndexMap::keys).chain(own).map(String::as_str)
    }

    fn raw(&self, section: &str, key: &str) -> Option<&Option<String>> {
        let key = self.folded(key);
        [section, DEFAULT].into_iter().find_map(|section| self.sections.get(section)?.get(&key))
    }

    /// A setting: nothing if it is not there, and nothing in it if it has no value.
    ///
    /// # Errors
    /// It refers to one that is not there, or in a way that is none.
    pub(crate) fn get(&self, section: &str, key: &str) -> Outcome<Option<Option<String>>> {
        match self.raw(section, key) {
            None => Ok(None),
            Some(None) => Ok(Some(None)),
            Some(Some(value)) if self.reading.interpolation => {
                Ok(Some(Some(self.interpolated(section, key, value, 0)?)))
            }
            Some(value) => Ok(Some(value.clone())),
        }
    }

    fn interpolated(&self, section: &str, key: &str, value: &str, depth: usize) -> Outcome<String> {
        if depth > DEPTH_LIMIT {
            return Err(Stop::new(format!("'{key}' in section '{section}' refers to too many others")));
        }
        let mut out = String::new();
        let mut rest = value;
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            if let Some(behind) = after.strip_prefix('%') {
                out.push('%');
                rest = behind;
                continue;
            }
            let Some((other, behind)) = after.strip_prefix('(').and_then(|inner| inner.split_once(")s"))
            else {
                return Err(Stop::new(format!(
                    "in '{key}' of section '{section}', '%' must be followed by '%' or '(', found: '{}'",
                    &rest[at..]
                )));
            };
            let Some(Some(found)) = self.raw(section, other) else {
                return Err(Stop::new(format!(
                    "'{key}' of section '{section}' refers to '{other}', which is not there"
                )));
            };
            out.push_str(&self.interpolated(section, other, found, depth + 1)?);
            rest = behind;
        }
        Ok(out + rest)
    }
}
