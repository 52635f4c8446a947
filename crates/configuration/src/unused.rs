//! The settings of Ansible's that Capstan knows by name and does not follow: one line each, those of the program first,
//! then those of plugins.

use crate::setting::{Kind, Setting};

/// Reads the lines of the table: name, kind, variables of the environment, sections and keys of `ansible.cfg`; then,
/// where there are such, `=` the default, `in` the kind and name of its plugin, `of` the choices.
macro_rules! unused {
    ($($name:literal $kind:ident [$($variable:literal),*] [$($key:expr),*] $(= $default:literal)?
        $(in $plugin_kind:literal $plugin:literal)? $(of [$($choice:literal),*])?;)*) => {
        /// All of them.
        pub(crate) const UNUSED: &[Setting] = &[$(
            Setting::new($name, Kind::$kind, &[$($variable),*], &[$($key),*], default!($($default)?))
                $(.of($plugin_kind, $plugin))?
                $(.choices(&[$($choice),*]))?
        ),*];
    };
}

/// The default of a line, which may have none.
macro_rules! default {
    () => {
        None
    };
    ($default:literal) => {
        Some($default)
    };
}

unused! {
    "ACTION_WARNINGS" Boolean ["ANSIBLE_ACTION_WARNINGS"] [("defaults", "action_warnings")] = "True";
    "AGNOSTIC_BECOME_PROMPT" Boolean ["ANSIBLE_AGNOSTIC_BECOME_PROMPT"] [("privilege_escalation", "agnostic_become_prompt")] = "True";
    "ALLOW_EMBEDDED_TEMPLATES" Boolean ["ANSIBLE_ALLOW_EMBEDDED_TEMPLATES"] [("defaults", "allow_embedded_templates")] = "True";
    "ANSIBLE_CONNECTION_PATH" Path ["ANSIBLE_CONNECTION_PATH"] [("persistent_connection", "ansible_connection_path")];
    "ANSIBLE_COW_ACCEPTLIST" List ["ANSIBLE_COW_ACCEPTLIST"] [("defaults", "cowsay_enabled_stencils")] = "bud-frogs,bunny,cheese,daemon,default,dragon,elephant-in-snake,elephant,eyes,hellokitty,kitty,luke-koala,meow,milk,moofasa,moose,ren,sheep,small,stegosaurus,stimpy,supermilker,three-eyes,turkey,turtle,tux,udder,vader-koala,vader,www";
    "ANSIBLE_COW_PATH" Text ["ANSIBLE_COW_PATH"] [("defaults", "cowpath")];
    "ANSIBLE_COW_SELECTION" Text ["ANSIBLE_COW_SELECTION"] [("defaults", "cow_selection")] = "default";
    "ANSIBLE_NOCOWS" Boolean ["ANSIBLE_NOCOWS"] [("defaults", "nocows")] = "False";
    "ANSIBLE_PIPELINING" Boolean ["ANSIBLE_PIPELINING"] [("defaults", "pipelining"), ("connection", "pipelining")] = "False";
    "BECOME_PLUGIN_PATH" Paths ["ANSIBLE_BECOME_PLUGINS"] [("defaults", "become_plugins")] = "{home}/plugins/become:/usr/share/ansible/plugins/become";
    "COLLECTIONS_ON_ANSIBLE_VERSION_MISMATCH" Text ["ANSIBLE_COLLECTIONS_ON_ANSIBLE_VERSION_MISMATCH"] [("defaults", "collections_on_ansible_version_mismatch")] = "warning" of ["error", "ignore", "warning"];
    "COLLECTIONS_SCAN_SYS_PATH" Boolean ["ANSIBLE_COLLECTIONS_SCAN_SYS_PATH"] [("defaults", "collections_scan_sys_path")] = "True";
    "COLOR_CONSOLE_PROMPT" Text ["ANSIBLE_COLOR_CONSOLE_PROMPT"] [("colors", "console_prompt")] = "white";
    "COLOR_DOC_CONSTANT" Text ["ANSIBLE_COLOR_DOC_CONSTANT"] [("colors", "doc_constant")] = "dark gray";
    "COLOR_DOC_DEPRECATED" Text ["ANSIBLE_COLOR_DOC_DEPRECATED"] [("colors", "doc_deprecated")] = "magenta";
    "COLOR_DOC_LINK" Text ["ANSIBLE_COLOR_DOC_LINK"] [("colors", "doc_link")] = "cyan";
    "COLOR_DOC_MODULE" Text ["ANSIBLE_COLOR_DOC_MODULE"] [("colors", "doc_module")] = "yellow";
    "COLOR_DOC_PLUGIN" Text ["ANSIBLE_COLOR_DOC_PLUGIN"] [("colors", "doc_plugin")] = "yellow";
    "COLOR_DOC_REFERENCE" Text ["ANSIBLE_COLOR_DOC_REFERENCE"] [("colors", "doc_reference")] = "magenta";
    "COLOR_HIGHLIGHT" Text ["ANSIBLE_COLOR_HIGHLIGHT"] [("colors", "highlight")] = "white";
    "CONNECTION_FACTS_MODULES" Mapping [] [];
    "COVERAGE_REMOTE_OUTPUT" Text ["_ANSIBLE_COVERAGE_REMOTE_OUTPUT"] [];
    "COVERAGE_REMOTE_PATHS" Text ["_ANSIBLE_COVERAGE_REMOTE_PATH_FILTER"] [] = "*";
    "DEFAULT_ACTION_PLUGIN_PATH" Paths ["ANSIBLE_ACTION_PLUGINS"] [("defaults", "action_plugins")] = "{home}/plugins/action:/usr/share/ansible/plugins/action";
    "DEFAULT_ALLOW_UNSAFE_LOOKUPS" Boolean [] [("defaults", "allow_unsafe_lookups")] = "False";
    "DEFAULT_CACHE_PLUGIN_PATH" Paths ["ANSIBLE_CACHE_PLUGINS"] [("defaults", "cache_plugins")] = "{home}/plugins/cache:/usr/share/ansible/plugins/cache";
    "DEFAULT_CALLBACK_PLUGIN_PATH" Paths ["ANSIBLE_CALLBACK_PLUGINS"] [("defaults", "callback_plugins")] = "{home}/plugins/callback:/usr/share/ansible/plugins/callback";
    "DEFAULT_CLICONF_PLUGIN_PATH" Paths ["ANSIBLE_CLICONF_PLUGINS"] [("defaults", "cliconf_plugins")] = "{home}/plugins/cliconf:/usr/share/ansible/plugins/cliconf";
    "DEFAULT_CONNECTION_PLUGIN_PATH" Paths ["ANSIBLE_CONNECTION_PLUGINS"] [("defaults", "connection_plugins")] = "{home}/plugins/connection:/usr/share/ansible/plugins/connection";
    "DEFAULT_EXECUTABLE" Text ["ANSIBLE_EXECUTABLE"] [("defaults", "executable")] = "/bin/sh";
    "DEFAULT_FILTER_PLUGIN_PATH" Paths ["ANSIBLE_FILTER_PLUGINS"] [("defaults", "filter_plugins")] = "{home}/plugins/filter:/usr/share/ansible/plugins/filter";
    "DEFAULT_HTTPAPI_PLUGIN_PATH" Paths ["ANSIBLE_HTTPAPI_PLUGINS"] [("defaults", "httpapi_plugins")] = "{home}/plugins/httpapi:/usr/share/ansible/plugins/httpapi";
    "DEFAULT_INTERNAL_POLL_INTERVAL" Float [] [("defaults", "internal_poll_interval")] = "0.001";
    "DEFAULT_INVENTORY_PLUGIN_PATH" Paths ["ANSIBLE_INVENTORY_PLUGINS"] [("defaults", "inventory_plugins")] = "{home}/plugins/inventory:/usr/share/ansible/plugins/inventory";
    "DEFAULT_JINJA2_NATIVE" Boolean ["ANSIBLE_JINJA2_NATIVE"] [("defaults", "jinja2_native")] = "True";
    "DEFAULT_KEEP_REMOTE_FILES" Boolean ["ANSIBLE_KEEP_REMOTE_FILES"] [("defaults", "keep_remote_files")] = "False";
    "DEFAULT_LIBVIRT_LXC_NOSECLABEL" Boolean ["ANSIBLE_LIBVIRT_LXC_NOSECLABEL"] [("selinux", "libvirt_lxc_noseclabel")] = "False";
    "DEFAULT_LOG_FILTER" List ["ANSIBLE_LOG_FILTER"] [("defaults", "log_filter")] = "";
    "DEFAULT_LOOKUP_PLUGIN_PATH" Paths ["ANSIBLE_LOOKUP_PLUGINS"] [("defaults", "lookup_plugins")] = "{home}/plugins/lookup:/usr/share/ansible/plugins/lookup";
    "DEFAULT_MODULE_COMPRESSION" Text [] [("defaults", "module_compression")] = "ZIP_DEFLATED";
    "DEFAULT_NETCONF_PLUGIN_PATH" Paths ["ANSIBLE_NETCONF_PLUGINS"] [("defaults", "netconf_plugins")] = "{home}/plugins/netconf:/usr/share/ansible/plugins/netconf";
    "DEFAULT_NO_TARGET_SYSLOG" Boolean ["ANSIBLE_NO_TARGET_SYSLOG"] [("defaults", "no_target_syslog")] = "False";
    "DEFAULT_NULL_REPRESENTATION" Text ["ANSIBLE_NULL_REPRESENTATION"] [("defaults", "null_representation")];
    "DEFAULT_SELINUX_SPECIAL_FS" List ["ANSIBLE_SELINUX_SPECIAL_FS"] [("selinux", "special_context_filesystems")] = "fuse,nfs,vboxsf,ramfs,9p,vfat";
    "DEFAULT_STRATEGY_PLUGIN_PATH" Paths ["ANSIBLE_STRATEGY_PLUGINS"] [("defaults", "strategy_plugins")] = "{home}/plugins/strategy:/usr/share/ansible/plugins/strategy";
    "DEFAULT_SU" Boolean ["ANSIBLE_SU"] [("defaults", "su")] = "False";
    "DEFAULT_SYSLOG_FACILITY" Text ["ANSIBLE_SYSLOG_FACILITY"] [("defaults", "syslog_facility")] = "LOG_USER";
    "DEFAULT_TERMINAL_PLUGIN_PATH" Paths ["ANSIBLE_TERMINAL_PLUGINS"] [("defaults", "terminal_plugins")] = "{home}/plugins/terminal:/usr/share/ansible/plugins/terminal";
    "DEFAULT_TEST_PLUGIN_PATH" Paths ["ANSIBLE_TEST_PLUGINS"] [("defaults", "test_plugins")] = "{home}/plugins/test:/usr/share/ansible/plugins/test";
    "DEFAULT_UNDEFINED_VAR_BEHAVIOR" Boolean ["ANSIBLE_ERROR_ON_UNDEFINED_VARS"] [("defaults", "error_on_undefined_vars")] = "True";
    "DEFAULT_VARS_PLUGIN_PATH" Paths ["ANSIBLE_VARS_PLUGINS"] [("defaults", "vars_plugins")] = "{home}/plugins/vars:/usr/share/ansible/plugins/vars";
    "DEVEL_WARNING" Boolean ["ANSIBLE_DEVEL_WARNING"] [("defaults", "devel_warning")] = "True";
    "DISPLAY_ARGS_TO_STDOUT" Boolean ["ANSIBLE_DISPLAY_ARGS_TO_STDOUT"] [("defaults", "display_args_to_stdout")] = "False";
    "DISPLAY_TRACEBACK" List ["ANSIBLE_DISPLAY_TRACEBACK"] [("defaults", "display_traceback")] = "never" of ["error", "warning", "deprecated", "deprecated_value", "always", "never"];
    "DOCSITE_ROOT_URL" Text [] [("defaults", "docsite_root_url")] = "https://docs.ansible.com/ansible-core/";
    "DOC_FRAGMENT_PLUGIN_PATH" Paths ["ANSIBLE_DOC_FRAGMENT_PLUGINS"] [("defaults", "doc_fragment_plugins")] = "{home}/plugins/doc_fragments:/usr/share/ansible/plugins/doc_fragments";
    "FACTS_MODULES" List ["ANSIBLE_FACTS_MODULES"] [("defaults", "facts_modules")] = "smart";
    "GALAXY_CACHE_DIR" Path ["ANSIBLE_GALAXY_CACHE_DIR"] [("galaxy", "cache_dir")] = "{home}/galaxy_cache";
    "GALAXY_COLLECTION_IMPORT_POLL_FACTOR" Float ["ANSIBLE_GALAXY_COLLECTION_IMPORT_POLL_FACTOR"] [] = "1.5";
    "GALAXY_COLLECTION_IMPORT_POLL_INTERVAL" Float ["ANSIBLE_GALAXY_COLLECTION_IMPORT_POLL_INTERVAL"] [] = "2.0";
    "GALAXY_DISABLE_GPG_VERIFY" Boolean ["ANSIBLE_GALAXY_DISABLE_GPG_VERIFY"] [("galaxy", "disable_gpg_verify")] = "False";
    "GALAXY_DISPLAY_PROGRESS" Boolean ["ANSIBLE_GALAXY_DISPLAY_PROGRESS"] [("galaxy", "display_progress")];
    "GALAXY_GPG_KEYRING" Path ["ANSIBLE_GALAXY_GPG_KEYRING"] [("galaxy", "gpg_keyring")];
    "GALAXY_IGNORE_INVALID_SIGNATURE_STATUS_CODES" List ["ANSIBLE_GALAXY_IGNORE_SIGNATURE_STATUS_CODES"] [("galaxy", "ignore_signature_status_codes")] of ["EXPSIG", "EXPKEYSIG", "REVKEYSIG", "BADSIG", "ERRSIG", "NO_PUBKEY", "MISSING_PASSPHRASE", "BAD_PASSPHRASE", "NODATA", "UNEXPECTED", "ERROR", "FAILURE", "BADARMOR", "KEYEXPIRED", "KEYREVOKED", "NO_SECKEY"];
    "GALAXY_REQUIRED_VALID_SIGNATURE_COUNT" Text ["ANSIBLE_GALAXY_REQUIRED_VALID_SIGNATURE_COUNT"] [("galaxy", "required_valid_signature_count")] = "1";
    "INTERPRETER_PYTHON" Text ["ANSIBLE_PYTHON_INTERPRETER"] [("defaults", "interpreter_python")] = "auto";
    "INTERPRETER_PYTHON_FALLBACK" List [] [] = "python3.14,python3.13,python3.12,python3.11,python3.10,python3.9,/usr/bin/python3,python3";
    "INVALID_TASK_ATTRIBUTE_FAILED" Boolean ["ANSIBLE_INVALID_TASK_ATTRIBUTE_FAILED"] [("defaults", "invalid_task_attribute_failed")] = "True";
    "LOG_VERBOSITY" Integer ["ANSIBLE_LOG_VERBOSITY"] [("defaults", "log_verbosity")];
    "MAX_FILE_SIZE_FOR_DIFF" Integer ["ANSIBLE_MAX_DIFF_SIZE"] [("defaults", "max_diff_size")] = "104448";
    "MODULE_IGNORE_EXTS" List ["ANSIBLE_MODULE_IGNORE_EXTS"] [("defaults", "module_ignore_exts")] = ".pyc,.pyo,.swp,.bak,~,.rpm,.md,.txt,.rst,.yaml,.yml,.ini";
    "MODULE_STRICT_UTF8_RESPONSE" Boolean ["ANSIBLE_MODULE_STRICT_UTF8_RESPONSE"] [("defaults", "module_strict_utf8_response")] = "True";
    "NETCONF_SSH_CONFIG" Text ["ANSIBLE_NETCONF_SSH_CONFIG"] [("netconf_connection", "ssh_config")];
    "NETWORK_GROUP_MODULES" List ["ANSIBLE_NETWORK_GROUP_MODULES"] [("defaults", "network_group_modules")] = "eos,nxos,ios,iosxr,junos,enos,ce,vyos,sros,dellos9,dellos10,dellos6,asa,aruba,aireos,bigip,ironware,onyx,netconf,exos,voss,slxos";
    "OLD_PLUGIN_CACHE_CLEARING" Boolean ["ANSIBLE_OLD_PLUGIN_CACHE_CLEAR"] [("defaults", "old_plugin_cache_clear")] = "False";
    "PERSISTENT_COMMAND_TIMEOUT" Integer ["ANSIBLE_PERSISTENT_COMMAND_TIMEOUT"] [("persistent_connection", "command_timeout")] = "30";
    "PERSISTENT_CONNECT_RETRY_TIMEOUT" Integer ["ANSIBLE_PERSISTENT_CONNECT_RETRY_TIMEOUT"] [("persistent_connection", "connect_retry_timeout")] = "15";
    "PERSISTENT_CONNECT_TIMEOUT" Integer ["ANSIBLE_PERSISTENT_CONNECT_TIMEOUT"] [("persistent_connection", "connect_timeout")] = "30";
    "PERSISTENT_CONTROL_PATH_DIR" Path ["ANSIBLE_PERSISTENT_CONTROL_PATH_DIR"] [("persistent_connection", "control_path_dir")] = "{home}/pc";
    "PLAYBOOK_VARS_ROOT" Text ["ANSIBLE_PLAYBOOK_VARS_ROOT"] [("defaults", "playbook_vars_root")] = "top" of ["all", "bottom", "top"];
    "PLUGIN_FILTERS_CFG" Path [] [("defaults", "plugin_filters_cfg")];
    "PYTHON_MODULE_RLIMIT_NOFILE" Text ["ANSIBLE_PYTHON_MODULE_RLIMIT_NOFILE"] [("defaults", "python_module_rlimit_nofile")] = "0";
    "RUN_VARS_PLUGINS" Text ["ANSIBLE_RUN_VARS_PLUGINS"] [("defaults", "run_vars_plugins")] = "demand" of ["demand", "start"];
    "SSH_AGENT" Text ["ANSIBLE_SSH_AGENT"] [("connection", "ssh_agent")] = "none";
    "SSH_AGENT_EXECUTABLE" Text ["ANSIBLE_SSH_AGENT_EXECUTABLE"] [("connection", "ssh_agent_executable")] = "ssh-agent";
    "SSH_AGENT_KEY_LIFETIME" Integer ["ANSIBLE_SSH_AGENT_KEY_LIFETIME"] [("connection", "ssh_agent_key_lifetime")];
    "STRING_TYPE_FILTERS" List ["ANSIBLE_STRING_TYPE_FILTERS"] [("jinja2", "dont_type_filters")] = "string,to_json,to_nice_json,to_yaml,to_nice_yaml,ppretty,json";
    "SYSTEM_WARNINGS" Boolean ["ANSIBLE_SYSTEM_WARNINGS"] [("defaults", "system_warnings")] = "True";
    "TARGET_LOG_INFO" Text ["ANSIBLE_TARGET_LOG_INFO"] [("defaults", "target_log_info")];
    "USE_PERSISTENT_CONNECTIONS" Boolean ["ANSIBLE_USE_PERSISTENT_CONNECTIONS"] [("defaults", "use_persistent_connections")] = "False";
    "VALIDATE_ACTION_GROUP_METADATA" Boolean ["ANSIBLE_VALIDATE_ACTION_GROUP_METADATA"] [("defaults", "validate_action_group_metadata")] = "True";
    "VARIABLE_PLUGINS_ENABLED" List ["ANSIBLE_VARS_ENABLED"] [("defaults", "vars_plugins_enabled")] = "host_group_vars";
    "VARIABLE_PRECEDENCE" List ["ANSIBLE_PRECEDENCE"] [("defaults", "precedence")] = "all_inventory,groups_inventory,all_plugins_inventory,all_plugins_play,groups_plugins_inventory,groups_plugins_play";
    "VERBOSE_TO_STDERR" Boolean ["ANSIBLE_VERBOSE_TO_STDERR"] [("defaults", "verbose_to_stderr")] = "False";
    "WIN_ASYNC_STARTUP_TIMEOUT" Integer ["ANSIBLE_WIN_ASYNC_STARTUP_TIMEOUT"] [("defaults", "win_async_startup_timeout")] = "5";
    "WORKER_SESSION_ISOLATION" Boolean ["ANSIBLE_WORKER_SESSION_ISOLATION"] [("defaults", "worker_session_isolation")] = "True";
    "WORKER_SHUTDOWN_POLL_COUNT" Integer ["ANSIBLE_WORKER_SHUTDOWN_POLL_COUNT"] [] = "0";
    "WORKER_SHUTDOWN_POLL_DELAY" Float ["ANSIBLE_WORKER_SHUTDOWN_POLL_DELAY"] [] = "0.1";
    "_ANSIBALLZ_COVERAGE_CONFIG" Text ["_ANSIBLE_ANSIBALLZ_COVERAGE_CONFIG"] [];
    "_ANSIBALLZ_DEBUGPY_CONFIG" Text ["_ANSIBLE_ANSIBALLZ_DEBUGPY_CONFIG"] [];
    "_ANSIBALLZ_PYDEVD_CONFIG" Text ["_ANSIBLE_ANSIBALLZ_PYDEVD_CONFIG"] [];
    "_ANSIBLE_CONNECTION_PATH" Path ["_ANSIBLE_CONNECTION_PATH"] [];
    "_CALLBACK_DISPATCH_ERROR_BEHAVIOR" Text ["_ANSIBLE_CALLBACK_DISPATCH_ERROR_BEHAVIOR"] [] = "warning" of ["error", "ignore", "warning"];
    "_MODULE_METADATA" Boolean ["_ANSIBLE_MODULE_METADATA"] [] = "False";
    "_TEMPLAR_SANDBOX_MODE" Text ["_ANSIBLE_TEMPLAR_SANDBOX_MODE"] [] = "default" of ["default", "allow_unsafe_attributes"];
    "_TEMPLAR_UNKNOWN_TYPE_CONVERSION" Text ["_ANSIBLE_TEMPLAR_UNKNOWN_TYPE_CONVERSION"] [] = "warning" of ["error", "ignore", "warning"];
    "_TEMPLAR_UNKNOWN_TYPE_ENCOUNTERED" Text ["_ANSIBLE_TEMPLAR_UNKNOWN_TYPE_ENCOUNTERED"] [] = "ignore" of ["error", "ignore", "warning"];
    "become_flags" Text ["ANSIBLE_RUNAS_FLAGS"] [("runas_become_plugin", "flags")] = "" in "become" "runas";
    "become_pass" Text ["ANSIBLE_BECOME_PASS", "ANSIBLE_RUNAS_PASS"] [("runas_become_plugin", "password")] in "become" "runas";
    "become_user" Text ["ANSIBLE_RUNAS_USER"] [("runas_become_plugin", "user")] in "become" "runas";
    "become_exe" Text ["ANSIBLE_SU_EXE"] [("su_become_plugin", "executable")] = "su" in "become" "su";
    "become_flags" Text ["ANSIBLE_SU_FLAGS"] [("su_become_plugin", "flags")] = "" in "become" "su";
    "become_pass" Text ["ANSIBLE_BECOME_PASS", "ANSIBLE_SU_PASS"] [("su_become_plugin", "password")] in "become" "su";
    "become_user" Text ["ANSIBLE_SU_USER"] [("su_become_plugin", "user")] = "root" in "become" "su";
    "prompt_l10n" List ["ANSIBLE_SU_PROMPT_L10N"] [("su_become_plugin", "localized_prompts")] = "" in "become" "su";
    "become_exe" Text ["ANSIBLE_SUDO_EXE"] [("sudo_become_plugin", "executable")] = "sudo" in "become" "sudo";
    "become_flags" Text ["ANSIBLE_SUDO_FLAGS"] [("sudo_become_plugin", "flags")] = "-H -S -n" in "become" "sudo";
    "become_pass" Text ["ANSIBLE_BECOME_PASS", "ANSIBLE_SUDO_PASS"] [("sudo_become_plugin", "password")] in "become" "sudo";
    "become_user" Text ["ANSIBLE_SUDO_USER"] [("sudo_become_plugin", "user")] = "root" in "become" "sudo";
    "sudo_chdir" Text ["ANSIBLE_SUDO_CHDIR"] [("sudo_become_plugin", "chdir")] in "become" "sudo";
    "pipelining" Boolean ["ANSIBLE_PIPELINING"] [("defaults", "pipelining"), ("connection", "pipelining")] = "False" in "connection" "local";
    "pipelining" Boolean ["ANSIBLE_PIPELINING"] [("defaults", "pipelining"), ("connection", "pipelining")] = "False" in "connection" "psrp";
    "control_path" Text ["ANSIBLE_SSH_CONTROL_PATH"] [("ssh_connection", "control_path")] in "connection" "ssh";
    "control_path_dir" Text ["ANSIBLE_SSH_CONTROL_PATH_DIR"] [("ssh_connection", "control_path_dir")] = "~/.ansible/cp" in "connection" "ssh";
    "password_mechanism" Text ["ANSIBLE_SSH_PASSWORD_MECHANISM"] [("ssh_connection", "password_mechanism")] = "ssh_askpass" in "connection" "ssh" of ["ssh_askpass", "sshpass", "disable"];
    "pipelining" Boolean ["ANSIBLE_PIPELINING", "ANSIBLE_SSH_PIPELINING"] [("defaults", "pipelining"), ("connection", "pipelining"), ("ssh_connection", "pipelining")] = "False" in "connection" "ssh";
    "pkcs11_provider" Text ["ANSIBLE_PKCS11_PROVIDER"] [("ssh_connection", "pkcs11_provider")] = "" in "connection" "ssh";
    "private_key" Text ["ANSIBLE_PRIVATE_KEY"] [] in "connection" "ssh";
    "private_key_passphrase" Text ["ANSIBLE_PRIVATE_KEY_PASSPHRASE"] [] in "connection" "ssh";
    "scp_executable" Text ["ANSIBLE_SCP_EXECUTABLE"] [("ssh_connection", "scp_executable")] = "scp" in "connection" "ssh";
    "scp_extra_args" Text ["ANSIBLE_SCP_EXTRA_ARGS"] [("ssh_connection", "scp_extra_args")] = "" in "connection" "ssh";
    "sftp_batch_mode" Boolean ["ANSIBLE_SFTP_BATCH_MODE"] [("ssh_connection", "sftp_batch_mode")] = "True" in "connection" "ssh";
    "sftp_executable" Text ["ANSIBLE_SFTP_EXECUTABLE"] [("ssh_connection", "sftp_executable")] = "sftp" in "connection" "ssh";
    "sftp_extra_args" Text ["ANSIBLE_SFTP_EXTRA_ARGS"] [("ssh_connection", "sftp_extra_args")] = "" in "connection" "ssh";
    "ssh_executable" Text ["ANSIBLE_SSH_EXECUTABLE"] [("ssh_connection", "ssh_executable")] = "ssh" in "connection" "ssh";
    "ssh_transfer_method" Text ["ANSIBLE_SSH_TRANSFER_METHOD"] [("ssh_connection", "transfer_method")] = "smart" in "connection" "ssh" of ["piped", "scp", "sftp", "smart"];
    "sshpass_prompt" Text ["ANSIBLE_SSHPASS_PROMPT"] [("ssh_connection", "sshpass_prompt")] = "" in "connection" "ssh";
    "use_tty" Boolean ["ANSIBLE_SSH_USETTY"] [("ssh_connection", "usetty")] = "True" in "connection" "ssh";
    "verbosity" Integer ["ANSIBLE_SSH_VERBOSITY"] [("ssh_connection", "verbosity")] = "0" in "connection" "ssh";
    "kinit_env_vars" List [] [("winrm", "kinit_env_vars")] = "" in "connection" "winrm";
    "pipelining" Boolean ["ANSIBLE_PIPELINING"] [("defaults", "pipelining"), ("connection", "pipelining")] = "False" in "connection" "winrm";
    "async_dir" Text [] [("powershell", "async_dir")] = "%USERPROFILE%\\.ansible_async" in "shell" "cmd";
    "remote_tmp" Text [] [("powershell", "remote_tmp")] = "%TEMP%" in "shell" "cmd";
    "async_dir" Text [] [("powershell", "async_dir")] = "%USERPROFILE%\\.ansible_async" in "shell" "powershell";
    "remote_tmp" Text [] [("powershell", "remote_tmp")] = "%TEMP%" in "shell" "powershell";
    "admin_users" List ["ANSIBLE_ADMIN_USERS"] [("defaults", "admin_users")] = "root,toor" in "shell" "sh";
    "common_remote_group" Text ["ANSIBLE_COMMON_REMOTE_GROUP"] [("defaults", "common_remote_group")] in "shell" "sh";
    "remote_tmp" Text ["ANSIBLE_REMOTE_TEMP", "ANSIBLE_REMOTE_TMP"] [("defaults", "remote_tmp")] = "~/.ansible/tmp" in "shell" "sh";
    "system_tmpdirs" List ["ANSIBLE_SYSTEM_TMPDIRS"] [("defaults", "system_tmpdirs")] = "/var/tmp,/tmp" in "shell" "sh";
    "world_readable_temp" Boolean ["ANSIBLE_SHELL_ALLOW_WORLD_READABLE_TEMP"] [("defaults", "allow_world_readable_tmpfiles")] = "False" in "shell" "sh";
    "stage" Text ["ANSIBLE_VARS_PLUGIN_STAGE"] [("vars_host_group_vars", "stage")] in "vars" "host_group_vars" of ["all", "task", "inventory"];
}
