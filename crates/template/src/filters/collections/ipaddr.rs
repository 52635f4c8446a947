//! The filters of ansible.utils over addresses of IP: what they ask of an address, and sums with addresses.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use value::Value;

use super::ip_address::{
    Interface, address, is_link_local, is_private, is_public, moved, number, reverse_name, usable,
};
use crate::arguments::{Arguments, integer, items, list, required, text, text_or};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

/// Which kind of addresses is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Any,
    V4,
    V6,
}

impl Family {
    fn has(self, address: IpAddr) -> bool {
        match self {
            Family::Any => true,
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
        }
    }
}

pub(super) fn ipaddr(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    filtered(arguments, Family::Any)
}

pub(super) fn ipv4(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    filtered(arguments, Family::V4)
}

pub(super) fn ipv6(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    filtered(arguments, Family::V6)
}

fn filtered(arguments: Arguments, family: Family) -> Outcome {
    let [value, query] = arguments.bind(["value", "query"])?;
    let query = text_or(query, "")?;
    match required(value, "value")? {
        value @ (Value::List(_) | Value::Tuple(_)) => {
            let mut out = Vec::new();
            for item in items(&value)? {
                match read(&item, family)?.map(|interface| asked(interface, &query)).transpose()?.flatten() {
                    None | Some(Value::Bool(false)) => {}
                    Some(found) => out.push(found),
                }
            }
            Ok(Value::List(Arc::new(out)))
        }
        value => match read(&value, family)? {
            None => Ok(Value::Bool(false)),
            Some(interface) => Ok(asked(interface, &query)?.unwrap_or_default()),
        },
    }
}

fn read(value: &Value, family: Family) -> Outcome<Option<Interface>> {
    let interface = match value {
        Value::Bool(_) | Value::Null => None,
        Value::Int(written) => {
            let like = if u32::try_from(*written).is_ok() { "0.0.0.0" } else { "::" };
            let like = Interface::read(like);
            let found =
                u128::try_from(*written).ok().zip(like).and_then(|(n, like)| address(n, like.address));
            found.and_then(|found| Interface::read(&found.to_string()))
        }
        value => Interface::read(&text(value)?),
    };
    Ok(interface.filter(|interface| family.has(interface.address)))
}

/// What a query tells of an address; nothing where the address is not of the kind that is asked for.
fn asked(interface: Interface, query: &str) -> Outcome<Option<Value>> {
    let Some(network) = interface.network() else { return Ok(None) };
    let Interface { address: own, prefix, .. } = interface;
    let written = if interface.is_network { format!("{own}/{prefix}") } else { own.to_string() };
    let whole = |address: IpAddr| Value::string(format!("{address}/{prefix}"));
    let bare = |address: IpAddr| Some(Value::string(address.to_string()));
    let (first, last) = usable(network);
    let is_host = interface.is_single() || !interface.is_first();
    let single = interface.is_single();
    let as_written = |holds: bool| holds.then(|| Value::string(written.clone()));
    Ok(match query {
        "" => Some(Value::string(written)),
        "address" | "ip" => bare(own).filter(|_| is_host),
        "address/prefix" | "ip/prefix" | "gateway" | "gw" | "host/prefix" | "hostnet" | "router" => {
            Some(whole(own)).filter(|_| is_host)
        }
        "host" => Some(whole(own)).filter(|_| is_host),
        "bool" => Some(Value::Bool(true)),
        "broadcast" => bare(network.broadcast()).filter(|_| !single && own.is_ipv4()),
        "first_usable" => address(first, own).and_then(bare).filter(|_| !single),
        "last_usable" => address(last, own).and_then(bare).filter(|_| !single),
        "range_usable" => address(first, own)
            .zip(address(last, own))
            .filter(|_| !single)
            .map(|(first, last)| Value::string(format!("{first}-{last}"))),
        "next_usable" => nth_usable(interface, 1)?,
        "previous_usable" => nth_usable(interface, -1)?,
        "hostmask" | "wildcard" => bare(network.hostmask()),
        "netmask" => bare(network.netmask()),
        "int" => {
            let number = Value::integer(number(own).into());
            Some(if single { number } else { Value::string(format!("{number}/{prefix}")) })
        }
        "ip_netmask" => {
            Some(Value::string(format!("{own} {}", network.netmask()))).filter(|_| is_host && !single)
        }
        "network_netmask" => Some(Value::string(format!("{} {}", network.network(), network.netmask()))),
        "ip_wildcard" => Some(Value::string(format!("{own} {}", network.hostmask()))).filter(|_| is_host),
        "network_wildcard" => Some(Value::string(format!("{} {}", network.network(), network.hostmask()))),
        "ipv4" => as_written(own.is_ipv4()),
        "ipv6" => as_written(own.is_ipv6()),
        "link-local" | "lla" => as_written(is_link_local(own)),
        "loopback" | "lo" => as_written(own.is_loopback()),
        "multicast" => as_written(own.is_multicast()),
        "private" => as_written(is_private(own)),
        "unicast" => as_written(!own.is_multicast()),
        "public" => as_written(is_public(own)),
        "net" => Some(whole(network.network())).filter(|_| !single && interface.is_first()),
        "network" | "network_id" => bare(network.network()),
        "network/prefix" | "subnet" => Some(whole(network.network())),
        "prefix" => Some(Value::Int(prefix.into())),
        "revdns" => Some(Value::string(reverse_name(own))),
        "size" => {
            let hosts = u32::from(interface.bits() - prefix);
            Some(Value::integer(num_bigint::BigInt::from(1) << hosts))
        }
        "type" => Some(Value::from(if is_host { "address" } else { "network" })),
        "version" => Some(Value::Int(if own.is_ipv4() { 4 } else { 6 })),
        "wrap" => Some(Value::string(wrapped(&written))),
        query => match (query.parse::<i128>(), Interface::read(query).and_then(Interface::network)) {
            (Ok(place), _) => nth(network, place).map(whole),
            (_, Some(wanted)) => as_written(wanted.contains(&own)),
            _ => return Err(Stop::new(format!("unknown filter type: {query}"))),
        },
    })
}

