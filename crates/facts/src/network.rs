use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use indexmap::IndexMap;
use system::InterfaceAddress;
use value::Value;

use crate::facts::Facts;
use crate::reader::Reader;

/// Addresses far away; the way to them is the default way. Nothing is sent there.
const FAR_IPV4: Ipv4Addr = Ipv4Addr::new(8, 8, 8, 8);
const FAR_IPV6: Ipv6Addr = Ipv6Addr::new(0x2404, 0x6800, 0x400a, 0x800, 0, 0, 0, 0x1012);

/// Network interfaces, their addresses, and the way to everywhere else.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let addresses = reader.host.addresses().unwrap_or_default();
    let mut interfaces: IndexMap<String, Facts> = IndexMap::new();
    let mut numbers: BTreeMap<u32, String> = BTreeMap::new();
    for name in reader.names("/sys/class/net").into_iter().filter(|name| name != "bonding_masters") {
        if let Some(number) = reader.number(format!("/sys/class/net/{name}/ifindex")) {
            numbers.insert(number, name.clone());
        }
        let facts = interface(reader, &name);
        interfaces.insert(name, facts);
    }
    let default_ipv4 = default_route(reader, FAR_IPV4.into(), &numbers, &interfaces, &addresses);
    let default_ipv6 = default_route(reader, FAR_IPV6.into(), &numbers, &interfaces, &addresses);
    for (number, name) in &numbers {
        let own: Vec<&InterfaceAddress> =
            addresses.iter().filter(|found| found.interface == *number).collect();
        add_addresses(&mut interfaces, name, &own);
    }
    let all = |wanted: fn(&IpAddr) -> bool| -> Vec<String> {
        let found = addresses.iter().map(|found| found.address).filter(wanted);
        found.map(|address| address.to_string()).collect()
    };
    let mut facts = Facts::new()
        .with("interfaces", interfaces.keys().map(|name| name.replace(':', "_")).collect::<Vec<_>>())
        .with("default_ipv4", default_ipv4)
        .with("default_ipv6", default_ipv6)
        .with("all_ipv4_addresses", all(|address| address.is_ipv4() && !address.is_loopback()))
        .with("all_ipv6_addresses", all(|address| address.is_ipv6() && !address.is_loopback()))
        .with("locally_reachable_ips", locally_reachable(reader));
    for (name, interface) in interfaces {
        facts.set(&name, interface);
    }
    facts
}

/// What the kernel tells of an interface, without its addresses.
fn interface(reader: &mut Reader, name: &str) -> Facts {
    let folder = format!("/sys/class/net/{name}");
    let mut text = |file: &str| reader.text(format!("{folder}/{file}"));
    let mut facts = Facts::new()
        .with("device", name)
        .with_some("macaddress", text("address").filter(|address| address != "00:00:00:00:00:00"))
        .with_some("mtu", text("mtu").and_then(|mtu| mtu.parse::<i64>().ok()))
        .with_some("active", text("operstate").map(|state| state != "down"))
        .with_some("speed", text("speed").and_then(|speed| speed.parse::<i64>().ok()))
        .with_some("type", text("type").map(|kind| kind_name(&kind)))
        .with_some("perm_macaddress", text("bonding_slave/perm_hwaddr"));
    let flags = text("flags").and_then(|flags| u32::from_str_radix(flags.trim_start_matches("0x"), 16).ok());
    facts.set_some("promisc", flags.map(|flags| flags & 0x100 != 0));
    if reader.exists(format!("{folder}/bridge")) {
        bridge(reader, &folder, &mut facts);
    }
    if reader.exists(format!("{folder}/bonding")) {
        bond(reader, &folder, &mut facts);
    }
    facts
        .with_some("module", reader.link_name(format!("{folder}/device/driver/module")))
        .with_some("pciid", reader.link_name(format!("{folder}/device")))
}

/// The kernel's numbers of kinds of interfaces are those of ARP.
fn kind_name(number: &str) -> &'static str {
    match number {
        "1" => "ether",
        "32" => "infiniband",
        "512" => "ppp",
        "772" => "loopback",
        "65534" => "tunnel",
        _ => "unknown",
    }
}

fn bridge(reader: &mut Reader, folder: &str, facts: &mut Facts) {
    facts.set("type", "bridge");
    facts.set("interfaces", reader.names(format!("{folder}/brif")));
    facts.set_some("id", reader.text(format!("{folder}/bridge/bridge_id")));
    facts.set_some("stp", reader.text(format!("{folder}/bridge/stp_state")).map(|state| state == "1"));
}

