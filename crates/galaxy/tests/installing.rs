//! Roles and collections from git repositories, archives and a server on this machine, into folders and a lock.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod server;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;

use configuration::Config;
use diag::{Error, Result};
use galaxy::collection::{self, Fetch, Name, Requirement};
use galaxy::role::{self, Flavour, RoleRequirement};
use galaxy::{Locked, Progress, ServerOptions, Servers};

use crate::server::TinyServer;

/// Writes down what it is told.
#[derive(Default)]
struct Told(RefCell<Vec<String>>);

impl Progress for Told {
    fn say(&self, line: &str) {
        self.0.borrow_mut().push(line.to_owned());
    }

    fn detail(&self, _: &str) {}

    fn warn(&self, warning: Error) {
        self.0.borrow_mut().push(format!("warning: {warning}"));
    }
}

impl Told {
    fn has(&self, part: &str) -> bool {
        self.0.borrow().iter().any(|line| line.contains(part))
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn servers(url: &str) -> Servers {
    let options =
        ServerOptions { server: Some(url.to_owned()), timeout: Some(10), ..ServerOptions::default() };
    Servers::new(&Config::default(), options).unwrap()
}

/// Nobody listens there.
fn nowhere() -> Servers {
    servers("http://127.0.0.1:1")
}

fn plain(text: &str) -> Result<String> {
    Ok(text.to_owned())
}

/// Makes a collection in a folder and gives its folder.
fn make(folder: &Path, name: &str, version: &str, dependencies: &str) -> PathBuf {
    let name = Name::parse(name).unwrap();
    let made = collection::init(&name, folder, None, true, &plain).unwrap();
    let text = std::fs::read_to_string(made.join("galaxy.yml")).unwrap();
    let text = text.replace("version: 1.0.0", &format!("version: {version}"));
    let text = text.replace("dependencies: {}", &format!("dependencies: {dependencies}"));
    std::fs::write(made.join("galaxy.yml"), text).unwrap();
    made
}

/// Builds a collection and gives its archive.
fn built(folder: &Path, name: &str, version: &str, dependencies: &str) -> PathBuf {
    let made = make(&folder.join("sources"), name, version, dependencies);
    collection::build(&made, &folder.join("archives"), true, &Told::default()).unwrap()
}

/// How a test installs.
#[derive(Default)]
struct How<'a> {
    pre: bool,
    upgrade: bool,
    known: Vec<Locked>,
    locked: Option<&'a [Locked]>,
}

fn install(
    servers: &Servers,
    target: &Path,
    wanted: &[&str],
    how: How<'_>,
    told: &Told,
) -> Result<Option<Vec<Locked>>> {
    let wanted: Vec<Requirement> =
        wanted.iter().map(|text| Requirement::given(text, None)).collect::<Result<_>>()?;
    let paths = [target.to_path_buf()];
    let install = collection::Install {
        requirements: &wanted,
        target,
        paths: &paths,
        force: false,
        force_dependencies: false,
        no_dependencies: false,
        upgrade: how.upgrade,
        pre_releases: how.pre,
        ignore_errors: false,
        locked: how.locked,
    };
    install.run(&mut Fetch::new(servers, false, how.known, told)?)
}

/// The collections in a folder, as `name:version`.
fn listed(target: &Path) -> Vec<String> {
    let found = collection::installed(target, &mut |warning| panic!("{warning}")).unwrap();
    found.iter().map(|found| format!("{}:{}", found.name, found.shown_version())).collect()
}

#[test]
fn the_newest_versions_that_go_together_are_installed() {
    let folder = tempfile::tempdir().unwrap();
    let server = TinyServer::of(&[
        built(folder.path(), "a.top", "1.0.0", "{a.left: '*', a.right: '>=1.0.0'}"),
        built(folder.path(), "a.left", "1.0.0", "{a.base: '<2.0.0'}"),
        built(folder.path(), "a.left", "2.0.0", "{a.base: '>=2.0.0'}"),
        built(folder.path(), "a.right", "1.0.0", "{a.base: '<2.0.0'}"),
        built(folder.path(), "a.base", "1.5.0", "{}"),
        built(folder.path(), "a.base", "2.0.0", "{}"),
        built(folder.path(), "a.base", "3.0.0-beta.1", "{}"),
    ]);
    let servers = servers(&server.url());
    let target = folder.path().join("target");
    install(&servers, &target, &["a.top"], How::default(), &Told::default()).unwrap();
    assert_eq!(listed(&target), ["a.base:1.5.0", "a.left:1.0.0", "a.right:1.0.0", "a.top:1.0.0"]);

    let target = folder.path().join("newest");
    install(&servers, &target, &["a.base"], How::default(), &Told::default()).unwrap();
    assert_eq!(listed(&target), ["a.base:2.0.0"]);
    let pre = How { pre: true, upgrade: true, ..How::default() };
    install(&servers, &target, &["a.base"], pre, &Told::default()).unwrap();
    assert_eq!(listed(&target), ["a.base:3.0.0-beta.1"]);
}

#[test]
fn a_conflict_names_all_who_take_part() {
    let folder = tempfile::tempdir().unwrap();
    let server = TinyServer::of(&[
        built(folder.path(), "a.top", "1.0.0", "{a.base: '>=2.0.0'}"),
        built(folder.path(), "a.base", "1.5.0", "{}"),
        built(folder.path(), "a.base", "2.0.0", "{}"),
    ]);
    let target = folder.path().join("target");
    let asked = ["a.top", "a.base:<2.0.0"];
    let error =
        install(&servers(&server.url()), &target, &asked, How::default(), &Told::default()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("* a.base:<2.0.0 (direct request)"), "{text}");
    assert!(text.contains("* a.base:>=2.0.0 (dependency of a.top:1.0.0)"), "{text}");
    assert!(!target.exists());
}

#[test]
fn what_the_server_sends_must_have_the_hash_that_it_said() {
    let folder = tempfile::tempdir().unwrap();
    let archive = built(folder.path(), "a.base", "1.0.0", "{}");
    let server = TinyServer::of(std::slice::from_ref(&archive));
    let mut bytes = std::fs::read(&archive).unwrap();
    bytes.push(0);
    std::fs::write(&archive, bytes).unwrap();
    let target = folder.path().join("target");
    let error =
        install(&servers(&server.url()), &target, &["a.base"], How::default(), &Told::default()).unwrap_err();
    assert!(error.message().contains("Mismatch artifact hash"), "{error}");
    assert_eq!(listed(&target), [""; 0]);
}

#[test]
fn locked_versions_stay_until_they_will_not_do() {
    let folder = tempfile::tempdir().unwrap();
    let old = built(folder.path(), "a.base", "1.0.0", "{}");
    let server = TinyServer::of(std::slice::from_ref(&old));
    let first = folder.path().join("first");
    let lock = install(&servers(&server.url()), &first, &["a.base"], How::default(), &Told::default())
        .unwrap()
        .unwrap();
    assert_eq!(lock.len(), 1);
    assert!(lock[0].hash.as_ref().unwrap().starts_with("sha256:"));

    let new = built(folder.path(), "a.base", "1.1.0", "{}");
    server.offer(&[old, new]);
    let servers = servers(&server.url());
    let second = folder.path().join("second");
    let how = How { known: lock.clone(), locked: Some(&lock), ..How::default() };
    install(&servers, &second, &["a.base"], how, &Told::default()).unwrap();
    assert_eq!(listed(&second), ["a.base:1.0.0"]);

    let third = folder.path().join("third");
    let how = How { known: lock.clone(), locked: Some(&lock), ..How::default() };
    let error = install(&servers, &third, &["a.base:>1.0.0"], how, &Told::default()).unwrap_err();
    assert!(error.message().contains("a.base is locked at 1.0.0"), "{error}");
    let how = How { known: lock.clone(), ..How::default() };
    let lock = install(&servers, &third, &["a.base:>1.0.0"], how, &Told::default()).unwrap().unwrap();
    assert_eq!(lock[0].version, "1.1.0");
}

#[test]
fn collections_come_from_folders_of_repositories_and_what_they_need_too() {
    let folder = tempfile::tempdir().unwrap();
    let repository = folder.path().join("repository");
    std::fs::create_dir(&repository).unwrap();
    git(&repository, &["init", "-q"]);
    let address = format!("git+file://{}", repository.display());
    make(&repository, "a.one", "1.0.0", &format!("{{'{address}#/a/two/': '*'}}"));
    make(&repository, "a.two", "1.0.0", "{}");
    git(&repository, &["add", "."]);
    git(&repository, &["commit", "-qm", "collections"]);
    let target = folder.path().join("target");
    let told = Told::default();
    let wanted = format!("{address}#a/one");
    let lock = install(&nowhere(), &target, &[&wanted], How::default(), &told).unwrap().unwrap();
    assert_eq!(listed(&target), ["a.one:1.0.0", "a.two:1.0.0"]);
    assert!(lock.iter().all(|locked| locked.hash.as_ref().unwrap().starts_with("commit:")));
    assert!(told.has("a.two:1.0.0 was installed successfully"));
}

#[test]
fn what_was_changed_after_installing_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let archive = built(folder.path(), "a.base", "1.0.0", "{}");
    let server = TinyServer::of(&[archive]);
    let servers = servers(&server.url());
    let target = folder.path().join("target");
    install(&servers, &target, &["a.base"], How::default(), &Told::default()).unwrap();
    let verify = |told: &Told, offline: bool| {
        let requirements = [Requirement::given("a.base", None).unwrap()];
        let paths = [target.clone()];
        let wanted =
            collection::Verify { requirements: &requirements, paths: &paths, offline, ignore_errors: false };
        let mut fetch = Fetch::new(&servers, offline, Vec::new(), told).unwrap();
        collection::verify(&wanted, &mut fetch).unwrap()
    };
    assert!(verify(&Told::default(), true));
    assert!(verify(&Told::default(), false));
    std::fs::write(target.join("ansible_collections/a/base/README.md"), "other").unwrap();
    let told = Told::default();
    assert!(!verify(&told, false));
    assert!(told.has("    README.md"));
}

