//! Filters that make text.

use std::sync::Arc;

use value::{Map, Value};

use crate::arguments::{
    Arguments, flag, integer, integer_or, map, required, string as expect_string, text, text_or,
};
use crate::evaluate::{Evaluator, OUTPUT_LIMIT, capitalized, lines, printf, replaced, splits};
use crate::outcome::{Outcome, Stop};

fn only(arguments: Arguments) -> Outcome<String> {
    let [value] = arguments.bind(["value"])?;
    text(&required(value, "value")?)
}

fn made(text: impl Into<Arc<str>>) -> Outcome {
    Ok(Value::string(text))
}

pub(super) fn string(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    made(only(arguments)?)
}

pub(super) fn upper(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    made(only(arguments)?.to_uppercase())
}

pub(super) fn lower(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    made(only(arguments)?.to_lowercase())
}

pub(super) fn capitalize(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    made(capitalized(&only(arguments)?))
}

/// Words start after blanks, hyphens and opening brackets.
pub(super) fn title(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let mut out = String::new();
    let mut at_start = true;
    for character in only(arguments)?.chars() {
        if at_start {
            out.extend(character.to_uppercase());
        } else {
            out.extend(character.to_lowercase());
        }
        at_start = character.is_whitespace() || matches!(character, '-' | '(' | '{' | '[' | '<');
    }
    made(out)
}

pub(super) fn trim(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, characters] = arguments.bind(["value", "chars"])?;
    let value = text(&required(value, "value")?)?;
    match characters {
        None | Some(Value::Null) => made(value.trim()),
        Some(characters) => {
            let characters = text(&characters)?;
            made(value.trim_matches(|character| characters.contains(character)))
        }
    }
}

/// `yes`, `on`, `true`, `1` and `t`, `y` in any case are true, all else is false.
pub(super) fn bool(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["value"])?;
    Ok(match required(value, "value")? {
        value @ Value::Bool(_) => value,
        Value::String(text) => {
            Value::Bool(matches!(text.trim().to_lowercase().as_str(), "yes" | "on" | "true" | "1"))
        }
        value => Value::Bool(value == Value::Int(1)),
    })
}

pub(super) fn replace(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, old, new, count] = arguments.bind(["s", "old", "new", "count"])?;
    let value = text(&required(value, "s")?)?;
    let (old, new) = (text(&required(old, "old")?)?, text(&required(new, "new")?)?);
    made(replaced(&value, &old, &new, integer_or(count, -1, "the count")?)?)
}

pub(super) fn split(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, separator, limit] = arguments.bind(["value", "sep", "maxsplit"])?;
    let value = required(value, "value")?;
    let limit = usize::try_from(integer_or(limit, -1, "maxsplit")?).unwrap_or(usize::MAX);
    let separator = match separator {
        None | Some(Value::Null) => None,
        Some(separator) => Some(text(&separator)?),
    };
    Ok(Value::list(splits(expect_string(&value, "the value")?, separator.as_deref(), limit, false)?))
}

pub(super) fn format(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome {
    let template = text(&arguments.first()?)?;
    let values = match (arguments.positional.is_empty(), arguments.named.is_empty()) {
        (false, false) => {
            return Err(Stop::new("can't handle positional and keyword arguments at the same time"));
        }
        (true, false) => {
            let named = arguments.named.into_iter().map(|(name, value)| (Value::string(name), value));
            Value::from(named.collect::<Map>())
        }
        _ => Value::Tuple(Arc::new(arguments.positional)),
    };
    made(printf(&template, &values)?)
}

pub(super) fn indent(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, width, first, blank] = arguments.bind(["s", "width", "first", "blank"])?;
    let value = required(value, "s")?;
    let value = crate::arguments::string(&value, "the text")?.to_string();
    let indention = match width {
        Some(Value::String(width)) => width.to_string(),
        width => {
            " ".repeat(usize::try_from(integer_or(width, 4, "the width")?.clamp(0, 10_000)).unwrap_or(4))
        }
    };
    let (first, blank) = (flag(first, false)?, flag(blank, false)?);
    // A line break at the end begins one more line, as in Jinja.
    let value = value + "\n";
    let lines = lines(&value, false);
    if lines.len().saturating_mul(indention.len()) > OUTPUT_LIMIT {
        return Err(Stop::new("the result is too large"));
    }
    let mut out = String::new();
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let indented = if index == 0 { first } else { blank || !line.is_empty() };
        if indented {
            out.push_str(&indention);
        }
        out.push_str(line);
    }
    made(out)
}

