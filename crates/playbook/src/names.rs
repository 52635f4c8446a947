//! Names of actions: which ones the engine carries out itself, which ones moved elsewhere, which take free-form text.

/// An action that the engine or the loader carries out itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EngineAction {
    Meta,
    IncludeTasks,
    IncludeRole,
    ImportTasks,
    ImportRole,
    ImportPlaybook,
}

/// The one table of actions that are no modules.
pub(crate) const ENGINE_ACTIONS: [(&str, EngineAction); 6] = [
    ("meta", EngineAction::Meta),
    ("include_tasks", EngineAction::IncludeTasks),
    ("include_role", EngineAction::IncludeRole),
    ("import_tasks", EngineAction::ImportTasks),
    ("import_role", EngineAction::ImportRole),
    ("import_playbook", EngineAction::ImportPlaybook),
];

impl EngineAction {
    pub(crate) fn named(canonical: &str) -> Option<EngineAction> {
        ENGINE_ACTIONS.iter().find(|(name, _)| *name == canonical).map(|(_, action)| *action)
    }
}

/// The name without Ansible's own collections.
pub(crate) fn without_builtin(name: &str) -> &str {
    name.strip_prefix("ansible.builtin.").or_else(|| name.strip_prefix("ansible.legacy.")).unwrap_or(name)
}

/// The actions whose free-form text is a command: only these options are taken out of it.
const COMMANDS: [&str; 6] =
    ["command", "shell", "raw", "script", "ansible.windows.win_command", "ansible.windows.win_shell"];

/// The options that are taken out of a command's text.
pub(crate) const COMMAND_OPTIONS: [&str; 8] =
    ["creates", "removes", "chdir", "executable", "warn", "stdin", "stdin_add_newline", "strip_empty_ends"];

/// Whether free-form text of this action is a command.
pub(crate) fn takes_command(canonical: &str) -> bool {
    COMMANDS.contains(&canonical)
}

/// Whether this action takes text that is not `key=value`.
pub(crate) fn takes_free_form(canonical: &str) -> bool {
    takes_command(canonical)
        || EngineAction::named(canonical).is_some()
        // A module of the user's own: when it runs, the task says what is wrong.
        || canonical.contains('.')
        || ["include_vars", "set_fact", "add_host", "group_by"].contains(&canonical)
}

/// Whether the names of this action's arguments are the user's, so that a template alone is all of them.
pub(crate) fn takes_any_name(canonical: &str) -> bool {
    ["set_fact", "add_host", "group_by"].contains(&canonical)
}

/// Where short names, and names of collections that were split, have moved.
const REDIRECTS: &[(&str, &[&str])] = &[
    (
        "community.general",
        &[
            "alternatives",
            "apache2_module",
            "apk",
            "archive",
            "bundler",
            "capabilities",
            "composer",
            "cronvar",
            "crypttab",
            "deploy_helper",
            "dpkg_divert",
            "filesystem",
            "flatpak",
            "flatpak_remote",
            "gem",
            "git_config",
            "gitlab_runner",
            "haproxy",
            "homebrew",
            "htpasswd",
            "ini_file",
            "interfaces_file",
            "iso_extract",
            "java_cert",
            "java_keystore",
            "jenkins_plugin",
            "kernel_blacklist",
            "ldap_attrs",
            "ldap_entry",
            "locale_gen",
            "lvg",
            "lvol",
            "mail",
            "make",
            "modprobe",
            "monit",
            "nagios",
            "nmcli",
            "npm",
            "open_iscsi",
            "opkg",
            "pacman",
            "pam_limits",
            "pamd",
            "parted",
            "pkgng",
            "portinstall",
            "proxmox",
            "read_csv",
            "redis",
            "redhat_subscription",
            "rhsm_repository",
            "runit",
            "sefcontext",
            "selinux_permissive",
            "seport",
            "slack",
            "snap",
            "snap_alias",
            "ssh_config",
            "sudoers",
            "supervisorctl",
            "timezone",
            "ufw",
            "xattr",
            "xfs_quota",
            "xml",
            "yarn",
            "zfs",
            "zypper",
            "zypper_repository",
        ],
    ),
    (
        "ansible.posix",
        &[
            "acl",
            "at",
            "authorized_key",
            "firewalld",
            "mount",
            "patch",
            "seboolean",
            "selinux",
            "synchronize",
            "sysctl",
        ],
    ),
    (
        "community.crypto",
        &[
            "acme_certificate",
            "get_certificate",
            "luks_device",
            "openssh_cert",
            "openssh_keypair",
            "openssl_csr",
            "openssl_dhparam",
            "openssl_pkcs12",
            "openssl_privatekey",
            "openssl_publickey",
            "x509_certificate",
            "x509_certificate_info",
            "x509_crl",
        ],
    ),
    (
        "community.docker",
        &[
            "docker_compose",
            "docker_container",
            "docker_container_info",
            "docker_image",
            "docker_login",
            "docker_network",
            "docker_volume",
        ],
    ),
    (
        "community.mysql",
        &["mysql_db", "mysql_info", "mysql_query", "mysql_replication", "mysql_user", "mysql_variables"],
    ),
    (
        "community.postgresql",
        &[
            "postgresql_db",
            "postgresql_ext",
            "postgresql_ping",
            "postgresql_privs",
            "postgresql_query",
            "postgresql_schema",
            "postgresql_user",
        ],
    ),
];

