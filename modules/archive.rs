use std::path::{Path, PathBuf};

use module::{Arguments, FileArguments, HostPath, Module, Outcome, crc32, inode_result, zip_entries};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Backend, Command, Content, Error, Inode, Kind, Result, System, matches_pattern};
use value::{Unknown, Value};

/// Packs files and folders of the host into an archive, or compresses one file.
///
/// The host needs `tar` or `zip`, and the program that compresses. What an archive has already as it should be costs no
/// packing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Archive {
    /// What is packed: paths and patterns. A folder with a slash at its end gives what is in it.
    path: Vec<HostPath>,
    /// The archive. A single file need not have one: it goes beside the file, with the format at the end of its name.
    dest: Option<HostPath>,
    /// How it is compressed; with `gz`, `bz2` and `xz` it is a tar archive, or a single file without one.
    #[serde(default)]
    format: Format,
    /// Paths and patterns that are taken out of `path`.
    #[serde(default)]
    exclude_path: Vec<HostPath>,
    /// What is left out wherever it is below `path`: patterns of names, or of paths in the archive.
    #[serde(default)]
    exclusion_patterns: Vec<String>,
    /// Make an archive of a single file as well.
    #[serde(default)]
    force_archive: bool,
    /// Remove what was packed.
    #[serde(default)]
    remove: bool,
    #[serde(flatten)]
    file: FileArguments,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// With bzip2.
    Bz2,
    /// With gzip.
    #[default]
    Gz,
    /// Not at all.
    Tar,
    /// With xz.
    Xz,
    /// ZIP.
    Zip,
}

impl Format {
    fn word(self) -> &'static str {
        match self {
            Format::Bz2 => "bz2",
            Format::Gz => "gz",
            Format::Tar => "tar",
            Format::Xz => "xz",
            Format::Zip => "zip",
        }
    }

    /// The program that compresses a stream.
    fn compressor(self) -> Option<&'static str> {
        match self {
            Format::Bz2 => Some("bzip2"),
            Format::Gz => Some("gzip"),
            Format::Xz => Some("xz"),
            Format::Tar | Format::Zip => None,
        }
    }
}

impl Arguments for Archive {
    const NAME: &'static str = "archive";
    const EXAMPLES: &'static str = r#"
- name: The logs of the old machine, in one place
  archive:
    path: /var/log/shop
    dest: /srv/backup/shop-logs.tar.gz
    exclusion_patterns: ["*.tmp"]

- name: One file, compressed, and the file itself goes
  archive:
    path: /srv/dump.sql
    remove: true
"#;
}

/// A path that is there, and whether what is in it is meant.
type Source = (PathBuf, bool);

/// What is to be packed, and where it goes.
struct Plan {
    /// Those of the paths that are there.
    sources: Vec<PathBuf>,
    /// The folder that names in the archive start from.
    root: PathBuf,
    /// Names below the root: files, links and folders.
    members: Vec<Member>,
    dest: PathBuf,
    /// One file, which is compressed and no more.
    single: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Member {
    name: String,
    directory: bool,
}

impl Module for Archive {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let (expanded, missing) = self.expand(host, &self.path)?;
        let (excluded, _) = self.expand(host, &self.exclude_path)?;
        let paths =
            |paths: &[Source]| Value::list(paths.iter().map(|(path, _)| path.to_string_lossy().into_owned()));
        if expanded.is_empty() && missing.is_empty() {
            // Playbooks look for these words.
            return Err(Error::failed("Error, no source paths were found"));
        }
        let wanted: Vec<Source> = expanded
            .iter()
            .filter(|(path, _)| !excluded.iter().any(|(excluded, _)| excluded == path))
            .cloned()
            .collect();
        let plan = self.plan(host, &wanted, &missing)?;
        if self.remove && plan.sources.iter().any(|source| plan.dest.starts_with(source)) {
            let message = "Error, created archive can not be contained in source paths when remove=true";
            return Err(Error::failed(message));
        }
        if !plan.members.is_empty() {
            self.pack(host, &plan)?;
        }
        let is_archived = |member: &&Member| !member.directory || self.format != Format::Zip;
        let archived: Vec<String> =
            plan.members.iter().filter(is_archived).map(|member| plan.shown(member)).collect();
        if self.remove {
            self.remove_sources(host, &plan)?;
        }
        let all: Vec<Source> =
            expanded.iter().cloned().chain(missing.iter().map(|path| (path.clone(), false))).collect();
        let outcome = Outcome::new()
            .with("archived", Value::list(archived))
            .with("arcroot", format!("{}/", plan.root.to_string_lossy().trim_end_matches('/')))
            .with("expanded_paths", paths(&all))
            .with("expanded_exclude_paths", paths(&excluded))
            .with("missing", Value::list(missing.iter().map(|path| path.to_string_lossy().into_owned())))
            .with("dest", plan.dest.to_string_lossy().as_ref());
        let Some(found) = host.follow(&plan.dest)? else { return Ok(outcome.with("dest_state", "absent")) };
        let state = match (plan.single, missing.is_empty() || plan.members.is_empty()) {
            (true, _) => "compress",
            (false, true) => "archive",
            (false, false) => "incomplete",
        };
        inode_result(host, outcome.with("dest_state", state), &found)
    }
}

