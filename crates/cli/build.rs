//! Puts the runner into the program, compressed, if `RUNNER_BIN` names its file. Otherwise the program looks for it
//! when it runs.

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-env-changed=RUNNER_BIN");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("runner.zst");
    let packed = match std::env::var_os("RUNNER_BIN") {
        Some(path) => {
            println!("cargo::rerun-if-changed={}", path.to_string_lossy());
            let bytes = std::fs::read(&path)
                .unwrap_or_else(|error| panic!("RUNNER_BIN {}: {error}", path.to_string_lossy()));
            zstd::encode_all(bytes.as_slice(), 19)
                .unwrap_or_else(|error| panic!("the runner can't be compressed: {error}"))
        }
        None => Vec::new(),
    };
    std::fs::write(&out, packed).unwrap_or_else(|error| panic!("{}: {error}", out.display()));
}
