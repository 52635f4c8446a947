use std::path::Path;

use module::{Arguments, Module, Outcome, required_since};
use protocol::Change;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Backend, Command, Error, Result, State, System};
use value::{Map, Value};

/// Answers the questions that Debian packages ask when they are set up, or tells the answers.
///
/// It only notes the answers in debconf's database; a package that is installed already has to be configured again to
/// take them over. Without `question` nothing is changed and the result's `current` has all answers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Debconf {
    /// Name of the package.
    #[schemars(extend("aliases" = ["pkg"]))]
    name: String,
    /// Which question.
    #[schemars(extend("aliases" = ["selection", "setting"]))]
    question: Option<String>,
    /// What kind of question it is.
    vtype: Option<Kind>,
    /// The answer; for `multiselect` also a list, of which the order does not matter.
    #[schemars(with = "Option<serde_json::Value>", extend("aliases" = ["answer"]))]
    value: Option<Value>,
    /// Do not note that the question has been seen, so that it is still asked.
    #[serde(default)]
    unseen: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// `true` or `false`.
    Boolean,
    /// Tells of an error.
    Error,
    /// Any of several answers.
    Multiselect,
    /// Tells something.
    Note,
    /// A secret; it is not shown.
    Password,
    /// Not an answer, but whether the question has been seen.
    Seen,
    /// One of several answers.
    Select,
    /// A line.
    String,
    /// Tells something.
    Text,
    /// A headline.
    Title,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Boolean => "boolean",
            Kind::Error => "error",
            Kind::Multiselect => "multiselect",
            Kind::Note => "note",
            Kind::Password => "password",
            Kind::Seen => "seen",
            Kind::Select => "select",
            Kind::String => "string",
            Kind::Text => "text",
            Kind::Title => "title",
        }
    }
}

impl Arguments for Debconf {
    const NAME: &'static str = "debconf";
    const EXAMPLES: &'static str = r#"
- name: The mail server is set up for the internet
  debconf:
    name: postfix
    question: postfix/main_mailer_type
    vtype: select
    value: Internet Site

- name: What is answered so far
  debconf:
    name: tzdata
  register: answers
"#;
}

/// An answer in debconf's database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Selection {
    package: String,
    question: String,
    value: Option<String>,
    secret: bool,
}

/// What stands for a secret wherever it could be seen.
const HIDDEN: &str = "(password omitted)";

impl State for Selection {
    const KIND: &'static str = "debconf selection";

    fn name(&self) -> String {
        format!("{} {}", self.package, self.question)
    }

    fn observe(host: &mut System, name: &str) -> Result<Selection> {
        let mut selection = Selection::absent(name);
        let answers = answers(host, &selection.package)?;
        let found = answers.get(selection.question.as_str()).and_then(Value::as_str).map(str::to_owned);
        selection.secret = found.as_deref() == Some(HIDDEN);
        selection.value = if selection.secret { password(host, &selection.question)? } else { found };
        Ok(selection)
    }

    fn absent(name: &str) -> Selection {
        let (package, question) = name.split_once(' ').unwrap_or((name, ""));
        Selection { package: package.into(), question: question.into(), value: None, secret: false }
    }

    fn is_absent(&self) -> bool {
        self.value.is_none()
    }

    fn bring_about(_: &mut dyn Backend, _: &Selection, want: &Selection) -> Result<()> {
        Err(Error::failed(format!("the answer of '{}' is changed by its module only", want.question)))
    }

    fn changes(_: &mut System, now: &Selection, want: &Selection) -> Result<Vec<Change>> {
        if now.value == want.value {
            return Ok(Vec::new());
        }
        let shown = |selection: &Selection| match &selection.value {
            None => Value::Null,
            Some(_) if now.secret || want.secret => HIDDEN.into(),
            Some(value) => value.as_str().into(),
        };
        let (before, after) = (shown(now), shown(want));
        Ok(vec![Change { kind: Selection::KIND.into(), name: want.name(), before, after }])
    }
}

/// What debconf knows of a package's questions.
fn answers(host: &mut System, package: &str) -> Result<Map> {
    let command = Command::new(["debconf-show", package]).env("LC_ALL", "C.UTF-8");
    let output = host.query(&command)?.checked(&format!("can't ask debconf about {package}"))?;
    let text = output.stdout();
    let lines = text.lines().filter_map(|line| {
        let line = line.trim_start().trim_start_matches('*').trim_start();
        let (question, value) = line.split_once(':')?;
        Some((question.trim().into(), value.trim().into()))
    });
    Ok(lines.collect())
}

