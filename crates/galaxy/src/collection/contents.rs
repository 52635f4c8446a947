use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use diag::{Error, Result};
use glob::Pattern;
use regex_lite::Regex;

use crate::collection::metadata::Metadata;
use crate::files;

/// A file, folder or link that belongs to a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its path in the collection, with `/` in it.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Whether it is a folder, or a link to one.
    pub(crate) is_folder: bool,
    /// Where a link inside the collection leads.
    pub(crate) link: Option<PathBuf>,
}

/// What belongs to the collection in a folder, folders before what is in them.
///
/// # Errors
/// Something can't be read, or a pattern or directive is none.
pub(crate) fn of(folder: &Path, metadata: &Metadata, warn: &mut dyn FnMut(Error)) -> Result<Vec<Member>> {
    let unreadable = |error| Error::new(format!("can't read '{}'", folder.display())).cause(error);
    let root = folder.canonicalize().map_err(unreadable)?;
    let mut members = Vec::new();
    match &metadata.directives {
        None => {
            let ignored = ignored(metadata)?;
            walk(
                &root,
                "",
                &mut |name| !ignored.iter().any(|pattern| pattern.matches(name)),
                &mut members,
                warn,
            )?;
        }
        Some(_) => {
            walk(&root, "", &mut |_| true, &mut members, warn)?;
            let chosen = chosen(&members, &directives(metadata))?;
            members.retain(|member| {
                let below = format!("{}/", member.name);
                chosen.contains(&member.name)
                    || (member.is_folder && chosen.iter().any(|name| name.starts_with(&below)))
            });
        }
    }
    Ok(members)
}

/// Patterns of what does not belong to it. `*` stands for `/` too.
fn ignored(metadata: &Metadata) -> Result<Vec<Pattern>> {
    let artifacts = format!("{}-{}-*.tar.gz", metadata.name.namespace, metadata.name.name);
    let always = [
        "MANIFEST.json",
        "FILES.json",
        "galaxy.yml",
        "galaxy.yaml",
        ".git",
        "*.pyc",
        "*.retry",
        "tests/output",
    ];
    let all = always.into_iter().chain([artifacts.as_str()]);
    all.chain(metadata.build_ignore.iter().map(String::as_str))
        .map(|pattern| {
            Pattern::new(pattern).map_err(|error| {
                Error::new(format!("'{pattern}' in build_ignore is no pattern")).cause(error)
            })
        })
        .collect()
}

fn walk(
    root: &Path,
    below: &str,
    belongs: &mut dyn FnMut(&str) -> bool,
    members: &mut Vec<Member>,
    warn: &mut dyn FnMut(Error),
) -> Result<()> {
    let folder = root.join(below);
    let failed = |error| Error::new(format!("can't read '{}'", folder.display())).cause(error);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(failed)? {
        names.push(entry.map_err(failed)?.file_name());
    }
    names.sort();
    for name in names {
        let path = folder.join(&name);
        let name = name.to_string_lossy();
        let name = if below.is_empty() { name.into_owned() } else { format!("{below}/{name}") };
        if !belongs(&name) {
            continue;
        }
        let metadata = path.symlink_metadata().map_err(failed)?;
        if !metadata.is_symlink() {
            let is_folder = metadata.is_dir();
            if is_folder || metadata.is_file() {
                members.push(Member { name: name.clone(), path, is_folder, link: None });
            }
            if is_folder {
                walk(root, &name, belongs, members, warn)?;
            }
            continue;
        }
        let Ok(real) = path.canonicalize() else {
            warn(Error::warning(format!("Skipping '{}' as it is a link to nothing", path.display())));
            continue;
        };
        let to = std::fs::read_link(&path).map_err(failed)?;
        let inside = real.starts_with(root) && to.is_relative();
        if real.is_dir() && !inside {
            warn(Error::warning(format!(
                "Skipping '{}' as it is a symbolic link to a directory outside the collection",
                path.display()
            )));
            continue;
        }
        members.push(Member { name, path, is_folder: real.is_dir(), link: inside.then_some(to) });
    }
    Ok(())
}

/// All directives, those that hold for every collection around the collection's own.
fn directives(metadata: &Metadata) -> Vec<String> {
    let Some(directives) = &metadata.directives else { return Vec::new() };
    if directives.omit_default {
        return directives.own.clone();
    }
    let mut all: Vec<String> = Vec::new();
    let mut add = |line: &str| all.push(line.to_owned());
    add("include meta/*.yml");
    add("include *.txt *.md *.rst *.license COPYING LICENSE");
    for folder in [".reuse", "LICENSES", "tests"] {
        add(&format!("recursive-include {folder} **"));
    }
    add("recursive-include docs **.rst **.yml **.yaml **.json **.j2 **.txt **.license");
    add("recursive-include roles **.yml **.yaml **.json **.j2 **.license");
    add("recursive-include playbooks **.yml **.yaml **.json **.license");
    add("recursive-include changelogs **.yml **.yaml **.license");
    add("recursive-include plugins */**.py */**.license");
    for kind in [
        "become",
        "cache",
        "callback",
        "cliconf",
        "connection",
        "filter",
        "httpapi",
        "inventory",
        "lookup",
        "netconf",
        "shell",
        "strategy",
        "test",
        "vars",
    ] {
        add(&format!("recursive-include plugins/{kind} **.yml **.yaml"));
    }
    add("recursive-include plugins/modules **.ps1 **.yml **.yaml **.license");
    add("recursive-include plugins/module_utils **.ps1 **.psm1 **.cs **.license");
    if let Some(file) = &metadata.license_file {
        add(&format!("include {file}"));
    }
    directives.own.iter().for_each(|line| add(line));
    let name = &metadata.name;
    add(&format!(
        "exclude galaxy.yml galaxy.yaml MANIFEST.json FILES.json {}-{}-*.tar.gz",
        name.namespace, name.name
    ));
    add("recursive-exclude tests/output **");
    add("global-exclude /.* /__pycache__");
    all
}

