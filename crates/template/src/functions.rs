//! The functions that every template can call.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use value::{Map, Value};

use crate::arguments::{Arguments, flag, integer, required, text, text_or};
use crate::evaluate::{Cycler, Evaluator, Joiner, Namespace, Range, masked};
use crate::filters::dates;
use crate::lookups;
use crate::outcome::{Outcome, Stop};

/// A function.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&mut Evaluator<'_>, Arguments) -> Outcome,
    /// Whether templates in strings among its arguments are rendered.
    pub(crate) embedded_templates: bool,
}

const fn function(name: &'static str, run: fn(&mut Evaluator<'_>, Arguments) -> Outcome) -> Function {
    Function { name, run, embedded_templates: false }
}

const fn lookup(name: &'static str, run: fn(&mut Evaluator<'_>, Arguments) -> Outcome) -> Function {
    Function { name, run, embedded_templates: true }
}

/// All functions.
const FUNCTIONS: &[Function] = &[
    function("cycler", cycler),
    function("dict", dict),
    function("joiner", joiner),
    function("lipsum", lipsum),
    lookup("lookup", one),
    function("namespace", namespace),
    function("now", now),
    lookup("q", all),
    lookup("query", all),
    function("range", range),
    function("undef", undef),
];

/// The function of a name.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// Whether there is a function of this name, or it is the word `omit`.
pub(crate) fn exists(name: &str) -> bool {
    name == "omit" || find(name).is_some()
}

/// The names of all functions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name).chain(["omit"])
}

fn range(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [first, second, step] = arguments.bind(["start", "stop", "step"])?;
    let first = integer(&required(first, "stop")?, "a bound")?;
    let (start, stop) = match second {
        Some(stop) => (first, integer(&stop, "a bound")?),
        None => (0, first),
    };
    let step = step.map_or(Ok(1), |step| integer(&step, "the step"))?;
    if step == 0 {
        return Err(Stop::new("range() arg 3 must not be zero"));
    }
    Ok(Value::Object(Arc::new(Range { start, stop, step })))
}

fn dict(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome {
    let mut map = Map::new();
    if !arguments.positional.is_empty() {
        map.extend(crate::evaluate::pairs(&arguments.first()?)?);
    }
    map.extend(arguments.named.into_iter().map(|(name, value)| (Value::string(name), value)));
    Ok(Value::from(map))
}

fn namespace(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome {
    let mut map = Map::new();
    if !arguments.positional.is_empty() {
        map.extend(crate::evaluate::pairs(&arguments.first()?)?);
    }
    map.extend(arguments.named.into_iter().map(|(name, value)| (Value::string(name), value)));
    Ok(Value::Object(Arc::new(Namespace::new(map))))
}

fn cycler(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    if arguments.positional.is_empty() {
        return Err(Stop::new("at least one item has to be provided"));
    }
    Ok(Value::Object(Arc::new(Cycler { items: arguments.positional, at: AtomicUsize::new(0) })))
}

fn joiner(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [separator] = arguments.bind(["sep"])?;
    let separator = separator.unwrap_or_else(|| Value::from(", "));
    Ok(Value::Object(Arc::new(Joiner { separator, calls: AtomicUsize::new(0) })))
}

/// Filler text; the original draws its words at random, so that no text is the right one.
fn lipsum(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [paragraphs, html, min, max] = arguments.bind(["n", "html", "min", "max"])?;
    let paragraphs = crate::arguments::integer_or(paragraphs, 5, "n")?.clamp(0, 1000);
    let html = flag(html, true)?;
    let words = crate::arguments::integer_or(min.or(max), 20, "min")?.clamp(1, 1000);
    let source = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna aliqua";
    let sentence: Vec<&str> = source.split(' ').cycle().take(usize::try_from(words).unwrap_or(20)).collect();
    let paragraph = format!("{}.", sentence.join(" "));
    let paragraph = if html { format!("<p>{paragraph}</p>") } else { paragraph };
    let all: Vec<String> = (0..paragraphs).map(|_| paragraph.clone()).collect();
    Ok(Value::string(all.join(if html { "\n" } else { "\n\n" })))
}

fn now(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [utc, format] = arguments.bind(["utc", "fmt"])?;
    let now = dates::now(flag(utc, false)?);
    match format {
        None | Some(Value::Null) => Ok(now),
        Some(format) => Ok(Value::string(dates::strftime_value(&now, &text(&format)?)?)),
    }
}

/// What `undef()` says if it is told nothing else.
pub(crate) const NOT_OVERRIDDEN: &str = "Mandatory variable has not been overridden";

fn undef(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [hint] = arguments.bind(["hint"])?;
    Ok(Value::undefined(text_or(hint, NOT_OVERRIDDEN)?))
}

fn one(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    looked_up(evaluator, arguments, false)
}

fn all(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    looked_up(evaluator, arguments, true)
}

fn looked_up(evaluator: &mut Evaluator<'_>, mut arguments: Arguments, wants_list: bool) -> Outcome {
    let name = arguments.first()?;
    let written = text(&name)?;
    let found = lookups::find(&written).ok_or_else(|| masked(lookups::unknown(&written), [&name]))?;
    let wantlist = flag(arguments.take("wantlist"), false)? || wants_list;
    lookups::run(evaluator, &written, found, arguments, wantlist)
}
