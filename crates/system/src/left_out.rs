use std::path::Path;

use value::Unknown;

use crate::inode::Inode;
use crate::mentions::mentions;
use crate::scripted_files::{Made, ScriptedFiles};
use crate::{Command, Content, Kind};

/// Words in commands that bring programs.
const INSTALLERS: [&str; 4] = ["install", "make", "setup", "sh"];

/// A command that a dry run does not run. What it plainly does to files can be read off it; what else it may do is not
/// known: something that it names and that is not there may be there afterwards. What is there is taken to stay.
#[derive(Clone, Debug)]
pub(crate) struct LeftOut {
    /// The words of the command, as a shell would read them.
    pub(crate) text: String,
    cause: Unknown,
    files: ScriptedFiles,
}

impl LeftOut {
    /// `cause` says of which task it is.
    pub(crate) fn new(command: &Command, cause: &Unknown) -> LeftOut {
        let text = match command.argv.as_slice() {
            [_, option, text] if option == "-c" => text.clone(),
            words => shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| words.join(" ")),
        };
        LeftOut::of_text(text, cause.clone())
    }

    /// One of which another runner on the host tells.
    pub(crate) fn told(line: &str) -> LeftOut {
        let text = line.strip_prefix("/bin/sh -c ").unwrap_or(line).to_owned();
        LeftOut::of_text(text, Unknown::new(""))
    }

    fn of_text(text: String, cause: Unknown) -> LeftOut {
        LeftOut { files: ScriptedFiles::read("", &text, |_| true), text, cause }
    }

    /// What it plainly makes at a path.
    pub(crate) fn makes(&self, path: &Path) -> Option<Inode> {
        let text = path.to_string_lossy();
        let is_parent = |made: &String| made.strip_prefix(&*text).is_some_and(|rest| rest.starts_with('/'));
        let kind = match self.files.made.get(&*text) {
            Some(Made::Directory) => Kind::Directory,
            Some(Made::Link(target)) => Kind::Link(target.into()),
            Some(Made::Empty) => Kind::File(Content::Bytes([].into())),
            Some(Made::Copy(_) | Made::CopyOfOne(_) | Made::Unknown) => {
                Kind::File(Content::Unknown(self.unknown()))
            }
            None if self
                .files
                .made
                .iter()
                .any(|(path, made)| *made == Made::Directory && is_parent(path)) =>
            {
                Kind::Directory
            }
            None => return None,
        };
        let permissions = self.files.attributes.get(&*text).and_then(|given| given.permissions);
        let usual = if kind == Kind::Directory { 0o755 } else { 0o644 };
        Some(Inode { path: path.into(), kind, permissions: permissions.or(Some(usual)), owner: 0, group: 0 })
    }

    /// Why a path where nothing is may have something after it.
    pub(crate) fn may_make(&self, path: &Path) -> Option<Unknown> {
        let names = |ancestor: &Path| {
            let text = ancestor.to_string_lossy();
            // A folder that the command makes, and says no more of, is empty.
            let is_empty = path != ancestor
                && self.files.made.get(&*text) == Some(&Made::Directory)
                && self.text.matches(&*text).count() == 1;
            !is_empty && mentions(&self.text, &text)
        };
        // Folders such as `/etc` are named for many reasons.
        let below = path.ancestors().take_while(|path| path.components().count() > 2);
        below.into_iter().any(names).then(|| self.unknown())
    }

    /// Why a thing that is not there may be there after it.
    pub(crate) fn may_bring(&self, kind: &str, name: &str) -> Option<Unknown> {
        let plain = name.split('.').next().unwrap_or(name);
        let installs = kind == "command" && INSTALLERS.iter().any(|word| mentions(&self.text, word));
        (installs || mentions(&self.text, plain)).then(|| self.unknown())
    }

    /// Why a failure after it may be none in the real run.
    pub(crate) fn unknown(&self) -> Unknown {
        // The command's words may be secret; its task says which it is.
        let cause = "a command may see to it, and a dry run does not run commands".to_owned();
        Unknown { cause, ..self.cause.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_names_may_be_there_after_it() {
        let command = Command::new([
            "/bin/sh",
            "-c",
            "mkdir -p /opt/app/bin && build -o /opt/app/bin/app; tar x -C /srv/www",
        ]);
        let left_out = LeftOut::new(&command, &Unknown::new("x"));
        let may_make = |path: &str| left_out.may_make(Path::new(path)).is_some();
        assert!(may_make("/opt/app/bin/app") && may_make("/srv/www/index.html"));
        assert!(!may_make("/opt/other") && !may_make("/srv/new") && !may_make("/opt/app/conf"));
        assert_eq!(left_out.makes(Path::new("/opt/app")).unwrap().kind, Kind::Directory);
        assert_eq!(left_out.makes(Path::new("/opt/app/bin")).unwrap().kind, Kind::Directory);
        assert!(left_out.makes(Path::new("/opt/app/bin/app")).is_none());
        let empty = LeftOut::new(&Command::new(["mkdir", "-p", "/srv/x/y"]), &Unknown::new("x"));
        assert!(empty.may_make(Path::new("/srv/x/y/z")).is_none());
    }

    #[test]
    fn words_are_read_as_a_shell_reads_them() {
        let left_out = LeftOut::new(&Command::new(["mkdir", "/srv/a b"]), &Unknown::new("x"));
        assert!(left_out.makes(Path::new("/srv/a b")).is_some());
        assert!(!left_out.unknown().to_string().contains("mkdir"), "the words may be secret");
        assert!(LeftOut::told("/bin/sh -c ln -s /a /b").makes(Path::new("/b")).is_some());
    }
}
