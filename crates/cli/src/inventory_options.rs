use std::sync::Arc;

use diag::{Error, Result};
use inventory::{GroupNames, LoadOptions, Merge};
use value::{Map, Value};

use crate::config::{self, Config};
use crate::session::Session;

/// How inventories are read, as the configuration says; the playbooks' directories are not in it.
///
/// # Errors
/// A setting is of the wrong kind.
pub(crate) fn of(session: &Session) -> Result<LoadOptions> {
    let config = &session.config;
    let merge = match config.text(&config::HASH_BEHAVIOUR).as_deref() {
        Some("merge") => Merge::Recursive,
        _ => Merge::Replace,
    };
    let flag = |setting| Ok::<bool, Error>(config.flag(setting)?.unwrap_or(false));
    let use_extra_vars = config.flag(&config::INVENTORY_USE_EXTRA_VARS)?;
    let generator = config.flag(&config::INVENTORY_GENERATOR_USE_EXTRA_VARS)?;
    let extra_vars: Map = session
        .loader
        .extra_vars
        .iter()
        .map(|(name, variable)| (Value::from(&**name), variable.value.clone()))
        .collect();
    Ok(LoadOptions {
        secrets: Arc::clone(&session.secrets),
        merge,
        group_names: group_names(config)?,
        ignored_extensions: config.list(&config::INVENTORY_IGNORE_EXTS),
        ignored_patterns: config.list(&config::INVENTORY_IGNORE_PATTERNS).unwrap_or_default(),
        fail_if_all_unreadable: flag(&config::INVENTORY_UNPARSED_IS_FAILED)?,
        fail_if_any_unreadable: flag(&config::INVENTORY_ANY_UNPARSED_IS_FAILED)?,
        quiet_if_all_unreadable: !config.flag(&config::INVENTORY_UNPARSED_WARNING)?.unwrap_or(true),
        details: session.verbosity >= 3,
        plugins: config.list(&config::INVENTORY_ENABLED),
        yaml_extensions: config.list(&config::INVENTORY_YAML_EXTENSIONS),
        templates: Arc::clone(&session.templates),
        extra_vars: Arc::new(extra_vars),
        constructed_uses_extra_vars: use_extra_vars.unwrap_or(false),
        generator_uses_extra_vars: use_extra_vars.or(generator).unwrap_or(false),
        hide_script_stderr: !config.flag(&config::INVENTORY_SCRIPT_STDERR)?.unwrap_or(true),
        ..LoadOptions::default()
    })
}

fn group_names(config: &Config) -> Result<GroupNames> {
    Ok(match config.text(&config::TRANSFORM_INVALID_GROUP_CHARS).as_deref() {
        None | Some("" | "never") => GroupNames::Keep,
        Some("ignore") => GroupNames::KeepSilently,
        Some("always") => GroupNames::Replace,
        Some("silently") => GroupNames::ReplaceSilently,
        Some(other) => {
            return Err(Error::new(format!("the setting 'force_valid_group_names' can't be '{other}'"))
                .hint("it is always, never, ignore or silently"));
        }
    })
}
