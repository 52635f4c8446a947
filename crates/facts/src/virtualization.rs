use std::collections::BTreeSet;

use crate::dmi::FOLDER;
use crate::facts::Facts;
use crate::reader::Reader;

/// In which virtual machine or container the host is, and which it can hold itself.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let mut found = Traces::default();
    container(reader, &mut found);
    xen(reader, &mut found);
    firmware(reader, &mut found);
    processor(reader, &mut found);
    modules(reader, &mut found);
    if reader.exists("/dev/kvm") {
        found.host("kvm");
    }
    let (kind, role) = found.first.unwrap_or_else(|| ("NA".into(), "NA"));
    Facts::new()
        .with("virtualization_type", kind)
        .with("virtualization_role", role)
        .with("virtualization_tech_guest", found.guest_of.into_iter().collect::<Vec<_>>())
        .with("virtualization_tech_host", found.host_of.into_iter().collect::<Vec<_>>())
}

/// The technologies that were found; the first one is what the host is said to be.
#[derive(Default)]
struct Traces {
    first: Option<(String, &'static str)>,
    guest_of: BTreeSet<String>,
    host_of: BTreeSet<String>,
}

impl Traces {
    fn guest(&mut self, technology: &str) {
        self.guest_of.insert(technology.to_owned());
        self.first.get_or_insert_with(|| (technology.to_owned(), "guest"));
    }

