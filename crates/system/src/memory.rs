use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::{
    Access, Answerer, Backend, Command, Conversation, FileSystem, FileType, HttpFailure, HttpRequest,
    HttpResponse, Identity, InterfaceAddress, Kernel, Metadata, Output, Route,
};

/// A host in memory, for tests of modules: files that were put there and programs whose answers were given. Clones
/// share the same host, so that a test can look at it after a module has used it.
#[derive(Clone, Debug, Default)]
pub struct MemoryBackend(Arc<Mutex<Host>>);

const PRIVATE_DIRECTORY: &str = "/tmp/private";

#[derive(Debug, Default)]
struct Host {
    nodes: BTreeMap<PathBuf, Node>,
    answers: HashMap<String, Output>,
    effects: HashMap<String, Effect>,
    ran: Vec<String>,
    kernel: Kernel,
    addresses: Vec<InterfaceAddress>,
    route: Option<Route>,
    ports: BTreeMap<u16, String>,
    pages: BTreeMap<String, HttpResponse>,
    paused: Duration,
    mounts: HashSet<PathBuf>,
}

/// What a program does to a [`MemoryBackend`] when it is run.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// Files by path: their new content, or nothing if they go away.
    pub files: Vec<(String, Option<String>)>,
    /// What programs answer from then on: command line, exit code, output.
    pub answers: Vec<(String, i32, String)>,
}

#[derive(Clone, Debug, PartialEq)]
struct Node {
    file_type: FileType,
    content: Vec<u8>,
    permissions: u32,
    owner: u32,
    group: u32,
    modified: f64,
}

impl Node {
    fn new(file_type: FileType, content: &[u8], permissions: u32, owner: u32, group: u32) -> Node {
        Node { file_type, content: content.to_vec(), permissions, owner, group, modified: 1_000_000_000.0 }
    }
}

impl MemoryBackend {
    /// A host with `/`, `/etc`, `/root`, `/tmp`, `/usr/bin` and an `/etc/passwd` and `/etc/group` with root alone.
    pub fn new() -> MemoryBackend {
        let host = MemoryBackend::default();
        host.host().nodes.insert("/".into(), Node::new(FileType::Directory, b"", 0o755, 0, 0));
        for directory in ["/etc", "/root", "/tmp", "/usr/bin"] {
            host.add_directory(directory);
        }
        host.add_file("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
        host.add_file("/etc/group", "root:x:0:\n");
        host
    }

    fn host(&self) -> MutexGuard<'_, Host> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a file there (mode 0644, root's), and its directories.
    pub fn add_file(&self, path: &str, content: &str) {
        if let Some(parent) = Path::new(path).parent() {
            self.add_directory(&parent.to_string_lossy());
        }
        self.host().nodes.insert(path.into(), Node::new(FileType::File, content.as_bytes(), 0o644, 0, 0));
    }

    /// What a web server answers to `GET http://host/path` and the like.
    pub fn add_page(&self, request: &str, response: HttpResponse) {
        self.host().pages.insert(request.to_owned(), response);
    }

    /// Puts a program there.
    pub fn add_program(&self, path: &str) {
        self.add_file(path, "");
        if let Some(node) = self.host().nodes.get_mut(Path::new(path)) {
            node.permissions = 0o755;
        }
    }

    /// Makes a directory (mode 0755, root's) and those above it.
    pub fn add_directory(&self, path: &str) {
        for ancestor in Path::new(path).ancestors() {
            let mut host = self.host();
            host.nodes
                .entry(ancestor.into())
                .or_insert_with(|| Node::new(FileType::Directory, b"", 0o755, 0, 0));
        }
    }

    /// A file that is there is a mount: it can be written to, and not replaced.
    pub fn mount(&self, path: &str) {
        self.host().mounts.insert(path.into());
    }

    /// Makes a symbolic link.
    pub fn add_link(&self, path: &str, target: &str) {
        self.host().nodes.insert(path.into(), Node::new(FileType::Link, target.as_bytes(), 0o777, 0, 0));
    }

    /// What a program with these arguments, joined by blanks, answers. A program without an answer is not there.
    pub fn answer(&self, command: &str, code: i32, stdout: &str) {
        let output = Output { code, stdout: stdout.into(), stderr: Vec::new() };
        self.host().answers.insert(command.to_owned(), output);
    }

    /// What a program with these arguments does when it is run; it says nothing and succeeds, unless it has an answer.
    pub fn effect(&self, command: &str, effect: Effect) {
        self.host().answers.entry(command.to_owned()).or_default();
        self.host().effects.insert(command.to_owned(), effect);
    }

    fn take_effect(&self, effect: &Effect) {
        for (path, content) in &effect.files {
            match content {
                Some(content) => self.add_file(path, content),
                None => self.host().nodes.retain(|found, _| !found.starts_with(path)),
            }
        }
        effect.answers.iter().for_each(|(command, code, stdout)| self.answer(command, *code, stdout));
    }

