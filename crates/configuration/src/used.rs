//! The settings that Capstan follows, one constant each, and [`USED`], which lists them all.

use crate::setting::{Kind, Setting};

/// Declares the settings: their constant, their name, and the rest of what there is to know.
macro_rules! used {
    ($($constant:ident: $description:literal, $setting:expr;)*) => {
        $(
            #[doc = $description]
            pub const $constant: Setting = $setting.describe($description);
        )*

        /// All settings that Capstan follows.
        pub(crate) const USED: &[Setting] = &[$($constant),*];
    };
}

used! {
    ALLOW_BROKEN_CONDITIONALS: "Conditions may give something else than a truth value.",
        Setting::new("ALLOW_BROKEN_CONDITIONALS", Kind::Boolean, &["ANSIBLE_ALLOW_BROKEN_CONDITIONALS"], &[("defaults", "allow_broken_conditionals")], Some("False"));
    ANY_ERRORS_FATAL: "A failure on one host ends the run for all hosts.",
        Setting::new("ANY_ERRORS_FATAL", Kind::Boolean, &["ANSIBLE_ANY_ERRORS_FATAL"], &[("defaults", "any_errors_fatal")], Some("False"));
    ASK_PASS: "Ask for the password for logging in.",
        Setting::new("DEFAULT_ASK_PASS", Kind::Boolean, &["ANSIBLE_ASK_PASS"], &[("defaults", "ask_pass")], Some("False"));
    ASK_VAULT_PASS: "Ask for the vault password.",
        Setting::new("DEFAULT_ASK_VAULT_PASS", Kind::Boolean, &["ANSIBLE_ASK_VAULT_PASS"], &[("defaults", "ask_vault_pass")], Some("False"));
    ASYNC_DIR: "The folder on hosts for tasks in the background.",
        Setting::new("async_dir", Kind::Text, &["ANSIBLE_ASYNC_DIR"], &[("defaults", "async_dir")], Some("~/.ansible_async")).of("shell", "sh");
    BECOME: "Become another user on hosts.",
        Setting::new("DEFAULT_BECOME", Kind::Boolean, &["ANSIBLE_BECOME"], &[("privilege_escalation", "become")], Some("False"));
    BECOME_ALLOW_SAME_USER: "Also become the user who logs in.",
        Setting::new("BECOME_ALLOW_SAME_USER", Kind::Boolean, &["ANSIBLE_BECOME_ALLOW_SAME_USER"], &[("privilege_escalation", "become_allow_same_user")], Some("False"));
    BECOME_ASK_PASS: "Ask for the password for becoming another user.",
        Setting::new("DEFAULT_BECOME_ASK_PASS", Kind::Boolean, &["ANSIBLE_BECOME_ASK_PASS"], &[("privilege_escalation", "become_ask_pass")], Some("False"));
    BECOME_EXE: "The program that makes one another user.",
        Setting::new("DEFAULT_BECOME_EXE", Kind::Text, &["ANSIBLE_BECOME_EXE"], &[("privilege_escalation", "become_exe")], None);
    BECOME_FLAGS: "Flags for that program.",
        Setting::new("DEFAULT_BECOME_FLAGS", Kind::Text, &["ANSIBLE_BECOME_FLAGS"], &[("privilege_escalation", "become_flags")], Some(""));
    BECOME_METHOD: "How to become another user.",
        Setting::new("DEFAULT_BECOME_METHOD", Kind::Text, &["ANSIBLE_BECOME_METHOD"], &[("privilege_escalation", "become_method")], Some("sudo"));
    BECOME_PASSWORD_FILE: "A file with the password for becoming another user.",
        Setting::new("BECOME_PASSWORD_FILE", Kind::Path, &["ANSIBLE_BECOME_PASSWORD_FILE"], &[("defaults", "become_password_file")], None);
    BECOME_USER: "Which user to become.",
        Setting::new("DEFAULT_BECOME_USER", Kind::Text, &["ANSIBLE_BECOME_USER"], &[("privilege_escalation", "become_user")], Some("root"));
    CALLBACKS_ENABLED: "Outputs beside the one on the terminal.",
        Setting::new("CALLBACKS_ENABLED", Kind::List, &["ANSIBLE_CALLBACKS_ENABLED", "ANSIBLE_CALLBACK_WHITELIST"], &[("defaults", "callbacks_enabled"), ("defaults", "callback_whitelist")], Some(""));
    CALLBACK_FORMAT_PRETTY: "Results go over several lines.",
        Setting::new("pretty_results", Kind::Boolean, &["ANSIBLE_CALLBACK_FORMAT_PRETTY"], &[("defaults", "callback_format_pretty")], None).of("callback", "default");
    CALLBACK_RESULT_FORMAT: "How results are written: json or yaml.",
        Setting::new("result_format", Kind::Text, &["ANSIBLE_CALLBACK_RESULT_FORMAT"], &[("defaults", "callback_result_format")], Some("json")).of("callback", "default");
    CALLBACK_RESULT_INDENTATION: "Spaces by which results are indented.",
        Setting::new("result_indentation", Kind::Integer, &["ANSIBLE_CALLBACK_RESULT_INDENTATION"], &[("defaults", "callback_result_indentation")], Some("4")).of("callback", "default");
    CALLBACK_RESULT_YAML_LINE_WIDTH: "The width of results in YAML.",
        Setting::new("result_yaml_line_width", Kind::Integer, &["ANSIBLE_CALLBACK_YAML_LINE_WIDTH"], &[("defaults", "callback_result_yaml_line_width")], None).of("callback", "default");
    CALLBACK_TREE_DIR: "The folder for each host's result.",
        Setting::new("directory", Kind::Path, &["ANSIBLE_CALLBACK_TREE_DIR"], &[("callback_tree", "directory")], Some("~/.ansible/tree")).of("callback", "tree");
    CHECK_MODE_MARKERS: "Banners say that this is a dry run.",
        Setting::new("check_mode_markers", Kind::Boolean, &["ANSIBLE_CHECK_MODE_MARKERS"], &[("defaults", "check_mode_markers")], Some("False")).of("callback", "default");
    COLLECTIONS_PATH: "Folders that are searched for collections.",
        Setting::new("COLLECTIONS_PATHS", Kind::Paths, &["ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_COLLECTIONS_PATHS"], &[("defaults", "collections_path"), ("defaults", "collections_paths")], Some("{home}/collections:/usr/share/ansible/collections"));
    COLOR_CHANGED: "The colour of: what has changed.",
        Setting::new("COLOR_CHANGED", Kind::Text, &["ANSIBLE_COLOR_CHANGED"], &[("colors", "changed")], Some("yellow"));
    COLOR_DEBUG: "The colour of: what a task does meanwhile.",
        Setting::new("COLOR_DEBUG", Kind::Text, &["ANSIBLE_COLOR_DEBUG"], &[("colors", "debug")], Some("dark gray"));
    COLOR_DEPRECATE: "The colour of: what will go away.",
        Setting::new("COLOR_DEPRECATE", Kind::Text, &["ANSIBLE_COLOR_DEPRECATE"], &[("colors", "deprecate")], Some("purple"));
    COLOR_DIFF_ADD: "The colour of: new lines.",
        Setting::new("COLOR_DIFF_ADD", Kind::Text, &["ANSIBLE_COLOR_DIFF_ADD"], &[("colors", "diff_add")], Some("green"));
    COLOR_DIFF_LINES: "The colour of: where lines differ.",
        Setting::new("COLOR_DIFF_LINES", Kind::Text, &["ANSIBLE_COLOR_DIFF_LINES"], &[("colors", "diff_lines")], Some("cyan"));
    COLOR_DIFF_REMOVE: "The colour of: lines that are gone.",
        Setting::new("COLOR_DIFF_REMOVE", Kind::Text, &["ANSIBLE_COLOR_DIFF_REMOVE"], &[("colors", "diff_remove")], Some("red"));
    COLOR_ERROR: "The colour of: what has failed.",
        Setting::new("COLOR_ERROR", Kind::Text, &["ANSIBLE_COLOR_ERROR"], &[("colors", "error")], Some("red"));
    COLOR_INCLUDED: "The colour of: what was included.",
        Setting::new("COLOR_INCLUDED", Kind::Text, &["ANSIBLE_COLOR_INCLUDED"], &[("colors", "included")], Some("cyan"));
    COLOR_OK: "The colour of: what is as it should be.",
        Setting::new("COLOR_OK", Kind::Text, &["ANSIBLE_COLOR_OK"], &[("colors", "ok")], Some("green"));
    COLOR_SKIP: "The colour of: what was skipped.",
        Setting::new("COLOR_SKIP", Kind::Text, &["ANSIBLE_COLOR_SKIP"], &[("colors", "skip")], Some("cyan"));
    COLOR_UNREACHABLE: "The colour of: hosts that can not be reached.",
        Setting::new("COLOR_UNREACHABLE", Kind::Text, &["ANSIBLE_COLOR_UNREACHABLE"], &[("colors", "unreachable")], Some("bright red"));
    COLOR_VERBOSE: "The colour of: what only -v shows.",
        Setting::new("COLOR_VERBOSE", Kind::Text, &["ANSIBLE_COLOR_VERBOSE"], &[("colors", "verbose")], Some("blue"));
    COLOR_WARN: "The colour of: warnings.",
        Setting::new("COLOR_WARN", Kind::Text, &["ANSIBLE_COLOR_WARN"], &[("colors", "warn")], Some("bright purple"));
    CONNECTION_PASSWORD_FILE: "A file with the password for logging in.",
        Setting::new("CONNECTION_PASSWORD_FILE", Kind::Path, &["ANSIBLE_CONNECTION_PASSWORD_FILE"], &[("defaults", "connection_password_file")], None);
    DEBUG: "Tell what the run does between tasks.",
        Setting::new("DEFAULT_DEBUG", Kind::Boolean, &["ANSIBLE_DEBUG"], &[("defaults", "debug")], Some("False"));
    DEPRECATION_WARNINGS: "Warn of what will go away.",
        Setting::new("DEPRECATION_WARNINGS", Kind::Boolean, &["ANSIBLE_DEPRECATION_WARNINGS"], &[("defaults", "deprecation_warnings")], Some("True"));
    DIFF_ALWAYS: "Show what changes in files and elsewhere.",
        Setting::new("DIFF_ALWAYS", Kind::Boolean, &["ANSIBLE_DIFF_ALWAYS"], &[("diff", "always")], Some("False"));
    DIFF_CONTEXT: "Lines around each difference.",
        Setting::new("DIFF_CONTEXT", Kind::Integer, &["ANSIBLE_DIFF_CONTEXT"], &[("diff", "context")], Some("3"));
    DISPLAY_FAILED_STDERR: "Failures go to the standard error stream.",
        Setting::new("display_failed_stderr", Kind::Boolean, &["ANSIBLE_DISPLAY_FAILED_STDERR"], &[("defaults", "display_failed_stderr")], Some("False")).of("callback", "default");
    DISPLAY_INCLUDED_HOSTS: "Show for which hosts tasks were included.",
        Setting::new("display_included_hosts", Kind::Boolean, &["ANSIBLE_DISPLAY_INCLUDED_HOSTS"], &[("defaults", "display_included_hosts")], Some("True")).of("callback", "default");
    DISPLAY_OK_HOSTS: "Show hosts on which all is well.",
        Setting::new("display_ok_hosts", Kind::Boolean, &["ANSIBLE_DISPLAY_OK_HOSTS"], &[("defaults", "display_ok_hosts")], Some("True")).of("callback", "default");
    DISPLAY_SKIPPED_HOSTS: "Show hosts on which a task was skipped.",
        Setting::new("DISPLAY_SKIPPED_HOSTS", Kind::Boolean, &["ANSIBLE_DISPLAY_SKIPPED_HOSTS"], &[("defaults", "display_skipped_hosts")], Some("True"));
    DUPLICATE_YAML_DICT_KEY: "What becomes of a key that is written twice in a mapping of a playbook.",
        Setting::new("DUPLICATE_YAML_DICT_KEY", Kind::Text, &["ANSIBLE_DUPLICATE_YAML_DICT_KEY"], &[("defaults", "duplicate_dict_key")], Some("warn")).choices(&["error", "ignore", "warn"]);
    EDITOR: "The editor for encrypted files.",
        Setting::new("EDITOR", Kind::Text, &["ANSIBLE_EDITOR", "EDITOR"], &[("defaults", "editor")], Some("vi"));
    ENABLE_TASK_DEBUGGER: "A person is let in with the debugger when a task fails.",
        Setting::new("ENABLE_TASK_DEBUGGER", Kind::Boolean, &["ANSIBLE_ENABLE_TASK_DEBUGGER"], &[("defaults", "enable_task_debugger")], Some("False"));
    ERROR_ON_MISSING_HANDLER: "The notification of a handler that is not there is an error.",
        Setting::new("ERROR_ON_MISSING_HANDLER", Kind::Boolean, &["ANSIBLE_ERROR_ON_MISSING_HANDLER"], &[("defaults", "error_on_missing_handler")], Some("True"));
    FACT_CACHING: "Where facts are kept: memory or jsonfile.",
        Setting::new("CACHE_PLUGIN", Kind::Text, &["ANSIBLE_CACHE_PLUGIN"], &[("defaults", "fact_caching")], Some("memory"));
    FACT_CACHING_CONNECTION: "The folder that facts are kept in.",
        Setting::new("CACHE_PLUGIN_CONNECTION", Kind::Text, &["ANSIBLE_CACHE_PLUGIN_CONNECTION"], &[("defaults", "fact_caching_connection")], None);
    FACT_CACHING_PREFIX: "What the names of the files of facts begin with.",
        Setting::new("CACHE_PLUGIN_PREFIX", Kind::Text, &["ANSIBLE_CACHE_PLUGIN_PREFIX"], &[("defaults", "fact_caching_prefix")], Some("ansible_facts"));
    FACT_CACHING_TIMEOUT: "Seconds after which kept facts are too old; 0 is never.",
        Setting::new("CACHE_PLUGIN_TIMEOUT", Kind::Integer, &["ANSIBLE_CACHE_PLUGIN_TIMEOUT"], &[("defaults", "fact_caching_timeout")], Some("86400"));
    FORCE_COLOR: "Colours even where the output is no terminal.",
        Setting::new("ANSIBLE_FORCE_COLOR", Kind::Boolean, &["ANSIBLE_FORCE_COLOR"], &[("defaults", "force_color")], Some("False"));
    FORCE_HANDLERS: "Notified handlers run even on hosts that failed.",
        Setting::new("DEFAULT_FORCE_HANDLERS", Kind::Boolean, &["ANSIBLE_FORCE_HANDLERS"], &[("defaults", "force_handlers")], Some("False"));
    FORKS: "How many hosts are worked on at once.",
        Setting::new("DEFAULT_FORKS", Kind::Integer, &["ANSIBLE_FORKS"], &[("defaults", "forks")], Some("5"));
    GALAXY_COLLECTIONS_PATH_WARNING: "Warn where plays will not look for collections that are installed.",
        Setting::new("GALAXY_COLLECTIONS_PATH_WARNING", Kind::Boolean, &["ANSIBLE_GALAXY_COLLECTIONS_PATH_WARNING"], &[("galaxy", "collections_path_warning")], Some("True"));
    GALAXY_COLLECTION_SKELETON: "The folder that new collections start from.",
        Setting::new("GALAXY_COLLECTION_SKELETON", Kind::Path, &["ANSIBLE_GALAXY_COLLECTION_SKELETON"], &[("galaxy", "collection_skeleton")], None);
    GALAXY_COLLECTION_SKELETON_IGNORE: "What new collections do not take from there, as regular expressions.",
        Setting::new("GALAXY_COLLECTION_SKELETON_IGNORE", Kind::List, &["ANSIBLE_GALAXY_COLLECTION_SKELETON_IGNORE"], &[("galaxy", "collection_skeleton_ignore")], Some("^.git$,^.*/.git_keep$"));
    GALAXY_IGNORE_CERTS: "Certificates of servers of roles and collections are not checked.",
        Setting::new("GALAXY_IGNORE_CERTS", Kind::Boolean, &["ANSIBLE_GALAXY_IGNORE"], &[("galaxy", "ignore_certs")], None);
    GALAXY_ROLE_SKELETON: "The folder that new roles start from.",
        Setting::new("GALAXY_ROLE_SKELETON", Kind::Path, &["ANSIBLE_GALAXY_ROLE_SKELETON"], &[("galaxy", "role_skeleton")], None);
    GALAXY_ROLE_SKELETON_IGNORE: "What new roles do not take from there, as regular expressions.",
        Setting::new("GALAXY_ROLE_SKELETON_IGNORE", Kind::List, &["ANSIBLE_GALAXY_ROLE_SKELETON_IGNORE"], &[("galaxy", "role_skeleton_ignore")], Some("^.git$,^.*/.git_keep$"));
    GALAXY_SERVER: "The server of roles and collections.",
        Setting::new("GALAXY_SERVER", Kind::Text, &["ANSIBLE_GALAXY_SERVER"], &[("galaxy", "server")], Some("https://galaxy.ansible.com"));
    GALAXY_SERVER_LIST: "Servers of roles and collections, each with a section [galaxy_server.NAME], in the order in which they are asked.",
        Setting::new("GALAXY_SERVER_LIST", Kind::List, &["ANSIBLE_GALAXY_SERVER_LIST"], &[("galaxy", "server_list")], None);
    GALAXY_SERVER_TIMEOUT: "Seconds to wait for such a server.",
        Setting::new("GALAXY_SERVER_TIMEOUT", Kind::Integer, &["ANSIBLE_GALAXY_SERVER_TIMEOUT"], &[("galaxy", "server_timeout")], Some("60"));
    GALAXY_TOKEN_PATH: "The file with the token for such a server.",
        Setting::new("GALAXY_TOKEN_PATH", Kind::Path, &["ANSIBLE_GALAXY_TOKEN_PATH"], &[("galaxy", "token_path")], Some("{home}/galaxy_token"));
    GATHERING: "When facts are gathered: implicit, explicit or smart.",
        Setting::new("DEFAULT_GATHERING", Kind::Text, &["ANSIBLE_GATHERING"], &[("defaults", "gathering")], Some("implicit")).choices(&["explicit", "implicit", "smart"]);
    HASH_BEHAVIOUR: "Whether mappings of the same name replace each other or are merged.",
        Setting::new("DEFAULT_HASH_BEHAVIOUR", Kind::Text, &["ANSIBLE_HASH_BEHAVIOUR"], &[("defaults", "hash_behaviour")], Some("replace")).choices(&["merge", "replace"]);
    HOME: "The folder for everything that is kept from one run to the next.",
        Setting::new("ANSIBLE_HOME", Kind::Path, &["ANSIBLE_HOME"], &[("defaults", "home")], Some("~/.ansible"));
    HOST_KEY_CHECKING: "The keys of hosts must be known.",
        Setting::new("HOST_KEY_CHECKING", Kind::Boolean, &["ANSIBLE_HOST_KEY_CHECKING", "ANSIBLE_SSH_HOST_KEY_CHECKING"], &[("defaults", "host_key_checking"), ("ssh_connection", "host_key_checking")], Some("True"));
    HOST_PATTERN_MISMATCH: "What a pattern that means no host leads to.",
        Setting::new("HOST_PATTERN_MISMATCH", Kind::Text, &["ANSIBLE_HOST_PATTERN_MISMATCH"], &[("inventory", "host_pattern_mismatch")], Some("warning")).choices(&["error", "ignore", "warning"]);
    INJECT_FACTS_AS_VARS: "Facts are variables of their own too, named ansible_NAME.",
        Setting::new("INJECT_FACTS_AS_VARS", Kind::Boolean, &["ANSIBLE_INJECT_FACT_VARS"], &[("defaults", "inject_facts_as_vars")], Some("True"));
    INJECT_INVOCATION: "Results tell the arguments that modules were called with.",
        Setting::new("INJECT_INVOCATION", Kind::Boolean, &["ANSIBLE_INJECT_INVOCATION"], &[("defaults", "inject_invocation")], Some("False"));
    INVENTORY: "Inventories, with commas between them.",
        Setting::new("DEFAULT_HOST_LIST", Kind::PathList, &["ANSIBLE_INVENTORY"], &[("defaults", "inventory")], Some("/etc/ansible/hosts"));
    INVENTORY_ANY_UNPARSED_IS_FAILED: "An inventory that nothing can read is an error.",
        Setting::new("INVENTORY_ANY_UNPARSED_IS_FAILED", Kind::Boolean, &["ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"], &[("inventory", "any_unparsed_is_failed")], Some("False"));
    INVENTORY_ENABLED: "What may read inventories, in the order in which it is tried.",
        Setting::new("INVENTORY_ENABLED", Kind::List, &["ANSIBLE_INVENTORY_ENABLED"], &[("inventory", "enable_plugins")], Some("host_list,script,auto,yaml,ini,toml"));
    INVENTORY_EXPORT: "Inventories are shown as they could be read again.",
        Setting::new("INVENTORY_EXPORT", Kind::Boolean, &["ANSIBLE_INVENTORY_EXPORT"], &[("inventory", "export")], Some("False"));
    INVENTORY_GENERATOR_USE_EXTRA_VARS: "Templates of generated inventories see the extra variables.",
        Setting::new("use_extra_vars", Kind::Boolean, &["ANSIBLE_GENERATOR_USE_EXTRA_VARS"], &[("inventory_plugin_generator", "use_extra_vars")], Some("False")).of("inventory", "generator");
    INVENTORY_IGNORE_EXTS: "Endings of files that are left out of folders of inventories.",
        Setting::new("INVENTORY_IGNORE_EXTS", Kind::List, &["ANSIBLE_INVENTORY_IGNORE"], &[("defaults", "inventory_ignore_extensions"), ("inventory", "ignore_extensions")], Some(".pyc,.pyo,.swp,.bak,~,.rpm,.md,.txt,.rst,.orig,.cfg,.retry"));
    INVENTORY_IGNORE_PATTERNS: "Patterns of files that are left out of folders of inventories.",
        Setting::new("INVENTORY_IGNORE_PATTERNS", Kind::List, &["ANSIBLE_INVENTORY_IGNORE_REGEX"], &[("defaults", "inventory_ignore_patterns"), ("inventory", "ignore_patterns")], Some(""));
    INVENTORY_SCRIPT_STDERR: "Show what programs that give inventories write to their standard error stream.",
        Setting::new("always_show_stderr", Kind::Boolean, &["ANSIBLE_INVENTORY_PLUGIN_SCRIPT_STDERR"], &[("inventory_plugin_script", "always_show_stderr")], Some("True")).of("inventory", "script");
    INVENTORY_UNPARSED_IS_FAILED: "It is an error if no inventory could be read.",
        Setting::new("INVENTORY_UNPARSED_IS_FAILED", Kind::Boolean, &["ANSIBLE_INVENTORY_UNPARSED_FAILED"], &[("inventory", "unparsed_is_failed")], Some("False"));
    INVENTORY_UNPARSED_WARNING: "Warn if no inventory could be read.",
        Setting::new("INVENTORY_UNPARSED_WARNING", Kind::Boolean, &["ANSIBLE_INVENTORY_UNPARSED_WARNING"], &[("inventory", "inventory_unparsed_warning")], Some("True"));
    INVENTORY_USE_EXTRA_VARS: "Templates of constructed inventories see the extra variables.",
        Setting::new("use_extra_vars", Kind::Boolean, &["ANSIBLE_INVENTORY_USE_EXTRA_VARS"], &[("inventory_plugins", "use_extra_vars")], Some("False")).of("inventory", "constructed");
    INVENTORY_YAML_EXTENSIONS: "Endings of files that may be YAML.",
        Setting::new("YAML_FILENAME_EXTENSIONS", Kind::List, &["ANSIBLE_YAML_FILENAME_EXT", "ANSIBLE_INVENTORY_PLUGIN_EXTS"], &[("defaults", "yaml_valid_extensions"), ("inventory_plugin_yaml", "yaml_valid_extensions")], Some(".yml,.yaml,.json"));
    JINJA2_EXTENSIONS: "The extensions of Jinja that templates may use: jinja2.ext.do and jinja2.ext.loopcontrols.",
        Setting::new("DEFAULT_JINJA2_EXTENSIONS", Kind::List, &["ANSIBLE_JINJA2_EXTENSIONS"], &[("defaults", "jinja2_extensions")], Some(""));
    LIBRARY: "Folders that are searched for modules of your own.",
        Setting::new("DEFAULT_MODULE_PATH", Kind::Paths, &["ANSIBLE_LIBRARY"], &[("defaults", "library")], Some("{home}/plugins/modules:/usr/share/ansible/plugins/modules"));
    LOAD_CALLBACK_PLUGINS: "Outputs are chosen for single tasks too.",
        Setting::new("DEFAULT_LOAD_CALLBACK_PLUGINS", Kind::Boolean, &["ANSIBLE_LOAD_CALLBACK_PLUGINS"], &[("defaults", "bin_ansible_callbacks")], Some("False"));
    LOCALHOST_WARNING: "Warn if there is no host but this machine.",
        Setting::new("LOCALHOST_WARNING", Kind::Boolean, &["ANSIBLE_LOCALHOST_WARNING"], &[("defaults", "localhost_warning")], Some("True"));
    LOCAL_TEMP: "The folder for files that live no longer than the program.",
        Setting::new("DEFAULT_LOCAL_TMP", Kind::Path, &["ANSIBLE_LOCAL_TEMP"], &[("defaults", "local_tmp")], Some("{home}/tmp"));
    LOG_PATH: "A file that keeps what was shown.",
        Setting::new("DEFAULT_LOG_PATH", Kind::Path, &["ANSIBLE_LOG_PATH"], &[("defaults", "log_path")], None);
    MANAGED: "What files made of templates say of themselves.",
        Setting::new("DEFAULT_MANAGED_STR", Kind::Text, &[], &[("defaults", "ansible_managed")], Some("Ansible managed"));
    MODULE_ARGS: "The arguments of single tasks.",
        Setting::new("DEFAULT_MODULE_ARGS", Kind::Text, &["ANSIBLE_MODULE_ARGS"], &[("defaults", "module_args")], Some(""));
    MODULE_NAME: "The module of single tasks.",
        Setting::new("DEFAULT_MODULE_NAME", Kind::Text, &[], &[("defaults", "module_name")], Some("command"));
    MODULE_UTILS: "Folders with what modules of your own share.",
        Setting::new("DEFAULT_MODULE_UTILS_PATH", Kind::Paths, &["ANSIBLE_MODULE_UTILS"], &[("defaults", "module_utils")], Some("{home}/plugins/module_utils:/usr/share/ansible/plugins/module_utils"));
    NO_COLOR: "No colours.",
        Setting::new("ANSIBLE_NOCOLOR", Kind::Boolean, &["ANSIBLE_NOCOLOR", "NO_COLOR"], &[("defaults", "nocolor")], Some("False"));
    NO_LOG: "Hide arguments and results of all tasks.",
        Setting::new("DEFAULT_NO_LOG", Kind::Boolean, &["ANSIBLE_NO_LOG"], &[("defaults", "no_log")], Some("False"));
    PAGER: "The program that shows long texts.",
        Setting::new("PAGER", Kind::Text, &["ANSIBLE_PAGER", "PAGER"], &[("defaults", "pager")], Some("less"));
    PLAYBOOK_DIR: "The folder that stands for the playbook's where there is none.",
        Setting::new("PLAYBOOK_DIR", Kind::Path, &["ANSIBLE_PLAYBOOK_DIR"], &[("defaults", "playbook_dir")], None);
    POLL_INTERVAL: "Seconds between looks at a task in the background.",
        Setting::new("DEFAULT_POLL_INTERVAL", Kind::Integer, &["ANSIBLE_POLL_INTERVAL"], &[("defaults", "poll_interval")], Some("15"));
    PRIVATE_KEY_FILE: "The private key to log in with.",
        Setting::new("DEFAULT_PRIVATE_KEY_FILE", Kind::Path, &["ANSIBLE_PRIVATE_KEY_FILE"], &[("defaults", "private_key_file")], None);
    PRIVATE_ROLE_VARS: "Roles keep their variables to themselves.",
        Setting::new("DEFAULT_PRIVATE_ROLE_VARS", Kind::Boolean, &["ANSIBLE_PRIVATE_ROLE_VARS"], &[("defaults", "private_role_vars")], Some("False"));
    REMOTE_PORT: "The port to log in at.",
        Setting::new("DEFAULT_REMOTE_PORT", Kind::Integer, &["ANSIBLE_REMOTE_PORT"], &[("defaults", "remote_port")], None);
    REMOTE_USER: "The user to log in as.",
        Setting::new("DEFAULT_REMOTE_USER", Kind::Text, &["ANSIBLE_REMOTE_USER"], &[("defaults", "remote_user")], None);
    RETRY_FILES_ENABLED: "Write down hosts that failed.",
        Setting::new("RETRY_FILES_ENABLED", Kind::Boolean, &["ANSIBLE_RETRY_FILES_ENABLED"], &[("defaults", "retry_files_enabled")], Some("False"));
    RETRY_FILES_SAVE_PATH: "The folder for the lists of hosts that failed.",
        Setting::new("RETRY_FILES_SAVE_PATH", Kind::Path, &["ANSIBLE_RETRY_FILES_SAVE_PATH"], &[("defaults", "retry_files_save_path")], None);
    ROLES_PATH: "Folders that are searched for roles.",
        Setting::new("DEFAULT_ROLES_PATH", Kind::Paths, &["ANSIBLE_ROLES_PATH"], &[("defaults", "roles_path")], Some("{home}/roles:/usr/share/ansible/roles:/etc/ansible/roles"));
    RUN_TAGS: "Tags of the tasks to run.",
        Setting::new("TAGS_RUN", Kind::List, &["ANSIBLE_RUN_TAGS"], &[("tags", "run")], Some(""));
    SHOW_CUSTOM_STATS: "Show at the end what set_stats has gathered.",
        Setting::new("SHOW_CUSTOM_STATS", Kind::Boolean, &["ANSIBLE_SHOW_CUSTOM_STATS"], &[("defaults", "show_custom_stats")], Some("False"));
    SHOW_PER_HOST_START: "Show each host's start of each task.",
        Setting::new("show_per_host_start", Kind::Boolean, &["ANSIBLE_SHOW_PER_HOST_START"], &[("defaults", "show_per_host_start")], Some("False")).of("callback", "default");
    SHOW_TASK_PATH_ON_FAILURE: "Show where a task that failed is written.",
        Setting::new("show_task_path_on_failure", Kind::Boolean, &["ANSIBLE_SHOW_TASK_PATH_ON_FAILURE"], &[("defaults", "show_task_path_on_failure")], Some("False")).of("callback", "default");
    SKIP_TAGS: "Tags of the tasks to skip.",
        Setting::new("TAGS_SKIP", Kind::List, &["ANSIBLE_SKIP_TAGS"], &[("tags", "skip")], Some(""));
    SSH_ARGS: "Arguments as for the ssh program.",
        Setting::new("ssh_args", Kind::Text, &["ANSIBLE_SSH_ARGS"], &[("ssh_connection", "ssh_args")], Some("-C -o ControlMaster=auto -o ControlPersist=60s")).of("connection", "ssh");
    SSH_COMMON_ARGS: "Further arguments as for the ssh program.",
        Setting::new("ssh_common_args", Kind::Text, &["ANSIBLE_SSH_COMMON_ARGS"], &[("ssh_connection", "ssh_common_args")], Some("")).of("connection", "ssh");
    SSH_EXTRA_ARGS: "Further arguments as for the ssh program.",
        Setting::new("ssh_extra_args", Kind::Text, &["ANSIBLE_SSH_EXTRA_ARGS"], &[("ssh_connection", "ssh_extra_args")], Some("")).of("connection", "ssh");
    SSH_RETRIES: "How often connecting is tried again if a host can't be reached or hangs up.",
        Setting::new("reconnection_retries", Kind::Integer, &["ANSIBLE_SSH_RETRIES"], &[("connection", "retries"), ("ssh_connection", "retries")], Some("0")).of("connection", "ssh");
    STDOUT_CALLBACK: "The output on the terminal.",
        Setting::new("DEFAULT_STDOUT_CALLBACK", Kind::Text, &["ANSIBLE_STDOUT_CALLBACK"], &[("defaults", "stdout_callback")], Some("default"));
    STRATEGY: "The order in which hosts go through tasks.",
        Setting::new("DEFAULT_STRATEGY", Kind::Text, &["ANSIBLE_STRATEGY"], &[("defaults", "strategy")], Some("linear"));
    TASK_DEBUGGER_IGNORE_ERRORS: "The debugger leaves failures alone that are ignored.",
        Setting::new("TASK_DEBUGGER_IGNORE_ERRORS", Kind::Boolean, &["ANSIBLE_TASK_DEBUGGER_IGNORE_ERRORS"], &[("defaults", "task_debugger_ignore_errors")], Some("True"));
    TASK_TIMEOUT: "Seconds that a task may take; 0 is for ever.",
        Setting::new("TASK_TIMEOUT", Kind::Integer, &["ANSIBLE_TASK_TIMEOUT"], &[("defaults", "task_timeout")], Some("0"));
    TEMPLAR_UNTRUSTED_TEMPLATE_BEHAVIOR: "What becomes of data that looks like a template where it is used.",
        Setting::new("_TEMPLAR_UNTRUSTED_TEMPLATE_BEHAVIOR", Kind::Text, &["_ANSIBLE_TEMPLAR_UNTRUSTED_TEMPLATE_BEHAVIOR"], &[], Some("ignore")).choices(&["error", "ignore", "warning"]);
    TIMEOUT: "Seconds that connecting may take.",
        Setting::new("DEFAULT_TIMEOUT", Kind::Integer, &["ANSIBLE_TIMEOUT", "ANSIBLE_SSH_TIMEOUT"], &[("defaults", "timeout"), ("ssh_connection", "timeout")], Some("10"));
    TRANSFORM_INVALID_GROUP_CHARS: "What happens to names of groups that can not be names of variables.",
        Setting::new("TRANSFORM_INVALID_GROUP_CHARS", Kind::Text, &["ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS"], &[("defaults", "force_valid_group_names")], Some("never")).choices(&["always", "ignore", "never", "silently"]);
    TRANSPORT: "The connection plugin.",
        Setting::new("DEFAULT_TRANSPORT", Kind::Text, &["ANSIBLE_TRANSPORT"], &[("defaults", "transport")], Some("ssh"));
    URL_AGENT: "What the `url` lookup calls itself.",
        Setting::new("http_agent", Kind::Text, &["ANSIBLE_LOOKUP_URL_AGENT"], &[("url_lookup", "agent")], Some("ansible-httpget")).of("lookup", "url");
    URL_CA_PATH: "A file with the certificates of those who vouch for servers that the `url` lookup asks.",
        Setting::new("ca_path", Kind::Text, &["ANSIBLE_LOOKUP_URL_CA_PATH"], &[("url_lookup", "ca_path")], None).of("lookup", "url");
    URL_CIPHERS: "Ciphers of the `url` lookup: refused, for the safe ones are always used.",
        Setting::new("ciphers", Kind::List, &["ANSIBLE_LOOKUP_URL_CIPHERS"], &[("url_lookup", "ciphers")], None).of("lookup", "url");
    URL_FOLLOW_REDIRECTS: "Which redirections the `url` lookup follows.",
        Setting::new("follow_redirects", Kind::Text, &["ANSIBLE_LOOKUP_URL_FOLLOW_REDIRECTS"], &[("url_lookup", "follow_redirects")], Some("urllib2")).of("lookup", "url").choices(&["all", "no", "none", "safe", "urllib2", "yes"]);
    URL_FORCE: "The `url` lookup asks for what is in no cache.",
        Setting::new("force", Kind::Boolean, &["ANSIBLE_LOOKUP_URL_FORCE"], &[("url_lookup", "force")], Some("False")).of("lookup", "url");
    URL_FORCE_BASIC_AUTH: "The `url` lookup logs in without being asked to.",
        Setting::new("force_basic_auth", Kind::Boolean, &["ANSIBLE_LOOKUP_URL_FORCE_BASIC_AUTH"], &[("url_lookup", "force_basic_auth")], Some("False")).of("lookup", "url");
    URL_TIMEOUT: "How many seconds the `url` lookup waits for a server.",
        Setting::new("timeout", Kind::Float, &["ANSIBLE_LOOKUP_URL_TIMEOUT"], &[("url_lookup", "timeout")], Some("10")).of("lookup", "url");
    URL_UNIX_SOCKET: "The socket that the `url` lookup uses instead of the network.",
        Setting::new("unix_socket", Kind::Text, &["ANSIBLE_LOOKUP_URL_UNIX_SOCKET"], &[("url_lookup", "unix_socket")], None).of("lookup", "url");
    URL_UNREDIRECTED_HEADERS: "Headers that the `url` lookup leaves out when it follows a redirection.",
        Setting::new("unredirected_headers", Kind::List, &["ANSIBLE_LOOKUP_URL_UNREDIR_HEADERS"], &[("url_lookup", "unredirected_headers")], None).of("lookup", "url");
    URL_USE_GSSAPI: "The `url` lookup logs in with Kerberos: refused.",
        Setting::new("use_gssapi", Kind::Boolean, &["ANSIBLE_LOOKUP_URL_USE_GSSAPI"], &[("url_lookup", "use_gssapi")], Some("False")).of("lookup", "url");
    URL_USE_NETRC: "The user's `.netrc` may have a login for the `url` lookup.",
        Setting::new("use_netrc", Kind::Boolean, &["ANSIBLE_LOOKUP_URL_USE_NETRC"], &[("url_lookup", "use_netrc")], Some("True")).of("lookup", "url");
    VAULT_ENCRYPT_IDENTITY: "The label of the vault password to encrypt with.",
        Setting::new("DEFAULT_VAULT_ENCRYPT_IDENTITY", Kind::Text, &["ANSIBLE_VAULT_ENCRYPT_IDENTITY"], &[("defaults", "vault_encrypt_identity")], None);
    VAULT_ENCRYPT_SALT: "The salt to encrypt with, so that the same content gives the same text.",
        Setting::new("VAULT_ENCRYPT_SALT", Kind::Text, &["ANSIBLE_VAULT_ENCRYPT_SALT"], &[("defaults", "vault_encrypt_salt")], None);
    VAULT_IDENTITY: "The label of a vault password that has none.",
        Setting::new("DEFAULT_VAULT_IDENTITY", Kind::Text, &["ANSIBLE_VAULT_IDENTITY"], &[("defaults", "vault_identity")], Some("default"));
    VAULT_IDENTITY_LIST: "Vault passwords, as [LABEL@]SOURCE with commas between them.",
        Setting::new("DEFAULT_VAULT_IDENTITY_LIST", Kind::List, &["ANSIBLE_VAULT_IDENTITY_LIST"], &[("defaults", "vault_identity_list")], Some(""));
    VAULT_ID_MATCH: "A vault is opened only by a password of its own label.",
        Setting::new("DEFAULT_VAULT_ID_MATCH", Kind::Text, &["ANSIBLE_VAULT_ID_MATCH"], &[("defaults", "vault_id_match")], Some("False"));
    VAULT_PASSWORD_FILE: "A file or program that gives the vault password.",
        Setting::new("DEFAULT_VAULT_PASSWORD_FILE", Kind::Path, &["ANSIBLE_VAULT_PASSWORD_FILE"], &[("defaults", "vault_password_file")], None);
    VERBOSITY: "How much is shown: the number of -v.",
        Setting::new("DEFAULT_VERBOSITY", Kind::Integer, &["ANSIBLE_VERBOSITY"], &[("defaults", "verbosity")], Some("0"));
}
