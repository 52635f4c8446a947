//! What shows a run, as the configuration wants it.

use std::io::IsTerminal;
use std::path::Path;

use diag::{Error, Result};
use engine::Settings;
use report::{Chosen, Colour, Colours, Options, PageOptions, Palette, ResultFormat, Terminal};

use crate::config::{self, Config};
use crate::exit;

/// What shows the run of playbooks, with so many lines around each difference if the command line says it, and with a
/// report if one is wanted.
///
/// # Errors
/// A setting is of the wrong kind, or there is no callback of the name.
pub(crate) fn terminal(
    config: &Config,
    settings: &Settings,
    diff_context: Option<usize>,
    report: Option<PageOptions>,
) -> Result<Terminal> {
    let screen = config.text(&config::STDOUT_CALLBACK).unwrap_or_else(|| "default".into());
    let mut enabled = enabled(config);
    enabled.extend(report.is_some().then(|| "capstan.report".into()));
    let chosen = Chosen::new(&screen, &enabled)?;
    let mut options = options(config, settings)?;
    options.report = report;
    options.diff_context = diff_context.unwrap_or(options.diff_context);
    Ok(Terminal::new(options, &chosen, std::io::stdout(), std::io::stderr()))
}

/// What shows single tasks: each on one line if that is asked for, and each host's result in a file of its own in the
/// folder `tree`.
///
/// # Errors
/// A setting is of the wrong kind, or there is no callback of the name.
pub(crate) fn for_single_tasks(
    config: &Config,
    settings: &Settings,
    one_line: bool,
    tree: Option<&Path>,
) -> Result<Terminal> {
    let configured = config.flag(&config::LOAD_CALLBACK_PLUGINS)?.unwrap_or(false);
    let mut enabled = if configured { enabled(config) } else { Vec::new() };
    let screen = match one_line {
        true => "oneline".to_owned(),
        false => {
            config.text(&config::STDOUT_CALLBACK).filter(|_| configured).unwrap_or_else(|| "minimal".into())
        }
    };
    let mut options = options(config, settings)?;
    if let Some(folder) = tree {
        enabled.push("tree".into());
        options.tree = Some(folder.to_path_buf());
    }
    options.live = false;
    Ok(Terminal::new(options, &Chosen::new(&screen, &enabled)?, std::io::stdout(), std::io::stderr()))
}

fn enabled(config: &Config) -> Vec<String> {
    let names = config.text(&config::CALLBACKS_ENABLED).unwrap_or_default();
    names.split(',').map(|name| name.trim().to_owned()).collect()
}

fn options(config: &Config, settings: &Settings) -> Result<Options> {
    let on_terminal = std::io::stdout().is_terminal();
    let width = match on_terminal {
        true => rustix::termios::tcgetwinsize(std::io::stdout())
            .map_or(79, |size| usize::from(size.ws_col).saturating_sub(1)),
        false => 79,
    };
    let width = if width == 0 { 79 } else { width };
    let flag = |setting, default| -> Result<bool> { Ok(config.flag(setting)?.unwrap_or(default)) };
    Ok(Options {
        manner: exit::manner(),
        verbosity: settings.verbosity,
        colours: colours(config, on_terminal)?,
        width,
        diff_context: config.number(&config::DIFF_CONTEXT)?.unwrap_or(3),
        format: ResultFormat { invocation: settings.verbosity > 2, ..result_format(config, width)? },
        show_skipped: flag(&config::DISPLAY_SKIPPED_HOSTS, true)?,
        show_ok: flag(&config::DISPLAY_OK_HOSTS, true)?,
        show_included: flag(&config::DISPLAY_INCLUDED_HOSTS, true)?,
        failures_to_stderr: flag(&config::DISPLAY_FAILED_STDERR, false)?,
        show_path_of_failure: flag(&config::SHOW_TASK_PATH_ON_FAILURE, false)?,
        show_start_of_hosts: flag(&config::SHOW_PER_HOST_START, false)?,
        show_custom_stats: flag(&config::SHOW_CUSTOM_STATS, false)?,
        mark_check_mode: flag(&config::CHECK_MODE_MARKERS, false)?,
        dry_run: settings.check,
        deprecations: flag(&config::DEPRECATION_WARNINGS, true)?,
        log: config.text(&config::LOG_PATH).map(|path| config.path(&config::LOG_PATH, &path)),
        report: None,
        tree: config
            .text(&config::CALLBACK_TREE_DIR)
            .map(|path| config.path(&config::CALLBACK_TREE_DIR, &path)),
        live: on_terminal,
    })
}

