use std::path::Path;

use crate::facts::Facts;
use crate::reader::Reader;

/// The kernel, the machine and the host's names.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let kernel = reader.host.kernel();
    let full_name = full_name(reader, &kernel.host_name);
    let bits = userspace_bits(reader, &kernel.machine);
    let is_intel_32 = matches!(kernel.machine.as_str(), "i386" | "i486" | "i586" | "i686");
    let is_intel = is_intel_32 || kernel.machine == "x86_64";
    let userspace = is_intel.then_some(if bits == 64 { "x86_64" } else { "i386" });
    let machine_id = reader.lines("/var/lib/dbus/machine-id").into_iter().next();
    let machine_id = machine_id.or_else(|| reader.lines("/etc/machine-id").into_iter().next());
    Facts::new()
        .with("system", kernel.system)
        .with("kernel", kernel.release)
        .with("kernel_version", kernel.version)
        .with("architecture", if is_intel_32 { "i386" } else { &kernel.machine })
        .with("hostname", kernel.host_name.split('.').next().unwrap_or_default())
        .with("nodename", kernel.host_name.as_str())
        .with("domain", full_name.split_once('.').map_or("", |(_, domain)| domain))
        .with("fqdn", full_name)
        .with("userspace_bits", bits.to_string())
        .with_some("userspace_architecture", userspace)
        .with("machine", kernel.machine)
        .with_some("machine_id", machine_id)
}

/// The host's name with its domain, as Python's `socket.getfqdn` finds it: the name of the address that the host's name stands for.
fn full_name(reader: &mut Reader, name: &str) -> String {
    let hosts = reader.host.hosts_file().unwrap_or_default();
    let named = hosts.iter().find(|(_, names)| names.iter().any(|known| known.eq_ignore_ascii_case(name)));
    if let Some((address, _)) = named {
        let names = hosts
            .iter()
            .find(|(found, _)| found == address)
            .map(|(_, names)| names.as_slice())
            .unwrap_or_default();
        let full = names.iter().find(|name| name.contains('.')).or(names.first());
        return full.cloned().unwrap_or_else(|| name.to_owned());
    }
    if name.contains('.') || name.is_empty() {
        return name.to_owned();
    }
    let answer = reader.ask(&["getent", "hosts", name]).unwrap_or_default();
    let mut names = answer.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let first = names.clone().next();
    names.find(|name| name.contains('.')).or(first).unwrap_or(name).to_owned()
}

/// How wide addresses of ordinary programs are, which on a 64-bit kernel may be 32 bits.
fn userspace_bits(reader: &mut Reader, machine: &str) -> u32 {
    // The fifth byte of an executable says so.
    match reader.host.read(Path::new("/usr/bin/env")).ok().as_deref() {
        Some([0x7f, b'E', b'L', b'F', 1, ..]) => 32,
        Some([0x7f, b'E', b'L', b'F', 2, ..]) => 64,
        _ if machine.contains("64") || machine == "s390x" => 64,
        _ => 32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::tests::with_reader;
    use system::{Kernel, MemoryBackend};
    use value::Value;

    #[test]
    fn the_full_name_is_that_of_the_address() {
        let backend = MemoryBackend::new();
        backend.set_kernel(Kernel { host_name: "web".into(), machine: "x86_64".into(), ..Kernel::default() });
        backend.add_file("/etc/hosts", "127.0.0.1 localhost\n127.0.1.1 web.example.com web # own\n");
        let facts = with_reader(backend, gather);
        for (name, value) in [
            ("fqdn", "web.example.com"),
            ("domain", "example.com"),
            ("hostname", "web"),
            ("architecture", "x86_64"),
            ("userspace_architecture", "x86_64"),
            ("userspace_bits", "64"),
        ] {
            assert_eq!(facts.get(name), Some(&Value::from(value)), "{name}");
        }
    }
}
