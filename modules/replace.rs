use module::{
    Arguments, EditedFile, FileArguments, HostPath, Module, NewContent, Outcome, PythonRegex,
    PythonReplacement, RegexFlags, Written,
};
use schemars::JsonSchema;
use serde::Deserialize;
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
    /// How characters are written in the file, by the name that Python has for it.
    #[serde(default = "utf_8")]
    encoding: String,
    /// Keep the file as it was beside it, under a name with the time.
    #[serde(default)]
    backup: bool,
    /// A program that has to accept the new file before it is put in place; `%s` stands for the file.
    validate: Option<String>,
    #[serde(flatten)]
    file: FileArguments,
}

fn utf_8() -> String {
    "utf-8".into()
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
        let file = EditedFile::open(host, &self.path, &self.encoding)?;
        if !file.exists() {
            let message = format!("Path {} does not exist !", file.path().display());
            return Err(Error::failed(message).with("rc", 257));
        }
        let text = file.content().to_vec();
        let pattern = self.section_pattern();
        let section =
            pattern.as_ref().map_or(Ok(Some((0, text.len()))), |pattern| section(pattern, &text))?;
        let Some((start, end)) = section else {
            let message = format!(
                "Pattern for before/after params did not match the given file: {}",
                pattern.unwrap_or_default()
            );
            return Ok(Outcome::new().with("msg", message).with("rc", 0));
        };
        let regex = PythonRegex::new(&self.regexp, RegexFlags { multi_line: true, ..RegexFlags::default() })?;
        // Playbooks look for these words.
        let unfit = |error: Error| error.context("Unable to process replace due to error");
        let replacement = PythonReplacement::new(&self.replace, &regex).map_err(unfit)?;
        let (section, count) = regex.replace_all(&text[start..end], &replacement)?;
        let replaced = count > 0 && section != text[start..end];
        let bytes = replaced.then(|| [&text[..start], &section, &text[end..]].concat());
        let new = NewContent {
            bytes,
            validate: self.validate.as_deref(),
            backup: self.backup,
            ..self.file.kept_content()
        };
        let Written { backup, attributes_changed } = file.write(host, new, self.file.marks())?;
        let message = match (replaced, attributes_changed) {
            (false, false) => String::new(),
            (false, true) => "ownership, perms or SE linux context changed".into(),
            (true, false) => format!("{count} replacements made"),
            (true, true) => {
                format!("{count} replacements made and ownership, perms or SE linux context changed")
            }
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
