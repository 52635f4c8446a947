/// A setting: its names, its kind and its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Ansible's name of it.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Variables of the environment that set it, the first one that is set counts.
    pub environment: &'static [&'static str],
    /// Sections and keys of `ansible.cfg` that set it.
    pub ini: &'static [(&'static str, &'static str)],
    /// What it is if nobody sets it; `{home}` stands for the setting `ANSIBLE_HOME`.
    pub default: Option<&'static str>,
    /// What it may be, if not everything of its kind.
    pub choices: &'static [&'static str],
    /// The kind and name of the plugin that it belongs to, if it is not one of the program as a whole.
    pub plugin: Option<(&'static str, &'static str)>,
    /// What it does; empty if Capstan does not follow it.
    pub description: &'static str,
}

/// What a setting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// Yes or no.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Float,
    /// Texts with commas between them.
    List,
    /// A path.
    Path,
    /// Paths with colons between them.
    Paths,
    /// Paths with commas between them.
    PathList,
    /// A mapping.
    Mapping,
}

impl Kind {
    /// Ansible's name of the kind.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Text => "string",
            Kind::Boolean => "boolean",
            Kind::Integer => "integer",
            Kind::Float => "float",
            Kind::List => "list",
            Kind::Path => "path",
            Kind::Paths => "pathspec",
            Kind::PathList => "pathlist",
            Kind::Mapping => "dict",
        }
    }
}

impl Setting {
    pub(crate) const fn new(
        name: &'static str,
        kind: Kind,
        environment: &'static [&'static str],
        ini: &'static [(&'static str, &'static str)],
        default: Option<&'static str>,
    ) -> Setting {
        Setting { name, kind, environment, ini, default, choices: &[], plugin: None, description: "" }
    }

    pub(crate) const fn choices(self, choices: &'static [&'static str]) -> Setting {
        Setting { choices, ..self }
    }

    pub(crate) const fn of(self, kind: &'static str, plugin: &'static str) -> Setting {
        Setting { plugin: Some((kind, plugin)), ..self }
    }

    pub(crate) const fn describe(self, description: &'static str) -> Setting {
        Setting { description, ..self }
    }

    /// Whether Capstan does what it says.
    pub fn is_followed(&self) -> bool {
        !self.description.is_empty()
    }
}
