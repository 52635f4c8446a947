use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use configuration::{Config, GalaxyOption, Setting, settings};
use diag::{Error, Errors, Result};
use value::{JsonStyle, Value};
use yaml::EmitStyle;

use crate::commands::Command;
use crate::exit::{self, Ended};
use crate::output::print;
use crate::pager;

/// Show the configuration, and where each setting comes from.
#[derive(Debug, Parser)]
pub(crate) struct ShowConfiguration {
    #[command(subcommand)]
    action: Action,
    /// Show more.
    #[arg(short = 'v', long = "verbose", action = clap::ArgAction::Count, global = true)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List all settings there are.
    List {
        /// How to write it.
        #[arg(short, long, value_enum, default_value_t = Format::Yaml)]
        format: Format,
        #[command(flatten)]
        common: CommonArguments,
    },
    /// Show all settings with their values and where these come from.
    Dump {
        /// Only settings that somebody has set.
        #[arg(long, visible_alias = "changed-only")]
        only_changed: bool,
        /// How to write it.
        #[arg(short, long, value_enum, default_value_t = Format::Display)]
        format: Format,
        #[command(flatten)]
        common: CommonArguments,
    },
    /// Show the configuration file.
    View {
        #[command(flatten)]
        common: CommonArguments,
    },
    /// Print a configuration file with all settings in it.
    Init {
        /// As comments, to be uncommented one by one.
        #[arg(long)]
        disabled: bool,
        /// How to write it.
        #[arg(short, long, value_enum, default_value_t = Format::Ini)]
        format: Format,
        #[command(flatten)]
        common: CommonArguments,
    },
    /// Look for settings that nobody knows, and for values of a wrong kind.
    Validate {
        /// What to look at: the file (ini) or the environment (env).
        #[arg(short, long, value_enum, default_value_t = Format::Ini)]
        format: Format,
        #[command(flatten)]
        common: CommonArguments,
    },
}

#[derive(Debug, Args)]
struct CommonArguments {
    /// The configuration file.
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The kind of plugins whose settings are meant: base for none, all, or a kind such as connection.
    #[arg(short = 't', long = "type", value_name = "TYPE", default_value = "base")]
    kind: String,
    /// The plugins; all of the kind if none is named.
    plugins: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people.
    Display,
    Json,
    Yaml,
    /// As in a configuration file.
    Ini,
    /// As variables of the environment.
    Env,
    /// As variables of the environment.
    Vars,
}

impl Command for ShowConfiguration {
    const NAME: &'static str = "config";
    const ANSIBLE_NAME: Option<&'static str> = Some("ansible-config");

    fn run(self) -> Ended {
        self.action.run().unwrap_or_else(|ended| ended)
    }
}

impl Action {
    fn run(&self) -> Result<Ended, Ended> {
        match self {
            Action::List { format, common } => Ok(print(&list(&common.settings(), *format)?)),
            Action::Dump { only_changed, format, common } => {
                let config = common.open()?;
                exit::tell_all(&config.warnings);
                Ok(print(&dump(&config, &common.settings(), *only_changed, *format)?))
            }
            Action::View { common } => {
                let config = common.open()?;
                let Some(file) = &config.file else {
                    return Err(Error::new("Invalid or no config file was supplied").into());
                };
                let text = std::fs::read_to_string(file)
                    .map_err(|error| Error::new(format!("can't read {}", file.display())).cause(error))?;
                pager::show(&config, &text);
                Ok(Ended::Good)
            }
            Action::Init { disabled, format, common } => {
                Ok(print(&template(&common.settings(), *disabled, *format)))
            }
            Action::Validate { format, common } => validate(&common.open()?, *format),
        }
    }
}

impl CommonArguments {
    fn open(&self) -> Result<Config, Ended> {
        match &self.config {
            None => Ok(Config::load()?),
            Some(file) if file.is_file() => Ok(Config::read(file)?),
            Some(file) => {
                let error = Error::new(format!(
                    "The provided configuration file is missing or not accessible: {}",
                    file.display()
                ));
                Err(Ended::Misused(error.into()))
            }
        }
    }

    fn settings(&self) -> Vec<&'static Setting> {
        let wanted = |setting: &&&Setting| match setting.plugin {
            None => matches!(self.kind.as_str(), "base" | "all"),
            Some((kind, name)) => {
                (self.kind == kind || self.kind == "all")
                    && (self.plugins.is_empty() || self.plugins.iter().any(|plugin| plugin == name))
            }
        };
        settings().iter().filter(wanted).copied().collect()
    }
}

fn written(value: &Value, format: Format) -> Result<String> {
    match format {
        Format::Json => Ok(value.to_json(JsonStyle::PRETTY) + "\n"),
        _ => yaml::emit(value, &EmitStyle { flow: Some(false), ..EmitStyle::default() }),
    }
}

fn list(settings: &[&Setting], format: Format) -> Result<String> {
    let described = settings.iter().map(|setting| (setting.name, describe(setting)));
    written(&Value::map(described), format)
}

fn describe(setting: &Setting) -> Value {
    let pairs = |(section, key): &(&str, &str)| {
        Value::map([("key", Value::from(*key)), ("section", (*section).into())])
    };
    let mut entries = vec![
        ("default", setting.default.map_or(Value::Null, Value::from)),
        ("description", description(setting).into()),
        (
            "env",
            Value::list(setting.environment.iter().map(|name| Value::map([("name", Value::from(*name))]))),
        ),
        ("ini", Value::list(setting.ini.iter().map(pairs))),
        ("name", setting.name.into()),
        ("type", setting.kind.name().into()),
    ];
    if !setting.choices.is_empty() {
        entries.insert(0, ("choices", Value::list(setting.choices.iter().copied())));
    }
    Value::map(entries)
}

