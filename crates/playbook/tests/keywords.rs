//! The one table of keywords against what the loader does with each.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use playbook::{KEYWORDS, Keyword, Place};
use support::Site;

/// A value that the keyword takes, as YAML.
fn sample(keyword: &Keyword) -> &'static str {
    match keyword.name {
        "hosts" => "all",
        "vars" | "module_defaults" | "environment" | "args" => "{}",
        "roles" | "pre_tasks" | "tasks" | "post_tasks" | "handlers" | "block" | "rescue" | "always"
        | "loop" => "[]",
        "loop_control" => "{}",
        "role" => "r",
        "action" => "ping",
        "local_action" => "ping",
        "register" => "result",
        "strategy" => "free",
        "debugger" => "always",
        "vars_files" => "missing.yml",
        "vars_prompt" => "[]",
        "port"
        | "throttle"
        | "timeout"
        | "gather_timeout"
        | "retries"
        | "delay"
        | "async"
        | "poll"
        | "max_fail_percentage" => "1",
        _ => "true",
    }
}

/// A playbook with the keyword at the place, and what that place needs beside it.
fn playbook(keyword: &Keyword, place: Place) -> String {
    let name = keyword.name;
    let written = format!("{name}: {}", sample(keyword));
    let beside = |other: &str, text: &str| match name == other {
        true => String::new(),
        false => format!(", {text}"),
    };
    let action = if ["action", "local_action"].contains(&name) { "" } else { ", ping: {}" };
    match place {
        Place::Play => format!("- {{{written}{}}}\n", beside("hosts", "hosts: all")),
        Place::RoleEntry => {
            format!("- hosts: all\n  roles:\n    - {{{written}{}}}\n", beside("role", "role: r"))
        }
        Place::Block => {
            format!("- hosts: all\n  tasks:\n    - {{{written}{}}}\n", beside("block", "block: []"))
        }
        Place::Task => format!("- hosts: all\n  tasks:\n    - {{{written}{action}}}\n"),
        Place::Handler => format!("- hosts: all\n  handlers:\n    - {{{written}{action}}}\n"),
        Place::Include if name == "action" => {
            "- hosts: all\n  tasks:\n    - action: include_tasks x.yml\n".to_owned()
        }
        Place::Include => format!("- hosts: all\n  tasks:\n    - {{{written}, include_tasks: x.yml}}\n"),
        Place::ImportPlaybook => format!("- {{{written}, import_playbook: other.yml}}\n"),
        Place::Apply => {
            format!("- hosts: all\n  tasks:\n    - include_tasks: {{file: x.yml, apply: {{{written}}}}}\n")
        }
    }
}

fn load(text: &str) -> Result<(), String> {
    let site =
        Site::new([("site.yml", text), ("other.yml", "- hosts: all\n"), ("roles/r/tasks/main.yml", "[]\n")]);
    site.load().map(|_| ()).map_err(|errors| site.shown(&errors))
}

#[test]
fn every_keyword_is_taken_where_it_belongs_and_refused_where_not() {
    for keyword in KEYWORDS {
        for place in [
            Place::Play,
            Place::RoleEntry,
            Place::Block,
            Place::Task,
            Place::Handler,
            Place::Include,
            Place::ImportPlaybook,
            Place::Apply,
        ] {
            let text = playbook(keyword, place);
            let loaded = load(&text);
            let place_of = keyword.places.contains(&place);
            match place_of {
                true => assert_eq!(loaded, Ok(()), "{text}"),
                // Other keys of a role entry are its parameters, and `block` makes a block of a task.
                false if place == Place::RoleEntry || keyword.name == "block" => {}
                false if keyword.name == "local_action" && place == Place::Include => {}
                false => assert!(loaded.is_err(), "'{}' is silently taken in\n{text}", keyword.name),
            }
        }
    }
}

#[test]
fn no_keyword_is_in_the_table_twice() {
    let mut names: Vec<&str> = KEYWORDS.iter().map(|keyword| keyword.name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}