/// The nth address of a network, from its end if the number is negative.
fn nth(network: IpNet, place: i128) -> Option<IpAddr> {
    let from = if place < 0 { network.broadcast() } else { network.network() };
    let found = moved(from, if place < 0 { place + 1 } else { place })?;
    network.contains(&found).then_some(found)
}

/// The address so many places on, as long as a host can have it.
fn nth_usable(interface: Interface, by: i128) -> Outcome<Option<Value>> {
    let Some(network) = interface.network() else { return Ok(None) };
    let (first, last) = usable(network);
    let found = moved(interface.address, by).filter(|found| (first..=last).contains(&number(*found)));
    Ok(found.map(|found| Value::string(found.to_string())))
}

/// An address of version 6 in brackets; everything else as it is.
fn wrapped(written: &str) -> String {
    match Interface::read(written) {
        Some(interface) if interface.address.is_ipv6() => match written.split_once('/') {
            Some((_, prefix)) => format!("[{}]/{prefix}", interface.address),
            None => format!("[{}]", interface.address),
        },
        _ => written.to_owned(),
    }
}

pub(super) fn ipwrap(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, _query] = arguments.bind(["value", "query"])?;
    let one = |value: &Value| {
        Ok(match value {
            Value::String(text) => Value::string(wrapped(text)),
            other => other.clone(),
        })
    };
    match required(value, "value")? {
        Value::List(items) => Ok(Value::List(Arc::new(items.iter().map(one).collect::<Outcome<Vec<_>>>()?))),
        value => one(&value),
    }
}

/// An address that has to be one.
fn needed(value: &Value) -> Outcome<Interface> {
    let written = text(value)?;
    Interface::read(&written)
        .ok_or_else(|| Stop::new(format!("You must pass a valid IP address; {written} is invalid")))
}

fn network_of(value: Option<Value>, name: &str) -> Outcome<IpNet> {
    let value = required(value, name)?;
    needed(&value)?.network().ok_or_else(|| Stop::new("this is no network"))
}

pub(super) fn ipmath(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, amount] = arguments.bind(["value", "amount"])?;
    let interface = needed(&required(value, "value")?)?;
    let amount = integer(&required(amount, "amount")?, "the amount")?;
    let found = moved(interface.address, amount.into())
        .ok_or_else(|| Stop::new("there is no such address: it is too low or too high"))?;
    Ok(Value::string(found.to_string()))
}