pub(super) fn center(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, width] = arguments.bind(["value", "width"])?;
    let value = text(&required(value, "value")?)?;
    let width = usize::try_from(integer_or(width, 80, "the width")?.clamp(0, 1 << 20)).unwrap_or(80);
    let missing = width.saturating_sub(value.chars().count());
    let left = missing / 2 + (missing & width & 1);
    made(format!("{}{value}{}", " ".repeat(left), " ".repeat(missing - left)))
}

pub(super) fn truncate(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, length, kill_words, end, leeway] =
        arguments.bind(["s", "length", "killwords", "end", "leeway"])?;
    let value = text(&required(value, "s")?)?;
    let length = usize::try_from(integer_or(length, 255, "the length")?.max(0)).unwrap_or(255);
    let leeway = usize::try_from(integer_or(leeway, 5, "the leeway")?.max(0)).unwrap_or(5);
    let end = end.map_or(Ok("...".into()), |end| text(&end))?;
    let end_length = end.chars().count();
    if length < end_length {
        return Err(Stop::new(format!("the length must be at least {end_length}, not {length}")));
    }
    if value.chars().count() <= length.saturating_add(leeway) {
        return made(value);
    }
    let cut: String = value.chars().take(length - end_length).collect();
    if flag(kill_words, false)? {
        return made(cut + &end);
    }
    made(cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words).to_owned() + &end)
}

pub(super) fn wordcount(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let value = only(arguments)?;
    let words = value.split(|character: char| !(character.is_alphanumeric() || character == '_'));
    Ok(Value::from(words.filter(|word| !word.is_empty()).count()))
}

pub(super) fn wordwrap(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, width, break_long, separator, on_hyphens] =
        arguments.bind(["s", "width", "break_long_words", "wrapstring", "break_on_hyphens"])?;
    let value = text(&required(value, "s")?)?;
    let width = usize::try_from(integer_or(width, 79, "the width")?.max(1)).unwrap_or(79);
    let (break_long, on_hyphens) = (flag(break_long, true)?, flag(on_hyphens, true)?);
    let separator = text_or(separator, "\n")?;
    let wrapped: Vec<String> = lines(&value, false)
        .into_iter()
        .map(|line| wrap(line, width, break_long, on_hyphens).join(&separator))
        .collect();
    made(wrapped.join(&separator))
}

/// Breaks one line so that no part is longer than `width`.
fn wrap(line: &str, width: usize, break_long: bool, on_hyphens: bool) -> Vec<String> {
    let mut chunks: Vec<String> = Vec::new();
    for word in line.split_inclusive(' ') {
        let (word, blank) = word.strip_suffix(' ').map_or((word, ""), |word| (word, " "));
        if on_hyphens {
            let mut rest = word;
            while let Some(at) = rest.find('-').filter(|at| *at > 0 && *at + 1 < rest.len()) {
                chunks.push(rest[..=at].to_owned());
                rest = &rest[at + 1..];
            }
            chunks.push(rest.to_owned());
        } else {
            chunks.push(word.to_owned());
        }
        chunks.push(blank.to_owned());
    }
    let (mut out, mut current, mut length) = (Vec::new(), String::new(), 0);
    for chunk in chunks.into_iter().filter(|chunk| !chunk.is_empty()) {
        let mut chunk: Vec<char> = chunk.chars().collect();
        loop {
            if length + chunk.len() <= width {
                if !(length == 0 && chunk == [' '] && !out.is_empty()) {
                    length += chunk.len();
                    current.extend(&chunk);
                }
                break;
            }
            if break_long && chunk.len() > width && length < width {
                let rest = chunk.split_off(width - length);
                current.extend(&chunk);
                chunk = rest;
            } else if length == 0 {
                current.extend(&chunk);
                length = chunk.len();
                break;
            }
            out.push(current.trim_end_matches(' ').to_owned());
            current.clear();
            length = 0;
            if chunk == [' '] {
                break;
            }
        }
    }
    if !current.is_empty() {
        out.push(current.trim_end_matches(' ').to_owned());
    }
    out
}

