use diag::Result;
use value::{Text, Value};

use crate::Vars;

/// What the loader asks of the template language.
pub trait Language: Send + Sync {
    /// Whether the text is a well-formed template, its filters, tests and lookups known.
    ///
    /// # Errors
    /// It is not.
    fn check(&self, text: &Text) -> Result<()>;

    /// The same for a condition, which is written without delimiters.
    ///
    /// # Errors
    /// It is not.
    fn check_condition(&self, condition: &Value) -> Result<()>;

    /// Renders text with nothing but these variables.
    ///
    /// # Errors
    /// It can't be rendered with them.
    fn render(&self, text: &Text, vars: &Vars) -> Result<Value>;

    /// Whether templates know something of their own by this name, such as `lookup`.
    fn is_function(&self, _name: &str) -> bool {
        false
    }
}
