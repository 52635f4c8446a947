//! The graph of a small site, in all pictures.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use diag::{Error, Errors, Result, Style};
use graph::{EdgeKind, Graph, NodeKind};
use playbook::{Language, Loader, Vars};
use template::Templates;
use value::{Text, Value};

/// Renders text around one variable.
struct OneVariable;

impl Language for OneVariable {
    fn check(&self, _: &Text) -> Result<()> {
        Ok(())
    }

    fn check_condition(&self, _: &Value) -> Result<()> {
        Ok(())
    }

    fn render(&self, text: &Text, vars: &Vars) -> Result<Value> {
        let names = Templates::new().variables_in(text);
        let name = names.first().ok_or_else(|| Error::new("no variable"))?;
        let variable = vars.get(name).ok_or_else(|| Error::new(format!("'{name}' is undefined")))?;
        let value = variable.value.as_str().unwrap_or_default();
        Ok(Value::string(text.replace(&format!("{{{{ {name} }}}}"), value)))
    }
}

fn graph(files: &[(&str, &str)]) -> Result<(Graph, String), String> {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let place = format!("{}/", directory.path().display());
    let shown = |errors: &Errors| {
        let text: String = errors.iter().map(|error| error.render(Style::Plain)).collect();
        text.replace(&place, "")
    };
    let loader = Loader::new(Arc::new(OneVariable));
    let playbook = loader.load(&directory.path().join("site.yml")).map_err(|errors| shown(&errors))?;
    let graph = Graph::of(&playbook, &loader, &Templates::new()).map_err(|errors| shown(&errors))?;
    Ok((graph, place))
}

const SITE: &[(&str, &str)] = &[
    (
        "site.yml",
        r#"- name: web & "db"
  hosts: all
  vars: {greeting: "{{ found.stdout }}"}
  roles: [web]
  tasks:
    - name: look
      command: hostname
      register: found
    - name: greet
      debug: {msg: "{{ greeting }}"}
    - block:
        - name: try
          copy: {src: a, dest: /etc/app/a.conf}
          notify: reload
      rescue:
        - name: mend
          debug:
      always:
        - name: clean
          file: {path: /etc/app/a.conf, state: absent}
    - name: balance
      command: reload
      delegate_to: lb
      run_once: true
      when: ansible_os_family == 'Debian'
- hosts: db
  gather_facts: false
  tasks:
    - name: last
      debug: {msg: "{{ hostvars }}"}
"#,
    ),
    (
        "roles/web/tasks/main.yml",
        "- {name: directory, file: {path: /etc/app/, state: directory}}\n- {name: install, apt: name=nginx, notify: [restart, 'web : reload']}\n- {name: start, service: name=nginx}\n",
    ),
    (
        "roles/web/handlers/main.yml",
        "- {name: reload, service: {name: nginx, state: reloaded}}\n- {name: restart, service: {name: nginx, state: restarted}, notify: reload}\n",
    ),
];

