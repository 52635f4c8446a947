use async_trait::async_trait;
use diag::Error;
use module::{Arguments, Manual};
use schemars::JsonSchema;
use serde::Deserialize;
use value::{Map, Value};

use crate::{Action, Call, Done, Failure, Verdict, argument_spec};

/// Checks variables against a specification, as roles do with what their `meta/argument_specs.yml` says.
///
/// Of each option of the specification the variable of that name is checked: whether it is there if it must be, its type
/// and its choices.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValidateArgumentSpec {
    /// The specification: what is said of each option, by its name.
    #[schemars(with = "Option<serde_json::Value>")]
    #[allow(dead_code)]
    argument_spec: Option<Value>,
    /// Values to check instead of the variables of the same names.
    #[schemars(with = "Option<serde_json::Value>")]
    #[allow(dead_code)]
    provided_arguments: Option<Value>,
    /// What the check is about, to be found again in the result.
    #[schemars(with = "Option<serde_json::Value>")]
    #[allow(dead_code)]
    validate_args_context: Option<Value>,
}

impl Arguments for ValidateArgumentSpec {
    const NAME: &'static str = "validate_argument_spec";
    const EXAMPLES: &'static str = r#"
- name: The port is a number
  validate_argument_spec:
    argument_spec:
      port:
        type: int
        required: true
"#;
}

pub(crate) struct ValidateArgumentSpecAction;

#[async_trait]
impl Action for ValidateArgumentSpecAction {
    fn manual(&self) -> Manual {
        Manual::of::<ValidateArgumentSpec>()
    }

    // What a dry run can't know is not checked.
    fn takes_unknowns(&self) -> bool {
        true
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let wrong = |name: &str, value: &Value| {
            let message =
                format!("Incorrect type for {name}, expected dict and got <class '{}'>", value.type_name());
            call.failure(Error::new(message).at(call.place_of(&[name])))
        };
        let spec = match call.argument("argument_spec") {
            Some(Value::Map(spec)) => spec.as_ref().clone(),
            Some(other) => return Err(wrong("argument_spec", other)),
            None => return Err(call.failure(Error::new("\"argument_spec\" arg is required in args"))),
        };
        let provided = match call.argument("provided_arguments") {
            Some(Value::Map(provided)) => provided.as_ref().clone(),
            Some(other) => return Err(wrong("provided_arguments", other)),
            None => Map::new(),
        };
        let mut given = Map::new();
        for name in spec.keys() {
            let text = name.to_string();
            if let Some(value) = call.scope.variable(&text)? {
                given.insert(name.clone(), call.templates.resolve(&value, call.scope)?);
            }
        }
        given.extend(provided);
        let context = call.argument("validate_args_context").cloned().unwrap_or_else(|| Map::new().into());
        let problems = argument_spec::problems(&spec, &given);
        if problems.is_empty() {
            return Ok(Done::with([
                ("msg", Value::from("The arg spec validation passed")),
                ("validate_args_context", context),
            ]));
        }
        let message = format!("Validation of arguments failed:\n{}", problems.join("\n"));
        Ok(Done {
            verdict: Verdict::Failed,
            ..Done::with([
                ("msg", Value::from(message)),
                ("argument_errors", Value::list(problems)),
                ("argument_spec_data", spec.into()),
                ("validate_args_context", context),
            ])
        })
    }
}
