use std::path::Path;

use module::{Arguments, EditedFile, FileArguments, HostPath, Module, NewContent, Outcome, Presence};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Error, Result, System};

use repository_file::{RepositoryFile, Setting};

mod repository_file;

/// Adds repositories to those of dnf and removes them: sections in `/etc/yum.repos.d/*.repo`.
///
/// The section of the repository is written anew, with the settings that the task gives and no others; it comes last in
/// the file, and comments in the file go. A file in which no section is left is removed. What each setting means is told
/// in dnf.conf(5); those that newer releases of dnf know no more are written all the same.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct YumRepository {
    /// The name of the repository, by which dnf knows it: a section in the file.
    name: String,
    /// What it is, for people to read; with `state: present` it must be given.
    description: Option<String>,
    /// Whether it shall be there.
    #[serde(default)]
    state: Presence,
    /// The addresses, each of a folder in which there is a folder `repodata`. This, `mirrorlist` or `metalink` must
    /// be given.
    baseurl: Option<Vec<String>>,
    /// The address of a list of addresses.
    mirrorlist: Option<String>,
    /// The address of a metalink file, which tells mirrors and checksums.
    metalink: Option<String>,
    /// The file's name, without `.repo`; left out, it is that of the repository.
    file: Option<String>,
    /// The folder with the files.
    #[serde(default = "folder")]
    reposdir: HostPath,
    /// Whether packages are taken from it.
    enabled: Option<bool>,
    /// Whether signatures of packages are checked.
    gpgcheck: Option<bool>,
    /// Whether the signature of the list of packages is checked.
    repo_gpgcheck: Option<bool>,
    /// The addresses of the keys.
    gpgkey: Option<Vec<String>>,
    /// Packages that are not taken from here; patterns are allowed.
    #[schemars(extend("aliases" = ["excludepkgs"]))]
    exclude: Option<Vec<String>>,
    /// The only packages that are taken from here; patterns are allowed.
    includepkgs: Option<Vec<String>>,
    /// A number: of several repositories the one with the lowest is preferred.
    priority: Option<String>,
    /// What it costs to use it, compared with others.
    cost: Option<String>,
    /// Whether modules hide none of its packages.
    module_hotfixes: Option<bool>,
    /// Whether dnf goes on without it if it can't be reached.
    skip_if_unavailable: Option<bool>,
    /// For how many seconds the list of packages is good.
    metadata_expire: Option<String>,
    /// Which commands look at `metadata_expire`.
    metadata_expire_filter: Option<String>,
    /// For how many seconds the list of addresses is good.
    mirrorlist_expire: Option<String>,
    /// Whether the host is counted by the repository.
    countme: Option<bool>,
    /// Whether its groups of packages can be used.
    enablegroups: Option<bool>,
    /// Which of several addresses is tried first.
    failovermethod: Option<Failover>,
    /// What proxies may keep.
    http_caching: Option<Caching>,
    /// Which kind of addresses names are resolved to.
    ip_resolve: Option<Family>,
    /// Whether one connection serves for several files.
    keepalive: Option<bool>,
    /// How often to try to get a file.
    retries: Option<String>,
    /// How many seconds to wait for a connection.
    timeout: Option<String>,
    /// How fast files may be fetched: bytes in a second, with `k`, `M` or `G` behind them, or a part of `bandwidth`
    /// in percent.
    throttle: Option<String>,
    /// How fast the network is, in bytes in a second.
    bandwidth: Option<String>,
    /// How large, in percent, a difference between packages may be to be fetched.
    deltarpm_percentage: Option<String>,
    /// How large, in percent, the list of differences may be to be fetched.
    deltarpm_metadata_percentage: Option<String>,
    /// The name for logging in.
    username: Option<String>,
    /// The password for logging in. It stands in the file, which has mode 0644 unless `mode` says otherwise.
    password: Option<String>,
    /// The address of a proxy; `_none_` for none.
    proxy: Option<String>,
    /// The name for logging in to the proxy.
    proxy_username: Option<String>,
    /// The password for logging in to the proxy.
    proxy_password: Option<String>,
    /// Whether the server's certificate is checked.
    #[schemars(extend("aliases" = ["validate_certs"]))]
    sslverify: Option<bool>,
    /// The certificates of authorities to check it with.
    #[schemars(extend("aliases" = ["ca_cert"]))]
    sslcacert: Option<String>,
    /// The host's own certificate.
    #[schemars(extend("aliases" = ["client_cert"]))]
    sslclientcert: Option<String>,
    /// The key of the host's own certificate.
    #[schemars(extend("aliases" = ["client_key"]))]
    sslclientkey: Option<String>,
    /// Whether the permissions of certificates are checked.
    ssl_check_cert_permissions: Option<bool>,
    /// Another configuration that is put in its place.
    include: Option<String>,
    /// Whether several files are fetched at a time.
    #[serde(rename = "async")]
    parallel: Option<bool>,
    /// Whether other repositories may not replace its packages.
    protect: Option<bool>,
    /// Whether it is in an S3 store.
    s3_enabled: Option<bool>,
    /// The address of a key of an authority.
    gpgcakey: Option<String>,
    /// Variables that are shown with its name.
    ui_repoid_vars: Option<String>,
    #[serde(flatten)]
    attributes: FileArguments,
}

