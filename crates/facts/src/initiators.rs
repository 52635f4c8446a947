use crate::facts::Facts;
use crate::reader::Reader;

/// The names by which storage networks of fibre channel know the host.
pub(crate) fn fibre_channel(reader: &mut Reader) -> Facts {
    let mut names = Vec::new();
    for adapter in reader.names("/sys/class/fc_host") {
        if let Some(name) = reader.text(format!("/sys/class/fc_host/{adapter}/port_name")) {
            names.push(name.trim_start_matches("0x").to_owned());
        }
    }
    Facts::new().with("fibre_channel_wwn", names)
}

/// The name by which iSCSI servers know the host.
pub(crate) fn iscsi(reader: &mut Reader) -> Facts {
    let lines = reader.lines("/etc/iscsi/initiatorname.iscsi");
    let name = lines.iter().find_map(|line| line.strip_prefix("InitiatorName="));
    Facts::new().with("iscsi_iqn", name.unwrap_or_default())
}

/// The name by which NVMe servers know the host.
pub(crate) fn nvme(reader: &mut Reader) -> Facts {
    let lines = reader.lines("/etc/nvme/hostnqn");
    Facts::new()
        .with("hostnqn", lines.iter().find(|line| line.starts_with("nqn.")).map_or("", String::as_str))
}