pub(super) fn escape(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    made(escaped(&only(arguments)?))
}

/// Text for HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\'', "&#39;")
        .replace('"', "&#34;")
}

pub(super) fn striptags(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let value = only(arguments)?;
    let mut out = String::new();
    let mut rest = value.as_str();
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        let tag = &rest[at..];
        let end = if tag.starts_with("<!--") {
            tag.find("-->").map(|end| end + 3)
        } else {
            tag.find('>').map(|end| end + 1)
        };
        match end {
            Some(end) => rest = &tag[end..],
            None => {
                out.push_str(tag);
                rest = "";
            }
        }
    }
    out.push_str(rest);
    let words: Vec<&str> = out.split_whitespace().collect();
    made(
        words
            .join(" ")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&#39;", "'")
            .replace("&#34;", "\"")
            .replace("&quot;", "\"")
            .replace("&amp;", "&"),
    )
}

pub(super) fn xmlattr(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, space] = arguments.bind(["d", "autospace"])?;
    let value = required(value, "d")?;
    let mut attributes = Vec::new();
    for (key, value) in map(&value, "the value")? {
        if value.is_null() {
            continue;
        }
        let key = text(key)?;
        if key.contains(|character: char| character.is_whitespace() || matches!(character, '/' | '>' | '=')) {
            return Err(Stop::new(format!("invalid character in attribute name '{key}'")));
        }
        attributes.push(format!("{}=\"{}\"", escaped(&key), escaped(&text(value)?)));
    }
    let joined = attributes.join(" ");
    made(if flag(space, true)? && !joined.is_empty() { format!(" {joined}") } else { joined })
}

/// Makes links of addresses.
/// Whether a word is an address of mail.
fn is_mail(word: &str) -> bool {
    let Some((user, host)) = word.split_once('@') else { return false };
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let parts: Vec<&str> = host.split('.').collect();
    let is_host = host.starts_with(is_word)
        && parts.len() > 1
        && parts.last().is_some_and(|last| !last.is_empty() && last.chars().all(is_word))
        && host.chars().all(|character| is_word(character) || ".-".contains(character));
    !user.is_empty() && is_host && !word.starts_with("www.") && !word.contains(':')
}

pub(super) fn urlize(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, limit, nofollow, target, rel] =
        arguments.bind(["value", "trim_url_limit", "nofollow", "target", "rel"])?;
    let value = text(&required(value, "value")?)?;
    let limit = match limit {
        None | Some(Value::Null) => usize::MAX,
        Some(limit) => usize::try_from(integer(&limit, "the limit")?).unwrap_or(usize::MAX),
    };
    let mut relations: Vec<String> = text_or(rel, "")?.split_whitespace().map(str::to_owned).collect();
    if flag(nofollow, false)? {
        relations.push("nofollow".into());
    }
    relations.push("noopener".into());
    relations.sort();
    relations.dedup();
    let target = text_or(target, "")?;
    let target = if target.is_empty() { target } else { format!(" target=\"{}\"", escaped(&target)) };
    let mut out = String::new();
    for word in value.split_inclusive(char::is_whitespace) {
        // Brackets before an address and punctuation behind it are not part of it.
        let start = word.len() - word.trim_start_matches(['(', '<']).len();
        let end = word.trim_end().trim_end_matches([')', '>', '.', ',']).len().max(start);
        let bare = word.get(start..end).unwrap_or_default();
        let host = ["https://", "http://", "www."].iter().find_map(|start| bare.strip_prefix(start));
        if is_mail(bare) {
            let (before, address) = (word.get(..start).unwrap_or_default(), escaped(bare));
            let behind = escaped(word.get(end..).unwrap_or_default());
            out.push_str(&format!("{}<a href=\"mailto:{address}\">{address}</a>{behind}", escaped(before)));
            continue;
        }
        if !host.is_some_and(is_host) {
            out.push_str(&escaped(word));
            continue;
        }
        let href = if bare.starts_with("www.") { format!("https://{bare}") } else { bare.to_owned() };
        let shown = if bare.chars().count() > limit {
            format!("{}...", bare.chars().take(limit).collect::<String>())
        } else {
            bare.to_owned()
        };
        out.push_str(&format!(
            "{}<a href=\"{}\" rel=\"{}\"{target}>{}</a>{}",
            escaped(word.get(..start).unwrap_or_default()),
            escaped(&href),
            relations.join(" "),
            escaped(&shown),
            escaped(word.get(end..).unwrap_or_default())
        ));
    }
    made(out)
}

