use crate::facts::Facts;
use crate::reader::Reader;
use crate::{devices, dmi, lvm, memory, mounts, processor};

/// Processors, memory, firmware, block devices, volumes and mounted file systems.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let mut facts = processor::gather(reader);
    facts.extend(memory::gather(reader));
    facts.extend(dmi::gather(reader));
    facts.extend(devices::gather(reader));
    facts.extend(lvm::gather(reader));
    facts.extend(mounts::gather(reader));
    let uptime =
        reader.text("/proc/uptime").and_then(|text| text.split(['.', ' ']).next()?.parse::<i64>().ok());
    facts.with_some("uptime_seconds", uptime)
}
