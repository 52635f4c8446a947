use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexSet;
use value::Value;

use crate::group::{ALL, GroupName, UNGROUPED};
use crate::variables::Variables;

/// A host's name in the inventory; cheap to clone.
pub type HostName = Arc<str>;

/// The names that mean the machine Capstan runs on, where no inventory says otherwise.
pub(crate) const LOCALHOST: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A host of the inventory.
#[derive(Clone, Debug)]
pub struct Host {
    name: HostName,
    source: Option<Arc<HostSource>>,
    implicit: bool,
    pub(crate) groups: IndexSet<GroupName>,
    pub(crate) variables: Variables,
}

/// The source that a host was first named in.
#[derive(Debug)]
pub(crate) struct HostSource {
    pub(crate) file: PathBuf,
    /// Nothing for a list of hosts.
    pub(crate) directory: Option<PathBuf>,
}

impl Host {
    /// Whether it is in a group that somebody made.
    pub(crate) fn is_grouped(&self) -> bool {
        self.groups.iter().any(|group| !matches!(&**group, ALL | UNGROUPED))
    }

    pub(crate) fn new(name: HostName, source: Option<Arc<HostSource>>) -> Host {
        Host { name, source, implicit: false, groups: IndexSet::new(), variables: Variables::default() }
    }

    /// The machine Capstan runs on, for plays on `localhost` that no inventory names.
    pub(crate) fn implicit(name: &str) -> Host {
        let mut host = Host::new(name.into(), None);
        host.implicit = true;
        host.variables.set("ansible_connection".into(), "local".into(), None);
        let interpreter = value::Text::trusted("{{ ansible_playbook_python }}", None);
        host.variables.set("ansible_python_interpreter".into(), Value::String(interpreter), None);
        host
    }

    /// The name.
    pub fn name(&self) -> &HostName {
        &self.name
    }

    /// Whether it is the machine Capstan runs on, and no inventory names it. Such a host is not in `all`.
    pub fn is_implicit(&self) -> bool {
        self.implicit
    }

    /// What the variable `inventory_file` holds: the source it was first named in, or null for a host added at run
    /// time.
    pub fn inventory_file(&self) -> Value {
        self.source.as_ref().map(|source| source.file.to_string_lossy().into_owned()).into()
    }

    /// What the variable `inventory_dir` holds: the directory of that source, or null.
    pub fn inventory_dir(&self) -> Value {
        let directory = self.source.as_ref().and_then(|source| source.directory.as_ref());
        directory.map(|directory| directory.to_string_lossy().into_owned()).into()
    }
}
