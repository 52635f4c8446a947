use std::path::Path;

use system::{Command, Error, Kind, Result};
use value::{Map, Value};

use crate::facts::Facts;
use crate::reader::Reader;

/// Facts of the host's own: the output of programs and the content of files `NAME.fact`, as JSON or as an INI file.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let pattern = reader.fact_path.join("*.fact");
    let local = match reader.host.glob(&pattern) {
        Ok(paths) => paths.iter().map(|path| (name(path).into(), fact(reader, path))).collect::<Map>().into(),
        Err(Error::Unknown(unknown)) => Value::from(unknown),
        Err(Error::Failed(failure)) => {
            reader.host.warn(failure.message);
            Map::new().into()
        }
    };
    Facts::new().with("local", local)
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().replace(".fact", "")).unwrap_or_default()
}

/// What goes wrong is the fact's value, so that the others can still be used.
fn fact(reader: &mut Reader, path: &Path) -> Value {
    let text = match text(reader, path) {
        Ok(text) => text,
        Err(Error::Unknown(unknown)) => return unknown.into(),
        Err(Error::Failed(failure)) => return warned(reader, failure.message),
    };
    match serde_json::from_str::<Value>(&text) {
        Ok(value) => value,
        Err(_) => match parse_ini(&text) {
            Some(sections) => sections.into(),
            None => warned(
                reader,
                format!("error loading facts as JSON or INI, check the content of {}", path.display()),
            ),
        },
    }
}

fn warned(reader: &mut Reader, message: String) -> Value {
    reader.host.warn(message.as_str());
    message.into()
}

fn text(reader: &mut Reader, path: &Path) -> Result<String> {
    let found = reader.host.follow(path)?;
    let runs = found.as_ref().is_some_and(|inode| inode.permissions.unwrap_or(0) & 0o100 != 0);
    if !runs {
        return Ok(reader.host.read_text_if_any(path)?.unwrap_or_default());
    }
    if let Some(Kind::File(content)) = found.map(|inode| inode.kind)
        && !matches!(content, system::Content::OnHost(_))
    {
        // Only a dry run finds content that is not on the host.
        let cause = format!("what {} would say, which is not on the host yet", path.display());
        return Err(reader.host.caused(value::Unknown::new(cause)).into());
    }
    let mut command = Command::new([path.to_string_lossy()]);
    command.timeout = Some(reader.timeout);
    let output = reader.host.query(&command)?;
    if output.success() {
        return Ok(output.stdout());
    }
    let message =
        format!("{} failed with exit code {}: {}", path.display(), output.code, output.stderr().trim());
    Err(Error::failed(message))
}

/// Sections of `name = value` lines, as Python's `configparser` reads them; nothing if a line is neither.
fn parse_ini(text: &str) -> Option<Map> {
    let mut sections: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let continued = line.starts_with(char::is_whitespace);
        match (sections.last_mut(), trimmed.strip_prefix('[').and_then(|rest| rest.split_once(']'))) {
            (Some((_, options)), _) if continued && !options.is_empty() => {
                if let Some((_, value)) = options.last_mut() {
                    *value += &format!("\n{trimmed}");
                }
            }
            (_, Some((name, _))) => sections.push((name.to_owned(), Vec::new())),
            (Some((_, options)), None) => {
                let (name, value) = trimmed.split_once(['=', ':'])?;
                options.push((name.trim().to_lowercase(), value.trim().to_owned()));
            }
            (None, None) => return None,
        }
    }
    // What stands under DEFAULT holds for all sections.
    let defaults: Vec<_> = sections
        .iter()
        .filter(|(name, _)| name == "DEFAULT")
        .flat_map(|(_, options)| options.clone())
        .collect();
    let options = |own: &[(String, String)]| {
        let all =
            own.iter().chain(defaults.iter().filter(|(name, _)| own.iter().all(|(known, _)| known != name)));
        Value::map(all.map(|(name, value)| (name.as_str(), value.as_str())))
    };
    let named = sections.iter().filter(|(name, _)| name != "DEFAULT");
    Some(named.map(|(name, own)| (name.as_str().into(), options(own))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::tests::with_reader;
    use system::MemoryBackend;
    use value::JsonStyle;

    #[test]
    fn programs_and_files_tell() {
        let backend = MemoryBackend::new();
        backend.add_file("/etc/ansible/facts.d/a.fact", r#"{"n": [1, true]}"#);
        backend.add_file(
            "/etc/ansible/facts.d/b.fact",
            "# c\n[General]\nKey = v\n w\nOther: 2\n[DEFAULT]\nd=3\n",
        );
        backend.add_program("/etc/ansible/facts.d/c.fact");
        backend.answer("/etc/ansible/facts.d/c.fact", 0, "\"said\"\n");
        backend.add_program("/etc/ansible/facts.d/d.fact");
        backend.answer("/etc/ansible/facts.d/d.fact", 3, "");
        backend.add_file("/etc/ansible/facts.d/e.fact", "neither");
        backend.add_file("/etc/ansible/facts.d/other.txt", "{}");
        let facts = with_reader(backend, gather);
        let expected = concat!(
            r#"{"a": {"n": [1, true]}, "b": {"General": {"d": "3", "key": "v\nw", "other": "2"}}, "c": "said", "#,
            r#""d": "/etc/ansible/facts.d/d.fact failed with exit code 3: ", "#,
            r#""e": "error loading facts as JSON or INI, check the content of /etc/ansible/facts.d/e.fact"}"#
        );
        assert_eq!(facts.get("local").unwrap().to_json(JsonStyle::LINE), expected);
    }
}
