use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use module::{Arguments, HostPath, Module, Outcome, PythonRegex, RegexFlags, inode_result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Error, Patience, Result, System};
use value::{Map, Value};

/// Waits until a port is open or closed, a file is there or gone, or a text appears.
///
/// Without `port` and `path` it waits for `timeout` seconds. In a dry run nothing is waited for: what is not there yet
/// makes the outcome unknown.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaitFor {
    /// The name or address that the port belongs to, as seen from the host.
    #[serde(default = "own_host")]
    host: String,
    /// The port to look at.
    port: Option<u16>,
    /// The path to look at.
    path: Option<HostPath>,
    /// What is waited for. `present` and `started` mean the same, and `absent` and `stopped`.
    #[serde(default)]
    state: State,
    /// A regular expression that must match in the file, or in what is said at the port.
    search_regex: Option<String>,
    /// How many seconds to wait before the first look.
    #[serde(default)]
    delay: f64,
    /// How many seconds to wait between two looks.
    #[serde(default = "one")]
    sleep: f64,
    /// After how many seconds to give up.
    #[serde(default = "five_minutes")]
    timeout: f64,
    /// After how many seconds to give up a single try to connect.
    #[serde(default = "five")]
    connect_timeout: f64,
    /// For `drained`: addresses or names whose connections do not count.
    exclude_hosts: Option<Vec<String>>,
    /// For `drained`: the states of connections that count.
    #[serde(default = "active_states")]
    active_connection_states: Vec<String>,
    /// What to say instead of the usual message when time is up.
    msg: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// The file is gone, or the port closed.
    Absent,
    /// The port has no active connections.
    Drained,
    /// The file is there, or the port open.
    Present,
    /// The file is there, or the port open.
    #[default]
    Started,
    /// The port is closed.
    Stopped,
}

fn own_host() -> String {
    "127.0.0.1".into()
}

fn one() -> f64 {
    1.0
}

fn five() -> f64 {
    5.0
}

fn five_minutes() -> f64 {
    300.0
}

/// Connection states by the kernel's numbers.
const CONNECTION_STATES: [(&str, &str); 11] = [
    ("01", "ESTABLISHED"),
    ("02", "SYN_SENT"),
    ("03", "SYN_RECV"),
    ("04", "FIN_WAIT1"),
    ("05", "FIN_WAIT2"),
    ("06", "TIME_WAIT"),
    ("07", "CLOSE"),
    ("08", "CLOSE_WAIT"),
    ("09", "LAST_ACK"),
    ("0A", "LISTEN"),
    ("0B", "CLOSING"),
];

fn active_states() -> Vec<String> {
    ["ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "SYN_RECV", "SYN_SENT", "TIME_WAIT"].map(str::to_owned).to_vec()
}

impl Arguments for WaitFor {
    const NAME: &'static str = "wait_for";
    const EXAMPLES: &'static str = r#"
- name: The server answers
  wait_for:
    port: 8080
    delay: 2
    timeout: 60

- name: The log says that it is ready
  wait_for:
    path: /var/log/app.log
    search_regex: "ready in [0-9.]+ s"

- name: The old lock is gone
  wait_for:
    path: /run/app.lock
    state: absent
"#;
}

/// What a look found: the groups of the regular expression's match.
#[derive(Debug, Default)]
struct Found {
    groups: Vec<Value>,
    named_groups: Map,
}

impl Module for WaitFor {
    fn run(self, host: &mut System) -> Result<Outcome> {
        self.check()?;
        let path = self.path.as_ref().map(|path| path.expand(host)).transpose()?;
        let regex = self.search_regex.as_deref().filter(|regex| !regex.is_empty());
        let flags = RegexFlags { multi_line: true, ..RegexFlags::default() };
        let regex = regex.map(|regex| PythonRegex::new(regex, flags)).transpose()?;
        let start = host.now();
        let patience = Patience {
            delay: seconds("delay", self.delay)?,
            interval: seconds("sleep", self.sleep)?,
            timeout: seconds("timeout", self.timeout)?,
        };
        let connect_timeout = seconds("connect_timeout", self.connect_timeout)?.min(patience.timeout);
        let what = self.what(path.as_deref());
        let found = match (&path, self.port) {
            (None, None) => {
                host.pause(patience.delay);
                host.pause(patience.timeout);
                Some(Found::default())
            }
            (Some(path), _) => {
                host.wait(&what, patience, |host| self.look_at_path(host, path, regex.as_ref()))?
            }
            (None, Some(port)) => {
                let found = host.wait(&what, patience, |host| match self.state {
                    State::Drained => self.look_for_connections(host, port),
                    _ => self.look_at_port(host, port, connect_timeout, regex.as_ref()),
                });
                match found {
                    Err(Error::Unknown(_))
                        if !self.state.is_gone() && regex.is_none() && host.foresees_services() =>
                    {
                        Some(Found::default())
                    }
                    found => found?,
                }
            }
        };
        let elapsed = host.now().duration_since(start).unwrap_or_default().as_secs();
        let Some(found) = found else {
            let message = self.msg.clone().unwrap_or_else(|| self.late(path.as_deref()));
            return Err(Error::failed(message).with("elapsed", elapsed));
        };
        let state = serde_name(self.state);
        let outcome = Outcome::new()
            .with("state", state)
            .with("port", self.port.map(u32::from))
            .with("path", path.as_ref().map(|path| path.to_string_lossy().into_owned()))
            .with("search_regex", self.search_regex.clone())
            .with("match_groups", found.groups)
            .with("match_groupdict", found.named_groups)
            .with("elapsed", elapsed);
        match &path {
            Some(path) if !self.state.is_gone() => match host.follow(path)? {
                Some(inode) => inode_result(host, outcome, &inode),
                None => Ok(outcome),
            },
            _ => Ok(outcome),
        }
    }
}

impl State {
    fn is_gone(self) -> bool {
        matches!(self, State::Absent | State::Stopped)
    }
}

fn serde_name(state: State) -> &'static str {
    match state {
        State::Absent => "absent",
        State::Drained => "drained",
        State::Present => "present",
        State::Started => "started",
        State::Stopped => "stopped",
    }
}

