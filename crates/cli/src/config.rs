use std::path::{Path, PathBuf};

use configparser::ini::Ini;
use diag::{Error, Result};

/// Settings of `ansible.cfg` and the `ANSIBLE_*` environment; the environment wins.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// The file that was read, if there was one.
    pub(crate) file: Option<PathBuf>,
    ini: Ini,
}

/// A setting: where it stands in the environment and in the file.
pub(crate) struct Setting {
    environment: &'static [&'static str],
    ini: &'static [(&'static str, &'static str)],
}

/// Declares the settings, one line each.
macro_rules! settings {
    ($($name:ident: [$($environment:literal),*], [$(($section:literal, $key:literal)),*];)*) => {
        $(pub(crate) const $name: Setting = Setting { environment: &[$($environment),*], ini: &[$(($section, $key)),*] };)*

        #[cfg(test)]
        const ALL: &[(&str, Setting)] = &[$((stringify!($name), $name)),*];
    };
}

settings! {
    ANY_ERRORS_FATAL: ["ANSIBLE_ANY_ERRORS_FATAL"], [("defaults", "any_errors_fatal")];
    BECOME: ["ANSIBLE_BECOME"], [("privilege_escalation", "become")];
    BECOME_ASK_PASS: ["ANSIBLE_BECOME_ASK_PASS"], [("privilege_escalation", "become_ask_pass")];
    BECOME_EXE: ["ANSIBLE_BECOME_EXE"], [("privilege_escalation", "become_exe")];
    BECOME_FLAGS: ["ANSIBLE_BECOME_FLAGS"], [("privilege_escalation", "become_flags")];
    BECOME_METHOD: ["ANSIBLE_BECOME_METHOD"], [("privilege_escalation", "become_method")];
    BECOME_PASSWORD_FILE: ["ANSIBLE_BECOME_PASSWORD_FILE"], [("defaults", "become_password_file")];
    BECOME_USER: ["ANSIBLE_BECOME_USER"], [("privilege_escalation", "become_user")];
    ASYNC_DIR: ["ANSIBLE_ASYNC_DIR"], [("defaults", "async_dir")];
    ASK_PASS: ["ANSIBLE_ASK_PASS"], [("defaults", "ask_pass")];
    ASK_VAULT_PASS: ["ANSIBLE_ASK_VAULT_PASS"], [("defaults", "ask_vault_pass")];
    CALLBACKS_ENABLED: ["ANSIBLE_CALLBACKS_ENABLED", "ANSIBLE_CALLBACK_WHITELIST"], [("defaults", "callbacks_enabled"), ("defaults", "callback_whitelist")];
    CALLBACK_FORMAT_PRETTY: ["ANSIBLE_CALLBACK_FORMAT_PRETTY"], [("defaults", "callback_format_pretty")];
    CALLBACK_RESULT_FORMAT: ["ANSIBLE_CALLBACK_RESULT_FORMAT"], [("defaults", "callback_result_format")];
    CALLBACK_RESULT_INDENTATION: ["ANSIBLE_CALLBACK_RESULT_INDENTATION"], [("defaults", "callback_result_indentation")];
    CALLBACK_RESULT_YAML_LINE_WIDTH: ["ANSIBLE_CALLBACK_YAML_LINE_WIDTH"], [("defaults", "callback_result_yaml_line_width")];
    CALLBACK_TREE_DIR: ["ANSIBLE_CALLBACK_TREE_DIR"], [("callback_tree", "directory")];
    CHECK_MODE_MARKERS: ["ANSIBLE_CHECK_MODE_MARKERS"], [("defaults", "check_mode_markers")];
    COLLECTIONS_PATH: ["ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_COLLECTIONS_PATHS"], [("defaults", "collections_path"), ("defaults", "collections_paths")];
    CONNECTION_PASSWORD_FILE: ["ANSIBLE_CONNECTION_PASSWORD_FILE"], [("defaults", "connection_password_file")];
    DEPRECATION_WARNINGS: ["ANSIBLE_DEPRECATION_WARNINGS"], [("defaults", "deprecation_warnings")];
    DIFF_ALWAYS: ["ANSIBLE_DIFF_ALWAYS"], [("diff", "always")];
    DIFF_CONTEXT: ["ANSIBLE_DIFF_CONTEXT"], [("diff", "context")];
    DISPLAY_FAILED_STDERR: ["ANSIBLE_DISPLAY_FAILED_STDERR"], [("defaults", "display_failed_stderr")];
    DISPLAY_INCLUDED_HOSTS: ["ANSIBLE_DISPLAY_INCLUDED_HOSTS"], [("defaults", "display_included_hosts")];
    DISPLAY_OK_HOSTS: ["ANSIBLE_DISPLAY_OK_HOSTS"], [("defaults", "display_ok_hosts")];
    DISPLAY_SKIPPED_HOSTS: ["ANSIBLE_DISPLAY_SKIPPED_HOSTS"], [("defaults", "display_skipped_hosts")];
    ERROR_ON_MISSING_HANDLER: ["ANSIBLE_ERROR_ON_MISSING_HANDLER"], [("defaults", "error_on_missing_handler")];
    FACT_CACHING: ["ANSIBLE_CACHE_PLUGIN"], [("defaults", "fact_caching")];
    FACT_CACHING_CONNECTION: ["ANSIBLE_CACHE_PLUGIN_CONNECTION"], [("defaults", "fact_caching_connection")];
    FACT_CACHING_PREFIX: ["ANSIBLE_CACHE_PLUGIN_PREFIX"], [("defaults", "fact_caching_prefix")];
    FACT_CACHING_TIMEOUT: ["ANSIBLE_CACHE_PLUGIN_TIMEOUT"], [("defaults", "fact_caching_timeout")];
    FORCE_HANDLERS: ["ANSIBLE_FORCE_HANDLERS"], [("defaults", "force_handlers")];
    FORKS: ["ANSIBLE_FORKS"], [("defaults", "forks")];
    GATHERING: ["ANSIBLE_GATHERING"], [("defaults", "gathering")];
    HASH_BEHAVIOUR: ["ANSIBLE_HASH_BEHAVIOUR"], [("defaults", "hash_behaviour")];
    HOST_KEY_CHECKING: ["ANSIBLE_HOST_KEY_CHECKING", "ANSIBLE_SSH_HOST_KEY_CHECKING"], [("defaults", "host_key_checking"), ("ssh_connection", "host_key_checking")];
    INJECT_FACTS_AS_VARS: ["ANSIBLE_INJECT_FACT_VARS"], [("defaults", "inject_facts_as_vars")];
    INVENTORY: ["ANSIBLE_INVENTORY"], [("defaults", "inventory")];
    HOST_PATTERN_MISMATCH: ["ANSIBLE_HOST_PATTERN_MISMATCH"], [("inventory", "host_pattern_mismatch")];
    LIBRARY: ["ANSIBLE_LIBRARY"], [("defaults", "library")];
    MODULE_UTILS: ["ANSIBLE_MODULE_UTILS"], [("defaults", "module_utils")];
    LOAD_CALLBACK_PLUGINS: ["ANSIBLE_LOAD_CALLBACK_PLUGINS"], [("defaults", "bin_ansible_callbacks")];
    LOG_PATH: ["ANSIBLE_LOG_PATH"], [("defaults", "log_path")];
    INVENTORY_ANY_UNPARSED_IS_FAILED: ["ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"], [("inventory", "any_unparsed_is_failed")];
    INVENTORY_ENABLED: ["ANSIBLE_INVENTORY_ENABLED"], [("inventory", "enable_plugins")];
    INVENTORY_EXPORT: ["ANSIBLE_INVENTORY_EXPORT"], [("inventory", "export")];
    INVENTORY_GENERATOR_USE_EXTRA_VARS: ["ANSIBLE_GENERATOR_USE_EXTRA_VARS"], [("inventory_plugin_generator", "use_extra_vars")];
    INVENTORY_IGNORE_EXTS: ["ANSIBLE_INVENTORY_IGNORE"], [("defaults", "inventory_ignore_extensions"), ("inventory", "ignore_extensions")];
    INVENTORY_IGNORE_PATTERNS: ["ANSIBLE_INVENTORY_IGNORE_REGEX"], [("defaults", "inventory_ignore_patterns"), ("inventory", "ignore_patterns")];
    INVENTORY_SCRIPT_STDERR: ["ANSIBLE_INVENTORY_PLUGIN_SCRIPT_STDERR"], [("inventory_plugin_script", "always_show_stderr")];
    INVENTORY_UNPARSED_IS_FAILED: ["ANSIBLE_INVENTORY_UNPARSED_FAILED"], [("inventory", "unparsed_is_failed")];
    INVENTORY_UNPARSED_WARNING: ["ANSIBLE_INVENTORY_UNPARSED_WARNING"], [("inventory", "inventory_unparsed_warning")];
    INVENTORY_USE_EXTRA_VARS: ["ANSIBLE_INVENTORY_USE_EXTRA_VARS"], [("inventory_plugins", "use_extra_vars")];
    INVENTORY_YAML_EXTENSIONS: ["ANSIBLE_YAML_FILENAME_EXT", "ANSIBLE_INVENTORY_PLUGIN_EXTS"], [("defaults", "yaml_valid_extensions"), ("inventory_plugin_yaml", "yaml_valid_extensions")];
    TRANSFORM_INVALID_GROUP_CHARS: ["ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS"], [("defaults", "force_valid_group_names")];
    NO_LOG: ["ANSIBLE_NO_LOG"], [("defaults", "no_log")];
    PLAYBOOK_DIR: ["ANSIBLE_PLAYBOOK_DIR"], [("defaults", "playbook_dir")];
    POLL_INTERVAL: ["ANSIBLE_POLL_INTERVAL"], [("defaults", "poll_interval")];
    PRIVATE_KEY_FILE: ["ANSIBLE_PRIVATE_KEY_FILE"], [("defaults", "private_key_file")];
    REMOTE_PORT: ["ANSIBLE_REMOTE_PORT"], [("defaults", "remote_port")];
    REMOTE_USER: ["ANSIBLE_REMOTE_USER"], [("defaults", "remote_user")];
    RETRY_FILES_ENABLED: ["ANSIBLE_RETRY_FILES_ENABLED"], [("defaults", "retry_files_enabled")];
    RETRY_FILES_SAVE_PATH: ["ANSIBLE_RETRY_FILES_SAVE_PATH"], [("defaults", "retry_files_save_path")];
    ROLES_PATH: ["ANSIBLE_ROLES_PATH"], [("defaults", "roles_path")];
    RUN_TAGS: ["ANSIBLE_RUN_TAGS"], [("tags", "run")];
    SHOW_CUSTOM_STATS: ["ANSIBLE_SHOW_CUSTOM_STATS"], [("defaults", "show_custom_stats")];
    SHOW_PER_HOST_START: ["ANSIBLE_SHOW_PER_HOST_START"], [("defaults", "show_per_host_start")];
    SHOW_TASK_PATH_ON_FAILURE: ["ANSIBLE_SHOW_TASK_PATH_ON_FAILURE"], [("defaults", "show_task_path_on_failure")];
    SKIP_TAGS: ["ANSIBLE_SKIP_TAGS"], [("tags", "skip")];
    SSH_ARGS: ["ANSIBLE_SSH_ARGS"], [("ssh_connection", "ssh_args")];
    SSH_COMMON_ARGS: ["ANSIBLE_SSH_COMMON_ARGS"], [("ssh_connection", "ssh_common_args")];
    SSH_EXTRA_ARGS: ["ANSIBLE_SSH_EXTRA_ARGS"], [("ssh_connection", "ssh_extra_args")];
    STRATEGY: ["ANSIBLE_STRATEGY"], [("defaults", "strategy")];
    STDOUT_CALLBACK: ["ANSIBLE_STDOUT_CALLBACK"], [("defaults", "stdout_callback")];
    TASK_TIMEOUT: ["ANSIBLE_TASK_TIMEOUT"], [("defaults", "task_timeout")];
    TIMEOUT: ["ANSIBLE_TIMEOUT", "ANSIBLE_SSH_TIMEOUT"], [("defaults", "timeout"), ("ssh_connection", "timeout")];
    TRANSPORT: ["ANSIBLE_TRANSPORT"], [("defaults", "transport")];
    VAULT_IDENTITY_LIST: ["ANSIBLE_VAULT_IDENTITY_LIST"], [("defaults", "vault_identity_list")];
    VAULT_ID_MATCH: ["ANSIBLE_VAULT_ID_MATCH"], [("defaults", "vault_id_match")];
    VAULT_PASSWORD_FILE: ["ANSIBLE_VAULT_PASSWORD_FILE"], [("defaults", "vault_password_file")];
    VERBOSITY: ["ANSIBLE_VERBOSITY"], [("defaults", "verbosity")];
}

