use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::facts::Facts;
use crate::reader::Reader;

/// The processors, by `/proc/cpuinfo`, counted as playbooks are used to.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let machine = reader.host.kernel().machine;
    let Some(text) = reader.text("/proc/cpuinfo") else { return Facts::new() };
    let is_xen =
        reader.exists("/proc/xen") || reader.text("/sys/hypervisor/type").is_some_and(|text| text == "xen");
    let usable = reader.field("/proc/self/status", "Cpus_allowed_list").map(|list| count_list(&list));
    let counted = Counted::read(&text);
    let mut facts = Facts::new().with("processor", counted.descriptions.clone());
    facts.set_some(
        "flags",
        counted.flags.as_deref().map(|flags| flags.split_whitespace().map(str::to_owned).collect::<Vec<_>>()),
    );
    let paravirtual = is_xen && counted.flags.as_deref().is_some_and(|flags| !flags.contains("vme"));
    let (count, cores, threads, all) = match machine.as_str() {
        // Its classic listing counts threads only.
        "s390x" => {
            let threads = counted.number("max thread id").map_or(1, |last| last + 1);
            let all = counted.number("# processors").unwrap_or(1);
            (1, all / threads.max(1), threads, all)
        }
        _ if paravirtual => {
            (counted.entries(&machine), counted.entries(&machine), 1, counted.entries(&machine))
        }
        _ => {
            let count =
                if counted.sockets.is_empty() { counted.entries(&machine) } else { counted.sockets.len() };
            let cores = counted.sockets.values().next().copied().filter(|cores| *cores > 0).unwrap_or(1);
            let siblings = counted.cores.values().next().copied().unwrap_or(1);
            let threads = (siblings + cores / 2) / cores;
            (count, cores, threads, threads * count * cores)
        }
    };
    facts
        .with("processor_count", count)
        .with("processor_cores", cores)
        .with("processor_threads_per_core", threads)
        .with("processor_vcpus", all)
        .with("processor_nproc", usable.filter(|usable| *usable > 0).unwrap_or(counted.processors))
}

#[derive(Default)]
struct Counted {
    descriptions: Vec<String>,
    flags: Option<String>,
    vendors: usize,
    models: usize,
    processors: usize,
    /// Cores by socket, in the order of the file.
    sockets: IndexMap<String, usize>,
    /// Threads by core.
    cores: IndexMap<String, usize>,
    others: BTreeMap<String, String>,
}

impl Counted {
    fn read(text: &str) -> Counted {
        let mut counted = Counted::default();
        let (mut socket, mut core) = (String::from("0"), String::from("0"));
        for line in text.lines() {
            let (key, value) = line.split_once(':').unwrap_or((line, ""));
            let (key, value) = (key.trim(), value.trim());
            match key {
                "model name" | "Processor" | "vendor_id" | "cpu" | "Vendor" | "processor" => {
                    counted.descriptions.push(value.to_owned());
                    counted.vendors += usize::from(key == "vendor_id");
                    counted.models += usize::from(key == "model name");
                    counted.processors += usize::from(key == "processor");
                }
                "flags" => counted.flags = Some(value.to_owned()),
                "physical id" => {
                    socket = value.to_owned();
                    counted.sockets.entry(socket.clone()).or_insert(1);
                }
                "core id" => {
                    core = value.to_owned();
                    if !counted.sockets.contains_key(&core) {
                        counted.cores.insert(core.clone(), 1);
                    }
                }
                "cpu cores" => {
                    counted.sockets.insert(socket.clone(), value.parse().unwrap_or(1));
                }
                "siblings" => {
                    counted.cores.insert(core.clone(), value.parse().unwrap_or(1));
                }
                _ => {
                    counted.others.insert(key.to_owned(), value.to_owned());
                }
            }
        }
        counted
    }

    fn number(&self, key: &str) -> Option<usize> {
        self.others.get(key)?.parse().ok()
    }

    /// How many processors the file lists; each is described by one line or by several.
    fn entries(&self, machine: &str) -> usize {
        if ["armv", "aarch", "ppc"].iter().any(|start| machine.starts_with(start)) {
            self.processors
        } else if self.vendors > 0 && self.vendors == self.models {
            self.vendors
        } else {
            self.number("ncpus active").unwrap_or(self.descriptions.len())
        }
    }
}

/// How many numbers `0-3,8` has.
fn count_list(list: &str) -> usize {
    let count = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (usize, usize) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        Some(last.saturating_sub(first) + 1)
    };
    list.split(',').filter_map(count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::tests::with_reader;
    use system::{Kernel, MemoryBackend};
    use value::Value;

    fn counts(machine: &str, text: &str) -> [i64; 5] {
        let backend = MemoryBackend::new();
        backend.set_kernel(Kernel { machine: machine.into(), ..Kernel::default() });
        backend.add_file("/proc/cpuinfo", text);
        let facts = with_reader(backend, gather);
        ["count", "cores", "threads_per_core", "vcpus", "nproc"]
            .map(|name| facts.get(&format!("processor_{name}")).and_then(Value::as_i64).unwrap())
    }

    #[test]
    fn sockets_cores_and_threads_are_counted() {
        let intel = |number: u32, socket: u32, core: u32| {
            format!(
                "processor\t: {number}\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon\nphysical id\t: {socket}\nsiblings\t: 4\n\
                 core id\t\t: {core}\ncpu cores\t: 2\n\n"
            )
        };
        let two_sockets: String = (0..8).map(|number| intel(number, number / 4, number % 2)).collect();
        assert_eq!(counts("x86_64", &two_sockets), [2, 2, 2, 8, 8]);
        assert_eq!(counts("aarch64", "processor\t: 0\nBogoMIPS\t: 50\n\nprocessor\t: 1\n"), [2, 1, 1, 2, 2]);
        assert_eq!(count_list("0-3,8"), 5);
    }
}
