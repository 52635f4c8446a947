//! What a dry run finds on a host where a package is waiting to be installed.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use system::{Content, Error, Inode, Kind, MemoryBackend, NoCourier, Options, PendingPackage, System};

fn host_with_nginx_waiting() -> System {
    let mut host = System::new(Box::new(MemoryBackend::new()), Box::new(NoCourier));
    host.begin(Options { dry_run: true, ..Options::default() });
    let set = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<BTreeSet<String>>();
    let directories = ["/etc/nginx/", "/etc/nginx/sites-available/", "/etc/nginx/sites-enabled/"];
    let mut files = set(&directories);
    files.insert("/etc/nginx/nginx.conf".into());
    host.expect_package(PendingPackage {
        files: Some(files),
        configuration: BTreeMap::from([("/etc/nginx/nginx.conf".into(), b"user nginx;".as_slice().into())]),
        own_directories: set(&directories),
        scripts: Some("ln -s ../sites-available/default /etc/nginx/sites-enabled/default".into()),
        makes_accounts: Some(false),
        ..PendingPackage::new("nginx")
    });
    host
}

fn directory(now: &Inode) -> Inode {
    now.clone().into_kind(Kind::Directory)
}

#[test]
fn a_file_of_the_package_is_there_until_the_play_removes_it() {
    let mut host = host_with_nginx_waiting();
    let path = Path::new("/etc/nginx/nginx.conf");
    let now = host.inode(path).unwrap();
    assert!(matches!(&now.kind, Kind::File(Content::Bytes(bytes)) if **bytes == *b"user nginx;"));
    host.place(&now, now.clone().removed()).unwrap();
    assert!(host.inode(path).unwrap().is_absent());
}

#[test]
fn what_the_package_may_make_is_unknown() {
    let mut host = host_with_nginx_waiting();
    assert!(matches!(host.inode(Path::new("/etc/nginx/sites-enabled/default")), Err(Error::Unknown(_))));
}

#[test]
fn what_it_does_not_make_is_not_there() {
    let mut host = host_with_nginx_waiting();
    for path in
        ["/etc/nginx/sites-enabled/site", "/etc/nginx/sites-enabled/../sites-available/site", "/srv/www/x"]
    {
        assert!(host.inode(Path::new(path)).unwrap().is_absent(), "{path}");
    }
}

#[test]
fn files_can_be_put_into_its_directories() {
    let mut host = host_with_nginx_waiting();
    let now = host.inode(Path::new("/etc/nginx/ssl")).unwrap();
    assert!(host.place(&now, directory(&now)).unwrap());
    let now = host.inode(Path::new("/etc/nginx/ssl/key.pem")).unwrap();
    assert!(host.place(&now, now.clone().with_content(b"key".as_slice())).unwrap());
    assert_eq!(host.list(Path::new("/etc/nginx/ssl")).unwrap(), ["key.pem"]);
}

#[test]
fn nobody_looks_for_packages_that_are_really_installed() {
    let mut host = System::new(Box::new(MemoryBackend::new()), Box::new(NoCourier));
    host.begin(Options::default());
    host.expect_packages(|_| unreachable!("this is no dry run")).unwrap();
    assert!(host.expected_packages().is_empty());
}