pub(super) fn nthhost(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, place] = arguments.bind(["value", "query"])?;
    let network = network_of(value, "value")?;
    let place = integer(&required(place, "query")?, "the place")?;
    Ok(nth(network, place.into()).map_or(Value::Bool(false), |found| Value::string(found.to_string())))
}

fn nth_usable_of(arguments: Arguments, sign: i128) -> Outcome {
    let [value, offset] = arguments.bind(["value", "offset"])?;
    let offset = integer(&required(offset, "offset")?, "the offset")?;
    let interface = needed(&required(value, "value")?)?;
    Ok(nth_usable(interface, sign * i128::from(offset))?.unwrap_or_default())
}

pub(super) fn next_nth_usable(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    nth_usable_of(arguments, 1)
}

pub(super) fn previous_nth_usable(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    nth_usable_of(arguments, -1)
}

pub(super) fn network_in_usable(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, test] = arguments.bind(["value", "test"])?;
    let (network, test) = (network_of(value, "value")?, network_of(test, "test")?);
    let (first, last) = usable(network);
    let range = first..=last;
    Ok(Value::Bool(range.contains(&number(test.network())) && range.contains(&number(test.broadcast()))))
}

pub(super) fn network_in_network(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, test] = arguments.bind(["value", "test"])?;
    Ok(Value::Bool(network_of(value, "value")?.contains(&network_of(test, "test")?)))
}

pub(super) fn reduce_on_network(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, network] = arguments.bind(["value", "network"])?;
    let network = network_of(network, "network")?;
    let mut kept = Vec::new();
    for item in list(&required(value, "value")?, "the addresses")? {
        if needed(item)?.network().is_some_and(|found| network.contains(&found)) {
            kept.push(item.clone());
        }
    }
    Ok(Value::List(Arc::new(kept)))
}

pub(super) fn cidr_merge(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, action] = arguments.bind(["value", "action"])?;
    let mut networks = Vec::new();
    for item in list(&required(value, "value")?, "the networks")? {
        networks.extend(needed(item)?.network());
    }
    match text_or(action, "merge")?.as_str() {
        "merge" => {
            let merged = IpNet::aggregate(&networks);
            Ok(Value::list(merged.iter().map(|network| Value::string(network.to_string()))))
        }
        "span" => {
            let Some(mut all) = networks.first().copied() else { return Ok(Value::Null) };
            while !networks.iter().all(|network| all.contains(network)) {
                all = all.supernet().ok_or_else(|| Stop::new("no network has all of these addresses"))?;
            }
            Ok(Value::string(all.to_string()))
        }
        other => Err(Stop::new(format!("invalid action '{other}': there are merge and span"))),
    }
}

pub(super) fn ipsubnet(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, size, index] = arguments.bind(["value", "query", "index"])?;
    let value = required(value, "value")?;
    let Some(interface) = Interface::read(&text(&value)?) else { return Ok(Value::Bool(false)) };
    let Some(network) = interface.network() else { return Ok(Value::Bool(false)) };
    let Some(size) = size.filter(|size| size.as_str() != Some("")) else {
        return Ok(Value::string(network.to_string()));
    };
    let wanted = integer(&size, "the size")?;
    let invalid = || Stop::new(format!("Requested subnet size of {wanted} is invalid"));
    let wanted = u8::try_from(wanted).map_err(|_| invalid())?;
    // Of one address, the network around it is meant; of a network, those in it.
    if interface.is_single() {
        let around = IpNet::new(interface.address, wanted).map_err(|_| invalid())?;
        return Ok(Value::string(around.trunc().to_string()));
    }
    if wanted < interface.prefix || wanted > interface.bits() {
        return Err(invalid());
    }
    let count = 1u128.checked_shl(u32::from(wanted - interface.prefix)).unwrap_or(u128::MAX);
    let Some(index) = index.filter(|index| !index.is_null()) else {
        return Ok(Value::string(count.to_string()));
    };
    let index = i128::from(integer(&index, "the index")?);
    let place = if index < 0 { count.checked_sub(index.unsigned_abs()) } else { u128::try_from(index).ok() };
    let found = place.filter(|place| *place < count).and_then(|place| {
        let step = place.checked_shl(u32::from(interface.bits() - wanted))?;
        address(number(network.network()).checked_add(step)?, interface.address)
    });
    Ok(found.map_or(Value::Bool(false), |found| Value::string(format!("{found}/{wanted}"))))
}