fn seconds(name: &str, number: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(number)
        .map_err(|_| Error::failed(format!("'{name}' is no number of seconds: {number}")))
}

impl WaitFor {
    fn check(&self) -> Result<()> {
        let known = |state: &&String| CONNECTION_STATES.iter().any(|(_, name)| *name == state.as_str());
        let unknown = self.active_connection_states.iter().find(|state| !known(state));
        let wrong = match (self.path.is_some(), self.state) {
            (true, _) if self.port.is_some() => "give either 'port' or 'path', not both",
            (true, State::Stopped) => "'state: stopped' is for a port; use 'absent' for a path",
            (true, State::Drained) => "'state: drained' is for a port",
            (_, state) if self.exclude_hosts.is_some() && state != State::Drained => {
                "'exclude_hosts' is for 'state: drained' alone"
            }
            _ => match unknown {
                Some(state) => {
                    return Err(Error::failed(format!(
                        "there is no connection state '{state}' in 'active_connection_states'"
                    )));
                }
                None => return Ok(()),
            },
        };
        Err(Error::failed(wrong))
    }

    /// What is waited for, in words.
    fn what(&self, path: Option<&Path>) -> String {
        let thing = match (path, self.port) {
            (Some(path), _) => path.display().to_string(),
            (None, port) => format!("{}:{}", self.host, port.unwrap_or_default()),
        };
        match (&self.search_regex, self.state) {
            (_, State::Absent) if path.is_some() => format!("{thing} is gone"),
            (_, State::Absent | State::Stopped) => format!("{thing} is closed"),
            (_, State::Drained) => format!("{thing} has no connections"),
            (Some(regex), _) => format!("'{regex}' is found in {thing}"),
            (None, _) if path.is_some() => format!("{thing} is there"),
            (None, _) => format!("{thing} is open"),
        }
    }

    /// What to say when time is up, in words that playbooks compare.
    fn late(&self, path: Option<&Path>) -> String {
        let late = "Timeout when waiting for";
        let thing = match path {
            Some(path) => path.display().to_string(),
            None => format!("{}:{}", self.host, self.port.unwrap_or_default()),
        };
        match (&self.search_regex, self.state) {
            (_, State::Absent) if path.is_some() => format!("{late} {thing} to be absent."),
            (_, State::Absent | State::Stopped) => format!("{late} {thing} to stop."),
            (_, State::Drained) => format!("{late} {thing} to drain"),
            (Some(regex), _) => format!("{late} search string {regex} in {thing}"),
            (None, _) if path.is_some() => format!("{late} file {thing}"),
            (None, _) => format!("{late} {thing}"),
        }
    }