fn folder() -> HostPath {
    HostPath::new("/etc/yum.repos.d")
}

/// An enumeration whose variants are words in the file.
macro_rules! words {
    ($(#[doc = $about:literal])* $name:ident { $(#[doc = $doc:literal] $variant:ident = $word:literal,)* }) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
        enum $name {
            $(#[doc = $doc] #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            fn word(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)*
                }
            }
        }
    };
}

words! {
    /// Which of several addresses is tried first.
    Failover {
        /// Any.
        Any = "roundrobin",
        /// The first one.
        First = "priority",
    }
}

words! {
    /// What proxies may keep.
    Caching {
        /// Everything.
        All = "all",
        /// Packages, but no lists.
        Packages = "packages",
        /// Nothing.
        Nothing = "none",
    }
}

words! {
    /// A kind of network address.
    Family {
        /// IPv4.
        Four = "4",
        /// IPv6.
        Six = "6",
        /// IPv4.
        Version4 = "IPv4",
        /// IPv6.
        Version6 = "IPv6",
        /// Both.
        Both = "whatever",
    }
}

impl Arguments for YumRepository {
    const NAME: &'static str = "yum_repository";
    const EXAMPLES: &'static str = r#"
- name: Packages of the maker
  yum_repository:
    name: example
    description: Packages of the maker
    baseurl: https://packages.example.org/el$releasever/$basearch
    gpgkey: https://packages.example.org/key.asc
    gpgcheck: true

- name: No test versions
  yum_repository:
    name: example-testing
    file: example
    state: absent
"#;
}

impl Module for YumRepository {
    fn run(self, host: &mut System) -> Result<Outcome> {
        if self.state == Presence::Present {
            self.check(host)?;
        }
        let file = self.file.as_ref().unwrap_or(&self.name);
        let path = Path::new(self.reposdir.as_str()).join(format!("{file}.repo"));
        let outcome = Outcome::new().with("repo", self.name.as_str()).with("state", self.state.word());
        let path = HostPath::new(path.to_string_lossy());
        let file = EditedFile::open(host, &path, "utf-8")?;
        let before = RepositoryFile::parse(&String::from_utf8_lossy(file.content()), file.path())?;
        let mut after = before.clone();
        match self.state {
            Presence::Present => after.set(&self.name, self.settings()),
            Presence::Absent => after.remove(&self.name),
        }
        if after.is_empty() && !before.is_empty() {
            let now = host.inode(file.path())?;
            host.place(&now, now.clone().removed())?;
            return Ok(outcome);
        }
        let differs = !after.says_the_same(&before);
        if differs || (file.exists() && self.attributes.has_attributes()) {
            let bytes = differs.then(|| after.text().into_bytes());
            let new = NewContent { bytes, ..self.attributes.kept_content() };
            file.write(host, new, self.attributes.marks())?;
        }
        Ok(outcome)
    }
}

