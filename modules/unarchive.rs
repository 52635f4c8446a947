use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use module::{
    Arguments, FileArguments, HostPath, Module, Outcome, WebClient, ZipEntry, attributes, crc32,
    inode_result, mutually_exclusive, zip_entries,
};
use protocol::Blob;
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Command, Error, HttpAddress, Kind, Output, Result, System, matches_pattern};
use value::Value;

/// Unpacks an archive: tar, plain or compressed with gzip, bzip2, xz or zstd, and ZIP.
///
/// The archive is on the controller, or with `remote_src` on the host or a web server. The host needs `tar` or `unzip`,
/// and the program that decompresses. What is there already as the archive has it costs no unpacking.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unarchive {
    /// The archive: on the controller, or with `remote_src` on the host; then it may also be an address.
    src: String,
    /// The folder to unpack it in; it must be there.
    dest: HostPath,
    /// Whether `src` is on the host.
    #[serde(default)]
    #[allow(dead_code)]
    remote_src: bool,
    /// The opposite of `remote_src`, for older playbooks.
    #[allow(dead_code)]
    copy: Option<bool>,
    /// If this path is there, nothing is unpacked.
    creates: Option<HostPath>,
    /// Tell the `files` of the archive.
    #[serde(default)]
    list_files: bool,
    /// What is left out, as patterns.
    #[serde(default)]
    exclude: Vec<String>,
    /// What alone is unpacked.
    #[serde(default)]
    include: Vec<String>,
    /// Leave files that are newer than those in the archive.
    #[serde(default)]
    keep_newer: bool,
    /// More arguments for tar or unzip, one each.
    #[serde(default)]
    extra_opts: Vec<String>,
    #[serde(flatten)]
    file: FileArguments,
    /// Open a vault on the controller.
    #[serde(default = "yes")]
    #[allow(dead_code)]
    decrypt: bool,
    /// For an address: whether the server's certificate is checked.
    #[serde(default = "yes")]
    validate_certs: bool,
    /// Accepted for compatibility.
    #[allow(dead_code)]
    io_buffer_size: Option<u64>,
    /// The archive, as the controller sends it.
    #[serde(default, rename = "_archive")]
    #[schemars(skip)]
    archive: Option<Blob>,
}

fn yes() -> bool {
    true
}

impl Arguments for Unarchive {
    const NAME: &'static str = "unarchive";
    const EXAMPLES: &'static str = r#"
- name: The release, from the controller
  unarchive:
    src: release-42.tar.gz
    dest: /srv/app
    owner: app

- name: An archive that is on the host
  unarchive:
    src: /tmp/data.zip
    dest: /srv/data
    remote_src: true
    creates: /srv/data/index
"#;
}

/// What is to be done with an archive.
struct Plan {
    handler: &'static str,
    /// Paths below the destination.
    files: Vec<String>,
    /// Whether all is there as the archive has it.
    there: bool,
    command: Command,
}

impl Module for Unarchive {
    fn run(self, host: &mut System) -> Result<Outcome> {
        mutually_exclusive(&[("include", !self.include.is_empty()), ("exclude", !self.exclude.is_empty())])?;
        if let Some(creates) = &self.creates
            && creates.is_there(host)?
        {
            let message = format!("skipped, since {} exists", creates.as_str());
            return Ok(Outcome::new().with("msg", message).with("skipped", true).changed(false));
        }
        if let Some(blob) = &self.archive {
            let bytes = host.blob(blob)?;
            return host.with_temporary_file(&bytes, |host, path| self.unpack(host, path));
        }
        if self.src.contains("://") {
            let bytes = self.download(host)?;
            return host.with_temporary_file(&bytes, |host, path| self.unpack(host, path));
        }
        let path = HostPath::new(self.src.as_str()).expand(host)?;
        match host.follow(&path)? {
            // Playbooks look for the words of the failures.
            None => Err(Error::failed(format!("Source '{}' does not exist", path.display()))),
            Some(found) if found.is_directory() => {
                Err(Error::failed(format!("Source '{}' is a directory, no archive", path.display())))
            }
            Some(_) => self.unpack(host, &path),
        }
    }
}

