//! The memory of this process, where the kernel tells it: Linux's `/proc` (proc(5)).

use std::fs;

/// Bytes that it holds.
pub fn held() -> Option<u64> {
    bytes(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// The most bytes that it has held.
pub fn peak() -> Option<u64> {
    bytes(&fs::read_to_string("/proc/self/status").ok()?, "VmHWM:")
}

/// Bytes that it could hold: its own and what is free, or the limit of its control group.
pub fn could_hold() -> Option<u64> {
    let free = bytes(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")? + held()?;
    let limit = fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    Some(limit.map_or(free, |limit| free.min(limit)))
}

/// What a file of such lines says after `name`, whose "kB" are 1024 bytes.
fn bytes(text: &str, name: &str) -> Option<u64> {
    let number = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(1024 * number.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_by_its_name() {
        assert_eq!(bytes("Name:\ta\nVmPeak:\t 9 kB\nVmRSS:\t  2048 kB\n", "VmRSS:"), Some(2_097_152));
        assert_eq!(bytes("Name:\ta\n", "VmRSS:"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_holds_no_more_than_at_its_peak_and_than_it_could() {
        let (held, peak, could) = (held().unwrap(), peak().unwrap(), could_hold().unwrap());
        assert!(1_000_000 < held && held <= peak && held <= could, "{held} {peak} {could}");
    }
}