#[test]
fn installing_again_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let archive = built(folder.path(), "a.base", "1.0.0", "{}");
    let wanted = archive.to_string_lossy();
    let target = folder.path().join("target");
    install(&nowhere(), &target, &[&wanted], How::default(), &Told::default()).unwrap();
    let told = Told::default();
    install(&nowhere(), &target, &[&wanted], How::default(), &told).unwrap();
    assert!(told.has("Nothing to do."));
}

fn install_roles(
    paths: &[PathBuf],
    wanted: &[&str],
    locked: Vec<Locked>,
    told: &Told,
) -> Result<Vec<Locked>> {
    let must_be_locked = !locked.is_empty();
    let install = role::Install {
        requirements: wanted.iter().map(|text| RoleRequirement::given(text).unwrap()).collect(),
        paths,
        force: false,
        force_dependencies: false,
        no_dependencies: false,
        ignore_errors: false,
        keep_history: false,
        locked,
        must_be_locked,
    };
    install.run(&nowhere(), told)
}

/// A repository with a role.
fn role_repository(folder: &Path, name: &str) -> PathBuf {
    let made = role::init(name, folder, Flavour::Default, None, false, &plain).unwrap();
    git(&made, &["init", "-q"]);
    git(&made, &["add", "."]);
    git(&made, &["commit", "-qm", "role"]);
    git(&made, &["tag", "v1"]);
    made
}

