//! The lists, compared with what ansible-playbook prints for the same site.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use playbook::{Listing, syntax_check_text};
use support::Site;

fn site() -> Site {
    Site::new([
        (
            "site.yml",
            "
- hosts: all
  tags: [p]
  gather_facts: no
  roles:
    - {role: a, tags: [ra]}
  pre_tasks:
    - debug: msg=hi
      tags: pre
  tasks:
    - name: one {{ x }}
      debug: msg=1
      tags: [z, b]
    - block:
        - ansible.builtin.debug: msg=2
      rescue:
        - name: resc
          debug:
      always:
        - name: alw
          debug:
      tags: blk
    - include_tasks: foo.yml
    - import_tasks: imp.yml
      tags: impt
    - import_role: {name: b}
    - meta: flush_handlers
    - name: never one
      debug:
      tags: never
  handlers:
    - name: h
      debug:
- name: second
  hosts: [web, \"db\"]
  tasks: []
- import_playbook: other.yml
  tags: ip
",
        ),
        ("other.yml", "- hosts: localhost\n  tasks:\n    - local_action: ping\n"),
        ("imp.yml", "- name: imported\n  ping:\n"),
        ("roles/a/tasks/main.yml", "- name: role task\n  ping:\n- ping:\n"),
        ("roles/a/meta/main.yml", "dependencies: [b]\n"),
        ("roles/b/tasks/main.yml", "- ping:\n"),
    ])
}

fn listing(site: &Site, listing: &Listing) -> String {
    let playbook = site.load().unwrap();
    let text = listing
        .text(&playbook, &site.loader, &|play| {
            Ok(play.hosts.iter().map(|node| format!("{}1", node.as_str().unwrap())).collect())
        })
        .unwrap();
    site.without_place(&text)
}

#[test]
fn tasks() {
    let text = listing(&site(), &Listing { tasks: true, ..Listing::default() });
    assert_eq!(
        text,
        "
playbook: site.yml

  play #1 (all): all\tTAGS: [p]
    tasks:
      debug\tTAGS: [p, pre]
      ping\tTAGS: [p, ra]
      a : role task\tTAGS: [p, ra]
      ping\tTAGS: [p, ra]
      one {{ x }}\tTAGS: [b, p, z]
      ansible.builtin.debug\tTAGS: [blk, p]
      include_tasks\tTAGS: [p]
      imported\tTAGS: [impt, p]
      ping\tTAGS: [p]
      meta\tTAGS: [p]

  play #2 (web,db): second\tTAGS: []
    tasks:

  play #3 (localhost): localhost\tTAGS: [ip]
    tasks:
      ping\tTAGS: [ip]
"
    );
}

#[test]
fn tags_and_hosts() {
    let text = listing(&site(), &Listing { tags: true, hosts: true, ..Listing::default() });
    assert_eq!(
        text,
        "
playbook: site.yml

  play #1 (all): all\tTAGS: [p]
    pattern: ['all']
    hosts (1):
      all1
      TASK TAGS: [b, blk, impt, never, p, pre, ra, z]

  play #2 (web,db): second\tTAGS: []
    pattern: ['web', 'db']
    hosts (2):
      web1
      db1
      TASK TAGS: []

  play #3 (localhost): localhost\tTAGS: [ip]
    pattern: ['localhost']
    hosts (1):
      localhost1
      TASK TAGS: [ip]
"
    );
}

#[test]
fn selected_tags() {
    let only_tags = vec!["b".to_owned(), "ra".to_owned()];
    let text = listing(&site(), &Listing { tags: true, tasks: true, only_tags, ..Listing::default() });
    assert_eq!(
        text,
        "
playbook: site.yml

  play #1 (all): all\tTAGS: [p]
    tasks:
      ping\tTAGS: [p, ra]
      a : role task\tTAGS: [p, ra]
      ping\tTAGS: [p, ra]
      one {{ x }}\tTAGS: [b, p, z]
      TASK TAGS: [b, p, ra, z]

  play #2 (web,db): second\tTAGS: []
    tasks:
      TASK TAGS: []

  play #3 (localhost): localhost\tTAGS: [ip]
    tasks:
      TASK TAGS: [ip]
"
    );
}

#[test]
fn syntax_check() {
    let site = site();
    assert_eq!(site.without_place(&syntax_check_text(&site.load().unwrap())), "\nplaybook: site.yml\n");
}
