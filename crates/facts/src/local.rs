use std::path::Path;

use indexmap::IndexMap;
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

/// What goes wrong is the fact's value, so that the others can still be used. Playbooks compare how those messages begin.
fn fact(reader: &mut Reader, path: &Path) -> Value {
    let text = match text(reader, path) {
        Ok(text) => text,
        Err(Error::Unknown(unknown)) => return unknown.into(),
        Err(Error::Failed(failure)) => return warned(reader, failure.message),
    };
    match serde_json::from_str::<Value>(&text) {
        Ok(value) => value,
        Err(_) => match parse_ini(&text) {
            Ok(sections) => sections.into(),
            Err(format) => warned(
                reader,
                format!("error loading facts as {format} - please check content: {}", path.display()),
            ),
        },
    }
}

fn warned(reader: &mut Reader, message: String) -> Value {
    reader.host.warn(message.as_str());
    message.into()
}

fn text(reader: &mut Reader, path: &Path) -> Result<String> {
    let Some(found) = reader.host.follow(path)? else {
        return Err(Error::failed(format!(
            "Could not stat fact ({}): the link leads nowhere",
            path.display()
        )));
    };
    if found.permissions.unwrap_or(0) & 0o100 == 0 {
        return Ok(reader.host.read_text_if_any(path)?.unwrap_or_default());
    }
    if let Kind::File(content) = found.kind
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
    let (path, code, said) = (path.display(), output.code, output.stderr());
    Err(Error::failed(format!("Failure executing fact script ({path}), rc: {code}, err: {}", said.trim())))
}

/// Sections of `name = value` lines, as Python's `configparser` reads them.
///
/// # Errors
/// A line is neither, or a value refers to another that there is not; the error names what the text is not.
fn parse_ini(text: &str) -> Result<Map, &'static str> {
    const NEITHER: &str = "JSON or ini";
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
                let (name, value) = trimmed.split_once(['=', ':']).ok_or(NEITHER)?;
                options.push((name.trim().to_lowercase(), value.trim().to_owned()));
            }
            (None, None) => return Err(NEITHER),
        }
    }
    // What stands under DEFAULT holds for all sections.
    let (defaults, named): (Vec<_>, Vec<_>) = sections.into_iter().partition(|(name, _)| name == "DEFAULT");
    let mut map = Map::new();
    for (name, own) in named {
        let mut options: IndexMap<String, String> =
            defaults.iter().flat_map(|(_, options)| options.clone()).collect();
        options.extend(own);
        let values = options
            .iter()
            .map(|(name, value)| Some((name.as_str().into(), interpolate(value, &options, 0)?.into())));
        let values: Option<Map> = values.collect();
        map.insert(name.into(), values.ok_or("ini")?.into());
    }
    Ok(map)
}

/// How deep values may refer to others.
const DEPTH_LIMIT: u32 = 10;

/// A value with `%(name)s` replaced by another one of the section, and `%%` by `%`; nothing if that fails.
fn interpolate(value: &str, options: &IndexMap<String, String>, depth: u32) -> Option<String> {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        rest = match after.strip_prefix('%') {
            Some(after) => {
                out.push('%');
                after
            }
            None => {
                let (name, after) = after.strip_prefix('(')?.split_once(")s")?;
                let other = options.get(&name.to_lowercase()).filter(|_| depth < DEPTH_LIMIT)?;
                out.push_str(&interpolate(other, options, depth + 1)?);
                after
            }
        };
    }
    Some(out + rest)
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
        backend.add_file("/etc/ansible/facts.d/f.fact", "[x]\na = 100%% of %(b)s\nb = it\n");
        backend.add_file("/etc/ansible/facts.d/g.fact", "[x]\na = 100 % of it\n");
        backend.add_link("/etc/ansible/facts.d/h.fact", "/nowhere");
        backend.add_file("/etc/ansible/facts.d/other.txt", "{}");
        let facts = with_reader(backend, gather);
        let expected = concat!(
            r#"{"a": {"n": [1, true]}, "b": {"General": {"d": "3", "key": "v\nw", "other": "2"}}, "c": "said", "#,
            r#""d": "Failure executing fact script (/etc/ansible/facts.d/d.fact), rc: 3, err: ", "#,
            r#""e": "error loading facts as JSON or ini - please check content: /etc/ansible/facts.d/e.fact", "#,
            r#""f": {"x": {"a": "100% of it", "b": "it"}}, "#,
            r#""g": "error loading facts as ini - please check content: /etc/ansible/facts.d/g.fact", "#,
            r#""h": "Could not stat fact (/etc/ansible/facts.d/h.fact): the link leads nowhere"}"#
        );
        assert_eq!(facts.get("local").unwrap().to_json(JsonStyle::LINE), expected);
    }
}