#[test]
fn roles_come_with_what_they_need() {
    let folder = tempfile::tempdir().unwrap();
    let base = role_repository(folder.path(), "base");
    let top = role_repository(folder.path(), "top");
    std::fs::write(
        top.join("meta/requirements.yml"),
        format!("- src: git+file://{}\n  version: v1\n", base.display()),
    )
    .unwrap();
    git(&top, &["add", "."]);
    git(&top, &["commit", "-qm", "needs base"]);
    let paths = [folder.path().join("roles")];
    let told = Told::default();
    let wanted = format!("git+file://{}", top.display());
    let lock = install_roles(&paths, &[&wanted], Vec::new(), &told).unwrap();
    assert!(told.has("- adding dependency: base (v1)"));
    assert!(told.has("- base (v1) was installed successfully"));
    let versions: Vec<_> =
        role::installed(&paths[0]).unwrap().into_iter().map(|role| (role.name, role.version)).collect();
    assert_eq!(versions, [("base".to_owned(), Some("v1".to_owned())), ("top".to_owned(), None)]);
    assert!(!paths[0].join("top/.git").exists());

    // The branch moves on, and the lock does not.
    std::fs::write(top.join("tasks/main.yml"), "---\n# later\n").unwrap();
    git(&top, &["commit", "-qam", "later"]);
    let again = [folder.path().join("again")];
    assert_eq!(install_roles(&again, &[&wanted], lock.clone(), &Told::default()).unwrap(), lock);
    assert!(!std::fs::read_to_string(again[0].join("top/tasks/main.yml")).unwrap().contains("later"));
}

#[test]
fn what_looks_like_an_option_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [folder.path().join("roles")];
    let told = Told::default();
    let mark = folder.path().join("mark");
    let wanted = format!("git+--upload-pack=touch {}", mark.display());
    install_roles(&paths, &[&wanted], Vec::new(), &told).unwrap_err();
    assert!(told.has("git clone -- "), "{:?}", told.0);
    assert!(!mark.exists());
}
