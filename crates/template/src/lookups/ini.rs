//! Values from files of settings, which are read as Python's configparser reads them.

use value::Value;

use super::inline::{Term, content};
use crate::arguments::{Arguments, text_or};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};
use crate::pattern::Pattern;
use crate::settings_file::{Reading, SettingsFile};

const OPTIONS: &[&str] = &[
    "file",
    "type",
    "section",
    "re",
    "default",
    "encoding",
    "case_sensitive",
    "allow_no_value",
    "allow_none",
    "interpolation",
];

/// The section that a file of properties, which has none, is read as.
const PROPERTIES: &str = "java_properties";

pub(super) fn ini(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    let mut out = Vec::new();
    for term in &arguments.positional {
        let written = crate::arguments::text(term)?;
        let term = Term::read(term, &arguments, OPTIONS)?;
        if term.key.is_empty() {
            return Err(Stop::new(format!(
                "No key to look up was provided as first term within string inline options: {written}"
            )));
        }
        let name = text_or(term.option("file"), "ansible.ini")?;
        let mut text = content(evaluator, &name, &text_or(term.option("encoding"), "utf-8")?)?;
        let section = match text_or(term.option("type"), "ini")?.as_str() {
            "ini" => text_or(term.option("section"), "global")?,
            "properties" => {
                text.insert_str(0, &format!("[{PROPERTIES}]\n"));
                PROPERTIES.to_owned()
            }
            other => return Err(Stop::new(format!("invalid value '{other}' for the option 'type'"))),
        };
        let reading = Reading {
            case_sensitive: term.flag("case_sensitive"),
            allow_no_value: term.flag("allow_no_value") || term.flag("allow_none"),
            interpolation: term.option("interpolation").is_none() || term.flag("interpolation"),
        };
        let file = SettingsFile::read(&text, &name, reading)?;
        if !file.has_section(&section) {
            return Err(Stop::new(format!("No section '{section}' in '{name}'.")));
        }
        if term.flag("re") {
            let pattern = Pattern::new(&term.key, false, false)?;
            for key in file.keys(&section) {
                if pattern.matches_start(key)? {
                    out.extend(file.get(&section, key)?.flatten().map(Value::string));
                }
            }
            continue;
        }
        match file.get(&section, &term.key)? {
            Some(Some(value)) => out.push(Value::string(value)),
            // A key that stands there without a value has none to give.
            Some(None) => {}
            None => out.push(term.option("default").unwrap_or_else(|| Value::from(""))),
        }
    }
    Ok(out)
}
