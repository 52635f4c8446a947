use actions::{Done, Teller};
use diag::Result;
use value::{Convert, Map, Value};

use crate::variables::HostScope;

/// What stands in the place of an argument that is a secret; playbooks know these words.
const HIDDEN: &str = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER";

/// What a result tells as its `invocation`: the arguments that the module was called with. `None` if nobody wants to
/// know, which the variable `ansible_inject_invocation` or the setting of that name says.
pub(super) fn asked_for(scope: &HostScope, arguments: &Map) -> Result<Option<Value>> {
    let wanted = match scope.rendered("ansible_inject_invocation")? {
        Some(value) => value.to_bool().unwrap_or(false),
        None => scope.world.settings.inject_invocation,
    };
    if !wanted {
        return Ok(None);
    }
    let shown: Map = arguments
        .iter()
        .map(|(name, value)| {
            let hidden = is_secret(name) && !value.is_null();
            (name.clone(), if hidden { HIDDEN.into() } else { value.clone() })
        })
        .collect();
    Ok(Some(Value::map([("module_args", Value::from(shown))])))
}

/// Only modules have been invoked; other actions end on the controller.
pub(super) fn tell(done: &mut Done, invocation: Option<Value>) {
    if let Some(invocation) = invocation.filter(|_| done.teller == Teller::Module) {
        done.result.insert("invocation".into(), invocation);
    }
}

fn is_secret(name: &Value) -> bool {
    let words = ["password", "passphrase", "secret", "token"];
    name.as_str()
        .is_some_and(|name| words.iter().any(|word| name == *word || name.ends_with(&format!("_{word}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_that_are_secrets_are_known_by_their_names() {
        for name in ["password", "url_password", "ssh_key_passphrase"] {
            assert!(is_secret(&name.into()), "{name}");
        }
        for name in ["password_lock", "update_password_when", "dest"] {
            assert!(!is_secret(&name.into()), "{name}");
        }
    }
}
