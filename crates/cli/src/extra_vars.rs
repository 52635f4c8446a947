use std::sync::Arc;

use diag::{Error, Result, Source, Span};
use playbook::{Loader, Vars};
use value::{Text, Value};

/// The variables of `-e`: `key=value` words, a YAML or JSON mapping, or `@FILE`; later ones win.
///
/// # Errors
/// One of them is none of these, or the file can't be read.
pub(crate) fn read(arguments: &[String], loader: &Loader) -> Result<Vars> {
    let mut all = Vars::new();
    for argument in arguments {
        let one = match argument.strip_prefix('@') {
            Some(path) => loader.load_vars(path.as_ref())?,
            None => parse(argument)?,
        };
        all.overlay(&one);
    }
    Ok(all)
}

fn parse(argument: &str) -> Result<Vars> {
    let source = Source::new("<extra variables>", argument);
    let span = Span::new(&source, 0, argument.len());
    let mut vars = Vars::new();
    if argument.trim_start().starts_with(['{', '[']) {
        let document = yaml::parse(&source)?;
        let entries = match &document.root {
            Some(root) => root.expect_entries("extra variables")?,
            None => return Ok(vars),
        };
        for entry in entries {
            let Some(name) = entry.key.as_str() else {
                return Err(entry.key.wrong_type("a variable's name", "a string"));
            };
            vars.insert(name, entry.value.to_value(), &entry.key.span);
        }
        return Ok(vars);
    }
    for pair in playbook::pairs(argument).map_err(|message| Error::new(message).at(&span))? {
        let Some((name, value)) = pair else {
            return Err(Error::new(format!("'{argument}' is no variable"))
                .at(&span)
                .hint("write -e name=value, -e '{\"name\": \"value\"}' or -e @file.yml"));
        };
        vars.insert(Arc::<str>::from(name), Value::String(Text::trusted(value, Some(span.clone()))), &span);
    }
    Ok(vars)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_text_and_mappings_have_types() {
        let vars = parse("a=1 b='two words'").unwrap();
        assert_eq!(vars.get("a").unwrap().value, Value::from("1"));
        assert_eq!(vars.get("b").unwrap().value, Value::from("two words"));
        let vars = parse("{a: 1, b: [x]}").unwrap();
        assert_eq!(vars.get("a").unwrap().value, Value::Int(1));
        let vars = parse("a={{ b | default('x y') }} c='{{ d }} e'").unwrap();
        assert_eq!(vars.get("a").unwrap().value, Value::from("{{ b | default('x y') }}"));
        assert_eq!(vars.get("c").unwrap().value, Value::from("{{ d }} e"));
        assert!(parse("just words").is_err());
    }
}
