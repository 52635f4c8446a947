use std::path::Path;

use diag::{Error, Errors, Result};
use playbook::{Loader, Playbook};
use serde_json::{Map, Value, json};

/// A task that a command line names, to be run as a playbook of its own.
pub(crate) struct SingleTask<'a> {
    /// The hosts.
    pub(crate) pattern: &'a str,
    /// The action or module.
    pub(crate) action: &'a str,
    /// Its arguments: as a task has them behind the action's name, or as JSON.
    pub(crate) arguments: &'a str,
    /// Seconds that it may go on in the background; 0 is not in the background.
    pub(crate) background: u64,
    /// Seconds between looks at it.
    pub(crate) poll: u64,
}

/// Actions that make no sense outside of a playbook.
const REFUSED: [&str; 2] = ["import_playbook", "meta"];

/// Actions that can't go on in the background.
const FOREGROUND: [&str; 4] = ["include_role", "include_tasks", "import_role", "import_tasks"];

impl SingleTask<'_> {
    /// Refuses what can't be meant.
    ///
    /// # Errors
    /// The action needs arguments and has none, or can't stand alone.
    pub(crate) fn check(&self) -> Result<()> {
        let action = short(self.action);
        let needs = ["command", "shell", "raw", "script", "win_command", "win_shell"];
        if needs.contains(&action) && self.arguments.is_empty() {
            return Err(Error::new(format!("No argument passed to {} module", self.action))
                .hint("give the command with -a"));
        }
        if REFUSED.contains(&action) {
            return Err(Error::new(format!("'{}' is not a valid action for ad-hoc commands", self.action)));
        }
        Ok(())
    }

    /// The playbook, as if it stood in a file in `folder`.
    ///
    /// # Errors
    /// The action or an argument is wrong.
    pub(crate) fn playbook(&self, loader: &Loader, folder: &Path) -> Result<Playbook, Errors> {
        let action = self.action;
        let mut task = Map::new();
        match serde_json::from_str::<Value>(self.arguments) {
            Ok(Value::Object(arguments)) => {
                task.insert("action".into(), action.into());
                task.insert("args".into(), arguments.into());
            }
            _ => {
                let written = format!("{action} {}", self.arguments);
                task.insert("action".into(), written.trim_end().into());
            }
        }
        if self.background > 0 && !FOREGROUND.contains(&short(action)) {
            task.insert("async".into(), self.background.into());
            task.insert("poll".into(), self.poll.into());
        }
        let play = json!([{
            "name": "Ansible Ad-Hoc",
            "hosts": self.pattern,
            "gather_facts": false,
            "tasks": [task],
        }]);
        loader.load_text(&folder.join(format!("<adhoc '{action}' task>")), &format!("{play:#}"))
    }
}

/// The name without the collections of Ansible itself.
fn short(action: &str) -> &str {
    ["ansible.builtin.", "ansible.legacy.", "ansible.windows."]
        .iter()
        .find_map(|collection| action.strip_prefix(collection))
        .unwrap_or(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task<'a>(action: &'a str, arguments: &'a str) -> SingleTask<'a> {
        SingleTask { pattern: "all", action, arguments, background: 0, poll: 15 }
    }

    #[test]
    fn commands_need_a_command() {
        assert!(task("command", "").check().is_err());
        assert!(task("ansible.builtin.shell", "").check().is_err());
        assert!(task("shell", "id").check().is_ok());
        assert!(task("ping", "").check().is_ok());
    }

    #[test]
    fn what_needs_a_playbook_is_refused() {
        assert!(task("ansible.builtin.import_playbook", "x.yml").check().is_err());
    }
}
