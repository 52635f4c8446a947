use std::time::Duration;

use diag::{Error, Result};
use engine::{
    BecomeSettings, ConnectionSettings, FactCache, Gathering, RetryFiles, Settings, UnmatchedPattern,
};
use template::{Strictness, Untrusted};
use transport::Secret;

use crate::arguments::{BecomeArguments, ConnectionArguments, RunArguments, SourceArguments};
use crate::config::{self, Config};
use crate::prompt;

/// What a command line says of how tasks are run.
pub(crate) struct RunRequest<'a> {
    pub(crate) source: &'a SourceArguments,
    pub(crate) running: &'a RunArguments,
    pub(crate) connection: &'a ConnectionArguments,
    pub(crate) become_user: &'a BecomeArguments,
    pub(crate) tags: &'a [String],
    pub(crate) skip_tags: &'a [String],
    pub(crate) start_at_task: Option<&'a str>,
    pub(crate) force_handlers: bool,
    /// Whether each task is to be confirmed.
    pub(crate) step: bool,
    /// Seconds that a task may take.
    pub(crate) task_timeout: Option<f64>,
}

impl<'a> RunRequest<'a> {
    /// Of the groups of options that all commands share, and nothing else.
    pub(crate) fn new(
        source: &'a SourceArguments,
        running: &'a RunArguments,
        connection: &'a ConnectionArguments,
        become_user: &'a BecomeArguments,
    ) -> RunRequest<'a> {
        RunRequest {
            source,
            running,
            connection,
            become_user,
            tags: &[],
            skip_tags: &[],
            start_at_task: None,
            force_handlers: false,
            step: false,
            task_timeout: None,
        }
    }
}

/// How strict templates are.
///
/// # Errors
/// A setting is of the wrong kind.
pub(crate) fn strictness(config: &Config) -> Result<Strictness> {
    let untrusted = match config.text(&config::TEMPLAR_UNTRUSTED_TEMPLATE_BEHAVIOR).as_deref() {
        None | Some("ignore") => Untrusted::Ignore,
        Some("warning") => Untrusted::Warn,
        Some("error") => Untrusted::Refuse,
        Some(other) => {
            let name = config::TEMPLAR_UNTRUSTED_TEMPLATE_BEHAVIOR.name;
            return Err(Error::new(format!("Invalid value '{other}' for config '{name}'"))
                .hint("it is error, warning or ignore"));
        }
    };
    let broken_conditionals = config.flag(&config::ALLOW_BROKEN_CONDITIONALS)?.unwrap_or(false);
    Ok(Strictness { broken_conditionals, untrusted })
}