/// Colours are for terminals, unless the configuration says otherwise.
fn colours(config: &Config, on_terminal: bool) -> Result<Colours> {
    let forced = config.flag(&config::FORCE_COLOR)?.unwrap_or(false);
    // The environment's variable may have any value.
    let refused = || match std::env::var_os("NO_COLOR") {
        Some(_) => Ok(None),
        None => config.flag(&config::NO_COLOR),
    };
    if !forced && (!exit::colours_wanted(on_terminal) || refused()?.unwrap_or(false)) {
        return Ok(Colours::new(None));
    }
    let mut palette = Palette::default();
    for (setting, colour) in [
        (&config::COLOR_CHANGED, &mut palette.changed),
        (&config::COLOR_DEBUG, &mut palette.detail),
        (&config::COLOR_DEPRECATE, &mut palette.deprecation),
        (&config::COLOR_DIFF_ADD, &mut palette.added),
        (&config::COLOR_DIFF_LINES, &mut palette.hunk),
        (&config::COLOR_DIFF_REMOVE, &mut palette.removed),
        (&config::COLOR_ERROR, &mut palette.failed),
        (&config::COLOR_INCLUDED, &mut palette.included),
        (&config::COLOR_OK, &mut palette.ok),
        (&config::COLOR_SKIP, &mut palette.skipped),
        (&config::COLOR_UNREACHABLE, &mut palette.unreachable),
        (&config::COLOR_VERBOSE, &mut palette.remark),
        (&config::COLOR_WARN, &mut palette.warning),
    ] {
        let Some(name) = config.text(setting) else { continue };
        *colour = Colour::parse(&name).ok_or_else(|| {
            Error::new(format!("'{name}' is no colour")).context(config.origin(setting)).hint(
                "it is a name such as 'bright red', or colorN, rgbRGB with digits from 0 to 5, or grayN from 0 to 23",
            )
        })?;
    }
    Ok(Colours::new(Some(palette)))
}

fn result_format(config: &Config, width: usize) -> Result<ResultFormat> {
    let wrong = |name: &str, value: &str, choices: &str| {
        Err(Error::new(format!("the setting '{name}' can't be '{value}'")).hint(format!("it is {choices}")))
    };
    let defaults = ResultFormat::default();
    let yaml = match config.text(&config::CALLBACK_RESULT_FORMAT).as_deref() {
        None | Some("json") => false,
        Some("yaml") => true,
        Some(other) => return wrong("callback_result_format", other, "json or yaml"),
    };
    let yaml_width = match config.text(&config::CALLBACK_RESULT_YAML_LINE_WIDTH).as_deref() {
        None | Some("default") => defaults.yaml_width,
        Some("no-break") => None,
        Some("terminal-width") => Some(width),
        Some(other) => {
            return wrong("callback_result_yaml_line_width", other, "default, no-break or terminal-width");
        }
    };
    Ok(ResultFormat {
        yaml,
        pretty: config.flag(&config::CALLBACK_FORMAT_PRETTY)?,
        indent: config.number(&config::CALLBACK_RESULT_INDENTATION)?.unwrap_or(defaults.indent),
        yaml_width,
        invocation: false,
    })
}
