use diag::{Error, Result, did_you_mean};
use value::Value;
use yaml::Node;

/// Where a keyword may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A play.
    Play,
    /// An entry of `roles:` or of a role's `dependencies:`; every other key there is a parameter of the role.
    RoleEntry,
    /// A block.
    Block,
    /// A task.
    Task,
    /// A handler.
    Handler,
    /// `include_tasks` and `include_role`, whose other keywords go through `apply`.
    Include,
    /// `import_playbook`.
    ImportPlaybook,
    /// The `apply` of an include.
    Apply,
}

impl Place {
    /// What playbooks and scripts that read messages know it as.
    fn class(self) -> &'static str {
        match self {
            Place::Play => "Play",
            Place::RoleEntry => "RoleInclude",
            Place::Block | Place::Apply => "Block",
            Place::Task => "Task",
            Place::Handler => "Handler",
            Place::Include => "TaskInclude",
            Place::ImportPlaybook => "PlaybookInclude",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Place::Play => "a play",
            Place::RoleEntry => "a role entry",
            Place::Block => "a block",
            Place::Task => "a task",
            Place::Handler => "a handler",
            Place::Include => "an include",
            Place::ImportPlaybook => "import_playbook",
            Place::Apply => "apply",
        }
    }
}

/// What may be written under a keyword. Whatever may be rendered late may be a template as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A truth value.
    Bool,
    /// A whole number.
    Integer,
    /// A number, or a percentage.
    Percentage,
    /// One scalar.
    Scalar,
    /// A name that is never a template.
    Name,
    /// A scalar or a list of scalars.
    Scalars,
    /// A mapping or a list of mappings.
    Mappings,
    /// A mapping.
    Mapping,
    /// A list.
    List,
    /// Anything, checked where it is read.
    Any,
}

/// A keyword of the language.
#[derive(Clone, Copy, Debug)]
pub struct Keyword {
    /// Its name.
    pub name: &'static str,
    /// Where it may be written.
    pub places: &'static [Place],
    pub(crate) kind: Kind,
}

const fn keyword(name: &'static str, places: &'static [Place], kind: Kind) -> Keyword {
    Keyword { name, places, kind }
}

use Place::{Apply, Block, Handler, ImportPlaybook, Include, Play, RoleEntry, Task};

const EVERYWHERE: &[Place] = &[Play, RoleEntry, Block, Task, Handler, Include, ImportPlaybook, Apply];
const BASE: &[Place] = &[Play, RoleEntry, Block, Task, Handler, ImportPlaybook, Apply];
const TAGGED: &[Place] = &[Play, RoleEntry, Block, Task, Handler, Include, ImportPlaybook, Apply];
const CONDITIONAL: &[Place] = &[RoleEntry, Block, Task, Handler, Include, ImportPlaybook, Apply];
const DELEGATED: &[Place] = &[RoleEntry, Block, Task, Handler, Apply];
const NOTIFYING: &[Place] = &[Block, Task, Handler, Apply];
const TASKS: &[Place] = &[Task, Handler];
const ACTIONS: &[Place] = &[Task, Handler, Include];