#[test]
fn text() {
    let (graph, place) = graph(SITE).unwrap();
    insta::assert_snapshot!(graph.to_text().replace(&place, ""), @r###"
    p1 play web & "db"  site.yml:1:3
       t1 Gathering Facts
          <- p1 order: starts the play
       roles, role web:
       t2 web : directory  roles/web/tasks/main.yml:1:3
          <- t1 order: is written below it
       t3 web : install  roles/web/tasks/main.yml:2:3
          <- t2 order: is written below it
       t4 web : start  roles/web/tasks/main.yml:3:3
          <- t3 order: is written below it
          <- t3 footprint: needs the packages, which may be changed there  roles/web/tasks/main.yml:3:3
       tasks:
       t5 look  site.yml:6:7
          <- t4 order: is written below it
       t6 greet  site.yml:9:7
          <- t5 order: is written below it
          <- t5 data: uses 'found' through 'greeting', which is registered there  site.yml:10:20
       t7 try  site.yml:12:11
          <- t6 order: is written below it
          <- t2 footprint: works below /etc/app, which is changed there  site.yml:12:11
       tasks, rescue:
       t8 mend  site.yml:16:11
          <- t7 order: runs if the block fails
       tasks, always:
       t9 clean  site.yml:19:11
          <- t7 order: runs in the end, failure or not
          <- t8 order: runs in the end, failure or not
          <- t2 footprint: works below /etc/app, which is changed there  site.yml:19:11
          <- t7 footprint: changes the file /etc/app/a.conf, as does that  site.yml:19:11
       tasks:
       t10 balance  site.yml:21:7
          <- t9 order: is written below it
          <- t1 data: uses 'ansible_os_family', which is gathered there  site.yml:25:13
          <- t9 host: is carried out by 'lb', which other hosts may see  site.yml:23:20
          <- t9 host: runs once for all hosts  site.yml:24:17
       t11 flush handlers
          <- t10 order: is written below it
       handlers:
       t12 handler web : reload  roles/web/handlers/main.yml:1:3
          <- t11 order: runs when handlers are due
          <- t3 notify: is notified as 'web : reload'  roles/web/tasks/main.yml:2:54
          <- t7 notify: is notified as 'reload'  site.yml:14:19
          <- t3 footprint: needs the packages, which may be changed there  roles/web/handlers/main.yml:1:3
          <- t4 footprint: changes the unit nginx, as does that  roles/web/handlers/main.yml:1:3
       t13 handler web : restart  roles/web/handlers/main.yml:2:3
          <- t12 order: handlers run in the order they are written
          <- t3 notify: is notified as 'restart'  roles/web/tasks/main.yml:2:45
          <- t3 footprint: needs the packages, which may be changed there  roles/web/handlers/main.yml:2:3
          <- t12 footprint: changes the unit nginx, as does that  roles/web/handlers/main.yml:2:3
       t14 handler web : reload  roles/web/handlers/main.yml:1:3
          <- t13 order: handlers run in the order they are written
          <- t13 notify: is notified as 'reload'  roles/web/handlers/main.yml:2:69
          <- t3 footprint: needs the packages, which may be changed there  roles/web/handlers/main.yml:1:3
          <- t13 footprint: changes the unit nginx, as does that  roles/web/handlers/main.yml:1:3

    p2 play db  site.yml:26:3
          <- t14 order: plays run one after the other
       tasks:
       t15 last  site.yml:29:7
          <- p2 order: starts the play
    "###);
}

#[test]
fn dot() {
    let (graph, _) = graph(&SMALL).unwrap();
    insta::assert_snapshot!(graph.to_dot(), @r###"
    digraph capstan {
      node [shape=box, fontname="sans-serif"];
      edge [fontname="sans-serif", fontsize=10];
      subgraph cluster_p1 {
        label="all";
        p1 [label="all", shape=oval];
        t1 [label="a <\"b\"> & {{ c }}", shape=box];
        t2 [label="second", shape=box];
        t3 [label="flush handlers", shape=diamond];
        t4 [label="h", shape=hexagon];
      }
      p1 -> t1 [label="order: starts the play", style=solid];
      t1 -> t2 [label="order: is written below it", style=solid];
      t1 -> t2 [label="data: uses 'r', which is registered there", style=dashed];
      t2 -> t3 [label="order: is written below it", style=solid];
      t3 -> t4 [label="order: runs when handlers are due", style=solid];
      t1 -> t4 [label="notify: is notified as 'h'", style=bold];
    }
    "###);
}

#[test]
fn mermaid() {
    let (graph, _) = graph(&SMALL).unwrap();
    insta::assert_snapshot!(graph.to_mermaid(), @r###"
    flowchart TD
      subgraph play_p1["all"]
        p1(["all"])
        t1["a #60;#34;b#34;#62; #38; #123;#123; c #125;#125;"]
        t2["second"]
        t3{"flush handlers"}
        t4{{"h"}}
      end
      p1 -->|"order: starts the play"| t1
      t1 -->|"order: is written below it"| t2
      t1 -.->|"data: uses 'r', which is registered there"| t2
      t2 -->|"order: is written below it"| t3
      t3 -->|"order: runs when handlers are due"| t4
      t1 ==>|"notify: is notified as 'h'"| t4
    "###);
}

#[test]
fn svg() {
    let (graph, place) = graph(&SMALL).unwrap();
    insta::assert_snapshot!(graph.to_svg().replace(&place, ""), @r###"
    <svg xmlns="http://www.w3.org/2000/svg" width="655" height="262" viewBox="0 0 655 262" font-family="sans-serif" font-size="12">
    <rect width="100%" height="100%" fill="white"/>
    <defs>
    <marker id="order" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#888888"/></marker>
    <marker id="notify" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#b35900"/></marker>
    <marker id="data" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#0060c0"/></marker>
    <marker id="host" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#9020a0"/></marker>
    <marker id="footprint" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#2a7030"/></marker>
    </defs>
    <path d="M46 44L46 62" fill="none" stroke="#888888" marker-end="url(#order)"><title>t1 waits for p1: starts the play</title></path>
    <path d="M46 90L46 108" fill="none" stroke="#888888" marker-end="url(#order)"><title>t2 waits for t1: is written below it</title></path>
    <path d="M176 81L206 81Q212 81 212 87L212 111Q212 117 206 117L99 117" fill="none" stroke="#0060c0" stroke-dasharray="4 3" marker-end="url(#data)"><title>t2 waits for t1: uses &apos;r&apos;, which is registered there</title></path>
    <path d="M46 136L46 154" fill="none" stroke="#888888" marker-end="url(#order)"><title>t3 waits for t2: is written below it</title></path>
    <path d="M46 182L40 200" fill="none" stroke="#888888" marker-end="url(#order)"><title>t4 waits for t3: runs when handlers are due</title></path>
    <path d="M176 81L218 81Q224 81 224 87L224 203Q224 209 218 209L64 209" fill="none" stroke="#b35900" marker-end="url(#notify)"><title>t4 waits for t1: is notified as &apos;h&apos;</title></path>
    <g><title>all (site.yml:1:3)</title><rect x="16" y="16" width="62" height="28" rx="14" fill="#dde6f0" stroke="#444444"/><text x="26" y="34">p1 all</text></g>
    <g><title>a &lt;&quot;b&quot;&gt; &amp; {{ c }} (site.yml:4:7)</title><rect x="16" y="62" width="160" height="28" rx="4" fill="#ffffff" stroke="#444444"/><text x="26" y="80">t1 a &lt;&quot;b&quot;&gt; &amp; {{ c }}</text></g>
    <g><title>second (site.yml:5:7)</title><rect x="16" y="108" width="83" height="28" rx="4" fill="#ffffff" stroke="#444444"/><text x="26" y="126">t2 second</text></g>
    <text x="254" y="123" font-size="11" fill="#0060c0">data from t1: uses &apos;r&apos;, which is registered there</text>
    <g><title>flush handlers (site.yml:1:3)</title><rect x="16" y="154" width="139" height="28" rx="4" fill="#fff4d6" stroke="#444444"/><text x="26" y="172">t3 flush handlers</text></g>
    <g><title>h (site.yml:7:7)</title><rect x="16" y="200" width="48" height="28" rx="4" fill="#ffe8cc" stroke="#444444"/><text x="26" y="218">t4 h</text></g>
    <text x="254" y="215" font-size="11" fill="#b35900">notify from t1: is notified as &apos;h&apos;</text>
    </svg>
    "###);
}

const SMALL: [(&str, &str); 1] = [(
    "site.yml",
    r#"- hosts: all
  gather_facts: false
  tasks:
    - {name: "a <\"b\"> & {{ c }}", command: x, register: r, notify: h}
    - {name: second, debug: {msg: "{{ r }}"}}
  handlers:
    - {name: h, debug: }
"#,
)];

#[test]
fn it_has_no_cycle_and_one_order() {
    let (graph, _) = graph(SITE).unwrap();
    assert!(graph.edges().all(|(from, to, _)| from < to), "edges lead forward, so nothing waits for itself");
    let kinds: BTreeSet<EdgeKind> = graph.edges().map(|(_, _, edge)| edge.kind).collect();
    assert_eq!(kinds.len(), 5, "this site has an edge of every kind");
    assert!(graph.nodes().enumerate().all(|(number, node)| {
        number == 0 || node.kind == NodeKind::Play || graph.edges().any(|(_, to, _)| to == number)
    }));
    let svg = graph.to_svg();
    assert_eq!(svg, graph.to_svg());
    assert!(svg.contains("web &amp; &quot;db&quot;"));
}

#[test]
fn unknown_handlers_are_warnings_for_a_task_may_never_notify() {
    let (graph, _) = graph(&[(
        "site.yml",
        "- hosts: all\n  tasks:\n    - block:\n        - debug:\n        - debug:\n      notify: restart ngnix\n    - debug:\n      notify: [\"{{ x }}\", web]\n  handlers:\n    - {name: restart nginx, debug: , listen: web}\n",
    )])
    .unwrap();
    let said: Vec<(&str, &[String])> =
        graph.warnings.iter().map(|warning| (warning.message(), warning.hints())).collect();
    assert_eq!(
        said,
        [("there is no handler 'restart ngnix'", &["did you mean 'restart nginx'?".to_owned()][..])]
    );
}

#[test]
fn a_handler_may_come_with_an_included_role() {
    let (graph, _) = graph(&[(
        "site.yml",
        "- hosts: all\n  tasks:\n    - include_role: {name: later}\n    - debug:\n      notify: of it\n",
    )])
    .unwrap();
    assert_eq!(
        graph.warnings.iter().map(|warning| warning.message()).collect::<Vec<_>>(),
        ["there is no handler 'of it'"]
    );
}

#[test]
fn handlers_are_found_by_rendered_name_role_and_topic() {
    let (graph, _) = graph(&[
        (
            "site.yml",
            "- hosts: all\n  vars: {unit: nginx}\n  roles: [r]\n  tasks:\n    - {debug: , notify: [restart nginx, 'r : topic']}\n  handlers:\n    - {name: 'restart {{ unit }}', debug: }\n",
        ),
        ("roles/r/handlers/main.yml", "- {name: one, debug: , listen: topic}\n- {name: two, debug: , listen: topic}\n"),
    ])
    .unwrap();
    let handlers: Vec<&str> =
        graph.nodes().filter(|node| node.kind == NodeKind::Handler).map(|node| node.title.as_str()).collect();
    assert_eq!(handlers, ["r : one", "r : two", "restart {{ unit }}"]);
}
