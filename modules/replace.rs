use module::{
    Arguments, EditedFile, HostPath, Mode, Module, NewContent, Outcome, PythonRegex, PythonReplacement,
    RegexFlags, Written,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Error, Result, System};

/// Replaces all that a regular expression matches in a file.
///
/// `^` and `$` match at every line. The file is changed as often as the expression matches, so it should not match the
/// replacement.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replace {
    /// Which file; if it is a symbolic link, what it leads to is changed.
    #[schemars(extend("aliases" = ["dest", "destfile", "name"]))]
    path: HostPath,
    /// The regular expression, as in Python.
    regexp: String,
    /// What each match becomes: `\1` and `\g<name>` stand for what the groups matched. Without it matches are removed.
    #[serde(default)]
    replace: String,
    /// Replace only what comes after the first match of this regular expression, in which `.` matches line ends too.
    after: Option<String>,
    /// Replace only what comes before the first match of this regular expression, in which `.` matches line ends too.
    before: Option<String>,
    /// How characters are written in the file.
    #[serde(default)]
    encoding: Encoding,
    /// Keep the file as it was beside it, under a name with the time.
    #[serde(default)]
    backup: bool,
    /// A program that has to accept the new file before it is put in place; `%s` stands for the file.
    validate: Option<String>,
    /// Owner, by name or number.
    owner: Option<String>,
    /// Group, by name or number.
    group: Option<String>,
    /// Permissions: an octal number in quotes, or symbols such as `u=rw,go=r`.
    mode: Option<Mode>,
    /// Accepted for compatibility: flags of chattr(1) are not set.
    #[schemars(extend("aliases" = ["attr"]))]
    #[allow(dead_code)]
    attributes: Option<String>,
    /// Accepted for compatibility: files are always replaced in one step.
    #[serde(default)]
    #[allow(dead_code)]
    unsafe_writes: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
enum Encoding {
    /// UTF-8; bytes that are none stay as they are.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// The same.
    #[serde(rename = "utf8")]
    Utf8Short,
    /// The same.
    #[serde(rename = "UTF-8")]
    Utf8Upper,
    /// A part of UTF-8.
    #[serde(rename = "ascii")]
    Ascii,
    /// One byte per character, as in western Europe.
    #[serde(rename = "latin-1")]
    Latin1,
    /// The same.
    #[serde(rename = "latin1")]
    Latin1Short,
    /// The same.
    #[serde(rename = "iso-8859-1")]
    Iso8859,
}

impl Encoding {
    fn is_latin(self) -> bool {
        matches!(self, Encoding::Latin1 | Encoding::Latin1Short | Encoding::Iso8859)
    }

    fn decode(self, bytes: &[u8]) -> Vec<u8> {
        if self.is_latin() {
            bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes()
        } else {
            bytes.to_vec()
        }
    }

    fn encode(self, text: Vec<u8>) -> Result<Vec<u8>> {
        if !self.is_latin() {
            return Ok(text);
        }
        let byte = |character: char| {
            u8::try_from(character)
                .map_err(|_| Error::failed(format!("'{character}' can't be written in Latin-1")))
        };
        String::from_utf8_lossy(&text).chars().map(byte).collect()
    }
}

impl Arguments for Replace {
    const NAME: &'static str = "replace";
    const EXAMPLES: &'static str = r#"
- name: The host has a new name
  replace:
    path: /etc/hosts
    regexp: (\s+)old\.example\.com(\s+.*)?$
    replace: \1new.example.com\2

- name: Only in one section
  replace:
    path: /etc/app.ini
    after: ^\[server\]
    before: ^\[client\]
    regexp: ^port = .*$
    replace: port = 8080
"#;
}

impl Module for Replace {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let file = EditedFile::open(host, &self.path)?;
        if !file.exists() {
            let message = format!("Path {} does not exist !", file.path().display());
            return Err(Error::failed(message).with("rc", 257));
        }
        let text = self.encoding.decode(file.content());
        let pattern = self.section_pattern();
        let section = pattern.as_ref().map_or(Ok(Some((0, text.len()))), |pattern| section(pattern, &text))?;
        let Some((start, end)) = section else {
            let message = format!(
                "Pattern for before/after params did not match the given file: {}",
                pattern.unwrap_or_default()
            );
            return Ok(Outcome::new().with("msg", message).with("rc", 0));
        };
        let regex = PythonRegex::new(&self.regexp, RegexFlags { multi_line: true, ..RegexFlags::default() })?;
        let replacement = PythonReplacement::new(&self.replace, &regex)?;
        let (section, count) = regex.replace_all(&text[start..end], &replacement)?;
        let replaced = count > 0 && section != text[start..end];
        let bytes = match replaced {
            true => Some(self.encoding.encode([&text[..start], &section, &text[end..]].concat())?),
            false => None,
        };
        let new = NewContent {
            bytes,
            validate: self.validate.as_deref(),
            backup: self.backup,
            owner: self.owner.as_deref(),
            group: self.group.as_deref(),
            mode: self.mode.as_ref(),
        };
        let Written { backup, attributes_changed } = file.write(host, new)?;
        let message = match (replaced, attributes_changed) {
            (false, false) => String::new(),
            (false, true) => "ownership, perms or SE linux context changed".into(),
            (true, false) => format!("{count} replacements made"),
            (true, true) => format!("{count} replacements made and ownership, perms or SE linux context changed"),
        };
        let backup = backup.map(|backup| backup.to_string_lossy().into_owned());
        Ok(Outcome::new().with("msg", message).with("rc", 0).with_some("backup_file", backup))
    }
}

impl Replace {
    /// What finds the part of the text in which to replace; `None` if that is all of it.
    fn section_pattern(&self) -> Option<String> {
        match (&self.after, &self.before) {
            (None, None) => None,
            (Some(after), None) => Some(format!("{after}(?P<subsection>.*)")),
            (None, Some(before)) => Some(format!("(?P<subsection>.*){before}")),
            (Some(after), Some(before)) => Some(format!("{after}(?P<subsection>.*?){before}")),
        }
    }
}

fn section(pattern: &str, text: &[u8]) -> Result<Option<(usize, usize)>> {
    let regex = PythonRegex::new(pattern, RegexFlags { dot_matches_all: true, ..RegexFlags::default() })?;
    let group = regex.group("subsection").unwrap_or_default();
    Ok(regex.find(text)?.and_then(|found| found.group_range(group)).map(|range| (range.start, range.end)))
}
