//! The memory that a process's control groups leave it: those of a job, not the machine's (cgroups(7), version 1 and 2). How many
//! processors it may use the standard library knows by the same files.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Bytes that the process may hold at most; none where nothing limits it. Files are looked for below `root`.
pub fn memory(root: &Path) -> Option<u64> {
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let (groups, mounts) = (read("proc/self/cgroup"), read("proc/self/mountinfo"));
    let folders = mounts.lines().filter_map(Mount::of).flat_map(|mount| mount.folders(&groups));
    let limit = |folder: PathBuf| {
        let path = root.join(folder.strip_prefix("/").unwrap_or(&folder));
        let limits = ["memory.max", "memory.limit_in_bytes"];
        limits.iter().filter_map(|name| fs::read_to_string(path.join(name)).ok()?.trim().parse::<u64>().ok()).min()
    };
    // Version 1 writes the largest number of pages where nothing is limited.
    folders.filter_map(limit).min().filter(|limit| *limit < 1 << 62)
}

/// Where a hierarchy that limits memory is to be seen.
struct Mount {
    /// The group that is at the mount's top.
    top: PathBuf,
    at: PathBuf,
    /// What the hierarchy is called in a process's list of groups; empty for version 2.
    controller: &'static str,
}

impl Mount {
    /// Of a line of `mountinfo` (proc_pid_mountinfo(5)).
    fn of(line: &str) -> Option<Self> {
        let (place, kind) = line.split_once(" - ")?;
        let place: Vec<&str> = place.split(' ').collect();
        let kind: Vec<&str> = kind.split(' ').collect();
        let controller = match *kind.first()? {
            "cgroup2" => "",
            "cgroup" if kind.last()?.split(',').any(|option| option == "memory") => "memory",
            _ => return None,
        };
        Some(Self { top: place.get(3)?.into(), at: place.get(4)?.into(), controller })
    }

    /// The folders of the process's group and of those above it: each limits it.
    fn folders(&self, groups: &str) -> Vec<PathBuf> {
        let own = groups.lines().find_map(|line| {
            let [_, controllers, path] = line.splitn(3, ':').collect::<Vec<_>>()[..] else { return None };
            controllers.split(',').any(|controller| controller == self.controller).then_some(path)
        });
        // In a container the group may lie outside of what is mounted: its top is then as near as one can see.
        let below = own.and_then(|own| Path::new(own).strip_prefix(&self.top).ok()).unwrap_or(Path::new(""));
        below.ancestors().map(|group| self.at.join(group)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V2: &str = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    const V1: &str =
        "35 31 0:33 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n31 23 0:28 / /x rw - tmpfs tmpfs rw\n";
    const INNER: &str = "35 31 0:33 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";

    #[test]
    fn the_least_limit_of_a_jobs_groups_is_its_own() {
        let v1 = "9:cpu,cpuacct:/\n4:memory:/slurm/uid_0/job_7/step_0\n0::/\n";
        for (mounts, groups, files, expected) in [
            (V2, "0::/job/step\n", vec![("job/memory.max", "1000"), ("job/step/memory.max", "max")], Some(1000)),
            (V2, "0::/job/step\n", vec![("job/memory.max", "2000"), ("job/step/memory.max", "500")], Some(500)),
            (V2, "0::/\n", vec![("memory.max", "max"), ("job/memory.max", "7")], None),
            (V1, v1, vec![("memory/slurm/uid_0/job_7/memory.limit_in_bytes", "4096")], Some(4096)),
            (V1, v1, vec![("memory/memory.limit_in_bytes", "9223372036854771712")], None),
            (INNER, "4:memory:/docker/ab/job\n", vec![("memory/job/memory.limit_in_bytes", "77")], Some(77)),
            (INNER, "4:memory:/\n", vec![("memory/memory.limit_in_bytes", "88")], Some(88)),
            ("", "", vec![], None),
        ] {
            let root = tempfile::tempdir().unwrap();
            let put = |path: &Path, text: &str| {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            };
            put(&root.path().join("proc/self/cgroup"), groups);
            put(&root.path().join("proc/self/mountinfo"), mounts);
            files
                .iter()
                .for_each(|(path, text)| put(&root.path().join("sys/fs/cgroup").join(path), &format!("{text}\n")));
            assert_eq!(memory(root.path()), expected, "{groups} {files:?}");
        }
    }
}
