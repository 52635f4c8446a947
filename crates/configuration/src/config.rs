use std::path::{Path, PathBuf};

use configparser::ini::Ini;
use diag::{Error, Result};
use value::Value;

use crate::place::{Origin, anybody_may_write, expand_home};
use crate::{HOME, Kind, LOCAL_TEMP, Setting, settings};

/// Settings that nobody misses: of Python on either side, of Ansible's own processes and connections, of cows.
const NEEDLESS: [&str; 19] = [
    "ANSIBLE_COW_ACCEPTLIST",
    "ANSIBLE_COW_PATH",
    "ANSIBLE_COW_SELECTION",
    "ANSIBLE_NOCOWS",
    "ANSIBLE_PIPELINING",
    "DEFAULT_INTERNAL_POLL_INTERVAL",
    "DEFAULT_MODULE_COMPRESSION",
    "DEVEL_WARNING",
    "DISPLAY_TRACEBACK",
    "INTERPRETER_PYTHON",
    "INTERPRETER_PYTHON_FALLBACK",
    "PYTHON_MODULE_RLIMIT_NOFILE",
    "WORKER_SESSION_ISOLATION",
    "WORKER_SHUTDOWN_POLL_COUNT",
    "WORKER_SHUTDOWN_POLL_DELAY",
    "control_path",
    "control_path_dir",
    "pipelining",
    "ssh_transfer_method",
];

/// The configuration file and the environment; the environment wins.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The file that was read, if there was one.
    pub file: Option<PathBuf>,
    /// What was not read, and why.
    pub warnings: Vec<Error>,
    ini: Ini,
}

