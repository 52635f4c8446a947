use diag::{Error, Errors, Span, did_you_mean};
use indexmap::IndexMap;
use value::{Text, Value};

use crate::candidate::Candidate;
use crate::group::{GroupName, UNGROUPED};
use crate::host_range::expand_entry;
use crate::input::Input;
use crate::inventory::Inventory;
use crate::reader::Plugin;
use crate::registry::Registry;
use crate::{literal, shell_words};

/// An INI file: sections are groups, lines are hosts.
pub(crate) const PLUGIN: Plugin = Plugin { name: "ini", accepts: |candidate, _| !candidate.is_list(), read };

/// Reads an INI inventory.
///
/// # Errors
///
/// All lines that can't be read.
fn read(candidate: &Candidate, inventory: &mut Inventory) -> Result<(), Errors> {
    let input = candidate.input()?;
    let mut reader = Reader {
        input,
        registry: &mut inventory.registry,
        section: (UNGROUPED.into(), Kind::Hosts),
        pending: IndexMap::new(),
        errors: Errors::new(),
    };
    let mut start = 0;
    for line in input.text().split_inclusive('\n') {
        reader.line(line, start);
        start += line.len();
    }
    reader.finish()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Hosts,
    Children,
    Vars,
}

struct Reader<'a> {
    input: &'a Input,
    registry: &'a mut Registry,
    section: (GroupName, Kind),
    /// Groups that are used, but not declared yet.
    pending: IndexMap<GroupName, Vec<Use>>,
    errors: Errors,
}

/// Where a group is used, and the group whose child it becomes.
struct Use {
    place: Span,
    parent: Option<GroupName>,
}

impl Reader<'_> {
    fn line(&mut self, line: &str, start: usize) {
        let text = line.trim().trim_start_matches('\u{feff}').trim_start();
        let start = start + line.find(text).unwrap_or(0);
        if text.is_empty() || text.starts_with(['#', ';']) {
            return;
        }
        let result = match header(text) {
            Some(Ok((name, kind))) => self.open(name, kind, start),
            Some(Err(message)) => Err(Error::new(message).at(&self.span(start, text.len()))),
            None => match self.section.1 {
                Kind::Hosts => self.host(text, start),
                Kind::Children => self.child(text, start),
                Kind::Vars => self.variable(text, start),
            },
        };
        self.errors.take(result);
    }

    fn span(&self, start: usize, length: usize) -> Span {
        self.input.span(start, start + length)
    }

    fn open(&mut self, name: &str, kind: &str, start: usize) -> diag::Result<()> {
        // The `[` comes first.
        let place = self.span(start + 1, name.len());
        let kind_place = self.span(start + 1 + name.len() + 1, kind.len());
        let kind = match kind {
            "" | "hosts" => Kind::Hosts,
            "children" => Kind::Children,
            "vars" => Kind::Vars,
            other => {
                // Lines that follow would be misread too.
                self.section.1 = Kind::Hosts;
                return Err(Error::new(format!("a section can't be of the kind ':{other}'"))
                    .at(&kind_place)
                    .hint_some(did_you_mean(other, ["hosts", "vars", "children"]))
                    .hint("the kinds are [GROUP], [GROUP:vars] and [GROUP:children]"));
            }
        };
        let name = self.registry.valid_group_name(name, Some(&place));
        let is_new = !self.registry.groups.contains_key(&name);
        self.registry.declare_group(&name, Some(&place));
        self.section = (name.clone(), kind);
        if kind == Kind::Vars {
            if is_new {
                self.pending.entry(name).or_default().push(Use { place, parent: None });
            }
            return Ok(());
        }
        for Use { place, parent } in self.pending.shift_remove(&name).unwrap_or_default() {
            if let Some(parent) = parent {
                self.registry.adopt(&parent, &name).map_err(|error| error.at(&place))?;
            }
        }
        Ok(())
    }

    fn host(&mut self, text: &str, start: usize) -> diag::Result<()> {
        let words = shell_words::split(text).map_err(|at| {
            Error::new("a quote is not closed")
                .at(&self.span(start + at, 1))
                .hint("write \\' or \\\" for a quote itself")
        })?;
        let mut words = words.into_iter();
        let Some(entry) = words.next() else { return Ok(()) };
        let place = self.span(start + entry.start, entry.end - entry.start);
        let (names, port) = expand_entry(&entry.text).map_err(|message| Error::new(message).at(&place))?;
        let mut variables: Vec<(Value, Value, Span)> = Vec::new();
        for word in words {
            let place = self.span(start + word.start, word.end - word.start);
            let Some((name, value)) = word.text.split_once('=') else {
                return Err(Error::new(format!("'{}' is not a variable of the form NAME=VALUE", word.text))
                    .at(&place)
                    .hint("write no blanks around '=', and put values with blanks in quotes"));
            };
            variables.push((self.name(name, &place), self.value(value, &place), place));
        }
        for name in names {
            let host = self.registry.declare_host(&name);
            self.registry.join(&host, &self.section.0);
            if let Some(port) = port {
                self.registry.set_host_variable(
                    &host,
                    "ansible_port".into(),
                    u32::from(port).into(),
                    Some(&place),
                );
            }
            for (name, value, place) in &variables {
                self.registry.set_host_variable(&host, name.clone(), value.clone(), Some(place));
            }
        }
        Ok(())
    }

    fn child(&mut self, text: &str, start: usize) -> diag::Result<()> {
        let name = text.split_once('#').map_or(text, |(name, _)| name).trim_end();
        let place = self.span(start, name.len());
        if name.contains([':', ']']) || name.contains(char::is_whitespace) {
            return Err(Error::new(format!("'{name}' is not a group's name"))
                .at(&place)
                .hint("a section [GROUP:children] holds one group's name on each line"));
        }
        let name = self.registry.valid_group_name(name, Some(&place));
        let parent = self.section.0.clone();
        if self.registry.groups.contains_key(&name) && !self.pending.contains_key(&name) {
            return self.registry.adopt(&parent, &name).map_err(|error| error.at(&place));
        }
        self.pending.entry(name).or_default().push(Use { place, parent: Some(parent) });
        Ok(())
    }

    fn variable(&mut self, text: &str, start: usize) -> diag::Result<()> {
        let place = self.span(start, text.len());
        let Some((name, value)) = text.split_once('=') else {
            return Err(Error::new(format!("'{text}' is not a variable of the form NAME=VALUE")).at(&place));
        };
        let name = self.name(name.trim(), &place);
        let value = self.value(value.trim(), &place);
        let group = self.section.0.clone();
        if let Err(error) = self.registry.set_group_variable(&group, name, value, Some(&place)) {
            return Err(error.at(&place));
        }
        Ok(())
    }

    fn name(&self, name: &str, place: &Span) -> Value {
        Value::String(self.input.string(name, place).untrusted())
    }

    /// A Python literal, or else a string.
    fn value(&self, text: &str, place: &Span) -> Value {
        let mut string = |text: &Text| self.input.string(text, place);
        literal::parse(text).unwrap_or_else(|| Value::from(text)).map_text(&mut string)
    }

    /// What is used must have been declared by now.
    fn finish(mut self) -> Result<(), Errors> {
        for (name, uses) in &self.pending {
            let declared = self.registry.groups.keys().filter(|group| !self.pending.contains_key(*group));
            let hint = did_you_mean(name, declared.map(|group| &**group));
            for Use { place, .. } in uses {
                self.errors.push(
                    Error::new(format!("there is no group '{name}'"))
                        .at(place)
                        .hint_some(hint.clone())
                        .hint(format!("declare it with a section [{name}]")),
                );
            }
        }
        if self.errors.any() { Err(self.input.conceal_errors(self.errors)) } else { Ok(()) }
    }
}

