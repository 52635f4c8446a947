//! Whole inventories: what they hold, what patterns mean in them, and what is listed of them.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diag::{Error, Errors};
use inventory::{GroupNames, Inventory, Level, LoadOptions, Merge};
use tempfile::TempDir;
use value::{JsonStyle, Map, Value};
use vault::{Secret, Secrets};

/// A directory with these files.
fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = TempDir::new().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    directory
}

fn load_with(path: &Path, options: LoadOptions) -> (Inventory, Vec<Error>) {
    Inventory::load(&[path.to_str().unwrap()], options).unwrap()
}

/// An inventory of one file, without warnings.
fn load(name: &str, text: &str) -> (TempDir, Inventory) {
    let directory = directory(&[(name, text)]);
    let (inventory, warnings) = load_with(&directory.path().join(name), LoadOptions::default());
    assert!(warnings.is_empty(), "{warnings:?}");
    (directory, inventory)
}

fn variables(inventory: &Inventory, host: &str) -> String {
    Value::from((*inventory.variables(host).unwrap()).clone()).to_json(JsonStyle::LINE)
}

fn groups(inventory: &Inventory) -> String {
    let groups = inventory.groups();
    let lines = groups.iter().map(|(name, hosts)| format!("{name}={}", hosts.join(",")));
    lines.collect::<Vec<_>>().join(" ")
}

/// What is said about an inventory that can't be read.
fn failure(name: &str, text: &str) -> String {
    let directory = directory(&[(name, text)]);
    let (inventory, warnings) = load_with(&directory.path().join(name), LoadOptions::default());
    assert_eq!(inventory.hosts().count(), 0, "a source that can't be read leaves nothing behind");
    format!("{warnings:?}")
}

const INI: &str = "\
solo ansible_user=bob
solo2:2222
[::1]:22 x=1
[web]
w[01:02].example.com a=1 b=\"two words\" c='[1, 2]' d=True e=true f=0644 g=\"'5'\" h={{x}} # comment
w[1:3:2] p='{\"k\": \"v\"}'
[db]
db1:5432 ansible_group_priority=5
[web:vars]
v1=5 # five
v2 = foo # bar
v3 = \"quoted\"
v6=
v17=a=b
who=web
[prod:children]
web
db
[prod:vars]
who=prod
prod=yes
";

