use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use diag::Result;
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

use crate::Network;
use crate::layers::{Layers, cannot, create_folder, read_folder, set_mode, whiteout, write};
use crate::mounts;

/// Top-level folders of this machine that a sandbox host sees; of all the others there is no trace.
const SEEN: [&str; 13] =
    ["bin", "boot", "etc", "lib", "lib32", "lib64", "libo32", "libx32", "opt", "sbin", "srv", "usr", "var"];

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

/// What in the seen folders is this machine's alone: keys, passwords, people's tasks and mail.
const PRIVATE: [&str; 7] = [
    "etc/gshadow-",
    "etc/shadow-",
    "etc/ssl/private",
    "var/mail",
    "var/spool/cron/crontabs",
    "var/tmp",
    "var/cache/capstan-lab",
];

/// Those of the private folders that programs expect to be there.
const EMPTIED: [&str; 3] = ["etc/ssl/private", "var/mail", "var/spool/cron/crontabs"];

/// Device nodes: name, major and minor number.
const DEVICES: [(&str, u32, u32); 6] =
    [("full", 1, 7), ("null", 1, 3), ("random", 1, 8), ("tty", 5, 0), ("urandom", 1, 9), ("zero", 1, 5)];

/// Links in `/dev`.
const DEVICE_LINKS: [(&str, &str); 5] = [
    ("fd", "/proc/self/fd"),
    ("ptmx", "pts/ptmx"),
    ("stderr", "/proc/self/fd/2"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
];

/// What sandbox hosts are made of: this machine's own files, without what is private.
impl Layers<'_> {
    pub(crate) fn borrow_machine(&mut self, network: Network) -> Result<()> {
        let private = self.private_paths();
        match self.privileged {
            true => self.see_as_root()?,
            false => self.see_as_user(&private)?,
        }
        for path in &private {
            if let (Some(parent), Ok(metadata)) = (path.parent(), self.lower.join(path).symlink_metadata()) {
                // `/var/spool/mail` is a link to a folder that is hidden itself.
                if !metadata.is_symlink() {
                    self.folder("hide", parent)?;
                    whiteout(&self.directory.join("hide").join(path))?;
                }
            }
        }
        for (folder, mode) in OWN_FOLDERS {
            create_folder(&self.directory.join("base").join(folder), mode)?;
        }
        for folder in EMPTIED {
            if self.lower.join(folder).is_dir() {
                self.folder("base", Path::new(folder))?;
            }
        }
        self.skeleton("root")?;
        self.devices()?;
        self.mounts_of_a_host(network);
        // Services can't be started where no init system runs; packages ask this before they try.
        self.file("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
    }

    fn private_paths(&self) -> Vec<PathBuf> {
        let keys = read_folder(&self.lower.join("etc/ssh")).unwrap_or_default();
        let keys = keys.iter().map(DirEntry::file_name);
        let keys = keys.filter(|name| name.to_string_lossy().starts_with("ssh_host_"));
        let keys = keys.map(|name| Path::new("etc/ssh").join(name));
        PRIVATE.iter().map(PathBuf::from).chain(keys).collect()
    }

    /// Root's hosts lie over this machine's root, and over each further file system that it has in the seen folders.
    fn see_as_root(&mut self) -> Result<()> {
        for entry in read_folder(self.lower)? {
            if !seen(&entry.file_name()) {
                whiteout(&self.directory.join("hide").join(entry.file_name()))?;
            }
        }
        for place in mounts::places()? {
            let Ok(relative) = place.strip_prefix("/") else { continue };
            let is_seen = relative.components().next().is_some_and(|first| seen(first.as_os_str()));
            if !is_seen {
                continue;
            }
            if place.is_file() {
                // Container engines mount files such as `/etc/hosts`; what lies beneath is empty.
                let text = fs::read_to_string(&place).map_err(|error| cannot("read", &place, error))?;
                self.file(&place.to_string_lossy(), &text, 0o644)?;
            } else if place.is_dir() && can_be_overlay_option(&place) {
                for layer in ["base", "hide"] {
                    self.folder(layer, relative)?;
                }
                self.overlays.push(place);
            }
        }
        Ok(())
    }

    /// An ordinary user's hosts lie over each of the seen folders: over the root they may not. Files that belong to the
    /// machine's root belong to nobody there, and can be read and replaced but not written to; so what must be written to
    /// is copied, and the folders in which things are made belong to the host's own root.
    fn see_as_user(&mut self, private: &[PathBuf]) -> Result<()> {
        for entry in read_folder(self.lower)? {
            let name = PathBuf::from(entry.file_name());
            let kind = entry.file_type().map_err(|error| cannot("read", &entry.path(), error))?;
            if !seen(&entry.file_name()) {
                continue;
            }
            if kind.is_symlink() || name == Path::new("etc") {
                self.copy(&name, private)?;
            } else if kind.is_dir() {
                for layer in ["base", "hide"] {
                    self.folder(layer, &name)?;
                }
                // Programs are seldom put anywhere else in /usr, which has tens of thousands of folders.
                let depth = if name == Path::new("usr") { 2 } else { usize::MAX };
                self.copy_folders(&name, depth, private)?;
                self.overlays.push(Path::new("/").join(name));
            }
        }
        self.copy_folders(Path::new("usr/local"), usize::MAX, private)?;
        for folder in ["usr/bin", "usr/sbin"] {
            self.copy_privileged_programs(folder)?;
        }
        // sudo loads nothing that does not belong to root, and this user can't read the machine's rules.
        self.copy(Path::new("usr/libexec/sudo"), private)?;
        self.file(
            "/etc/sudoers",
            "Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n",
            0o440,
        )
    }

    /// Copies a file, a link or a whole folder to the base layer, as far as this user can read it.
    fn copy(&self, relative: &Path, private: &[PathBuf]) -> Result<()> {
        let (from, to) = (self.lower.join(relative), self.directory.join("base").join(relative));
        let Ok(metadata) = from.symlink_metadata() else { return Ok(()) };
        if private.iter().any(|path| path == relative) {
            return Ok(());
        }
        if metadata.is_symlink() {
            let copied = fs::read_link(&from).and_then(|target| symlink(target, &to));
            return copied.map_err(|error| cannot("copied", &from, error));
        }
        if metadata.is_dir() {
            self.folder("base", relative)?;
            // The folder may well be another user's, and closed.
            for entry in read_folder(&from).unwrap_or_default() {
                self.copy(&relative.join(entry.file_name()), private)?;
            }
            return Ok(());
        }
        if metadata.is_file() && fs::File::open(&from).is_ok() {
            fs::copy(&from, &to).map_err(|error| cannot("copied", &from, error))?;
        }
        Ok(())
    }

    fn copy_folders(&self, relative: &Path, depth: usize, private: &[PathBuf]) -> Result<()> {
        let from = self.lower.join(relative);
        if private.iter().any(|path| path == relative) || !from.is_dir() {
            return Ok(());
        }
        self.folder("base", relative)?;
        if depth == 0 {
            return Ok(());
        }
        for entry in read_folder(&from).unwrap_or_default() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.copy_folders(&relative.join(entry.file_name()), depth - 1, private)?;
            }
        }
        Ok(())
    }

    /// Copies the programs that run as their owner, such as su: as programs of the host's own root they still do.
    fn copy_privileged_programs(&mut self, folder: &str) -> Result<()> {
        for entry in read_folder(&self.lower.join(folder))? {
            let Ok(metadata) = entry.metadata() else { continue };
            let Ok(name) = entry.file_name().into_string() else { continue };
            let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._".contains(letter));
            let mode = metadata.permissions().mode() & 0o7777;
            if !metadata.is_file() || mode & 0o6000 == 0 || !plain {
                continue;
            }
            let to = self.directory.join("base").join(folder).join(&name);
            fs::copy(entry.path(), &to).map_err(|error| cannot("copied", &entry.path(), error))?;
            let group = metadata.gid();
            self.prepare += &format!("chown 0:{group} stage/base/{folder}/{name}\n");
            self.prepare += &format!("chmod {mode:o} stage/base/{folder}/{name}\n");
        }
        Ok(())
    }

    fn devices(&mut self) -> Result<()> {
        let folder = self.directory.join("base/dev");
        for (name, major, minor) in DEVICES {
            let path = folder.join(name);
            if self.privileged {
                let (mode, device) = (Mode::from_raw_mode(0o666), makedev(major, minor));
                mknodat(CWD, &path, FileType::CharacterDevice, mode, device)
                    .map_err(|error| cannot("made", &path, error))?;
                set_mode(&path, 0o666)?;
            } else {
                write(&path, "", 0o666)?;
                self.fstab += &format!("/dev/{name} /dev/{name} none bind 0 0\n");
            }
        }
        for (name, target) in DEVICE_LINKS {
            let path = folder.join(name);
            symlink(target, &path).map_err(|error| cannot("made", &path, error))?;
        }
        Ok(())
    }

    fn mounts_of_a_host(&mut self, network: Network) {
        self.fstab += "proc /proc proc nosuid,nodev,noexec 0 0\n\
                       devpts /dev/pts devpts newinstance,ptmxmode=0666,mode=0620,gid=5,nosuid,noexec 0 0\n\
                       tmpfs /dev/shm tmpfs nosuid,nodev 0 0\n";
        self.fstab += match (self.privileged, network) {
            // Only who owns the network may have a view of it of his own.
            (false, Network::Shared) => "/sys /sys none rbind 0 0\n",
            _ => "sysfs /sys sysfs ro,nosuid,nodev,noexec 0 0\n",
        };
        if self.privileged {
            // The kernel is the machine's; an ordinary user can't write to them anyway.
            for place in
                ["/proc/sys", "/proc/sysrq-trigger"].into_iter().filter(|place| Path::new(place).exists())
            {
                self.fstab += &format!("{place} {place} none bind,ro 0 0\n");
            }
        }
    }
}

fn seen(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| SEEN.contains(&name))
}

/// The kernel parts the layers of an overlay at colons, and mount's options at commas.
fn can_be_overlay_option(path: &Path) -> bool {
    !path.to_string_lossy().contains([':', ',', '\\', '\n'])
}
