use value::{Map, Value};

use crate::facts::Facts;
use crate::reader::Reader;

const OPTIONS: [&str; 6] = ["--noheadings", "--nosuffix", "--units", "g", "--separator", ","];

/// Volume groups, logical and physical volumes. Only root may ask, and only where there are any, for asking is slow.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    if !reader.has_program("vgs") {
        return Facts::new().with("lvm", "N/A");
    }
    if reader.host.identity().uid != 0 {
        return Facts::new().with("lvm", "N/A");
    }
    let used = !reader.names("/etc/lvm/backup").is_empty() || has_volumes(reader);
    let mut ask = |program: &str| -> Vec<Vec<String>> {
        if !used {
            return Vec::new();
        }
        let argv: Vec<&str> = std::iter::once(program).chain(OPTIONS).collect();
        let answer = reader.ask(&argv).unwrap_or_default();
        answer.lines().map(|line| line.trim().split(',').map(str::to_owned).collect()).collect()
    };
    let (groups, logical, physical) = (ask("vgs"), ask("lvs"), ask("pvs"));
    let groups: Map = groups
        .iter()
        .filter(|row| row.len() >= 7)
        .map(|row| {
            let names = [
                ("size_g", &row[row.len() - 2]),
                ("free_g", &row[row.len() - 1]),
                ("num_lvs", &row[2]),
                ("num_pvs", &row[1]),
            ];
            (row[0].as_str().into(), Value::map(names))
        })
        .collect();
    let logical: Map = logical
        .iter()
        .filter(|row| row.len() >= 4)
        .map(|row| (row[0].as_str().into(), Value::map([("size_g", &row[3]), ("vg", &row[1])])))
        .collect();
    let physical: Map = physical
        .iter()
        .filter(|row| row.len() >= 6)
        .map(|row| {
            let device = mapped_name(reader, &row[0]);
            (device.into(), Value::map([("size_g", &row[4]), ("free_g", &row[5]), ("vg", &row[1])]))
        })
        .collect();
    Facts::new().with("lvm", Facts::new().with("lvs", logical).with("vgs", groups).with("pvs", physical))
}

fn has_volumes(reader: &mut Reader) -> bool {
    let devices = reader.names("/sys/block");
    devices.iter().filter(|name| name.starts_with("dm-")).any(|name| {
        reader.text(format!("/sys/block/{name}/dm/uuid")).is_some_and(|uuid| uuid.starts_with("LVM-"))
    })
}

/// `/dev/mapper/NAME` for `/dev/dm-0`.
fn mapped_name(reader: &mut Reader, device: &str) -> String {
    let number = device.strip_prefix("/dev/").filter(|name| name.starts_with("dm-"));
    let name = number.and_then(|number| reader.text(format!("/sys/block/{number}/dm/name")));
    name.map_or_else(|| device.to_owned(), |name| format!("/dev/mapper/{name}"))
}
