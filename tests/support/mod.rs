//! What the tests of whole runs share: the program that was built, a folder to run it in, and what it said.

// Each of the tests uses a part of it.
#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used
)]

mod program;
mod scratch;
mod transcript;
mod tree;

pub use scratch::Scratch;
pub use tree::Tree;

/// One test for each folder of a directory beside the test file, and one that finds folders that are not listed.
///
/// A folder holds playbooks and whatever they need, perhaps a file `lab` with the names of hosts of the lab, `commands` with one shell command for each line, and
/// `transcript.snap`: what the commands print and how they end. One folder may be for other tests.
#[macro_export]
macro_rules! transcripts {
    ($directory:literal: $($name:ident)* $(, except $other:ident)?) => {
        $(
            #[test]
            fn $name() {
                $crate::support::Scratch::of($directory, stringify!($name)).assert_transcript();
            }
        )*

        #[test]
        fn no_folder_is_forgotten() {
            let mut listed: Vec<&str> = vec![$(stringify!($name),)* $(stringify!($other))?];
            listed.sort_unstable();
            assert_eq!(listed, $crate::support::Scratch::folders($directory), "the list in the test file is not that of the folders");
        }
    };
}
