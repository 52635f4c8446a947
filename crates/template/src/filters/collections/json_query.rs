//! Queries in JMESPath.

use diag::Error;
use value::JsonStyle;

use crate::arguments::{Arguments, required, text};
use crate::evaluate::Evaluator;
use crate::outcome::Outcome;

pub(super) fn json_query(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, query] = arguments.bind(["data", "expr"])?;
    let (value, query) = (required(value, "data")?, text(&required(query, "expr")?)?);
    let failed = |error: &dyn std::fmt::Display| {
        Error::new("JMESPathError in json_query filter plugin").cause(error.to_string().trim())
    };
    let query = jmespath::compile(&query).map_err(|error| failed(&error))?;
    let data =
        jmespath::Variable::from_json(&value.to_json(JsonStyle::LINE)).map_err(|error| failed(&error))?;
    let found = query.search(data).map_err(|error| failed(&error))?;
    let found = serde_json::to_string(&found).map_err(|error| failed(&error))?;
    Ok(serde_json::from_str(&found).map_err(|error| failed(&error))?)
}
