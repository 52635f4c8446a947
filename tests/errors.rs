//! What users do wrong, and what goes wrong on the way to hosts and on them: the message, its place and hint, the exit code,
//! and that nothing half-done is left.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use lab::{Lab, LabBuilder, LabHost, Sudo};
use rustix::process::{Pid, Signal, kill_process};
use support::Scratch;

transcripts! { "errors":
    arguments
    configuration
    connections
    files
    inventories
    keywords
    modules
    templates
    vaults
    yaml,
    except hosts
}

/// Hosts, and the folder `errors/hosts` to run playbooks in.
struct Site {
    lab: Lab,
    scratch: Scratch,
    said: Vec<String>,
}

impl Site {
    fn new(hosts: LabBuilder) -> Site {
        let lab = hosts.start().unwrap();
        let scratch = Scratch::of("errors", "hosts");
        fs::write(scratch.path().join("lab.ini"), lab.inventory()).unwrap();
        Site { lab, scratch, said: Vec::new() }
    }

    fn host(&self) -> &LabHost {
        &self.lab.hosts()[0]
    }

    fn run(&mut self, line: &str) {
        self.said.push(self.scratch.run(line));
    }

    /// What a shell script on the first host prints.
    fn shell(&mut self, script: &str) -> String {
        let output = self.host().shell(script).unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Waits until a shell script on the first host succeeds.
    fn wait_for(&self, script: &str) {
        let script =
            format!("for i in $(seq 600); do if {script}; then exit 0; fi; sleep 0.05; done; exit 1");
        assert!(self.host().shell(&script).unwrap().status.success(), "{script}");
    }

    fn assert_snapshot(&self, name: &str) {
        let known = self.lab.known_hosts().parent().unwrap().display().to_string();
        let text = self.said.join("\n").replace(&known, "[LAB]");
        self.scratch.assert_snapshot(name, &text);
    }
}

/// A key that nobody has.
fn strange_key(site: &Site) -> String {
    let file = site.scratch.path().join("strange");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(&file)
        .status();
    assert!(made.unwrap().success());
    file.display().to_string()
}

#[test]
fn host_keys() {
    let mut site = Site::new(Lab::builder());
    site.run("capstan play -i lab.ini site.yml -e \"ansible_ssh_common_args='-o UserKnownHostsFile=none'\"");
    strange_key(&site);
    let port = site.host().port;
    let key = fs::read_to_string(site.scratch.path().join("strange.pub")).unwrap();
    fs::write(site.scratch.path().join("changed"), format!("[127.0.0.1]:{port} {key}")).unwrap();
    fs::write(site.scratch.path().join("revoked"), {
        let known = fs::read_to_string(site.lab.known_hosts()).unwrap();
        known.lines().map(|line| format!("@revoked {line}\n")).collect::<String>()
    })
    .unwrap();
    site.run(
        "capstan play -i lab.ini site.yml -e \"ansible_ssh_common_args='-o UserKnownHostsFile=changed'\"",
    );
    site.run(
        "capstan play -i lab.ini site.yml -e \"ansible_ssh_common_args='-o UserKnownHostsFile=revoked'\"",
    );
    site.run("capstan play -i lab.ini site.yml --accept-new-host-keys -e \"ansible_ssh_common_args='-o UserKnownHostsFile=fresh'\"");
    site.run("capstan play -i lab.ini site.yml -e \"ansible_ssh_common_args='-o UserKnownHostsFile=fresh'\"");
    site.assert_snapshot("host_keys");
}

#[test]
fn logins() {
    let mut site = Site::new(Lab::builder().user("ann", Some("right"), Sudo::No));
    strange_key(&site);
    fs::write(site.scratch.path().join("not_a_key"), "nothing\n").unwrap();
    site.run("capstan play -i lab.ini site.yml -e ansible_ssh_private_key_file=strange");
    site.run("capstan play -i lab.ini site.yml -e ansible_ssh_private_key_file=nowhere");
    site.run("capstan play -i lab.ini site.yml -e ansible_ssh_private_key_file=not_a_key");
    site.run("capstan play -i lab.ini site.yml -e ansible_user=nobody-of-that-name");
    site.run("capstan play -i lab.ini site.yml -e ansible_user=ann -e ansible_password=right -e ansible_ssh_private_key_file=strange");
    site.run("capstan play -i lab.ini site.yml -e ansible_user=ann -e ansible_password=wrong -e ansible_ssh_private_key_file=strange");
    let said = site.said.join("");
    assert!(!said.replace("ansible_password=wrong", "").contains("=wrong"), "the password is told: {said}");
    site.assert_snapshot("logins");
}

#[test]
fn becoming() {
    let hosts = Lab::builder()
        .user("ann", Some("right"), Sudo::Password)
        .user("ben", Some("right"), Sudo::No)
        .user("cat", None, Sudo::NoPassword)
        .root_password("toor");
    let mut site = Site::new(hosts);
    for (file, password) in [("right", "right"), ("wrong", "incorrect-horse"), ("toor", "toor")] {
        fs::write(site.scratch.path().join(file), password).unwrap();
    }
    for arguments in [
        "ansible_user=ann --become-password-file right",
        "ansible_user=ann --become-password-file wrong",
        "ansible_user=ann",
        "ansible_user=ben --become-password-file right",
        "ansible_user=cat",
        "ansible_user=cat --become-user nobody-of-that-name",
        "ansible_user=ben --become-method su --become-password-file toor",
        "ansible_user=ben --become-method su --become-password-file wrong",
        "ansible_user=ben --become-method su",
    ] {
        site.run(&format!("capstan play -i lab.ini sudo.yml -e {arguments}"));
    }
    assert!(!site.said.join("").contains("incorrect-horse"), "the password is told");
    site.assert_snapshot("becoming");
}

#[test]
fn a_full_disk() {
    let mut site = Site::new(Lab::builder());
    site.shell(
        "mkdir -p /mnt/small && mount -t tmpfs -o size=64k small /mnt/small && echo old > /mnt/small/file",
    );
    site.run("capstan play -i lab.ini write.yml");
    assert_eq!(
        site.shell("cd /mnt/small && ls -A && cat file"),
        "file\nold\n",
        "nothing half-written is left"
    );
    site.assert_snapshot("a_full_disk");
}

#[test]
fn a_read_only_file_system() {
    let mut site = Site::new(Lab::builder());
    site.shell("mkdir -p /mnt/small && mount -t tmpfs small /mnt/small && echo old > /mnt/small/old && mount -o remount,ro /mnt/small");
    site.run("capstan play -i lab.ini edit.yml");
    assert_eq!(site.shell("cd /mnt/small && ls -A && cat old"), "old\nold\n");
    site.assert_snapshot("a_read_only_file_system");
}

#[test]
fn nowhere_to_put_the_runner() {
    let mut site = Site::new(Lab::builder().user("ann", None, Sudo::No));
    site.shell(
        "for folder in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o noexec,mode=1777 none $folder; done",
    );
    site.shell("mount --bind /home/ann /home/ann && mount -o remount,bind,noexec /home/ann");
    site.run("capstan play -i lab.ini site.yml -e ansible_user=ann");
    // Which number the account gets depends on those that are there already.
    let number = format!("capstan-{}", site.shell("id -u ann").trim());
    for said in &mut site.said {
        *said = said.replace(&number, "capstan-[UID]");
    }
    site.assert_snapshot("nowhere_to_put_the_runner");
}

#[test]
fn a_host_that_goes_away() {
    let mut site = Site::new(Lab::builder().hosts(2));
    let mut command = site.scratch.command("exec ansible-playbook -i lab.ini long.yml");
    let run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    site.wait_for("test -e /tmp/begun");
    site.host().kill().unwrap();
    let output = run.wait_with_output().unwrap();
    let said = site.scratch.transcript("ansible-playbook -i lab.ini long.yml", &output);
    site.said.push(said);
    site.assert_snapshot("a_host_that_goes_away");
}

#[test]
fn interrupted() {
    let mut site = Site::new(Lab::builder().hosts(2));
    let mut command = site.scratch.command("echo $$; exec ansible-playbook -i lab.ini long.yml");
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(run.stdout.take().unwrap());
    let mut number = String::new();
    stdout.read_line(&mut number).unwrap();
    site.wait_for("test -e /tmp/begun");
    kill_process(Pid::from_raw(number.trim().parse().unwrap()).unwrap(), Signal::INT).unwrap();
    let mut output = run.wait_with_output().unwrap();
    std::io::Read::read_to_end(&mut stdout, &mut output.stdout).unwrap();
    let said = site.scratch.transcript("ansible-playbook -i lab.ini long.yml", &output);
    site.said.push(said);
    site.wait_for("! pgrep -f '[s]leep 987654|/[r]unner-' > /dev/null");
    site.assert_snapshot("interrupted");
}
