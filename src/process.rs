//! How much memory this process holds and could have, where the system tells it (Linux).

use std::fs;

/// The most that it has held.
pub fn peak() -> Option<u64> {
    bytes("/proc/self/status", "VmHWM:")
}

/// What it holds and what is free, or the limit of its control group.
pub fn of_process() -> Option<u64> {
    let free = bytes("/proc/meminfo", "MemAvailable:")? + bytes("/proc/self/status", "VmRSS:")?;
    let limit = fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    Some(limit.map_or(free, |limit| free.min(limit)))
}

/// The number of KiB after `name` in a file of lines, in bytes.
fn bytes(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| 1024 * kib)
}
