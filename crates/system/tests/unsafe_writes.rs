//! Files that can't be replaced in one step, such as those that are themselves mounts in a container.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use system::{Kind, MemoryBackend, NoCourier, Options, System};

#[test]
fn a_mounted_file_is_written_over_only_if_that_is_allowed() {
    let machine = MemoryBackend::new();
    machine.add_file("/etc/hosts", "old\n");
    machine.mount("/etc/hosts");
    let mut host = System::new(Box::new(machine), Box::new(NoCourier));
    let path = Path::new("/etc/hosts");
    let write = |host: &mut System| {
        let now = host.inode(path).unwrap();
        host.settle(&now, now.clone().with_content(b"new\n".as_slice()))
    };
    host.begin(Options::default());
    assert!(write(&mut host).is_err());
    host.allow_unsafe_writes();
    assert!(write(&mut host).unwrap());
    assert!(matches!(host.inode(path).unwrap().kind, Kind::File(_)));
    assert_eq!(host.read(path).unwrap(), b"new\n");
    host.begin(Options::default());
    let now = host.inode(path).unwrap();
    assert!(host.settle(&now, now.clone().with_content(b"newer\n".as_slice())).is_err());
}
