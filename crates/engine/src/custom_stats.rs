use indexmap::IndexMap;
use inventory::HostName;
use value::{Map, Value};

/// What playbooks have noted by `set_stats`, for the run and for single hosts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CustomStats {
    run: Map,
    hosts: IndexMap<HostName, Map>,
}

impl CustomStats {
    /// What concerns the whole run.
    pub fn run(&self) -> &Map {
        &self.run
    }

    /// What concerns single hosts, by name.
    pub fn hosts(&self) -> impl Iterator<Item = (&HostName, &Map)> {
        let mut hosts: Vec<(&HostName, &Map)> = self.hosts.iter().collect();
        hosts.sort_by_key(|(name, _)| *name);
        hosts.into_iter()
    }

    /// The same with all figures changed, as to hide a secret.
    pub(crate) fn change(&mut self, change: impl Fn(Map) -> Map) {
        for figures in std::iter::once(&mut self.run).chain(self.hosts.values_mut()) {
            *figures = change(std::mem::take(figures));
        }
    }

    /// Takes what one task notes: its `data`, for its host if `per_host`, else for the run. With `aggregate` a value is
    /// added to the one that is there: numbers and texts are summed up, lists joined, mappings merged; one of another
    /// type is dropped.
    pub(crate) fn add(&mut self, host: &HostName, stats: &Map) {
        let flag = |name: &str, default: bool| stats.get(name).and_then(Value::as_bool).unwrap_or(default);
        let target = match flag("per_host", false) {
            true => self.hosts.entry(host.clone()).or_default(),
            false => &mut self.run,
        };
        let Some(Value::Map(data)) = stats.get("data") else { return };
        for (name, value) in data.iter() {
            let sum = match target.get(name).filter(|_| flag("aggregate", true)) {
                None => Some(value.clone()),
                Some(known) => sum(known, value),
            };
            if let Some(sum) = sum {
                target.insert(name.clone(), sum);
            }
        }
    }
}

fn sum(known: &Value, more: &Value) -> Option<Value> {
    Some(match (known, more) {
        (Value::Int(known), Value::Int(more)) => Value::Int(known.checked_add(*more)?),
        (Value::Float(known), Value::Float(more)) => Value::Float(known + more),
        (Value::String(known), Value::String(more)) => {
            Value::String(known.with_text(format!("{}{}", known.as_str(), more.as_str())))
        }
        (Value::List(known), Value::List(more)) => Value::list(known.iter().chain(more.iter()).cloned()),
        (Value::Map(known), Value::Map(more)) => {
            let mut merged = (**known).clone();
            for (name, value) in more.iter() {
                let value = match (merged.get(name), value) {
                    (Some(inner @ Value::Map(_)), Value::Map(_)) => sum(inner, value)?,
                    _ => value.clone(),
                };
                merged.insert(name.clone(), value);
            }
            Value::from(merged)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(data: Value, per_host: bool, aggregate: bool) -> Map {
        let stats =
            Value::map([("data", data), ("per_host", per_host.into()), ("aggregate", aggregate.into())]);
        stats.as_map().cloned().unwrap()
    }

    #[test]
    fn what_is_noted_again_is_added_or_replaces() {
        let (host, mut custom) = (HostName::from("web1".to_owned()), CustomStats::default());
        let first = Value::map([("n", Value::Int(1)), ("l", Value::list([1])), ("t", "a".into())]);
        let second = Value::map([("n", Value::Int(2)), ("l", Value::list([2])), ("t", Value::Int(5))]);
        custom.add(&host, &stats(first.clone(), false, true));
        custom.add(&host, &stats(second, false, true));
        custom.add(&host, &stats(first.clone(), true, false));
        let run = Value::map([("n", Value::Int(3)), ("l", Value::list([1, 2])), ("t", "a".into())]);
        assert_eq!(Value::from(custom.run().clone()), run);
        assert_eq!(custom.hosts().map(|(_, map)| Value::from(map.clone())).collect::<Vec<_>>(), [first]);
        custom.add(&host, &stats(Value::map([("n", Value::Int(7))]), false, false));
        assert_eq!(custom.run().get("n"), Some(&Value::Int(7)));
    }
}