/// What Ansible itself brings, whether or not it is here.
const CORE: &[&str] = &[
    "add_host",
    "apt",
    "apt_key",
    "apt_repository",
    "assemble",
    "assert",
    "async_status",
    "async_wrapper",
    "blockinfile",
    "command",
    "copy",
    "cron",
    "deb822_repository",
    "debconf",
    "debug",
    "dnf",
    "dnf5",
    "dpkg_selections",
    "expect",
    "fail",
    "fetch",
    "file",
    "find",
    "gather_facts",
    "get_url",
    "getent",
    "git",
    "group",
    "group_by",
    "hostname",
    "include_vars",
    "iptables",
    "known_hosts",
    "lineinfile",
    "mount_facts",
    "package",
    "package_facts",
    "pause",
    "ping",
    "pip",
    "raw",
    "reboot",
    "replace",
    "rpm_key",
    "script",
    "service",
    "service_facts",
    "set_fact",
    "set_stats",
    "setup",
    "shell",
    "slurp",
    "stat",
    "subversion",
    "systemd",
    "systemd_service",
    "sysvinit",
    "tempfile",
    "template",
    "unarchive",
    "uri",
    "user",
    "validate_argument_spec",
    "wait_for",
    "wait_for_connection",
    "yum_repository",
];

/// Names that are two names of the same thing.
const SYNONYMS: &[(&str, &str)] = &[
    ("yum", "dnf"),
    ("dnf5", "dnf"),
    ("gather_facts", "setup"),
    ("systemd_service", "systemd"),
    ("openssl_certificate", "community.crypto.x509_certificate"),
    ("community.crypto.openssl_certificate", "community.crypto.x509_certificate"),
    ("community.general.docker_network", "community.docker.docker_network"),
    ("community.general.docker_container", "community.docker.docker_container"),
    ("community.general.docker_image", "community.docker.docker_image"),
    ("win_command", "ansible.windows.win_command"),
    ("win_shell", "ansible.windows.win_shell"),
];

/// Where the name has moved, if it has.
pub(crate) fn redirect(name: &str) -> Option<String> {
    if let Some((_, to)) = SYNONYMS.iter().find(|(from, _)| *from == name) {
        return Some((*to).to_owned());
    }
    REDIRECTS
        .iter()
        .find(|(_, modules)| modules.contains(&name))
        .map(|(collection, _)| format!("{collection}.{name}"))
}

/// The short name of a module of a well-known collection, by which it is known here if it is one of ours.
pub(crate) fn without_collection(name: &str) -> Option<&str> {
    let (collection, short) = name.rsplit_once('.')?;
    (REDIRECTS.iter().any(|(known, _)| *known == collection) && !CORE.contains(&short)).then_some(short)
}

/// Whether there is a module of this name somewhere, though not here: a task that calls it fails when it runs, where a
/// name that nobody knows is a mistake in the playbook. Of well-known collections every name counts.
pub(crate) fn is_known(canonical: &str) -> bool {
    let collection = canonical.rsplit_once('.').map(|(collection, _)| collection);
    match collection {
        None => CORE.contains(&canonical),
        Some(collection) => REDIRECTS.iter().any(|(known, _)| *known == collection),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_of_well_known_collections_have_short_names() {
        assert_eq!(without_collection("ansible.posix.authorized_key"), Some("authorized_key"));
        assert_eq!(without_collection("community.general.locale_gen"), Some("locale_gen"));
        assert_eq!(without_collection("mine.own.authorized_key"), None);
        assert_eq!(without_collection("community.general.file"), None);
        assert_eq!(without_collection("file"), None);
    }
}