impl Unarchive {
    fn download(&self, host: &mut System) -> Result<Vec<u8>> {
        let failed = |why: String| Error::failed(format!("Failure downloading {}, {why}", self.src));
        let address = HttpAddress::parse(&self.src)
            .ok_or_else(|| failed("it is no address of http or https".into()))?;
        let client = WebClient {
            decompress: false,
            verify: self.validate_certs,
            ..WebClient::new(Duration::from_secs(10))
        };
        let answer = client.ask(host, "GET", address, Vec::new(), None);
        let response = answer.map_err(|failure| failed(failure.to_string()))?.response;
        match response.status {
            200..300 if response.complete => Ok(response.body),
            200..300 => Err(failed("the answer is not whole".into())),
            status => Err(failed(format!("HTTP Error {status}: {}", response.reason))),
        }
    }

    fn unpack(&self, host: &mut System, archive: &Path) -> Result<Outcome> {
        let dest = self.dest.expand(host)?;
        if !host.follow(&dest)?.is_some_and(|found| found.is_directory()) {
            return Err(Error::failed(format!("Destination '{}' is not a directory", dest.display())));
        }
        let bytes = host.read(archive)?;
        let plan = match zip_entries(&bytes).filter(|_| bytes.starts_with(b"PK")) {
            Some(entries) => self.plan_zip(host, archive, &dest, &entries)?,
            None => self.plan_tar(host, archive, &dest, handler(&bytes))?,
        };
        let shown =
            if self.archive.is_some() { self.src.clone() } else { archive.to_string_lossy().into_owned() };
        if let Some(name) = self.leading_out(host, &plan, archive)? {
            return Err(Error::failed(format!(
                "failed to unpack {shown} to {}: '{name}' in it leads out of that folder; nothing has been unpacked",
                dest.display()
            )));
        }
        let mut outcome = Outcome::new()
            .with("dest", dest.to_string_lossy().as_ref())
            .with("src", shown.as_str())
            .with("handler", plan.handler);
        if !plan.there {
            let mut done: Option<Output> = None;
            host.act("unpacked archive", &dest.to_string_lossy(), &format!("unpack {shown}"), |backend| {
                done =
                    Some(backend.carry_out(
                        &plan.command,
                        &format!("failed to unpack {shown} to {}", dest.display()),
                    )?);
                Ok(())
            })?;
            if let Some(output) = done {
                let results = Value::map([
                    ("cmd", Value::list(plan.command.argv.iter().map(String::as_str))),
                    ("rc", Value::from(output.code)),
                    ("out", Value::from(output.stdout())),
                    ("err", Value::from(output.stderr())),
                ]);
                outcome = outcome.with("extract_results", results);
            }
        }
        self.set_attributes(host, &dest, &plan.files)?;
        if self.list_files {
            outcome = outcome.with("files", Value::list(plan.files.iter().map(String::as_str)));
        }
        let found = host.inode(&dest)?;
        inode_result(host, outcome, &found)
    }

    /// What in the archive would be unpacked elsewhere, unless that is asked for.
    fn leading_out(&self, host: &mut System, plan: &Plan, archive: &Path) -> Result<Option<String>> {
        if self.extra_opts.iter().any(|option| ["-P", "--absolute-names", "-:"].contains(&option.as_str())) {
            return Ok(None);
        }
        if let Some(name) = plan.files.iter().find(|name| climbs(name)) {
            return Ok(Some(name.clone()));
        }
        // Below what is no folder in the archive itself there can be something only if that is a link.
        let others: BTreeSet<&str> =
            plan.files.iter().map(String::as_str).filter(|name| !name.ends_with('/')).collect();
        let below = |name: &str| {
            let ends = name.match_indices('/').map(|(end, _)| end);
            ends.map(|end| name[..end].to_owned()).find(|above| others.contains(above.as_str()))
        };
        let suspects: Vec<(&String, String)> =
            plan.files.iter().filter_map(|name| Some((name, below(name)?))).collect();
        if suspects.is_empty() || plan.handler == "ZipArchive" {
            return Ok(suspects.first().map(|(name, _)| (*name).clone()));
        }
        let listing =
            Command::new([plan.command.program(), "--list", "--verbose", "--quoting-style=literal", "-f"])
                .arg(archive.to_string_lossy())
                .env("LC_ALL", "C.UTF-8");
        let listing = host.query(&listing)?.stdout();
        let leads_out = |link: &str| {
            let target = listing.lines().find_map(|line| line.split_once(&format!(" {link} -> ")));
            target.is_none_or(|(_, target)| target.starts_with('/') || climbs(target))
        };
        Ok(suspects.into_iter().find(|(_, link)| leads_out(link)).map(|(name, _)| name.clone()))
    }