fn bond(reader: &mut Reader, folder: &str, facts: &mut Facts) {
    let mut text = |file: &str| reader.text(format!("{folder}/bonding/{file}")).unwrap_or_default();
    facts.set("type", "bonding");
    facts.set("slaves", text("slaves").split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    for name in ["mode", "miimon", "lacp_rate"] {
        facts.set(name, text(name).split_whitespace().next().unwrap_or_default());
    }
    let primary = text("primary");
    if !primary.is_empty() {
        facts.set("primary", primary);
        facts.set("all_slaves_active", text("all_slaves_active") == "1");
    }
}

/// An IPv4 address with what follows from its prefix.
fn ipv4(found: &InterfaceAddress) -> Facts {
    let mut facts = Facts::new().with("address", found.address.to_string());
    facts.set("broadcast", found.broadcast.map(|address| address.to_string()).unwrap_or_default());
    if let IpAddr::V4(address) = found.address {
        let mask = u32::MAX.checked_shl(32 - u32::from(found.prefix.min(32))).unwrap_or(0);
        facts.set("netmask", Ipv4Addr::from_bits(mask).to_string());
        facts.set("network", Ipv4Addr::from_bits(address.to_bits() & mask).to_string());
    }
    facts.with("prefix", found.prefix.to_string())
}

fn scope(found: &InterfaceAddress) -> String {
    match found.scope {
        0 => "global".into(),
        200 => "site".into(),
        253 => "link".into(),
        254 => "host".into(),
        number => number.to_string(),
    }
}

/// The first IPv4 address is the interface's own, unless it has a name of its own: that is then shown as an interface.
fn add_addresses(interfaces: &mut IndexMap<String, Facts>, name: &str, addresses: &[&InterfaceAddress]) {
    let mut first: Vec<(String, Facts)> = Vec::new();
    let mut others: IndexMap<String, Vec<Value>> = IndexMap::new();
    for found in addresses.iter().filter(|found| found.address.is_ipv4()) {
        let label = found.label.as_deref().filter(|label| !label.is_empty()).unwrap_or(name);
        if !found.secondary && first.iter().all(|(known, _)| known != label) {
            first.push((label.to_owned(), ipv4(found)));
            continue;
        }
        others.entry(label.to_owned()).or_default().push(ipv4(found).into());
        if found.secondary && label != name {
            others.entry(name.to_owned()).or_default().push(ipv4(found).into());
        }
    }
    for (label, address) in first {
        interfaces.entry(label).or_default().set("ipv4", address);
    }
    for (label, addresses) in others {
        interfaces.entry(label).or_default().set("ipv4_secondaries", addresses);
    }
    let ipv6 = addresses.iter().filter(|found| found.address.is_ipv6());
    let ipv6: Vec<Facts> = ipv6
        .map(|found| {
            Facts::new()
                .with("address", found.address.to_string())
                .with("prefix", found.prefix.to_string())
                .with("scope", scope(found))
        })
        .collect();
    if !ipv6.is_empty() {
        interfaces.entry(name.to_owned()).or_default().set("ipv6", ipv6);
    }
}

fn default_route(
    reader: &mut Reader,
    destination: IpAddr,
    numbers: &BTreeMap<u32, String>,
    interfaces: &IndexMap<String, Facts>,
    addresses: &[InterfaceAddress],
) -> Facts {
    let Ok(Some(route)) = reader.host.route(destination) else { return Facts::new() };
    let Some(name) = numbers.get(&route.interface) else { return Facts::new() };
    let mut facts = Facts::new()
        .with("interface", name.as_str())
        .with_some("address", route.source.map(|address| address.to_string()))
        .with_some("gateway", route.gateway.map(|address| address.to_string()));
    let own = addresses.iter().find(|found| Some(found.address) == route.source);
    let (Some(own), Some(interface)) = (own, interfaces.get(name)) else { return facts };
    if own.address.is_ipv4() {
        facts.extend(ipv4(own));
        facts.set("alias", own.label.as_deref().unwrap_or(name));
    } else {
        facts.set("prefix", own.prefix.to_string());
        facts.set("scope", scope(own));
    }
    facts.set("macaddress", interface.get("macaddress").cloned().unwrap_or_else(|| "".into()));
    facts.set_some("mtu", interface.get("mtu").cloned());
    facts.with("type", interface.get("type").cloned().unwrap_or_else(|| "unknown".into()))
}

/// Addresses and networks that never leave the host, by the kernel's routes.
fn locally_reachable(reader: &mut Reader) -> Facts {
    let mut ipv4: Vec<String> = Vec::new();
    let mut address = String::new();
    for line in reader.lines("/proc/net/fib_trie") {
        let line = line.trim();
        if let Some(found) = line.strip_prefix("|-- ") {
            found.clone_into(&mut address);
        } else if let Some(prefix) = line.strip_prefix('/').and_then(|rest| rest.strip_suffix(" host LOCAL"))
        {
            let found = if prefix == "32" { address.clone() } else { format!("{address}/{prefix}") };
            if !ipv4.contains(&found) {
                ipv4.push(found);
            }
        }
    }
    let mut ipv6: Vec<String> = Vec::new();
    for line in reader.lines("/proc/net/ipv6_route") {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [destination, prefix, .., flags, _] = fields.as_slice() else { continue };
        let local = u32::from_str_radix(flags, 16).is_ok_and(|flags| flags & 0x8000_0000 != 0);
        if let (true, Ok(bits)) = (local, u128::from_str_radix(destination, 16)) {
            let address = Ipv6Addr::from_bits(bits).to_string();
            let found = match u8::from_str_radix(prefix, 16) {
                Ok(128) | Err(_) => address,
                Ok(prefix) => format!("{address}/{prefix}"),
            };
            if !ipv6.contains(&found) {
                ipv6.push(found);
            }
        }
    }
    Facts::new().with("ipv4", ipv4).with("ipv6", ipv6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::tests::with_reader;
    use system::{MemoryBackend, Route};
    use value::JsonStyle;

    fn address(text: &str, prefix: u8, label: Option<&str>, secondary: bool) -> InterfaceAddress {
        let address: IpAddr = text.parse().unwrap();
        let broadcast = address.is_ipv4().then(|| "192.0.2.255".parse().unwrap());
        InterfaceAddress {
            interface: 2,
            address,
            prefix,
            broadcast,
            label: label.map(Into::into),
            scope: 0,
            secondary,
        }
    }

    #[test]
    fn interfaces_have_addresses() {
        let backend = MemoryBackend::new();
        for (file, text) in [
            ("ifindex", "2"),
            ("mtu", "1500"),
            ("type", "1"),
            ("flags", "0x1103"),
            ("address", "02:00:00:00:00:01"),
        ] {
            backend.add_file(&format!("/sys/class/net/eth-0/{file}"), text);
        }
        let addresses = vec![
            address("192.0.2.10", 24, Some("eth-0"), false),
            address("192.0.2.11", 24, Some("eth-0:1"), true),
            address("2001:db8::1", 64, None, false),
        ];
        let route =
            Route { interface: 2, gateway: "192.0.2.1".parse().ok(), source: "192.0.2.10".parse().ok() };
        backend.set_network(addresses, Some(route));
        let facts = with_reader(backend, gather);
        let json = |name: &str| facts.get(name).unwrap().to_json(JsonStyle::LINE);
        assert_eq!(
            json("eth-0"),
            r#"{"device": "eth-0", "ipv4": {"address": "192.0.2.10", "broadcast": "192.0.2.255", "netmask": "255.255.255.0", "network": "192.0.2.0", "prefix": "24"}, "ipv4_secondaries": [{"address": "192.0.2.11", "broadcast": "192.0.2.255", "netmask": "255.255.255.0", "network": "192.0.2.0", "prefix": "24"}], "ipv6": [{"address": "2001:db8::1", "prefix": "64", "scope": "global"}], "macaddress": "02:00:00:00:00:01", "mtu": 1500, "promisc": true, "type": "ether"}"#
        );
        assert_eq!(
            json("default_ipv4"),
            r#"{"address": "192.0.2.10", "alias": "eth-0", "broadcast": "192.0.2.255", "gateway": "192.0.2.1", "interface": "eth-0", "macaddress": "02:00:00:00:00:01", "mtu": 1500, "netmask": "255.255.255.0", "network": "192.0.2.0", "prefix": "24", "type": "ether"}"#
        );
        assert_eq!(json("default_ipv6"), "{}");
        assert_eq!(json("all_ipv4_addresses"), r#"["192.0.2.10", "192.0.2.11"]"#);
        assert_eq!(json("interfaces"), r#"["eth-0", "eth-0_1"]"#);
    }

    #[test]
    fn local_routes_are_listed_once() {
        let backend = MemoryBackend::new();
        let trie = "     +-- 127.0.0.0/8 2 0 2\n        |-- 127.0.0.0\n           /8 host LOCAL\n        |-- 127.0.0.1\n           /32 host LOCAL\n        |-- 127.255.255.255\n           /32 link BROADCAST\n";
        backend.add_file("/proc/net/fib_trie", &format!("Main:\n{trie}Local:\n{trie}"));
        let zero = "00000000000000000000000000000000";
        let local = "00000000000000000000000000000001";
        backend.add_file(
            "/proc/net/ipv6_route",
            &format!("{zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200 lo\n{local} 80 {zero} 00 {zero} 00000000 00000004 00000000 80200001 lo\n"),
        );
        let facts = with_reader(backend, locally_reachable);
        assert_eq!(
            Value::from(facts).to_json(JsonStyle::LINE),
            r#"{"ipv4": ["127.0.0.0/8", "127.0.0.1"], "ipv6": ["::1"]}"#
        );
    }
}
