//! Template files, and what they include.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::Arc;

use diag::Source;
use support::{Variables, shown, trusted};
use template::{Extensions, FileOptions, Templates};
use value::{Map, Text, Value};

fn render(name: &str, content: &str, options: &FileOptions) -> String {
    let source = Source::new(name, content);
    match Templates::with_extensions(Extensions::ALL).render_file(&source, options, &Variables::usual()) {
        Ok(value) => value.to_string(),
        Err(error) => {
            format!("! {} at {}", error.message(), error.span().map(ToString::to_string).unwrap_or_default())
        }
    }
}

#[test]
fn what_is_no_text_comes_out_as_it_is() {
    let options = FileOptions { newline_sequence: "\r\n".into(), ..FileOptions::default() };
    let source = Source::new("t.j2", "é\n{{ '6Q==' | b64decode }}\n");
    let made = Templates::new().render_file(&source, &options, &Variables::usual()).unwrap();
    assert!(matches!(made, Value::Bytes(bytes) if *bytes == *b"\xc3\xa9\r\n\xe9\r\n"));
    let text = Text::trusted("{{ '6Q==' | b64decode }}\n", None);
    let made = Templates::new().render(&text, &Variables::usual()).unwrap();
    assert!(matches!(made, Value::Bytes(bytes) if *bytes == *b"\xe9\n"));
}

