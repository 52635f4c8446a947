//! copy and fetch.

use actions::Verdict;
use value::{Text, Value};

use crate::desk::{Desk, text};

#[tokio::test]
async fn a_text_becomes_a_file() {
    let desk = Desk::new().with("x", 5);
    let done = desk.done("copy: {content: 'x = {{ x }}', dest: /etc/a}").await;
    assert_eq!(desk.host.file("/etc/a").as_deref(), Some("x = 5"));
    assert!(done.changed());
    desk.done("copy: {content: {b: 1, a: [true]}, dest: /etc/b}").await;
    assert_eq!(desk.host.file("/etc/b").as_deref(), Some(r#"{"b": 1, "a": [true]}"#));
    desk.done("copy: {content: '', dest: /etc/c}").await;
    assert_eq!(desk.host.file("/etc/c").as_deref(), Some(""));
}

#[tokio::test]
async fn a_file_is_found_and_copied() {
    let desk = Desk::new().with_file("files/a.conf", "a").with_file("b.conf", "b".repeat(100_000));
    let done = desk.done("copy: {src: a.conf, dest: /etc/}").await;
    assert_eq!(desk.host.file("/etc/a.conf").as_deref(), Some("a"));
    assert_eq!(text(&done, "dest"), "/etc/a.conf");
    assert_eq!(desk.host.asked_for(), 0, "a small file travels with the request");
    desk.done("copy: {src: b.conf, dest: /etc/b}").await;
    assert_eq!(desk.host.file("/etc/b").map(|content| content.len()), Some(100_000));
    assert_eq!(desk.host.asked_for(), 1);
}

#[tokio::test]
async fn a_directory_is_copied_with_or_without_its_name() {
    let desk = Desk::new().with_file("files/site/a", "a").with_file("files/site/sub/b", "b");
    std::fs::create_dir(desk.path("files/site/empty")).unwrap();
    desk.done("copy: {src: site, dest: /srv}").await;
    assert_eq!(desk.host.file("/srv/site/sub/b").as_deref(), Some("b"));
    desk.done("copy: {src: site/, dest: /var/www}").await;
    assert_eq!(desk.host.file("/var/www/sub/b").as_deref(), Some("b"));
    assert_eq!(desk.host.file("/var/www/a").as_deref(), Some("a"));
    assert!(
        desk.host
            .machine
            .listing()
            .iter()
            .any(|line| line.contains("Directory") && line.contains("/var/www/empty "))
    );
    assert!(!desk.done("copy: {src: site/, dest: /var/www}").await.changed());
}

#[tokio::test]
async fn an_empty_directory_is_copied() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("empty")).unwrap();
    desk.done("copy: {src: empty/, dest: /srv/empty}").await;
    assert!(desk.host.machine.listing().iter().any(|line| line.contains(" /srv/empty ")));
}

#[tokio::test]
async fn links_are_followed_or_kept() {
    let desk = Desk::new().with_file("site/a", "a");
    std::os::unix::fs::symlink("a", desk.path("site/link")).unwrap();
    desk.done("copy: {src: site/, dest: /srv/x}").await;
    assert_eq!(desk.host.file("/srv/x/link").as_deref(), Some("a"));
    desk.done("copy: {src: site/, dest: /srv/y, local_follow: false}").await;
    assert!(
        desk.host
            .machine
            .listing()
            .iter()
            .any(|line| line.starts_with("Link") && line.contains("/srv/y/link"))
    );
}

#[tokio::test]
async fn links_that_lead_nowhere_or_back_stay_links() {
    let desk = Desk::new().with_file("site/below/a", "a");
    for (name, target) in [("back", ".."), ("itself", "itself"), ("missing", "../missing")] {
        std::os::unix::fs::symlink(target, desk.path(&format!("site/below/{name}"))).unwrap();
    }
    std::os::unix::fs::symlink("below", desk.path("site/beside")).unwrap();
    desk.done("copy: {src: site/, dest: /srv/x}").await;
    assert_eq!(desk.host.file("/srv/x/beside/a").as_deref(), Some("a"));
    let links: Vec<_> =
        desk.host.machine.listing().into_iter().filter(|line| line.starts_with("Link")).collect();
    assert_eq!(links.len(), 6, "{links:#?}");
}

#[tokio::test]
async fn vaults_are_opened_unless_that_is_not_wanted() {
    let desk = Desk::new().with_vault("secret", "hunter2");
    let done = desk.done("copy: {src: secret, dest: /etc/a}").await;
    assert_eq!(desk.host.file("/etc/a").as_deref(), Some("hunter2"));
    assert!(!done.changes.is_empty() && !format!("{done:?}").contains("hunter2"), "{done:?}");
    desk.done("copy: {src: secret, dest: /etc/b, decrypt: false}").await;
    assert!(desk.host.file("/etc/b").unwrap().starts_with("$ANSIBLE_VAULT;"));
}