/// The name and kind of a section's header, what is wrong with it, or `None` if the line is no header.
fn header(line: &str) -> Option<Result<(&str, &str), String>> {
    let rest = line.strip_prefix('[')?;
    if !rest.contains(']') {
        return Some(Err(format!("'{line}' is not a section: its bracket is not closed")));
    }
    if let Some((inner, after)) = rest.split_once(']') {
        let (name, kind) = inner.split_once(':').unwrap_or((inner, ""));
        let after = after.trim_start();
        let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
        let is_kind = kind.chars().all(|character| character.is_alphanumeric() || character == '_')
            && (inner.contains(':') != kind.is_empty());
        if is_name && is_kind && (after.is_empty() || after.starts_with('#')) {
            return Some(Ok((name, kind)));
        }
    }
    line.ends_with(']').then(|| Err(format!("'{line}' is not a section: names have no blanks in them")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_told_from_hosts() {
        for (line, expected) in [
            ("[web]", Some(Ok(("web", "")))),
            ("[web] # comment", Some(Ok(("web", "")))),
            ("[web:vars]", Some(Ok(("web", "vars")))),
            ("[::1]:22", None),
            ("[::1]:22 x=1", None),
            (
                "[a:b]-[1:2]",
                Some(Err("'[a:b]-[1:2]' is not a section: names have no blanks in them".to_owned())),
            ),
            ("web", None),
        ] {
            assert_eq!(header(line), expected, "{line}");
        }
        for line in ["[we b]", "[web", "[]", "[web:]", "[:vars]", "[a:b c]"] {
            assert!(matches!(header(line), Some(Err(_))), "{line}");
        }
    }
}
