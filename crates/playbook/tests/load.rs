//! What becomes of well-formed playbooks.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::Arc;

use playbook::{ActionKind, Item, LoopKind, Meta, RoleRequest, Task, Vars};
use support::{Site, load};
use value::Value;

fn tasks(items: &[Item]) -> Vec<&Arc<Task>> {
    items.iter().flat_map(Item::tasks).collect()
}

fn named<'a>(items: &'a [Item], name: &str) -> &'a Task {
    tasks(items)
        .into_iter()
        .find(|task| task.plain_name() == name)
        .unwrap_or_else(|| panic!("no task '{name}'"))
}

fn names(items: &[Item]) -> Vec<String> {
    tasks(items).iter().filter(|task| !task.implicit).map(|task| task.title(task.plain_name())).collect()
}

fn texts(nodes: &[yaml::Node]) -> Vec<String> {
    nodes.iter().map(|node| node.as_str().unwrap().to_owned()).collect()
}

fn tags(task: &Task) -> Vec<&str> {
    task.keywords.tags.iter().map(|tag| tag.as_str()).collect()
}

#[test]
fn a_task_inherits_from_block_and_play() {
    let playbook = load(
        "
- hosts: all
  become: true
  environment: {A: play}
  tags: play
  vars: {x: 1}
  tasks:
    - when: outer
      tags: [block, both]
      become_user: web
      environment: {A: block}
      vars: {y: 2}
      notify: restart
      block:
        - name: inner
          debug:
          when: [first, second]
          tags: both, own
          vars: {z: 3}
      always:
        - name: last
          debug:
          become: false
          notify: [other]
",
    );
    let play = &playbook.plays[0];
    let inner = named(&play.tasks, "inner");
    assert_eq!(texts(&inner.keywords.when), ["outer", "first", "second"]);
    assert_eq!(tags(inner), ["play", "block", "both", "own"]);
    assert_eq!(inner.keywords.r#become.as_ref().unwrap().to_value(), Value::Bool(true));
    assert_eq!(inner.keywords.become_user.as_ref().unwrap().as_str(), Some("web"));
    assert_eq!(inner.keywords.environment.len(), 2);
    assert_eq!(inner.keywords.environment[1].get("A").unwrap().as_str(), Some("block"));
    assert_eq!(texts(&inner.keywords.notify), ["restart"]);
    let layers: Vec<String> =
        inner.vars_layers().flat_map(|layer| layer.iter().map(|(name, _)| name.to_string())).collect();
    assert_eq!(layers, ["y", "z"], "the play's own variables have a precedence of their own");
    let last = named(&play.tasks, "last");
    assert_eq!(last.keywords.r#become.as_ref().unwrap().to_value(), Value::Bool(false));
    assert_eq!(texts(&last.keywords.notify), ["other"]);
}

#[test]
fn actions_are_read_in_all_their_forms() {
    let playbook = load(
        "
- hosts: all
  tasks:
    - {name: a, ansible.builtin.copy: {src: x, dest: y}}
    - {name: b, copy: src=x dest=y mode=0644}
    - {name: c, action: copy src=x dest=y}
    - {name: d, action: {module: copy, src: x, dest: y}}
    - {name: e, local_action: copy src=x dest=y}
    - {name: f, copy: {src: x}, args: {src: z, dest: y}}
    - {name: g, command: 'ls -l  /tmp creates=/x', args: {chdir: /}}
    - {name: h, copy: '{{ options }}', args: '{{ more }}'}
    - {name: i, ini_file: {path: /x}}
    - {name: j, action: '{{ package }} name=x'}
    - {name: k, meta: flush_handlers}
    - {name: l, debug: }
    - {name: m, user: name=x}
",
    );
    let tasks = &playbook.plays[0].tasks;
    for name in ["a", "b", "c", "d", "e", "f"] {
        let action = &named(tasks, name).action;
        assert_eq!(action.module, "copy", "{name}");
        let value = |argument| action.arguments.get(argument).and_then(yaml::Node::as_str);
        assert_eq!((value("src"), value("dest")), (Some("x"), Some("y")), "{name}");
    }
    assert_eq!(named(tasks, "a").action.written.as_str(), "ansible.builtin.copy");
    assert_eq!(named(tasks, "b").action.arguments.get("mode").unwrap().as_str(), Some("0644"));
    assert_eq!(named(tasks, "e").keywords.delegate_to.as_ref().unwrap().as_str(), Some("localhost"));
    let command = &named(tasks, "g").action.arguments;
    assert_eq!(command.free_form.as_ref().unwrap().as_str(), Some("ls -l  /tmp"));
    assert_eq!(command.get("creates").unwrap().as_str(), Some("/x"));
    assert_eq!(command.get("chdir").unwrap().as_str(), Some("/"));
    assert_eq!(named(tasks, "h").action.arguments.splat.as_ref().unwrap().as_str(), Some("{{ more }}"));
    assert_eq!(named(tasks, "i").action.module, "community.general.ini_file");
    assert!(matches!(named(tasks, "j").action.kind, ActionKind::Template));
    assert_eq!(named(tasks, "j").action.written.as_str(), "{{ package }}");
    assert!(matches!(named(tasks, "k").action.kind, ActionKind::Meta(Meta::FlushHandlers)));
    assert_eq!(named(tasks, "l").action.arguments.named.len(), 0);
    assert_eq!(named(tasks, "m").action.module, "user", "which is a keyword of plays");
}

#[test]
fn loops_and_results_are_kept() {
    let playbook = load(
        "
- hosts: all
  tasks:
    - name: a
      debug:
      with_items: '{{ xs }}'
      loop_control: {loop_var: x, index_var: i, label: '{{ x }}', pause: 1.5, extended: true, break_when: x == 1}
      register: out
      until: out is success
      retries: 3
      delay: 0
      changed_when: false
      failed_when: [a, b]
    - {name: b, debug: , loop: [1, 2]}
",
    );
    let a = named(&playbook.plays[0].tasks, "a");
    let looping = a.looping.as_ref().unwrap();
    assert_eq!(looping.kind, LoopKind::With("items".to_owned()));
    assert_eq!(looping.control.loop_var.as_ref().unwrap().as_str(), Some("x"));
    assert_eq!(looping.control.break_when.len(), 1);
    let playbook::Register::Whole(name) = a.register.as_ref().unwrap() else { panic!("one variable") };
    assert_eq!(name.as_str(), "out");
    assert_eq!((a.until.len(), a.changed_when.len(), a.failed_when.len()), (1, 1, 2));
    let b = named(&playbook.plays[0].tasks, "b").looping.as_ref().unwrap();
    assert_eq!((&b.kind, b.expression.items().unwrap().len()), (&LoopKind::Loop, 2));
}

#[test]
fn imports_are_expanded_with_everything_pushed_down() {
    let site = Site::new([
        (
            "site.yml",
            "
- hosts: all
  vars: {which: two}
  tasks:
    - import_tasks: tasks/one.yml
      when: outer
      tags: imported
      vars: {a: 1}
",
        ),
        ("tasks/one.yml", "- name: one\n  debug:\n- import_tasks: '{{ which }}.yml'\n"),
        ("tasks/two.yml", "- name: two\n  debug:\n  when: inner\n"),
    ]);
    let playbook = site.load().unwrap();
    let two = named(&playbook.plays[0].tasks, "two");
    assert_eq!(texts(&two.keywords.when), ["outer", "inner"]);
    assert_eq!(tags(two), ["imported"]);
    assert!(two.vars_layers().any(|layer| layer.get("a").is_some()));
    assert_eq!(&*two.scope.file, site.path().join("tasks/two.yml"));
    assert_eq!(two.scope.search_path(), [site.path().join("tasks"), site.path().to_path_buf()]);
}

#[test]
fn imported_playbooks_give_variables_tags_and_conditions() {
    let site = Site::new([
        (
            "site.yml",
            "- import_playbook: sub/web.yml\n  vars: {x: import}\n  tags: all_of_it\n  when: wanted\n- hosts: db\n",
        ),
        (
            "sub/web.yml",
            "- hosts: web\n  vars: {x: play, y: play}\n  tasks: [{name: t, debug: }]\n  handlers: [{name: h, debug: }]\n",
        ),
    ]);
    let playbook = site.load().unwrap();
    assert_eq!(playbook.plays.len(), 2);
    let play = &playbook.plays[0];
    assert_eq!(play.vars.get("x").unwrap().value, Value::string("import"));
    assert_eq!(play.vars.get("y").unwrap().value, Value::string("play"));
    let task = named(&play.tasks, "t");
    assert_eq!((texts(&task.keywords.when), tags(task)), (vec!["wanted".to_owned()], vec!["all_of_it"]));
    assert_eq!(play.handlers[0].keywords.when.len(), 0, "handlers run if they are notified");
    assert_eq!(&*play.scope.playbook_dir, site.path().join("sub"));
}

fn site_with_roles() -> Site {
    Site::new([
        (
            "site.yml",
            "
- hosts: all
  pre_tasks: [{name: pre, debug: }]
  roles:
    - {role: web, tags: w, when: wanted, size: 80, vars: {v: use}}
    - role: web
  tasks:
    - name: own
      debug:
    - import_role: {name: extra, tasks_from: more}
      vars: {imported: 1}
  post_tasks: [{name: post, debug: }]
  handlers: [{name: of play, debug: }]
",
        ),
        ("roles/web/meta/main.yml", "dependencies:\n  - {role: base, level: 2}\n"),
        ("roles/web/tasks/main.yml", "- name: install\n  debug:\n- import_tasks: sub.yml\n"),
        ("roles/web/tasks/sub.yml", "- name: sub\n  debug:\n"),
        ("roles/web/handlers/main.yml", "- name: restart\n  debug:\n  listen: [web changed]\n"),
        ("roles/web/defaults/main.yml", "d: web\n"),
        ("roles/web/vars/main/10.yml", "v: ten\nw: ten\n"),
        ("roles/web/vars/main/20.yml", "w: twenty\n"),
        ("roles/base/tasks/main.yml", "- name: prepare\n  debug:\n"),
        ("roles/base/defaults/main.yml", "d: base\n"),
        ("roles/base/handlers/main.yml", "- name: of base\n  debug:\n"),
        ("roles/extra/tasks/more.yml", "- name: more\n  debug:\n"),
        ("roles/extra/handlers/main.yml", "- name: of extra\n  debug:\n"),
        ("roles/extra/defaults/main.yml", "e: extra\n"),
    ])
}

#[test]
fn a_role_that_is_a_link_is_where_that_leads() {
    let site = Site::new([
        ("site.yml", "- hosts: all\n  roles: [web]\n"),
        ("elsewhere/role-web/tasks/main.yml", "- name: install\n  debug:\n"),
        ("roles/README", ""),
    ]);
    std::os::unix::fs::symlink("../elsewhere/role-web", site.path().join("roles/web")).unwrap();
    let playbook = site.load().unwrap();
    let role = &playbook.plays[0].roles[0];
    let path = site.path().canonicalize().unwrap().join("elsewhere/role-web");
    assert_eq!((role.name.as_str(), &*role.path), ("web", &*path));
}

#[test]
fn roles_are_expanded_with_their_dependencies_before_them() {
    let site = site_with_roles();
    let playbook = site.load().unwrap();
    let play = &playbook.plays[0];
    let items = play.items(false);
    assert_eq!(
        names(&items),
        [
            "pre",
            "base : prepare",
            "web : install",
            "web : sub",
            "base : prepare",
            "web : install",
            "web : sub",
            "own",
            "extra : more",
            "post"
        ]
    );
    let metas: Vec<Meta> = tasks(&items)
        .iter()
        .filter_map(|task| match task.action.kind {
            ActionKind::Meta(meta) => Some(meta),
            _ => None,
        })
        .collect();
    use Meta::{FlushHandlers as Flush, RoleComplete as End};
    assert_eq!(metas, [Flush, End, End, End, End, End, Flush, Flush]);
    let handlers: Vec<&str> = play.handlers.iter().map(|handler| handler.plain_name()).collect();
    assert_eq!(handlers, ["of base", "restart", "of base", "restart", "of play", "of extra"]);
    assert_eq!(play.handlers[1].listen[0].as_str(), "web changed");

    let prepare = named(&play.role_blocks, "prepare");
    assert_eq!((tags(prepare), texts(&prepare.keywords.when)), (vec!["w"], vec!["wanted".to_owned()]));
    let base = prepare.scope.role.as_ref().unwrap();
    assert_eq!(base.params.get("level").unwrap().value, Value::Int(2));
    assert_eq!(base.parents[0].name, "web");
    let values = |layers: Vec<&Arc<Vars>>, name: &str| -> Vec<Value> {
        layers.into_iter().filter_map(|layer| Some(layer.get(name)?.value.clone())).collect()
    };
    assert_eq!(values(base.default_layers(), "d"), [Value::string("web"), Value::string("base")]);
    assert_eq!(values(base.param_layers(), "size"), [Value::Int(80)]);

    let web = named(&play.role_blocks, "install").scope.role.clone().unwrap();
    assert_eq!(values(web.default_layers(), "d"), [Value::string("base"), Value::string("web")]);
    assert_eq!(values(web.vars_layers(), "v"), [Value::string("ten"), Value::string("use")]);
    assert_eq!(values(web.vars_layers(), "w"), [Value::string("twenty")]);
    assert_eq!(web.path, site.path().join("roles/web"));
    assert!(!web.allow_duplicates);
    let identities: Vec<&str> = play.roles.iter().map(|role| &*role.identity).collect();
    assert_ne!(identities[0], identities[1], "other parameters make it another use");
    let more = named(&play.tasks, "more");
    assert!(more.scope.role.as_ref().unwrap().allow_duplicates);
    assert!(more.vars_layers().any(|layer| layer.get("imported").is_some()));
    assert_eq!(play.static_vars.get("e").unwrap().value, Value::string("extra"), "imported roles are public");
}

#[test]
fn force_handlers_flushes_whatever_happens() {
    let playbook = site_with_roles().load().unwrap();
    let items = playbook.plays[0].items(true);
    assert_eq!(items.len(), 3);
    for item in items {
        let Item::Block(block) = item else { panic!("a section is a block") };
        assert!(matches!(named(&block.always, "meta").action.kind, ActionKind::Meta(Meta::FlushHandlers)));
    }
}

#[test]
fn included_tasks_inherit_from_around_the_include_but_not_from_it() {
    let site = Site::new([
        (
            "site.yml",
            "
- hosts: all
  tasks:
    - tags: block
      when: around
      vars: {b: 1}
      block:
        - include_tasks:
            file: '{{ os }}.yml'
            apply: {tags: applied, become: true, vars: {applied: 1}}
          when: include
          tags: include
          vars: {i: 1}
",
        ),
        ("debian.yml", "- {name: child, debug: , tags: own}\n- import_role: {name: r}\n"),
        ("roles/r/tasks/main.yml", "- {name: of role, debug: }\n"),
        ("roles/r/handlers/main.yml", "- {name: handler of role, debug: }\n"),
    ]);
    let playbook = site.load().unwrap();
    let include = named(&playbook.plays[0].tasks, "include_tasks").clone();
    assert_eq!(tags(&include), ["block", "include"]);
    let ActionKind::IncludeTasks(kind) = &include.action.kind else { panic!("not an include") };
    assert_eq!(kind.file.as_str(), Some("{{ os }}.yml"));
    let mut item = Vars::new();
    item.insert("item", Value::Int(1), &include.span);
    let included = site.loader.load_included_tasks("debian.yml", &include, Arc::new(item)).unwrap();
    let child = named(&included.items, "child");
    assert_eq!(tags(child), ["block", "applied", "own"]);
    assert_eq!(texts(&child.keywords.when), ["around"]);
    assert!(child.keywords.r#become.is_some());
    let layers: Vec<String> =
        child.vars_layers().flat_map(|layer| layer.iter().map(|(name, _)| name.to_string())).collect();
    assert_eq!(layers, ["b", "applied"]);
    let params: Vec<String> = child
        .scope
        .include_params
        .iter()
        .flat_map(|layer| layer.iter().map(|(name, _)| name.to_string()))
        .collect();
    assert_eq!(params, ["i", "item"]);
    assert_eq!(names(&included.items), ["child", "r : of role"]);
    assert_eq!(included.handlers[0].plain_name(), "handler of role");
    assert_eq!(included.roles[0].name, "r");
    let missing = site.loader.load_included_tasks("debain.yml", &include, Arc::default()).unwrap_err();
    insta::assert_snapshot!(site.shown(&missing), @r#"
    error: there is no file of tasks 'debain.yml'
     --> site.yml:9:13
      |
    9 |             file: '{{ os }}.yml'
      |             ^^^^^^^^^^^^^^^^^^^^
      |
      = hint: did you mean 'debian.yml'?
    "#);
}

#[test]
fn included_roles_bring_their_variables_and_handlers() {
    let site = Site::new([
        ("site.yml", "- hosts: all\n  roles: [outer]\n"),
        (
            "roles/outer/tasks/main.yml",
            "- include_role: {name: '{{ x }}', public: true}\n  vars: {p: 1}\n  tags: t\n",
        ),
        ("roles/inner/tasks/main.yml", "- {name: t, debug: }\n- include_tasks: more.yml\n"),
        ("roles/inner/tasks/more.yml", "- {name: m, debug: }\n"),
        ("roles/inner/tasks/other.yml", "- {name: o, debug: }\n"),
        ("roles/inner/handlers/main.yml", "- {name: h, debug: }\n"),
    ]);
    let playbook = site.load().unwrap();
    let include = named(&playbook.plays[0].role_blocks, "include_role").clone();
    let request = RoleRequest { public: true, ..RoleRequest::new("inner") };
    let included = site.loader.load_included_role(&request, &include, Arc::default()).unwrap();
    assert_eq!(names(&included.items), ["inner : t", "inner : include_tasks"]);
    let task = named(&included.items, "t");
    assert_eq!(tags(task), Vec::<&str>::new());
    let role = task.scope.role.as_ref().unwrap();
    assert!(role.public && role.allow_duplicates);
    assert_eq!(role.parents[0].name, "outer");
    assert_eq!(role.use_vars.get("p").unwrap().value, Value::Int(1));
    assert_eq!(included.roles[0].name, "inner");
    assert_eq!(included.handlers[0].title("h"), "inner : h");
    let more = named(&included.items, "include_tasks");
    let more = site.loader.load_included_tasks("more.yml", more, Arc::default()).unwrap();
    assert_eq!(names(&more.items), ["inner : m"]);
    let request = RoleRequest { tasks_from: Some("other.yml".to_owned()), ..RoleRequest::new("inner") };
    let other = site.loader.load_included_role(&request, &include, Arc::default()).unwrap();
    assert_eq!(names(&other.items), ["inner : o"]);
}

#[test]
fn roles_of_collections_are_found_by_full_name() {
    let site = Site::new([
        (
            "site.yml",
            "- hosts: all\n  collections: [acme.tools]\n  roles: [acme.web.server]\n  tasks:\n    - import_role: {name: helper}\n",
        ),
        ("collections/ansible_collections/acme/web/roles/server/tasks/main.yml", "- {name: s, debug: }\n"),
        ("collections/ansible_collections/acme/tools/roles/helper/tasks/main.yml", "- {name: h, debug: }\n"),
    ]);
    let playbook = site.load().unwrap();
    let items = playbook.plays[0].items(false);
    assert_eq!(names(&items), ["acme.web.server : s", "acme.tools.helper : h"]);
    assert_eq!(named(&items, "s").scope.role.as_ref().unwrap().name, "server");
}

#[test]
fn an_argument_specification_becomes_a_task() {
    let site = Site::new([
        ("site.yml", "- hosts: all\n  roles: [{role: r, x: 1, tags: t}]\n"),
        (
            "roles/r/meta/argument_specs.yml",
            "argument_specs: {main: {short_description: A role, options: {x: {type: int}}}}\n",
        ),
        ("roles/r/tasks/main.yml", "- {name: t, debug: }\n"),
    ]);
    let playbook = site.load().unwrap();
    let items = playbook.plays[0].items(false);
    assert_eq!(names(&items)[0], "r : Validating arguments against arg spec 'main' - A role");
    let task = tasks(&items)
        .into_iter()
        .find(|task| task.action.module == "validate_argument_spec")
        .unwrap()
        .clone();
    assert_eq!(tags(&task), ["t", "always"]);
    assert!(task.action.arguments.get("argument_spec").unwrap().get("x").is_some());
    assert!(task.action.arguments.get("provided_arguments").unwrap().get("x").is_some());
}

#[test]
fn encrypted_files_are_read_and_never_shown() {
    let secret = vault::Secret::new("default", "password");
    let encrypt = |text: &str| vault::encrypt(text.as_bytes(), &secret, None).unwrap();
    let vars = encrypt("token: hunter2\n");
    let tasks = encrypt("- name: t\n  debugg: {msg: hunter2}\n");
    let mut site = Site::new([
        ("site.yml", "- hosts: all\n  vars_files: [v.yml]\n  tasks:\n    - import_tasks: t.yml\n"),
        ("v.yml", vars.as_str()),
        ("t.yml", tasks.as_str()),
    ]);
    let without = site.shown(&site.load().unwrap_err());
    assert!(without.contains("no vault secrets found"), "{without}");
    site.loader.secrets.push(secret.clone());
    let said = site.shown(&site.load().unwrap_err());
    assert!(said.contains("couldn't resolve module/action 'debugg'") && said.contains("t.yml:1:1"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    let vars = site.loader.load_vars(&site.path().join("v.yml")).unwrap();
    let token = &vars.get("token").unwrap().value;
    assert_eq!(token, &Value::string("hunter2"));
    assert!(token.as_text().unwrap().is_secret());
}

#[test]
fn a_file_of_vars_files_may_be_a_list_of_mappings() {
    let site = Site::new([
        ("site.yml", "- hosts: all\n  vars_files: [v.yml]\n  tasks: [debug: {msg: hi}]\n"),
        ("v.yml", "- {a: 1, b: 2}\n-\n- {b: 3}\n"),
        ("wrong.yml", "- {a: 1}\n- 5\n"),
    ]);
    site.load().unwrap();
    let layers = site.loader.load_vars_files(&site.path().join("v.yml")).unwrap();
    let of = |name| layers.iter().filter_map(|layer| layer.get(name)).map(|var| var.value.clone()).collect();
    let (a, b): (Vec<Value>, Vec<Value>) = (of("a"), of("b"));
    assert_eq!((a, b), (vec![Value::Int(1)], vec![Value::Int(2), Value::Int(3)]));
    assert!(site.loader.load_vars_files(&site.path().join("wrong.yml")).is_err());
    // All other files of variables are one mapping.
    assert!(site.loader.load_vars(&site.path().join("v.yml")).is_err());
}

#[test]
fn start_at_task_takes_names_with_and_without_role_and_wildcards() {
    let playbook = site_with_roles().load().unwrap();
    let install = named(&playbook.plays[0].role_blocks, "install");
    for (pattern, expected) in
        [("install", true), ("web : install", true), ("inst*", true), ("web : i*", true), ("sub", false)]
    {
        assert_eq!(install.starts(pattern, "install"), expected, "{pattern}");
    }
}

#[test]
fn handlers_may_include_tasks_and_listen() {
    let playbook = load(
        "
- hosts: all
  handlers:
    - {name: several, include_tasks: several.yml, listen: topic}
    - {name: one, debug: , listen: [topic, other]}
",
    );
    let topics: Vec<Vec<&str>> = playbook.plays[0]
        .handlers
        .iter()
        .map(|handler| handler.listen.iter().map(|topic| topic.as_str()).collect())
        .collect();
    assert_eq!(topics, [vec!["topic"], vec!["topic", "other"]]);
}

#[test]
fn a_file_that_changes_is_read_again() {
    let site = Site::new([("v.yml", "x: 1\n")]);
    let path = site.path().join("v.yml");
    assert_eq!(site.loader.load_vars(&path).unwrap().get("x").unwrap().value, Value::Int(1));
    std::fs::write(&path, "x: 234\n").unwrap();
    assert_eq!(site.loader.load_vars(&path).unwrap().get("x").unwrap().value, Value::Int(234));
}

#[test]
fn a_file_that_is_used_twice_has_its_errors_once() {
    let site = Site::new([
        ("site.yml", "- hosts: all\n  tasks:\n    - import_tasks: t.yml\n    - import_tasks: t.yml\n"),
        ("t.yml", "- flie: {path: /x}\n"),
    ]);
    assert_eq!(site.load().unwrap_err().iter().count(), 1);
}