    /// What its kernel calls itself.
    pub fn set_kernel(&self, kernel: Kernel) {
        self.host().kernel = kernel;
    }

    /// Its network: the addresses of its interfaces, and the way to everywhere else.
    pub fn set_network(&self, addresses: Vec<InterfaceAddress>, route: Option<Route>) {
        let mut host = self.host();
        (host.addresses, host.route) = (addresses, route);
    }

    /// Something that says `greeting` to whoever connects to a port of any of its addresses.
    pub fn add_port(&self, port: u16, greeting: &str) {
        self.host().ports.insert(port, greeting.to_owned());
    }

    /// The programs that were run, in order, arguments joined by blanks.
    pub fn ran(&self) -> Vec<String> {
        self.host().ran.clone()
    }

    /// Everything on the host as lines `kind mode owner:group path [content]`, to be compared; the private folder is no
    /// part of the host's state.
    pub fn listing(&self) -> Vec<String> {
        let line = |(path, node): (&PathBuf, &Node)| {
            let Node { file_type, permissions, owner, group, content, .. } = node;
            let content = String::from_utf8_lossy(content);
            format!("{file_type:?} {permissions:04o} {owner}:{group} {} {content:?}", path.display())
        };
        self.host().nodes.iter().filter(|(path, _)| !path.starts_with(PRIVATE_DIRECTORY)).map(line).collect()
    }

    fn resolve(&self, path: &Path) -> PathBuf {
        let mut path = path.to_owned();
        for _ in 0..40 {
            match self.host().nodes.get(&path) {
                Some(node) if node.file_type == FileType::Link => {
                    let target = PathBuf::from(String::from_utf8_lossy(&node.content).into_owned());
                    path = path.parent().map_or(target.clone(), |parent| parent.join(target));
                }
                _ => break,
            }
        }
        path
    }

    fn insert(&self, path: &Path, node: Node) -> io::Result<()> {
        let mut host = self.host();
        let parent = path.parent().unwrap_or(Path::new("/"));
        if host.nodes.get(parent).is_none_or(|node| node.file_type != FileType::Directory) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if host.mounts.contains(path) {
            return Err(io::ErrorKind::ResourceBusy.into());
        }
        host.nodes.insert(path.into(), node);
        Ok(())
    }