/// Command line over environment over file.
///
/// # Errors
/// One of them is of the wrong kind, or a password can't be had.
pub(crate) fn settings(config: &Config, request: &RunRequest<'_>) -> Result<Settings> {
    let running = request.running;
    let tags = |given: &[String], configured: Option<String>| -> Vec<String> {
        let given: Vec<String> =
            if given.is_empty() { configured.into_iter().collect() } else { given.to_vec() };
        given
            .iter()
            .flat_map(|tags| tags.split(','))
            .map(|tag| tag.trim().to_owned())
            .filter(|tag| !tag.is_empty())
            .collect()
    };
    let gathering = match config.text(&config::GATHERING).as_deref() {
        None | Some("implicit" | "") => Gathering::Implicit,
        Some("explicit") => Gathering::Explicit,
        Some("smart") => Gathering::Smart,
        Some(other) => {
            return Err(Error::new(format!("the setting 'gathering' can't be '{other}'"))
                .hint("it is implicit, explicit or smart"));
        }
    };
    let defaults = Settings::default();
    let connection = connection(config, request.connection)?;
    let become_user = become_user(config, request.become_user, connection.password.as_ref())?;
    Ok(Settings {
        forks: running.forks.or(config.number(&config::FORKS)?).unwrap_or(defaults.forks).max(1),
        check: running.check,
        foresight: running.predict.into(),
        diff: running.diff || config.flag(&config::DIFF_ALWAYS)?.unwrap_or(false),
        verbosity: if running.verbose > 0 {
            running.verbose
        } else {
            config.number(&config::VERBOSITY)?.unwrap_or(0)
        },
        debug: config.flag(&config::DEBUG)?.unwrap_or(false),
        tags: tags(request.tags, config.text(&config::RUN_TAGS)),
        skip_tags: tags(request.skip_tags, config.text(&config::SKIP_TAGS)),
        start_at_task: request.start_at_task.map(str::to_owned),
        force_handlers: request.force_handlers || config.flag(&config::FORCE_HANDLERS)?.unwrap_or(false),
        limit: request.source.limit.clone(),
        any_errors_fatal: config.flag(&config::ANY_ERRORS_FATAL)?.unwrap_or(false),
        strategy: strategy(config)?,
        gathering,
        fact_cache: fact_cache(config)?,
        flush_cache: running.flush_cache,
        retry_files: config.flag(&config::RETRY_FILES_ENABLED)?.unwrap_or(false).then(|| RetryFiles {
            save_path: config
                .text(&config::RETRY_FILES_SAVE_PATH)
                .filter(|path| !path.is_empty())
                .map(|path| config.path(&config::RETRY_FILES_SAVE_PATH, &path)),
        }),
        merges_dicts: config.text(&config::HASH_BEHAVIOUR).as_deref() == Some("merge"),
        inject_facts: config.flag(&config::INJECT_FACTS_AS_VARS)?.unwrap_or(true),
        error_on_missing_handler: config.flag(&config::ERROR_ON_MISSING_HANDLER)?.unwrap_or(true),
        no_log: config.flag(&config::NO_LOG)?.unwrap_or(false),
        task_timeout: request.task_timeout.or(config.number(&config::TASK_TIMEOUT)?).unwrap_or(0.0),
        inject_invocation: config.flag(&config::INJECT_INVOCATION)?.unwrap_or(defaults.inject_invocation),
        poll_interval: config.number(&config::POLL_INTERVAL)?.unwrap_or(defaults.poll_interval),
        async_directory: config.text(&config::ASYNC_DIR),
        step: request.step,
        debugger: config.flag(&config::ENABLE_TASK_DEBUGGER)?.unwrap_or(false),
        debugger_ignores_errors: config.flag(&config::TASK_DEBUGGER_IGNORE_ERRORS)?.unwrap_or(true),
        connection,
        become_user,
        unmatched_pattern: unmatched_pattern(config)?,
        managed: config.text(&config::MANAGED),
        config_file: config.file.clone(),
    })
}

/// What becomes of patterns that match no host.
///
/// # Errors
/// The setting is none of its choices.
pub(crate) fn unmatched_pattern(config: &Config) -> Result<UnmatchedPattern> {
    match config.text(&config::HOST_PATTERN_MISMATCH).as_deref() {
        None | Some("" | "warning") => Ok(UnmatchedPattern::Warn),
        Some("ignore") => Ok(UnmatchedPattern::Ignore),
        Some("error") => Ok(UnmatchedPattern::Refuse),
        Some(other) => Err(Error::new(format!("the setting 'host_pattern_mismatch' can't be '{other}'"))
            .hint("it is warning, error or ignore")),
    }
}

fn strategy(config: &Config) -> Result<String> {
    let Some(name) = config.text(&config::STRATEGY).filter(|name| !name.is_empty()) else {
        return Ok(Settings::default().strategy);
    };
    let short = name.strip_prefix("ansible.builtin.").unwrap_or(&name);
    match playbook::STRATEGIES.contains(&short) {
        true => Ok(short.to_owned()),
        false => Err(Error::new(format!("Invalid play strategy specified: {name}"))
            .hint_some(diag::did_you_mean(short, playbook::STRATEGIES))),
    }
}

/// Where facts outlive the run, if anywhere.
fn fact_cache(config: &Config) -> Result<Option<FactCache>> {
    let plugin = config.text(&config::FACT_CACHING).unwrap_or_default();
    let short = plugin.rsplit_once('.').map_or(plugin.as_str(), |(_, short)| short);
    match short {
        "" | "memory" => Ok(None),
        "jsonfile" => {
            let Some(directory) =
                config.text(&config::FACT_CACHING_CONNECTION).filter(|path| !path.is_empty())
            else {
                return Err(Error::new("the fact cache 'jsonfile' needs a directory")
                    .hint("set 'fact_caching_connection' in the section 'defaults'"));
            };
            Ok(Some(FactCache {
                directory: config.path(&config::FACT_CACHING_CONNECTION, &directory),
                prefix: config.text(&config::FACT_CACHING_PREFIX).unwrap_or_default(),
                timeout: Duration::from_secs(config.number(&config::FACT_CACHING_TIMEOUT)?.unwrap_or(86400)),
            }))
        }
        _ => Err(Error::new(format!("the fact cache '{plugin}' is not supported"))
            .hint("the fact caches are memory and jsonfile")),
    }
}

