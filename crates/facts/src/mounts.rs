use std::collections::BTreeSet;
use std::path::Path;

use system::FileSystem;
use value::Value;

use crate::facts::Facts;
use crate::reader::Reader;

/// Mounted file systems that are on a device or another host.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let bound = bind_mounts(reader);
    let mut uuids = Vec::new();
    for uuid in reader.names("/dev/disk/by-uuid") {
        if let Some(device) = reader.link_name(format!("/dev/disk/by-uuid/{uuid}")) {
            uuids.push((device, uuid));
        }
    }
    let lines = match reader.lines("/etc/mtab") {
        lines if lines.is_empty() => reader.lines("/proc/mounts"),
        lines => lines,
    };
    let mut mounts: Vec<(String, Facts)> = Vec::new();
    for line in lines {
        let fields: Vec<String> = line.split_whitespace().map(unescape).collect();
        let [device, mount, kind, options, rest @ ..] = fields.as_slice() else { continue };
        if !(device.starts_with('/') || device.contains(":/")) || kind == "none" {
            continue;
        }
        let number = |index: usize| rest.get(index).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
        let options = match bound.contains(mount) && !options.contains("bind") {
            true => format!("{options},bind"),
            false => options.clone(),
        };
        let mut facts = Facts::new()
            .with("mount", mount.as_str())
            .with("device", device.as_str())
            .with("fstype", kind.as_str())
            .with("options", options)
            .with("dump", number(0))
            .with("passno", number(1))
            .with("uuid", uuid(reader, device, &uuids));
        match reader.host.file_system(Path::new(mount), reader.timeout) {
            Ok(found) => facts.extend(sizes(&found)),
            Err(error) => facts.set("note", format!("Could not get extra information: {error}")),
        }
        // What is mounted last at a place hides the others.
        mounts.retain(|(known, _)| known != mount);
        mounts.push((mount.clone(), facts));
    }
    Facts::new().with("mounts", mounts.into_iter().map(|(_, facts)| Value::from(facts)).collect::<Vec<_>>())
}

fn sizes(found: &FileSystem) -> Facts {
    Facts::new()
        .with("size_total", found.fragment_size.saturating_mul(found.blocks))
        .with("size_available", found.fragment_size.saturating_mul(found.available_blocks))
        .with("block_size", found.block_size)
        .with("block_total", found.blocks)
        .with("block_available", found.available_blocks)
        .with("block_used", found.blocks.saturating_sub(found.available_blocks))
        .with("inode_total", found.inodes)
        .with("inode_available", found.available_inodes)
        .with("inode_used", found.inodes.saturating_sub(found.available_inodes))
}

fn uuid(reader: &mut Reader, device: &str, uuids: &[(String, String)]) -> String {
    // A volume's device is a link to the kernel's name for it.
    let name =
        reader.link_name(device).or_else(|| device.rsplit('/').next().map(str::to_owned)).unwrap_or_default();
    uuids.iter().find(|(found, _)| *found == name).map_or_else(|| "N/A".into(), |(_, uuid)| uuid.clone())
}

/// Where not the root of a file system is mounted, but a directory of it.
fn bind_mounts(reader: &mut Reader) -> BTreeSet<String> {
    let mounted = reader.lines("/proc/self/mountinfo").into_iter().filter_map(|line| {
        let mut fields = line.split_whitespace().skip(3);
        let (root, mount) = (fields.next()?, fields.next()?);
        (root != "/").then(|| unescape(mount))
    });
    mounted.collect()
}

/// The kernel writes blanks and the like as `\040`.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let digits = after.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()).filter(|_| *byte == b'\\') {
            Some(escaped) => {
                bytes.push(escaped);
                rest = &after[3..];
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::tests::with_reader;
    use system::MemoryBackend;
    use value::JsonStyle;

    #[test]
    fn mounts_have_sizes() {
        let backend = MemoryBackend::new();
        backend.add_file(
            "/proc/mounts",
            "/dev/sda1 /srv/a\\040b ext4 rw 0 1\nproc /proc proc rw 0 0\nnas:/x /gone nfs rw 0 0\n",
        );
        backend.add_file("/proc/self/mountinfo", "1 0 8:1 /sub /srv/a\\040b rw - ext4 /dev/sda1 rw\n");
        backend.add_directory("/srv/a b");
        backend.add_directory("/dev/disk/by-uuid");
        backend.add_link("/dev/disk/by-uuid/12-34", "../../sda1");
        let facts = with_reader(backend, gather);
        let mounts = facts.get("mounts").and_then(Value::as_list).unwrap();
        let expected = concat!(
            r#"{"block_available": 400, "block_size": 4096, "block_total": 1000, "block_used": 600, "device": "/dev/sda1", "#,
            r#""dump": 0, "fstype": "ext4", "inode_available": 60, "inode_total": 100, "inode_used": 40, "mount": "/srv/a b", "#,
            r#""options": "rw,bind", "passno": 1, "size_available": 1638400, "size_total": 4096000, "uuid": "12-34"}"#
        );
        assert_eq!(mounts[0].to_json(JsonStyle::LINE), expected);
        assert_eq!(mounts.len(), 2);
        assert!(mounts[1].get("note").is_some());
    }
}
