use async_trait::async_trait;
use diag::Error;
use module::{Arguments, Manual};
use schemars::JsonSchema;
use serde::Deserialize;
use value::{Text, Value};

use crate::debug::template_errors;
use crate::{Action, Call, Done, Failure};

/// Shows what expressions come to, one by one, as Ansible's own tests of templates ask for it.
///
/// What is undefined is shown as its error.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DebugExpressions {
    /// An expression without braces, or a list of them.
    #[schemars(with = "serde_json::Value")]
    #[allow(dead_code)]
    expression: Value,
}

impl Arguments for DebugExpressions {
    const NAME: &'static str = "ansible._protomatter.debug";
    const EXAMPLES: &'static str = r#"
- name: What they come to
  ansible._protomatter.debug:
    expression:
      - ports | length
      - lookup('env', 'HOME')
"#;
}

pub(crate) struct DebugExpressionsAction;

#[async_trait]
impl Action for DebugExpressionsAction {
    fn manual(&self) -> Manual {
        Manual::of::<DebugExpressions>()
    }

    fn takes_unknowns(&self) -> bool {
        true
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let given = call.argument("expression").cloned().unwrap_or_default();
        let expressions = given.as_list().unwrap_or(std::slice::from_ref(&given));
        let mut values = Vec::with_capacity(expressions.len());
        let mut warnings = Vec::new();
        for expression in expressions {
            let text = match expression {
                Value::String(text) if text.is_trusted() => text.clone(),
                Value::Unknown(unknown) => return Ok(Done::unknown(unknown)),
                Value::String(_) => {
                    let error = Error::new("Encountered untrusted template or expression.");
                    return Err(call.failure(error.at(call.place_of(&["expression"]))));
                }
                other => Text::trusted(other.to_string(), None),
            };
            let (value, undefined) = call
                .templates
                .expression_shown(&text, call.scope)
                .map_err(|error| call.failure(error.at(call.place_of(&["expression"]))))?;
            warnings.extend(template_errors(&undefined));
            values.push(value);
        }
        let done = Done::default().and("expression_result", Value::list(values));
        Ok(Done { shown: true, warnings, ..done })
    }
}
