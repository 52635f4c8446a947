use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use diag::{Error, Result};
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

use crate::accounts::Database;
use crate::credentials::Credentials;
use crate::{Kind, LabBuilder, Network};

/// Builds the read-only layers that lie between what a host writes and the file system it is made of.
///
/// Two layers, as an overlay shows the upper and goes on to the lower unless something in between is hidden: `base` has
/// what the hosts have of their own, and beneath it `hide` has an overlay whiteout for each thing that they must not see.
pub(crate) struct Layers<'a> {
    lab: &'a LabBuilder,
    /// The root of the file system that the hosts are made of.
    pub(crate) lower: &'a Path,
    pub(crate) directory: PathBuf,
    /// Whether this process is root, and can make device nodes and give files away.
    pub(crate) privileged: bool,
    /// What the keeper does to the layers before hosts use them, as a shell script.
    pub(crate) prepare: String,
    /// What a sandbox host mounts in its root.
    pub(crate) fstab: String,
    /// The folders, from the outermost to the innermost, of which each needs an overlay of its own.
    pub(crate) overlays: Vec<PathBuf>,
}

impl<'a> Layers<'a> {
    /// Builds in `directory` the folder `layers` and the script `prepare.sh`, which the keeper reads.
    pub(crate) fn build(
        lab: &'a LabBuilder,
        credentials: &Credentials,
        lower: &'a Path,
        directory: &Path,
    ) -> Result<()> {
        let privileged = rustix::process::geteuid().is_root();
        let folder = directory.join("layers");
        let mut layers = Layers {
            lab,
            lower,
            directory: folder,
            privileged,
            prepare: String::new(),
            fstab: String::new(),
            overlays: Vec::new(),
        };
        layers.fill(credentials).map_err(|error| error.context("the hosts' files can't be prepared"))?;
        write(&directory.join("prepare.sh"), &layers.prepare, 0o600)
    }

    fn fill(&mut self, credentials: &Credentials) -> Result<()> {
        for layer in ["base", "hide"] {
            create_folder(&self.directory.join(layer), 0o755)?;
        }
        if self.lab.kind == Kind::Sandbox {
            self.borrow_machine(self.lab.network)?;
        }
        self.accounts()?;
        for (path, text, mode) in credentials.server_files(self.lab.passwords())? {
            self.file(&path, &text, mode)?;
        }
        if self.lab.network == Network::Shared {
            let names = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
            self.file("/etc/resolv.conf", &names, 0o644)?;
        }
        self.share()?;
        self.options()
    }

    fn accounts(&mut self) -> Result<()> {
        let read = |file: &str| fs::read_to_string(self.lower.join(file));
        let needed = |file: &str| read(file).map_err(|error| cannot("read", &self.lower.join(file), error));
        let mut database = Database {
            passwd: needed("etc/passwd")?,
            group: needed("etc/group")?,
            shadow: read("etc/shadow").unwrap_or_default(),
            gshadow: read("etc/gshadow").unwrap_or_default(),
        };
        database.lock(self.lab.root_password.as_deref())?;
        for account in &self.lab.accounts {
            let id = database.add(account)?;
            let home = format!("home/{}", account.name);
            self.folder("base", Path::new("home"))?;
            create_folder(&self.directory.join("base").join(&home), 0o755)?;
            self.skeleton(&home)?;
            self.prepare += &format!("chown -R -h {id}:{id} stage/base/{home}\n");
            if let Some(rule) = account.sudoers() {
                self.file(&format!("/etc/sudoers.d/lab-{}", account.name), &rule, 0o440)?;
            }
        }
        self.file("/etc/passwd", &database.passwd, 0o644)?;
        self.file("/etc/group", &database.group, 0o644)?;
        self.file("/etc/shadow", &database.shadow, 0o640)?;
        self.file("/etc/gshadow", &database.gshadow, 0o640)
    }

    /// What a new home folder starts with.
    pub(crate) fn skeleton(&self, home: &str) -> Result<()> {
        for entry in read_folder(&self.lower.join("etc/skel")).unwrap_or_default() {
            if entry.path().is_file() {
                let path = self.directory.join("base").join(home).join(entry.file_name());
                fs::copy(entry.path(), &path).map_err(|error| cannot("written", &path, error))?;
            }
        }
        Ok(())
    }

