use std::collections::HashSet;
use std::fmt::Write;
use std::fs::Permissions;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use diag::{Error, Result};
use tempfile::TempDir;

use crate::credentials::Credentials;
use crate::debian;
use crate::keeper::{Keeper, PATIENCE, log_of, said};
use crate::layers::Layers;
use crate::namespaces::{Namespaces, too_many_files};
use crate::server::{Door, Server};
use crate::tool::{self, Tool};
use crate::{Kind, LabBuilder, LabHost, Sudo};

/// A set of throwaway hosts. Dropping it ends and removes them all.
///
/// ```no_run
/// # fn main() -> diag::Result<()> {
/// let lab = lab::Lab::builder().hosts(3).start()?;
/// std::fs::write("hosts.ini", lab.inventory()).ok();
/// assert!(lab.hosts()[0].shell("hostname")?.status.success());
/// # Ok(())
/// # }
/// ```
pub struct Lab {
    hosts: Vec<LabHost>,
    key_file: PathBuf,
    known_hosts: PathBuf,
    // In the order in which they go: the keeper ends the hosts, so that the server's sessions end.
    _keeper: Keeper,
    _server: Server,
    directory: TempDir,
}

impl Lab {
    /// Begins to say what the lab shall be like.
    pub fn builder() -> LabBuilder {
        LabBuilder::new()
    }

    pub(crate) fn start(builder: LabBuilder) -> Result<Lab> {
        let names = builder.host_names();
        check_names(&names)?;
        tool::require(needed(&builder))?;
        check_identity(builder.kind)?;
        // First, for it may take a minute, in which nothing would clean up after a process that is killed.
        let lower = match builder.kind {
            Kind::Sandbox => PathBuf::from("/"),
            Kind::Machine => builder.root.clone().map_or_else(debian::root, Ok)?,
        };
        let directory = tempfile::Builder::new()
            .prefix("capstan-lab-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()
            .map_err(|error| Error::new("no folder can be made for the lab").cause(error))?;
        let credentials = Credentials::make(directory.path())?;
        Layers::build(&builder, &credentials, &lower, directory.path())?;
        let mut keeper = Keeper::start(&builder, directory.path())?;
        let processes = keeper.start_hosts(&names)?;
        let deadline = Instant::now() + PATIENCE;
        let mut hosts = Vec::new();
        let mut doors = Vec::new();
        for (name, process) in names.into_iter().zip(processes) {
            let namespaces = Arc::new(Namespaces::of(process, builder.kind, builder.network)?);
            namespaces
                .wait_until_booted(deadline)
                .map_err(|error| error.host(&name).cause(said(directory.path(), &name)))?;
            let (door, port) =
                open(&name, &namespaces, directory.path()).map_err(|error| error.host(&name))?;
            doors.push(door);
            let (address, user) = (Ipv4Addr::LOCALHOST.to_string(), "root".to_owned());
            hosts.push(LabHost { name, address, port, user, namespaces });
        }
        credentials.write_known_hosts(hosts.iter().map(|host| host.port))?;
        let server = Server::start(doors)?;
        let (key_file, known_hosts) = (credentials.key_file(), credentials.known_hosts());
        Ok(Lab { hosts, key_file, known_hosts, _keeper: keeper, _server: server, directory })
    }

    /// The hosts, in the order of their names or numbers.
    pub fn hosts(&self) -> &[LabHost] {
        &self.hosts
    }

    /// The private key that root and every added account can be logged in to with.
    pub fn key_file(&self) -> &Path {
        &self.key_file
    }

    /// A `known_hosts` file with the hosts' keys.
    pub fn known_hosts(&self) -> &Path {
        &self.known_hosts
    }

    /// A folder that only this user can look into, and that goes with the lab.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// An inventory of the hosts as INI text, in a group `lab`, with all that is needed to connect.
    pub fn inventory(&self) -> String {
        let mut text = String::from("[lab]\n");
        for LabHost { name, address, port, user, .. } in &self.hosts {
            // Writing to a string can't fail.
            let _ = writeln!(text, "{name} ansible_host={address} ansible_port={port} ansible_user={user}");
        }
        let (key, known) = (self.key_file.display(), self.known_hosts.display());
        let _ = write!(
            text,
            "\n[lab:vars]\nansible_ssh_private_key_file={key}\nansible_ssh_common_args='-o UserKnownHostsFile={known}'\n"
        );
        text
    }
}

fn needed(builder: &LabBuilder) -> Vec<&'static Tool> {
    let mut tools = vec![
        &tool::CP,
        &tool::HOSTNAME,
        &tool::MOUNT,
        &tool::NSENTER,
        &tool::SETPRIV,
        &tool::SSH_KEYGEN,
        &tool::UNSHARE,
    ];
    match builder.kind {
        Kind::Sandbox => tools.extend([&tool::IP, &tool::SSHD]),
        Kind::Machine => tools.extend([&tool::DEBOOTSTRAP, &tool::SYSTEMD_NSPAWN]),
    }
    let sudo = builder.accounts.iter().any(|account| account.sudo != Sudo::No);
    if builder.kind == Kind::Sandbox && sudo {
        tools.push(&tool::SUDO);
    }
    if !rustix::process::geteuid().is_root() {
        tools.push(&tool::NEWUIDMAP);
    }
    tools
}

fn check_identity(kind: Kind) -> Result<()> {
    let root = rustix::process::geteuid().is_root();
    // user_namespaces(7): outside of any, every number is itself.
    let numbers = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let mut numbers = numbers.split_whitespace();
    let all = (numbers.next(), numbers.next(), numbers.next()) == (Some("0"), Some("0"), Some("4294967295"));
    match (root, kind) {
        (true, _) if !all => Err(Error::new("a lab can't be made by the root of a user namespace")
            .hint("run it outside of the container, as root or as an ordinary user")),
        (false, Kind::Machine) => Err(Error::new("machine hosts need root")
            .hint("run it with sudo, or use sandbox hosts, which an ordinary user can have")),
        _ => Ok(()),
    }
}

fn check_names(names: &[String]) -> Result<()> {
    let mut seen = HashSet::new();
    for name in names {
        let letters = |letter: char| letter.is_ascii_alphanumeric() || "-.".contains(letter);
        let outer = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
        if !name.chars().all(letters)
            || !outer(name.chars().next())
            || !outer(name.chars().last())
            || name.len() > 63
        {
            return Err(Error::new(format!("'{name}' can't be the name of a host")).hint(
                "use up to 63 letters, digits, '-' and '.', beginning and ending with a letter or digit",
            ));
        }
        if !seen.insert(name) {
            return Err(Error::new(format!("two hosts can't both be called '{name}'")));
        }
    }
    Ok(())
}

fn open(name: &str, namespaces: &Arc<Namespaces>, directory: &Path) -> Result<(Door, u16)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(too_many_files)?;
    let address = listener.local_addr().map_err(|error| Error::new("the lab can't listen").cause(error))?;
    let door = Door { listener, namespaces: Arc::clone(namespaces), log: log_of(directory, name) };
    Ok((door, address.port()))
}
