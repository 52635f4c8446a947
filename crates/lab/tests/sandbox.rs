//! Sandbox hosts, reached with the OpenSSH client. Run as root, they also try them as an ordinary user.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use common::{Watch, ssh, ssh_as, text};
use lab::{Lab, Network, Sudo};

#[test]
fn each_host_is_reached_by_ssh_and_has_its_own_name() {
    let lab = Lab::builder().hosts(3).start().unwrap();
    for (host, name) in lab.hosts().iter().zip(["host1", "host2", "host3"]) {
        assert_eq!(
            text(ssh(&lab, host, "hostname; id -un; cat /etc/hostname")),
            format!("{name}\nroot\n{name}")
        );
    }
}

#[test]
fn what_one_host_writes_is_seen_by_no_other_and_not_by_the_machine() {
    let lab = Lab::builder().names(["web", "db"]).start().unwrap();
    let [web, db] = lab.hosts() else { panic!("two hosts") };
    for file in [
        "/etc/lab-was-here",
        "/usr/bin/lab-was-here",
        "/tmp/lab-was-here",
        "/root/lab-was-here",
        "/lab-was-here",
    ] {
        text(ssh(&lab, web, &format!("echo yes > {file}")));
        assert_eq!(text(web.shell(&format!("cat {file}")).unwrap()), "yes");
        assert!(!ssh(&lab, db, &format!("test -e {file}")).status.success(), "{file} is on the other host");
        assert!(!Path::new(file).exists(), "{file} is on the machine");
        let outside = web.root().unwrap().join(file.trim_start_matches('/'));
        assert_eq!(std::fs::read_to_string(outside).unwrap(), "yes\n");
    }
}

#[test]
fn a_host_can_lose_what_the_machine_keeps() {
    require_root();
    let lab = Lab::builder().hosts(2).start().unwrap();
    let [web, db] = lab.hosts() else { panic!("two hosts") };
    text(ssh(&lab, web, "rm -r /usr/share/doc && mv /opt /srv/opt && chmod 700 /etc"));
    assert!(text(ssh(&lab, db, "ls /usr/share/doc | head -1; ls -d /opt")).contains("/opt"));
    assert!(Path::new("/opt").is_dir());
}

fn require_root() {
    let identity = text(Command::new("id").arg("-u").output().unwrap());
    assert_eq!(identity, "0", "this test needs root");
}

/// Runs some of the tests above and below again as another user, with numbers for a user namespace that the machine
/// need not give him: the files that do are covered in a mount namespace.
#[test]
fn an_ordinary_user_has_hosts_too() {
    require_root();
    let folder = tempfile::tempdir().unwrap();
    let mode = |mode| std::os::unix::fs::PermissionsExt::from_mode(mode);
    std::fs::set_permissions(folder.path(), mode(0o755)).unwrap();
    std::fs::write(folder.path().join("numbers"), "nobody:200000:65536\n").unwrap();
    std::fs::copy(std::env::current_exe().unwrap(), folder.path().join("tests")).unwrap();
    let script = "set -e; cd \"$1\"; shift
        mount --bind numbers /etc/subuid
        mount --bind numbers /etc/subgid
        exec setpriv --reuid=nobody --regid=nogroup --clear-groups ./tests \"$@\"";
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-c", script, "sh"])
        .arg(folder.path())
        .args(["--exact", "each_host_is_reached_by_ssh_and_has_its_own_name"])
        .args(["what_one_host_writes_is_seen_by_no_other_and_not_by_the_machine"])
        .args(["a_host_sees_nothing_of_the_machine_that_is_private"])
        .args(["devices_terminals_and_file_transfer_work"])
        .args(["accounts_log_in_and_become_root_as_they_were_told"])
        .args(["a_lab_that_is_dropped_leaves_nothing"])
        .output()
        .unwrap();
    let said = text(output);
    assert!(said.contains("6 passed"), "{said}");
}