    fn host(&mut self, technology: &str) {
        self.host_of.insert(technology.to_owned());
        self.first.get_or_insert_with(|| (technology.to_owned(), "host"));
    }
}

fn container(reader: &mut Reader, found: &mut Traces) {
    for line in reader.lines("/proc/1/cgroup") {
        let after_docker = line.split_once("/docker").map(|(_, rest)| rest);
        if after_docker
            .is_some_and(|rest| rest.starts_with('/') || rest.starts_with('-') && rest.contains(".scope"))
        {
            found.guest("docker");
        }
        if line.contains("/lxc/") || line.contains("/machine.slice/machine-lxc") {
            found.guest("lxc");
        }
        if line.contains("/system.slice/containerd.service") {
            found.guest("containerd");
        }
    }
    // Only root may look there.
    let variables = reader.text("/proc/1/environ").unwrap_or_default();
    if let Some(kind) = variables.split('\0').find_map(|variable| variable.strip_prefix("container=")) {
        for known in ["lxc", "podman"] {
            if kind.starts_with(known) {
                found.guest(known);
            }
        }
        if !kind.is_empty() {
            found.guest("container");
        }
    }
    if reader.exists("/proc/vz") && !reader.exists("/proc/lve") {
        if reader.exists("/proc/bc") { found.host("openvz") } else { found.guest("openvz") }
    }
    let by_systemd = reader.text("/run/systemd/container");
    if let Some(kind) = &by_systemd {
        found.guest(kind);
    }
    if reader.exists("/.dockerenv") || reader.exists("/.dockerinit") {
        found.guest("docker");
    }
    let kinds = ["docker", "lxc", "podman", "openvz", "containerd"];
    if by_systemd.is_some() || kinds.iter().any(|kind| found.guest_of.contains(*kind)) {
        found.guest_of.insert("container".into());
    }
}

fn xen(reader: &mut Reader, found: &mut Traces) {
    if !reader.exists("/proc/xen") {
        return;
    }
    if reader.lines("/proc/xen/capabilities").iter().any(|line| line.contains("control_d")) {
        found.host("xen");
    } else {
        found.first.get_or_insert_with(|| ("xen".into(), "guest"));
    }
}

/// What a virtual machine's firmware calls itself.
fn firmware(reader: &mut Reader, found: &mut Traces) {
    let mut text = |file: &str| reader.text(format!("{FOLDER}/{file}")).unwrap_or_default();
    let (product, vendor, family, bios) =
        (text("product_name"), text("sys_vendor"), text("product_family"), text("bios_vendor"));
    let by_product = match product.as_str() {
        "KVM" | "KVM Server" | "Bochs" | "AHV" | "CloudStack KVM Hypervisor" => Some("kvm"),
        "OpenStack Compute" | "OpenStack Nova" => Some("openstack"),
        product if product.starts_with("VMware") => Some("VMware"),
        product if product.contains("BHYVE") => Some("bhyve"),
        _ => None,
    };
    let by_owner = match (vendor.as_str(), family.as_str(), product.as_str()) {
        ("oVirt", ..) => Some("oVirt"),
        ("Red Hat", "RHV", _) => Some("RHV"),
        ("Red Hat", _, "RHEV Hypervisor") => Some("RHEV"),
        _ => None,
    };
    let by_bios = match bios.as_str() {
        "Xen" => Some("xen"),
        "innotek GmbH" => Some("virtualbox"),
        "Amazon EC2" | "DigitalOcean" | "Hetzner" | "Linode" => Some("kvm"),
        _ => None,
    };
    let by_vendor = match vendor.as_str() {
        "QEMU" | "Amazon EC2" | "DigitalOcean" | "Google" | "Scaleway" | "Nutanix" => Some("kvm"),
        "KubeVirt" => Some("KubeVirt"),
        "Microsoft Corporation" => Some("VirtualPC"),
        "Parallels Software International Inc." => Some("parallels"),
        "OpenStack Foundation" => Some("openstack"),
        _ => None,
    };
    for technology in
        [by_product.filter(|by| *by == "kvm"), by_owner, by_product, by_bios, by_vendor].into_iter().flatten()
    {
        found.guest(technology);
    }
}

fn processor(reader: &mut Reader, found: &mut Traces) {
    if let Some(number) = reader.field("/proc/self/status", "VxID") {
        if number == "0" { found.host("linux_vserver") } else { found.guest("linux_vserver") }
    }
    for line in reader.lines("/proc/cpuinfo") {
        let Some((key, value)) = line.split_once(':') else { continue };
        match key.trim() {
            "model name" if value.contains("QEMU Virtual CPU") => found.guest("kvm"),
            "model name" if value.contains("UML") => found.guest("uml"),
            "vendor_id" if value.contains("User Mode Linux") => found.guest("uml"),
            "vendor_id" if value.contains("PowerVM Lx86") => found.guest("powervm_lx86"),
            "machine" if value.contains("CHRP IBM pSeries (emulated by qemu)") => found.guest("kvm"),
            "vendor_id" if value.contains("IBM/S390") => {
                found.guest_of.insert("PR/SM".into());
                found.first.get_or_insert_with(|| ("PR/SM".into(), "LPAR"));
            }
            _ => {}
        }
    }
}

fn modules(reader: &mut Reader, found: &mut Traces) {
    let lines = reader.lines("/proc/modules");
    let loaded = |name: &str| lines.iter().any(|line| line.split(' ').next() == Some(name));
    if loaded("kvm") {
        found.host("kvm");
    }
    if loaded("vboxdrv") {
        found.host("virtualbox");
    }
    if loaded("virtio") {
        found.host_of.insert("kvm".into());
        found.first.get_or_insert_with(|| ("kvm".into(), "guest"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::tests::with_reader;
    use system::MemoryBackend;
    use value::{JsonStyle, Value};

    fn check(files: &[(&str, &str)], expected: &str) {
        let backend = MemoryBackend::new();
        files.iter().for_each(|(path, text)| backend.add_file(path, text));
        let facts = Value::from(with_reader(backend, gather)).to_json(JsonStyle::LINE);
        assert_eq!(facts.replace("virtualization_", ""), expected);
    }

    #[test]
    fn machines_and_containers_are_told_apart() {
        check(&[], r#"{"role": "NA", "tech_guest": [], "tech_host": [], "type": "NA"}"#);
        check(
            &[("/sys/devices/virtual/dmi/id/sys_vendor", "QEMU\n")],
            r#"{"role": "guest", "tech_guest": ["kvm"], "tech_host": [], "type": "kvm"}"#,
        );
        check(
            &[("/.dockerenv", ""), ("/dev/kvm", "")],
            r#"{"role": "guest", "tech_guest": ["container", "docker"], "tech_host": ["kvm"], "type": "docker"}"#,
        );
        check(
            &[("/proc/modules", "kvm 1 0 - Live 0x0\n")],
            r#"{"role": "host", "tech_guest": [], "tech_host": ["kvm"], "type": "kvm"}"#,
        );
        check(
            &[("/proc/1/environ", "container=podman\0x=y\0")],
            r#"{"role": "guest", "tech_guest": ["container", "podman"], "tech_host": [], "type": "podman"}"#,
        );
        check(
            &[("/run/systemd/container", "systemd-nspawn\n")],
            r#"{"role": "guest", "tech_guest": ["container", "systemd-nspawn"], "tech_host": [], "type": "systemd-nspawn"}"#,
        );
    }
}
