use diag::Result;
use yaml::Node;

use crate::Vars;

/// The variables of a mapping, or none. What was encrypted is secret.
///
/// # Errors
/// It is something else, or a name is no string.
pub(crate) fn mapping(node: &Node, encrypted: bool) -> Result<Vars> {
    let mut vars = Vars::new();
    if node.is_null() {
        return Ok(vars);
    }
    for entry in node.expect_entries("a file of variables")? {
        let Some(name) = entry.key.as_str() else {
            return Err(entry.key.wrong_type("a variable's name", "a string"));
        };
        let mut value = entry.value.to_value();
        if encrypted {
            value = value.map_text(&mut |text| text.clone().secret());
        }
        vars.insert(name, value, &entry.key.span);
    }
    Ok(vars)
}

/// The variables of a mapping, or of each mapping in a list, in their order.
///
/// # Errors
/// As of [`mapping`].
pub(crate) fn mappings(node: &Node, encrypted: bool) -> Result<Vec<Vars>> {
    match node.items() {
        Some(items) => items.iter().map(|item| mapping(item, encrypted)).collect(),
        None => Ok(vec![mapping(node, encrypted)?]),
    }
}
