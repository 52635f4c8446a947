use std::borrow::Cow;

use module::{
    Arguments, EditedFile, FileArguments, HostPath, Module, NewContent, Outcome, Presence, PythonRegex,
    PythonReplacement, RegexFlags, Written, mutually_exclusive,
};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Error, Result, System};

/// Makes sure that a line is in a file, or that it is not.
///
/// The line that `regexp` or `search_string` finds is replaced; if nothing is found the line is added, unless it is
/// there already. A new line ends as the one that it replaces or follows, with a line feed or as on Windows.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineInFile {
    /// Which file; if it is a symbolic link, what it leads to is changed.
    #[schemars(extend("aliases" = ["dest", "destfile", "name"]))]
    path: HostPath,
    /// Whether the line should be there.
    #[serde(default)]
    state: Presence,
    /// The line.
    #[schemars(extend("aliases" = ["value"]))]
    line: Option<String>,
    /// A regular expression, as in Python, for the line to replace: the last that matches. With `state: absent` all
    /// that match are removed. It should match the new line as well, or each run adds another.
    #[schemars(extend("aliases" = ["regex"]))]
    regexp: Option<String>,
    /// A text, instead of `regexp`: a line that has it anywhere is found.
    search_string: Option<String>,
    /// Put into `line` what the groups of `regexp` matched, at `\1` or `\g<name>`. If nothing matches, nothing changes.
    #[serde(default)]
    backrefs: bool,
    /// Add the line after the last line that this regular expression matches, or at the end of the file: `EOF`.
    insertafter: Option<String>,
    /// Add the line before the last line that this regular expression matches, or at the start of the file: `BOF`.
    insertbefore: Option<String>,
    /// Let `regexp`, `insertafter` and `insertbefore` mean the first line that matches and not the last.
    #[serde(default)]
    firstmatch: bool,
    /// Make the file if it is missing, and the directories above it.
    #[serde(default)]
    create: bool,
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

impl Arguments for LineInFile {
    const NAME: &'static str = "lineinfile";
    const EXAMPLES: &'static str = r#"
- name: Nobody logs in as root
  lineinfile:
    path: /etc/ssh/sshd_config
    regexp: ^#?\s*PermitRootLogin\b
    line: PermitRootLogin no
    validate: sshd -t -f %s

- name: More memory, whatever else is on the line
  lineinfile:
    path: /opt/app/bin/start
    regexp: ^(.*)-Xmx\d+[mg](.*)$
    line: \1-Xmx4g\2
    backrefs: true

- name: No old entry
  lineinfile:
    path: /etc/hosts
    search_string: old.example.com
    state: absent
"#;
}

type Line<'t> = Cow<'t, [u8]>;

impl Module for LineInFile {
    fn run(self, host: &mut System) -> Result<Outcome> {
        self.check()?;
        if self.state == Presence::Present {
            self.warn(host);
        }
        let file = EditedFile::open(host, &self.path, &self.encoding)?;
        if self.state == Presence::Absent && !file.exists() {
            return Ok(Outcome::new().with("msg", "file not present"));
        }
        let file = file.or_create("Destination", self.create)?;
        let is_new = !file.exists();
        let content = file.content().to_vec();
        let mut lines: Vec<Line<'_>> =
            content.split_inclusive(|byte| *byte == b'\n').map(Cow::Borrowed).collect();
        let (message, found) = match self.state {
            Presence::Present => (self.present(&mut lines)?.to_owned(), None),
            Presence::Absent => {
                let found = self.absent(&mut lines)?;
                (if found == 0 { String::new() } else { format!("{found} line(s) removed") }, Some(found))
            }
        };
        let new = NewContent {
            bytes: Some(lines.concat()).filter(|_| !message.is_empty()),
            validate: self.validate.as_deref(),
            backup: self.backup,
            ..self.file.kept_content()
        };
        let Written { backup, attributes_changed } = if file.exists() || new.bytes.is_some() {
            file.write(host, new, self.file.marks())?
        } else {
            Written::default()
        };
        // A new file gets its permissions after it is made.
        let wanted = self.file.has_attributes();
        let message = match (message.as_str(), attributes_changed || is_new && wanted) {
            (_, false) => message,
            ("", true) => "ownership, perms or SE linux context changed".into(),
            (_, true) => format!("{message} and ownership, perms or SE linux context changed"),
        };
        let backup = backup.map(|backup| backup.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Outcome::new().with("msg", message).with("backup", backup).with_some("found", found))
    }
}

