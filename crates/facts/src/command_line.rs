use value::{Map, Value};

use crate::facts::Facts;
use crate::reader::Reader;

/// What the kernel was started with: once with the last value of each parameter, once with all.
pub(crate) fn gather(reader: &mut Reader) -> Facts {
    let Some(text) = reader.text("/proc/cmdline") else { return Facts::new() };
    let (mut last, mut all) = (Map::new(), Map::new());
    for word in words(&text) {
        let Some((name, value)) = word.split_once('=') else {
            last.insert(word.as_str().into(), true.into());
            all.insert(word.into(), true.into());
            continue;
        };
        last.insert(name.into(), value.into());
        let value = match all.get(name) {
            None => Value::from(value),
            Some(Value::List(values)) => Value::list(values.iter().cloned().chain([value.into()])),
            Some(first) => Value::list([first.clone(), value.into()]),
        };
        all.insert(name.into(), value);
    }
    Facts::new().with("cmdline", last).with("proc_cmdline", all)
}

/// Words at white space outside of double quotes; quotes stay.
fn words(text: &str) -> Vec<String> {
    let mut quoted = false;
    let is_end = |character: char| {
        quoted ^= character == '"';
        !quoted && character.is_whitespace()
    };
    text.split(is_end).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::tests::with_reader;
    use system::MemoryBackend;

    #[test]
    fn parameters_that_come_twice_are_a_list() {
        let backend = MemoryBackend::new();
        backend.add_file("/proc/cmdline", "quiet console=tty0 console=ttyS0 dyndbg=\"file a b\"\n");
        let facts = with_reader(backend, gather);
        let expected = r#"{"console": "ttyS0", "dyndbg": "\"file a b\"", "quiet": true}"#;
        assert_eq!(facts.get("cmdline").unwrap().to_json(value::JsonStyle::LINE), expected);
        let all = facts.get("proc_cmdline").and_then(|all| all.get("console")).unwrap();
        assert_eq!(all, &Value::list(["tty0", "ttyS0"]));
    }
}