    fn change(&self, path: &Path, change: impl FnOnce(&mut Node)) -> io::Result<()> {
        self.host().nodes.get_mut(path).map(change).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Backend for MemoryBackend {
    fn metadata(&mut self, path: &Path) -> io::Result<Option<Metadata>> {
        let parent = path.parent().map(|parent| self.resolve(parent));
        let path = match (parent, path.file_name()) {
            (Some(parent), Some(name)) => parent.join(name),
            _ => path.to_owned(),
        };
        Ok(self.host().nodes.get(&path).map(|node| Metadata {
            file_type: node.file_type,
            permissions: node.permissions,
            owner: node.owner,
            group: node.group,
            size: node.content.len() as u64,
            accessed: node.modified,
            modified: node.modified,
            changed: node.modified,
            device: 1,
            inode: 1,
            links: 1,
            device_type: 0,
            blocks: 8,
            block_size: 4096,
        }))
    }

    fn read(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        let path = self.resolve(path);
        self.host()
            .nodes
            .get(&path)
            .map(|node| node.content.clone())
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn read_link(&mut self, path: &Path) -> io::Result<PathBuf> {
        let host = self.host();
        let node = host.nodes.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(PathBuf::from(String::from_utf8_lossy(&node.content).into_owned()))
    }

    fn list(&mut self, path: &Path) -> io::Result<Vec<String>> {
        let path = self.resolve(path);
        let host = self.host();
        let names = host.nodes.keys().filter(|found| found.parent() == Some(&path));
        Ok(names.filter_map(|found| Some(found.file_name()?.to_string_lossy().into_owned())).collect())
    }

    fn may_write(&mut self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn obstacle(&mut self, path: &Path) -> Option<io::Error> {
        self.host().mounts.contains(path).then(|| io::ErrorKind::ResourceBusy.into())
    }

    fn access(&mut self, path: &Path) -> Access {
        let path = self.resolve(path);
        let found = self.host().nodes.get(&path).map(|node| (node.file_type, node.permissions));
        found.map_or_else(Access::default, |(file_type, bits)| Access {
            read: true,
            write: true,
            execute: file_type == FileType::Directory || bits & 0o111 != 0,
        })
    }

    fn write(
        &mut self,
        path: &Path,
        content: &[u8],
        permissions: u32,
        owner: u32,
        group: u32,
    ) -> io::Result<()> {
        self.insert(path, Node::new(FileType::File, content, permissions, owner, group))
    }

    fn overwrite(&mut self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut host = self.host();
        let node = host.nodes.get_mut(path).ok_or(io::ErrorKind::NotFound)?;
        node.content = content.to_vec();
        Ok(())
    }

    fn make_directory(&mut self, path: &Path, permissions: u32) -> io::Result<()> {
        self.insert(path, Node::new(FileType::Directory, b"", permissions, 0, 0))
    }

    fn make_link(&mut self, path: &Path, target: &Path) -> io::Result<()> {
        self.insert(path, Node::new(FileType::Link, target.to_string_lossy().as_bytes(), 0o777, 0, 0))
    }

    fn make_hard_link(&mut self, path: &Path, source: &Path) -> io::Result<()> {
        let node = self.host().nodes.get(source).cloned().ok_or(io::ErrorKind::NotFound)?;
        self.insert(path, node)
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.host().nodes.retain(|found, _| !found.starts_with(path));
        Ok(())
    }

    fn set_permissions(&mut self, path: &Path, permissions: u32) -> io::Result<()> {
        self.change(path, |node| node.permissions = permissions)
    }

    fn set_owner(&mut self, path: &Path, owner: u32, group: u32) -> io::Result<()> {
        self.change(path, |node| (node.owner, node.group) = (owner, group))
    }

    fn set_times(
        &mut self,
        path: &Path,
        _: Option<SystemTime>,
        modified: Option<SystemTime>,
    ) -> io::Result<()> {
        let since = modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        self.change(path, |node| node.modified = since.map_or(node.modified, |since| since.as_secs_f64()))
    }

    fn converse(
        &mut self,
        command: &Command,
        _: Conversation,
        answer: &mut Answerer<'_>,
    ) -> io::Result<Output> {
        let output = self.run(command)?;
        match answer(&output.stdout) {
            ControlFlow::Continue(_) => Ok(output),
            ControlFlow::Break(()) => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }

    fn run(&mut self, command: &Command) -> io::Result<Output> {
        let line = command.argv.join(" ");
        self.host().ran.push(line.clone());
        let answer = self.host().answers.get(&line).cloned();
        let effect = self.host().effects.get(&line).cloned();
        effect.iter().for_each(|effect| self.take_effect(effect));
        answer.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn private_directory(&mut self) -> io::Result<PathBuf> {
        self.add_directory(PRIVATE_DIRECTORY);
        Ok(PRIVATE_DIRECTORY.into())
    }

    fn identity(&self) -> Identity {
        Identity { uid: 0, gid: 0, umask: 0o022 }
    }

    fn environment(&self, name: &str) -> Option<String> {
        match name {
            "HOME" => Some("/root".into()),
            "PATH" => Some("/usr/bin".into()),
            _ => None,
        }
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000) + self.host().paused
    }

    fn process_id(&self) -> u32 {
        42
    }

    fn variables(&self) -> Vec<(String, String)> {
        ["HOME", "PATH"]
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), self.environment(name)?)))
            .collect()
    }

    fn kernel(&self) -> Kernel {
        self.host().kernel.clone()
    }

    fn file_system(&mut self, path: &Path, _: Duration) -> io::Result<FileSystem> {
        let there = self.host().nodes.contains_key(path);
        let blocks = FileSystem {
            block_size: 4096,
            fragment_size: 4096,
            blocks: 1000,
            free_blocks: 400,
            available_blocks: 400,
            ..FileSystem::default()
        };
        if there {
            Ok(FileSystem { inodes: 100, available_inodes: 60, ..blocks })
        } else {
            Err(io::ErrorKind::NotFound.into())
        }
    }

    fn addresses(&mut self) -> io::Result<Vec<InterfaceAddress>> {
        Ok(self.host().addresses.clone())
    }

    fn route(&mut self, destination: IpAddr) -> io::Result<Option<Route>> {
        let same_family =
            |route: &Route| route.gateway.is_none_or(|gateway| gateway.is_ipv4() == destination.is_ipv4());
        Ok(self.host().route.clone().filter(same_family))
    }

    fn connect(
        &mut self,
        address: SocketAddr,
        _: Duration,
        enough: &mut dyn FnMut(&[u8]) -> bool,
    ) -> io::Result<bool> {
        let greeting =
            self.host().ports.get(&address.port()).cloned().ok_or(io::ErrorKind::ConnectionRefused)?;
        Ok(enough(b"") || enough(greeting.as_bytes()))
    }

    /// Always the same, so that tests can name what comes of it.
    fn exchange(
        &mut self,
        request: &HttpRequest,
        addresses: &[SocketAddr],
    ) -> std::result::Result<HttpResponse, HttpFailure> {
        let _ = addresses;
        let line = format!("{} {}", request.method, request.address);
        self.host().pages.get(&line).cloned().ok_or(HttpFailure::NoSuchHost)
    }

    fn unguessable(&mut self) -> io::Result<u64> {
        Ok(1_700_000_000)
    }

    fn pause(&mut self, duration: Duration) {
        self.host().paused += duration;
    }
}