fn connection(config: &Config, arguments: &ConnectionArguments) -> Result<ConnectionSettings> {
    let words = |text: Option<String>| -> Result<Vec<String>> {
        let Some(text) = text else { return Ok(Vec::new()) };
        shlex::split(&text).ok_or_else(|| {
            Error::new(format!("ssh arguments '{text}' can't be split: a quote is not closed"))
        })
    };
    let mut ssh_args = words(config.text(&config::SSH_ARGS))?;
    ssh_args
        .extend(words(arguments.ssh_common_args.clone().or_else(|| config.text(&config::SSH_COMMON_ARGS)))?);
    ssh_args
        .extend(words(arguments.ssh_extra_args.clone().or_else(|| config.text(&config::SSH_EXTRA_ARGS)))?);
    let key =
        config.text(&config::PRIVATE_KEY_FILE).map(|path| config.path(&config::PRIVATE_KEY_FILE, &path));
    let password_file = config
        .text(&config::CONNECTION_PASSWORD_FILE)
        .map(|path| config.path(&config::CONNECTION_PASSWORD_FILE, &path));
    let asks = arguments.ask_pass || config.flag(&config::ASK_PASS)?.unwrap_or(false);
    let defaults = ConnectionSettings::default();
    Ok(ConnectionSettings {
        plugin: arguments
            .connection
            .clone()
            .or_else(|| config.text(&config::TRANSPORT))
            .unwrap_or(defaults.plugin),
        user: arguments.user.clone().or_else(|| config.text(&config::REMOTE_USER)),
        port: config.number(&config::REMOTE_PORT)?,
        password: secret(
            asks,
            "SSH password: ",
            arguments.connection_password_file.clone().or(password_file),
        )?,
        private_key_file: arguments.private_key.clone().or(key),
        ssh_common_args: ssh_args,
        host_key_checking: config.flag(&config::HOST_KEY_CHECKING)?.unwrap_or(true),
        accept_new: arguments.accept_new_host_keys,
        retries: config.number(&config::SSH_RETRIES)?.unwrap_or(0),
        timeout: Duration::from_secs(arguments.timeout.or(config.number(&config::TIMEOUT)?).unwrap_or(10)),
    })
}

/// Where the login password was asked for, an empty answer means the same one.
fn become_user(
    config: &Config,
    arguments: &BecomeArguments,
    login: Option<&Secret>,
) -> Result<BecomeSettings> {
    let asks = arguments.ask_become_pass || config.flag(&config::BECOME_ASK_PASS)?.unwrap_or(false);
    let file = config
        .text(&config::BECOME_PASSWORD_FILE)
        .map(|path| config.path(&config::BECOME_PASSWORD_FILE, &path));
    let question = match login {
        Some(_) => "BECOME password[defaults to SSH password]: ",
        None => "BECOME password: ",
    };
    let password = secret(asks, question, arguments.become_password_file.clone().or(file))?;
    let password =
        password.filter(|password| !password.expose().is_empty()).or_else(|| login.filter(|_| asks).cloned());
    Ok(BecomeSettings {
        enabled: arguments.enabled || config.flag(&config::BECOME)?.unwrap_or(false),
        method: arguments.become_method.clone().or_else(|| config.text(&config::BECOME_METHOD)),
        user: arguments.become_user.clone().or_else(|| config.text(&config::BECOME_USER)),
        password,
        flags: config.text(&config::BECOME_FLAGS).filter(|flags| !flags.is_empty()),
        executable: config.text(&config::BECOME_EXE).filter(|program| !program.is_empty()),
        allow_same_user: config.flag(&config::BECOME_ALLOW_SAME_USER)?.unwrap_or(false),
    })
}

fn secret(asks: bool, question: &str, file: Option<std::path::PathBuf>) -> Result<Option<Secret>> {
    if let Some(file) = file {
        let text = std::fs::read_to_string(&file).map_err(|error| {
            Error::new(format!("can't read the password file {}", file.display())).cause(error)
        })?;
        return Ok(Some(Secret::new(text.trim_end_matches(['\r', '\n']))));
    }
    if asks { prompt::password(question).map(Some) } else { Ok(None) }
}
