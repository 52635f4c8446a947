use std::fs;
use std::path::{Path, PathBuf};

use diag::{Error, Result};

use crate::tool;

/// Where a host keeps what its OpenSSH server needs, apart from the files that playbooks manage.
const SERVER_FOLDER: &str = "/etc/ssh/lab";

/// The lab's two key pairs: the one to log in with, and the one by which its hosts are known.
pub(crate) struct Credentials {
    directory: PathBuf,
}

impl Credentials {
    /// Makes both pairs, in `directory`.
    pub(crate) fn make(directory: &Path) -> Result<Credentials> {
        let credentials = Credentials { directory: directory.to_owned() };
        for (file, comment) in [(credentials.key_file(), "lab"), (credentials.host_key_file(), "lab-host")] {
            let made = tool::SSH_KEYGEN
                .command()?
                .args(["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f"])
                .arg(&file)
                .output()
                .map_err(|error| Error::new("ssh-keygen can't be run").cause(error))?;
            if !made.status.success() {
                let said = String::from_utf8_lossy(&made.stderr).trim().to_owned();
                return Err(Error::new("ssh-keygen failed").cause(said));
            }
        }
        Ok(credentials)
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.directory.join("key")
    }

    pub(crate) fn known_hosts(&self) -> PathBuf {
        self.directory.join("known_hosts")
    }

    fn host_key_file(&self) -> PathBuf {
        self.directory.join("host_key")
    }

    /// Writes the file by which an SSH client knows the hosts.
    pub(crate) fn write_known_hosts(&self, ports: impl IntoIterator<Item = u16>) -> Result<()> {
        let public = read(&self.host_key_file().with_extension("pub"))?;
        let key: Vec<&str> = public.split_whitespace().take(2).collect();
        let key = key.join(" ");
        let lines: String = ports.into_iter().map(|port| format!("[127.0.0.1]:{port} {key}\n")).collect();
        fs::write(self.known_hosts(), lines)
            .map_err(|error| Error::new("known_hosts can't be written").cause(error))
    }

    /// What a host's OpenSSH server needs: the path on the host, the text, and the mode of each file.
    pub(crate) fn server_files(&self, passwords: bool) -> Result<Vec<(String, String, u32)>> {
        let passwords = if passwords { "yes" } else { "no" };
        let configuration = format!(
            "HostKey {SERVER_FOLDER}/host_key\n\
             AuthorizedKeysFile {SERVER_FOLDER}/authorized_keys .ssh/authorized_keys\n\
             PermitRootLogin yes\n\
             PasswordAuthentication {passwords}\n\
             KbdInteractiveAuthentication no\n\
             UsePAM no\n\
             UseDNS no\n\
             MaxAuthTries 20\n\
             MaxSessions 1000\n\
             PrintMotd no\n\
             PrintLastLog no\n\
             PidFile none\n\
             AcceptEnv LANG LC_*\n\
             Subsystem sftp internal-sftp\n"
        );
        let host_key = read(&self.host_key_file())?;
        let host_key_public = read(&self.host_key_file().with_extension("pub"))?;
        let authorized = read(&self.key_file().with_extension("pub"))?;
        Ok(vec![
            (server_configuration(), configuration, 0o644),
            (format!("{SERVER_FOLDER}/authorized_keys"), authorized, 0o644),
            (format!("{SERVER_FOLDER}/host_key"), host_key.clone(), 0o600),
            // The usual places, where playbooks and facts look for a host's keys.
            ("/etc/ssh/ssh_host_ed25519_key".to_owned(), host_key, 0o600),
            ("/etc/ssh/ssh_host_ed25519_key.pub".to_owned(), host_key_public, 0o644),
        ])
    }
}

/// Where a host's OpenSSH server reads its configuration.
pub(crate) fn server_configuration() -> String {
    format!("{SERVER_FOLDER}/sshd_config")
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file)
        .map_err(|error| Error::new(format!("'{}' can't be read", file.display())).cause(error))
}
