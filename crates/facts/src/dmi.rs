use crate::facts::Facts;
use crate::reader::Reader;

/// Facts and the files that hold them.
const FILES: [(&str, &str); 17] = [
    ("bios_date", "bios_date"),
    ("bios_vendor", "bios_vendor"),
    ("bios_version", "bios_version"),
    ("board_asset_tag", "board_asset_tag"),
    ("board_name", "board_name"),
    ("board_serial", "board_serial"),
    ("board_vendor", "board_vendor"),
    ("board_version", "board_version"),
    ("chassis_asset_tag", "chassis_asset_tag"),
    ("chassis_serial", "chassis_serial"),
    ("chassis_vendor", "chassis_vendor"),
    ("chassis_version", "chassis_version"),
    ("product_name", "product_name"),
    ("product_serial", "product_serial"),
    ("product_uuid", "product_uuid"),
    ("product_version", "product_version"),
    ("system_vendor", "sys_vendor"),
];

/// The kinds of chassis of the DMTF's System Management BIOS specification, by number.
const CHASSIS: [&str; 37] = [
    "Unknown",
    "Other",
    "Unknown",
    "Desktop",
    "Low Profile Desktop",
    "Pizza Box",
    "Mini Tower",
    "Tower",
    "Portable",
    "Laptop",
    "Notebook",
    "Hand Held",
    "Docking Station",
    "All In One",
    "Sub Notebook",
    "Space-saving",
    "Lunch Box",
    "Main Server Chassis",
    "Expansion Chassis",
    "Sub Chassis",
    "Bus Expansion Chassis",
    "Peripheral Chassis",
    "RAID Chassis",
    "Rack Mount Chassis",
    "Sealed-case PC",
    "Multi-system",
    "CompactPCI",
    "AdvancedTCA",
    "Blade",
    "Blade Enclosure",
    "Tablet",
    "Convertible",
    "Detachable",
    "IoT Gateway",
    "Embedded PC",
    "Mini PC",
    "Stick PC",
];

/// The folder where the kernel shows the firmware's tables.
pub(crate) const FOLDER: &str = "/sys/devices/virtual/dmi/id";

/// What the firmware tells of the machine; `NA` where it tells nothing or only root may know.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let mut facts = Facts::new();
    for (fact, file) in FILES {
        facts.set(fact, reader.text(format!("{FOLDER}/{file}")).unwrap_or_else(|| "NA".into()));
    }
    let chassis = reader.text(format!("{FOLDER}/chassis_type"));
    let form_factor = chassis.map_or("NA".to_owned(), |number| {
        let known = number.parse::<usize>().ok().and_then(|number| CHASSIS.get(number));
        known.map_or_else(|| format!("unknown ({number})"), |name| (*name).to_owned())
    });
    facts.with("form_factor", form_factor)
}
