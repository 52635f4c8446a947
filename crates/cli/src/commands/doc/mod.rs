//! `capstan doc`: manuals of what is built in, of collections and of files of the user's own.

mod built_in;
mod kind;
mod library;
mod listing;
mod markup;
mod page;
mod roles;
mod snippet;
mod source_file;
mod text;

use std::path::PathBuf;

use clap::Parser;
use diag::{Error, Result};
use value::{JsonStyle, Map, Value};
use yaml::EmitStyle;

use self::kind::Kind;
use self::library::{Library, collection_of};
use self::page::Page;
use crate::commands::Command;
use crate::config::Config;
use crate::exit::{self, Ended};
use crate::output;
use crate::pager;

/// Show the manuals of modules, filters, roles and everything else.
#[derive(Debug, Parser)]
pub(crate) struct Documentation {
    /// What to show; with --list the collections to show.
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// What kind of thing it is.
    #[arg(short = 't', long = "type", value_enum, value_name = "TYPE", default_value = "module")]
    kind: Kind,
    /// List all there are, with a line on each.
    #[arg(short, long, group = "what")]
    list: bool,
    /// List all there are, with the files that they stand in.
    #[arg(short = 'F', long = "list_files", visible_alias = "list-files", group = "what")]
    list_files: bool,
    /// Show a piece of a playbook to be filled in.
    #[arg(short, long, group = "what")]
    snippet: bool,
    /// Of roles: show only this entry point.
    #[arg(short, long, group = "what", value_name = "NAME")]
    entry_point: Option<String>,
    /// Show everything about everything, as JSON.
    #[arg(long, group = "what")]
    metadata_dump: bool,
    /// With --metadata-dump: write what is wrong into the JSON.
    #[arg(long)]
    no_fail_on_errors: bool,
    /// Write JSON.
    #[arg(short, long)]
    json: bool,
    /// Folders of roles, with `:` between them.
    #[arg(short, long, value_name = "FOLDERS")]
    roles_path: Vec<String>,
    /// Folders with modules of your own, with `:` between them.
    #[arg(short = 'M', long, value_name = "FOLDERS")]
    module_path: Vec<String>,
    /// The folder that stands for the playbook's.
    #[arg(long, value_name = "FOLDER")]
    playbook_dir: Option<PathBuf>,
    /// Show more.
    #[arg(short = 'v', long = "verbose", action = clap::ArgAction::Count)]
    verbose: u8,
}

impl Command for Documentation {
    const NAME: &'static str = "doc";
    const ANSIBLE_NAME: Option<&'static str> = Some("ansible-doc");

    fn run(self) -> Ended {
        self.try_run().unwrap_or_else(|ended| ended)
    }
}

impl Documentation {
    fn try_run(&self) -> Result<Ended, Ended> {
        let config = Config::load()?;
        exit::tell_all(&config.warnings);
        let folders = |given: &[String]| -> Vec<PathBuf> {
            let folders = given.iter().flat_map(|folders| folders.split(':'));
            folders.filter(|folder| !folder.is_empty()).map(PathBuf::from).collect()
        };
        let folder = output::playbook_folder(&config, self.playbook_dir.as_deref());
        let library = Library {
            playbook_dir: Some(folder).filter(|folder| folder.is_dir()),
            module_path: folders(&self.module_path),
            roles_path: folders(&self.roles_path),
            config,
        };
        let text = if self.metadata_dump {
            listing::everything(&library, &self.names, self.no_fail_on_errors)?
        } else if self.list || self.list_files {
            self.names.iter().try_for_each(|name| library.check_collection(name))?;
            match self.kind {
                Kind::Keyword => listing::keywords(self.json)?,
                Kind::Role => listing::roles(&library, &self.names, self.json)?,
                kind => listing::pages(&library, kind, &self.names, self.list_files, self.json),
            }
        } else if self.names.is_empty() {
            let text = "Missing name(s), incorrect options passed for detailed documentation.";
            return Err(Ended::Misused(Error::new(text).hint("--list shows what there is").into()));
        } else {
            match self.kind {
                Kind::Keyword => self.keywords()?,
                Kind::Role => self.roles(&library)?,
                _ => self.pages(&library)?,
            }
        };
        pager::show(&library.config, &text);
        Ok(Ended::Good)
    }