#[test]
fn ini_inventories() {
    let (_directory, inventory) = load("hosts", INI);
    assert_eq!(
        groups(&inventory),
        "all=solo,solo2,::1,w01.example.com,w02.example.com,w1,w3,db1 ungrouped=solo,solo2,::1 \
         web=w01.example.com,w02.example.com,w1,w3 db=db1 prod=w01.example.com,w02.example.com,w1,w3,db1"
    );
    assert_eq!(inventory.group_names("w1").join(","), "prod,web");
    assert_eq!(inventory.group_names("solo").join(","), "ungrouped");
    assert_eq!(variables(&inventory, "solo2"), r#"{"ansible_port": 2222}"#);
    assert_eq!(variables(&inventory, "::1"), r#"{"ansible_port": 22, "x": 1}"#);
    assert_eq!(
        variables(&inventory, "w01.example.com"),
        r#"{"a": 1, "b": "two words", "c": [1, 2], "d": true, "e": "true", "f": "0644", "g": "5", "h": "{{x}}", "prod": "yes", "v1": 5, "v17": "a=b", "v2": "foo # bar", "v3": "quoted", "v6": "", "who": "web"}"#
    );
    let map = inventory.variables("w01.example.com").unwrap();
    let text = map.get("h").unwrap().as_text().unwrap();
    assert!(text.is_template());
    assert_eq!(text.origin().unwrap().position().line, 5);
    assert_eq!(text.origin().unwrap().text(), "h={{x}}");
    let host = inventory.host("solo").unwrap();
    assert!(host.inventory_file().as_str().unwrap().ends_with("/hosts"));
    assert!(Arc::ptr_eq(&map, &inventory.variables("w01.example.com").unwrap()), "worked out once");
}

#[test]
fn yaml_inventories() {
    let text = "all:\n  hosts:\n    a:\n    b[1:2]: {x: 1}\n  vars: {g: 1}\n  children:\n    web:\n      hosts: c\n    db:\nother:\n  hosts: {a: {x: 2}, 'd:2222': }\n  children: web\n";
    for name in ["hosts.yml", "hosts.yaml", "hosts"] {
        let (_directory, inventory) = load(name, text);
        assert_eq!(groups(&inventory), "all=a,b1,b2,c,d ungrouped=b1,b2 web=c db= other=a,d,c", "{name}");
        assert_eq!(variables(&inventory, "a"), r#"{"g": 1, "x": 2}"#);
        assert_eq!(variables(&inventory, "d"), r#"{"ansible_port": 2222, "g": 1}"#);
    }
    let (_directory, inventory) = load("hosts.json", r#"{"web": {"hosts": {"a": {"x": 1e3}}}}"#);
    assert_eq!(variables(&inventory, "a"), r#"{"x": 1000.0}"#);
    let (_directory, inventory) = load("empty.yml", "---\n");
    assert_eq!(groups(&inventory), "all= ungrouped=");
}

#[test]
fn toml_inventories() {
    let text = "[web]\nchildren = [\"db\"]\n[web.vars]\ng = \"{{ x }}\"\n[web.hosts]\na = {}\n\"b[1:2]\" = { x = 1, l = [1.5, true], t = {u = 2020-01-01} }\n[web.hosts.c]\nd = 2020-01-01T12:42:42-07:00\nt = 12:42:42\n[db.hosts]\nd = {}\n";
    let (_directory, inventory) = load("hosts.toml", text);
    assert_eq!(groups(&inventory), "all=a,b1,b2,c,d ungrouped= web=a,b1,b2,c,d db=d");
    assert_eq!(
        variables(&inventory, "b2"),
        r#"{"g": "{{ x }}", "l": [1.5, true], "t": {"u": "2020-01-01"}, "x": 1}"#
    );
    assert_eq!(
        variables(&inventory, "c"),
        r#"{"d": "2020-01-01T12:42:42-07:00", "g": "{{ x }}", "t": "12:42:42"}"#
    );
    let map = inventory.variables("d").unwrap();
    let text = map.get("g").unwrap().as_text().unwrap();
    assert!(text.is_template());
    assert_eq!((text.origin().unwrap().position().line, text.origin().unwrap().text()), (4, "\"{{ x }}\""));
    let time = inventory.variables("c").unwrap();
    assert!(time.get("t").unwrap().as_text().unwrap().is_trusted());
    assert!(failure("hosts.toml", "[web]\nhosts = [\"a\"]\n").contains("hosts.toml:2:9"));
    assert!(failure("hosts.toml", "[web\n").contains("hosts.toml:1:5"));
}

#[test]
fn lists_of_hosts_and_several_sources() {
    let directory =
        directory(&[("one", "[web]\na x=1\nb\n"), ("two.yml", "web: {hosts: {c: , a: {x: 2}}}\n")]);
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let sources = [path("one"), "d,e:22,".to_owned(), path("two.yml")];
    let (inventory, warnings) = Inventory::load(&sources, LoadOptions::default()).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(groups(&inventory), "all=d,e,a,b,c ungrouped=d,e web=a,b,c");
    assert_eq!(variables(&inventory, "a"), r#"{"x": 2}"#);
    assert_eq!(variables(&inventory, "e"), r#"{"ansible_port": 22}"#);
    let file = |host: &str| inventory.host(host).unwrap().inventory_file();
    assert_eq!(file("a"), Value::from(path("one")));
    assert_eq!(file("d"), Value::from("d,e:22,"));
    assert!(inventory.host("d").unwrap().inventory_dir().is_null());
}

#[test]
fn directories_are_read_in_order_of_names() {
    let directory = directory(&[
        ("10-base", "[web]\na x=1\n"),
        ("20-more.ini", "[web:vars]\ny=1\n[web]\na x=2\n"),
        ("sub/30.yml", "web: {hosts: {b: }}\n"),
        ("notes.txt", "c\n"),
        (".hidden", "c\n"),
        ("old~", "c\n"),
        ("skipped.inv", "c\n"),
        ("group_vars/web.yml", "z: 1\n"),
    ]);
    let options = LoadOptions { ignored_patterns: vec!["^skip".into()], ..LoadOptions::default() };
    let (inventory, warnings) = load_with(directory.path(), options);
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(groups(&inventory), "all=a,b ungrouped= web=a,b");
    assert_eq!(variables(&inventory, "a"), r#"{"x": 2, "y": 1, "z": 1}"#);
}

#[test]
fn scripts_print_json() {
    let script = r#"#!/bin/sh
if [ "$1" = --list ]; then
cat <<END
{"web": {"hosts": ["a", "b"], "vars": {"v": "{{ x }}"}, "children": ["sub"]}, "sub": ["c"],
 "_meta": {"hostvars": {"a": {"x": 1}}}}
END
fi
"#;
    let old = "#!/bin/sh\nif [ $1 = --list ]; then echo '{\"web\": [\"a\"]}'; else echo \"{\\\"name\\\": \\\"$2\\\"}\"; fi\n";
    let failing = "#!/bin/sh\necho 'no connection' >&2\nexit 3\n";
    let directory = directory(&[("new", script), ("old", old), ("failing", failing), ("text", "[web]\na\n")]);
    let path = |name: &str| {
        let path = directory.path().join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    };
    let (inventory, warnings) = load_with(&path("new"), LoadOptions::default());
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(groups(&inventory), "all=a,b,c ungrouped= web=a,b,c sub=c");
    assert_eq!(variables(&inventory, "a"), r#"{"v": "{{ x }}", "x": 1}"#);
    let (inventory, _) = load_with(&path("old"), LoadOptions::default());
    assert_eq!(variables(&inventory, "a"), r#"{"name": "a"}"#);
    let (_, warnings) = load_with(&path("failing"), LoadOptions::default());
    assert!(format!("{warnings:?}").contains("no connection"), "{warnings:?}");
    let (inventory, warnings) = load_with(&path("text"), LoadOptions::default());
    assert!(warnings.is_empty() && inventory.host("a").is_some(), "a text that is executable is a text");
}

#[test]
fn variables_follow_precedence_and_say_where_they_came_from() {
    let directory = directory(&[
        (
            "inv/hosts",
            "[web]\na who=host\nb\n[prod:children]\nweb\n[all:vars]\nwho=all\n[prod:vars]\nwho=prod\n[web:vars]\nwho=web\n",
        ),
        ("inv/group_vars/all/a.yml", "who: inventory all\ndir: 1\n"),
        ("inv/group_vars/all/b.json", "{\"dir\": 2}"),
        ("inv/group_vars/all/sub/c", "deep: 1\n"),
        ("inv/group_vars/all/.x.yml", "hidden: 1\n"),
        ("inv/group_vars/all/x.yml~", "hidden: 1\n"),
        ("inv/group_vars/all.yml", "hidden: 1\n"),
        ("inv/group_vars/web.yaml", "who: inventory web\n"),
        ("inv/host_vars/a", "who: inventory host\n"),
        ("play/group_vars/all.yml", "who: play all\n"),
        ("play/group_vars/prod.yml", "who: play prod\n"),
        ("play/host_vars/a.yml", "who: play host\n"),
    ]);
    let options =
        LoadOptions { playbook_dirs: vec![directory.path().join("play")], ..LoadOptions::default() };
    let (mut inventory, warnings) = load_with(&directory.path().join("inv/hosts"), options);
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(variables(&inventory, "a"), r#"{"deep": 1, "dir": 2, "who": "play host"}"#);
    assert_eq!(variables(&inventory, "b"), r#"{"deep": 1, "dir": 2, "who": "play prod"}"#);
    let explained: Vec<String> = inventory
        .explain("a", "who")
        .unwrap()
        .iter()
        .map(|set| format!("{} {} {}", set.level.number(), set.owner, set.value))
        .collect();
    assert_eq!(
        explained,
        [
            "3 all all",
            "3 prod prod",
            "3 web web",
            "4 all inventory all",
            "5 all play all",
            "6 web inventory web",
            "7 prod play prod",
            "8 a host",
            "9 a inventory host",
            "10 a play host"
        ]
    );
    let last = inventory.explain("a", "who").unwrap().pop().unwrap();
    assert_eq!(last.level, Level::PlaybookHostVars);
    assert!(last.place.unwrap().to_string().ends_with("play/host_vars/a.yml:1:1"));
    inventory.set_playbook_dirs(Vec::new());
    assert_eq!(variables(&inventory, "b"), r#"{"deep": 1, "dir": 2, "who": "inventory web"}"#);
}

#[test]
fn of_groups_at_one_depth_priority_and_then_the_name_decides() {
    let text = "[b]\nh\n[a]\nh\n[c]\nh\n[a:vars]\nansible_group_priority=2\nw=a\nx=a\n[b:vars]\nw=b\nx=b\ny=b\n[c:vars]\nx=c\ny=c\n[p:children]\nc\n[p:vars]\nansible_group_priority=9\nx=p\nz=p\n[z]\nh\n[z:vars]\nansible_group_priority=0\ny=z\nw=z\n";
    let (_directory, inventory) = load("hosts", text);
    // `c` lies below `p`, and so is deeper than the others; 0 is less than the priority of a group without one.
    assert_eq!(variables(&inventory, "h"), r#"{"w": "a", "x": "c", "y": "c", "z": "p"}"#);
}

#[test]
fn mappings_are_replaced_or_merged() {
    let files = [
        ("hosts", "[web]\na\n"),
        ("group_vars/all", "m: {x: {a: 1}, y: 1}\n"),
        ("group_vars/web", "m: {x: {b: 2}}\n"),
    ];
    let directory = directory(&files);
    let hosts = directory.path().join("hosts");
    let (inventory, _) = load_with(&hosts, LoadOptions::default());
    assert_eq!(variables(&inventory, "a"), r#"{"m": {"x": {"b": 2}}}"#);
    let (inventory, _) = load_with(&hosts, LoadOptions { merge: Merge::Recursive, ..LoadOptions::default() });
    assert_eq!(variables(&inventory, "a"), r#"{"m": {"x": {"a": 1, "b": 2}, "y": 1}}"#);
}

#[test]
fn mappings_of_several_sources_are_replaced_or_merged() {
    let files = [
        ("hosts/1.yml", "all: {hosts: {a: {h: {x: 1, y: 1}}}, vars: {g: {x: 1, y: 1}}}\n"),
        ("hosts/2.yml", "all: {hosts: {a: {h: {x: 2}}}, vars: {g: {x: 2}}}\n"),
    ];
    let directory = directory(&files);
    let hosts = directory.path().join("hosts");
    let (inventory, _) = load_with(&hosts, LoadOptions::default());
    assert_eq!(variables(&inventory, "a"), r#"{"g": {"x": 2}, "h": {"x": 2}}"#);
    let (inventory, _) = load_with(&hosts, LoadOptions { merge: Merge::Recursive, ..LoadOptions::default() });
    assert_eq!(variables(&inventory, "a"), r#"{"g": {"x": 2, "y": 1}, "h": {"x": 2, "y": 1}}"#);
}

#[test]
fn vaulted_files_are_opened_and_their_text_is_never_shown() {
    let secret = Secret::new("default", "sesame");
    let vaulted = |text: &str| vault::encrypt(text.as_bytes(), &secret, None).unwrap();
    let directory = directory(&[
        ("hosts", "a\nb\nc\n"),
        ("host_vars/a.yml", &vaulted("word: hunter2\nnumber: 5\n")),
        ("host_vars/b.yml", &vaulted("word: 'hunter2\n")),
    ]);
    let secrets: Secrets = std::iter::once(secret).collect();
    let options = LoadOptions { secrets: Arc::new(secrets), ..LoadOptions::default() };
    let (inventory, _) = load_with(&directory.path().join("hosts"), options);
    let map = inventory.variables("a").unwrap();
    let word = map.get("word").unwrap().as_text().unwrap();
    assert_eq!(word.as_str(), "hunter2");
    assert!(word.is_secret() && word.is_trusted());
    let place = word.origin().unwrap();
    assert_eq!((place.position().line, place.text()), (1, "*******"));
    let errors = format!("{:?}", inventory.variables("b").unwrap_err());
    assert!(errors.contains("b.yml:1:7") && !errors.contains("hunter2"), "{errors}");
    let (inventory, _) = load_with(&directory.path().join("hosts"), LoadOptions::default());
    let errors = format!("{:?}", inventory.variables("a").unwrap_err());
    assert!(errors.contains("no vault secrets found") && errors.contains("a.yml:1:1"), "{errors}");
    assert!(inventory.variables("c").is_ok(), "what other hosts need does not matter");
    assert_eq!(inventory.check().iter().count(), 2, "a check looks at all");
}

#[test]
fn patterns_mean_what_they_mean_in_ansible() {
    let directory =
        directory(&[("hosts", "[x]\ny\n[z]\nx\nw.x\n[deep:children]\nz\n"), ("limit", "y\nw.x\n")]);
    let (inventory, _) = load_with(&directory.path().join("hosts"), LoadOptions::default());
    for (pattern, hosts) in [
        ("all", "y x w.x"),
        ("*", "y x w.x"),
        ("x", "x"),
        ("x*", "y x"),
        ("z", "x w.x"),
        ("deep", "x w.x"),
        ("z[0]", "x"),
        ("z[-1]", "w.x"),
        ("z[-9]", ""),
        ("z[5]", ""),
        ("z[0:1]", "x w.x"),
        ("z[1:]", "w.x"),
        ("z[2:1]", ""),
        ("~w", "w.x"),
        ("~(w|y)", "y w.x"),
        ("all:!x", "x w.x"),
        ("!x", "x w.x"),
        ("&z", "x w.x"),
        ("w.x", "w.x"),
        ("w?x", "w.x"),
        ("[xy]", "y x"),
        ("[!xy]", "x w.x"),
        ("nope", ""),
        ("x:z", "x w.x"),
        ("z,!w.x", "x"),
        ("all:&z:!w.x", "x"),
        ("all[0]", "y"),
        ("all,!all", ""),
        ("y:nope", "y"),
        ("", ""),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("all,localhost", "y x w.x localhost"),
    ] {
        assert_eq!(inventory.select(pattern).unwrap().join(" "), hosts, "{pattern}");
    }
    let error = inventory.select("~[").unwrap_err();
    assert!(error.message().contains("'~['"), "{error:?}");
    let limit = format!("@{}", directory.path().join("limit").display());
    assert_eq!(inventory.select_limited("z", Some(&limit)).unwrap().join(" "), "w.x");
    assert_eq!(inventory.select_limited("all", Some("all:!z")).unwrap().join(" "), "y");
    assert!(inventory.select_limited("all", Some("@/nowhere")).is_err());
    assert_eq!(inventory.unmatched("y:nope:&z:!gone,w*").unwrap(), ["y:nope:&z:!gone"]);
    assert_eq!(inventory.unmatched("y:nope:&z:!gone:w*:q*:all").unwrap(), ["nope", "!gone", "q*"]);
}

#[test]
fn the_implicit_host_is_not_in_all() {
    let directory = directory(&[
        ("hosts", "a\n[all:vars]\nv=1\n"),
        ("group_vars/all", "g: 1\n"),
        ("group_vars/ungrouped", "u: 1\n"),
    ]);
    let (inventory, _) = load_with(&directory.path().join("hosts"), LoadOptions::default());
    assert_eq!(inventory.select("all").unwrap().join(" "), "a");
    assert!(inventory.host("localhost").unwrap().is_implicit());
    assert!(inventory.group_names("localhost").is_empty());
    assert_eq!(
        variables(&inventory, "localhost"),
        r#"{"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}", "g": 1, "v": 1}"#
    );
    let (_directory, inventory) = load("hosts", "127.0.0.1 v=1\n");
    assert_eq!(inventory.select("localhost").unwrap().join(" "), "127.0.0.1");
    assert_eq!(variables(&inventory, "localhost"), r#"{"v": 1}"#);
    let (inventory, _) = Inventory::load(&[] as &[&str], LoadOptions::default()).unwrap();
    assert_eq!(inventory.select("localhost").unwrap().join(" "), "localhost");
    let errors = format!("{:?}", inventory.variables("nowhere").unwrap_err());
    assert!(errors.contains("no host 'nowhere'"), "{errors}");
}

#[test]
fn hosts_and_groups_are_added_at_run_time() {
    let directory = directory(&[("hosts", "h1\nh2\n"), ("group_vars/g1", "v: 1\n")]);
    let (mut inventory, _) = load_with(&directory.path().join("hosts"), LoadOptions::default());
    assert_eq!(variables(&inventory, "h1"), "{}");
    let other = inventory.variables("h2").unwrap();
    assert!(inventory.add_host("dyn", &[], &Map::new()));
    assert_eq!(groups(&inventory), "all=dyn,h1,h2 ungrouped=h1,h2,dyn");
    let map: Map = [(Value::from("x"), Value::from(1))].into_iter().collect();
    assert!(inventory.add_host("dyn2", &["g1", "g2"], &map));
    assert!(!inventory.add_host("dyn2", &["g1", "g2"], &map), "nothing is new");
    assert!(inventory.add_to_group("h1", "g1"));
    assert!(!inventory.add_to_group("h1", "g1"));
    assert!(Arc::ptr_eq(&other, &inventory.variables("h2").unwrap()), "what is known of other hosts is kept");
    assert!(inventory.add_group("top", &[]) && inventory.add_group("g1", &["top"]));
    assert!(!inventory.add_group("top", &["g1"]), "a group can't contain itself");
    let expected = "all=dyn,dyn2,h2,h1 ungrouped=h2,dyn g1=dyn2,h1 g2=dyn2 top=dyn2,h1";
    assert_eq!(groups(&inventory), expected);
    assert_eq!(variables(&inventory, "dyn2"), r#"{"v": 1, "x": 1}"#);
    assert_eq!(variables(&inventory, "h1"), r#"{"v": 1}"#);
    assert!(inventory.host("dyn").unwrap().inventory_file().is_null());
    fs::write(directory.path().join("hosts"), "h1\nh2\nh3\n").unwrap();
    inventory.refresh().unwrap();
    assert!(inventory.host("h3").is_some() && inventory.groups()["g1"].join(",") == "dyn2,h1");
}

#[test]
fn listings_are_those_of_ansible_inventory() {
    let (_directory, inventory) =
        load("hosts", "[x]\ny\n[z]\nx1\nw.x\n[all:vars]\nq=1\n[z:vars]\nzz=1\n[p:children]\nz\n");
    let pretty = |value: Value| value.to_json(JsonStyle::LINE);
    assert_eq!(
        pretty(inventory.list(false, None).unwrap()),
        r#"{"_meta": {"hostvars": {"w.x": {"q": 1, "zz": 1}, "x1": {"q": 1, "zz": 1}, "y": {"q": 1}}, "profile": "inventory_legacy"}, "all": {"children": ["ungrouped", "x", "p"]}, "p": {"children": ["z"]}, "x": {"hosts": ["y"]}, "z": {"hosts": ["x1", "w.x"]}}"#
    );
    assert_eq!(
        pretty(inventory.list(true, None).unwrap()),
        r#"{"_meta": {"hostvars": {}, "profile": "inventory_legacy"}, "all": {"children": ["ungrouped", "x", "p"], "vars": {"q": 1}}, "p": {"children": ["z"]}, "x": {"hosts": ["y"]}, "z": {"hosts": ["x1", "w.x"], "vars": {"zz": 1}}}"#
    );
    let only = inventory.select("y").unwrap();
    assert_eq!(
        pretty(inventory.list(false, Some(&only)).unwrap()),
        r#"{"_meta": {"hostvars": {"y": {"q": 1}}, "profile": "inventory_legacy"}, "all": {"children": ["ungrouped", "x", "p"]}, "p": {"children": ["z"]}, "x": {"hosts": ["y"]}}"#
    );
    assert_eq!(
        pretty(inventory.tree(true, None).unwrap()),
        r#"{"all": {"children": {"p": {"children": {"z": {"hosts": {"w.x": {}, "x1": {}}, "vars": {"zz": 1}}}}, "x": {"hosts": {"y": {}}}}, "vars": {"q": 1}}}"#
    );
    assert_eq!(
        inventory.graph("all", false).unwrap(),
        "@all:\n  |--@ungrouped:\n  |--@x:\n  |  |--y\n  |--@p:\n  |  |--@z:\n  |  |  |--x1\n  |  |  |--w.x\n"
    );
    assert_eq!(
        inventory.graph("z", true).unwrap(),
        "@z:\n  |--x1\n  |  |--{q = 1}\n  |  |--{zz = 1}\n  |--w.x\n  |  |--{q = 1}\n  |  |--{zz = 1}\n  |--{zz = 1}\n"
    );
    assert!(inventory.graph("zz", false).is_err());
    let (_directory, inventory) =
        load("hosts.yml", "all: {hosts: {h: {u: !unsafe '{{ x }}', v: !vault x, t: ['{{ x }}']}}}\n");
    let expected =
        r#"{"t": ["{{ x }}"], "u": {"__ansible_unsafe": "{{ x }}"}, "v": {"__ansible_vault": "x"}}"#;
    assert!(pretty(inventory.list(false, None).unwrap()).contains(expected));
}

#[test]
fn what_is_wrong_in_ini_is_said_with_its_place() {
    for (text, place, parts) in [
        (
            "[web]\na\n[web:children]\nwebb\n[webs]\n",
            "4:1",
            &["there is no group 'webb'", "did you mean 'web'"][..],
        ),
        ("[nope:vars]\na=1\n", "1:2", &["there is no group 'nope'", "section [nope]"]),
        ("[web:var]\nx\n", "1:6", &["can't be of the kind ':var'", "did you mean 'vars'"]),
        ("[we b]\nx\n", "1:1", &["names have no blanks"]),
        ("[web]\nh a\n", "2:3", &["'a' is not a variable", "NAME=VALUE"]),
        ("h x = 1\n", "1:3", &["write no blanks around '='"]),
        ("[web]\n[web:vars]\nfoo\n", "3:1", &["'foo' is not a variable"]),
        ("h a=\"x\n", "1:5", &["a quote is not closed"]),
        ("h[01:3]\n", "1:1", &["same number of digits"]),
        ("h:\n", "1:1", &["a port must stand"]),
        ("[a:children]\nb\n[b:children]\na\n", "4:1", &["would contain itself"]),
        ("[a:children]\nfoo bar\n", "2:1", &["'foo bar' is not a group's name"]),
        ("[a]\n[a:vars]\nansible_group_priority=x\n", "3:1", &["must be an integer"]),
    ] {
        let error = failure("hosts.ini", text);
        assert!(error.contains(&format!("hosts.ini:{place}")), "{text:?} is not at {place}\n{error}");
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in\n{error}");
        }
    }
    let all = failure("hosts", "[web]\nh a\n[x y]\nh[1:]\n");
    assert_eq!(all.matches("plugin:").count(), 3, "all errors of a file are told\n{all}");
}

#[test]
fn what_is_wrong_in_yaml_is_said_with_its_place() {
    for (text, place, parts) in [
        ("- a\n", "1:1", &["must be a mapping of groups, not a list"][..]),
        ("all: {hosts: [a, b]}\n", "1:14", &["'hosts' must be a mapping, not a list", "':' after each name"]),
        ("all: x\n", "1:6", &["the group 'all' must be a mapping"]),
        ("all: {vars: x}\n", "1:13", &["'vars' must be a mapping"]),
        ("plugin: aws_ec2\n", "1:9", &["specifies unknown plugin 'aws_ec2'"]),
        ("a: {children: {b: {children: {a: }}}}\n", "1:16", &["would contain itself"]),
        ("all:\n\thosts:\n", "2:1", &["a tab can't be used"]),
        ("all: {hosts: {'h[1:]': }}\n", "1:15", &["must specify end value"]),
        ("all: {hosts: {1234: }}\n", "1:15", &["Host pattern 1234 must be a string", "in quotes: '1234'"]),
        ("all: {hosts: {h: x}}\n", "1:18", &["must be a mapping of variables"]),
    ] {
        let error = failure("hosts.yml", text);
        assert!(error.contains(&format!("hosts.yml:{place}")), "{text:?} is not at {place}\n{error}");
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in\n{error}");
        }
    }
}

#[test]
fn warnings_are_given_and_reading_goes_on() {
    for (name, text, message) in [
        ("hosts", "[web-1]\nx\n", "of 'web-1', use only letters"),
        ("hosts", "[x]\nx\n", "Found both group and host with same name: x"),
        ("hosts.yml", "all: {hosts: {x: }, vers: {a: 1}}\n", "did you mean 'vars'"),
        ("hosts.yml", "all: {hosts: {x: , x: }}\n", "duplicate mapping key"),
    ] {
        let directory = directory(&[(name, text)]);
        let (inventory, warnings) = load_with(&directory.path().join(name), LoadOptions::default());
        assert!(format!("{warnings:?}").contains(message), "{warnings:?}");
        assert!(inventory.host("x").is_some());
    }
    let directory = directory(&[("hosts", "[web-1]\nx\n")]);
    let options = LoadOptions { group_names: GroupNames::ReplaceSilently, ..LoadOptions::default() };
    let (inventory, warnings) = load_with(&directory.path().join("hosts"), options);
    assert!(warnings.is_empty() && inventory.group_names("x").join("") == "web_1");
}

#[test]
fn unreadable_sources_can_be_errors() {
    let missing = PathBuf::from("/nowhere/hosts");
    let (_, warnings) = load_with(&missing, LoadOptions::default());
    assert!(
        format!("{warnings:?}").contains("Unable to parse /nowhere/hosts as an inventory source"),
        "{warnings:?}"
    );
    let fail = |any: bool, sources: &[&str]| -> Result<(), Errors> {
        let options = LoadOptions {
            fail_if_any_unreadable: any,
            fail_if_all_unreadable: !any,
            ..LoadOptions::default()
        };
        Inventory::load(sources, options).map(|_| ())
    };
    assert!(fail(true, &["/nowhere/hosts", "a,"]).is_err());
    assert!(fail(false, &["/nowhere/hosts", "a,"]).is_ok());
    assert!(fail(false, &["/nowhere/hosts"]).is_err());
}

#[test]
fn thousands_of_hosts_share_what_they_have_in_common() {
    let text = format!("[web]\nw[1:3000]\n[web:vars]\nlong={}\n", "x".repeat(10_000));
    let (_directory, inventory) = load("hosts", &text);
    let long =
        |host: &str| inventory.variables(host).unwrap().get("long").unwrap().as_text().unwrap().shared();
    assert!(Arc::ptr_eq(&long("w1"), &long("w3000")));
    assert_eq!(inventory.select("w*").unwrap().len(), 3000);
    assert_eq!(inventory.select("web[2990:]").unwrap().len(), 10);
}
