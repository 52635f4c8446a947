use std::collections::BTreeMap;

/// The values of a file of lines like `NAME="value"`: `/etc/os-release`, `/etc/lsb-release`, `/etc/selinux/config`.
pub(crate) fn parse(text: &str) -> BTreeMap<String, String> {
    let entry = |line: &str| {
        let (name, value) = line.trim().split_once('=')?;
        (!name.starts_with('#')).then(|| (name.trim().to_owned(), unquote(value.trim())))
    };
    text.lines().filter_map(entry).collect()
}

fn unquote(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner.replace("\\$", "$").replace("\\\"", "\"").replace("\\`", "`").replace("\\\\", "\\");
        }
    }
    value.to_owned()
}
