//! A real OpenSSH server on a loopback port, in a mount namespace of its own: it sees users, passwords and sudo rules
//! that exist nowhere else, and the machine's own files stay untouched.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, unreachable_pub)]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use tempfile::TempDir;
use transport::Target;

/// The password of every user of the server.
pub const PASSWORD: &str = "correct horse";

static RSA: OnceLock<[(&str, Vec<u8>); 2]> = OnceLock::new();

/// A running server, stopped when it is dropped.
pub struct Sshd {
    pub folder: TempDir,
    pub port: u16,
    process: Child,
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs a program that must succeed, and gives its output.
pub fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Waits until something that must come about has, and panics if it does not.
pub async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let mut looks = tokio::time::interval(Duration::from_millis(5));
    for _ in 0..6000 {
        if condition() {
            return;
        }
        looks.tick().await;
    }
    panic!("{what} does not come about");
}

/// Makes a key pair without a passphrase.
pub fn key(path: &Path, kind: &str) {
    run("ssh-keygen", &["-q", "-t", kind, "-N", "", "-C", "test", "-f", path.to_str().unwrap()]);
}

impl Sshd {
    pub fn start() -> Sshd {
        Sshd::with("", "")
    }

    /// With further lines of sshd_config, and shell commands to run in the namespace before it starts.
    pub fn with(configuration: &str, preparation: &str) -> Sshd {
        assert!(rustix::process::geteuid().is_root(), "these tests start sshd, and need root for it");
        let folder = TempDir::with_prefix("capstan-transport-").unwrap();
        // Users other than root read their keys and caches below it.
        run("chmod", &["755", folder.path().to_str().unwrap()]);
        let path = |name: &str| folder.path().join(name);
        key(&path("host_ed25519"), "ed25519");
        // One for all servers, because it takes its time to make.
        let rsa = RSA.get_or_init(|| {
            let folder = TempDir::new().unwrap();
            key(&folder.path().join("host_rsa"), "rsa");
            ["host_rsa", "host_rsa.pub"].map(|name| (name, std::fs::read(folder.path().join(name)).unwrap()))
        });
        for (name, bytes) in rsa {
            std::fs::write(path(name), bytes).unwrap();
        }
        run("chmod", &["600", path("host_rsa").to_str().unwrap()]);
        key(&path("id"), "ed25519");
        std::fs::copy(path("id.pub"), path("authorized_keys")).unwrap();
        let crypted = run("openssl", &["passwd", "-6", PASSWORD]);
        let line = |file: &str, added: &str| {
            let text = std::fs::read_to_string(format!("/etc/{file}")).unwrap();
            std::fs::write(path(file), text.trim_end().to_owned() + "\n" + added).unwrap();
        };
        line(
            "passwd",
            "alice:x:7001:7001::ALICE:/bin/sh\nbob:x:7002:7002::/nonexistent:/bin/sh\ncarol:x:7003:7003::CAROL:/bin/sh\n",
        );
        for user in ["alice", "carol"] {
            let home = path(&format!("home-{user}"));
            std::fs::create_dir(&home).unwrap();
            run("chmod", &["700", home.to_str().unwrap()]);
            let id = if user == "alice" { "7001:7001" } else { "7003:7003" };
            run("chown", &[id, home.to_str().unwrap()]);
            let passwd = std::fs::read_to_string(path("passwd")).unwrap();
            std::fs::write(path("passwd"), passwd.replace(&user.to_uppercase(), home.to_str().unwrap()))
                .unwrap();
        }
        line("group", "alice:x:7001:\nbob:x:7002:\ncarol:x:7003:\n");
        let shadow: String = ["alice", "bob", "carol"]
            .map(|user| format!("{user}:{}:19000:0:99999:7:::\n", crypted.trim()))
            .concat();
        line("shadow", &shadow);
        std::fs::write(
            path("sudoers"),
            "Defaults !use_pty\nroot ALL=(ALL:ALL) ALL\nalice ALL=(ALL:ALL) ALL\nbob ALL=(ALL:ALL) NOPASSWD: ALL\n",
        )
        .unwrap();
        run("chmod", &["440", path("sudoers").to_str().unwrap()]);
        run("chmod", &["600", path("shadow").to_str().unwrap()]);
        std::fs::create_dir(path("cache")).unwrap();
        // The port is free a moment later too, or the server says so and the test fails.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let root = folder.path().display();
        std::fs::write(
            path("sshd_config"),
            format!(
                "{}\nPort {port}\nListenAddress 127.0.0.1\nHostKey {root}/host_ed25519\nHostKey {root}/host_rsa\n\
                 PidFile none\nStrictModes no\nAuthorizedKeysFile {root}/authorized_keys\nPermitRootLogin yes\n\
                 UsePAM no\nMaxStartups 100\nMaxSessions 100\nLogLevel VERBOSE\n",
                configuration.replace("ROOT", &root.to_string())
            ),
        )
        .unwrap();
        let script = format!(
            "set -e; mount --make-rprivate /; mkdir -p {root}/run; mount -t tmpfs none /run; mkdir -p /run/sshd; \
             for f in passwd group shadow sudoers; do mount --bind {root}/$f /etc/$f; done; \
             mount -t tmpfs none /var/tmp; chmod 1777 /var/tmp; mount -t tmpfs none /root; {preparation}\n\
             exec /usr/sbin/sshd -D -e -f {root}/sshd_config"
        );
        let script = script.replace("ROOT", &root.to_string());
        let mut process = Command::new("unshare")
            .args(["-m", "/bin/sh", "-c", &script])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let log = process.stderr.take().unwrap();
        let mut lines = BufReader::new(log).lines();
        let mut seen = String::new();
        loop {
            let line = lines.next().unwrap_or_else(|| panic!("sshd did not start:\n{seen}")).unwrap();
            if line.contains("Server listening") {
                break;
            }
            seen += &(line + "\n");
        }
        let log = path("log");
        std::thread::spawn(move || {
            use std::io::Write;
            let mut log = std::fs::File::create(log).unwrap();
            for line in lines.map_while(Result::ok) {
                let _ = writeln!(log, "{line}");
            }
        });
        Sshd { folder, port, process }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Kills the server; its sessions go on.
    pub fn stop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Writes the server's key to a known_hosts file, in the way `ssh-keyscan` does.
    pub fn write_known_hosts(&self) -> PathBuf {
        let key = std::fs::read_to_string(self.path("host_ed25519.pub")).unwrap();
        let file = self.path("known_hosts");
        std::fs::write(&file, format!("[127.0.0.1]:{} {key}", self.port)).unwrap();
        file
    }

    /// A target that reads no configuration, knows the host's key, and has the right private key.
    pub fn target(&self) -> Target {
        let known_hosts = self.write_known_hosts();
        let mut target = Target::new("web1");
        target.host = "127.0.0.1".to_owned();
        target.port = Some(self.port);
        target.user = Some("root".to_owned());
        target.private_key_file = Some(self.path("id"));
        target.ssh_args = self.arguments(&known_hosts);
        target
    }

    /// Arguments that keep the machine's own configuration out.
    pub fn arguments(&self, known_hosts: &Path) -> Vec<String> {
        let words = [
            "-F",
            "none",
            "-o",
            &format!("UserKnownHostsFile={}", known_hosts.display()),
            "-o",
            "GlobalKnownHostsFile=/dev/null",
            "-o",
            "IdentityAgent=none",
        ];
        words.iter().map(|word| (*word).to_owned()).collect()
    }
}
