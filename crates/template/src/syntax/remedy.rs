//! What to do about a template that can't be parsed.

use diag::did_you_mean;

/// The statements that there are, and what closes those that have a body.
const STATEMENTS: &[(&str, Option<&str>)] = &[
    ("if", Some("endif")),
    ("for", Some("endfor")),
    ("macro", Some("endmacro")),
    ("call", Some("endcall")),
    ("filter", Some("endfilter")),
    ("block", Some("endblock")),
    ("with", Some("endwith")),
    ("set", Some("endset")),
    ("raw", Some("endraw")),
    ("include", None),
    ("import", None),
    ("from", None),
    ("extends", None),
    ("elif", None),
    ("else", None),
];

/// What to do about an error, from the words that say it; `rest` is the template from where it is, `text` all of it.
pub(crate) fn remedy(message: &str, rest: &str, text: &str) -> Option<String> {
    let said = |hint: &str| Some(hint.to_owned());
    if let Some(tag) =
        message.strip_prefix("Encountered unknown tag '").and_then(|rest| rest.strip_suffix("'."))
    {
        return Some(of_statement(tag));
    }
    if message.starts_with("Unexpected end of template") {
        return Some(of_end(text));
    }
    let inner = text.split_once("{{").map_or(text, |(_, inner)| inner);
    if message.contains("got '}'") && inner.contains("{{")
        || message.contains("got '}'") && text.contains("{% if {{")
    {
        return said("inside of braces or a statement a variable stands by its name alone, without braces");
    }
    if let Some(character) = message.strip_prefix("unexpected char '").and_then(|rest| rest.chars().next()) {
        return said(match character {
            '&' => "write 'and' for '&&'",
            '!' => "write 'not' for '!'",
            '?' => "write 'a if condition else b' for 'condition ? a : b'",
            '$' => "a variable is written without '$'",
            ' ' => "a quote is opened and not closed",
            _ => "this character means nothing outside of quotes",
        });
    }
    let hint = match message {
        "unexpected end of template, expected 'end of print statement'." => "close the expression with '}}'",
        "unexpected 'end of comment'" => "close the comment with '#}'",
        "unexpected 'end of raw block'" => "close what stands for itself with '{% endraw %}'",
        "expected name or number" => "behind the dot stands the name of an attribute or a number",
        "unexpected 'end of print statement'"
        | "unexpected 'end of template'"
        | "unexpected 'end of statement block'" => {
            "an expression is missing here, or the right side of an operator"
        }
        "expected token 'name', got '|'" => "write 'or' for '||'",
        "expected token ':', got '='" => "a dict is written {'key': value}",
        _ if rest.starts_with('=') || message.ends_with("got '='") => {
            "to compare write '==', to assign write {% set name = value %}"
        }
        _ if message.ends_with("got 'else'") => "write 'a if condition else b'",
        _ if message.starts_with("expected token 'in'") => "a loop is written {% for item in items %}",
        _ if message.starts_with("expected token 'name'") => {
            "the name of a filter, a test or a variable is missing"
        }
        _ if message.starts_with("expected token 'end of print statement'")
            || message == "unexpected 'input after expression'" =>
        {
            "an operator is missing between two values, or quotes around a text"
        }
        _ if ["')'", "']'", "'}'"].iter().any(|bracket| message.contains(bracket)) => {
            "see that each bracket and brace has its other half"
        }
        _ if message.contains("recursion") || message.contains("nested") => "split it up with {% set %}",
        _ => return None,
    };
    said(hint)
}

fn of_statement(tag: &str) -> String {
    if tag == "elseif" || tag == "elsif" {
        return "write 'elif'".into();
    }
    if tag.starts_with("end") || tag == "else" || tag == "elif" {
        return format!("no statement is open that '{tag}' could belong to: see what was opened before it");
    }
    let names = STATEMENTS.iter().flat_map(|(name, end)| [Some(*name), *end]).flatten();
    did_you_mean(tag, names).unwrap_or_else(|| "to print a value write it in '{{ }}'".into())
}

/// What is still open at the end of a template.
fn of_end(text: &str) -> String {
    let mut open: Vec<&str> = Vec::new();
    for piece in text.split("{%").skip(1) {
        let Some((statement, _)) = piece.split_once("%}") else {
            return "close the statement with '%}'".into();
        };
        let statement = statement.trim_start_matches(['-', '+']).trim();
        let word = statement.split(|character: char| !character.is_alphanumeric()).next().unwrap_or_default();
        if word == "set" && statement.contains('=') {
            continue;
        }
        match STATEMENTS.iter().find(|(name, end)| *name == word && end.is_some()) {
            Some((_, Some(end))) => open.push(end),
            _ if open.last() == Some(&word) => {
                open.pop();
            }
            _ => {}
        }
    }
    match open.last() {
        Some(&"endset") => "give it a value: {% set name = value %}; or close it with '{% endset %}'".into(),
        Some(end) => format!("a statement is still open: close it with '{{% {end} %}}'"),
        None => "something that was opened is not closed".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_named() {
        let told = |text: &str| remedy("Unexpected end of template.", "", text).unwrap();
        assert_eq!(
            told("{% for i in l %}{% if i %}{% endif %}"),
            "a statement is still open: close it with '{% endfor %}'"
        );
        assert_eq!(told("{% if x "), "close the statement with '%}'");
        assert_eq!(remedy("Encountered unknown tag 'fro'.", "", "").unwrap(), "did you mean 'for'?");
        assert_eq!(remedy("Encountered unknown tag 'elseif'.", "", "").unwrap(), "write 'elif'");
    }
}
