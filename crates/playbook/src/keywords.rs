use value::Text;
use yaml::Node;

/// The keywords that a task inherits from its blocks, its roles and its play. On a [`crate::Task`] they are the final
/// ones: everything outer is merged in already. Values are as written; a template in them is rendered when the task runs.
///
/// Of most keywords the innermost one written wins. `when`, `environment`, `module_defaults` and `tags` gather what
/// all levels say.
#[derive(Clone, Debug, Default)]
pub struct Keywords {
    /// Conditions that must all hold; the outer ones come first and are evaluated first.
    pub when: Vec<Node>,
    /// Tags of all levels, without duplicates, outer first; each may be a template over play variables.
    pub tags: Vec<Text>,
    /// Mappings, or templates of mappings, of environment variables; outer first, so that later ones win.
    pub environment: Vec<Node>,
    /// Mappings from module or group name to default arguments; outer first, so that later ones win.
    pub module_defaults: Vec<Node>,
    /// Handlers or topics to notify on change; each a name, or a template that gives a name or a list of names.
    pub notify: Vec<Node>,
    /// Where to search for modules and roles written with a short name.
    pub collections: Vec<Text>,
    /// The host that carries out the task instead.
    pub delegate_to: Option<Node>,
    /// Whether facts belong to the delegate.
    pub delegate_facts: Option<Node>,
    /// The connection plugin.
    pub connection: Option<Node>,
    /// The connection's port.
    pub port: Option<Node>,
    /// The connection's user.
    pub remote_user: Option<Node>,
    /// Whether to become another user.
    pub r#become: Option<Node>,
    /// How to become another user.
    pub become_method: Option<Node>,
    /// Whom to become.
    pub become_user: Option<Node>,
    /// Flags for the become program.
    pub become_flags: Option<Node>,
    /// The become program.
    pub become_exe: Option<Node>,
    /// Whether arguments and results are masked.
    pub no_log: Option<Node>,
    /// Whether one host runs it for all of its batch.
    pub run_once: Option<Node>,
    /// Whether a failure is shown but not counted.
    pub ignore_errors: Option<Node>,
    /// Whether an unreachable host stays in the play.
    pub ignore_unreachable: Option<Node>,
    /// Whether this is a dry run, whatever the command line says.
    pub check_mode: Option<Node>,
    /// Whether differences are shown, whatever the command line says.
    pub diff: Option<Node>,
    /// Whether a failure on one host fails all hosts.
    pub any_errors_fatal: Option<Node>,
    /// The number of hosts that may run it at once.
    pub throttle: Option<Node>,
    /// Seconds after which the action is stopped; 0 is never.
    pub timeout: Option<Node>,
    /// When a person is let in with the debugger.
    pub debugger: Option<Node>,
}

impl Keywords {
    /// These keywords as they are inside of `outer`.
    pub fn within(mut self, outer: &Keywords) -> Keywords {
        prepend(&mut self.when, &outer.when);
        prepend(&mut self.environment, &outer.environment);
        prepend(&mut self.module_defaults, &outer.module_defaults);
        let own = std::mem::replace(&mut self.tags, outer.tags.clone());
        self.add_tags(own);
        if self.notify.is_empty() {
            self.notify.clone_from(&outer.notify);
        }
        if self.collections.is_empty() {
            self.collections.clone_from(&outer.collections);
        }
        macro_rules! innermost {
            ($($field:ident),*) => {$(
                if self.$field.is_none() {
                    self.$field.clone_from(&outer.$field);
                }
            )*};
        }
        innermost!(
            delegate_to,
            delegate_facts,
            connection,
            port,
            remote_user,
            r#become,
            become_method,
            become_user,
            become_flags,
            become_exe,
            no_log,
            run_once,
            ignore_errors,
            ignore_unreachable,
            check_mode,
            diff,
            any_errors_fatal,
            throttle,
            timeout,
            debugger
        );
        self
    }

    /// Adds the tags that are not there yet.
    pub fn add_tags(&mut self, tags: impl IntoIterator<Item = Text>) {
        for tag in tags {
            if !self.tags.iter().any(|known| **known == *tag) {
                self.tags.push(tag);
            }
        }
    }
}

fn prepend(own: &mut Vec<Node>, outer: &[Node]) {
    own.splice(0..0, outer.iter().cloned());
}
