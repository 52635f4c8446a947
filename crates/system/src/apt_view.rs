use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use protocol::Foresight;
use value::{Unknown, Value};

use crate::{Command, Content, Error, Identity, Kind, Packages, Result, System, sha256_hex};

/// How apt's programs are called so that they see the host as it would be, and write nothing to it: in a dry run that has
/// predicted other sources, lists or packages, by a configuration that leads them to copies in a private folder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AptView {
    folder: Option<PathBuf>,
    /// Whether the folder has settings and lists of its own.
    has_copies: bool,
    outdated: Option<Unknown>,
}

impl AptView {
    /// The command, with apt's eyes led to the copies.
    pub fn through(&self, command: Command) -> Command {
        let Some(folder) = &self.folder else { return command };
        let configuration = folder.join("apt.conf");
        command.env("APT_CONFIG", configuration.to_string_lossy()).env("TMPDIR", folder.to_string_lossy())
    }

    /// Why the lists of packages may be others than those that apt would then have.
    pub fn outdated(&self) -> Option<&Unknown> {
        self.outdated.as_ref()
    }
}

const SETTINGS: &str = "/etc/apt";
const LISTS: &str = "/var/lib/apt/lists";
const STATUS: &str = "/var/lib/dpkg/status";
const MARKS: &str = "/var/lib/apt/extended_states";
/// The kind under which the overlay keeps by which settings the copies of the lists were fetched.
const FETCHED: &str = "apt lists of a dry run";

/// What apt is to look at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Eyes {
    /// The host's own settings, lists and packages.
    Host,
    /// Copies of them, as they would be.
    Copies,
}

/// The settings that lead apt to a folder. Whatever it looks at, it must write nothing outside of that: its caches, and
/// the plan of a simulation in its log.
fn configuration(folder: &Path, eyes: Eyes) -> String {
    let root = folder.display();
    let private = format!(
        "Dir::Cache \"{root}/cache/\";\nDir::Cache::archives \"/var/cache/apt/archives/\";\nDir::Log::Planner \"/dev/null\";\n"
    );
    if eyes == Eyes::Host {
        return private;
    }
    format!(
        "{private}Dir::Etc \"{root}/etc/\";\nDir::State::lists \"{root}/lists/\";\nDir::State::status \"{root}/status\";\n\
         Dir::State::extended_states \"{root}/extended_states\";\nAPT::Sandbox::User \"root\";\n"
    )
}

impl System {
    /// The name under which [`System::refresh`] fetches apt's lists.
    pub const APT_LISTS: &'static str = "apt lists";

    /// How apt's programs see the host as earlier tasks would have left it. `fetch` calls apt-get to fetch the lists, if
    /// they would have been fetched: to a private folder, by settings as they would be.
    ///
    /// # Errors
    /// The lists can't be fetched, or the settings not be read.
    pub fn apt_view(&mut self, fetch: impl FnOnce(&mut System, &AptView) -> Result<()>) -> Result<AptView> {
        if self.overlay().is_none() {
            return Ok(AptView::default());
        }
        let folder = self.kept_directory("apt")?;
        let view = AptView { folder: Some(folder.clone()), ..AptView::default() };
        let settings_change = self.would_change_below(Path::new(SETTINGS));
        let fetches = self.would_be_refreshed(System::APT_LISTS);
        let may_fetch = self.foresight() == Foresight::Exact;
        let changes = settings_change || fetches || !self.predicted(Packages::PACKAGE).is_empty();
        if !changes || ((settings_change || fetches) && !may_fetch) {
            self.lay_out_directory(&folder.join("cache"))?;
            self.lay_out(&folder.join("apt.conf"), configuration(&folder, Eyes::Host).as_bytes())?;
            self.copy_caches(&folder)?;
            let only_exactly = "package lists are only fetched with '--predict=exact'";
            let outdated = match (changes, settings_change) {
                (false, _) => None,
                (true, false) => Some(only_exactly.to_owned()),
                (true, true) => {
                    Some(format!("an earlier task changes where packages come from, and {only_exactly}"))
                }
            };
            return Ok(AptView { outdated: outdated.map(Unknown::new), ..view });
        }
        let settings = match self.lay_out_settings(&folder) {
            Ok(settings) => settings,
            Err(Error::Unknown(unknown)) => {
                return Ok(AptView { outdated: Some(unknown), ..view });
            }
            Err(error) => return Err(error),
        };
        self.lay_out_packages(&folder)?;
        let view = AptView { has_copies: true, ..view };
        let fingerprint = Value::from(settings);
        let is_fetched =
            self.overlay().is_some_and(|overlay| overlay.state(FETCHED, "") == Some(&fingerprint));
        if fetches && !is_fetched {
            let waiting: Vec<String> = self
                .expected_packages()
                .iter()
                .filter(|package| package.folder_of.is_none())
                .map(|package| package.name.clone())
                .collect();
            match fetch(self, &view) {
                Ok(()) => {}
                // A program or certificate that a package brings may be what is missing.
                Err(error) if !waiting.is_empty() => {
                    let cause = format!(
                        "the package lists can't be fetched, maybe because {} is not installed yet: {error}",
                        waiting.join(", ")
                    );
                    return Ok(AptView { outdated: Some(Unknown::new(cause)), ..view });
                }
                Err(error) => return Err(error),
            }
            if let Some(overlay) = self.overlay_mut() {
                overlay.set_state(FETCHED, "", fingerprint);
            }
        }
        Ok(view)
    }