#[tokio::test]
async fn a_secret_text_is_not_shown() {
    let desk = Desk::new().with("password", Text::new("hunter2").secret());
    let done = desk.done("copy: {content: {p: '{{ password }}'}, dest: /etc/a}").await;
    assert_eq!(desk.host.file("/etc/a").as_deref(), Some(r#"{"p": "hunter2"}"#));
    assert!(!done.changes.is_empty() && !format!("{done:?}").contains("hunter2"), "{done:?}");
}

#[tokio::test]
async fn what_is_on_the_host_is_copied_there() {
    let desk = Desk::new();
    desk.host.machine.add_file("/etc/old", "old");
    desk.done("copy: {src: /etc/old, dest: /etc/new, remote_src: true}").await;
    assert_eq!(desk.host.file("/etc/new").as_deref(), Some("old"));
    assert!(desk.host.calls.lock().unwrap()[0].1.get("_files").is_none());
}

#[tokio::test]
async fn copy_needs_one_source() {
    let desk = Desk::new();
    let done = desk.done("copy: {dest: /etc/a}").await;
    assert_eq!(
        (text(&done, "msg").as_str(), &done.verdict),
        ("src (or content) is required", &Verdict::Failed)
    );
    let done = desk.done("copy: {dest: /etc/a, src: a, content: b}").await;
    assert_eq!(done.error.unwrap().span().unwrap().to_string(), "site.yml:1:39");
    let error = desk.error("copy: {dest: /etc/a, src: nope}").await;
    assert!(error.message().starts_with("Could not find or access 'nope'\nSearched in:\n"), "{error}");
    assert!(error.message().ends_with("/nope on the Ansible Controller."), "{error}");
}

#[tokio::test]
async fn fetch_keeps_a_file_for_each_host() {
    let desk = Desk::new();
    desk.host.machine.add_file("/etc/app/a.conf", "a");
    let done = desk.done("fetch: {src: /etc/app/a.conf, dest: kept}").await;
    assert_eq!(desk.read("kept/web1/etc/app/a.conf").as_deref(), Some("a"));
    assert_eq!(desk.permissions("kept/web1/etc/app/a.conf"), 0o600, "nobody knows who may read it");
    assert!(done.changed());
    assert_eq!(text(&done, "dest"), desk.path("kept/web1/etc/app/a.conf").display().to_string());
    assert_eq!(text(&done, "checksum"), text(&done, "remote_checksum"));
    assert_eq!(done.result.get("remote_md5sum"), Some(&Value::Null));
    let done = desk.done("fetch: {src: /etc/app/a.conf, dest: kept}").await;
    assert!(!done.changed());
    assert_eq!(text(&done, "file"), "/etc/app/a.conf");
}

#[tokio::test]
async fn fetch_replaces_what_is_different_and_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new().with_file("a.conf", "old");
    std::fs::set_permissions(desk.path("a.conf"), std::fs::Permissions::from_mode(0o644)).unwrap();
    desk.host.machine.add_file("/etc/a.conf", "new");
    assert!(desk.done("fetch: {src: /etc/a.conf, dest: a.conf, flat: true}").await.changed());
    assert_eq!((desk.read("a.conf").as_deref(), desk.permissions("a.conf")), (Some("new"), 0o644));
    assert_eq!(std::fs::read_dir(desk.path("")).unwrap().count(), 1, "nothing else is left there");
    desk.done("fetch: {src: /etc/a.conf, dest: flat/, flat: true}").await;
    assert_eq!(desk.read("flat/a.conf").as_deref(), Some("new"));
    let error = desk.error("fetch: {src: /etc/a.conf, dest: flat, flat: true}").await;
    assert!(error.message().contains("dest is an existing directory"), "{error}");
}

#[tokio::test]
async fn a_dry_run_fetches_nothing() {
    let desk = Desk::dry();
    desk.host.machine.add_file("/etc/a.conf", "a");
    assert!(desk.done("fetch: {src: /etc/a.conf, dest: kept}").await.changed());
    assert!(!desk.path("kept").exists());
}

#[tokio::test]
async fn fetch_says_what_is_missing() {
    let desk = Desk::new();
    let done = desk.done("fetch: {src: /nope, dest: kept}").await;
    assert_eq!(done.verdict, Verdict::Failed);
    let done = desk.done("fetch: {src: /nope, dest: kept, fail_on_missing: false}").await;
    assert!(done.verdict == Verdict::Done && !done.changed());
    assert!(!desk.path("kept").exists());
}

#[tokio::test]
async fn fetch_compares_with_the_file_that_the_path_means_on_the_host() {
    let desk = Desk::new().with_file("kept/web1/~/a", "a");
    desk.host.machine.add_file("/root/a", "a");
    assert!(desk.done("fetch: {src: ~/a, dest: kept}").await.changed());
    assert_eq!(desk.read("kept/web1/root/a").as_deref(), Some("a"));
    assert!(!desk.done("fetch: {src: ~/a, dest: kept}").await.changed());
}

#[tokio::test]
async fn a_delegated_fetch_keeps_the_file_under_the_name_of_the_tasks_host() {
    let desk = Desk::new().with("inventory_hostname", "db1");
    desk.host.machine.add_file("/etc/a", "a");
    desk.done("fetch: {src: /etc/a, dest: kept}").await;
    assert_eq!(desk.read("kept/db1/etc/a").as_deref(), Some("a"));
}
