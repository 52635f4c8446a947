//! Which arguments go together, in the words that playbooks look for.

use system::{Error, Result};

/// At most one of these arguments may be given.
///
/// # Errors
/// More are.
pub fn mutually_exclusive(arguments: &[(&str, bool)]) -> Result<()> {
    if arguments.iter().filter(|(_, given)| *given).count() <= 1 {
        return Ok(());
    }
    Err(Error::failed(format!("parameters are mutually exclusive: {}", names(arguments, "|"))))
}

/// At least one of these arguments must be given.
///
/// # Errors
/// None is.
pub fn required_one_of(arguments: &[(&str, bool)]) -> Result<()> {
    if arguments.iter().any(|(_, given)| *given) {
        return Ok(());
    }
    Err(Error::failed(format!("one of the following is required: {}", names(arguments, ", "))))
}

/// All of these arguments must be given, because another has a value: `reason` says which, as in `state is link`.
///
/// # Errors
/// Some are not.
pub fn required_since(reason: &str, arguments: &[(&str, bool)]) -> Result<()> {
    let missing: Vec<&str> =
        arguments.iter().filter(|(_, given)| !given).map(|(argument, _)| *argument).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::failed(format!("{reason} but all of the following are missing: {}", missing.join(", "))))
}

fn names(arguments: &[(&str, bool)], between: &str) -> String {
    arguments.iter().map(|(argument, _)| *argument).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_that_playbooks_look_for() {
        let message = |outcome: Result<()>| outcome.map_err(|error| error.to_string()).unwrap_err();
        assert!(mutually_exclusive(&[("a", true), ("b", false)]).is_ok());
        assert_eq!(
            message(mutually_exclusive(&[("a", true), ("b", true)])),
            "parameters are mutually exclusive: a|b"
        );
        assert!(required_one_of(&[("a", true), ("b", false)]).is_ok());
        assert_eq!(
            message(required_one_of(&[("a", false), ("b", false)])),
            "one of the following is required: a, b"
        );
        assert_eq!(
            message(required_since("state is link", &[("src", false), ("path", true)])),
            "state is link but all of the following are missing: src"
        );
    }
}
