//! Variables that nobody sets: where, who and what the play is about.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use indexmap::IndexSet;
use playbook::Role;
use template::Scope;
use value::{Map, Value};

use super::hostvars::{AllHostVars, AllVars};
use super::{HostScope, python};

/// The version of Ansible whose playbook language this is, for playbooks that ask.
pub const LANGUAGE_VERSION: (i64, i64, i64) = (2, 21, 5);

/// Every magic variable.
pub(crate) const NAMES: &[&str] = &[
    "ansible_check_mode",
    "ansible_collection_name",
    "ansible_config_file",
    "ansible_dependent_role_names",
    "ansible_diff_mode",
    "ansible_facts",
    "ansible_forks",
    "ansible_inventory_sources",
    "ansible_limit",
    "ansible_parent_role_names",
    "ansible_parent_role_paths",
    "ansible_play_batch",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "ansible_play_name",
    "ansible_play_role_names",
    "ansible_playbook_python",
    "ansible_role_name",
    "ansible_role_names",
    "ansible_run_tags",
    "ansible_search_path",
    "ansible_skip_tags",
    "ansible_verbosity",
    "ansible_version",
    "group_names",
    "groups",
    "hostvars",
    "inventory_dir",
    "inventory_file",
    "inventory_hostname",
    "inventory_hostname_short",
    "omit",
    "play_hosts",
    "playbook_dir",
    "role_name",
    "role_names",
    "role_path",
    "vars",
];

/// The value of a magic variable; `None` if it is none, or means nothing here (`role_name` outside of a role).
pub(crate) fn variable(scope: &HostScope, name: &str) -> Option<Value> {
    let settings = &scope.world.settings;
    let role = || scope.task.as_ref().and_then(|task| task.scope.role.clone());
    let locked = |list: &std::sync::RwLock<Vec<inventory::HostName>>| {
        Value::list(
            list.read().unwrap_or_else(PoisonError::into_inner).iter().map(|host| Value::from(&**host)),
        )
    };
    Some(match name {
        "inventory_hostname" => (&*scope.host).into(),
        "inventory_hostname_short" => scope.host.split('.').next().unwrap_or_default().into(),
        "group_names" => Value::list(
            scope.world.inventory().group_names(&scope.host).iter().map(|name| Value::from(&**name)),
        ),
        "groups" => {
            let groups = scope.world.inventory().groups();
            let hosts = |hosts: &Arc<[inventory::HostName]>| {
                Value::list(hosts.iter().map(|host| Value::from(&**host)))
            };
            Value::map(groups.iter().map(|(name, members)| (name.to_string(), hosts(members))))
        }
        "hostvars" => Value::Object(Arc::new(AllHostVars(scope.clone()))),
        "vars" => Value::Object(Arc::new(AllVars::here(scope))),
        "inventory_dir" => scope.world.inventory().host(&scope.host)?.inventory_dir(),
        "inventory_file" => scope.world.inventory().host(&scope.host)?.inventory_file(),
        "ansible_inventory_sources" => Value::list(scope.world.inventory().sources().iter()),
        "playbook_dir" => scope.playbook_dir().to_string_lossy().as_ref().into(),
        "omit" => Value::Omit,
        "ansible_play_name" => scope.play.name.as_str().into(),
        "ansible_play_hosts" => locked(&scope.play.active),
        "ansible_play_batch" | "play_hosts" => {
            let active = scope.play.active.read().unwrap_or_else(PoisonError::into_inner);
            let batch = scope.play.batch.read().unwrap_or_else(PoisonError::into_inner);
            Value::list(batch.iter().filter(|host| active.contains(host)).map(|host| Value::from(&**host)))
        }
        "ansible_play_hosts_all" => Value::list(scope.play.all_hosts.iter().map(|host| Value::from(&**host))),
        "ansible_play_role_names" | "role_names" => Value::list(scope.play.role_names()),
        "ansible_dependent_role_names" => Value::list(scope.play.dependent_role_names()),
        "ansible_role_names" => {
            let names: IndexSet<String> =
                scope.play.role_names().into_iter().chain(scope.play.dependent_role_names()).collect();
            Value::list(names)
        }
        "role_name" => role()?.name.as_str().into(),
        "ansible_role_name" => role()?.full_name().into(),
        "role_path" => path(Some(&role()?.path)),
        "ansible_collection_name" => Value::from(role()?.collection.as_deref()),
        "ansible_parent_role_names" => parents(role()?, |role| role.name.clone())?,
        "ansible_parent_role_paths" => parents(role()?, |role| role.path.display().to_string())?,
        "ansible_search_path" => {
            Value::list(scope.search_path().iter().map(|path| path.display().to_string()))
        }
        "ansible_check_mode" => settings.check.into(),
        "ansible_diff_mode" => settings.diff.into(),
        "ansible_forks" => settings.forks.into(),
        "ansible_limit" => settings.limit.as_deref()?.into(),
        "ansible_run_tags" if settings.tags.is_empty() => Value::list(["all"]),
        "ansible_run_tags" => Value::list(settings.tags.iter()),
        "ansible_skip_tags" => Value::list(settings.skip_tags.iter()),
        "ansible_verbosity" => Value::Int(settings.verbosity.into()),
        "ansible_config_file" => path(settings.config_file.as_deref()),
        "ansible_playbook_python" => path(Some(python::of_controller())),
        "ansible_version" => version(),
        _ => return None,
    })
}

fn path(path: Option<&Path>) -> Value {
    Value::from(path.map(|path| path.to_string_lossy().into_owned()))
}

/// What roles that lie in no other one don't have.
fn parents(role: Arc<Role>, what: impl Fn(&Role) -> String) -> Option<Value> {
    (!role.parents.is_empty()).then(|| Value::list(role.parents.iter().rev().map(|parent| what(parent))))
}

/// What is seen of another host.
pub(crate) fn is_of_host(name: &str) -> bool {
    const OF_PLAY: [&str; 9] = [
        "ansible_limit",
        "ansible_search_path",
        "ansible_collection_name",
        "hostvars",
        "omit",
        "play_hosts",
        "role_names",
        "role_path",
        "vars",
    ];
    !OF_PLAY.contains(&name)
        && !name.starts_with("ansible_play_")
        && !name.contains("role_name")
        && !name.starts_with("ansible_parent_role")
}

fn version() -> Value {
    let (major, minor, revision) = LANGUAGE_VERSION;
    let full = format!("{major}.{minor}.{revision}");
    Value::map([
        ("full", Value::from(full.as_str())),
        ("major", major.into()),
        ("minor", minor.into()),
        ("revision", revision.into()),
        ("string", full.into()),
    ])
}

/// The facts under the names that they have in `ansible_facts`: without `ansible_`.
pub(crate) fn ansible_facts(facts: &Map) -> Value {
    let short = |key: &Value| match key.as_str() {
        Some("ansible_local") | None => key.clone(),
        Some(name) => Value::from(name.strip_prefix("ansible_").unwrap_or(name)),
    };
    facts.iter().map(|(key, value)| (short(key), value.clone())).collect::<Map>().into()
}
