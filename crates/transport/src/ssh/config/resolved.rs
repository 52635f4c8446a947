use std::path::{Path, PathBuf};
use std::time::Duration;

use diag::{Error, Result};

use super::arguments::Arguments;
use super::files::{self, Findings, Lookup};
use super::options::{Options, quoted};
use super::oracle;
use super::tokens::Tokens;
use crate::ssh::account::{Account, mode};
use crate::ssh::host_key::Strictness;
use crate::ssh::pattern;

/// The keys that are tried when none is named.
const DEFAULT_IDENTITIES: [&str; 3] = ["id_ed25519", "id_ecdsa", "id_rsa"];

/// Everything that command line, configuration files and defaults say about how to reach one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ssh) struct Resolved {
    pub(in crate::ssh) host: String,
    pub(in crate::ssh) port: u16,
    pub(in crate::ssh) user: String,
    pub(in crate::ssh) family: Family,
    /// The `ConnectTimeout` of the arguments. That of a file counts for nothing, as the caller always sets one.
    pub(in crate::ssh) connect_timeout: Option<Duration>,
    /// After how long a silence the host is asked whether it is there, and how often before it is given up.
    pub(in crate::ssh) keep_alive: Option<(Duration, usize)>,
    pub(in crate::ssh) host_key_alias: Option<String>,
    pub(in crate::ssh) strictness: Strictness,
    pub(in crate::ssh) user_known_hosts: Vec<PathBuf>,
    pub(in crate::ssh) global_known_hosts: Vec<PathBuf>,
    pub(in crate::ssh) hash_known_hosts: bool,
    pub(in crate::ssh) identities: Vec<Identity>,
    pub(in crate::ssh) certificates: Vec<PathBuf>,
    pub(in crate::ssh) identities_only: bool,
    /// The agent's socket.
    pub(in crate::ssh) agent: Option<PathBuf>,
    /// The socket of the agent that the host may use too.
    pub(in crate::ssh) forwarded_agent: Option<PathBuf>,
    /// Variables for the environment of every command; the host may pass them over.
    pub(in crate::ssh) environment: Vec<(String, String)>,
    pub(in crate::ssh) methods: Vec<Method>,
    pub(in crate::ssh) proxy: Proxy,
    /// The file of `-F`, for the jump hosts' own look-up.
    pub(in crate::ssh) config_file: Option<PathBuf>,
}

/// A private key file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ssh) struct Identity {
    pub(in crate::ssh) path: PathBuf,
    /// Whether somebody asked for it, so that it must be told when it can't be used.
    pub(in crate::ssh) named: bool,
}

/// Which addresses of a host will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ssh) enum Family {
    Any,
    V4,
    V6,
}

/// Ways to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ssh) enum Method {
    PublicKey,
    KeyboardInteractive,
    Password,
}

/// What leads to the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ssh) enum Proxy {
    None,
    /// The pipes of a shell command.
    Command(String),
    /// Other hosts, one through the other, in order.
    Jump(Vec<String>),
}

/// What the caller says before all else.
#[derive(Clone, Debug, Default)]
pub(in crate::ssh) struct Given<'a> {
    pub(in crate::ssh) host: &'a str,
    pub(in crate::ssh) port: Option<u16>,
    pub(in crate::ssh) user: Option<&'a str>,
    pub(in crate::ssh) private_key_file: Option<&'a Path>,
    pub(in crate::ssh) arguments: &'a [String],
}

/// Looks a host up.
///
/// # Errors
/// When an argument or a line of a file makes no sense.
pub(in crate::ssh) async fn resolve(given: &Given<'_>, account: &Account) -> Result<Resolved> {
    let mut arguments = Arguments::read(given.arguments)?;
    let mut first = Options::default();
    let accept = |_| Error::new("an ssh setting is empty");
    if let Some(port) = given.port {
        first.set("port", &port.to_string()).map_err(accept)?;
    }
    if let Some(user) = given.user {
        first.set("user", &quoted(user)).map_err(accept)?;
    }
    if let Some(path) = given.private_key_file {
        first.set("identityfile", &quoted(&path.to_string_lossy())).map_err(accept)?;
    }
    let mut options = first.followed_by(&arguments.options);
    let config_file = arguments.file.take();
    let undecidable = read_files(given.host, config_file.as_deref(), account, &mut options)?;
    if undecidable {
        let mut words = given.arguments.to_vec();
        for (flag, value) in
            [("-p", given.port.map(|port| port.to_string())), ("-l", given.user.map(str::to_owned))]
        {
            words.extend(value.into_iter().flat_map(|value| [flag.to_owned(), value]));
        }
        // What was said before all else still comes first.
        options = first.followed_by(&arguments.options).followed_by(&oracle::ask(&words, given.host).await?);
    }
    let connect_timeout = seconds(&arguments.options, "connecttimeout")?;
    Ok(Resolved { connect_timeout, ..typed(given.host, &options, config_file, account)? })
}

