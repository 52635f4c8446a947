//! The keywords of a task that are values: flags and numbers, rendered.

use diag::{Error, Result};
use value::{Convert, Value};
use yaml::Node;

use super::TaskRun;
use crate::variables::HostScope;

impl TaskRun {
    /// A keyword that is yes or no.
    ///
    /// # Errors
    /// It can't be rendered, or is neither.
    pub(super) fn keyword_flag(
        &self,
        scope: &HostScope,
        node: Option<&Node>,
        name: &str,
    ) -> Result<Option<bool>> {
        let Some((node, value)) = self.keyword(scope, node, name)? else { return Ok(None) };
        let flag = value.to_bool().map_err(|_| keyword_error(wrong_type(&value, "bool", node), name, node));
        flag.map(Some)
    }

    /// A keyword that is a number; `wanted` is what messages call it.
    ///
    /// # Errors
    /// It can't be rendered, or is no number.
    pub(super) fn keyword_number(
        &self,
        scope: &HostScope,
        node: Option<&Node>,
        name: &str,
        wanted: &str,
    ) -> Result<Option<f64>> {
        let Some((node, value)) = self.keyword(scope, node, name)? else { return Ok(None) };
        let number = value.to_f64().map_err(|_| keyword_error(wrong_type(&value, wanted, node), name, node));
        number.map(Some)
    }

    fn keyword<'n>(
        &self,
        scope: &HostScope,
        node: Option<&'n Node>,
        name: &str,
    ) -> Result<Option<(&'n Node, Value)>> {
        let Some(node) = node else { return Ok(None) };
        let value = scope
            .world
            .templates
            .resolve(&node.to_value(), scope)
            .map_err(|error| keyword_error(error.at(&node.span), name, node))?;
        Ok(Some((node, value)).filter(|(_, value)| !value.is_null() && !matches!(value, Value::Omit)))
    }
}

/// What went wrong with a keyword.
pub(super) fn keyword_error(error: Error, name: &str, node: &Node) -> Error {
    error.within(format!("Error processing keyword '{name}'"), Some(&node.span))
}

/// The value of a keyword that is to be of another type.
fn wrong_type(value: &Value, wanted: &str, node: &Node) -> Error {
    Error::new(format!("The value '{value}' could not be converted to '{wanted}'.")).at(&node.span)
}
