//! template.

use actions::Verdict;
use value::Text;

use crate::desk::{Desk, text};

#[tokio::test]
async fn a_template_becomes_a_file() {
    let desk = Desk::new()
        .with("x", 5)
        .with_file("templates/a.j2", "x = {{ x }}\n{% if true %}\nyes\n{% endif %}\n");
    let done = desk.done("template: {src: a.j2, dest: /etc/a.conf, mode: '0640'}").await;
    assert_eq!(desk.host.file("/etc/a.conf").as_deref(), Some("x = 5\nyes\n"));
    assert_eq!((text(&done, "dest").as_str(), text(&done, "mode").as_str()), ("/etc/a.conf", "0640"));
    assert!(done.changed());
    assert!(!desk.done("template: {src: a.j2, dest: /etc/a.conf}").await.changed(), "it is there already");
}

#[tokio::test]
async fn a_directory_gets_the_file_under_its_own_name() {
    let desk = Desk::new().with_file("templates/a.j2", "a");
    desk.done("template: {src: a.j2, dest: /etc/}").await;
    assert_eq!(desk.host.file("/etc/a.j2").as_deref(), Some("a"));
}

#[tokio::test]
async fn a_template_knows_itself() {
    let text = "{{ template_path }} {{ template_fullpath }} {{ template_destpath }} {{ ansible_managed }} \
                {{ template_mtime.year > 2000 }} {{ template_run_date.year > 2000 }} {{ template_host == '' }}";
    let desk = Desk::new().with_file("templates/a.j2", text);
    desk.done("template: {src: a.j2, dest: /etc/a}").await;
    let path = desk.path("templates/a.j2").display().to_string();
    let expected = format!("{path} {path} /etc/a Ansible managed True True False");
    assert_eq!(desk.host.file("/etc/a"), Some(expected));
    let desk = Desk::new().with_file("a.j2", "{{ ansible_managed }}").with("ansible_managed", "mine");
    desk.done("template: {src: a.j2, dest: /etc/a}").await;
    assert_eq!(desk.host.file("/etc/a").as_deref(), Some("mine"));
}

#[tokio::test]
async fn the_configuration_may_say_what_a_managed_file_says_of_itself() {
    let text = "{{ ansible_managed }} {{ template_mtime.strftime('%Y') }}";
    let mut desk = Desk::new().with_file("templates/100%.j2", text);
    desk.managed = Some("{file} of %Y 100%% ours:");
    desk.done("template: {src: 100%.j2, dest: /etc/a}").await;
    let (path, file) =
        (desk.path("templates/100%.j2").display().to_string(), desk.host.file("/etc/a").unwrap());
    let (said, year) = file.rsplit_once(' ').unwrap();
    assert_eq!(said, format!("{path} of {year} 100% ours:"));
    desk.managed = Some("%!");
    let error = desk.error("template: {src: 100%.j2, dest: /etc/a}").await;
    assert!(error.message().contains("ansible_managed"), "{}", error.message());
}

#[tokio::test]
async fn templates_include_those_beside_them() {
    let desk = Desk::new()
        .with_file("templates/sub/a.j2", "{% include 'b.j2' %}{% include 'c.j2' %}")
        .with_file("templates/sub/b.j2", "b")
        .with_file("templates/c.j2", "c");
    desk.done("template: {src: sub/a.j2, dest: /etc/a}").await;
    assert_eq!(desk.host.file("/etc/a").as_deref(), Some("bc"));
}

#[tokio::test]
async fn the_syntax_can_be_changed() {
    let desk = Desk::new().with("x", 5).with_file("a.j2", "[[ x ]] {{ x }} <% if true %>\n  <% endif %>a\n");
    let options = "variable_start_string: '[[', variable_end_string: ']]', block_start_string: '<%', \
                   block_end_string: '%>', trim_blocks: false, lstrip_blocks: true, newline_sequence: '\\r\\n'";
    desk.done(&format!("template: {{src: a.j2, dest: /etc/a, {options}}}")).await;
    assert_eq!(desk.host.file("/etc/a").as_deref(), Some("5 {{ x }} \r\na\r\n"));
    let error = desk.error("template: {src: a.j2, dest: /etc/a, newline_sequence: x}").await;
    assert_eq!(error.span().unwrap().to_string(), "site.yml:1:55");
    let error = desk.error("template: {src: a.j2, dest: /etc/a, output_encoding: latin-1}").await;
    assert_eq!(error.message(), "files can't be written as 'latin-1', only as utf-8");
}

#[tokio::test]
async fn an_error_points_into_the_template() {
    let desk = Desk::new().with_file("templates/a.j2", "a\n{{ nope }}\n");
    let error = desk.error("template: {src: a.j2, dest: /etc/a}").await;
    let span = error.span().unwrap();
    assert!(span.to_string().ends_with("templates/a.j2:2:4"), "{span}");
    assert!(desk.host.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn nothing_of_a_vault_is_shown() {
    let desk =
        Desk::new().with_vault("a.j2", "password = hunter2 {{ nope }}\n").with_vault("b.j2", "hunter2");
    let error = desk.error("template: {src: a.j2, dest: /etc/a}").await;
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    let done = desk.done("template: {src: b.j2, dest: /etc/b}").await;
    assert_eq!(desk.host.file("/etc/b").as_deref(), Some("hunter2"));
    assert!(!format!("{done:?}").contains("hunter2"), "{done:?}");
}

#[tokio::test]
async fn a_secret_variable_hides_the_difference() {
    let desk =
        Desk::new().with("password", Text::new("hunter2").secret()).with_file("a.j2", "p={{ password }}");
    let done = desk.done("template: {src: a.j2, dest: /etc/a}").await;
    assert_eq!(desk.host.file("/etc/a").as_deref(), Some("p=hunter2"));
    assert!(!done.changes.is_empty() && !format!("{done:?}").contains("hunter2"), "{done:?}");
}

#[tokio::test]
async fn what_is_made_of_an_unknown_is_a_file_of_unknown_content() {
    let desk = Desk::dry().with_unknown("out").with_file("a.j2", "a\nout = {{ out }}\n");
    let done = desk.done("template: {src: a.j2, dest: /etc/a}").await;
    assert_eq!(done.verdict, Verdict::Done);
    let content = done.changes[0].after.get("content").unwrap();
    let unknown = content.find_unknown().unwrap();
    assert_eq!(unknown.cause, "a command that was not run");
}

#[tokio::test]
async fn permissions_can_be_those_of_the_template() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new().with_file("a.j2", "a");
    std::fs::set_permissions(desk.path("a.j2"), std::fs::Permissions::from_mode(0o751)).unwrap();
    let done = desk.done("template: {src: a.j2, dest: /etc/a, mode: preserve}").await;
    assert_eq!(text(&done, "mode"), "0751");
}

#[tokio::test]
async fn a_large_file_travels_only_if_it_is_missing() {
    let desk = Desk::new().with_file("a.j2", "x".repeat(100_000));
    desk.done("template: {src: a.j2, dest: /etc/a}").await;
    assert_eq!(desk.host.asked_for(), 1);
    desk.done("template: {src: a.j2, dest: /etc/a}").await;
    assert_eq!(desk.host.asked_for(), 1);
}