impl YumRepository {
    /// Whether there is all that a repository needs. Playbooks look for these words.
    fn check(&self, host: &mut System) -> Result<()> {
        if self.baseurl.is_none() && self.mirrorlist.is_none() && self.metalink.is_none() {
            return Err(Error::failed(
                "state is present but any of the following are missing: baseurl, mirrorlist, metalink",
            ));
        }
        if self.description.is_none() {
            return Err(Error::failed("state is present but all of the following are missing: description"));
        }
        let folder = self.reposdir.expand(host)?;
        match host.follow(&folder)? {
            Some(found) if found.is_directory() => Ok(()),
            _ => Err(Error::failed(format!("Repo directory '{}' does not exist.", folder.display()))),
        }
    }

    /// Those that are given, in the order of their names.
    fn settings(&self) -> Vec<Setting> {
        let flag = |value: Option<bool>| value.map(|value| if value { "1" } else { "0" }.to_owned());
        let lines = |values: &Option<Vec<String>>| values.as_ref().map(|values| values.join("\n"));
        let settings = [
            ("async", flag(self.parallel)),
            ("bandwidth", self.bandwidth.clone()),
            ("baseurl", lines(&self.baseurl)),
            ("cost", self.cost.clone()),
            ("countme", flag(self.countme)),
            ("deltarpm_metadata_percentage", self.deltarpm_metadata_percentage.clone()),
            ("deltarpm_percentage", self.deltarpm_percentage.clone()),
            ("enabled", flag(self.enabled)),
            ("enablegroups", flag(self.enablegroups)),
            ("exclude", self.exclude.as_ref().map(|names| names.join(" "))),
            ("failovermethod", self.failovermethod.map(|value| value.word().to_owned())),
            ("gpgcakey", self.gpgcakey.clone()),
            ("gpgcheck", flag(self.gpgcheck)),
            ("gpgkey", lines(&self.gpgkey)),
            ("http_caching", self.http_caching.map(|value| value.word().to_owned())),
            ("include", self.include.clone()),
            ("includepkgs", self.includepkgs.as_ref().map(|names| names.join(" "))),
            ("ip_resolve", self.ip_resolve.map(|value| value.word().to_owned())),
            ("keepalive", flag(self.keepalive)),
            ("metadata_expire", self.metadata_expire.clone()),
            ("metadata_expire_filter", self.metadata_expire_filter.clone()),
            ("metalink", self.metalink.clone()),
            ("mirrorlist", self.mirrorlist.clone()),
            ("mirrorlist_expire", self.mirrorlist_expire.clone()),
            ("module_hotfixes", flag(self.module_hotfixes)),
            ("name", self.description.clone()),
            ("password", self.password.clone()),
            ("priority", self.priority.clone()),
            ("protect", flag(self.protect)),
            ("proxy", self.proxy.clone()),
            ("proxy_password", self.proxy_password.clone()),
            ("proxy_username", self.proxy_username.clone()),
            ("repo_gpgcheck", flag(self.repo_gpgcheck)),
            ("retries", self.retries.clone()),
            ("s3_enabled", flag(self.s3_enabled)),
            ("skip_if_unavailable", flag(self.skip_if_unavailable)),
            ("ssl_check_cert_permissions", flag(self.ssl_check_cert_permissions)),
            ("sslcacert", self.sslcacert.clone()),
            ("sslclientcert", self.sslclientcert.clone()),
            ("sslclientkey", self.sslclientkey.clone()),
            ("sslverify", flag(self.sslverify)),
            ("throttle", self.throttle.clone()),
            ("timeout", self.timeout.clone()),
            ("ui_repoid_vars", self.ui_repoid_vars.clone()),
            ("username", self.username.clone()),
        ];
        settings.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}
