use crate::facts::Facts;
use crate::reader::Reader;

/// Memory and swap space, in MiB.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let Some(text) = reader.text("/proc/meminfo") else { return Facts::new() };
    let number = |key: &str| -> Option<i64> {
        let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
        Some(value.split_whitespace().next()?.parse::<i64>().ok()? / 1024)
    };
    let (total, free) = (number("MemTotal"), number("MemFree"));
    let (swap_total, swap_free) = (number("SwapTotal"), number("SwapFree"));
    let without_cache = match (number("Cached"), free, number("Buffers")) {
        (Some(cached), Some(free), Some(buffers)) => Some(cached + free + buffers),
        _ => None,
    };
    let used = |total: Option<i64>, free: Option<i64>| Some(total? - free?);
    let real = Facts::new().with("total", total).with("used", used(total, free)).with("free", free);
    let no_cache = Facts::new().with("free", without_cache).with("used", used(total, without_cache));
    let swap = Facts::new()
        .with("total", swap_total)
        .with("free", swap_free)
        .with("used", used(swap_total, swap_free))
        .with("cached", number("SwapCached"));
    Facts::new()
        .with_some("memtotal_mb", total)
        .with_some("memfree_mb", free)
        .with_some("swaptotal_mb", swap_total)
        .with_some("swapfree_mb", swap_free)
        .with("memory_mb", Facts::new().with("real", real).with("nocache", no_cache).with("swap", swap))
}
