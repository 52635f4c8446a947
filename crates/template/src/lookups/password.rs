//! Passwords that are made once and kept in a file.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use diag::{Error, did_you_mean};
use value::Value;

use crate::arguments::{Arguments, integer, items, text};
use crate::crypt::{Scheme, random_salt};
use crate::evaluate::Evaluator;
use crate::filters::paths::with_home;
use crate::outcome::{Outcome, Stop};
use crate::random::Random;

/// So many characters a password may have.
const LONGEST: usize = 100_000;

const SETTINGS: &[&str] = &["length", "chars", "encrypt", "ident", "seed"];

struct Settings {
    length: usize,
    characters: Vec<char>,
    encrypt: Option<Scheme>,
    ident: Option<String>,
    seed: Option<Value>,
}

pub(super) fn password(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    let mut out = Vec::new();
    for term in &arguments.positional {
        let term = text(term)?;
        let mut given: Vec<(String, Value)> =
            arguments.named.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        given.retain(|(name, _)| SETTINGS.contains(&name.as_str()));
        let mut path = Vec::new();
        for word in term.split(' ') {
            match word.split_once('=') {
                Some((name, value)) if !path.is_empty() => given.push((name.to_owned(), Value::from(value))),
                _ => path.push(word),
            }
        }
        let settings = settings(&given)?;
        let path = evaluator.context.scope.playbook_dir().join(with_home(&path.join(" ")));
        out.push(Value::string(made(&path, &settings)?));
    }
    Ok(out)
}

fn settings(given: &[(String, Value)]) -> Outcome<Settings> {
    let usual = ["ascii_letters", "digits", ".,:-_"].iter().flat_map(|part| class(part)).collect();
    let mut settings = Settings { length: 20, characters: usual, encrypt: None, ident: None, seed: None };
    for (name, value) in given {
        match name.as_str() {
            "length" => {
                let length = usize::try_from(integer(value, "length")?.max(0)).unwrap_or(usize::MAX);
                if length > LONGEST {
                    return Err(Stop::new(format!("a password has at most {LONGEST} characters")));
                }
                settings.length = length;
            }
            "chars" => {
                settings.characters = match value {
                    Value::List(_) => {
                        let mut all = Vec::new();
                        for part in items(value)? {
                            all.extend(class(&text(&part)?));
                        }
                        all
                    }
                    value => characters(&text(value)?)?,
                };
            }
            "encrypt" => {
                let scheme = if value.is_null() { String::new() } else { text(value)? };
                settings.encrypt = if scheme.is_empty() { None } else { Some(Scheme::named(&scheme)?) };
            }
            "seed" => settings.seed = if value.is_null() { None } else { Some(Value::string(text(value)?)) },
            "ident" => settings.ident = if value.is_null() { None } else { Some(text(value)?) },
            other => {
                return Err(Error::new(format!(
                    "Unrecognized parameter(s) given to password lookup: {other}"
                ))
                .hint_some(did_you_mean(other, SETTINGS.iter().copied()))
                .into());
            }
        }
    }
    // Quotes would need quoting wherever the password is used.
    settings.characters.retain(|character| !matches!(character, '"' | '\''));
    if settings.characters.is_empty() {
        return Err(Stop::new("there are no characters to make a password of"));
    }
    Ok(settings)
}

/// The characters of a list with commas; two commas are the comma itself.
fn characters(list: &str) -> Outcome<Vec<char>> {
    let mut all: Vec<char> = Vec::new();
    if list.contains(",,") {
        all.push(',');
    }
    for part in list.replace(",,", ",").split(',').filter(|part| !part.is_empty()) {
        all.extend(class(part));
    }
    Ok(all)
}

/// The characters that a name of Python's string module stands for, or those of the text itself.
fn class(part: &str) -> Vec<char> {
    let lower = 'a'..='z';
    let upper = 'A'..='Z';
    let digits = '0'..='9';
    match part {
        "ascii_letters" | "letters" => lower.chain(upper).collect(),
        "ascii_lowercase" | "lowercase" => lower.collect(),
        "ascii_uppercase" | "uppercase" => upper.collect(),
        "digits" => digits.collect(),
        "hexdigits" => digits.chain('a'..='f').chain('A'..='F').collect(),
        "octdigits" => ('0'..='7').collect(),
        "punctuation" => "!#$%&()*+,-./:;<=>?@[\\]^_`{|}~".chars().collect(),
        other => other.chars().collect(),
    }
}

fn random(settings: &Settings) -> Outcome<String> {
    let mut random = Random::new(settings.seed.as_ref())?;
    let count = settings.characters.len() as u64;
    Ok((0..settings.length)
        .filter_map(|_| settings.characters.get(usize::try_from(random.below(count)).unwrap_or(0)))
        .collect())
}

/// The password of a file: the one in it, or a new one that is written to it.
fn made(path: &Path, settings: &Settings) -> Outcome<String> {
    let is_kept = path != Path::new("/dev/null");
    let old = if is_kept { read(path)? } else { None };
    let is_new = old.is_none();
    let (password, mut salt) = match old {
        Some((password, salt)) => (password, salt),
        None => (random(settings)?, None),
    };
    let mut is_changed = is_new;
    if settings.encrypt.is_some() && salt.is_none() {
        salt = Some(random_salt(settings.encrypt.map_or(Ok(8), |scheme| scheme.salt_length(None))?)?);
        is_changed = true;
    }
    if is_changed && is_kept {
        let content = match &salt {
            Some(salt) => format!("{password} salt={salt}\n"),
            None => format!("{password}\n"),
        };
        write(path, &content)?;
    }
    match (&settings.encrypt, salt) {
        (Some(scheme), Some(salt)) => scheme.hash(&password, &salt, None, settings.ident.as_deref()),
        _ => Ok(password),
    }
}

fn read(path: &Path) -> Outcome<Option<(String, Option<String>)>> {
    let content = match std::fs::read_to_string(path) {
        Ok(content) => content,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Error::new(format!("cannot read the password file '{}'", path.display()))
                .cause(error)
                .into());
        }
    };
    let content = content.trim_end_matches(['\n', '\r']);
    Ok(Some(match content.rsplit_once(" salt=") {
        Some((password, salt)) => (password.to_owned(), Some(salt.to_owned())),
        None => (content.to_owned(), None),
    }))
}

/// Writes the file so that no one else can read it, and so that it is there in whole or not at all.
fn write(path: &Path, content: &str) -> Outcome<()> {
    let failed = |error: std::io::Error| {
        Stop::Error(Error::new(format!("cannot write the password file '{}'", path.display())).cause(error))
    };
    if let Some(directory) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}.new", std::process::id()));
    let unfinished = PathBuf::from(unfinished);
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)
        .and_then(|mut file| file.write_all(content.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&unfinished, path));
    if written.is_err() {
        // What is left over is of no use, and its removal may fail for the same reason.
        let _ = std::fs::remove_file(&unfinished);
    }
    written.map_err(failed)
}