/// Every keyword of the language, `with_NAME` and module names not counted.
pub const KEYWORDS: &[Keyword] = &[
    keyword("name", EVERYWHERE, Kind::Scalar),
    keyword("vars", EVERYWHERE, Kind::Mapping),
    keyword("when", CONDITIONAL, Kind::Scalars),
    keyword("tags", TAGGED, Kind::Scalars),
    keyword("collections", &[Play, RoleEntry, Block, Task, Handler, Include, Apply], Kind::Scalars),
    keyword("notify", NOTIFYING, Kind::Scalars),
    keyword("delegate_to", DELEGATED, Kind::Scalar),
    keyword("delegate_facts", DELEGATED, Kind::Bool),
    keyword("environment", BASE, Kind::Any),
    keyword("module_defaults", BASE, Kind::Mappings),
    keyword("connection", BASE, Kind::Scalar),
    keyword("port", BASE, Kind::Integer),
    keyword("remote_user", BASE, Kind::Scalar),
    keyword("become", BASE, Kind::Bool),
    keyword("become_method", BASE, Kind::Scalar),
    keyword("become_user", BASE, Kind::Scalar),
    keyword("become_flags", BASE, Kind::Scalar),
    keyword("become_exe", BASE, Kind::Scalar),
    keyword("no_log", EVERYWHERE, Kind::Bool),
    keyword("run_once", EVERYWHERE, Kind::Bool),
    keyword("ignore_errors", EVERYWHERE, Kind::Scalar),
    keyword("ignore_unreachable", BASE, Kind::Bool),
    keyword("check_mode", BASE, Kind::Scalar),
    keyword("diff", BASE, Kind::Scalar),
    keyword("any_errors_fatal", BASE, Kind::Bool),
    keyword("throttle", BASE, Kind::Integer),
    keyword("timeout", EVERYWHERE, Kind::Integer),
    keyword("debugger", EVERYWHERE, Kind::Scalar),
    // Plays.
    keyword("hosts", &[Play], Kind::Scalars),
    keyword("user", &[Play], Kind::Scalar),
    keyword("vars_files", &[Play], Kind::Any),
    keyword("vars_prompt", &[Play], Kind::Any),
    keyword("validate_argspec", &[Play], Kind::Scalar),
    keyword("gather_facts", &[Play], Kind::Bool),
    keyword("gather_subset", &[Play], Kind::Scalars),
    keyword("gather_timeout", &[Play], Kind::Integer),
    keyword("fact_path", &[Play], Kind::Scalar),
    keyword("serial", &[Play], Kind::Scalars),
    keyword("strategy", &[Play], Kind::Scalar),
    keyword("order", &[Play], Kind::Scalar),
    keyword("force_handlers", &[Play], Kind::Bool),
    keyword("max_fail_percentage", &[Play], Kind::Percentage),
    keyword("roles", &[Play], Kind::List),
    keyword("pre_tasks", &[Play], Kind::List),
    keyword("tasks", &[Play], Kind::List),
    keyword("post_tasks", &[Play], Kind::List),
    keyword("handlers", &[Play], Kind::List),
    // Role entries.
    keyword("role", &[RoleEntry], Kind::Scalar),
    // Blocks.
    keyword("block", &[Block], Kind::List),
    keyword("rescue", &[Block], Kind::List),
    keyword("always", &[Block], Kind::List),
    // Tasks.
    keyword("action", ACTIONS, Kind::Any),
    keyword("local_action", TASKS, Kind::Any),
    keyword("args", ACTIONS, Kind::Any),
    keyword("loop", ACTIONS, Kind::Any),
    keyword("loop_control", ACTIONS, Kind::Mapping),
    keyword("register", ACTIONS, Kind::Name),
    keyword("until", TASKS, Kind::Scalars),
    keyword("retries", TASKS, Kind::Scalar),
    keyword("delay", TASKS, Kind::Scalar),
    keyword("changed_when", TASKS, Kind::Scalars),
    keyword("failed_when", TASKS, Kind::Scalars),
    keyword("async", TASKS, Kind::Scalar),
    keyword("poll", TASKS, Kind::Scalar),
    keyword("listen", &[Handler], Kind::Scalars),
];

/// What used to be keywords, and what took their place.
const REMOVED: &[(&str, &str)] = &[
    ("sudo", "become"),
    ("sudo_user", "become_user"),
    ("su", "become"),
    ("su_user", "become_user"),
    ("accelerate", "connection"),
    ("always_run", "check_mode"),
    ("first_available_file", "with_first_found"),
    ("include", "include_tasks or import_tasks"),
    ("static", "import_tasks"),
];

