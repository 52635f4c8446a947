use std::path::{Path, PathBuf};
use std::time::SystemTime;

use module::{
    Arguments, ChecksumAlgorithm, HostPath, Mode, Module, Outcome, PythonRegex, RegexFlags, decode_text,
    inode_facts,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Error, Inode, Kind, Metadata, Result, System, matches_pattern};
use value::{Map, Value};

/// Finds files, directories and links by name, kind, age, size, permissions or content.
///
/// All conditions must hold. What is found is in the result's `files`, a list of mappings with the keys that `stat`
/// tells as well.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Find {
    /// The directories to look in.
    #[schemars(extend("aliases" = ["name", "path"]))]
    paths: Vec<HostPath>,
    /// Names to find: shell patterns, or with `use_regex` regular expressions. One of them must match; left out, all do.
    #[serde(default)]
    #[schemars(extend("aliases" = ["pattern"]))]
    patterns: Vec<String>,
    /// Names to leave out, written as `patterns` are.
    #[serde(default)]
    #[schemars(extend("aliases" = ["exclude"]))]
    excludes: Vec<String>,
    /// Take `patterns` and `excludes` for regular expressions that match from the start of a name.
    #[serde(default)]
    use_regex: bool,
    /// Which kind of thing to find.
    #[serde(default)]
    file_type: Wanted,
    /// Look in the directories below as well.
    #[serde(default)]
    recurse: bool,
    /// With `recurse`: how many levels down to look; 1 is the directory itself.
    depth: Option<u32>,
    /// Look in directories that symbolic links lead to as well.
    #[serde(default)]
    follow: bool,
    /// Find names that start with a dot as well.
    #[serde(default)]
    hidden: bool,
    /// Find what is at least this old: seconds, or a number with `s`, `m`, `h`, `d` or `w`. With a minus sign: what is
    /// at most this old.
    age: Option<String>,
    /// Which time tells the age.
    #[serde(default)]
    age_stamp: Stamp,
    /// Find files of at least this size: bytes, or a number with `b`, `k`, `m`, `g` or `t`. With a minus sign: of at
    /// most this size.
    size: Option<String>,
    /// Find what has these permissions.
    mode: Option<Mode>,
    /// Find only what has exactly the permissions of `mode`; otherwise one of them is enough.
    #[serde(default = "yes")]
    exact_mode: bool,
    /// Find files with a line that this regular expression matches from its start.
    contains: Option<String>,
    /// Search with `contains` in the whole content at once and not line by line.
    #[serde(default)]
    read_whole_file: bool,
    /// For `contains`: how files are encoded; left out, as UTF-8.
    encoding: Option<String>,
    /// Tell the checksums of files.
    #[serde(default)]
    get_checksum: bool,
    /// How checksums are computed.
    #[serde(default)]
    #[schemars(extend("aliases" = ["checksum", "checksum_algo"]))]
    checksum_algorithm: ChecksumAlgorithm,
    /// Stop when this many are found.
    limit: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Wanted {
    /// Anything.
    Any,
    /// Directories.
    Directory,
    /// Files.
    #[default]
    File,
    /// Symbolic links.
    Link,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Stamp {
    /// The last access.
    Atime,
    /// The last change of anything about it.
    Ctime,
    /// The last change of its content.
    #[default]
    Mtime,
}

/// The failure that its details tell.
fn detailed(error: Error) -> Error {
    match error {
        Error::Failed(failure) => match failure.details.get("details") {
            Some(details) => Error::failed(details.to_string()),
            None => Error::Failed(failure),
        },
        unknown => unknown,
    }
}

fn yes() -> bool {
    true
}

impl Arguments for Find {
    const NAME: &'static str = "find";
    const EXAMPLES: &'static str = r#"
- name: Logs that nobody needs any more
  find:
    paths: /var/log
    patterns: ["*.gz", "*.old"]
    age: 4w
    recurse: true
  register: logs

- name: Away with them
  file:
    path: "{{ item.path }}"
    state: absent
  loop: "{{ logs.files }}"
"#;
}

impl Module for Find {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let mut search = Search {
            age: threshold("age", self.age.as_deref(), age_unit)?,
            size: threshold("size", self.size.as_deref(), size_unit)?,
            find: &self,
            names: None,
            contains: None,
            examined: 0,
            files: Vec::new(),
            skipped: Map::new(),
        };
        for path in &self.paths {
            if let Err(error) = search.start(host, path) {
                search.skip(host, path.as_str(), error)?;
            }
        }
        // Playbooks compare these words.
        let message = if search.is_full() {
            "Limit of matches reached"
        } else if search.skipped.is_empty() {
            "All paths examined"
        } else {
            "Not all paths examined, check warnings for details"
        };
        Ok(Outcome::new()
            .with("matched", search.files.len())
            .with("files", search.files)
            .with("examined", search.examined)
            .with("skipped_paths", search.skipped)
            .with("msg", message)
            .changed(false))
    }
}

