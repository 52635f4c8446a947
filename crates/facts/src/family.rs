use std::path::Path;
use std::time::Duration;

use system::System;
use value::{Map, Value};

use crate::facts::Facts;
use crate::reader::Reader;
use crate::{
    Subsets, capabilities, chroot, command_line, date_time, distribution, dns, environment, hardware,
    initiators, load, local, lsb, network, package_manager, platform, python, security, service_manager,
    ssh_keys, systemd, user, virtualization,
};

/// Facts that are gathered together.
pub(crate) struct Family {
    /// The name by which it is asked for.
    pub(crate) name: &'static str,
    /// Facts by whose names it can be asked for as well.
    pub(crate) facts: &'static [&'static str],
    /// Whether it belongs to those that are gathered unless `!min` is asked for.
    pub(crate) minimal: bool,
    /// Families that come with it.
    pub(crate) needs: &'static [&'static str],
    gather: fn(&mut Reader) -> Facts,
}

const fn family(name: &'static str, gather: fn(&mut Reader) -> Facts) -> Family {
    Family { name, facts: &[], minimal: false, needs: &[], gather }
}

impl Family {
    const fn minimal(self) -> Family {
        Family { minimal: true, ..self }
    }

    const fn facts(self, facts: &'static [&'static str]) -> Family {
        Family { facts, ..self }
    }

    const fn needs(self, needs: &'static [&'static str]) -> Family {
        Family { needs, ..self }
    }
}

/// All families, in the order in which they are gathered.
pub(crate) const FAMILIES: &[Family] = &[
    family("platform", platform::gather).minimal().facts(&[
        "system",
        "kernel",
        "kernel_version",
        "machine",
        "python_version",
        "architecture",
        "machine_id",
    ]),
    family("distribution", distribution::gather).minimal().facts(&[
        "distribution_version",
        "distribution_release",
        "distribution_major_version",
        "os_family",
    ]),
    family("lsb", lsb::gather).minimal(),
    family("selinux", security::selinux).minimal(),
    family("apparmor", security::apparmor).minimal(),
    family("chroot", chroot::gather).facts(&["is_chroot"]),
    family("fips", security::fips).minimal(),
    family("python", python::gather).minimal(),
    family("caps", capabilities::gather)
        .minimal()
        .facts(&["system_capabilities", "system_capabilities_enforced"]),
    family("pkg_mgr", package_manager::gather).minimal().needs(&["distribution"]),
    family("service_mgr", service_manager::gather).minimal().needs(&["platform", "distribution"]),
    family("cmdline", command_line::gather).minimal(),
    family("date_time", date_time::gather).minimal(),
    family("env", environment::gather).minimal(),
    family("loadavg", load::gather),
    family("ssh_pub_keys", ssh_keys::gather).minimal().facts(&[
        "ssh_host_pub_keys",
        "ssh_host_key_dsa_public",
        "ssh_host_key_rsa_public",
        "ssh_host_key_ecdsa_public",
        "ssh_host_key_ed25519_public",
    ]),
    family("user", user::gather).minimal().facts(&[
        "user_id",
        "user_uid",
        "user_gid",
        "user_gecos",
        "user_dir",
        "user_shell",
        "real_user_id",
        "effective_user_id",
        "effective_group_ids",
    ]),
    family("systemd", systemd::gather),
    family("virtual", virtualization::gather).facts(&[
        "virtualization_type",
        "virtualization_role",
        "virtualization_tech_guest",
        "virtualization_tech_host",
    ]),
    family("hardware", hardware::gather)
        .facts(&["processor", "processor_cores", "processor_count", "mounts", "devices"])
        .needs(&["platform"]),
    family("dns", dns::gather).minimal(),
    family("fibre_channel_wwn", initiators::fibre_channel),
    family("iscsi", initiators::iscsi),
    family("nvme", initiators::nvme),
    family("network", network::gather)
        .facts(&["interfaces", "default_ipv4", "default_ipv6", "all_ipv4_addresses", "all_ipv6_addresses"])
        .needs(&["platform", "distribution"]),
    family("local", local::gather).minimal(),
    // Programs of other projects, which are not asked.
    family("facter", |_| Facts::new()),
    family("ohai", |_| Facts::new()),
];

/// Gathers families of facts. Keys start with `ansible_`. What a host does not tell is left out; what a dry run can't know is
/// there as an unknown.
///
/// `timeout` is how long each thing may take that can hang; `fact_path` is the directory with facts of the host's own.
pub fn gather(host: &mut System, subsets: &Subsets, timeout: Duration, fact_path: &Path) -> Map {
    let mut reader = Reader { host, timeout, fact_path };
    let mut gathered = Map::new();
    for family in FAMILIES.iter().filter(|family| subsets.includes(family)) {
        for (name, value) in (family.gather)(&mut reader).into_map() {
            // Other characters would keep an interface's name from being used in an expression.
            let name = format!("ansible_{name}").replace(['-', ':'], "_");
            gathered.insert(Value::from(name), value);
        }
    }
    gathered
}
