//! What holds for any text in an inventory, and for any pattern.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use diag::Style;
use inventory::{Inventory, LoadOptions};
use proptest::prelude::*;

/// Loads a file of this text; errors can be shown, and everything else can be asked for.
fn examine(name: &str, text: &str) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    fs::write(&path, text).unwrap();
    let (inventory, warnings) = Inventory::load(&[path.to_str().unwrap()], LoadOptions::default()).unwrap();
    for warning in warnings {
        assert!(!warning.render(Style::Plain).is_empty());
    }
    let all = inventory.groups()["all"].clone();
    assert_eq!(all.len(), inventory.hosts().count(), "every host is in all");
    for host in all.iter() {
        inventory.variables(host).unwrap();
        assert!(!inventory.group_names(host).is_empty(), "every host is in a group");
    }
    inventory.list(true, None).unwrap();
    inventory.graph("all", true).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_ini_is_read_or_refused(text in "(\\[[ab:]{0,3}(vars|children)?\\]|[ab]|[ab]=|[-a-c1-3\\[\\]:='\"#\\\\{} é]{0,8}|ansible_group_priority=[12x]|\n){0,40}") {
        examine("hosts.ini", &text);
    }

    #[test]
    fn any_yaml_is_read_or_refused(text in "(all|[ab]|hosts|vars|children|plugin|: |\\{|\\}|,|\\[|\\]|1|é|\n  |\n    |\n){0,40}") {
        examine("hosts.yml", &text);
        examine("hosts", &text);
    }

    #[test]
    fn any_toml_is_read_or_refused(text in "(\\[[ab]\\]|\\[[ab]\\.(hosts|vars)\\]|children|hosts|=|\\{|\\}|\\[|\\]|[ab1]|\"|é|\n){0,40}") {
        examine("hosts.toml", &text);
    }

    #[test]
    fn any_pattern_means_some_hosts(pattern in "([ab~*?!&,:.1é^]|\\[[-0-9:a!]{0,4}\\]|\\[|\\]|all){0,10}") {
        let (inventory, _) = Inventory::load(&["a1,a2,b.c,"], LoadOptions::default()).unwrap();
        if let Ok(hosts) = inventory.select(&pattern) {
            prop_assert!(hosts.iter().all(|host| inventory.host(host).is_some()));
            inventory.unmatched(&pattern).unwrap();
        }
    }
}

#[test]
fn an_inventory_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Inventory>();
}
