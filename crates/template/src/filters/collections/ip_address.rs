//! Addresses and networks of IP, as netaddr reads and writes them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// An address with the length of its network's prefix; a bare address is a network of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) address: IpAddr,
    pub(super) prefix: u8,
    /// Whether the prefix was written.
    pub(super) is_network: bool,
}

impl Interface {
    /// Reads `ADDRESS`, `ADDRESS/PREFIX` or `ADDRESS/NETMASK`.
    pub(super) fn read(text: &str) -> Option<Interface> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let length = match prefix {
            None => longest,
            Some(prefix) => match prefix.parse::<u8>() {
                Ok(length) => length,
                Err(_) => ipnet::ip_mask_to_prefix(prefix.parse().ok()?).ok()?,
            },
        };
        (length <= longest).then_some(Interface { address, prefix: length, is_network: prefix.is_some() })
    }

    /// The network; its own address is the first one.
    pub(super) fn network(self) -> Option<IpNet> {
        Some(IpNet::new(self.address, self.prefix).ok()?.trunc())
    }

    /// How many bits an address has.
    pub(super) fn bits(self) -> u8 {
        if self.address.is_ipv4() { 32 } else { 128 }
    }

    /// Whether it stands for one address only.
    pub(super) fn is_single(self) -> bool {
        self.prefix == self.bits()
    }

    /// Whether the address is the network's own.
    pub(super) fn is_first(self) -> bool {
        self.network().is_some_and(|network| network.addr() == self.address)
    }
}

/// The number that an address is.
pub(super) fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// The address of a number, of the kind of another address.
pub(super) fn address(number: u128, like: IpAddr) -> Option<IpAddr> {
    match like {
        IpAddr::V4(_) => Some(Ipv4Addr::from(u32::try_from(number).ok()?).into()),
        IpAddr::V6(_) => Some(Ipv6Addr::from(number).into()),
    }
}

/// The address so many places on, within its kind.
pub(super) fn moved(from: IpAddr, by: i128) -> Option<IpAddr> {
    let number = number(from);
    let moved =
        if by >= 0 { number.checked_add(by.unsigned_abs()) } else { number.checked_sub(by.unsigned_abs()) };
    address(moved?, from)
}

/// The addresses of a network that hosts can have.
pub(super) fn usable(network: IpNet) -> (u128, u128) {
    let (first, last) = (number(network.network()), number(network.broadcast()));
    match network {
        IpNet::V4(network) if network.prefix_len() < 31 => (first + 1, last - 1),
        IpNet::V4(_) => (first, last),
        IpNet::V6(network) if network.prefix_len() < 127 => (first + 1, last),
        IpNet::V6(_) => (first, last),
    }
}

/// The name under which an address is looked up in reverse.
pub(super) fn reverse_name(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa.")
        }
        IpAddr::V6(address) => {
            let digits = format!("{:032x}", u128::from(address));
            let reversed: Vec<String> = digits.chars().rev().map(String::from).collect();
            format!("{}.ip6.arpa.", reversed.join("."))
        }
    }
}

/// Whether an address is for use inside a site only.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private(),
        IpAddr::V6(address) => address.is_unique_local(),
    }
}

/// Whether an address is for one link only.
pub(super) fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

/// Whether an address is one of the public internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    let is_special = match address {
        IpAddr::V4(address) => {
            address.is_documentation() || address.is_broadcast() || address.octets().first() >= Some(&240)
        }
        IpAddr::V6(_) => false,
    };
    !(is_special
        || is_private(address)
        || is_link_local(address)
        || address.is_loopback()
        || address.is_multicast()
        || address.is_unspecified())
}
