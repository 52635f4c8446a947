use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use template::Templates;
use value::Map;
use vault::Secrets;

/// How an inventory is read; the default is Ansible's.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// What opens vaulted files.
    pub secrets: Arc<Secrets>,
    /// The directories of the playbooks, beside which `group_vars` and `host_vars` are looked for too.
    pub playbook_dirs: Vec<PathBuf>,
    /// What happens to a mapping that is set at several levels (the setting `hash_behaviour`).
    pub merge: Merge,
    /// What happens to group names that are no variable names (the setting `force_valid_group_names`).
    pub group_names: GroupNames,
    /// Ends of file names that are left out of inventory directories; `None` leaves out what Ansible does.
    pub ignored_extensions: Option<Vec<String>>,
    /// Regular expressions of file names that are left out of inventory directories too.
    pub ignored_patterns: Vec<String>,
    /// Whether it is an error that no source could be read (the setting `unparsed_is_failed`).
    pub fail_if_all_unreadable: bool,
    /// Whether it is an error that one source could not be read (the setting `any_unparsed_is_failed`).
    pub fail_if_any_unreadable: bool,
    /// Whether nothing is said where no source could be read (the setting `inventory_unparsed_warning`, negated).
    pub quiet_if_all_unreadable: bool,
    /// Whether what matters little is told too.
    pub details: bool,
    /// The plugins that sources are tried with, in order (the setting `enable_plugins`); `None` tries what Ansible does.
    pub plugins: Option<Vec<String>>,
    /// Ends of the names of YAML inventories (the setting `yaml_valid_extensions`); `None` takes Ansible's.
    pub yaml_extensions: Option<Vec<String>>,
    /// Renders what `constructed` and `generator` work out.
    pub templates: Arc<Templates>,
    /// The variables of `-e`, for sources that ask for them.
    pub extra_vars: Arc<Map>,
    /// Whether `constructed` sees the variables of `-e` (the setting `use_extra_vars`).
    pub constructed_uses_extra_vars: bool,
    /// Whether `generator` sees the variables of `-e`.
    pub generator_uses_extra_vars: bool,
    /// Whether what scripts say on standard error is dropped where they succeed (the setting `always_show_stderr`,
    /// negated).
    pub hide_script_stderr: bool,
    /// How long a script may run; `None` is ten minutes.
    pub script_timeout: Option<Duration>,
}

/// What happens to a mapping that is set at several levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Merge {
    /// The highest level's counts alone.
    #[default]
    Replace,
    /// They are merged, at any depth.
    Recursive,
}

/// What happens to group names that are no variable names, such as `web-1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupNames {
    /// They are kept, with a warning.
    #[default]
    Keep,
    /// They are kept.
    KeepSilently,
    /// Wrong characters become `_`, with a warning.
    Replace,
    /// Wrong characters become `_`.
    ReplaceSilently,
}