    /// The folders that the lab was told to show; `shared` is for systemd-nspawn, which mounts them itself.
    fn share(&mut self) -> Result<()> {
        let mut shared = String::new();
        for folder in &self.lab.shared {
            let absolute = folder.canonicalize().map_err(|error| cannot("shared", folder, error))?;
            if let Ok(relative) = absolute.strip_prefix("/") {
                self.folder("base", relative)?;
                let place = fstab_field(&absolute);
                self.fstab += &format!("{place} {place} none bind,ro 0 0\n");
                shared += &format!("{}\n", absolute.display());
            }
        }
        write(&self.directory.join("shared"), &shared, 0o644)
    }

    /// What the scripts need to know.
    fn options(&self) -> Result<()> {
        let overlay_options = match self.privileged {
            // Folders of the machine can then be renamed on a host, as on any other file system.
            true => "redirect_dir=on",
            false => "userxattr",
        };
        let network = match self.lab.network {
            Network::Isolated => "isolated",
            Network::Shared => "shared",
        };
        let lower = match self.privileged {
            true => format!("base:hide:{}", self.lower.display()),
            // No user namespace may see what this machine's other mounts cover.
            false => "base:hide".to_owned(),
        };
        let control_group = self.directory.parent().and_then(Path::file_name).unwrap_or_default().display();
        let options = format!(
            "lower={lower}\noverlay_options={overlay_options}\nnetwork={network}\ncontrol_group={control_group}\n"
        );
        write(&self.directory.join("options.sh"), &options, 0o644)?;
        write(&self.directory.join("fstab"), &self.fstab, 0o644)?;
        let overlays: String = self.overlays.iter().map(|place| format!("{}\n", place.display())).collect();
        write(&self.directory.join("overlays"), &overlays, 0o644)
    }

    /// Writes a file of the hosts' own, with the owner and mode of the file that it stands in for.
    pub(crate) fn file(&self, path: &str, text: &str, mode: u32) -> Result<()> {
        let relative = Path::new(path.trim_start_matches('/'));
        if let Some(parent) = relative.parent() {
            self.folder("base", parent)?;
        }
        let file = self.directory.join("base").join(relative);
        write(&file, text, mode)?;
        self.take_over_attributes(relative, &file)
    }

    /// Makes a folder in a layer, with the owners and modes of the folders that it and its parents stand in for.
    pub(crate) fn folder(&self, layer: &str, relative: &Path) -> Result<()> {
        let mut place = PathBuf::new();
        for part in relative.components() {
            place.push(part);
            let folder = self.directory.join(layer).join(&place);
            if !folder.exists() {
                create_folder(&folder, 0o755)?;
                self.take_over_attributes(&place, &folder)?;
            }
        }
        Ok(())
    }

    fn take_over_attributes(&self, relative: &Path, path: &Path) -> Result<()> {
        let Ok(metadata) = self.lower.join(relative).symlink_metadata() else { return Ok(()) };
        if metadata.is_symlink() {
            return Ok(());
        }
        if self.privileged {
            chown(path, Some(metadata.uid()), Some(metadata.gid()))
                .map_err(|error| cannot("given its owner", path, error))?;
        }
        set_mode(path, metadata.mode() & 0o7777)
    }
}

/// Hides from the hosts what is at this place of the layers below.
pub(crate) fn whiteout(path: &Path) -> Result<()> {
    mknodat(CWD, path, FileType::CharacterDevice, Mode::empty(), makedev(0, 0))
        .map_err(|error| cannot("made", path, error))
}

pub(crate) fn create_folder(path: &Path, mode: u32) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| cannot("made", path, error))?;
    set_mode(path, mode)
}

pub(crate) fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    fs::write(path, text).map_err(|error| cannot("written", path, error))?;
    set_mode(path, mode)
}

pub(crate) fn set_mode(path: &Path, mode: u32) -> Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(|error| cannot("given its mode", path, error))
}

pub(crate) fn read_folder(path: &Path) -> Result<Vec<fs::DirEntry>> {
    fs::read_dir(path).and_then(Iterator::collect).map_err(|error| cannot("read", path, error))
}

pub(crate) fn cannot(done: &str, path: &Path, error: impl std::fmt::Display) -> Error {
    Error::new(format!("'{}' can't be {done}", path.display())).cause(error)
}

/// A path as it stands in an fstab, where a blank ends a field.
fn fstab_field(path: &Path) -> String {
    let escape = |letter: char| match letter {
        ' ' | '\t' | '\n' | '\\' => format!("\\{:03o}", u32::from(letter)),
        other => other.to_string(),
    };
    path.to_string_lossy().chars().map(escape).collect()
}
