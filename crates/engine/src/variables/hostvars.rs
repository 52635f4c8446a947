use std::any::Any;
use std::fmt;
use std::sync::Arc;

use diag::Result;
use inventory::HostName;
use template::Scope;
use value::{Map, Object, Value};

use super::HostScope;

/// `hostvars`: every host's variables, rendered when they are asked for.
pub(crate) struct AllHostVars(pub(crate) HostScope);

/// All variables that are seen in one place, by name, rendered when they are asked for: `hostvars[host]` and `vars`.
pub(crate) struct AllVars {
    scope: HostScope,
    type_name: &'static str,
}

impl AllVars {
    /// `vars`: what is seen here.
    pub(crate) fn here(scope: &HostScope) -> AllVars {
        AllVars { scope: scope.as_written(), type_name: "dict" }
    }

    /// `ansible_delegated_vars[host]`: what is seen of the host that does the task instead.
    pub(crate) fn of_delegate(scope: HostScope) -> AllVars {
        AllVars { scope, type_name: "dict" }
    }

    /// `hostvars[host]`: what is seen of another host.
    fn of_host(scope: &HostScope, host: &HostName) -> AllVars {
        AllVars { scope: scope.of_host(host), type_name: "HostVarsVars" }
    }
}

impl AllHostVars {
    fn hosts(&self) -> Vec<HostName> {
        self.0.world.inventory().hosts().map(|host| host.name().clone()).collect()
    }
}

impl Object for AllHostVars {
    fn type_name(&self) -> &str {
        "HostVars"
    }

    fn get(&self, key: &Value) -> Result<Option<Value>> {
        let Some(name) = key.as_str() else { return Ok(None) };
        let host = self.0.world.inventory().host(name).map(|host| host.name().clone());
        Ok(host.map(|host| Value::Object(Arc::new(AllVars::of_host(&self.0, &host)))))
    }

    fn iterate(&self) -> Result<Option<Vec<Value>>> {
        Ok(Some(self.hosts().iter().map(|host| Value::from(&**host)).collect()))
    }

    fn contains(&self, key: &Value) -> Result<bool> {
        Ok(key.as_str().is_some_and(|name| self.0.world.inventory().host(name).is_some()))
    }

    fn to_mapping(&self) -> Result<Option<Map>> {
        let entry = |host: HostName| {
            let variables = AllVars::of_host(&self.0, &host);
            (Value::from(&*host), Value::Object(Arc::new(variables)))
        };
        Ok(Some(self.hosts().into_iter().map(entry).collect()))
    }

    fn is_mapping(&self) -> bool {
        true
    }

    fn to_value(&self) -> Result<Value> {
        let mut all = Map::new();
        for host in self.hosts() {
            all.insert((&*host).into(), AllVars::of_host(&self.0, &host).to_value()?);
        }
        Ok(all.into())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Names of variables that are objects over all others: as data they would hold themselves.
const OBJECTS: [&str; 2] = ["hostvars", "vars"];

fn rendered(scope: &HostScope, key: &Value) -> Result<Option<Value>> {
    match key.as_str() {
        Some(name) => scope.rendered(name),
        None => Ok(None),
    }
}

fn as_data(scope: &HostScope) -> Map {
    let mut map = Map::new();
    for name in scope.names() {
        if OBJECTS.contains(&name.as_str()) {
            continue;
        }
        // Whoever takes all of them takes the broken ones too, and fails only where one of these is used.
        match scope.rendered(&name) {
            Ok(Some(value)) => {
                map.insert(name.into(), value);
            }
            Ok(None) => {}
            Err(error) => {
                map.insert(name.into(), Value::undefined(error.summary()));
            }
        }
    }
    map
}

impl Object for AllVars {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn get(&self, key: &Value) -> Result<Option<Value>> {
        rendered(&self.scope, key)
    }

    fn iterate(&self) -> Result<Option<Vec<Value>>> {
        Ok(Some(self.scope.names().into_iter().map(Value::from).collect()))
    }

    fn contains(&self, key: &Value) -> Result<bool> {
        Ok(match key.as_str() {
            Some(name) => self.scope.variable(name)?.is_some(),
            None => false,
        })
    }

    fn to_mapping(&self) -> Result<Option<Map>> {
        Ok(Some(as_data(&self.scope)))
    }

    fn is_mapping(&self) -> bool {
        true
    }

    fn to_value(&self) -> Result<Value> {
        Ok(as_data(&self.scope).into())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl fmt::Debug for AllHostVars {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("hostvars")
    }
}

impl fmt::Debug for AllVars {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the variables of '{}'", self.scope.host)
    }
}