    /// Copies what apt has worked out of its lists, which it would otherwise work out once more: that takes a second.
    fn copy_caches(&mut self, folder: &Path) -> Result<()> {
        for name in ["pkgcache.bin", "srcpkgcache.bin"] {
            let (own, copy) = (Path::new("/var/cache/apt").join(name), folder.join("cache").join(name));
            let is_there = self.follow(&own)?.is_some_and(|inode| inode.is_file());
            if is_there && self.inode(&copy)?.is_absent() {
                let paths = [own.to_string_lossy(), copy.to_string_lossy()];
                // Without the copy apt is slower, and no worse.
                let _ = self.query(&Command::new(["cp", "-p", "--reflink=auto"]).args(paths));
            }
        }
        Ok(())
    }

    /// The lists that apt sees: size and time of each by its name.
    ///
    /// # Errors
    /// They can't be looked at.
    pub fn apt_lists(&mut self, view: &AptView) -> Result<BTreeMap<String, (u64, i64)>> {
        let own = view.folder.as_ref().map(|folder| folder.join("lists")).filter(|_| view.has_copies);
        let folder = own.unwrap_or_else(|| PathBuf::from(LISTS));
        let mut lists = BTreeMap::new();
        for name in self.list_on_host(&folder)? {
            let Some(real) = self.follow(&folder.join(&name))? else { continue };
            if let Some(found) = self.stat(&real.path)?.metadata.filter(|_| real.is_file() && name != "lock")
            {
                lists.insert(name, (found.size, found.modified as i64));
            }
        }
        Ok(lists)
    }

    /// Puts apt's settings, and links to its lists, into a folder; tells the fingerprint of the settings.
    fn lay_out_settings(&mut self, folder: &Path) -> Result<String> {
        let (settings, lists) = (folder.join("etc"), folder.join("lists"));
        let mut files = Vec::new();
        self.files_below(Path::new(SETTINGS), &mut files)?;
        let keys = self.predicted_keys(folder, &files)?;
        let mut fingerprint = String::new();
        if self.backend_mut().metadata(&settings).is_ok_and(|found| found.is_some()) {
            let failed = |error| Error::io("can't remove", &settings, error);
            self.backend_mut().remove(&settings).map_err(failed)?;
        }
        for name in ["apt.conf.d", "auth.conf.d", "preferences.d", "sources.list.d", "trusted.gpg.d"] {
            self.lay_out_directory(&settings.join(name))?;
        }
        for (path, mut bytes) in files {
            let Ok(below) = path.strip_prefix(SETTINGS) else { continue };
            if below.starts_with("sources.list") || below.starts_with("sources.list.d") {
                let mut text = String::from_utf8_lossy(&bytes).into_owned();
                for (key, copy) in &keys {
                    text = text.replace(key.as_str(), copy);
                }
                bytes = text.into_bytes();
            }
            fingerprint += &format!("{} {}\n", below.display(), sha256_hex(&bytes));
            self.lay_out(&settings.join(below), &bytes)?;
        }
        // Programs that are to be called after lists have been fetched would change the host. This is the last file that
        // apt reads.
        let main = settings.join("apt.conf");
        let mut last = self.read_text_if_any(&Path::new(SETTINGS).join("apt.conf"))?.unwrap_or_default();
        for hook in ["Pre-Invoke", "Post-Invoke", "Post-Invoke-Success"] {
            last += &format!("\n#clear APT::Update::{hook};\n");
        }
        // The host's own settings may lead to other places, which are not to be written to either.
        last += &configuration(folder, Eyes::Copies);
        self.lay_out(&main, last.as_bytes())?;
        // apt replaces what it fetches, and leaves links as they are where nothing is new.
        self.lay_out_directory(&lists.join("partial"))?;
        for name in self.list_on_host(Path::new(LISTS))? {
            let (link, target) = (lists.join(&name), Path::new(LISTS).join(&name));
            // The lists of a repository on the host itself are links.
            let is_file = self.follow(&target)?.is_some_and(|inode| inode.is_file());
            if is_file && name != "lock" && self.inode(&link)?.is_absent() {
                let failed = |error| Error::io("can't make the link", &link, error);
                self.backend_mut().make_link(&link, &target).map_err(failed)?;
            }
        }
        self.lay_out_directory(&folder.join("cache"))?;
        self.lay_out(&folder.join("apt.conf"), configuration(folder, Eyes::Copies).as_bytes())?;
        Ok(sha256_hex(fingerprint.as_bytes()))
    }

