use std::collections::BTreeMap;

use value::{Map, Value};

use crate::facts::Facts;
use crate::reader::Reader;

/// The kinds of links to block devices, and where they are.
const LINKS: [(&str, &str); 3] =
    [("ids", "/dev/disk/by-id"), ("uuids", "/dev/disk/by-uuid"), ("labels", "/dev/disk/by-label")];

/// Names of each kind by device.
type Links = BTreeMap<&'static str, BTreeMap<String, Vec<String>>>;

/// Block devices and their partitions.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let names = reader.names("/sys/block");
    let links = links(reader, &names);
    let devices: Map =
        names.iter().map(|name| (name.as_str().into(), device(reader, name, &links).into())).collect();
    let named = links.iter().map(|(kind, devices)| {
        let devices =
            devices.iter().map(|(device, names)| (device.as_str(), Value::list(names.iter().cloned())));
        (*kind, Value::map(devices))
    });
    Facts::new().with("devices", devices).with("device_links", Value::map(named))
}

fn links(reader: &mut Reader, devices: &[String]) -> Links {
    let mut links = Links::from([("masters", BTreeMap::new())]);
    for (kind, folder) in LINKS {
        let by_device = links.entry(kind).or_default();
        for name in reader.names(folder) {
            if let Some(device) = reader.link_name(format!("{folder}/{name}")) {
                by_device.entry(device).or_default().push(name);
            }
        }
    }
    for master in devices {
        for slave in reader.names(format!("/sys/block/{master}/slaves")) {
            links.entry("masters").or_default().entry(slave).or_default().push(master.clone());
        }
    }
    links
}

fn links_of(links: &Links, device: &str) -> Value {
    let of = |devices: &BTreeMap<String, Vec<String>>| devices.get(device).cloned().unwrap_or_default();
    Value::map(links.iter().map(|(kind, devices)| (*kind, Value::from(of(devices)))))
}

fn device(reader: &mut Reader, name: &str, links: &Links) -> Facts {
    let folder = format!("/sys/block/{name}");
    let mut text = |file: &str| reader.text(format!("{folder}/{file}"));
    let mut facts = Facts::new()
        .with("virtual", 1)
        .with("links", links_of(links, name))
        .with("vendor", text("device/vendor"))
        .with("model", text("device/model"))
        .with("sas_address", text("device/sas_address"))
        .with("sas_device_handle", text("device/sas_device_handle"))
        .with_some("serial", text("device/serial"))
        .with("removable", text("removable"))
        .with("rotational", text("queue/rotational"))
        .with("host", "");
    let discards = text("queue/discard_max_hw_bytes").is_none_or(|most| most != "0");
    facts.set("support_discard", if discards { text("queue/discard_granularity") } else { Some("0".into()) });
    let scheduler = text("queue/scheduler").unwrap_or_default();
    let chosen = scheduler.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
    facts.set("scheduler_mode", chosen.map_or("", |(chosen, _)| chosen));
    let ids = links.get("ids").and_then(|devices| devices.get(name));
    facts.set_some("wwn", ids.and_then(|ids| ids.iter().find_map(|id| id.strip_prefix("wwn-"))));
    sizes(reader, &folder, &folder, &mut facts);
    facts.set("holders", holders(reader, &folder));
    let partitions: Vec<String> =
        reader.names(&folder).into_iter().filter(|found| is_partition(found, name)).collect();
    let partitions: Map = partitions
        .iter()
        .map(|found| (found.as_str().into(), partition(reader, &folder, found, links).into()))
        .collect();
    facts.with("partitions", partitions)
}

fn is_partition(found: &str, device: &str) -> bool {
    let number = found.strip_prefix(device).map(|rest| rest.strip_prefix('p').unwrap_or(rest));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn partition(reader: &mut Reader, device: &str, name: &str, links: &Links) -> Facts {
    let folder = format!("{device}/{name}");
    let uuid = links.get("uuids").and_then(|devices| devices.get(name)?.first()).cloned();
    let mut facts = Facts::new()
        .with("links", links_of(links, name))
        .with("start", reader.text(format!("{folder}/start")).unwrap_or_else(|| "0".into()))
        .with("uuid", uuid);
    // The kernel tells the sector size of the whole device only.
    sizes(reader, &folder, device, &mut facts);
    facts.with("holders", holders(reader, &folder))
}

/// The kernel counts in sectors of 512 bytes, whatever the device does.
fn sizes(reader: &mut Reader, folder: &str, device: &str, facts: &mut Facts) {
    let own = if folder == device { reader.text(format!("{device}/queue/logical_block_size")) } else { None };
    let sector: u64 =
        own.as_deref().and_then(|own| own.parse().ok()).filter(|sector| *sector > 0).unwrap_or(512);
    let bytes = reader.number::<u64>(format!("{folder}/size")).unwrap_or(0).saturating_mul(512);
    facts.set(
        "sectorsize",
        if folder == device { Value::from(sector.to_string()) } else { Value::from(sector) },
    );
    facts.set("sectors", bytes / sector);
    facts.set("size", human_size(bytes / sector * sector));
}

/// `256.00 GB`, the units being powers of 1024.
fn human_size(bytes: u64) -> String {
    for (power, unit) in ["YB", "ZB", "EB", "PB", "TB", "GB", "MB", "KB"].iter().enumerate() {
        let limit = 1024f64.powi(8 - power as i32);
        if bytes as f64 >= limit {
            return format!("{:.2} {unit}", bytes as f64 / limit);
        }
    }
    format!("{bytes}.00 Bytes")
}

fn holders(reader: &mut Reader, folder: &str) -> Vec<String> {
    let names = reader.names(format!("{folder}/holders"));
    let mapped = names.into_iter().filter(|name| name.starts_with("dm-"));
    mapped.map(|name| reader.text(format!("{folder}/holders/{name}/dm/name")).unwrap_or(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::tests::with_reader;
    use system::MemoryBackend;

    #[test]
    fn devices_have_partitions_and_names() {
        let backend = MemoryBackend::new();
        for (path, text) in [
            ("size", "2097152"),
            ("queue/logical_block_size", "4096"),
            ("queue/scheduler", "none [mq-deadline]"),
            ("sda1/size", "1048576"),
            ("sda1/start", "2048"),
            ("device/model", "Disk\n"),
            ("queue/rotational", "0"),
        ] {
            backend.add_file(&format!("/sys/block/sda/{path}"), text);
        }
        backend.add_link("/dev/disk/by-uuid", "/nowhere");
        backend.add_directory("/dev/disk/by-id");
        backend.add_link("/dev/disk/by-id/wwn-0x1", "../../sda");
        let facts = with_reader(backend, gather);
        let device = facts.get("devices").and_then(|devices| devices.get("sda")).unwrap();
        for (key, value) in [
            ("size", Value::from("1.00 GB")),
            ("sectors", Value::from(262_144)),
            ("sectorsize", Value::from("4096")),
            ("scheduler_mode", Value::from("mq-deadline")),
            ("model", Value::from("Disk")),
            ("wwn", Value::from("0x1")),
        ] {
            assert_eq!(device.get(key), Some(&value), "{key}");
        }
        let partition = device.get("partitions").and_then(|partitions| partitions.get("sda1")).unwrap();
        assert_eq!(partition.get("size"), Some(&Value::from("512.00 MB")));
        assert_eq!(partition.get("start"), Some(&Value::from("2048")));
    }
}
