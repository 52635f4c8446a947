use std::path::{Path, PathBuf};

/// The user that this program runs as, in the way OpenSSH sees them: the account's home rather than `$HOME`.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) home: PathBuf,
    pub(super) id: u32,
}

impl Account {
    /// The account from `/etc/passwd`, or else from the environment (accounts of a directory service).
    pub(super) fn current() -> Account {
        let id = rustix::process::getuid().as_raw();
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let entry = passwd.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let [name, _, number, _, _, home, ..] = fields[..] else { return None };
            (number.parse() == Ok(id)).then(|| (name.to_owned(), PathBuf::from(home)))
        });
        let (name, home) = entry.unwrap_or_else(|| {
            let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
            let name = variable("USER").or_else(|| variable("LOGNAME")).unwrap_or_else(|| id.to_string());
            (name, std::env::home_dir().unwrap_or_else(|| PathBuf::from("/")))
        });
        Account { name, home, id }
    }

    /// The path with `~` as the home.
    pub(super) fn expand_home(&self, path: &str) -> PathBuf {
        match path.strip_prefix("~/") {
            Some(rest) => self.home.join(rest),
            None if path == "~" => self.home.clone(),
            None => PathBuf::from(path),
        }
    }

    /// The folder of the account's ssh files.
    pub(super) fn ssh_folder(&self) -> PathBuf {
        self.home.join(".ssh")
    }
}

/// This machine's name.
pub(super) fn local_host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Whether a file that only its owner may read, or write, is open to others.
pub(super) fn mode(path: &Path) -> std::io::Result<u32> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).map(|metadata| metadata.permissions().mode() & 0o7777)
}
