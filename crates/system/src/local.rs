use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::{
    AtFlags, CWD, Gid, StatxAttributes, StatxFlags, Timespec, Timestamps, UTIME_OMIT, Uid, XattrFlags,
};
use rustix::io::Errno;
use rustix::process::{Flock, FlockType};

use crate::netlink;
use crate::process::{self, Leash};
use crate::terminal;
use crate::{
    Access, Answerer, Backend, Command, Conversation, FileSystem, FileType, HttpFailure, HttpRequest,
    HttpResponse, Identity, InterfaceAddress, Kernel, Metadata, Output, Route,
};

/// The host that the program runs on.
#[derive(Debug)]
pub struct LocalBackend {
    identity: Identity,
    leash: Leash,
    private: Option<PathBuf>,
    count: u32,
}

impl LocalBackend {
    /// This host, as the user of this process. Programs are held on `leash`.
    pub fn new(leash: Leash) -> LocalBackend {
        // Reading the mask means setting it; nothing else runs yet.
        let mask = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
        rustix::process::umask(mask);
        let identity = Identity {
            uid: rustix::process::geteuid().as_raw(),
            gid: rustix::process::getegid().as_raw(),
            umask: mask.as_raw_mode(),
        };
        LocalBackend { identity, leash, private: None, count: 0 }
    }

    /// A name beside `path` that nothing has.
    fn beside(&mut self, path: &Path) -> PathBuf {
        self.count += 1;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // A long name would not fit with an addition.
        let short: String = name.chars().take(40).collect();
        path.with_file_name(format!(".capstan-{}-{}-{short}", std::process::id(), self.count))
    }
}

impl Drop for LocalBackend {
    fn drop(&mut self) {
        if let Some(private) = &self.private {
            // It holds temporary files only; a leftover is swept with the temporary folder.
            let _ = fs::remove_dir_all(private);
        }
    }
}

impl Backend for LocalBackend {
    fn metadata(&mut self, path: &Path) -> io::Result<Option<Metadata>> {
        let found = match fs::symlink_metadata(path) {
            Ok(found) => found,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let kind = found.file_type();
        let file_type = if kind.is_file() {
            FileType::File
        } else if kind.is_dir() {
            FileType::Directory
        } else if kind.is_symlink() {
            FileType::Link
        } else if kind.is_block_device() {
            FileType::BlockDevice
        } else if kind.is_char_device() {
            FileType::CharacterDevice
        } else if kind.is_fifo() {
            FileType::Pipe
        } else {
            FileType::Socket
        };
        let seconds = |seconds: i64, nanos: i64| seconds as f64 + nanos as f64 / 1e9;
        Ok(Some(Metadata {
            file_type,
            permissions: found.mode() & 0o7777,
            owner: found.uid(),
            group: found.gid(),
            size: found.size(),
            accessed: seconds(found.atime(), found.atime_nsec()),
            modified: seconds(found.mtime(), found.mtime_nsec()),
            changed: seconds(found.ctime(), found.ctime_nsec()),
            device: found.dev(),
            inode: found.ino(),
            links: found.nlink(),
            device_type: found.rdev(),
            blocks: found.blocks(),
            block_size: found.blksize(),
        }))
    }

    fn read(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn read_link(&mut self, path: &Path) -> io::Result<PathBuf> {
        fs::read_link(path)
    }

    fn list(&mut self, path: &Path) -> io::Result<Vec<String>> {
        let mut names = fs::read_dir(path)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<Vec<String>>>()?;
        names.sort();
        Ok(names)
    }

    fn may_write(&mut self, path: &Path) -> io::Result<()> {
        Ok(rustix::fs::accessat(CWD, path, rustix::fs::Access::WRITE_OK, AtFlags::EACCESS)?)
    }

    fn obstacle(&mut self, path: &Path) -> Option<io::Error> {
        let found = rustix::fs::statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty()).ok()?;
        let is = |attribute| found.stx_attributes.contains(attribute);
        if is(StatxAttributes::IMMUTABLE) || is(StatxAttributes::APPEND) {
            return Some(Errno::PERM.into());
        }
        is(StatxAttributes::MOUNT_ROOT).then(|| Errno::BUSY.into())
    }

    fn lock_holder(&mut self, path: &Path) -> io::Result<Option<u32>> {
        let file = File::open(path)?;
        let found = rustix::process::fcntl_getlk(&file, &Flock::from(FlockType::WriteLock))?;
        // A process that this one can't see has no number.
        Ok(found.map(|lock| lock.pid.map_or(0, |pid| pid.as_raw_nonzero().get().unsigned_abs())))
    }

    fn access(&mut self, path: &Path) -> Access {
        let may = |access| rustix::fs::accessat(CWD, path, access, AtFlags::EACCESS).is_ok();
        use rustix::fs::Access as Right;
        Access { read: may(Right::READ_OK), write: may(Right::WRITE_OK), execute: may(Right::EXEC_OK) }
    }

    fn write(
        &mut self,
        path: &Path,
        content: &[u8],
        permissions: u32,
        owner: u32,
        group: u32,
    ) -> io::Result<()> {
        let temporary = self.beside(path);
        let outcome = write_beside(&temporary, path, content, permissions, owner, group);
        if outcome.is_err() {
            // What could not be finished must not lie about; the first error is the one to tell.
            let _ = fs::remove_file(&temporary);
        }
        outcome
    }

    fn overwrite(&mut self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).truncate(true).open(path)?;
        file.write_all(content)?;
        file.sync_all()
    }