/// The files that directives of Python's `MANIFEST.in` leave.
fn chosen(members: &[Member], directives: &[String]) -> Result<BTreeSet<String>> {
    let mut chosen = BTreeSet::new();
    let files = || members.iter().filter(|member| !member.is_folder).map(|member| member.name.as_str());
    for directive in directives {
        let wrong = || Error::new(format!("'{directive}' is no directive of a manifest"));
        let mut words = directive.split_whitespace();
        let action = words.next().ok_or_else(wrong)?;
        let words: Vec<&str> = words.collect();
        let (folder, patterns): (Option<&str>, &[&str]) = match (action, &words[..]) {
            ("include" | "exclude" | "global-include" | "global-exclude", patterns @ [_, ..]) => {
                (None, patterns)
            }
            ("recursive-include" | "recursive-exclude", [folder, patterns @ ..]) if !patterns.is_empty() => {
                (Some(folder), patterns)
            }
            ("graft" | "prune", [folder]) => (Some(folder), &["**"]),
            _ => return Err(wrong()),
        };
        let removes = action.ends_with("exclude") || action == "prune";
        for pattern in patterns {
            let everywhere = action.starts_with("global");
            let pattern = expression(folder, pattern, everywhere).ok_or_else(wrong)?;
            // Every path begins with `/`, so that patterns such as `/.*` find the last part of it.
            let fits = |name: &str| pattern.is_match(&format!("/{name}"));
            if removes {
                chosen.retain(|name: &String| !fits(name));
            } else {
                chosen.extend(files().filter(|name| fits(name)).map(str::to_owned));
            }
        }
    }
    Ok(chosen)
}

fn expression(folder: Option<&str>, pattern: &str, everywhere: bool) -> Option<Regex> {
    let pattern = translated(pattern);
    let whole = match folder {
        Some(folder) => format!("^/{}/.*{pattern}$", translated(folder.trim_matches('/'))),
        None if everywhere => format!("{pattern}$"),
        None => format!("^/{pattern}$"),
    };
    Regex::new(&whole).ok()
}

/// A pattern of a file's name as a regular expression; nothing in it stands for `/`.
fn translated(pattern: &str) -> String {
    let mut expression = String::new();
    for letter in pattern.chars() {
        match letter {
            '*' => expression.push_str("[^/]*"),
            '?' => expression.push_str("[^/]"),
            letter if letter.is_alphanumeric() || matches!(letter, '/' | '_') => expression.push(letter),
            letter => {
                expression.push('\\');
                expression.push(letter);
            }
        }
    }
    expression
}

/// The content of a member that is a file.
///
/// # Errors
/// It can't be read.
pub(crate) fn content(member: &Member) -> Result<(Vec<u8>, bool)> {
    let failed = |error| Error::new(format!("can't read '{}'", member.path.display())).cause(error);
    let content = std::fs::read(&member.path).map_err(failed)?;
    Ok((content, files::is_executable(&member.path.metadata().map_err(failed)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str) -> Member {
        Member { name: name.into(), path: name.into(), is_folder: false, link: None }
    }

    #[test]
    fn directives_choose_files() {
        let all = [
            "README.md",
            "docs/a.rst",
            "docs/b/c.txt",
            "docs/b/d",
            ".git/x",
            "a/.hidden",
            "plugins/x.py",
            "plugins/m/x.py",
        ];
        let members: Vec<Member> = all.iter().map(|name| member(name)).collect();
        let choose = |directives: &[&str]| {
            let directives: Vec<String> = directives.iter().map(|line| (*line).to_owned()).collect();
            chosen(&members, &directives).unwrap().into_iter().collect::<Vec<_>>()
        };
        assert_eq!(choose(&["include *.md"]), ["README.md"]);
        assert_eq!(choose(&["recursive-include docs **.rst **.txt"]), ["docs/a.rst", "docs/b/c.txt"]);
        assert_eq!(choose(&["recursive-include plugins */**.py"]), ["plugins/m/x.py"]);
        assert_eq!(choose(&["graft docs", "recursive-exclude docs/b **"]), ["docs/a.rst"]);
        assert_eq!(choose(&["graft a", "global-exclude /.*"]), [""; 0]);
        assert!(chosen(&members, &["inclode x".into()]).is_err());
    }
}