impl LineInFile {
    fn check(&self) -> Result<()> {
        let (regexp, text) = (self.regexp.is_some(), self.search_string.is_some());
        let exclusive: [[(&str, bool); 2]; 3] = [
            [("insertbefore", self.insertbefore.is_some()), ("insertafter", self.insertafter.is_some())],
            [("regexp", regexp), ("search_string", text)],
            [("backrefs", self.backrefs), ("search_string", text)],
        ];
        exclusive.iter().try_for_each(|pair| mutually_exclusive(pair))?;
        // Playbooks look for these words.
        let wrong = |message: &str| Err(Error::failed(message));
        match (self.state, &self.line) {
            (Presence::Absent, None) if !regexp && !text => {
                wrong("one of line, search_string, or regexp is required with state=absent")
            }
            (Presence::Present, _) if self.backrefs && !regexp => {
                wrong("regexp is required with backrefs=true")
            }
            (Presence::Present, None) => wrong("line is required with state=present"),
            _ => Ok(()),
        }
    }

    /// What matches everything is seldom meant so.
    fn warn(&self, host: &mut System) {
        // Playbooks look for these words.
        let consequences = "This may have unintended consequences, such as replacing the last line in the file rather \
                            than appending.";
        if self.regexp.as_deref() == Some("") {
            host.warn(format!(
                "The regular expression is an empty string, which will match every line in the file. {consequences} If \
                 this is desired, use '^' to match every line in the file and avoid this warning."
            ));
        }
        if self.search_string.as_deref() == Some("") {
            host.warn(format!(
                "The search string is an empty string, which will match every line in the file. {consequences}"
            ));
        }
    }

