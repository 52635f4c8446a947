use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use crate::{Command, Error, Result, System};

/// An address of a network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceAddress {
    /// The interface's index, as in `/sys/class/net/NAME/ifindex`.
    pub interface: u32,
    /// The address.
    pub address: IpAddr,
    /// How many of its bits name the network.
    pub prefix: u8,
    /// The broadcast address, if it has one.
    pub broadcast: Option<IpAddr>,
    /// The name of this address; IPv4 only, mostly the interface's name.
    pub label: Option<String>,
    /// The kernel's number of its scope: 0 is global, 253 link, 254 host, 200 site.
    pub scope: u8,
    /// Whether another address of the same network came first.
    pub secondary: bool,
}

/// The way by which packets to some address leave the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The interface's index.
    pub interface: u32,
    /// The router, if the address is not on the interface's own network.
    pub gateway: Option<IpAddr>,
    /// The address they are sent from.
    pub source: Option<IpAddr>,
}

impl System {
    /// The addresses of the host's network interfaces.
    ///
    /// # Errors
    /// The kernel does not say.
    pub fn addresses(&mut self) -> Result<Vec<InterfaceAddress>> {
        self.note("addresses", "all");
        self.backend_mut()
            .addresses()
            .map_err(|error| Error::from_io("can't ask for the network addresses", error))
    }

    /// The way to an address; nothing if there is none. No packet is sent.
    ///
    /// # Errors
    /// The kernel does not say.
    pub fn route(&mut self, destination: IpAddr) -> Result<Option<Route>> {
        self.note("route", destination.to_string());
        let failed = |error| Error::from_io(&format!("can't ask for the route to {destination}"), error);
        self.backend_mut().route(destination).map_err(failed)
    }

    /// The addresses that a name stands for on this host: from its `/etc/hosts`, else from `getent`.
    ///
    /// # Errors
    /// The host's file can't be read. A name that nobody knows has no addresses.
    pub fn resolve(&mut self, name: &str, timeout: Duration) -> Result<Vec<IpAddr>> {
        if let Ok(address) = name.parse() {
            return Ok(vec![address]);
        }
        let listed: Vec<IpAddr> = self
            .hosts_file()?
            .into_iter()
            .filter(|(_, names)| names.iter().any(|known| known.eq_ignore_ascii_case(name)))
            .map(|(address, _)| address)
            .collect();
        if !listed.is_empty() {
            return Ok(listed);
        }
        let mut command = Command::new(["getent", "ahosts", name]);
        command.timeout = Some(timeout);
        let Ok(output) = self.query(&command) else { return Ok(Vec::new()) };
        let mut found: Vec<IpAddr> = Vec::new();
        for address in output.stdout().lines().filter_map(|line| line.split_whitespace().next()?.parse().ok())
        {
            if !found.contains(&address) {
                found.push(address);
            }
        }
        Ok(found)
    }

    /// The lines of the host's `/etc/hosts`: an address and its names, the proper one first.
    ///
    /// # Errors
    /// It can't be read.
    pub fn hosts_file(&mut self) -> Result<Vec<(IpAddr, Vec<String>)>> {
        let text = self.read_text_if_any(Path::new("/etc/hosts"))?.unwrap_or_default();
        let entry = |line: &str| {
            let mut words = line.split('#').next()?.split_whitespace();
            Some((words.next()?.parse().ok()?, words.map(str::to_owned).collect()))
        };
        Ok(text.lines().filter_map(entry).collect())
    }

    /// Connects to a port and gives what is said there to `enough`, first nothing, until that is enough; false if the other side
    /// has nothing more to say or does not say it in time. Nothing is sent.
    ///
    /// # Errors
    /// Nobody can be connected to.
    pub fn connect(
        &mut self,
        address: SocketAddr,
        timeout: Duration,
        enough: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<bool> {
        self.note("port", address.to_string());
        let failed = |error| Error::from_io(&format!("can't connect to {address}"), error);
        self.backend_mut().connect(address, timeout, enough).map_err(failed)
    }
}
