use value::Value;

use crate::facts::Facts;
use crate::reader::Reader;

/// The host's Python, if it has one: nothing here needs it, but playbooks choose packages by its version.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    // The system's own comes first: what stands before it in the PATH is often a slow script that only starts another.
    let programs = ["/usr/bin/python3", "/usr/libexec/platform-python", "python3", "python"];
    let Some(path) = programs.iter().find_map(|name| reader.host.find_program(name).ok().flatten()) else {
        return Facts::new();
    };
    let path = path.to_string_lossy().into_owned();
    let answer = reader.ask(&[&path, "-V"]).unwrap_or_default();
    let Some(version) = answer.trim().strip_prefix("Python ") else { return Facts::new() };
    let numbers: Vec<i64> = version.splitn(3, '.').filter_map(leading_number).collect();
    let [major, minor, micro] = numbers[..] else { return Facts::new() };
    let parts = Facts::new()
        .with("major", major)
        .with("minor", minor)
        .with("micro", micro)
        .with("releaselevel", "final")
        .with("serial", 0);
    let list = vec![Value::from(major), minor.into(), micro.into(), "final".into(), 0.into()];
    let python = Facts::new()
        .with("executable", path)
        .with("has_sslcontext", true)
        .with("type", "cpython")
        .with("version", parts)
        .with("version_info", list);
    Facts::new().with("python", python).with("python_version", version)
}

/// `2` of `2rc1`.
fn leading_number(text: &str) -> Option<i64> {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::tests::with_reader;
    use system::MemoryBackend;

    #[test]
    fn a_host_with_and_one_without_python() {
        assert_eq!(with_reader(MemoryBackend::new(), gather), Facts::new());
        let backend = MemoryBackend::new();
        backend.add_program("/usr/bin/python3");
        backend.answer("/usr/bin/python3 -V", 0, "Python 3.11.2\n");
        let facts = with_reader(backend, gather);
        assert_eq!(facts.get("python_version"), Some(&Value::from("3.11.2")));
        let python = facts.get("python").unwrap();
        assert_eq!(python.get("executable"), Some(&Value::from("/usr/bin/python3")));
        assert_eq!(python.get("version").and_then(|version| version.get("minor")), Some(&Value::from(11)));
    }
}