/// A password, which debconf keeps in a file for root alone and shows nobody.
fn password(host: &mut System, question: &str) -> Result<Option<String>> {
    let text = host.read_text_if_any(Path::new("/var/cache/debconf/passwords.dat"))?.unwrap_or_default();
    let entry = text.split("\n\n").find(|entry| {
        entry.lines().any(|line| line.strip_prefix("Name:").is_some_and(|name| name.trim() == question))
    });
    let value = entry.and_then(|entry| entry.lines().find_map(|line| line.strip_prefix("Value:")));
    Ok(value.map(|value| value.trim().to_owned()))
}

impl Module for Debconf {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let Some(question) = &self.question else {
            let current = answers(host, &self.name)?;
            return Ok(Outcome::new().with("msg", "").with("current", current));
        };
        let (Some(kind), Some(value)) = (self.vtype, &self.value) else {
            // Playbooks look for these words.
            return Err(Error::failed("when supplying a question you must supply a valid vtype and value"));
        };
        required_since("question is given", &[("name", !self.name.is_empty())])?;
        let value = answer(question, kind, value)?;
        let now = Selection::find(host, &self.name, question)?;
        let now = if kind == Kind::Password { now.known_as_password(host)? } else { now };
        let same = now.value.as_ref().is_some_and(|found| is_same(kind, self.value.as_ref(), found, &value));
        if same {
            let current = Value::map([(question.as_str(), now.shown())]);
            return Ok(Outcome::new().with("msg", "").with("current", current));
        }
        let secret = now.secret || kind == Kind::Password;
        let want = Selection { value: Some(value.clone()), secret, ..now.clone() };
        let line = format!("{} {question} {} {value}", self.name, kind.word());
        let unseen = self.unseen.then_some("--unseen");
        let command =
            Command::new(std::iter::once("debconf-set-selections").chain(unseen)).input(line.into_bytes());
        host.settle_by(&now, want.clone(), |backend, _, _| {
            backend.carry_out(&command, &format!("can't answer '{question}'")).map(drop)
        })?;
        let value = |selection: &Selection| Value::map([(question.as_str(), selection.shown())]);
        Ok(Outcome::new().with("msg", "").with("current", value(&want)).with("previous", value(&now)))
    }
}

impl Selection {
    fn find(host: &mut System, package: &str, question: &str) -> Result<Selection> {
        host.observe(&format!("{package} {question}"))
    }

    /// A question that debconf does not show may be one of another package's passwords.
    fn known_as_password(self, host: &mut System) -> Result<Selection> {
        if self.value.is_some() || self.secret {
            return Ok(Selection { secret: true, ..self });
        }
        let known = !answers(host, &self.package)?.contains_key(self.question.as_str());
        let value = if known { None } else { password(host, &self.question)? };
        Ok(Selection { value, secret: true, ..self })
    }

    fn shown(&self) -> Value {
        match &self.value {
            Some(_) if self.secret => HIDDEN.into(),
            Some(value) => value.as_str().into(),
            None => "".into(),
        }
    }
}

/// The answer as debconf is told it.
fn answer(question: &str, kind: Kind, value: &Value) -> Result<String> {
    match value {
        Value::List(items) if kind == Kind::Multiselect => {
            let words = items.iter().map(|item| {
                item.as_str().map(str::to_owned).ok_or_else(|| {
                    Error::failed(format!("Invalid value provided for '{question}': {item} is no text"))
                })
            });
            Ok(words.collect::<Result<Vec<_>>>()?.join(", "))
        }
        Value::List(_) | Value::Map(_) => Err(Error::failed(format!(
            "Invalid value provided for '{question}': only 'multiselect' takes a list"
        ))),
        _ if kind == Kind::Boolean => Ok(value.to_string().to_lowercase()),
        _ => Ok(value.to_string()),
    }
}

fn is_same(kind: Kind, written: Option<&Value>, found: &str, wanted: &str) -> bool {
    match (kind, written) {
        (Kind::Boolean, _) => found.eq_ignore_ascii_case(wanted),
        (Kind::Multiselect, Some(Value::List(_))) => {
            let sorted = |text: &str| {
                let mut words: Vec<String> = text.split(',').map(|word| word.trim().to_owned()).collect();
                words.sort();
                words
            };
            sorted(found) == sorted(wanted)
        }
        _ => found == wanted,
    }
}
