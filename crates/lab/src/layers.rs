use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use diag::{Error, Result};
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

use crate::accounts::Database;
use crate::credentials::Credentials;
use crate::{Kind, LabBuilder, Network};

/// Top-level folders of this machine that a sandbox host sees; of all the others there is no trace.
const SEEN: [&str; 12] =
    ["bin", "boot", "etc", "lib", "lib32", "lib64", "libo32", "libx32", "opt", "sbin", "srv", "usr"];

/// Also seen, but with parts of it replaced.
const SEEN_IN_PART: &str = "var";

/// Folders that every sandbox host has for itself, with their modes.
const OWN_FOLDERS: [(&str, u32); 15] = [
    ("dev", 0o755),
    ("dev/pts", 0o755),
    ("dev/shm", 0o1777),
    ("home", 0o755),
    ("media", 0o755),
    ("mnt", 0o755),
    ("proc", 0o555),
    ("root", 0o700),
    ("run", 0o755),
    ("run/lock", 0o1777),
    ("run/sshd", 0o755),
    ("sys", 0o555),
    ("tmp", 0o1777),
    ("var", 0o755),
    ("var/tmp", 0o1777),
];

/// What under the seen folders is this machine's alone: keys, passwords, people's tasks and mail.
const PRIVATE: [&str; 7] = [
    "etc/shadow-",
    "etc/gshadow-",
    "etc/ssl/private",
    "var/mail",
    "var/spool/cron/crontabs",
    "var/spool/mail",
    "var/tmp",
];

/// Device nodes: name, major and minor number.
pub(crate) const DEVICES: [(&str, u32, u32); 6] =
    [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)];