    fn keywords(&self) -> Result<String> {
        let mut found = Map::new();
        for name in &self.names {
            match built_in::keyword(name) {
                Some(keyword) => {
                    found.insert(name.as_str().into(), keyword);
                }
                None => warn(format!("Skipping invalid keyword '{name}'")),
            }
        }
        if self.json { Ok(json(found)) } else { as_yaml(&found.into()) }
    }

    fn roles(&self, library: &Library) -> Result<String> {
        let collections: Vec<String> =
            self.names.iter().filter_map(|name| collection_of(name)).map(str::to_owned).collect();
        let mut known = library.roles(&[]);
        known.extend(library.roles(&collections));
        let mut found = Map::new();
        let mut text = Vec::new();
        for name in &self.names {
            let Some(folder) = known.get(name) else {
                warn(format!("{name} was not found"));
                continue;
            };
            let failed = |error: Error| error.context(format!("Error extracting role docs from '{name}'"));
            let role = roles::read(name, folder, self.entry_point.as_deref()).map_err(failed)?;
            if let Err(error) = role.check() {
                let error = failed(error);
                warn(error.summary());
                continue;
            }
            if !role.is_empty() {
                text.push(role.text());
                found.insert(name.as_str().into(), role.to_value());
            }
        }
        Ok(if self.json { json(found) } else { text.join("\n") })
    }

    fn pages(&self, library: &Library) -> Result<String> {
        let mut found = Map::new();
        let mut text = String::new();
        for name in &self.names {
            let Some(page) = page(library, self.kind, name)? else {
                warn(format!("{name} was not found"));
                continue;
            };
            let kind = self.kind.name();
            if page.body.as_map().is_none_or(Map::is_empty) {
                let text = format!("{kind} {name} Missing documentation (or could not parse documentation)");
                return Err(Error::new(text).hint(format!("it stands in {}", page.place())));
            }
            if let Some(description) = listing::undescribed(&page) {
                return Err(Error::new(format!(
                    "Unable to retrieve documentation from '{name}': All (sub-)options and return values must have \
                     a 'description' field"
                ))
                .hint(format!("'{description}' has none")));
            }
            text.push_str(&if self.snippet { snippet::of(&page)? } else { text::of(&page) });
            found.insert(name.as_str().into(), page.to_value());
        }
        Ok(if self.json { json(found) } else { text })
    }
}

/// The manual of a name: of a file of the user's own, of a collection, or of what is built in.
fn page(library: &Library, kind: Kind, name: &str) -> Result<Option<Page>> {
    let built_in = || built_in::page(kind, name);
    if name.starts_with("ansible.builtin.") {
        return Ok(built_in());
    }
    let short = name.strip_prefix("ansible.legacy.").unwrap_or(name);
    if !short.contains('.') {
        let files = library.own_files(kind);
        return match files.get(short) {
            Some(file) => library.page(file, short, kind).map(Some),
            None => Ok(built_in()),
        };
    }
    let files = collection_of(name).map(|collection| library.in_collection(collection, kind));
    match files.and_then(|files| files.get(name).cloned()) {
        Some(file) => library.page(&file, name, kind).map(Some),
        None => Ok(built_in()),
    }
}

fn warn(text: String) {
    exit::tell(&Error::warning(text).into());
}

fn json(map: Map) -> String {
    Value::from(map).to_json(JsonStyle::PRETTY) + "\n"
}

fn as_yaml(value: &Value) -> Result<String> {
    yaml::emit(value, &EmitStyle { flow: Some(false), ..EmitStyle::default() })
}
