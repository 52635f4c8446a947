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

/// `hostvars[host]`: one host's variables.
pub(crate) struct HostVars(HostScope);

/// `vars`: the variables that are seen here, by name.
pub(crate) struct AllVars(pub(crate) HostScope);

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
        Ok(host.map(|host| Value::Object(Arc::new(HostVars(self.0.of_host(&host))))))
    }

    fn iterate(&self) -> Result<Option<Vec<Value>>> {
        Ok(Some(self.hosts().iter().map(|host| Value::from(&**host)).collect()))
    }

    fn contains(&self, key: &Value) -> Result<bool> {
        Ok(key.as_str().is_some_and(|name| self.0.world.inventory().host(name).is_some()))
    }

    fn to_value(&self) -> Result<Value> {
        let mut all = Map::new();
        for host in self.hosts() {
            all.insert((&*host).into(), HostVars(self.0.of_host(&host)).to_value()?);
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

fn as_data(scope: &HostScope) -> Value {
    let mut map = Map::new();
    for name in scope.names() {
        // A variable that can't be rendered is nobody's concern who does not ask for it.
        if !OBJECTS.contains(&name.as_str())
            && let Ok(Some(value)) = scope.rendered(&name)
        {
            map.insert(name.into(), value);
        }
    }
    map.into()
}

impl Object for HostVars {
    fn type_name(&self) -> &str {
        "HostVarsVars"
    }

    fn get(&self, key: &Value) -> Result<Option<Value>> {
        rendered(&self.0, key)
    }

    fn iterate(&self) -> Result<Option<Vec<Value>>> {
        Ok(Some(self.0.names().into_iter().map(Value::from).collect()))
    }

    fn contains(&self, key: &Value) -> Result<bool> {
        Ok(match key.as_str() {
            Some(name) => self.0.variable(name)?.is_some(),
            None => false,
        })
    }

    fn to_value(&self) -> Result<Value> {
        Ok(as_data(&self.0))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Object for AllVars {
    fn type_name(&self) -> &str {
        "dict"
    }

    fn get(&self, key: &Value) -> Result<Option<Value>> {
        rendered(&self.0, key)
    }

    fn iterate(&self) -> Result<Option<Vec<Value>>> {
        Ok(Some(self.0.names().into_iter().map(Value::from).collect()))
    }

    fn contains(&self, key: &Value) -> Result<bool> {
        Ok(match key.as_str() {
            Some(name) => self.0.variable(name)?.is_some(),
            None => false,
        })
    }

    fn to_value(&self) -> Result<Value> {
        Ok(as_data(&self.0))
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

impl fmt::Debug for HostVars {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "hostvars['{}']", self.0.host)
    }
}

impl fmt::Debug for AllVars {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("vars")
    }
}