#[test]
fn a_host_sees_nothing_of_the_machine_that_is_private() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    let lab = Lab::builder().start().unwrap();
    let host = &lab.hosts()[0];
    assert!(!host.root().unwrap().join(secret.path().strip_prefix("/").unwrap()).exists());
    assert_eq!(
        text(ssh(&lab, host, "ls -A /home /tmp /mnt; test ! -e /root/.ssh")),
        "/home:\n\n/mnt:\n\n/tmp:"
    );
    let processes = text(ssh(&lab, host, "ps -e -o pid= | sort -n | head -1; ps -e | wc -l"));
    let (first, count) = processes.split_once('\n').unwrap();
    assert_eq!(first.trim(), "1");
    assert!(count.trim().parse::<u32>().unwrap() < 12, "{count} processes");
    assert_eq!(text(ssh(&lab, host, "ls /sys/class/net; cat /sys/class/net/lo/operstate")), "lo\nunknown");
    assert!(!text(ssh(&lab, host, "cat /proc/self/mountinfo")).contains("capstan-lab"));
    assert!(!text(ssh(&lab, host, "cat /etc/shadow")).contains('$'));
    assert!(!ssh(&lab, host, "date -s 2001-01-01").status.success(), "the clock is the machine's");
    assert!(
        !ssh(&lab, host, "echo 1 > /proc/sys/kernel/panic").status.success(),
        "the kernel is the machine's"
    );
}

#[test]
fn devices_terminals_and_file_transfer_work() {
    let lab = Lab::builder().start().unwrap();
    let host = &lab.hosts()[0];
    assert_eq!(
        text(ssh(
            &lab,
            host,
            "head -c 3 /dev/zero | tr '\\0' x; echo gone > /dev/null; head -c 1 /dev/urandom | wc -c"
        )),
        "xxx1"
    );
    let terminal =
        common::ssh_command(&lab, host, "root").args(["-tt", &host.address, "tty"]).output().unwrap();
    assert!(text(terminal).contains("/dev/pts/"));
    let copied = Command::new("sftp")
        .args(["-F", "/dev/null", "-b", "-", "-P", &host.port.to_string(), "-i"])
        .arg(lab.key_file())
        .arg("-o")
        .arg(format!("UserKnownHostsFile={}", lab.known_hosts().display()))
        .arg("root@127.0.0.1")
        .stdin(batch("put /etc/passwd /root/copy\n"))
        .output()
        .unwrap();
    text(copied);
    assert!(text(ssh(&lab, host, "cat /root/copy")).starts_with("root:"));
}

fn batch(commands: &str) -> std::fs::File {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(commands.as_bytes()).unwrap();
    file.rewind().unwrap();
    file
}

#[test]
fn accounts_log_in_and_become_root_as_they_were_told() {
    let lab = Lab::builder()
        .user("deploy", Some("its password"), Sudo::Password)
        .user("free", None, Sudo::NoPassword)
        .user("plain", None, Sudo::No)
        .root_password("root's password")
        .start()
        .unwrap();
    let host = &lab.hosts()[0];
    assert_eq!(
        text(ssh_as(&lab, host, "deploy", "id -un; pwd; stat -c %U .")),
        "deploy\n/home/deploy\ndeploy"
    );
    assert_eq!(text(ssh_as(&lab, host, "free", "sudo -n id -un")), "root");
    assert!(!ssh_as(&lab, host, "plain", "sudo -n true").status.success());
    assert!(!ssh_as(&lab, host, "deploy", "sudo -n true").status.success());
    assert_eq!(text(ssh_as(&lab, host, "deploy", "echo 'its password' | sudo -S id -un")), "root");
    assert_eq!(text(ssh_as(&lab, host, "plain", "echo \"root's password\" | su -c 'id -un'")), "root");
    assert!(!ssh_as(&lab, host, "plain", "echo wrong | su -c 'id -un'").status.success());
}