/// Links in `/dev`.
const DEVICE_LINKS: [(&str, &str); 5] = [
    ("fd", "/proc/self/fd"),
    ("ptmx", "pts/ptmx"),
    ("stderr", "/proc/self/fd/2"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
];

/// Builds the read-only layers that lie between what a host writes and the file system it is made of.
///
/// Two layers, as an overlay shows the upper and goes on to the lower unless something in between is hidden: `base` has
/// what the hosts have of their own, and beneath it `hide` has an overlay whiteout for each thing that they must not see.
pub(crate) struct Layers<'a> {
    lab: &'a LabBuilder,
    /// The root of the file system that the hosts are made of.
    lower: &'a Path,
    directory: PathBuf,
    /// Whether this process is root, and can make device nodes and give files away.
    privileged: bool,
    prepare: String,
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
        let mut layers = Layers { lab, lower, directory: folder, privileged, prepare: String::new() };
        layers.fill(credentials).map_err(|error| error.context("the hosts' files can't be prepared"))?;
        write(&directory.join("prepare.sh"), &layers.prepare, 0o600)
    }

    fn fill(&mut self, credentials: &Credentials) -> Result<()> {
        for layer in ["base", "hide"] {
            create_folder(&self.directory.join(layer), 0o755)?;
        }
        if self.lab.kind == Kind::Sandbox {
            self.hide()?;
            self.own_folders()?;
            self.devices()?;
            // Services can't be started where no init system runs; packages ask this before they try.
            self.file("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)?;
        }
        self.accounts()?;
        for (path, text, mode) in credentials.server_files(self.lab.passwords())? {
            self.file(&path, &text, mode)?;
        }
        if self.lab.network == Network::Shared {
            let names = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
            self.file("/etc/resolv.conf", &names, 0o644)?;
        }
        self.mounts()
    }

    fn hide(&self) -> Result<()> {
        for entry in read_folder(self.lower)? {
            let name = entry.file_name();
            let seen = name.to_str().is_some_and(|name| SEEN.contains(&name) || name == SEEN_IN_PART);
            if !seen {
                whiteout(&self.directory.join("hide").join(&name))?;
            }
        }
        let mut private: Vec<PathBuf> = PRIVATE.iter().map(PathBuf::from).collect();
        for entry in read_folder(&self.lower.join("etc/ssh")).unwrap_or_default() {
            if entry.file_name().to_string_lossy().starts_with("ssh_host_") {
                private.push(Path::new("etc/ssh").join(entry.file_name()));
            }
        }
        for path in private {
            if self.lower.join(&path).symlink_metadata().is_ok() {
                if let Some(parent) = path.parent() {
                    self.folder("hide", parent)?;
                }
                whiteout(&self.directory.join("hide").join(&path))?;
            }
        }
        Ok(())
    }

    fn own_folders(&self) -> Result<()> {
        for (folder, mode) in OWN_FOLDERS {
            create_folder(&self.directory.join("base").join(folder), mode)?;
        }
        for folder in ["etc/ssl/private", "var/mail", "var/spool/cron/crontabs"] {
            // Empty, with the mode and owner that the machine's has.
            if self.lower.join(folder).is_dir() {
                self.folder("base", Path::new(folder))?;
            }
        }
        self.skeleton("root")
    }

    fn devices(&self) -> Result<()> {
        let folder = self.directory.join("base/dev");
        for (name, major, minor) in DEVICES {
            let path = folder.join(name);
            match self.privileged {
                true => {
                    let mode = Mode::from_raw_mode(0o666);
                    mknodat(CWD, &path, FileType::CharacterDevice, mode, makedev(major, minor))
                        .map_err(|error| cannot("made", &path, error))?;
                    set_mode(&path, 0o666)?;
                }
                false => write(&path, "", 0o644)?,
            }
        }
        for (name, target) in DEVICE_LINKS {
            let path = folder.join(name);
            symlink(target, &path).map_err(|error| cannot("made", &path, error))?;
        }
        Ok(())
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
    fn skeleton(&self, home: &str) -> Result<()> {
        for entry in read_folder(&self.lower.join("etc/skel")).unwrap_or_default() {
            if entry.path().is_file() {
                let path = self.directory.join("base").join(home).join(entry.file_name());
                fs::copy(entry.path(), &path).map_err(|error| cannot("written", &path, error))?;
            }
        }
        Ok(())
    }

    /// What the scripts need to know of mounts: `options.sh`; `fstab`, with what a sandbox host mounts in its root;
    /// `shared`, with the shared folders; and `mounts`, with the places of this machine's own further file systems, of
    /// which each needs an overlay of its own.
    fn mounts(&self) -> Result<()> {
        let options = match self.privileged {
            // Folders of the machine can then be renamed on a host, as on any other file system.
            true => "redirect_dir=on",
            false => "userxattr",
        };
        let network = match self.lab.network {
            Network::Isolated => "isolated",
            Network::Shared => "shared",
        };
        let control_group = self.directory.parent().and_then(Path::file_name).unwrap_or_default();
        let options = format!(
            "overlay_options={options}\nnetwork={network}\nlower={}\ncontrol_group={}\n",
            self.lower.display(),
            control_group.display()
        );
        write(&self.directory.join("options.sh"), &options, 0o644)?;
        let mut fstab = String::from(
            "proc /proc proc nosuid,nodev,noexec 0 0\n\
             sysfs /sys sysfs ro,nosuid,nodev,noexec 0 0\n\
             devpts /dev/pts devpts newinstance,ptmxmode=0666,mode=0620,gid=5,nosuid,noexec 0 0\n\
             tmpfs /dev/shm tmpfs nosuid,nodev 0 0\n\
             /proc/sys /proc/sys none bind,ro 0 0\n",
        );
        let mut shared = String::new();
        for folder in &self.lab.shared {
            let absolute = folder.canonicalize().map_err(|error| cannot("shared", folder, error))?;
            if let Ok(relative) = absolute.strip_prefix("/") {
                self.folder("base", relative)?;
                let place = fstab_field(&absolute);
                fstab += &format!("{place} {place} none bind,ro 0 0\n");
                shared += &format!("{}\n", absolute.display());
            }
        }
        write(&self.directory.join("fstab"), &fstab, 0o644)?;
        write(&self.directory.join("shared"), &shared, 0o644)?;
        write(&self.directory.join("mounts"), "", 0o644)
    }

    /// Writes a file of the hosts' own, with the owner and mode of the file that it stands in for.
    fn file(&self, path: &str, text: &str, mode: u32) -> Result<()> {
        let relative = Path::new(path.trim_start_matches('/'));
        if let Some(parent) = relative.parent() {
            self.folder("base", parent)?;
        }
        let file = self.directory.join("base").join(relative);
        write(&file, text, mode)?;
        self.take_over_attributes(relative, &file)
    }

    /// Makes a folder in a layer, with the owners and modes of the folders that it and its parents stand in for.
    fn folder(&self, layer: &str, relative: &Path) -> Result<()> {
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

fn whiteout(path: &Path) -> Result<()> {
    mknodat(CWD, path, FileType::CharacterDevice, Mode::empty(), makedev(0, 0))
        .map_err(|error| cannot("made", path, error))
}

fn create_folder(path: &Path, mode: u32) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| cannot("made", path, error))?;
    set_mode(path, mode)
}

fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    fs::write(path, text).map_err(|error| cannot("written", path, error))?;
    set_mode(path, mode)
}

fn set_mode(path: &Path, mode: u32) -> Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(|error| cannot("given its mode", path, error))
}

fn read_folder(path: &Path) -> Result<Vec<fs::DirEntry>> {
    fs::read_dir(path).and_then(Iterator::collect).map_err(|error| cannot("read", path, error))
}

fn cannot(done: &str, path: &Path, error: impl std::fmt::Display) -> Error {
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
