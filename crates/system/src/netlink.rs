//! The little of the kernel's rtnetlink(7) that tells addresses and routes.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with,
};

use crate::{InterfaceAddress, Route};

const GET_ADDRESS: u16 = 22;
const GET_ROUTE: u16 = 26;
const ERROR: u16 = 2;
const DONE: u16 = 3;
const REQUEST: u16 = 1;
const DUMP: u16 = 0x300;
const HEADER: usize = 16;

const FAMILY_IPV4: u8 = 2;
const FAMILY_IPV6: u8 = 10;

pub(crate) fn addresses() -> io::Result<Vec<InterfaceAddress>> {
    let answers = ask(GET_ADDRESS, REQUEST | DUMP, &[0; 8])?;
    Ok(answers.iter().filter_map(|answer| parse_address(answer)).collect())
}

pub(crate) fn route(destination: IpAddr) -> io::Result<Option<Route>> {
    let (family, octets) = match destination {
        IpAddr::V4(address) => (FAMILY_IPV4, address.octets().to_vec()),
        IpAddr::V6(address) => (FAMILY_IPV6, address.octets().to_vec()),
    };
    let mut request = vec![0; 12];
    request[0] = family;
    request[1] = octets.len() as u8 * 8;
    request.extend((4 + octets.len() as u16).to_ne_bytes());
    request.extend(1u16.to_ne_bytes());
    request.extend(octets);
    match ask(GET_ROUTE, REQUEST, &request) {
        Ok(answers) => Ok(answers.iter().find_map(|answer| parse_route(answer))),
        // Refused, such as `network is unreachable`: there is no way.
        Err(error) if error.raw_os_error().is_some() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Sends one request and collects the bodies of its answers.
fn ask(kind: u16, flags: u16, body: &[u8]) -> io::Result<Vec<Vec<u8>>> {
    // No protocol means the first one, which is the routing tables.
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    set_socket_timeout(&socket, Timeout::Recv, Some(Duration::from_secs(2)))?;
    rustix::net::connect(&socket, &netlink::SocketAddrNetlink::new(0, 0))?;
    let mut request = Vec::with_capacity(HEADER + body.len());
    request.extend(((HEADER + body.len()) as u32).to_ne_bytes());
    request.extend(kind.to_ne_bytes());
    request.extend(flags.to_ne_bytes());
    request.extend([0; 8]);
    request.extend(body);
    send(&socket, &request, SendFlags::empty())?;
    let mut answers = Vec::new();
    while receive(&socket, flags & DUMP != 0, &mut answers)? {}
    Ok(answers)
}

/// Takes in one packet; whether more are to come.
fn receive(socket: &OwnedFd, dump: bool, answers: &mut Vec<Vec<u8>>) -> io::Result<bool> {
    let mut buffer = vec![0; 64 * 1024];
    let (length, _) = recv(socket, buffer.as_mut_slice(), RecvFlags::empty())?;
    let mut rest = &buffer[..length];
    while rest.len() >= HEADER {
        let length = number(rest).unwrap_or(0) as usize;
        let (Some(message), kind) = (rest.get(HEADER..length), half(&rest[4..]).unwrap_or(DONE)) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        match kind {
            DONE => return Ok(false),
            ERROR => {
                let code = number(message).unwrap_or(0).cast_signed();
                return if code == 0 { Ok(false) } else { Err(io::Error::from_raw_os_error(-code)) };
            }
            _ => answers.push(message.to_vec()),
        }
        rest = rest.get(align(length)..).unwrap_or_default();
    }
    Ok(dump)
}

fn parse_address(message: &[u8]) -> Option<InterfaceAddress> {
    let (head, rest) = message.split_at_checked(8)?;
    let attributes = attributes(rest);
    let attribute = |kind: u16| attributes.iter().find(|(found, _)| *found == kind).map(|(_, value)| *value);
    // For a link between two points, the plain address is the other end's.
    let local = attribute(2).or_else(|| attribute(1)).and_then(address)?;
    Some(InterfaceAddress {
        interface: number(&head[4..])?,
        address: local,
        prefix: head[1],
        broadcast: attribute(4).and_then(address),
        label: attribute(3).map(|label| String::from_utf8_lossy(label).trim_end_matches('\0').to_owned()),
        scope: head[3],
        secondary: head[2] & 1 != 0,
    })
}

fn parse_route(message: &[u8]) -> Option<Route> {
    let attributes = attributes(message.get(12..)?);
    let attribute = |kind: u16| attributes.iter().find(|(found, _)| *found == kind).map(|(_, value)| *value);
    // A gateway of the other family is written with its family first.
    let via = || attribute(18).and_then(|via| address(via.get(2..)?));
    Some(Route {
        interface: attribute(4).and_then(number)?,
        gateway: attribute(5).and_then(address).or_else(via),
        source: attribute(7).and_then(address),
    })
}

fn attributes(mut rest: &[u8]) -> Vec<(u16, &[u8])> {
    let mut found = Vec::new();
    while let (Some(length), Some(kind)) = (half(rest), rest.get(2..).and_then(half)) {
        let Some(value) = rest.get(4..usize::from(length)) else { break };
        found.push((kind & 0x3fff, value));
        rest = rest.get(align(usize::from(length))..).unwrap_or_default();
    }
    found
}

fn align(length: usize) -> usize {
    length.next_multiple_of(4)
}

fn half(bytes: &[u8]) -> Option<u16> {
    bytes.first_chunk().map(|bytes| u16::from_ne_bytes(*bytes))
}

fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => Some(Ipv4Addr::from(*bytes.first_chunk::<4>()?).into()),
        16 => Some(Ipv6Addr::from(*bytes.first_chunk::<16>()?).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_interface_is_found() {
        let loopback = addresses()
            .unwrap()
            .into_iter()
            .find(|found| found.address == IpAddr::V4(Ipv4Addr::LOCALHOST))
            .unwrap();
        assert_eq!((loopback.prefix, loopback.scope, loopback.label.as_deref()), (8, 254, Some("lo")));
        let route = route(Ipv4Addr::LOCALHOST.into()).unwrap().unwrap();
        assert_eq!((route.interface, route.gateway), (loopback.interface, None));
    }

    #[test]
    fn garbage_is_no_address() {
        assert_eq!(parse_address(&[1, 2, 3]), None);
        assert_eq!(parse_route(&[0; 12]), None);
        assert_eq!(attributes(&[255, 255, 1, 0, 9]), []);
        assert_eq!(attributes(&[0, 0, 0, 0]), []);
    }
}
