//! The variables of a connection, which a task can ask for even if nobody has set them.

use diag::Result;
use value::{Text, Value};

use super::HostScope;
use crate::remote;

/// How the task's host is reached, by the names under which others may have set it; `None` for any other name and for
/// what is nowhere said.
///
/// # Errors
/// A variable that says how can't be rendered, or has a wrong type.
pub(super) fn variable(scope: &HostScope, name: &str) -> Result<Option<Value>> {
    const NAMES: [&str; 15] = [
        "ansible_connection",
        "ansible_host",
        "ansible_password",
        "ansible_pipelining",
        "ansible_port",
        "ansible_private_key_file",
        "ansible_shell_executable",
        "ansible_ssh_host",
        "ansible_ssh_pass",
        "ansible_ssh_password",
        "ansible_ssh_port",
        "ansible_ssh_private_key_file",
        "ansible_ssh_user",
        "ansible_timeout",
        "ansible_user",
    ];
    if !NAMES.contains(&name) {
        return Ok(None);
    }
    let target = remote::target(scope, scope)?;
    Ok(match name {
        "ansible_connection" => Some(target.connection.into()),
        // The host that no inventory has is this machine.
        "ansible_host" | "ansible_ssh_host" if scope.world.inventory().host(&scope.host).is_none() => {
            Some("127.0.0.1".into())
        }
        "ansible_host" | "ansible_ssh_host" => Some(target.host.into()),
        "ansible_port" | "ansible_ssh_port" => target.port.map(|port| i64::from(port).into()),
        "ansible_user" | "ansible_ssh_user" => target.user.map(Value::from),
        "ansible_private_key_file" | "ansible_ssh_private_key_file" => {
            target.private_key_file.map(|path| path.to_string_lossy().into_owned().into())
        }
        "ansible_timeout" => Some(i64::try_from(target.connect_timeout.as_secs()).unwrap_or(i64::MAX).into()),
        // The usual ones, which make no difference here.
        "ansible_shell_executable" => Some("/bin/sh".into()),
        "ansible_pipelining" => Some(false.into()),
        // A password.
        _ => target.password.map(|password| {
            let password = Value::String(Text::new(password.expose()).secret());
            scope.world.masks.learn(&password);
            password
        }),
    })
}