    /// Owner, group and permissions of what was unpacked, and of the folders on the way to it.
    fn set_attributes(&self, host: &mut System, dest: &Path, files: &[String]) -> Result<()> {
        let mut paths: BTreeSet<PathBuf> = BTreeSet::new();
        for file in files {
            let path: PathBuf = dest.join(file.trim_start_matches('/')).components().collect();
            let above = path.ancestors().skip(1).take_while(|up| *up != dest && up.starts_with(dest));
            paths.extend(above.map(Path::to_owned));
            if path != dest {
                paths.insert(path);
            }
        }
        for path in paths {
            let now = host.inode(&path)?;
            let mode = match now.kind {
                Kind::Absent => continue,
                Kind::Link(_) => None,
                _ => self.file.mode.as_ref(),
            };
            let want =
                attributes(host, now.clone(), self.file.owner.as_deref(), self.file.group.as_deref(), mode)?;
            host.place(&now, want)?;
            self.file.marks().settle(host, &path)?;
        }
        Ok(())
    }

    // Tar.

    fn plan_tar(
        &self,
        host: &mut System,
        archive: &Path,
        dest: &Path,
        handler: &'static str,
    ) -> Result<Plan> {
        let mut program = None;
        for name in ["gtar", "tar"] {
            if program.is_none() && host.find_program(name)?.is_some() {
                program = Some(name);
            }
        }
        let program =
            program.ok_or_else(|| self.no_handler("Unable to find required 'gtar' or 'tar' on the host"))?;
        let dest = dest.to_string_lossy();
        let command = |verb: &str, folder: &str, more: &[String]| {
            let excludes = self.exclude.iter().map(|pattern| format!("--exclude={pattern}"));
            Command::new([program, verb, "-C", folder])
                .args(more.iter().cloned())
                .args(excludes)
                .args(["-f", archive.to_string_lossy().as_ref()])
                .args(self.include.iter().cloned())
                .env("LC_ALL", "C.UTF-8")
        };
        let literal = ["--quoting-style=literal".to_owned()];
        // In a dry run, the folder need not be there yet.
        let listed = host.query(&command("--list", "/", &literal))?;
        let listed = if listed.success() { listed } else { host.query(&command("--list", "/", &[]))? };
        if !listed.success() {
            return Err(self.no_handler(listed.stderr().trim()));
        }
        let files = listed.stdout().lines().map(str::to_owned).filter(|name| !name.is_empty()).collect();
        let difference = host.query(&command("--diff", &dest, &self.extra_opts))?;
        let there = match difference.code {
            0 | 1 => !self.differs(host, &format!("{}\n{}", difference.stdout(), difference.stderr())),
            // What can't be read or is missing; or a tar that can't compare.
            _ => !self.differs(host, &difference.stderr()) && difference.stderr().is_empty(),
        };
        let mut options: Vec<String> = Vec::new();
        if self.keep_newer {
            options.push("--keep-newer-files".into());
        }
        options.extend(self.extra_opts.iter().cloned());
        Ok(Plan { handler, files, there, command: command("--extract", &dest, &options) })
    }

