use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::error::plain;
use crate::{
    Access, Answerer, Command, Conversation, Error, FileSystem, HttpFailure, HttpRequest, HttpResponse,
    InterfaceAddress, Kernel, Output, Result, Route,
};

/// The raw operations that a host offers, without journal and overlay. There is the [host itself](crate::LocalBackend)
/// and one [in memory](crate::MemoryBackend) for tests. Modules get hold of one only while a change is being brought
/// about, which never happens in a dry run.
pub trait Backend: Send {
    /// What is at a path, symbolic links not followed; `None` if nothing is.
    fn metadata(&mut self, path: &Path) -> io::Result<Option<Metadata>>;

    /// A file's content, symbolic links followed.
    fn read(&mut self, path: &Path) -> io::Result<Vec<u8>>;

    /// A symbolic link's target.
    fn read_link(&mut self, path: &Path) -> io::Result<PathBuf>;

    /// The names in a directory, sorted.
    fn list(&mut self, path: &Path) -> io::Result<Vec<String>>;

    /// Whether the user may write to a path, or why not.
    fn may_write(&mut self, path: &Path) -> io::Result<()>;

    /// Why what is at a path can be neither replaced nor removed, whoever tries: it is immutable, can only be added to, or
    /// something is mounted there.
    fn obstacle(&mut self, path: &Path) -> Option<io::Error>;

    /// The process, if there is one, that has a file locked (fcntl(2)).
    fn lock_holder(&mut self, _path: &Path) -> io::Result<Option<u32>> {
        Ok(None)
    }

    /// What the user may do with a path, symbolic links followed.
    fn access(&mut self, path: &Path) -> Access;

    /// Puts a file with this content, mode and owner in the place of what is there, in one step: whoever looks sees the
    /// old or the new file, whole, also after a crash. Extended attributes of a file that is replaced stay.
    fn write(
        &mut self,
        path: &Path,
        content: &[u8],
        permissions: u32,
        owner: u32,
        group: u32,
    ) -> io::Result<()>;

    /// Writes over a file that is there: whoever looks meanwhile may see half of it. For what can't be replaced, such as a
    /// file that is itself a mount.
    fn overwrite(&mut self, path: &Path, content: &[u8]) -> io::Result<()>;

    /// Makes a directory.
    fn make_directory(&mut self, path: &Path, permissions: u32) -> io::Result<()>;

    /// Makes a symbolic link, in the place of a file or link that is there.
    fn make_link(&mut self, path: &Path, target: &Path) -> io::Result<()>;

    /// Makes a second name for a file, in the place of a file or link that is there.
    fn make_hard_link(&mut self, path: &Path, source: &Path) -> io::Result<()>;

    /// Removes whatever is there, a directory with all that is in it.
    fn remove(&mut self, path: &Path) -> io::Result<()>;

    /// Sets permission bits, symbolic links not followed.
    fn set_permissions(&mut self, path: &Path, permissions: u32) -> io::Result<()>;

    /// Sets owner and group, symbolic links not followed.
    fn set_owner(&mut self, path: &Path, owner: u32, group: u32) -> io::Result<()>;

    /// Sets the times of last access and change; `None` leaves one as it is.
    fn set_times(
        &mut self,
        path: &Path,
        accessed: Option<SystemTime>,
        modified: Option<SystemTime>,
    ) -> io::Result<()>;

    /// Runs a program to its end.
    fn run(&mut self, command: &Command) -> io::Result<Output>;

    /// Runs a program on a terminal of its own, where `answer` types what is to be typed. `TimedOut` if it says nothing
    /// for too long that is answered, `ConnectionAborted` if the conversation is broken off.
    fn converse(
        &mut self,
        command: &Command,
        conversation: Conversation,
        answer: &mut Answerer<'_>,
    ) -> io::Result<Output>;

    /// A folder that only this user can enter, for temporary files; it is no part of the host's state.
    fn private_directory(&mut self) -> io::Result<PathBuf>;

    /// Who does all this.
    fn identity(&self) -> Identity;

    /// Where relative paths count from.
    fn working_directory(&self) -> PathBuf {
        "/".into()
    }

    /// A variable of the environment.
    fn environment(&self, name: &str) -> Option<String>;

    /// The clock.
    fn now(&self) -> SystemTime;

    /// The number of this process.
    fn process_id(&self) -> u32;

    /// All variables of the environment.
    fn variables(&self) -> Vec<(String, String)>;

    /// What the kernel calls itself.
    fn kernel(&self) -> Kernel;

    /// How full the file system is that holds a path; `TimedOut` if it does not answer in time.
    fn file_system(&mut self, path: &Path, timeout: Duration) -> io::Result<FileSystem>;

    /// The addresses of network interfaces.
    fn addresses(&mut self) -> io::Result<Vec<InterfaceAddress>>;

    /// The way to an address.
    fn route(&mut self, destination: IpAddr) -> io::Result<Option<Route>>;

    /// Connects to a port and gives what is said there to `enough`, first nothing, until that is enough. False if the other side
    /// ends, or time is up, before that.
    fn connect(
        &mut self,
        address: SocketAddr,
        timeout: Duration,
        enough: &mut dyn FnMut(&[u8]) -> bool,
    ) -> io::Result<bool>;

    /// Sends a request to a web server at one of these addresses and waits for its answer.
    fn exchange(
        &mut self,
        request: &HttpRequest,
        addresses: &[SocketAddr],
    ) -> std::result::Result<HttpResponse, HttpFailure>;

    /// A number that nobody can guess, for names of temporary files.
    fn unguessable(&mut self) -> io::Result<u64>;

    /// Lets time go by.
    fn pause(&mut self, duration: Duration);
}

impl dyn Backend + '_ {
    /// Runs a program that has to succeed; `doing` begins the message if it does not.
    ///
    /// # Errors
    /// It can't be started, or its exit code is not zero.
    pub fn carry_out(&mut self, command: &Command, doing: &str) -> Result<Output> {
        let failed = |error: io::Error| {
            Error::failed(format!("{doing}: can't run {}: {}", command.program(), plain(&error)))
        };
        self.run(command).map_err(failed)?.checked(doing)
    }
}

/// The user that the runner runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Effective user id.
    pub uid: u32,
    /// Effective group id.
    pub gid: u32,
    /// File mode creation mask.
    pub umask: u32,
}

/// What kind of thing is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileType {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A block device.
    BlockDevice,
    /// A character device.
    CharacterDevice,
    /// A named pipe.
    Pipe,
    /// A socket.
    Socket,
}

/// What `lstat` tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    /// What kind of thing it is.
    pub file_type: FileType,
    /// The lower twelve mode bits.
    pub permissions: u32,
    /// User id of the owner.
    pub owner: u32,
    /// Group id.
    pub group: u32,
    /// Size in bytes.
    pub size: u64,
    /// Last access, in seconds since 1970.
    pub accessed: f64,
    /// Last change of the content, in seconds since 1970.
    pub modified: f64,
    /// Last change of the inode, in seconds since 1970.
    pub changed: f64,
    /// Device number of the file system.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
    /// Number of names.
    pub links: u64,
    /// Device number of a device file.
    pub device_type: u64,
    /// Blocks of 512 bytes.
    pub blocks: u64,
    /// The size of blocks for efficient reading.
    pub block_size: u64,
}