    fn make_directory(&mut self, path: &Path, permissions: u32) -> io::Result<()> {
        fs::DirBuilder::new().mode(permissions & 0o777).create(path)
    }

    fn make_link(&mut self, path: &Path, target: &Path) -> io::Result<()> {
        let temporary = self.beside(path);
        std::os::unix::fs::symlink(target, &temporary)?;
        replace(&temporary, path)
    }

    fn make_hard_link(&mut self, path: &Path, source: &Path) -> io::Result<()> {
        let temporary = self.beside(path);
        fs::hard_link(source, &temporary)?;
        replace(&temporary, path)
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        if fs::symlink_metadata(path)?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
    }

    fn set_permissions(&mut self, path: &Path, permissions: u32) -> io::Result<()> {
        fs::set_permissions(path, fs::Permissions::from_mode(permissions))
    }

    fn set_owner(&mut self, path: &Path, owner: u32, group: u32) -> io::Result<()> {
        std::os::unix::fs::lchown(path, Some(owner), Some(group))
    }

    fn set_times(
        &mut self,
        path: &Path,
        accessed: Option<SystemTime>,
        modified: Option<SystemTime>,
    ) -> io::Result<()> {
        let times = Timestamps { last_access: timespec(accessed), last_modification: timespec(modified) };
        Ok(rustix::fs::utimensat(CWD, path, &times, AtFlags::empty())?)
    }

    fn run(&mut self, command: &Command) -> io::Result<Output> {
        process::run(command, &[], &self.leash)
    }

    fn converse(
        &mut self,
        command: &Command,
        conversation: Conversation,
        answer: &mut Answerer<'_>,
    ) -> io::Result<Output> {
        terminal::converse(command, conversation, &self.leash, answer)
    }

