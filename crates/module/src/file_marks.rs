use std::collections::BTreeSet;
use std::path::Path;

use system::{Command, Error, Result, System};

/// What file modules' arguments say of a file's flags, as chattr(1) sets them, and of its SELinux label.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileMarks<'a> {
    /// The flags: all of them, after `+` those to add, after `-` those to take away.
    pub flags: Option<&'a str>,
    /// The label's user.
    pub user: Option<&'a str>,
    /// The label's role.
    pub role: Option<&'a str>,
    /// The label's type.
    pub kind: Option<&'a str>,
    /// The label's level.
    pub level: Option<&'a str>,
}

impl FileMarks<'_> {
    /// Sets them on what is at a path. Where SELinux is off nothing has a label.
    ///
    /// # Errors
    /// The host has no program for it, or refuses.
    pub fn settle(self, host: &mut System, path: &Path) -> Result<()> {
        self.settle_label(host, path)?;
        self.flags.map_or(Ok(()), |flags| settle_flags(host, path, flags))
    }

    fn settle_label(self, host: &mut System, path: &Path) -> Result<()> {
        let wanted = [("-u", self.user), ("-r", self.role), ("-t", self.kind), ("-l", self.level)];
        // What the host's policy says is what a file gets by itself.
        let wanted = wanted.map(|(option, part)| (option, part.filter(|part| *part != "_default")));
        if wanted.iter().all(|(_, part)| part.is_none())
            || host.follow(Path::new("/sys/fs/selinux/enforce"))?.is_none()
        {
            return Ok(());
        }
        let label = ask(host, &["stat", "--format=%C", "--"], path)?;
        let parts: Vec<&str> = label.trim().splitn(4, ':').collect();
        let differing = wanted.iter().zip(parts.iter().map(Some).chain(std::iter::repeat(None)));
        let options: Vec<&str> = differing
            .filter(|((_, wanted), found)| wanted.is_some() && *wanted != found.copied())
            .flat_map(|((option, wanted), _)| [*option, wanted.unwrap_or_default()])
            .collect();
        if options.is_empty() {
            return Ok(());
        }
        let command = Command::new(["chcon", "-h"]).args(options).arg("--").arg(path.to_string_lossy());
        host.act("label", &path.to_string_lossy(), &command.argv.join(" "), |backend| {
            backend.carry_out(&command, "set selinux context failed").map(drop)
        })
    }
}

fn settle_flags(host: &mut System, path: &Path, wanted: &str) -> Result<()> {
    let (operator, letters) = match wanted.chars().next() {
        Some(operator @ ('+' | '-' | '=')) => (operator, &wanted[1..]),
        _ => ('=', wanted),
    };
    if host.find_program("chattr")?.is_none() {
        return Err(Error::failed("there is no program 'chattr'"));
    }
    let listed = ask(host, &["lsattr", "-d", "--"], path)?;
    let found = flags_of(listed.split_whitespace().next().unwrap_or_default());
    let letters = flags_of(letters);
    let is_there = match operator {
        '+' => letters.is_subset(&found),
        // What has no list of its flags may have them all the same.
        '-' => letters.is_disjoint(&found) && !listed.is_empty(),
        // This one is the file system's own business and stays.
        _ => letters.iter().filter(|flag| **flag != 'e').eq(found.iter().filter(|flag| **flag != 'e')),
    };
    if is_there {
        return Ok(());
    }
    let letters: String = letters.into_iter().collect();
    let command = Command::new(["chattr".to_owned(), format!("{operator}{letters}"), "--".into()])
        .arg(path.to_string_lossy());
    host.act("flags", &path.to_string_lossy(), &command.argv.join(" "), |backend| {
        // Playbooks look for these words.
        backend.carry_out(&command, "chattr failed").map(drop)
    })
}

fn flags_of(letters: &str) -> BTreeSet<char> {
    letters.chars().filter(|letter| *letter != '-').collect()
}

/// What a program says of a path; nothing if it is not there yet or the program fails.
fn ask(host: &mut System, words: &[&str], path: &Path) -> Result<String> {
    if host.stat(path)?.metadata.is_none() || host.find_program(words[0])?.is_none() {
        return Ok(String::new());
    }
    let command = Command::new(words.iter().copied()).arg(path.to_string_lossy());
    Ok(Some(host.query(&command)?)
        .filter(|output| output.success())
        .map(|output| output.stdout())
        .unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use system::{MemoryBackend, NoCourier};

    fn settled(flags: &str, found: &str) -> bool {
        let backend = MemoryBackend::new();
        backend.add_file("/a", "");
        ["/usr/bin/lsattr", "/usr/bin/chattr"].iter().for_each(|program| backend.add_program(program));
        backend.answer("lsattr -d -- /a", 0, found);
        let operator = if flags.starts_with(['+', '-']) { "" } else { "=" };
        backend.answer(&format!("chattr {operator}{flags} -- /a"), 0, "");
        let mut host = System::new(Box::new(backend), Box::new(NoCourier));
        FileMarks { flags: Some(flags), ..FileMarks::default() }.settle(&mut host, Path::new("/a")).unwrap();
        host.finish().0.changes.is_empty()
    }

    #[test]
    fn flags_that_are_there_are_not_set_again() {
        let found = "----i---------e------- /a\n";
        for (flags, is_there) in
            [("+i", true), ("-i", false), ("i", true), ("d", false), ("-d", true), ("+d", false)]
        {
            assert_eq!(settled(flags, found), is_there, "{flags}");
        }
        assert!(!settled("-i", ""));
    }

    #[test]
    fn labels_are_nothing_where_selinux_is_off() {
        let mut host = System::new(Box::new(MemoryBackend::new()), Box::new(NoCourier));
        let marks = FileMarks { user: Some("system_u"), ..FileMarks::default() };
        marks.settle(&mut host, Path::new("/a")).unwrap();
    }
}