#[test]
fn a_file_is_rendered_as_the_template_module_does() {
    let cases = [
        ("a\n", "a\n"),
        ("{{ x }}\n", "5\n"),
        ("{{ x }}", "5"),
        ("{{ none }}", ""),
        ("{{ d }}", "{'a': 1, 'b': 'two', 'items': 9}"),
        ("{% if true %}\na\n{% endif %}\nb\n", "a\nb\n"),
        ("  {% if true %}\na\n  {% endif %}\nb\n", "  a\n  b\n"),
        ("{# gone #}\na\n", "a\n"),
        ("{% for i in l %}\n- {{ i }}\n{% endfor %}\n", "- 3\n- 1\n- 2\n"),
        ("{{ 'a\\nb' }}\n", "a\nb\n"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("#jinja2: trim_blocks: False\n{% if true %}\na\n{% endif %}\n", "\na\n\n"),
        ("#jinja2: lstrip_blocks: True\n  {% if true %}\na\n  {% endif %}\n", "a\n"),
        ("#jinja2: variable_start_string:'[[', variable_end_string:']]'\n[[ x ]] {{ y }}\n", "5 {{ y }}\n"),
        ("#jinja2: line_statement_prefix:'%%'\n%% for i in l\n{{ i }}\n%% endfor\n", "3\n1\n2\n"),
        ("{{ nope }}\n", "! 'nope' is undefined at t.j2:1:4"),
        ("a\n{{ x\n  + nope }}\n", "! 'nope' is undefined at t.j2:3:5"),
        ("#jinja2: trim_blocks: False\na {{ nope }}\n", "! 'nope' is undefined at t.j2:2:6"),
        ("a\n{% if %}\n", "! Syntax error in template: unexpected 'end of statement block' at t.j2:2:7"),
        ("#jinja2: trim_block: True\n", "! there is no template setting 'trim_block' at t.j2:1:9"),
        ("{{ unk }}x", "<unknown: a command that was not run>"),
    ];
    for (content, expected) in cases {
        assert_eq!(render("t.j2", content, &FileOptions::default()), expected, "{content}");
    }
}

#[test]
fn options_are_those_of_the_template_module() {
    let with = |change: fn(&mut FileOptions)| {
        let mut options = FileOptions::default();
        change(&mut options);
        options
    };
    assert_eq!(render("t", "a\nb\n", &with(|it| it.newline_sequence = "\r\n".into())), "a\r\nb\r\n");
    assert_eq!(
        render(
            "t",
            "<% if true %>\n[= x =]<% endif %>",
            &with(|it| {
                it.block_start = "<%".into();
                it.block_end = "%>".into();
                it.variable_start = "[=".into();
                it.variable_end = "=]".into();
            })
        ),
        "5"
    );
    assert_eq!(
        render(
            "t",
            "a {* b *}c",
            &with(|it| {
                it.comment_start = "{*".into();
                it.comment_end = "*}".into();
            })
        ),
        "a c"
    );
    assert!(
        render("t", "a", &with(|it| it.block_start = "{{".into())).starts_with("! the template's delimiters")
    );
    let source = Source::new("t.j2", "{{ a | nope }}");
    assert!(
        Templates::with_extensions(Extensions::ALL).check_file(&source, &FileOptions::default()).is_err()
    );
}

/// A folder with files in it.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

fn render_in(files: &[(&str, &str)], template: &str) -> String {
    let folder = folder(files);
    let variables = Variables { folder: folder.path().to_owned(), ..Variables::usual() };
    shown(Templates::with_extensions(Extensions::ALL).render(&Text::trusted(template, None), &variables))
}

#[test]
fn templates_use_each_other() {
    let files = [
        ("templates/inc.j2", "<{{ x }}{{ here | default('-') }}>\n"),
        (
            "templates/lib.j2",
            "{% set v = 7 %}{% macro m(a) %}[{{ a }}{{ x }}{{ n() }}]{% endmacro %}{% macro n() %}{{ v }}{% endmacro %}",
        ),
        ("templates/base.j2", "A{% block one %}1{% endblock %}B{% block two %}2{% endblock %}C"),
        ("templates/mid.j2", "{% extends 'base.j2' %}{% block one %}m{{ super() }}{% endblock %}"),
        ("templates/sub/a.j2", "{% include 'b.j2' %}"),
        ("templates/sub/b.j2", "near"),
        ("templates/loop.j2", "{% include 'loop.j2' %}"),
        ("templates/bad.j2", "a\n{{ nope }}"),
        ("templates/list.j2", "{{ [x] }}\n"),
        ("templates/nothing.j2", "{# not a word #}\n"),
        ("templates/empty.j2", ""),
        ("templates/about.j2", "{{ ansible_managed }} {{ template_fullpath | basename }}"),
    ];
    let cases = [
        ("{% set here = 'h' %}{% include 'inc.j2' %}", "'<5h>'"),
        ("{% include 'none.j2' ignore missing %}a", "'a'"),
        ("{% include ['none.j2', 'inc.j2'] %}", "'<5->'"),
        ("{% import 'lib.j2' as lib %}{{ lib.m(1) }}{{ lib.v }}", "'[157]7'"),
        ("{% from 'lib.j2' import m as q, v %}{{ q(2) }}{{ v }}", "'[257]7'"),
        (
            "{% extends 'base.j2' %}{% set z = 'Z' %}{% block two %}{{ super() }}{{ z }}{% endblock %}",
            "'A1B2ZC'",
        ),
        ("{% extends 'mid.j2' %}{% block one %}c{{ super() }}{% endblock %}", "'Acm1B2C'"),
        ("{% block a %}x{% endblock %}{{ self.a() }}", "'xx'"),
        ("{% include 'sub/a.j2' %}", "'near'"),
        ("{{ lookup('template', 'inc.j2') }}", "'<5->\\n'"),
        ("{{ lookup('template', 'inc.j2', template_vars={'x': 6}) }}", "'<6->\\n'"),
        ("{{ lookup('template', 'list.j2') }}", "[5]"),
        ("{{ lookup('template', 'nothing.j2') }}", "None"),
        ("{{ lookup('template', 'empty.j2') }}", "''"),
        ("{{ lookup('template', 'about.j2') | trim }}", "'Ansible managed about.j2'"),
        (
            "{{ lookup('template', 'about.j2', template_vars={'ansible_managed': 'x'}) | trim }}",
            "'x about.j2'",
        ),
    ];
    for (template, expected) in cases {
        assert_eq!(render_in(&files, template), expected, "{template}");
    }
    assert!(
        render_in(&files, "{% include 'none.j2' %}")
            .starts_with("! Error rendering template: 'none.j2' not found in search path")
    );
    assert!(render_in(&files, "{% include 'loop.j2' %}").contains("without end"));
    assert!(
        render_in(&files, "{% import 'lib.j2' as lib %}{{ lib.nope() }}").contains("no attribute 'nope'")
    );
    let folder = folder(&files);
    let variables = Variables { folder: folder.path().to_owned(), ..Variables::usual() };
    let error = Templates::with_extensions(Extensions::ALL)
        .render(&Text::trusted("{% include 'bad.j2' %}", None), &variables)
        .unwrap_err();
    assert!(error.span().unwrap().to_string().ends_with("bad.j2:2:4"), "{error:?}");
}

#[test]
fn lookups_find_files() {
    let files = [
        ("files/a.txt", "  one\n\n"),
        ("files/b.txt", "two"),
        ("b.txt", "other"),
        ("files/secret.txt", "VAULT:hidden"),
        ("files/x.ini", "[s]\nkey = 1\nKey2 = a b\n# no\n[t]\nkey: 2\n"),
        ("files/x.properties", "user.name = ann\n"),
        ("files/x.csv", "ann,1,\"x, y\"\nbob,2,z\n"),
        ("vars/Debian.yml", "a: 1"),
    ];
    let cases = [
        ("{{ lookup('file', 'a.txt') }}", "'  one'"),
        ("{{ lookup('file', 'a.txt', lstrip=true) }}", "'one'"),
        ("{{ lookup('file', 'a.txt', rstrip=false) }}", "'  one\\n\\n'"),
        ("{{ lookup('file', 'b.txt', 'a.txt') }}", "'two,  one'"),
        ("{{ lookup('file', '{{ \"b\" }}.txt') }}", "'two'"),
        ("{{ lookup('unvault', 'secret.txt') }}", "'hidden'"),
        ("{{ q('fileglob', '*.txt') | map('basename') }}", "['a.txt', 'b.txt', 'secret.txt']"),
        (
            "{{ lookup('first_found', files=['none.yml', 'Debian.yml'], paths=['vars']) | basename }}",
            "'Debian.yml'",
        ),
        ("{{ q('first_found', 'Debian.yml', skip=true) }}", "[]"),
        ("{{ lookup('ini', 'key section=s file=x.ini') }}", "'1'"),
        ("{{ lookup('ini', 'key2', section='s', file='x.ini') }}", "'a b'"),
        ("{{ lookup('ini', 'key', section='t', file='x.ini') }}", "'2'"),
        ("{{ lookup('ini', 'nope', section='t', file='x.ini', default='d') }}", "'d'"),
        ("{{ q('ini', 'key.*', section='s', file='x.ini', re=true) }}", "['1', 'a b']"),
        ("{{ lookup('ini', 'user.name', type='properties', file='x.properties') }}", "'ann'"),
        ("{{ lookup('csvfile', 'ann', file='x.csv', delimiter=',', col=2) }}", "'x, y'"),
        ("{{ lookup('csvfile', 'bob file=x.csv delimiter=,') }}", "'2'"),
        ("{{ lookup('csvfile', 'eve', file='x.csv', delimiter=',', default='-') }}", "'-'"),
        ("{{ lookup('inventory_hostnames', 'web') }}", "'web1,web2'"),
    ];
    for (template, expected) in cases {
        assert_eq!(render_in(&files, template), expected, "{template}");
    }
    assert!(
        render_in(&files, "{{ lookup('file', 'zzz') }}")
            .starts_with("! The lookup plugin 'file' failed: Unable to access the file 'zzz'")
    );
    assert!(
        render_in(&files, "{{ lookup('first_found', 'zzz') }}")
            .contains("No file was found when using first_found.")
    );
}

#[test]
fn a_password_is_made_once() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&[]);
    let variables = Variables { folder: folder.path().to_owned(), ..Variables::usual() };
    let templates = Templates::with_extensions(Extensions::ALL);
    let render = |template: &str| templates.render(&Text::trusted(template, None), &variables).unwrap();
    let first = render("{{ lookup('password', 'pw/x length=12 chars=digits') }}");
    assert_eq!(first.as_str().map(str::len), Some(12));
    assert!(first.as_str().unwrap().bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(render("{{ lookup('password', 'pw/x') }}"), first);
    let mode = std::fs::metadata(folder.path().join("pw/x")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let hashed = render("{{ lookup('password', 'pw/x encrypt=sha256') }}");
    assert!(hashed.as_str().unwrap().starts_with("$5$rounds=535000$"));
    assert_eq!(render("{{ lookup('password', 'pw/x encrypt=sha256') }}"), hashed);
}

#[test]
fn first_found_looks_where_the_action_of_a_loop_will() {
    let files = [("vars/x.yml", ""), ("templates/x.yml", ""), ("templates/y.yml", ""), ("files/z.yml", "")];
    let folder = folder(&files);
    let variables = Variables { folder: folder.path().to_owned(), ..Variables::usual() };
    let templates = Templates::new();
    let found = |name: &str, action: &str| {
        let options = Value::Map(Arc::new(Map::from_iter([
            ("files".into(), Value::list([Value::from(name)])),
            ("skip".into(), true.into()),
        ])));
        let items = templates.loop_items("first_found", vec![options], action, &variables).unwrap();
        items.as_list().unwrap().first().map(|path| {
            path.to_string()
                .strip_prefix(&format!("{}/", folder.path().display()))
                .map(str::to_owned)
                .unwrap()
        })
    };
    assert_eq!(found("x.yml", "ansible.builtin.include_vars").as_deref(), Some("vars/x.yml"));
    assert_eq!(found("x.yml", "template").as_deref(), Some("templates/x.yml"));
    assert_eq!(found("y.yml", "include_vars"), None);
    assert_eq!(found("x.yml", "include_tasks"), None);
    assert_eq!(found("z.yml", "copy").as_deref(), Some("files/z.yml"));
}

#[test]
fn loops_go_over_what_lookups_give() {
    let templates = Templates::with_extensions(Extensions::ALL);
    let variables = Variables::usual();
    let list = |name: &str, terms: Vec<Value>, options: Map| {
        shown(templates.lookup(name, terms, options, &variables, true))
    };
    let lazy = Value::Map(Arc::new(Map::from_iter([(Value::from("k"), trusted("{{ x }}"))])));
    assert_eq!(
        list("items", vec![Value::list([trusted("{{ x }}"), Value::from("b")])], Map::new()),
        "[5, 'b']"
    );
    assert_eq!(list("dict", vec![lazy], Map::new()), "[{'key': 'k', 'value': 5}]");
    assert_eq!(list("sequence", vec![Value::from("end=2")], Map::new()), "['1', '2']");
    assert!(list("nope", Vec::new(), Map::new()).starts_with("! The lookup plugin 'nope' was not found."));
    let outer = templates.resolve_outermost(&trusted("{{ lazy }}"), &variables).unwrap();
    assert_eq!(outer.as_map().map(Map::len), Some(3), "what is undefined inside does not matter yet");
}