    fn private_directory(&mut self) -> io::Result<PathBuf> {
        if let Some(private) = &self.private {
            return Ok(private.clone());
        }
        let folder = std::env::var_os("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from);
        // Fails if the name is taken, by whomever.
        let private = folder.join(format!("capstan-{}-{:016x}", self.identity.uid, unguessable()?));
        fs::DirBuilder::new().mode(0o700).create(&private)?;
        self.private = Some(private.clone());
        Ok(private)
    }

    fn identity(&self) -> Identity {
        self.identity
    }

    fn working_directory(&self) -> PathBuf {
        std::env::current_dir().unwrap_or_else(|_| "/".into())
    }

    fn environment(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn process_id(&self) -> u32 {
        std::process::id()
    }

    fn variables(&self) -> Vec<(String, String)> {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect()
    }

    fn kernel(&self) -> Kernel {
        let name = rustix::system::uname();
        let text = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
        Kernel {
            system: text(name.sysname()),
            host_name: text(name.nodename()),
            release: text(name.release()),
            version: text(name.version()),
            machine: text(name.machine()),
        }
    }

    fn file_system(&mut self, path: &Path, timeout: Duration) -> io::Result<FileSystem> {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        let path = path.to_owned();
        // A network file system whose server is gone never answers; the thread is then left to its fate.
        std::thread::Builder::new().spawn(move || sender.send(rustix::fs::statvfs(&path)))?;
        let found =
            receiver.recv_timeout(timeout).map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        Ok(FileSystem {
            block_size: found.f_bsize,
            fragment_size: found.f_frsize,
            blocks: found.f_blocks,
            free_blocks: found.f_bfree,
            available_blocks: found.f_bavail,
            inodes: found.f_files,
            available_inodes: found.f_favail,
        })
    }

    fn addresses(&mut self) -> io::Result<Vec<InterfaceAddress>> {
        netlink::addresses()
    }

    fn route(&mut self, destination: IpAddr) -> io::Result<Option<Route>> {
        netlink::route(destination)
    }

    fn connect(
        &mut self,
        address: SocketAddr,
        timeout: Duration,
        enough: &mut dyn FnMut(&[u8]) -> bool,
    ) -> io::Result<bool> {
        let deadline = Instant::now() + timeout;
        let mut stream = TcpStream::connect_timeout(&address, timeout.max(Duration::from_millis(1)))?;
        if enough(b"") {
            return Ok(true);
        }
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            stream.set_read_timeout(Some(left))?;
            match io::Read::read(&mut stream, &mut buffer) {
                Ok(0) => return Ok(false),
                Ok(length) if enough(&buffer[..length]) => return Ok(true),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Time is up, or the other side broke off: it has no more to say.
                Err(_) => return Ok(false),
            }
        }
    }

    fn exchange(
        &mut self,
        request: &HttpRequest,
        addresses: &[SocketAddr],
    ) -> std::result::Result<HttpResponse, HttpFailure> {
        crate::http::exchange(request, addresses)
    }

    fn unguessable(&mut self) -> io::Result<u64> {
        unguessable()
    }

    fn pause(&mut self, duration: Duration) {
        self.leash.pause(duration);
    }
}

fn unguessable() -> io::Result<u64> {
    let mut bytes = [0; 8];
    io::Read::read_exact(&mut File::open("/dev/urandom")?, &mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}

fn write_beside(
    temporary: &Path,
    path: &Path,
    content: &[u8],
    permissions: u32,
    owner: u32,
    group: u32,
) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(temporary)?;
    file.write_all(content)?;
    let made = file.metadata()?;
    let mut permissions = permissions;
    if (made.uid(), made.gid()) != (owner, group) {
        match rustix::fs::fchown(&file, Some(Uid::from_raw(owner)), Some(Gid::from_raw(group))) {
            // Who may replace another's file, but not give it to him, is its owner from now on: not with rights of his.
            Err(Errno::PERM) if is_owned_by(path, owner, group) => permissions &= 0o1777,
            owned => owned?,
        }
    }
    copy_extended_attributes(path, &file);
    file.set_permissions(fs::Permissions::from_mode(permissions))?;
    file.sync_all()?;
    drop(file);
    fs::rename(temporary, path)?;
    sync_directory(path)
}

fn is_owned_by(path: &Path, owner: u32, group: u32) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| (found.uid(), found.gid()) == (owner, group))
}

/// Labels and access lists of the file that is replaced go over to the new one, where the file system allows it.
fn copy_extended_attributes(from: &Path, to: &File) {
    let mut names = vec![0; 4096];
    let Ok(length) = rustix::fs::llistxattr(from, &mut names) else { return };
    for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0; 65536];
        if let Ok(length) = rustix::fs::lgetxattr(from, name, &mut value) {
            // Some, such as file capabilities, belong to the old content or need a privilege: those stay behind.
            let _ = rustix::fs::fsetxattr(to, name, &value[..length], XattrFlags::empty());
        }
    }
}

fn replace(temporary: &Path, path: &Path) -> io::Result<()> {
    fs::rename(temporary, path).inspect_err(|_| {
        // The rename's error is the one to tell.
        let _ = fs::remove_file(temporary);
    })?;
    sync_directory(path)
}

fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        // Some file systems can't sync a directory; then nothing more can be done.
        Some(parent) => File::open(parent).and_then(|directory| directory.sync_all()).or(Ok(())),
        None => Ok(()),
    }
}

fn timespec(time: Option<SystemTime>) -> Timespec {
    match time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok()) {
        Some(since) => Timespec { tv_sec: since.as_secs() as i64, tv_nsec: i64::from(since.subsec_nanos()) },
        None => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
    }
}
