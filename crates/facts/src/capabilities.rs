use crate::facts::Facts;
use crate::reader::Reader;

/// The kernel's names of capabilities, by number: capabilities(7).
const NAMES: [&str; 41] = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];

/// What the user's programs may do; nothing is listed if it is everything.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let effective =
        reader.field("/proc/self/status", "CapEff").and_then(|text| u64::from_str_radix(&text, 16).ok());
    let Some(effective) = effective else {
        return Facts::new().with("system_capabilities", "N/A").with("system_capabilities_enforced", "N/A");
    };
    let last = reader.number("/proc/sys/kernel/cap_last_cap").unwrap_or(NAMES.len() - 1).min(62);
    let all = (1u64 << (last + 1)) - 1;
    let enforced = effective & all != all;
    let held = NAMES.iter().enumerate().filter(|(number, _)| effective >> number & 1 == 1);
    let held: Vec<String> = held.filter(|_| enforced).map(|(_, name)| format!("cap_{name}")).collect();
    Facts::new()
        .with("system_capabilities", held)
        .with("system_capabilities_enforced", if enforced { "True" } else { "False" })
}
