use module::{
    Arguments, EditedFile, FileArguments, HostPath, Module, NewContent, Outcome, Presence, PythonRegex,
    RegexFlags, Written, mutually_exclusive,
};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Result, System};

/// Makes sure that a block of lines is in a file, or that it is not. Lines before and after the block mark it.
///
/// A file that has no such block is left as it is where the block shall not be there.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlockInFile {
    /// Which file; if it is a symbolic link, what it leads to is changed.
    #[schemars(extend("aliases" = ["dest", "destfile", "name"]))]
    path: HostPath,
    /// Whether the block should be there.
    #[serde(default)]
    state: Presence,
    /// The lines between the marks. Without any the block is removed.
    #[schemars(extend("aliases" = ["content"]))]
    #[serde(default)]
    block: String,
    /// What the marks look like: lines that mean nothing to whoever reads the file. `{mark}` stands for what tells the
    /// first from the last. Several blocks of a file need different marks.
    #[serde(default = "marker")]
    marker: String,
    /// What stands for `{mark}` in the line before the block.
    #[serde(default = "begin")]
    marker_begin: String,
    /// What stands for `{mark}` in the line after the block.
    #[serde(default = "end")]
    marker_end: String,
    /// Put a new block after the last line that this regular expression matches, or at the end of the file: `EOF`. If
    /// nothing matches, it goes to the end.
    insertafter: Option<String>,
    /// Put a new block before the last line that this regular expression matches, or at the start of the file: `BOF`.
    insertbefore: Option<String>,
    /// Make the file if it is missing, and the directories above it; with `state: absent` it may then be missing.
    #[serde(default)]
    create: bool,
    /// See to an empty line after the block, if it is not at the end of the file.
    #[serde(default)]
    append_newline: bool,
    /// See to an empty line before the block, if it is not at the start of the file.
    #[serde(default)]
    prepend_newline: bool,
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

fn marker() -> String {
    "# {mark} ANSIBLE MANAGED BLOCK".into()
}

fn begin() -> String {
    "BEGIN".into()
}

fn end() -> String {
    "END".into()
}

fn utf_8() -> String {
    "utf-8".into()
}

impl Arguments for BlockInFile {
    const NAME: &'static str = "blockinfile";
    const EXAMPLES: &'static str = r##"
- name: Names of our hosts
  blockinfile:
    path: /etc/hosts
    marker: "# {mark} our hosts"
    block: |
      192.0.2.10 db.example.com db
      192.0.2.11 web.example.com web

- name: No exception any more
  blockinfile:
    path: /etc/ssh/sshd_config
    marker: "# {mark} exception"
    state: absent
"##;
}

impl Module for BlockInFile {
    fn run(self, host: &mut System) -> Result<Outcome> {
        mutually_exclusive(&[
            ("insertbefore", self.insertbefore.is_some()),
            ("insertafter", self.insertafter.is_some()),
        ])?;
        let file = EditedFile::open(host, &self.path, &self.encoding)?;
        let file = file.or_create("Path", self.create)?;
        if self.state == Presence::Absent && !file.exists() {
            return Ok(Outcome::new().with("msg", format!("file {} not present", file.path().display())));
        }
        let content = self.edit(file.content())?;
        let message = match &content {
            _ if !file.exists() => "File created",
            content if content == file.content() => "",
            _ if self.lines().is_empty() => "Block removed",
            _ => "Block inserted",
        };
        let new = NewContent {
            bytes: Some(content),
            validate: self.validate.as_deref(),
            backup: self.backup,
            ..self.file.kept_content()
        };
        let Written { backup, attributes_changed } = file.write(host, new, self.file.marks())?;
        let message = match (message, attributes_changed) {
            (message, false) => message.into(),
            ("", true) => "ownership, perms or SE linux context changed".into(),
            (message, true) => format!("{message} and ownership, perms or SE linux context changed"),
        };
        let backup = backup.map(|backup| backup.to_string_lossy().into_owned());
        Ok(Outcome::new().with("msg", message).with_some("backup_file", backup))
    }
}