impl Plan {
    /// A member's path on the host.
    fn path(&self, member: &Member) -> PathBuf {
        self.root.join(&member.name)
    }

    fn shown(&self, member: &Member) -> String {
        self.path(member).to_string_lossy().into_owned()
    }

    fn names(&self) -> Vec<&str> {
        self.members.iter().map(|member| member.name.as_str()).collect()
    }
}

impl Archive {
    /// What is at these paths and patterns, each with whether what is in it is meant; and paths where nothing is.
    fn expand(&self, host: &mut System, written: &[HostPath]) -> Result<(Vec<Source>, Vec<PathBuf>)> {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for path in written {
            let expanded = path.expand(host)?;
            if is_pattern(path) {
                found.extend(host.glob(&expanded)?.into_iter().map(|path| (path, false)));
            } else if host.inode(&expanded)?.is_absent() {
                missing.push(expanded);
            } else {
                found.push((expanded, path.ends_with_slash()));
            }
        }
        Ok((found, missing))
    }

    fn plan(&self, host: &mut System, wanted: &[Source], missing: &[PathBuf]) -> Result<Plan> {
        let mut directories = false;
        for (path, _) in wanted {
            directories |= host.follow(path)?.is_some_and(|found| found.is_directory());
        }
        let many = directories || wanted.len() + missing.len() != 1 || self.path.iter().any(is_pattern);
        let single = !many && !self.force_archive && self.format.compressor().is_some();
        let dest = match (&self.dest, wanted.first().map(|(path, _)| path).or(missing.first())) {
            (Some(dest), _) => dest.expand(host)?,
            (None, Some(path)) if !many => {
                PathBuf::from(format!("{}.{}", path.to_string_lossy(), self.format.word()))
            }
            (None, _) => {
                let message = "Error, must specify \"dest\" when archiving multiple files or trees";
                return Err(Error::failed(message));
            }
        };
        let starts: Vec<&Path> = wanted
            .iter()
            .map(|(path, inside)| if *inside { path.as_path() } else { path.parent().unwrap_or(path) })
            .chain(missing.iter().filter(|_| wanted.is_empty()).filter_map(|path| path.parent()))
            .collect();
        let root = common(&starts);
        let mut members = Vec::new();
        for (path, _) in wanted {
            let before = members.len();
            self.collect(host, path, &root, &dest, &mut members)?;
            // A folder that is named itself is no member of its own, as long as there is something in it.
            if members.get(before).is_some_and(|first| first.directory && root.join(&first.name) == *path)
                && members.len() > before + 1
            {
                members.remove(before);
            }
        }
        members.sort();
        members.dedup();
        Ok(Plan {
            sources: wanted.iter().map(|(path, _)| path.clone()).collect(),
            root,
            members,
            dest,
            single,
        })
    }