/// Whether an address goes on with the name of a host.
fn is_host(rest: &str) -> bool {
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let top = host.rsplit('.').next().unwrap_or_default();
    top.len() >= 2 && top.chars().all(|character| character.is_ascii_alphabetic())
}

/// Text that a shell reads as one word.
pub(super) fn quote(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["a"])?;
    let value = match required(value, "a")? {
        Value::Null => String::new(),
        value => text(&value)?,
    };
    let is_safe = |character: char| character.is_ascii_alphanumeric() || "@%+=:,./-_".contains(character);
    if !value.is_empty() && value.chars().all(is_safe) {
        return made(value);
    }
    made(format!("'{}'", value.replace('\'', "'\"'\"'")))
}

/// Python's pprint: on one line where it fits, else one item on each.
pub(super) fn pprint(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["value"])?;
    made(required(value, "value")?.repr())
}

/// Text as a comment, in one of the styles of Ansible's filter or one's own.
pub(super) fn comment(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome {
    let value = arguments.first()?;
    let value = crate::arguments::string(&value, "the text of a comment")?.to_string();
    let style = match arguments.take("style") {
        Some(style) => text(&style)?,
        None if arguments.positional.is_empty() => "plain".into(),
        None => text(&arguments.first()?)?,
    };
    let (decoration, beginning, end) = match style.as_str() {
        "plain" => ("# ", "", ""),
        "erlang" => ("% ", "", ""),
        "c" => ("// ", "", ""),
        "cblock" => (" * ", "/*", " */"),
        "xml" => (" - ", "<!--", "-->"),
        other => {
            let error = diag::Error::new(format!("Invalid style '{other}'."));
            return Err(error.hint("the styles are plain, erlang, c, cblock and xml").into());
        }
    };
    let mut option = |name: &str, default: &str| text_or(arguments.take(name), default);
    let newline = option("newline", "\n")?;
    let beginning = option("beginning", beginning)?;
    let end = option("end", end)?;
    let decoration = option("decoration", decoration)?;
    let bare = decoration.trim_end().to_owned();
    let prefix = option("prefix", &bare)?;
    let postfix = option("postfix", &bare)?;
    let prefix_count = integer_or(arguments.take("prefix_count"), 1, "prefix_count")?.clamp(0, 1000);
    let postfix_count = integer_or(arguments.take("postfix_count"), 1, "postfix_count")?.clamp(0, 1000);
    if let Some((name, _)) = arguments.named.first() {
        return Err(Stop::new(format!("there is no argument named '{name}'")));
    }
    let times = |text: String, count: i64| text.repeat(usize::try_from(count).unwrap_or(0));
    let mut out = String::new();
    if !beginning.is_empty() {
        out.push_str(&format!("{beginning}{newline}"));
    }
    if prefix == newline {
        out.push_str(&times(prefix, prefix_count));
    } else if !prefix.is_empty() {
        out.push_str(&times(format!("{prefix}{newline}"), prefix_count));
    }
    let mut lines = value.split(newline.as_str()).peekable();
    while let Some(line) = lines.next() {
        match lines.peek() {
            // No blanks at the ends of empty lines, save the last one.
            Some(_) if line.is_empty() => out.push_str(&format!("{bare}{newline}")),
            Some(_) => out.push_str(&format!("{decoration}{line}{newline}")),
            None => out.push_str(&format!("{decoration}{line}")),
        }
    }
    out.push_str(&times(format!("{newline}{postfix}"), postfix_count));
    if !end.is_empty() {
        out.push_str(&format!("{newline}{end}"));
    }
    made(out)
}