impl Keyword {
    /// The keyword of that name.
    pub fn named(name: &str) -> Option<&'static Keyword> {
        KEYWORDS.iter().find(|keyword| keyword.name == name)
    }

    /// The keyword of that name if it may be written at `place`.
    ///
    /// # Errors
    /// It is unknown or does not belong there.
    pub(crate) fn at(name: &Node, place: Place) -> Result<&'static Keyword> {
        let Some(text) = name.as_str() else {
            return Err(name.wrong_type(&format!("a keyword of {}", place.words()), "a string"));
        };
        let Some(keyword) = Keyword::named(text) else { return Err(unknown(text, place).at(&name.span)) };
        if !keyword.places.contains(&place) {
            let elsewhere: Vec<&str> = keyword.places.iter().map(|place| place.words()).collect();
            return Err(Error::new(not_valid(text, place)).at(&name.span).hint(if place == Place::Include {
                format!("write it under 'apply', so that the included tasks get it: 'apply: {{{text}: ...}}'")
            } else {
                format!("it belongs to {}", elsewhere.join(", "))
            }));
        }
        Ok(keyword)
    }

    /// Whether what is written under it names a variable, or is a mapping whose keys do.
    fn check_names(&self, node: &Node) -> Result<()> {
        let check = |node: &Node| {
            if node.as_str().is_some_and(is_identifier) {
                return Ok(());
            }
            let value = node.to_value();
            let kind = if value.as_str().is_some() {
                String::new()
            } else {
                format!(" of type '{}'", value.type_name())
            };
            Err(Error::new(format!("Invalid variable name '{value}'{kind}."))
                .at(&node.span)
                .hint("a name starts with a letter or '_' and goes on with letters, digits and '_'")
                .within(format!("Invalid '{}' specified", self.name), Some(&node.span)))
        };
        match node.entries() {
            Some(entries) => entries.iter().try_for_each(|entry| check(&entry.key)),
            None => check(node),
        }
    }

    /// Whether what is written under it can be right, as far as can be said before it is rendered.
    pub(crate) fn check(&self, node: &Node) -> Result<()> {
        let template = node.as_scalar().and_then(Value::as_text).is_some_and(|text| text.is_template());
        let wanted = match self.kind {
            Kind::Name => return self.check_names(node),
            Kind::Any => return Ok(()),
            _ if node.is_null() => return Ok(()),
            Kind::List if node.items().is_some() => return Ok(()),
            Kind::Mapping if node.entries().is_some() => return Ok(()),
            Kind::Mappings if node.entries().is_some() || template => return Ok(()),
            Kind::Mappings if node.items().is_some() => return Ok(()),
            Kind::Scalars
                if node.items().is_some_and(|items| items.iter().all(|it| it.as_scalar().is_some())) =>
            {
                return Ok(());
            }
            Kind::Scalar | Kind::Scalars if node.as_scalar().is_some() => return Ok(()),
            Kind::Bool if template || node.as_scalar().is_some_and(is_truth_value) => return Ok(()),
            Kind::Integer if template || node.as_scalar().is_some_and(is_integer) => return Ok(()),
            Kind::Percentage if template || node.as_scalar().is_some_and(is_percentage) => return Ok(()),
            Kind::List => return Err(self.not_a_list(node)),
            Kind::Mapping => "a mapping",
            Kind::Mappings => "a mapping",
            Kind::Scalars => "a scalar or a list of scalars",
            Kind::Scalar => "a scalar",
            Kind::Bool => "true or false",
            Kind::Integer => "a whole number",
            Kind::Percentage => "a number or a percentage",
        };
        let error = match node.as_str() {
            Some(text) => Error::new(format!("'{}' must be {wanted}, not '{text}'", self.name))
                .at(&node.span)
                .advice(format!("write {wanted}, or a template that gives it")),
            None => node.wrong_type(&format!("'{}'", self.name), wanted),
        };
        Err(error)
    }

    /// What is no list where one must be. Scripts look for what is said of a play's lists.
    fn not_a_list(&self, node: &Node) -> Error {
        let written = node.as_scalar().map_or_else(|| node.description().to_owned(), Value::repr);
        let message = match self.name {
            "pre_tasks" | "tasks" | "post_tasks" | "handlers" => format!(
                "A malformed block was encountered while loading {}: {written} should be a list or None",
                self.name
            ),
            "roles" => {
                format!("A malformed role declaration was encountered: {written} should be a list")
            }
            name => return node.wrong_type(&format!("'{name}'"), "a list"),
        };
        Error::new(message).at(&node.span).advice("start each item with '- ', a dash and a blank")
    }
}

/// A phrase that scripts look for in what a run says.
fn not_valid(name: &str, place: Place) -> String {
    format!("'{name}' is not a valid attribute for a {}", place.class())
}

/// The error about a keyword that does not exist.
pub(crate) fn unknown(name: &str, place: Place) -> Error {
    let error = Error::new(not_valid(name, place));
    if let Some((_, instead)) = REMOVED.iter().find(|(removed, _)| *removed == name) {
        return error.hint(format!("it is long gone; use {instead}"));
    }
    let known = KEYWORDS.iter().filter(|keyword| keyword.places.contains(&place)).map(|keyword| keyword.name);
    error.hint_some(did_you_mean(name, known))
}

/// What has a meaning of its own in every expression.
const RESERVED: [&str; 13] =
    ["True", "False", "None", "true", "false", "none", "and", "or", "not", "in", "is", "if", "else"];

/// Whether a variable may have this name.
pub fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|next| next.is_ascii_alphanumeric() || next == '_')
        && !RESERVED.contains(&name)
}

fn is_truth_value(value: &Value) -> bool {
    match value {
        Value::Bool(_) | Value::Int(0 | 1) => true,
        Value::Float(number) => *number == 0.0 || *number == 1.0,
        Value::Vaulted(_) => true,
        Value::String(text) => {
            let word = text.trim().to_ascii_lowercase();
            ["yes", "no", "on", "off", "true", "false", "1", "0", "y", "n", "t", "f", "1.0", "0.0"]
                .contains(&word.as_str())
        }
        _ => false,
    }
}

fn is_integer(value: &Value) -> bool {
    match value {
        Value::Int(_) | Value::BigInt(_) | Value::Vaulted(_) => true,
        Value::Float(number) => number.fract() == 0.0,
        Value::String(text) => text.trim().parse::<i64>().is_ok(),
        _ => false,
    }
}

fn is_number(value: &Value) -> bool {
    is_integer(value)
        || matches!(value, Value::Float(_))
        || value.as_str().is_some_and(|text| text.trim().parse::<f64>().is_ok())
}

fn is_percentage(value: &Value) -> bool {
    is_number(value)
        || value.as_str().is_some_and(|text| text.trim().trim_end_matches('%').parse::<f64>().is_ok())
}