    fn collect(
        &self,
        host: &mut System,
        path: &Path,
        root: &Path,
        dest: &Path,
        members: &mut Vec<Member>,
    ) -> Result<()> {
        let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
        let last = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let left_out = self
            .exclusion_patterns
            .iter()
            .any(|pattern| matches_pattern(pattern, &last) || matches_pattern(pattern, &name));
        if path == dest || (left_out && !name.is_empty()) {
            return Ok(());
        }
        let found = host.inode(path)?;
        let directory = found.is_directory();
        if !name.is_empty() {
            members.push(Member { name, directory });
        }
        if directory {
            for below in host.list(path)? {
                self.collect(host, &path.join(below), root, dest, members)?;
            }
        }
        Ok(())
    }

    fn pack(&self, host: &mut System, plan: &Plan) -> Result<()> {
        let command = self.command(host, plan)?;
        let now = host.inode(&plan.dest)?;
        if now.is_directory() {
            return Err(Error::failed(format!("{} is a directory, not an archive", plan.dest.display())));
        }
        if now.is_file() && self.is_there(host, plan)? {
            let want = self.file.applied_to(host, now.clone())?;
            host.place(&now, want)?;
        } else {
            let content =
                Content::Unknown(Unknown::new("what is in an archive that has not been packed yet"));
            let want = self.file.applied_to(host, now.clone().into_kind(Kind::File(content)))?;
            host.place_by(&now, want, |backend, _, want| put(backend, &command, want))?;
        }
        self.file.marks().settle(host, &plan.dest).map(drop)
    }

    /// What packs to the path that is its last word.
    fn command(&self, host: &mut System, plan: &Plan) -> Result<Command> {
        let program = match (self.format, plan.single) {
            (Format::Zip, _) => "zip",
            (_, true) => "sh",
            (_, false) => "tar",
        };
        for program in [Some(program), self.format.compressor()].into_iter().flatten() {
            if host.find_program(program)?.is_none() {
                let message = format!("Failed to find required executable \"{program}\" in paths");
                return Err(Error::failed(message));
            }
        }
        let new = format!("{}.capstan-part", plan.dest.display());
        let mut names = plan.names().join("\0");
        names.push('\0');
        let command = match (plan.members.first(), self.format.compressor()) {
            (Some(file), Some(compressor)) if plan.single => {
                let line = r#""$0" -c -- "$1" > "$2""#;
                Command::new(["sh", "-c", line, compressor, &plan.shown(file), &new])
            }
            (_, compressor) if self.format != Format::Zip => {
                let root = plan.root.to_string_lossy();
                let words =
                    ["tar", "--create", "--directory", &root, "--no-recursion", "--null", "--files-from=-"];
                let command = Command::new(words).args(compressor.map(|program| format!("--{program}")));
                command.arg("--file").arg(&new).input(names.into_bytes())
            }
            _ => {
                let names = plan.names().join("\n") + "\n";
                let command = Command::new(["zip", "-q", "-y", "-X", "-@", &new]);
                command.directory(&plan.root).input(names.into_bytes())
            }
        };
        // Nobody may look into it before it has the permissions that it is to have.
        Ok(Command { umask: Some(0o077), ..command.env("LC_ALL", "C.UTF-8") })
    }

    /// Whether the archive is there as it should be.
    fn is_there(&self, host: &mut System, plan: &Plan) -> Result<bool> {
        if plan.sources.iter().chain([&plan.dest]).any(|path| host.would_change_below(path)) {
            return Ok(false);
        }
        let dest = plan.dest.to_string_lossy();
        if let (Some(file), Some(compressor)) =
            (plan.members.first().filter(|_| plan.single), self.format.compressor())
        {
            let line = r#""$0" -dc -- "$1" | cmp -s - "$2""#;
            let command = Command::new(["sh", "-c", line, compressor, &dest, &plan.shown(file)]);
            return Ok(host.query(&command)?.success());
        }
        if self.format == Format::Zip {
            return self.is_in_zip(host, plan);
        }
        let root = plan.root.to_string_lossy();
        let asks = |words: &[&str]| Command::new(words.iter().copied()).env("LC_ALL", "C.UTF-8");
        let listed = host.query(&asks(&["tar", "--list", "--quoting-style=literal", "--file", &dest]))?;
        let mut names: Vec<String> =
            listed.stdout().lines().map(|line| line.trim_end_matches('/').to_owned()).collect();
        names.sort();
        let mut wanted = plan.names();
        wanted.sort_unstable();
        if !listed.success() || names != wanted {
            return Ok(false);
        }
        let compared = host.query(&asks(&["tar", "--diff", "--directory", &root, "--file", &dest]))?;
        Ok(compared.success())
    }