    /// Says what it did; nothing if the line is there.
    fn present(&self, lines: &mut Vec<Line<'_>>) -> Result<&'static str> {
        let line = self.line.as_deref().unwrap_or_default();
        let line = line.strip_suffix('\n').unwrap_or(line).as_bytes();
        if let Some((index, replacement)) = self.replaced(lines, line)? {
            return Ok(replace(lines, index, replacement));
        }
        let place = self.place(lines, line)?;
        match place {
            Place::Exact(index) => Ok(replace(lines, index, line.to_vec())),
            _ if self.backrefs => Ok(""),
            Place::Nowhere
                if self.insertbefore.as_deref() == Some("BOF")
                    || self.insertafter.as_deref() == Some("BOF") =>
            {
                insert(lines, 0, line);
                Ok("line added")
            }
            Place::Nowhere => {
                insert(lines, lines.len(), line);
                Ok("line added")
            }
            Place::After(index)
                if lines.get(index).or(lines.last()).is_some_and(|found| without_end(found) == line) =>
            {
                Ok("")
            }
            Place::After(index) | Place::Before(index) => {
                insert(lines, index, line);
                Ok("line added")
            }
        }
    }

    /// The line that `regexp` or `search_string` finds, and what it becomes.
    fn replaced(&self, lines: &[Line<'_>], line: &[u8]) -> Result<Option<(usize, Vec<u8>)>> {
        let mut last = None;
        if let Some(pattern) = &self.regexp {
            let regex = PythonRegex::new(pattern, BYTES)?;
            let text = String::from_utf8_lossy(line);
            let replacement = if self.backrefs { Some(PythonReplacement::new(&text, &regex)?) } else { None };
            for (index, found) in lines.iter().enumerate() {
                let Some(found) = regex.find(found)? else { continue };
                let mut new = Vec::new();
                match &replacement {
                    Some(replacement) => replacement.expand(&found, &mut new),
                    None => new.extend_from_slice(line),
                }
                last = Some((index, new));
                if self.firstmatch {
                    break;
                }
            }
        } else if let Some(text) = &self.search_string {
            let mut found = lines.iter().enumerate().filter(|(_, found)| contains(found, text.as_bytes()));
            let found = if self.firstmatch { found.next() } else { found.next_back() };
            last = found.map(|(index, _)| (index, line.to_vec()));
        }
        Ok(last)
    }

    /// Where a line belongs that nothing has found.
    fn place(&self, lines: &[Line<'_>], line: &[u8]) -> Result<Place> {
        let pattern = match (self.insertafter.as_deref(), self.insertbefore.as_deref()) {
            (Some(after), _) if !matches!(after, "EOF" | "BOF") => Some(after),
            (_, Some(before)) if before != "BOF" => Some(before),
            _ => None,
        };
        let regex = pattern.map(|pattern| PythonRegex::new(pattern, BYTES)).transpose()?;
        let (mut exact, mut beside) = (None, None);
        for (index, found) in lines.iter().enumerate() {
            if without_end(found) == line {
                exact = Some(index);
            } else if let Some(regex) = &regex
                && regex.is_match(found)?
            {
                beside = Some(index);
                if self.firstmatch {
                    break;
                }
            }
        }
        Ok(match (exact, beside) {
            (Some(index), _) => Place::Exact(index),
            (None, Some(index)) if self.insertafter.is_some() => Place::After(index + 1),
            (None, Some(index)) => Place::Before(index),
            (None, None) => Place::Nowhere,
        })
    }

    /// How many lines it took away.
    fn absent(&self, lines: &mut Vec<Line<'_>>) -> Result<usize> {
        let regex = self.regexp.as_deref().map(|pattern| PythonRegex::new(pattern, BYTES)).transpose()?;
        let line = self.line.as_deref().unwrap_or_default().as_bytes();
        let mut kept = Vec::with_capacity(lines.len());
        for found in lines.iter() {
            let goes = match (&regex, &self.search_string) {
                (Some(regex), _) => regex.is_match(found)?,
                (None, Some(text)) => contains(found, text.as_bytes()),
                (None, None) => without_end(found) == line,
            };
            if !goes {
                kept.push(found.clone());
            }
        }
        let removed = lines.len() - kept.len();
        *lines = kept;
        Ok(removed)
    }
}

const BYTES: RegexFlags = RegexFlags { bytes: true, multi_line: false, dot_matches_all: false };

/// Where a line belongs.
enum Place {
    /// It is there, as this line.
    Exact(usize),
    /// Right after the line before this index.
    After(usize),
    /// Right before the line at this index.
    Before(usize),
    /// At the start or end of the file.
    Nowhere,
}

fn without_end(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
    &line[..end]
}

fn contains(line: &[u8], text: &[u8]) -> bool {
    text.is_empty() || line.windows(text.len()).any(|window| window == text)
}

/// How lines beside this one end.
fn line_end(line: Option<&Line<'_>>) -> &'static [u8] {
    if line.is_some_and(|line| line.ends_with(b"\r\n")) { b"\r\n" } else { b"\n" }
}

fn replace(lines: &mut [Line<'_>], index: usize, mut new: Vec<u8>) -> &'static str {
    if !new.ends_with(b"\n") {
        new.extend_from_slice(line_end(lines.get(index)));
    }
    match lines.get_mut(index) {
        Some(line) if **line != new => {
            *line = Cow::Owned(new);
            "line replaced"
        }
        _ => "",
    }
}

fn insert(lines: &mut Vec<Line<'_>>, index: usize, line: &[u8]) {
    let end = line_end(lines.get(index.saturating_sub(1)));
    if let Some(before) = index.checked_sub(1).and_then(|before| lines.get_mut(before))
        && !before.ends_with(b"\n")
    {
        before.to_mut().extend_from_slice(end);
    }
    lines.insert(index, Cow::Owned([line, end].concat()));
}