    /// Keys that earlier tasks would have put somewhere, which sources name by their paths: copies of them, by path.
    fn predicted_keys(
        &mut self,
        folder: &Path,
        files: &[(PathBuf, Vec<u8>)],
    ) -> Result<Vec<(String, String)>> {
        let texts: Vec<String> =
            files.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
        let named = |path: &Path| {
            let path = path.to_string_lossy();
            texts.iter().any(|text| text.contains(&*path))
        };
        let predicted =
            self.overlay().map(|overlay| overlay.files().map(Path::to_owned).collect::<BTreeSet<_>>());
        let mut keys = Vec::new();
        for path in predicted.unwrap_or_default().into_iter().filter(|path| named(path)) {
            let bytes = self.read(&path)?;
            // apt goes by the name's end whether a key is armoured.
            let end = path.extension().map(|end| format!(".{}", end.display())).unwrap_or_default();
            let copy = folder.join("keys").join(format!("{}{end}", sha256_hex(&bytes)));
            self.lay_out(&copy, &bytes)?;
            keys.push((path.to_string_lossy().into_owned(), copy.to_string_lossy().into_owned()));
        }
        // The longer of two paths that begin alike comes first.
        keys.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        Ok(keys)
    }

    /// Puts dpkg's database, as it would be, into a folder.
    fn lay_out_packages(&mut self, folder: &Path) -> Result<()> {
        let predicted = self.predicted(Packages::PACKAGE);
        let is_predicted = |name: &str| predicted.iter().any(|(found, _)| found == name);
        let native = self.dpkg_database()?;
        let mut status = String::new();
        for paragraph in self.read_text_if_any(Path::new(STATUS))?.unwrap_or_default().split("\n\n") {
            let field =
                |name: &str| paragraph.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            let Some(name) = field("Package:") else { continue };
            let full = format!("{name}:{}", field("Architecture:").unwrap_or("all"));
            let key = native.key(&full);
            let state = predicted.iter().find(|(found, _)| found == key).map(|(_, state)| state);
            match state {
                None => status += &format!("{paragraph}\n\n"),
                Some(state) => {
                    let version = state.get("version").and_then(Value::as_str);
                    let waits = self.expected_packages().iter().any(|package| package.name == key);
                    if let Some(version) = version.filter(|_| !waits) {
                        let lines = paragraph.lines().map(|line| match line.strip_prefix("Version:") {
                            Some(_) => format!("Version: {version}\n"),
                            None => format!("{line}\n"),
                        });
                        status.extend(lines);
                        status.push('\n');
                    }
                }
            }
        }
        let mut marks = self.read_text_if_any(Path::new(MARKS))?.unwrap_or_default();
        for package in self.expected_packages().iter().filter(|package| is_predicted(&package.name)) {
            let Some(record) = &package.record else { continue };
            status += &format!("{}\nStatus: install ok installed\n\n", record.trim());
            if package.automatic {
                let architecture = record.lines().find_map(|line| line.strip_prefix("Architecture: "));
                let name = package.name.split(':').next().unwrap_or_default();
                marks += &format!(
                    "Package: {name}\nArchitecture: {}\nAuto-Installed: 1\n\n",
                    architecture.unwrap_or("all")
                );
            }
        }
        self.lay_out(&folder.join("status"), status.as_bytes())?;
        self.lay_out(&folder.join("extended_states"), marks.as_bytes())
    }

    /// All files below a folder with their contents, links to files followed.
    fn files_below(&mut self, folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) -> Result<()> {
        if self.follow(folder)?.is_none() {
            return Ok(());
        }
        for name in self.list(folder)? {
            let path = folder.join(name);
            // A link to a folder may lead round in a circle.
            if self.inode(&path)?.is_directory() {
                self.files_below(&path, files)?;
                continue;
            }
            match self.follow(&path)?.map(|inode| inode.kind) {
                Some(Kind::File(Content::OnHost(_) | Content::Bytes(_) | Content::Unknown(_))) => {
                    let bytes = self.read(&path)?;
                    files.push((path, bytes));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Puts a file into a private folder, and makes the folders on the way to it.
    fn lay_out(&mut self, path: &Path, bytes: &[u8]) -> Result<()> {
        if let Some(parent) = path.parent() {
            self.lay_out_directory(parent)?;
        }
        let Identity { uid, gid, .. } = self.identity();
        self.backend_mut()
            .write(path, bytes, 0o600, uid, gid)
            .map_err(|error| Error::io("can't write", path, error))
    }

    fn lay_out_directory(&mut self, path: &Path) -> Result<()> {
        let missing: Vec<&Path> = path
            .ancestors()
            .take_while(|path| !self.backend_mut().metadata(path).is_ok_and(|found| found.is_some()))
            .collect();
        for directory in missing.into_iter().rev() {
            let failed = |error| Error::io("can't make", directory, error);
            self.backend_mut().make_directory(directory, 0o700).map_err(failed)?;
        }
        Ok(())
    }

    fn list_on_host(&mut self, folder: &Path) -> Result<Vec<String>> {
        match self.follow(folder)? {
            Some(inode) if inode.is_directory() => self.list(folder),
            _ => Ok(Vec::new()),
        }
    }
}