#[test]
fn a_password_logs_in_where_there_is_one() {
    let lab = Lab::builder().user("deploy", Some("its password"), Sudo::No).start().unwrap();
    let host = &lab.hosts()[0];
    let answer = lab.directory().join("answer");
    for (password, expected) in [("its password", true), ("another", false)] {
        std::fs::write(&answer, format!("#!/bin/sh\necho '{password}'\n")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(&answer, mode).unwrap();
        let output = common::ssh_command(&lab, host, "deploy")
            .env("SSH_ASKPASS", &answer)
            .env("SSH_ASKPASS_REQUIRE", "force")
            .args(["-o", "PreferredAuthentications=password"])
            .args(["-o", "NumberOfPasswordPrompts=1", &host.address, "id -un"])
            .output()
            .unwrap();
        assert_eq!(output.status.success(), expected, "{output:?}");
    }
}

#[test]
fn a_lab_that_is_dropped_leaves_nothing() {
    let lab = Lab::builder().hosts(3).start().unwrap();
    let directory = lab.directory().to_owned();
    let watch = Watch::new(&directory, lab.hosts());
    for host in lab.hosts() {
        text(ssh(&lab, host, "setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo started"));
    }
    let mut session = common::open_session(&lab, &lab.hosts()[0]);
    drop(lab);
    assert!(!session.wait().unwrap().success(), "an open session breaks");
    watch.assert_nothing_left();
}

#[test]
fn a_lab_whose_process_is_killed_leaves_nothing() {
    common::assert_killed_lab_leaves_nothing("sandbox", "-KILL");
}

#[test]
fn a_lab_that_is_interrupted_leaves_nothing() {
    common::assert_killed_lab_leaves_nothing("sandbox", "-INT");
}

#[test]
fn a_host_that_is_killed_refuses_connections_and_the_others_go_on() {
    let lab = Lab::builder().hosts(2).start().unwrap();
    let [one, other] = lab.hosts() else { panic!("two hosts") };
    let mut session = common::open_session(&lab, one);
    one.kill().unwrap();
    assert_eq!(session.wait().unwrap().code(), Some(255));
    assert_eq!(ssh(&lab, one, "true").status.code(), Some(255));
    assert!(one.shell("true").is_err() || !one.shell("true").unwrap().status.success());
    assert_eq!(text(ssh(&lab, other, "hostname")), "host2");
}

#[test]
fn a_program_that_is_stopped_for_a_moment_comes_to_its_end() {
    let lab = Lab::builder().start().unwrap();
    // So does systemd with every process before it ends them. A few times, for not everybody looks in that moment.
    let script = "for time in $(seq 50); do
                      (until grep -q '^State:.T' /proc/$$/status; do :; done; kill -CONT $$) &
                      kill -STOP $$
                      wait
                  done
                  echo on";
    assert_eq!(text(lab.hosts()[0].shell(script).unwrap()), "on");
}

#[test]
fn fifty_hosts_at_once() {
    let lab = Lab::builder().hosts(50).prefix("node").start().unwrap();
    assert_eq!(lab.hosts().len(), 50);
    let sessions: Vec<_> = lab
        .hosts()
        .iter()
        .map(|host| {
            let mut command = common::ssh_command(&lab, host, "root");
            command.args(["127.0.0.1", "hostname"]).stdout(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for (session, host) in sessions.into_iter().zip(lab.hosts()) {
        assert_eq!(text(session.wait_with_output().unwrap()), host.name);
    }
}

#[test]
fn a_shared_network_and_a_shared_folder_are_the_machines() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("given"), "yes").unwrap();
    let lab = Lab::builder().network(Network::Shared).share(folder.path()).start().unwrap();
    let host = &lab.hosts()[0];
    let mine: Vec<_> =
        std::fs::read_dir("/sys/class/net").unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let seen = text(ssh(&lab, host, "ls /sys/class/net"));
    assert_eq!(seen.lines().count(), mine.len(), "{seen}");
    let given = folder.path().join("given");
    assert_eq!(text(ssh(&lab, host, &format!("cat {}", given.display()))), "yes");
    assert!(!ssh(&lab, host, &format!("echo no > {}", given.display())).status.success());
}

#[test]
fn names_that_can_not_be_are_refused() {
    for (names, message) in [
        (vec!["a b"], "'a b' can't be the name of a host"),
        (vec!["-a"], "'-a' can't be the name of a host"),
        (vec![""], "'' can't be the name of a host"),
        (vec!["a", "a"], "two hosts can't both be called 'a'"),
    ] {
        assert_eq!(Lab::builder().names(names).start().err().unwrap().message(), message);
    }
    let error = Lab::builder().user("root", None, Sudo::No).start().err().unwrap();
    assert!(error.message().ends_with("the hosts have an account 'root' already"), "{error:?}");
}

#[test]
fn the_inventory_names_every_host_and_how_to_reach_it() {
    let lab = Lab::builder().hosts(2).start().unwrap();
    let inventory = lab.inventory();
    let first =
        format!("host1 ansible_host=127.0.0.1 ansible_port={} ansible_user=root", lab.hosts()[0].port);
    assert!(inventory.starts_with(&format!("[lab]\n{first}\nhost2 ")), "{inventory}");
    assert!(inventory.contains(&format!("ansible_ssh_private_key_file={}", lab.key_file().display())));
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(lab.directory()).unwrap());
    assert_eq!(mode & 0o777, 0o700);
}
