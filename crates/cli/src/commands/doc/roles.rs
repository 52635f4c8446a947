//! What roles say of their entry points and the arguments that these take.

use std::path::Path;

use diag::{Error, Result, Source};
use value::{Map, Value};

use super::library::collection_of;
use super::markup::plain;
use super::text::{Field, fields, notes, sorted, texts, wrapped};

/// A role's description of itself.
pub(crate) struct RoleManual {
    name: String,
    path: String,
    /// What its author says of it as a whole.
    description: Value,
    /// By the name of the entry point.
    entry_points: Value,
}

/// Reads what a role says of itself; only of one entry point if it is named.
///
/// # Errors
/// It can't be read, or has an option without a description.
pub(crate) fn read(name: &str, folder: &Path, entry_point: Option<&str>) -> Result<RoleManual> {
    let main = read_any(folder, "main")?;
    let specifications = match read_any(folder, "argument_specs")?.get("argument_specs") {
        Some(specifications) => specifications.clone(),
        None => main.get("argument_specs").cloned().unwrap_or_default(),
    };
    let wanted: Map = specifications
        .as_map()
        .into_iter()
        .flatten()
        .filter(|(key, _)| entry_point.is_none() || key.as_str() == entry_point)
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let description = main.get("galaxy_info").and_then(|info| info.get("description")).cloned();
    Ok(RoleManual {
        name: name.to_owned(),
        path: folder.display().to_string(),
        description: description.unwrap_or_default(),
        entry_points: wanted.into(),
    })
}

fn read_any(folder: &Path, name: &str) -> Result<Value> {
    let mut files = ["yml", "yaml"].iter().map(|ending| folder.join(format!("meta/{name}.{ending}")));
    let Some(file) = files.find(|file| file.is_file()) else { return Ok(Value::Null) };
    let text = std::fs::read_to_string(&file)
        .map_err(|error| Error::new(format!("can't read {}", file.display())).cause(error))?;
    let root = yaml::parse(&Source::new(&file, text))?.root;
    Ok(root.map(|root| root.to_value()).unwrap_or_default())
}

/// Refuses options that nobody has described.
fn check(options: &Value) -> Result<()> {
    for (_, option) in sorted(options) {
        if option.get("description").is_none_or(Value::is_null) {
            return Err(Error::new("All (sub-)options and return values must have a 'description' field"));
        }
        if let Some(options) = option.get("options") {
            check(options)?;
        }
    }
    Ok(())
}

impl RoleManual {
    /// Whether it says anything.
    pub(crate) fn is_empty(&self) -> bool {
        sorted(&self.entry_points).is_empty()
    }

    /// Refuses options without a description.
    ///
    /// # Errors
    /// There is one.
    pub(crate) fn check(&self) -> Result<()> {
        for (_, entry_point) in sorted(&self.entry_points) {
            if let Some(options) = entry_point.get("options") {
                check(options)?;
            }
        }
        Ok(())
    }

    /// The entry points with a line on each.
    pub(crate) fn summaries(&self) -> Value {
        Value::map(sorted(&self.entry_points).into_iter().map(|(name, entry_point)| {
            let short = entry_point.get("short_description").map(texts).unwrap_or_default().join(" ");
            (name, Value::from(if short.is_empty() { "UNDOCUMENTED" } else { &short }))
        }))
    }

    /// What a list tells programs of it.
    pub(crate) fn listed(&self) -> Value {
        let description = match &self.description {
            Value::Null => Value::from("UNDOCUMENTED"),
            description => description.clone(),
        };
        Value::map([("description", description), ("entry_points", self.summaries())])
    }

    /// All of it, for programs.
    pub(crate) fn to_value(&self) -> Value {
        let entry_points = sorted(&self.entry_points).into_iter().map(|(name, entry_point)| {
            let mut whole = entry_point.as_map().cloned().unwrap_or_default();
            for key in ["description", "author"] {
                if let Some(text) = whole.get(key).map(texts) {
                    whole.insert(key.into(), Value::list(text));
                }
            }
            (name, Value::from(whole))
        });
        let collection = collection_of(&self.name).map(Value::from).unwrap_or_default();
        Value::map([
            ("collection", collection),
            ("entry_points", Value::map(entry_points)),
            ("path", Value::from(self.path.as_str())),
        ])
    }

    /// All of it, for people.
    pub(crate) fn text(&self) -> String {
        let mut out = format!("> ROLE: *{}* ({})\n", self.name, self.path);
        for (name, entry_point) in sorted(&self.entry_points) {
            let text = |key: &str| entry_point.get(key).map(texts).unwrap_or_default();
            out.push_str(&match text("short_description").first() {
                Some(short) => format!("\nENTRY POINT: *{name}* - {}\n\n", plain(short)),
                None => format!("\nENTRY POINT: *{name}*\n\n"),
            });
            if let Some(version) = text("version_added").first() {
                out.push_str(&format!("ADDED IN: version {version}\n\n"));
            }
            let indent = " ".repeat(10);
            for paragraph in text("description") {
                out.push_str(&wrapped(&plain(&paragraph), 70, &indent, &indent));
            }
            out.push('\n');
            if let Some(options) = entry_point.get("options") {
                out.push_str("Options (= indicates it is required):\n\n");
                fields(&mut out, options, Field { base: 0, indent: 10, is_result: false });
            }
            notes(&mut out, entry_point, &indent);
            let authors = text("author");
            if !authors.is_empty() {
                out.push_str(&format!("AUTHOR: {}\n", authors.join(", ")));
            }
            if let Some(examples) = text("examples").first() {
                out.push_str(&format!("\nEXAMPLES:\n{}\n", examples.trim_end()));
            }
        }
        out
    }
}
