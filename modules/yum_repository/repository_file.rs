use std::path::Path;

use system::{Error, Result};

/// The sections of a file of repositories, as dnf and Python's `configparser` read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RepositoryFile {
    sections: Vec<(String, Vec<Setting>)>,
}

/// An option's name, in lower case, and value; the value may have several lines.
pub(super) type Setting = (String, String);

impl RepositoryFile {
    /// Reads it. Comments are no part of it.
    ///
    /// # Errors
    /// A line says nothing that can be understood, or something a second time; `path` is for the message.
    pub(super) fn parse(text: &str, path: &Path) -> Result<RepositoryFile> {
        let mut sections: Vec<(String, Vec<Setting>)> = Vec::new();
        // Lines that are further in than their option's own continue its value.
        let (mut margin, mut continues) = (0, false);
        for (number, line) in text.lines().enumerate() {
            let failed = |what: &str| {
                Error::failed(format!(
                    "{} is no file of repositories: line {} {what}",
                    path.display(),
                    number + 1
                ))
            };
            let said = line.trim();
            let setting = sections.last_mut().and_then(|(_, settings)| settings.last_mut());
            if said.starts_with(['#', ';']) {
                continue;
            }
            if said.is_empty() {
                if let Some((_, value)) = setting.filter(|_| continues) {
                    value.push('\n');
                }
                continue;
            }
            let indent = line.len() - line.trim_start().len();
            if let Some((_, value)) = setting.filter(|_| continues && indent > margin) {
                value.push('\n');
                value.push_str(said);
                continue;
            }
            margin = indent;
            if let Some((name, _)) = said.strip_prefix('[').and_then(|rest| rest.rsplit_once(']')) {
                if sections.iter().any(|(known, _)| known == name) {
                    return Err(failed(&format!("begins the section '{name}' a second time")));
                }
                sections.push((name.to_owned(), Vec::new()));
                continues = false;
                continue;
            }
            let (_, settings) = sections.last_mut().ok_or_else(|| failed("is in no section"))?;
            let (name, value) = said.split_once(['=', ':']).ok_or_else(|| failed("has no value"))?;
            let name = name.trim().to_lowercase();
            if settings.iter().any(|(known, _)| *known == name) {
                return Err(failed(&format!("sets '{name}' a second time")));
            }
            settings.push((name, value.trim().to_owned()));
            continues = true;
        }
        for (_, value) in sections.iter_mut().flat_map(|(_, settings)| settings) {
            value.truncate(value.trim_end().len());
        }
        Ok(RepositoryFile { sections })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// Takes a section out.
    pub(super) fn remove(&mut self, name: &str) {
        self.sections.retain(|(known, _)| known != name);
    }

    /// Gives a section these settings and no others.
    pub(super) fn set(&mut self, name: &str, settings: Vec<Setting>) {
        self.remove(name);
        self.sections.push((name.to_owned(), settings));
    }

    /// Whether both say the same, in whatever order.
    pub(super) fn says_the_same(&self, other: &RepositoryFile) -> bool {
        self.sorted() == other.sorted()
    }

    fn sorted(&self) -> Vec<(String, Vec<Setting>)> {
        let mut sections = self.sections.clone();
        sections.iter_mut().for_each(|(_, settings)| settings.sort());
        sections.sort();
        sections
    }

    /// It as text.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (name, settings) in &self.sections {
            text.push_str(&format!("[{name}]\n"));
            for (name, value) in settings {
                text.push_str(&format!("{name} = {}\n", value.replace('\n', "\n\t")));
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<RepositoryFile> {
        RepositoryFile::parse(text, Path::new("/x.repo"))
    }

    #[test]
    fn a_file_is_read_and_written() {
        let text = "# ours\n[z]\nName=Z # z\nbaseurl: q\n# inner\n\n  w\n\n; x\n[a]\n b = c\n d=\n";
        let file = parsed(text).unwrap();
        assert_eq!(file.text(), "[z]\nname = Z # z\nbaseurl = q\n\t\n\tw\n\n[a]\nb = c\nd = \n\n");
        assert!(parsed(&file.text()).unwrap().says_the_same(&file));
        assert!(parsed("\n# nothing\n").unwrap().is_empty());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (text, message) in [
            ("a = b\n", "line 1 is in no section"),
            ("[a]\nb\n", "line 2 has no value"),
            ("[a]\n[b]\n[a]\n", "line 3 begins the section 'a' a second time"),
            ("[a]\nb = 1\nB = 2\n", "line 3 sets 'b' a second time"),
        ] {
            let error = parsed(text).unwrap_err().to_string();
            assert!(error.ends_with(message), "{error}");
        }
    }
}