    fn is_in_zip(&self, host: &mut System, plan: &Plan) -> Result<bool> {
        let bytes = host.read(&plan.dest)?;
        let Some(entries) = zip_entries(&bytes) else { return Ok(false) };
        if entries.len() != plan.members.len() {
            return Ok(false);
        }
        for member in &plan.members {
            let same = |name: &str| name.trim_end_matches('/') == member.name;
            let Some(entry) = entries.iter().find(|entry| same(&entry.name)) else { return Ok(false) };
            let found = host.inode(&plan.path(member))?;
            let content = match &found.kind {
                Kind::Directory if entry.is_directory() => continue,
                Kind::Link(target) if entry.is_link() => target.to_string_lossy().into_owned().into_bytes(),
                Kind::File(_) if !entry.is_directory() && !entry.is_link() => host.read(&found.path)?,
                _ => return Ok(false),
            };
            if crc32(&content) != entry.crc32 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whole trees go at once; if something was left out, only what was packed.
    fn remove_sources(&self, host: &mut System, plan: &Plan) -> Result<()> {
        let packed = plan.members.iter().filter(|member| !member.directory).map(|member| plan.path(member));
        let gone: Vec<PathBuf> =
            if self.exclusion_patterns.is_empty() { plan.sources.clone() } else { packed.collect() };
        for path in gone {
            let now = host.inode(&path)?;
            if !now.is_absent() {
                host.place(&now, now.clone().removed())?;
            }
        }
        Ok(())
    }
}

fn is_pattern(path: &HostPath) -> bool {
    path.as_str().contains(['*', '?', '['])
}

/// The folder that all of them are in.
fn common(paths: &[&Path]) -> PathBuf {
    let mut paths = paths.iter();
    let Some(first) = paths.next() else { return PathBuf::from("/") };
    paths.fold(first.to_path_buf(), |root, path| {
        root.ancestors().find(|above| path.starts_with(above)).unwrap_or(Path::new("/")).to_owned()
    })
}

/// Packs beside the archive and puts the result in its place.
fn put(host: &mut dyn Backend, command: &Command, want: &Inode) -> Result<()> {
    let doing = format!("Error, archive {} can't be made", want.path.display());
    let new = command.argv.last().map(PathBuf::from).unwrap_or_default();
    let packed = host.carry_out(command, &doing).and_then(|_| {
        let failed = |error| Error::io("can't set the owner of", &want.path, error);
        let umask = host.identity().umask;
        host.set_owner(&new, want.owner, want.group).map_err(failed)?;
        host.set_permissions(&new, want.effective_permissions(umask)).map_err(failed)?;
        let there = want.path.to_string_lossy();
        host.carry_out(&Command::new(["mv", "-f", "--"]).arg(new.to_string_lossy()).arg(there), &doing)
    });
    if packed.is_err() {
        // What went wrong is told; that nothing is left to remove is no news.
        let _ = host.remove(&new);
    }
    packed.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_what_all_paths_share() {
        let root = |paths: &[&str]| common(&paths.iter().map(Path::new).collect::<Vec<_>>());
        assert_eq!(root(&["/a/b", "/a/bc", "/a/b/c"]), Path::new("/a"));
        assert_eq!(root(&["/a/b"]), Path::new("/a/b"));
        assert_eq!(root(&["/a", "/b"]), Path::new("/"));
    }
}
