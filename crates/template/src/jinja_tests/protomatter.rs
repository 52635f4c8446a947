//! Tests of `ansible._protomatter`: what is said about a text beside the text itself.

use super::{JinjaTest, answer, items, only};
use crate::arguments::{Arguments, required, text};
use crate::evaluate::Evaluator;
use crate::filters::protomatter::{TAGS, tags};
use crate::outcome::{Outcome, Stop};

/// All of them, by their full names.
pub(super) const TESTS: &[JinjaTest] =
    &[items("ansible._protomatter.tagged", tagged), items("ansible._protomatter.tagged_with", tagged_with)];

fn tagged(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(!tags(&only(arguments)?).is_empty())
}

fn tagged_with(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, name] = arguments.bind(["value", "tag_name"])?;
    let (value, name) = (required(value, "value")?, text(&required(name, "tag_name")?)?);
    if !TAGS.contains(&name.as_str()) {
        return Err(Stop::new(format!("Unknown tag name '{name}'.")));
    }
    answer(tags(&value).contains(&name.as_str()))
}
