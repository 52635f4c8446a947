//! add_host and group_by.

use actions::{Effect, Verdict};
use value::Value;

use crate::desk::Desk;

#[tokio::test]
async fn a_host_has_a_name_groups_and_variables() {
    let done =
        Desk::new().done("add_host: {hostname: 'web2:2222', groups: 'a, b,a', http_port: 80, x: [1]}").await;
    let Effect::AddHost { name, groups, variables } = &done.effects[0] else { panic!("{done:?}") };
    assert_eq!((name.as_str(), groups.join(" ")), ("web2", "a b".into()));
    assert_eq!(variables.get("http_port"), Some(&Value::Int(80)));
    assert_eq!(variables.get("x"), Some(&Value::list([1])));
    assert_eq!(variables.get("ansible_ssh_port"), Some(&Value::Int(2222)));
    assert_eq!(variables.len(), 3);
    let told = done.result.get("add_host").unwrap();
    assert_eq!(told.get("host_name"), Some(&Value::from("web2")));
    assert_eq!(told.get("groups"), Some(&Value::list(["a", "b"])));
    assert_eq!(told.get("host_vars").unwrap().as_map(), Some(variables));
}

#[tokio::test]
async fn ports_are_told_from_addresses() {
    for (written, expected, port) in [
        ("web2", "web2", None),
        ("[fe80::1]:22", "fe80::1", Some(22)),
        ("[fe80::1]", "fe80::1", None),
        ("fe80::1", "fe80::1", None),
        ("10.0.0.1:80", "10.0.0.1", Some(80)),
    ] {
        let done = Desk::new().done(&format!("add_host: {{name: '{written}'}}")).await;
        let Effect::AddHost { name, variables, .. } = &done.effects[0] else { panic!("{done:?}") };
        assert_eq!(name, expected);
        assert_eq!(variables.get("ansible_ssh_port"), port.map(Value::Int).as_ref(), "{written}");
    }
}

#[tokio::test]
async fn a_host_may_have_unknown_variables_but_no_unknown_name() {
    let desk = Desk::dry().with_unknown("out");
    let done = desk.done("add_host: {name: web2, id: '{{ out }}'}").await;
    assert_eq!(done.effects.len(), 1);
    let done = desk.done("add_host: {name: '{{ out }}'}").await;
    assert!(matches!(done.verdict, Verdict::Unknown(_)) && done.effects.is_empty());
}

#[tokio::test]
async fn a_host_needs_a_name() {
    let error = Desk::new().error("add_host: {groups: a, host: ''}").await;
    assert_eq!(error.message(), "Invalid empty host name provided: ");
    assert_eq!(error.span().unwrap().to_string(), "site.yml:1:29");
}

#[tokio::test]
async fn a_group_is_made_of_a_key() {
    let done = Desk::new().with("os", "Arch Linux").done("group_by: {key: 'os_{{ os }}'}").await;
    let expected = Effect::GroupBy { group: "os_Arch-Linux".into(), parents: vec!["all".into()] };
    assert_eq!(done.effects, [expected]);
    assert_eq!(done.result.get("add_group"), Some(&Value::from("os_Arch-Linux")));
    assert_eq!(done.result.get("parent_groups"), Some(&Value::list(["all"])));
    let done = Desk::new().done("group_by: {key: a, parents: [b c, d]}").await;
    assert_eq!(
        done.effects,
        [Effect::GroupBy { group: "a".into(), parents: vec!["b-c".into(), "d".into()] }]
    );
}