impl BlockInFile {
    /// The lines that shall be there, with the marks.
    fn lines(&self) -> Vec<Vec<u8>> {
        if self.state == Presence::Absent || self.block.is_empty() {
            return Vec::new();
        }
        let block = self.block.strip_suffix('\n').unwrap_or(&self.block);
        let block = block.split_inclusive('\n').map(|line| line.strip_suffix('\n').unwrap_or(line));
        let block = if self.block == "\n" { vec![""] } else { block.collect() };
        let marked = [self.mark(&self.marker_begin)]
            .into_iter()
            .chain(block.into_iter().map(ended))
            .chain([self.mark(&self.marker_end)]);
        marked.collect()
    }

    fn mark(&self, mark: &str) -> Vec<u8> {
        ended(&self.marker.replace("{mark}", mark))
    }

    /// The file with the block as it shall be.
    fn edit(&self, content: &[u8]) -> Result<Vec<u8>> {
        let mut lines = split_lines(content);
        let place_of = |mark: Vec<u8>| lines.iter().rposition(|line| *line == mark);
        let block = self.lines();
        let mut place = match (place_of(self.mark(&self.marker_begin)), place_of(self.mark(&self.marker_end)))
        {
            (Some(begin), Some(end)) => {
                let (first, last) = (begin.min(end), begin.max(end));
                lines.drain(first..=last);
                first
            }
            _ if block.is_empty() => return Ok(content.to_vec()),
            _ => self.place(content, &lines)?,
        };
        if let Some(before) = place.checked_sub(1).and_then(|before| lines.get_mut(before))
            && !before.ends_with(b"\n")
        {
            before.push(b'\n');
        }
        let present = self.state == Presence::Present;
        if self.prepend_newline
            && present
            && place > 0
            && lines.get(place - 1).is_some_and(|line| line != b"\n")
        {
            lines.insert(place, b"\n".to_vec());
            place += 1;
        }
        let after = place + block.len();
        lines.splice(place..place, block);
        if self.append_newline && present && lines.get(after).is_some_and(|line| line != b"\n") {
            lines.insert(after, b"\n".to_vec());
        }
        Ok(lines.concat())
    }

    /// Before which line a new block goes.
    fn place(&self, content: &[u8], lines: &[Vec<u8>]) -> Result<usize> {
        let (pattern, after) = match (self.insertafter.as_deref(), self.insertbefore.as_deref()) {
            (_, Some("BOF")) => return Ok(0),
            (None | Some("EOF"), None) => return Ok(lines.len()),
            (_, Some(before)) => (before, false),
            (Some(after), None) => (after, true),
        };
        let regex = PythonRegex::new(pattern, RegexFlags { bytes: true, ..RegexFlags::default() })?;
        let mut found = None;
        if regex.is_multi_line() {
            // Such an expression may match several lines, so it is searched for in all of the file.
            found = regex.find(content)?.map(|found| {
                let place = if after { found.range().end } else { found.range().start };
                content[..place].iter().filter(|byte| **byte == b'\n').count()
            });
        } else {
            for (index, line) in lines.iter().enumerate() {
                if regex.is_match(line)? {
                    found = Some(index);
                }
            }
        }
        Ok(found.map_or(lines.len(), |index| if after { index + 1 } else { index }).min(lines.len()))
    }
}

fn ended(line: &str) -> Vec<u8> {
    format!("{line}\n").into_bytes()
}

/// The lines with their ends: a line feed, a carriage return, or both.
fn split_lines(content: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    let mut line = Vec::new();
    let mut bytes = content.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        line.push(byte);
        if byte == b'\n' || (byte == b'\r' && bytes.peek() != Some(&b'\n')) {
            lines.push(std::mem::take(&mut line));
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}