/// A number with a sign and a unit; its absolute value in the smallest unit, and whether it is the most and not the least.
struct Threshold {
    number: f64,
    is_most: bool,
}

impl Threshold {
    fn holds(&self, found: f64) -> bool {
        if self.is_most { found <= self.number } else { found >= self.number }
    }
}

fn threshold(argument: &str, text: Option<&str>, unit: fn(&str) -> Option<f64>) -> Result<Option<Threshold>> {
    let Some(text) = text else { return Ok(None) };
    let written = text.trim().to_ascii_lowercase();
    let unsigned = written.strip_prefix('-').unwrap_or(&written);
    let end = unsigned.find(|character: char| !character.is_ascii_digit()).unwrap_or(unsigned.len());
    let (digits, name) = unsigned.split_at(end);
    match (digits.parse::<u64>(), unit(name)) {
        (Ok(number), Some(unit)) => {
            Ok(Some(Threshold { number: number as f64 * unit, is_most: unsigned.len() != written.len() }))
        }
        _ => Err(Error::failed(format!("failed to process {argument}")).with(argument, text)),
    }
}

fn age_unit(name: &str) -> Option<f64> {
    Some(match name {
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        "w" => 604_800.0,
        _ => return None,
    })
}

fn size_unit(name: &str) -> Option<f64> {
    let power = ["b", "k", "m", "g", "t"].iter().position(|unit| *unit == name || name.is_empty())?;
    Some(1024_f64.powi(i32::try_from(power).ok()?))
}

struct Search<'a> {
    find: &'a Find,
    age: Option<Threshold>,
    size: Option<Threshold>,
    names: Option<Names>,
    contains: Option<PythonRegex>,
    examined: usize,
    files: Vec<Value>,
    skipped: Map,
}

/// What `patterns` and `excludes` mean.
enum Names {
    Patterns,
    Regexes { wanted: Vec<PythonRegex>, excluded: Vec<PythonRegex> },
}