    /// Whether tar has found a difference that unpacking would remove.
    fn differs(&self, host: &System, said: &str) -> bool {
        let root = host.identity().uid == 0;
        said.lines().any(|line| {
            let ends = |words: &str| line.ends_with(words);
            if ends(": Uid differs") || line.contains("Invalid owner") {
                root && self.file.owner.is_none()
            } else if ends(": Gid differs") || line.contains("Invalid group") {
                root && self.file.group.is_none()
            } else if ends(": Mode differs") {
                self.file.mode.is_none()
            } else if ends(": Mod time differs") {
                !self.keep_newer
            } else {
                [" differs", " differ", "No such file or directory", "File type differs"]
                    .iter()
                    .any(|words| ends(words))
            }
        })
    }

    // ZIP.

    fn plan_zip(&self, host: &mut System, archive: &Path, dest: &Path, entries: &[ZipEntry]) -> Result<Plan> {
        if host.find_program("unzip")?.is_none() {
            return Err(self.no_handler("Unable to find required 'unzip' on the host"));
        }
        let counts = |name: &str| {
            let name = name.trim_end_matches('/');
            let meant = |patterns: &[String]| patterns.iter().any(|pattern| matches_pattern(pattern, name));
            !meant(&self.exclude) && (self.include.is_empty() || meant(&self.include))
        };
        let entries: Vec<&ZipEntry> = entries.iter().filter(|entry| counts(&entry.name)).collect();
        let mut there = true;
        for entry in &entries {
            there = there && self.is_there(host, dest, entry)?;
        }
        let overwrite = if self.keep_newer { "-uo" } else { "-o" };
        let mut command = Command::new(["unzip", overwrite]).args(self.extra_opts.iter().cloned());
        command = command.arg(archive.to_string_lossy()).args(self.include.iter().cloned());
        if !self.exclude.is_empty() {
            command = command.arg("-x").args(self.exclude.iter().cloned());
        }
        let command = command.args(["-d", dest.to_string_lossy().as_ref()]).env("LC_ALL", "C.UTF-8");
        let files = entries.iter().map(|entry| entry.name.clone()).collect();
        Ok(Plan { handler: "ZipArchive", files, there, command })
    }

    fn is_there(&self, host: &mut System, dest: &Path, entry: &ZipEntry) -> Result<bool> {
        let path = dest.join(entry.name.trim_start_matches('/'));
        let found = host.stat(&path)?;
        let permissions = entry.mode & 0o777;
        let umask = host.identity().umask;
        let same = match &found.inode.kind {
            Kind::Link(target) if entry.is_link() => {
                return Ok(crc32(target.to_string_lossy().as_bytes()) == entry.crc32);
            }
            Kind::Directory => return Ok(entry.is_directory()),
            Kind::File(_) if !entry.is_directory() && !entry.is_link() => {
                found.metadata.as_ref().is_none_or(|metadata| metadata.size == entry.size)
                    && crc32(&host.read(&path)?) == entry.crc32
            }
            _ => false,
        };
        let fits = self.file.mode.is_some()
            || entry.mode == 0
            || found.inode.effective_permissions(umask) & 0o777 == permissions & !umask
            || found.inode.effective_permissions(umask) & 0o777 == permissions;
        Ok(same && fits)
    }

    /// Playbooks look for these words.
    fn no_handler(&self, why: &str) -> Error {
        Error::failed(format!(
            "Failed to find handler for \"{}\". Make sure the required command to extract the file is installed.\n{why}",
            self.src
        ))
    }
}

/// Whether a path has a step up in it.
fn climbs(name: &str) -> bool {
    name.split('/').any(|step| step == "..")
}

/// The name that playbooks know for what unpacks an archive that starts with these bytes.
fn handler(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x1f, 0x8b, ..] => "TgzArchive",
        [b'B', b'Z', b'h', ..] => "TarBzipArchive",
        [0xfd, b'7', b'z', b'X', b'Z', ..] => "TarXzArchive",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "TarZstdArchive",
        _ => "TarArchive",
    }
}
