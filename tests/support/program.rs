use std::path::PathBuf;

/// The program as it was built, with the runner that it looks for beside itself.
///
/// # Panics
/// One of them was not built.
pub(super) fn capstan() -> PathBuf {
    let test = std::env::current_exe().expect("this test is a file");
    // target/debug/deps/runs-0123456789abcdef
    let folder =
        test.parent().and_then(|deps| deps.parent()).expect("tests are built in target/PROFILE/deps");
    let program = folder.join("capstan");
    let runner = folder.join("../runner/runner");
    for file in [&program, &runner] {
        assert!(file.is_file(), "{} is missing; build first: cargo xtask test", file.display());
    }
    program
}