impl Search<'_> {
    fn is_full(&self) -> bool {
        self.find.limit.is_some_and(|limit| self.files.len() >= limit)
    }

    /// Notes that a path could not be looked through; what a dry run can't know ends the search.
    fn skip(&mut self, host: &mut System, path: &str, error: Error) -> Result<()> {
        if matches!(error, Error::Unknown(_)) {
            return Err(error);
        }
        host.warn(format!("Skipped '{path}' path due to this access issue: {error}"));
        self.skipped.insert(path.into(), error.to_string().into());
        Ok(())
    }

    fn start(&mut self, host: &mut System, path: &HostPath) -> Result<()> {
        self.prepare()?;
        let directory = path.expand(host)?;
        match host.follow(&directory)? {
            Some(found) if found.is_directory() => self.look_in(host, &directory, 1, &mut Vec::new()),
            _ => Err(Error::failed(format!("'{}' is not a directory", path.as_str()))),
        }
    }

    /// Wrong expressions are told of each path that they keep from being searched.
    fn prepare(&mut self) -> Result<()> {
        if self.names.is_none() {
            let regexes = |patterns: &[String]| {
                let regex = |pattern: &String| PythonRegex::new(pattern, RegexFlags::default());
                patterns.iter().map(regex).collect::<Result<Vec<_>>>()
            };
            self.names = Some(if self.find.use_regex {
                Names::Regexes {
                    wanted: regexes(&self.find.patterns)?,
                    excluded: regexes(&self.find.excludes)?,
                }
            } else {
                Names::Patterns
            });
        }
        if let (None, Some(pattern)) = (&self.contains, &self.find.contains) {
            self.contains = Some(PythonRegex::new(pattern, RegexFlags::default())?);
        }
        Ok(())
    }

    /// Looks in a directory: first at what is no directory, then at the directories, then below them. `above` are the
    /// real paths that led here: a link back to one of them leads nowhere new.
    fn look_in(
        &mut self,
        host: &mut System,
        directory: &Path,
        depth: u32,
        above: &mut Vec<PathBuf>,
    ) -> Result<()> {
        let (mut files, mut directories) = (Vec::new(), Vec::new());
        for name in host.list(directory)? {
            let path = directory.join(&name);
            let leads_to_directory = host.follow(&path)?.is_some_and(|found| found.is_directory());
            if leads_to_directory { &mut directories } else { &mut files }.push((name, path));
        }
        self.examined += files.len() + directories.len();
        if self.find.depth.is_some_and(|deepest| depth > deepest && deepest > 0) {
            return Ok(());
        }
        for (name, path) in files.iter().chain(&directories) {
            if self.is_full() {
                return Ok(());
            }
            if self.find.hidden || !name.starts_with('.') {
                self.look_at(host, name, path)?;
            }
        }
        if !self.find.recurse {
            return Ok(());
        }
        above.push(host.real_path(directory)?);
        for (_, path) in directories {
            if self.is_full() {
                break;
            }
            let is_link = matches!(host.inode(&path)?.kind, Kind::Link(_));
            if is_link && (!self.find.follow || above.contains(&host.real_path(&path)?)) {
                continue;
            }
            if !host.access(&path)?.read {
                self.skip(host, &path.to_string_lossy(), Error::failed("Permission denied"))?;
                continue;
            }
            self.look_in(host, &path, depth + 1, above)?;
        }
        above.pop();
        Ok(())
    }

    fn look_at(&mut self, host: &mut System, name: &str, path: &Path) -> Result<()> {
        let found = host.stat(path)?;
        let (inode, metadata) = (found.inode, found.metadata);
        let wanted = match self.find.file_type {
            Wanted::Any => true,
            Wanted::Directory => inode.is_directory(),
            Wanted::File => inode.is_file(),
            Wanted::Link => matches!(inode.kind, Kind::Link(_)),
        };
        if !wanted
            || !self.is_name_wanted(name)?
            || !self.is_age_wanted(host, metadata.as_ref())?
            || !self.is_mode_wanted(host, &inode)?
            || inode.is_file() && !self.is_file_wanted(host, &inode, metadata.as_ref())?
        {
            return Ok(());
        }
        let mut entry = Map::from_iter([("path".into(), path.to_string_lossy().as_ref().into())]);
        let usage = metadata.as_ref().map_or_else(module::not_yet, |found| (found.blocks * 512).into());
        entry.extend(inode_facts(host, &inode, metadata.as_ref()));
        entry.insert("disk_usage_bytes".into(), usage);
        if self.find.get_checksum && inode.is_file() {
            let checksum = match host.read(path) {
                Ok(bytes) => self.find.checksum_algorithm.hex(&bytes).into(),
                Err(Error::Unknown(unknown)) => unknown.into(),
                Err(error) => return Err(error),
            };
            entry.insert("checksum".into(), checksum);
        }
        self.files.push(entry.into());
        Ok(())
    }

    fn is_name_wanted(&self, name: &str) -> Result<bool> {
        let Find { patterns, excludes, .. } = self.find;
        Ok(match &self.names {
            Some(Names::Regexes { wanted, excluded }) => {
                let any = |regexes: &[PythonRegex]| -> Result<bool> {
                    for regex in regexes {
                        if regex.matches_start(name.as_bytes())? {
                            return Ok(true);
                        }
                    }
                    Ok(false)
                };
                (wanted.is_empty() || any(wanted)?) && !any(excluded)?
            }
            _ => {
                let any = |patterns: &[String]| patterns.iter().any(|pattern| matches_pattern(pattern, name));
                (patterns.is_empty() || any(patterns)) && !any(excludes)
            }
        })
    }

    fn is_age_wanted(&self, host: &System, metadata: Option<&Metadata>) -> Result<bool> {
        let Some(age) = &self.age else { return Ok(true) };
        let now = host.now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        // What a dry run only predicts would be made just now.
        let time = metadata.map_or(now, |metadata| match self.find.age_stamp {
            Stamp::Atime => metadata.accessed,
            Stamp::Ctime => metadata.changed,
            Stamp::Mtime => metadata.modified,
        });
        Ok(age.holds(now - time))
    }

    fn is_mode_wanted(&self, host: &System, inode: &Inode) -> Result<bool> {
        let Some(mode) = &self.find.mode else { return Ok(true) };
        let umask = host.identity().umask;
        let found = inode.effective_permissions(umask);
        let start = if self.find.exact_mode { found } else { 0 };
        let wanted = mode.apply(start, inode.is_directory(), umask).map_err(detailed)?;
        Ok(if self.find.exact_mode { found == wanted } else { found & wanted != 0 })
    }

    fn is_file_wanted(&self, host: &mut System, inode: &Inode, metadata: Option<&Metadata>) -> Result<bool> {
        if let Some(size) = &self.size {
            let found = match metadata {
                Some(metadata) => metadata.size,
                None => host.read(&inode.path)?.len() as u64,
            };
            if !size.holds(found as f64) {
                return Ok(false);
            }
        }
        match &self.contains {
            Some(regex) if self.find.file_type == Wanted::File => self.is_content_wanted(host, inode, regex),
            _ => Ok(true),
        }
    }

    fn is_content_wanted(&self, host: &mut System, inode: &Inode, regex: &PythonRegex) -> Result<bool> {
        let bytes = host.read(&inode.path)?;
        let encoding = self.find.encoding.as_deref();
        let Some(text) = decode_text(host, &bytes, encoding.unwrap_or("utf-8"))? else {
            let named = encoding.unwrap_or("utf-8 (Python default)");
            return Err(Error::failed(format!(
                "Failed to decode the file '{}' with encoding: {named}",
                inode.path.display()
            )));
        };
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        if self.find.read_whole_file {
            return regex.is_match(text.as_bytes());
        }
        for line in text.split_inclusive('\n') {
            if regex.matches_start(line.as_bytes())? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