    fn look_at_path(
        &self,
        host: &mut System,
        path: &Path,
        regex: Option<&PythonRegex>,
    ) -> Result<Option<Found>> {
        let there = host.follow(path)?.is_some();
        if self.state.is_gone() || !there {
            return Ok((self.state.is_gone() != there).then(Found::default));
        }
        let Some(regex) = regex else { return Ok(Some(Found::default())) };
        match host.read(path) {
            Ok(bytes) => search(regex, &bytes),
            // It may have gone away in between, or be readable later.
            Err(Error::Failed(_)) => Ok(None),
            Err(unknown) => Err(unknown),
        }
    }

    fn look_at_port(
        &self,
        host: &mut System,
        port: u16,
        timeout: Duration,
        regex: Option<&PythonRegex>,
    ) -> Result<Option<Found>> {
        let mut found = None;
        let mut open = false;
        let mut said = Vec::new();
        for address in host.resolve(&self.host, timeout)? {
            let mut enough = |more: &[u8]| {
                open = true;
                said.extend_from_slice(more);
                match regex.filter(|_| !self.state.is_gone()) {
                    None => true,
                    Some(regex) => {
                        found = search(regex, &said).transpose();
                        found.is_some()
                    }
                }
            };
            match host.connect(SocketAddr::new(address, port), timeout, &mut enough) {
                Ok(_) => break,
                Err(Error::Failed(_)) => {}
                Err(unknown) => return Err(unknown),
            }
        }
        match (self.state.is_gone(), regex) {
            (true, _) => Ok((!open).then(Found::default)),
            (false, None) => Ok(open.then(Found::default)),
            (false, Some(_)) => found.transpose(),
        }
    }

    /// Looks for connections to the port of the host's own.
    fn look_for_connections(&self, host: &mut System, port: u16) -> Result<Option<Found>> {
        let timeout = Duration::from_secs(5);
        let own = host.resolve(&self.host, timeout)?;
        let any = own.iter().any(IpAddr::is_unspecified);
        let mut excluded: Vec<IpAddr> = Vec::new();
        for name in self.exclude_hosts.iter().flatten() {
            excluded.extend(host.resolve(name, timeout)?);
        }
        for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
            let text = host.read_text_if_any(Path::new(file))?.unwrap_or_default();
            for connection in text.lines().skip(1).filter_map(Connection::parse) {
                let active = self.active_connection_states.iter().any(|state| state == connection.state);
                let ours = connection.local.port() == port && (any || own.contains(&connection.local.ip()));
                if active && ours && !excluded.contains(&connection.remote) {
                    return Ok(None);
                }
            }
        }
        Ok(Some(Found::default()))
    }
}

fn search(regex: &PythonRegex, text: &[u8]) -> Result<Option<Found>> {
    let Some(matched) = regex.find(text)? else { return Ok(None) };
    let group = |number: usize| match matched.group_range(number) {
        Some(_) => Value::from(String::from_utf8_lossy(matched.group(number)).as_ref()),
        None => Value::Null,
    };
    let groups = (1..regex.group_count()).map(group).collect();
    let named_groups =
        regex.named_groups().into_iter().map(|(name, number)| (name.into(), group(number))).collect();
    Ok(Some(Found { groups, named_groups }))
}

/// A line of `/proc/net/tcp`.
struct Connection {
    local: SocketAddr,
    remote: IpAddr,
    state: &'static str,
}

impl Connection {
    fn parse(line: &str) -> Option<Connection> {
        let mut fields = line.split_whitespace().skip(1);
        let (local, remote, number) = (fields.next()?, fields.next()?, fields.next()?);
        let state = CONNECTION_STATES.iter().find(|(known, _)| *known == number)?.1;
        Some(Connection { local: socket_address(local)?, remote: socket_address(remote)?.ip(), state })
    }
}

/// `0100007F:1F90`: the address in words of the machine's own byte order.
fn socket_address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let mut bytes = Vec::new();
    for start in (0..address.len()).step_by(8) {
        bytes.extend(u32::from_str_radix(address.get(start..start + 8)?, 16).ok()?.to_ne_bytes());
    }
    let address = match bytes.len() {
        4 => Ipv4Addr::from(*bytes.first_chunk::<4>()?).into(),
        // An IPv4 connection to a socket for both is written as an IPv6 address.
        _ => IpAddr::from(*bytes.first_chunk::<16>()?).to_canonical(),
    };
    Some(SocketAddr::new(address, u16::from_str_radix(port, 16).ok()?))
}
