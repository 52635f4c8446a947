//! What is said about each of the mistakes in `data/mistakes.txt`: with the place, where there is one, and what to do.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use inventory::{Inventory, LoadOptions};
use tempfile::TempDir;

#[test]
fn every_mistake_is_told_with_its_place_and_nothing_is_left_of_it() {
    let mut told = String::new();
    let mistakes = include_str!("data/mistakes.txt").split("==> ").skip(1);
    for mistake in mistakes {
        let (name, text) = mistake.split_once('\n').unwrap();
        let directory = TempDir::new().unwrap();
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        if name == "script" {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let (inventory, warnings) =
            Inventory::load(&[path.to_str().unwrap()], LoadOptions::default()).unwrap();
        assert!(!warnings.is_empty(), "nothing is said about\n{text}");
        let said: String = warnings.iter().map(|warning| format!("{warning:?}")).collect();
        let said = said.replace(&directory.path().display().to_string(), "");
        if said.contains("Unable to parse") {
            assert_eq!(inventory.hosts().count(), 0, "something is left of\n{text}");
        }
        write!(told, "==> {name}\n{text}\n{said}\n").unwrap();
    }
    insta::assert_snapshot!("mistakes", told);
}
