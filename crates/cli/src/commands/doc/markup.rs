//! The markup of manuals as plain text.

/// The text without markup: `B(x)` is `*x*`, `O(x)` and its like `` `x' ``.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = None;
    while let Some(character) = rest.chars().next() {
        let starts_word = !before.is_some_and(|before: char| before.is_alphanumeric() || before == '_');
        if starts_word && let Some((shown, after)) = macro_at(rest) {
            out.push_str(&shown);
            rest = after;
            before = Some(')');
            continue;
        }
        if starts_word && let Some(after) = rest.strip_prefix("HORIZONTALLINE") {
            out.push_str("\n-------------\n");
            rest = after;
            before = Some('\n');
            continue;
        }
        out.push(character);
        before = Some(character);
        rest = &rest[character.len_utf8()..];
    }
    out
}

/// What a macro at the start of the text is shown as, and what follows it.
fn macro_at(text: &str) -> Option<(String, &str)> {
    let open = text.find('(').filter(|open| *open <= 2)?;
    let name = &text[..open];
    let inside = &text[open + 1..];
    let escapes = ["O", "V", "E", "RV", "P"].contains(&name);
    let mut content = String::new();
    let mut characters = inside.char_indices();
    let end = loop {
        match characters.next()? {
            (_, '\\') if escapes => content.push(characters.next()?.1),
            (index, ')') => break index,
            (_, character) => content.push(character),
        }
    };
    let after = &inside[end + 1..];
    let shown = match name {
        "I" => format!("`{content}`"),
        "B" => format!("*{content}*"),
        "C" | "V" | "E" => format!("`{content}'"),
        "O" | "RV" => option(&content),
        "M" => format!("[{content}]"),
        "P" => format!("[[{}]]", content.split('#').next().unwrap_or_default()),
        "U" => content,
        "L" => match content.split_once(',') {
            Some((text, address)) => format!("{text} <{}>", address.trim()),
            None => return None,
        },
        "R" => content.split(',').next().unwrap_or_default().to_owned(),
        _ => return None,
    };
    Some((shown, after))
}

/// An option or result, maybe one of something else: `name`, `name=value`, `ns.collection.plugin#kind:name=value`.
fn option(content: &str) -> String {
    if let Some(rest) = content.strip_prefix("ignore:") {
        return format!("`{rest}'");
    }
    let owner = content.split_once('#').and_then(|(plugin, rest)| Some((plugin, rest.split_once(':')?)));
    match owner {
        Some((plugin, (kind, rest))) if !plugin.contains('=') => match (kind, rest.split_once(':')) {
            ("role", Some((entry, rest))) => format!("`{rest}' (of role {plugin}, {entry} entrypoint)"),
            ("module", _) => format!("`{rest}' (of module {plugin})"),
            _ => format!("`{rest}' (of {kind} plugin {plugin})"),
        },
        _ => format!("`{content}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            plain("Use O(state=absent) or B(nothing), see M(a.b.c)."),
            "Use `state=absent' or *nothing*, see [a.b.c]."
        );
        assert_eq!(plain("RV(x.y.z#lookup:a=b)"), "`a=b' (of lookup plugin x.y.z)");
        assert_eq!(plain("O(x.y.z#role:main:a)"), "`a' (of role x.y.z, main entrypoint)");
        assert_eq!(plain("V([a,b,\\),d\\\\])"), "`[a,b,),d\\]'");
        assert_eq!(plain("L(the site,https://x)"), "the site <https://x>");
        assert_eq!(plain("NO(markup) and FOO(bar)"), "NO(markup) and FOO(bar)");
    }
}