/// Reads the files, twice if they want it; true if only the `ssh` program can tell what they mean.
fn read_files(host: &str, file: Option<&Path>, account: &Account, options: &mut Options) -> Result<bool> {
    let files = match file {
        Some(file) if file == Path::new("none") => Vec::new(),
        Some(file) if !file.exists() => {
            return Err(Error::new(format!("can't read the ssh configuration '{}'", file.display())));
        }
        Some(file) => vec![file.to_path_buf()],
        None => {
            let own = account.ssh_folder().join("config");
            if mode(&own).is_ok_and(|mode| mode & 0o022 != 0) {
                return Err(Error::new(format!("'{}' can be written by others", own.display()))
                    .hint(format!("chmod 600 {}", own.display())));
            }
            vec![own, PathBuf::from("/etc/ssh/ssh_config")]
        }
    };
    let mut findings = Findings::default();
    let lookup = Lookup { account, original: host, host, is_final: false };
    for file in &files {
        files::read(file, &lookup, options, &mut findings)?;
    }
    if findings.wants_final && !findings.undecidable {
        let connected = host_name(host, options)?;
        let lookup = Lookup { account, original: host, host: &connected, is_final: true };
        for file in &files {
            files::read(file, &lookup, options, &mut findings)?;
        }
    }
    Ok(findings.undecidable)
}

/// The host to connect to; names in lower case.
fn host_name(host: &str, options: &Options) -> Result<String> {
    let name = options.get("hostname").unwrap_or("%h");
    let mut result = String::new();
    let mut characters = name.chars();
    while let Some(character) = characters.next() {
        match (character, character == '%') {
            (_, true) => match characters.next() {
                Some('%') => result.push('%'),
                Some('h') => result.push_str(host),
                _ => return Err(Error::new(format!("unknown token in the HostName '{name}'"))),
            },
            (character, false) => result.push(character),
        }
    }
    if !result.contains(':') {
        result.make_ascii_lowercase();
    }
    Ok(result)
}

pub(super) fn typed(
    original: &str,
    options: &Options,
    config_file: Option<PathBuf>,
    account: &Account,
) -> Result<Resolved> {
    let host = host_name(original, options)?;
    let port: u16 = number(options, "port")?.unwrap_or(22);
    let user = options.get("user").unwrap_or(&account.name).to_owned();
    let jump = options.get("proxyjump").filter(|jump| !jump.eq_ignore_ascii_case("none")).unwrap_or_default();
    let key_alias = options.get("hostkeyalias").unwrap_or(&host).to_owned();
    let tokens = Tokens { account, original, host: &host, key_alias: &key_alias, port, user: &user, jump };
    let path = |value: &str| -> Result<PathBuf> {
        let home = account.expand_home(value);
        Ok(PathBuf::from(tokens.expand(&home.to_string_lossy())?))
    };
    let paths = |name: &str, defaults: Vec<PathBuf>| -> Result<Vec<PathBuf>> {
        match options.all(name) {
            [] => Ok(defaults),
            values => values.iter().filter(|value| *value != "none").map(|value| path(value)).collect(),
        }
    };
    let defaults =
        |folder: PathBuf, names: &[&str]| names.iter().map(|name| folder.join(name)).collect::<Vec<_>>();
    let default_identities = defaults(account.ssh_folder(), &DEFAULT_IDENTITIES);
    let identities = paths("identityfile", default_identities)?
        .into_iter()
        .map(|path| Identity { named: !is_default(&path, account), path })
        .collect();
    let socket = || std::env::var_os("SSH_AUTH_SOCK").filter(|path| !path.is_empty()).map(PathBuf::from);
    let agent = match options.get("identityagent") {
        None | Some("SSH_AUTH_SOCK") => socket(),
        Some("none") => None,
        Some(value) => match value.strip_prefix('$').filter(|name| !name.starts_with('{')) {
            Some(name) => std::env::var_os(name).map(PathBuf::from),
            None => Some(path(value)?),
        },
    };
    let forwarded_agent = match options.get("forwardagent") {
        None | Some("no" | "false" | "off") => None,
        Some("yes" | "true" | "on") => socket(),
        Some(value) => match value.strip_prefix('$').filter(|name| !name.starts_with('{')) {
            Some(name) => std::env::var_os(name).map(PathBuf::from),
            None => Some(path(value)?),
        },
    };
    let proxy = match options.get("proxycommand").filter(|command| !command.eq_ignore_ascii_case("none")) {
        Some(command) => Proxy::Command(tokens.expand(command)?),
        None if jump.is_empty() => Proxy::None,
        None => Proxy::Jump(jump.split(',').map(|hop| hop.trim().to_owned()).collect()),
    };
    Ok(Resolved {
        family: match options.get("addressfamily").map(str::to_ascii_lowercase).as_deref() {
            Some("inet") => Family::V4,
            Some("inet6") => Family::V6,
            _ => Family::Any,
        },
        connect_timeout: None,
        keep_alive: keep_alive(options)?,
        host_key_alias: options.get("hostkeyalias").map(str::to_owned),
        strictness: match options.get("stricthostkeychecking").map(str::to_ascii_lowercase).as_deref() {
            Some("no" | "off" | "false") => Strictness::AcceptAny,
            Some("accept-new") => Strictness::AcceptNew,
            _ => Strictness::Refuse,
        },
        user_known_hosts: paths(
            "userknownhostsfile",
            defaults(account.ssh_folder(), &["known_hosts", "known_hosts2"]),
        )?,
        global_known_hosts: paths(
            "globalknownhostsfile",
            defaults(PathBuf::from("/etc/ssh"), &["ssh_known_hosts", "ssh_known_hosts2"]),
        )?,
        hash_known_hosts: flag(options, "hashknownhosts").unwrap_or(false),
        identities,
        certificates: paths("certificatefile", Vec::new())?,
        identities_only: flag(options, "identitiesonly").unwrap_or(false),
        agent,
        forwarded_agent,
        environment: environment(options),
        methods: methods(options),
        proxy,
        config_file,
        host,
        port,
        user,
    })
}

