//! Values of settings.

use configuration::{Config, Setting};
use diag::Error;
use value::{Map, Value};

use crate::arguments::{Arguments, flag, known, text_or};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

/// What to do about a setting that there is not.
#[derive(Clone, Copy)]
enum Missing {
    Fail,
    Skip,
}

/// The settings that the terms name; with `show_origin` each together with where it comes from.
pub(super) fn config(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome<Vec<Value>> {
    let missing = match text_or(arguments.take("on_missing"), "error")?.as_str() {
        "error" => Missing::Fail,
        "warn" | "skip" => Missing::Skip,
        other => {
            return Err(Stop::new(format!(
                "Config 'on_missing' for 'config' lookup plugin has an invalid value: Invalid value '{other}' for \
                 'on_missing'"
            )));
        }
    };
    let show_origin = flag(arguments.take("show_origin"), false)?;
    let kind = text_or(arguments.take("plugin_type"), "")?;
    let plugin = text_or(arguments.take("plugin_name"), "")?;
    if kind.is_empty() != plugin.is_empty() {
        return Err(Stop::new(
            "Both plugin_type and plugin_name are required, cannot use one without the other.",
        ));
    }
    let config = Config::load()?;
    let mut out = Vec::new();
    for term in &arguments.positional {
        known(term)?;
        let Some(name) = term.as_str() else {
            return Err(Stop::new(format!(
                "Invalid setting identifier, {} is not a string but {}.",
                term.repr(),
                term.type_name()
            )));
        };
        match (find(name, &kind, &plugin), missing) {
            (Some(setting), _) => {
                let value = value_of(&config, setting)?;
                out.push(if show_origin {
                    Value::list([value, Value::string(config.origin(setting))])
                } else {
                    value
                });
            }
            (None, Missing::Skip) => {}
            (None, Missing::Fail) => {
                return Err(Stop::new(format!("No config definition exists for '{name}'.")));
            }
        }
    }
    Ok(out)
}

/// The setting of a name: one of a plugin, or one of the program as a whole.
fn find(name: &str, kind: &str, plugin: &str) -> Option<&'static Setting> {
    let of_plugin = (!kind.is_empty()).then_some((kind, plugin));
    configuration::settings().into_iter().find(|setting| {
        setting.plugin == of_plugin
            && match of_plugin {
                None => setting.name == name,
                Some(_) => [setting.name, own_name(setting)].contains(&name),
            }
    })
}

/// The name that a plugin has for one of its settings: that of its key in the configuration.
fn own_name(setting: &Setting) -> &'static str {
    setting.ini.first().map_or(setting.name, |(_, key)| key)
}

fn value_of(config: &Config, setting: &Setting) -> Result<Value, Error> {
    let value = config.value(setting)?;
    Ok(match (&setting.kind, value) {
        (configuration::Kind::Mapping, Value::Null) => Value::from(Map::new()),
        (_, value) => value,
    })
}