impl Config {
    /// The first configuration file of: the one that `ANSIBLE_CONFIG` names, `ansible.cfg` in the current directory
    /// (unless anybody may write there), `~/.ansible.cfg`, `/etc/ansible/ansible.cfg`.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn load() -> Result<Config> {
        let mut warnings = Vec::new();
        let named = std::env::var_os("ANSIBLE_CONFIG").map(|path| expand_home(Path::new(&path)));
        let named = named.map(|path| if path.is_dir() { path.join("ansible.cfg") } else { path });
        let mut here = Some(PathBuf::from("ansible.cfg")).filter(|path| path.is_file());
        if here.is_some() && anybody_may_write(Path::new(".")) {
            let folder = std::env::current_dir().unwrap_or_default();
            let warning = format!(
                "Ansible is being run in a world writable directory ({}), ignoring it as an ansible.cfg source.",
                folder.display()
            );
            warnings
                .push(Error::warning(warning).hint("name the file in ANSIBLE_CONFIG if it is to be read"));
            here = None;
        }
        let home = expand_home(Path::new("~/.ansible.cfg"));
        let candidates = [named, here, Some(home), Some(PathBuf::from("/etc/ansible/ansible.cfg"))];
        match candidates.into_iter().flatten().find(|path| path.is_file()) {
            Some(path) => Ok(Config { warnings, ..Config::read(&path)? }),
            None => Ok(Config { warnings, ..Config::default() }),
        }
    }

    /// A certain configuration file.
    ///
    /// # Errors
    /// It can't be read.
    pub fn read(path: &Path) -> Result<Config> {
        let failed = |error: &dyn std::fmt::Display| {
            Error::new(format!("can't read the configuration {}", path.display())).cause(error)
        };
        let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
        let mut ini = Ini::new();
        ini.set_comment_symbols(&['#', ';']);
        ini.set_inline_comment_symbols(Some(&[';']));
        ini.set_multiline(true);
        ini.read(text).map_err(|error| failed(&error))?;
        let file = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        Ok(Config { file: Some(file), warnings: Vec::new(), ini })
    }

    /// A setting as text, if somebody has set it.
    pub fn text(&self, setting: &Setting) -> Option<String> {
        self.found(setting).map(|(text, _)| text)
    }

    fn found(&self, setting: &Setting) -> Option<(String, Origin)> {
        let environment = setting
            .environment
            .iter()
            .find_map(|name| Some((std::env::var(name).ok()?, Origin::Environment(name))));
        environment.or_else(|| {
            let text = setting.ini.iter().find_map(|(section, key)| self.file_text(section, key))?;
            Some((text, Origin::File(self.file.clone()?)))
        })
    }

    /// What the file says under a key.
    pub(crate) fn file_text(&self, section: &str, key: &str) -> Option<String> {
        self.ini.get(section, key).map(|text| unquoted(&text).to_owned())
    }

    /// Where a setting comes from: `default`, the file, or `env: NAME`.
    pub fn origin(&self, setting: &Setting) -> String {
        self.found(setting).map_or(Origin::Default, |(_, origin)| origin).to_string()
    }

    /// The settings that somebody has set and that have no effect, each once, by the name under which it was set.
    pub fn without_effect(&self) -> Vec<String> {
        let all = settings();
        let followed = |variable: &str| {
            all.iter().any(|setting| setting.is_followed() && setting.environment.contains(&variable))
        };
        let mut told: Vec<String> = Vec::new();
        let is_missed = |setting: &&&Setting| !setting.is_followed() && !NEEDLESS.contains(&setting.name);
        for setting in all.iter().filter(is_missed) {
            let name = match self.found(setting) {
                Some((_, Origin::Environment(variable))) if !followed(variable) => variable.to_owned(),
                Some((_, Origin::File(_))) => {
                    setting.ini.first().map_or(setting.name, |(_, key)| key).to_owned()
                }
                _ => continue,
            };
            if !told.contains(&name) {
                told.push(name);
            }
        }
        told
    }

    /// Whether somebody has set it.
    pub fn is_set(&self, setting: &Setting) -> bool {
        self.found(setting).is_some()
    }

    /// A setting, or its default, as a value of its kind.
    ///
    /// # Errors
    /// It is of another kind.
    pub fn value(&self, setting: &Setting) -> Result<Value> {
        let text = match (self.text(setting), setting.default) {
            (Some(text), _) => text,
            (None, Some(default)) => self.with_home(default),
            (None, None) => return Ok(Value::Null),
        };
        let list = |separator: char| text.split(separator).map(str::trim).filter(|part| !part.is_empty());
        let path = |text: &str| Value::from(self.absolute(setting, text));
        Ok(match setting.kind {
            Kind::Text | Kind::Mapping => Value::from(text.as_str()),
            Kind::Boolean => self.flag_of(setting, &text)?.into(),
            Kind::Integer => {
                let number: Option<i64> = text.trim().parse().ok();
                number.ok_or_else(|| self.wrong(setting, &text, "a whole number"))?.into()
            }
            Kind::Float => {
                let number: Option<f64> = text.trim().parse().ok();
                number.ok_or_else(|| self.wrong(setting, &text, "a number"))?.into()
            }
            Kind::List => Value::list(list(',')),
            Kind::Path if text.is_empty() => Value::from(""),
            Kind::Path => path(&text),
            Kind::Paths => Value::list(list(':').map(path)),
            Kind::PathList => Value::list(list(',').map(path)),
        })
    }

    fn with_home(&self, default: &str) -> String {
        let home = || self.text(&HOME).unwrap_or_else(|| "~/.ansible".to_owned());
        if default.contains("{home}") { default.replace("{home}", &home()) } else { default.to_owned() }
    }

    fn absolute(&self, setting: &Setting, text: &str) -> String {
        let path = self.path(setting, text);
        std::path::absolute(&path).unwrap_or(path).to_string_lossy().into_owned()
    }

    /// A setting that is yes or no.
    ///
    /// # Errors
    /// It is something else.
    pub fn flag(&self, setting: &Setting) -> Result<Option<bool>> {
        let Some(text) = self.text(setting).filter(|text| !text.trim().is_empty()) else { return Ok(None) };
        self.flag_of(setting, &text).map(Some)
    }

    fn flag_of(&self, setting: &Setting, text: &str) -> Result<bool> {
        match text.trim().to_ascii_lowercase().as_str() {
            "yes" | "on" | "true" | "1" | "y" | "t" => Ok(true),
            "" | "no" | "off" | "false" | "0" | "n" | "f" => Ok(false),
            _ => Err(self.wrong(setting, text, "yes or no")),
        }
    }

    /// A setting that is a number.
    ///
    /// # Errors
    /// It is something else.
    pub fn number<T: std::str::FromStr>(&self, setting: &Setting) -> Result<Option<T>> {
        let Some(text) = self.text(setting).filter(|text| !text.trim().is_empty()) else { return Ok(None) };
        text.trim().parse().map(Some).map_err(|_| self.wrong(setting, &text, "a number"))
    }

    /// A setting that is a list with `,` between its items.
    pub fn list(&self, setting: &Setting) -> Option<Vec<String>> {
        let text = self.text(setting)?;
        Some(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
    }

    /// A setting that is a list of paths with `:` between them; those of the file count from its folder.
    pub fn paths(&self, setting: &Setting) -> Vec<PathBuf> {
        let text = self.text(setting).unwrap_or_default();
        text.split(':').filter(|path| !path.is_empty()).map(|path| self.path(setting, path)).collect()
    }

    /// The folders of a setting, or those of its default.
    pub fn search_path(&self, setting: &Setting) -> Vec<PathBuf> {
        match self.paths(setting) {
            paths if !paths.is_empty() => paths,
            _ => {
                let default = self.with_home(setting.default.unwrap_or_default());
                default
                    .split(':')
                    .filter(|path| !path.is_empty())
                    .map(|path| expand_home(Path::new(path)))
                    .collect()
            }
        }
    }

    /// A path of a setting: `~` is the home, and relative ones count from the file that has the setting.
    pub fn path(&self, setting: &Setting, text: &str) -> PathBuf {
        let path = expand_home(Path::new(text.trim()));
        match self.found(setting) {
            Some((_, Origin::File(file))) => file.parent().map_or(path.clone(), |folder| folder.join(&path)),
            _ => path,
        }
    }

    /// The folder for files that live no longer than the program.
    pub fn local_temporary_folder(&self) -> PathBuf {
        match self.text(&LOCAL_TEMP).filter(|folder| !folder.is_empty()) {
            Some(folder) => self.path(&LOCAL_TEMP, &folder),
            None => expand_home(Path::new(&self.with_home("{home}/tmp"))),
        }
    }

    /// The sections and keys of the file that no setting has.
    pub fn unknown_keys(&self) -> Vec<(String, String)> {
        let known = settings();
        let servers = self.galaxy_servers();
        let is_known = |section: &str, key: &str| {
            known
                .iter()
                .flat_map(|setting| setting.ini)
                .any(|(a, b)| *a == section && b.eq_ignore_ascii_case(key))
                || servers.iter().any(|server| {
                    section.strip_prefix("galaxy_server.") == Some(&server.name)
                        && server.options.iter().any(|option| option.name == key)
                })
        };
        let mut unknown = Vec::new();
        for (section, keys) in self.ini.get_map_ref() {
            for key in keys.keys().filter(|key| !is_known(section, key)) {
                unknown.push((section.clone(), key.clone()));
            }
        }
        unknown.sort();
        unknown
    }

    /// Whether a setting has that section of the file.
    pub fn knows_section(&self, section: &str) -> bool {
        settings().iter().flat_map(|setting| setting.ini).any(|(known, _)| *known == section)
    }

    fn wrong(&self, setting: &Setting, text: &str, wanted: &str) -> Error {
        let (section, key) = setting.ini.first().copied().unwrap_or_default();
        let origin = self.origin(setting);
        let error = Error::new(format!(
            "Config '{}' from '{origin}' has an invalid value: Invalid value provided for '{}': '{text}'",
            setting.name,
            setting.kind.name()
        ));
        let error = error.hint(format!("it must be {wanted}"));
        match self.found(setting) {
            Some((_, Origin::File(_))) => error.hint(format!("it is '{key}' in the section [{section}]")),
            _ => error,
        }
    }
}

/// What stands in quotes, or the text itself.
fn unquoted(text: &str) -> &str {
    ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(text)
}