/// Whether a key is one of those that OpenSSH tries when none is named.
fn is_default(path: &Path, account: &Account) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix("id_"));
    let kinds = ["rsa", "ecdsa", "ecdsa_sk", "ed25519", "ed25519_sk", "xmss", "dsa"];
    path.parent() == Some(&account.ssh_folder()) && name.is_some_and(|name| kinds.contains(&name))
}

/// What `SetEnv` gives, and what `SendEnv` passes on of this program's own environment.
fn environment(options: &Options) -> Vec<(String, String)> {
    let given = options.all("setenv").iter().filter_map(|assignment| assignment.split_once('='));
    let given: Vec<(String, String)> =
        given.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let passed = options.all("sendenv");
    let mine = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let sent = mine.filter(|(name, _)| {
        passed.iter().any(|wanted| pattern::matches(wanted, name))
            && given.iter().all(|(known, _)| known != name)
    });
    let mut sent: Vec<(String, String)> = sent.collect();
    sent.sort();
    given.iter().cloned().chain(sent).collect()
}

fn methods(options: &Options) -> Vec<Method> {
    const NAMES: [(&str, Method, &str); 3] = [
        ("publickey", Method::PublicKey, "pubkeyauthentication"),
        ("keyboard-interactive", Method::KeyboardInteractive, "kbdinteractiveauthentication"),
        ("password", Method::Password, "passwordauthentication"),
    ];
    let preferred =
        options.get("preferredauthentications").unwrap_or("publickey,keyboard-interactive,password");
    preferred
        .split(',')
        .filter_map(|name| NAMES.iter().find(|(known, ..)| *known == name.trim()))
        .filter(|(_, _, switch)| flag(options, switch).unwrap_or(true))
        .map(|(_, method, _)| *method)
        .collect()
}

fn flag(options: &Options, name: &str) -> Option<bool> {
    options.get(name).map(|value| !matches!(value.to_ascii_lowercase().as_str(), "no" | "false" | "off"))
}

fn number<T: std::str::FromStr>(options: &Options, name: &str) -> Result<Option<T>> {
    let Some(value) = options.get(name) else { return Ok(None) };
    value
        .parse()
        .map(Some)
        .map_err(|_| Error::new(format!("the ssh option '{name}' is '{value}', which is no number for it")))
}

/// OpenSSH asks nothing unless it is told to, and waits for ever when a host has died without a word. We ask unless we
/// are told not to, but give a host more time than OpenSSH's three intervals.
fn keep_alive(options: &Options) -> Result<Option<(Duration, usize)>> {
    let count = number(options, "serveralivecountmax")?;
    Ok(match seconds(options, "serveraliveinterval")? {
        None => Some((Duration::from_secs(30), count.unwrap_or(10))),
        Some(Duration::ZERO) => None,
        Some(interval) => Some((interval, count.unwrap_or(3))),
    })
}

/// A time in seconds, or with the units of sshd_config: `1m30s`.
fn seconds(options: &Options, name: &str) -> Result<Option<Duration>> {
    let Some(value) = options.get(name).filter(|value| *value != "none") else { return Ok(None) };
    let wrong = || Error::new(format!("the ssh option '{name}' is '{value}', which is no time"));
    let mut total: u64 = 0;
    let mut digits = String::new();
    for character in value.chars() {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        let unit = match character.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86400,
            'w' => 604_800,
            _ => return Err(wrong()),
        };
        let count: u64 = std::mem::take(&mut digits).parse().map_err(|_| wrong())?;
        total = count.checked_mul(unit).and_then(|seconds| total.checked_add(seconds)).ok_or_else(wrong)?;
    }
    if !digits.is_empty() {
        total =
            digits.parse::<u64>().ok().and_then(|seconds| total.checked_add(seconds)).ok_or_else(wrong)?;
    }
    Ok(Some(Duration::from_secs(total)))
}