fn description(setting: &Setting) -> &'static str {
    if setting.is_followed() { setting.description } else { "Known by name; Capstan does not follow it." }
}

/// A setting with its value and where that comes from.
struct Row {
    name: &'static str,
    plugin: Option<(&'static str, &'static str)>,
    origin: String,
    value: Value,
}

fn dump(
    config: &Config,
    settings: &[&'static Setting],
    only_changed: bool,
    format: Format,
) -> Result<String> {
    let mut rows = Vec::new();
    for setting in settings.iter().filter(|setting| !only_changed || config.is_set(setting)) {
        let (origin, value) = (config.origin(setting), config.value(setting)?);
        rows.push(Row { name: setting.name, plugin: setting.plugin, origin, value });
    }
    let base = settings.iter().any(|setting| setting.plugin.is_none());
    if base {
        let file = config.file.as_ref().map(|file| file.to_string_lossy().into_owned());
        rows.push(Row { name: "CONFIG_FILE", plugin: None, origin: String::new(), value: Value::from(file) });
    }
    rows.sort_by_key(|row| (row.plugin, row.name));
    if format != Format::Display {
        let mut list: Vec<Value> = rows
            .iter()
            .map(|row| {
                Value::map([
                    ("name", Value::from(row.name)),
                    ("origin", row.origin.as_str().into()),
                    ("value", row.value.clone()),
                ])
            })
            .collect();
        if base {
            list.push(Value::map([("GALAXY_SERVERS", galaxy_servers(config))]));
        }
        return written(&Value::list(list), format);
    }
    let mut text = String::new();
    let mut plugin = None;
    for row in &rows {
        if let Some((_, name)) = row.plugin.filter(|_| row.plugin != plugin) {
            text.push_str(&format!("\n{name}:\n{}\n", "_".repeat(name.len())));
        }
        plugin = row.plugin;
        let value = row.value.as_str().map_or_else(|| row.value.repr(), str::to_owned);
        text.push_str(&format!("{}({}) = {value}\n", row.name, row.origin));
    }
    if base {
        text.push_str("\nGALAXY_SERVERS:\n");
        text.push_str(&galaxy_servers_text(config));
    }
    Ok(text)
}

/// The servers for programs that log in to them.
fn galaxy_servers(config: &Config) -> Value {
    let option = |option: GalaxyOption| {
        Value::map([
            ("name", Value::from(option.name)),
            ("origin", option.origin.as_str().into()),
            ("type", Value::Null),
            ("value", option.value),
        ])
    };
    let servers = config.galaxy_servers().into_iter();
    Value::map(servers.map(|server| (server.name, Value::list(server.options.into_iter().map(option)))))
}

/// The servers for people; what others must not see is left out.
fn galaxy_servers_text(config: &Config) -> String {
    let mut text = String::new();
    for mut server in config.galaxy_servers() {
        text.push_str(&format!("\n\n{}\n{}\n", server.name, "=".repeat(server.name.len())));
        server.options.sort_by_key(|option| option.name);
        for option in &server.options {
            let value = match option.value.as_str() {
                Some(_) if option.is_secret() => "********".to_owned(),
                Some(value) => value.to_owned(),
                None => option.value.repr(),
            };
            text.push_str(&format!("{}({}) = {value}\n", option.name, option.origin));
        }
    }
    text
}

/// A configuration with all settings at their defaults.
fn template(settings: &[&Setting], disabled: bool, format: Format) -> String {
    let comment = if disabled { ";" } else { "" };
    let lines = |setting: &Setting, line: String| {
        format!("# ({}) {}\n{comment}{line}\n\n", setting.kind.name(), description(setting))
    };
    let default = |setting: &Setting| setting.default.unwrap_or_default().replace("{home}", "~/.ansible");
    if matches!(format, Format::Env | Format::Vars) {
        let named = settings.iter().filter_map(|setting| Some((setting, setting.environment.first()?)));
        return named.map(|(setting, name)| lines(setting, format!("{name}={}", default(setting)))).collect();
    }
    let mut sections: BTreeMap<&str, BTreeMap<&str, &Setting>> = BTreeMap::new();
    for setting in settings {
        if let Some((section, key)) = setting.ini.first() {
            sections.entry(section).or_default().entry(key).or_insert(setting);
        }
    }
    let mut text = String::new();
    for (section, keys) in sections {
        text.push_str(&format!("[{section}]\n"));
        for (key, setting) in keys {
            text.push_str(&lines(setting, format!("{key}={}", default(setting))));
        }
        text.push('\n');
    }
    text
}

fn validate(config: &Config, format: Format) -> Result<Ended, Ended> {
    let mut errors = Errors::new();
    if format != Format::Env {
        let file = config.file.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
        for (section, key) in config.unknown_keys() {
            let message = if config.knows_section(&section) {
                format!("Found unknown key '{key}' in section '{section}' in '{file}.")
            } else {
                format!("Found unknown section '{section}' in '{file}.")
            };
            if !errors.iter().any(|error| error.message() == message) {
                errors.push(Error::new(message));
            }
        }
    }
    if format == Format::Env {
        let known = settings();
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("ANSIBLE_")
                && name != "ANSIBLE_CONFIG"
                && !name.starts_with("ANSIBLE_TEST_")
                && !known.iter().any(|setting| setting.environment.contains(&name.as_str()))
            {
                errors.push(Error::new(format!("Found unknown environment variable '{name}'.")));
            }
        }
    }
    for setting in settings().into_iter().filter(|setting| config.is_set(setting)) {
        errors.take(config.value(setting));
    }
    if errors.any() {
        return Err(Ended::Unusable(errors));
    }
    Ok(print("All configurations seem valid!\n"))
}
