//! What this program is: version, commit, what it was built with, and what it makes of this processor.

use std::{env::consts::ARCH, sync::LazyLock};

/// Every feature that can be told apart, and whether it was built in.
const FEATURES: [(&str, bool); 5] = [
    ("cpu", cfg!(feature = "cpu")),
    ("cuda", cfg!(feature = "cuda")),
    ("vulkan", cfg!(feature = "vulkan")),
    ("sqlite", cfg!(feature = "sqlite")),
    ("parquet", cfg!(feature = "parquet")),
];

/// What `--version` says; `-V` says its first word alone.
pub fn version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let (commit, features, cpu) = (env!("BYOLAB_COMMIT"), features(), processor());
        format!("{}\ncommit    {commit}\nfeatures  {features}\ncpu       {cpu}", env!("CARGO_PKG_VERSION"))
    });
    &TEXT
}

/// `cpu, sqlite, parquet; without cuda, vulkan`
pub fn features() -> String {
    let of = |wanted: bool| {
        FEATURES.iter().filter(|(_, is_in)| *is_in == wanted).map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    };
    match (of(true).as_str(), of(false).as_str()) {
        ("", _) => "none".into(),
        (with, "") => with.into(),
        (with, without) => format!("{with}; without {without}"),
    }
}

/// The processor's family, and the registers that its widest kernels are compiled for: `x86_64, AVX2, AVX-512`.
pub fn processor() -> String {
    let names: Vec<&str> = registers().into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect();
    match names.as_slice() {
        [] => format!("{ARCH}, none of AVX2, AVX-512 and NEON: training is slow"),
        names => format!("{ARCH}, {}", names.join(", ")),
    }
}

/// The registers that kernels are compiled for, and whether this processor has them.
#[cfg(target_arch = "x86_64")]
fn registers() -> [(&'static str, bool); 2] {
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    [("AVX2", avx2), ("AVX-512", avx2 && is_x86_feature_detected!("avx512f"))]
}

#[cfg(not(target_arch = "x86_64"))]
fn registers() -> [(&'static str, bool); 1] {
    [("NEON", cfg!(target_arch = "aarch64"))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_names_commit_features_and_processor_each_in_its_line() {
        let lines: Vec<&str> = version().lines().collect();
        let first: Vec<&str> = lines.iter().map(|line| line.split_whitespace().next().unwrap()).collect();
        assert_eq!(first, [env!("CARGO_PKG_VERSION"), "commit", "features", "cpu"]);
        assert!(lines[1].ends_with(env!("BYOLAB_COMMIT")) && lines[3].contains(ARCH), "{lines:?}");
    }

    #[test]
    fn every_feature_is_told_as_built_in_or_left_out() {
        let text = features();
        let (with, without) = text.split_once("; without ").unwrap_or((&text, ""));
        for (name, is_in) in FEATURES {
            assert_eq!(with.split(", ").any(|word| word == name), is_in, "{name} in {text}");
            assert_eq!(without.split(", ").any(|word| word == name), !is_in && with != "none", "{name} in {text}");
        }
    }
}