impl Config {
    /// The first configuration file of: the one that `ANSIBLE_CONFIG` names, `ansible.cfg` in the current directory
    /// (unless anybody may write there), `~/.ansible.cfg`, `/etc/ansible/ansible.cfg`.
    ///
    /// # Errors
    /// The file can't be read.
    pub(crate) fn load() -> Result<Config> {
        let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".ansible.cfg"));
        let named = std::env::var_os("ANSIBLE_CONFIG").map(PathBuf::from);
        let named = named.map(|path| if path.is_dir() { path.join("ansible.cfg") } else { path });
        let here = PathBuf::from("ansible.cfg");
        let here = Some(here).filter(|_| !anybody_may_write(Path::new(".")));
        let candidates = [named, here, home, Some(PathBuf::from("/etc/ansible/ansible.cfg"))];
        let Some(path) = candidates.into_iter().flatten().find(|path| path.is_file()) else {
            return Ok(Config::default());
        };
        let failed = |error: &dyn std::fmt::Display| {
            Error::new(format!("can't read the configuration {}", path.display())).cause(error)
        };
        let text = std::fs::read_to_string(&path).map_err(|error| failed(&error))?;
        let mut ini = Ini::new();
        ini.set_comment_symbols(&['#', ';']);
        ini.set_inline_comment_symbols(Some(&[';']));
        ini.set_multiline(true);
        ini.read(text).map_err(|error| failed(&error))?;
        let file = path.canonicalize().unwrap_or(path);
        Ok(Config { file: Some(file), ini })
    }

    /// A setting as text.
    pub(crate) fn text(&self, setting: &Setting) -> Option<String> {
        let environment = setting.environment.iter().find_map(|name| std::env::var(name).ok());
        environment.or_else(|| setting.ini.iter().find_map(|(section, key)| self.ini.get(section, key)))
    }

    /// A setting that is yes or no.
    ///
    /// # Errors
    /// It is something else.
    pub(crate) fn flag(&self, setting: &Setting) -> Result<Option<bool>> {
        let Some(text) = self.text(setting) else { return Ok(None) };
        match text.trim().to_ascii_lowercase().as_str() {
            "" => Ok(None),
            "yes" | "on" | "true" | "1" | "y" | "t" => Ok(Some(true)),
            "no" | "off" | "false" | "0" | "n" | "f" => Ok(Some(false)),
            _ => Err(self.wrong(setting, &text, "yes or no")),
        }
    }

    /// A setting that is a number.
    ///
    /// # Errors
    /// It is something else.
    pub(crate) fn number<T: std::str::FromStr>(&self, setting: &Setting) -> Result<Option<T>> {
        let Some(text) = self.text(setting).filter(|text| !text.trim().is_empty()) else { return Ok(None) };
        text.trim().parse().map(Some).map_err(|_| self.wrong(setting, &text, "a number"))
    }

    /// A setting that is a list with commas between its items; `None` where it is not set.
    pub(crate) fn list(&self, setting: &Setting) -> Option<Vec<String>> {
        let text = self.text(setting)?;
        Some(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
    }

    /// A setting that is a list of paths with `:` between them; those of the file count from its folder.
    pub(crate) fn paths(&self, setting: &Setting) -> Vec<PathBuf> {
        let text = self.text(setting).unwrap_or_default();
        text.split(':').filter(|path| !path.is_empty()).map(|path| self.path(setting, path)).collect()
    }

    /// The folders of a setting, or, if it is not set, those that Ansible searches for this kind of thing.
    pub(crate) fn search_path(&self, setting: &Setting, kind: &str) -> Vec<PathBuf> {
        let set = self.paths(setting);
        if !set.is_empty() {
            return set;
        }
        let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".ansible").join(kind));
        let shared = PathBuf::from("/usr/share/ansible").join(kind);
        let system = Some(PathBuf::from("/etc/ansible/roles")).filter(|_| kind == "roles");
        home.into_iter().chain([shared]).chain(system).collect()
    }

    /// A path of a setting: `~` is the home, and relative ones count from the file that has the setting.
    pub(crate) fn path(&self, setting: &Setting, text: &str) -> PathBuf {
        let text = match (text.strip_prefix("~/"), std::env::var("HOME")) {
            (Some(rest), Ok(home)) => format!("{home}/{rest}"),
            _ => text.to_owned(),
        };
        let from_file = !setting.environment.iter().any(|name| std::env::var_os(name).is_some());
        match self.file.as_deref().and_then(Path::parent).filter(|_| from_file) {
            Some(folder) => folder.join(text),
            None => PathBuf::from(text),
        }
    }

    fn wrong(&self, setting: &Setting, text: &str, wanted: &str) -> Error {
        let name = setting.ini.first().map_or("", |(_, key)| *key);
        let error = Error::new(format!("the setting '{name}' must be {wanted}, not '{text}'"));
        let variable = setting.environment.iter().find(|name| std::env::var_os(name).is_some());
        match (variable, &self.file) {
            (Some(variable), _) => error.hint(format!("it is set by the environment variable {variable}")),
            (None, Some(file)) => error.hint(format!("it is set in {}", file.display())),
            (None, None) => error,
        }
    }
}

fn anybody_may_write(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o002 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_stands_once() {
        let mut names: Vec<&str> =
            ALL.iter().flat_map(|(_, setting)| setting.environment.iter().copied()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "an environment variable is in two settings");
        for (name, setting) in ALL {
            assert!(!setting.environment.is_empty() && !setting.ini.is_empty(), "{name}");
        }
    }
}
