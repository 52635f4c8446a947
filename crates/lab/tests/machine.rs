//! Machine hosts: a Debian with systemd. These tests need root; the first run makes the Debian, from apt's mirror.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{Watch, ssh, ssh_as, text};
use lab::{Kind, Lab, Sudo};

#[test]
fn hosts_boot_and_their_services_can_be_managed() {
    let lab =
        Lab::builder().kind(Kind::Machine).hosts(2).user("deploy", None, Sudo::NoPassword).start().unwrap();
    let directory = lab.directory().to_owned();
    let watch = Watch::new(&directory, lab.hosts());
    for host in lab.hosts() {
        assert_eq!(text(ssh(&lab, host, "hostname; cat /etc/hostname")), format!("{0}\n{0}", host.name));
        let state = String::from_utf8(ssh(&lab, host, "systemctl is-system-running").stdout).unwrap();
        assert!(["running", "degraded"].contains(&state.trim()), "{state}");
        assert_eq!(text(ssh(&lab, host, "cat /proc/1/comm")), "systemd");
        assert_eq!(text(ssh_as(&lab, host, "deploy", "sudo id -un")), "root");
    }
    let [one, two] = lab.hosts() else { panic!("two hosts") };
    let process = "systemctl show --property=MainPID --value ssh";
    let (before, untouched) = (text(ssh(&lab, one, process)), text(ssh(&lab, two, process)));
    text(ssh(&lab, one, "systemctl restart ssh"));
    let after = text(ssh(&lab, one, process));
    assert!(after != before && after != "0", "{before} {after}");
    text(ssh(&lab, one, "systemctl stop ssh"));
    assert_eq!(text(ssh(&lab, one, "systemctl is-active ssh || true")), "inactive");
    assert_eq!(text(ssh(&lab, two, process)), untouched, "the other host's service goes on");
    assert_ne!(text(ssh(&lab, one, "cat /etc/machine-id")), text(ssh(&lab, two, "cat /etc/machine-id")));
    text(ssh(&lab, one, "echo yes > /etc/lab-was-here"));
    assert!(!ssh(&lab, two, "test -e /etc/lab-was-here").status.success());
    assert!(!Path::new("/etc/lab-was-here").exists());
    text(ssh(&lab, one, "touch /run/gone /etc/stays"));
    // The connection breaks sooner or later.
    let _ = ssh(&lab, one, "systemctl reboot");
    one.wait_until_booted().unwrap();
    assert!(ssh(&lab, one, "test ! -e /run/gone && test -e /etc/stays").status.success(), "it has rebooted");
    two.kill().unwrap();
    assert_eq!(ssh(&lab, two, "true").status.code(), Some(255));
    assert_eq!(text(ssh(&lab, one, "hostname")), "host1");
    drop(lab);
    watch.assert_nothing_left();
}

#[test]
fn a_lab_whose_process_is_killed_leaves_nothing() {
    common::assert_killed_lab_leaves_nothing("machine", "-KILL");
}
