use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::Path;

use diag::{Error, Result};
use serde_json::{Map, Value};

/// What a run did, read from the JSON that both programs print.
pub(crate) struct Results {
    /// In the order in which they happened.
    pub(crate) steps: Vec<(Key, Step)>,
    /// For each host the numbers of the recap.
    pub(crate) recap: BTreeMap<String, BTreeMap<String, u64>>,
    pub(crate) seconds: f64,
}

/// A task on a host, for one item if it loops.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    play: String,
    /// `file:line`.
    place: String,
    task: String,
    pub(crate) host: String,
    item: Option<String>,
    /// How many like it there were before: a handler or an included file may run several times.
    before: usize,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Step {
    pub(crate) changed: bool,
    pub(crate) failed: bool,
    pub(crate) skipped: bool,
    pub(crate) unknown: bool,
    pub(crate) message: String,
    pub(crate) diff: Value,
}

impl Results {
    /// Reads what a run in the folder `site` printed.
    ///
    /// # Errors
    /// It is not what the callback `ansible.posix.json` prints.
    pub(crate) fn parse(text: &str, site: &Path, seconds: f64) -> Result<Results> {
        let wrong = |cause: &dyn fmt::Display| Error::new("it printed no results").cause(cause);
        let start = text.find("\n{").map_or(0, |place| place + 1);
        let document: Value = serde_json::from_str(&text[start..]).map_err(|error| wrong(&error))?;
        let mut results = Results { steps: Vec::new(), recap: recap(&document["stats"]), seconds };
        let mut seen: HashMap<Key, usize> = HashMap::new();
        for play in list(&document["plays"]) {
            for task in list(&play["tasks"]) {
                let place = word(&task["task"]["path"]);
                let place = Path::new(&place);
                let place = place.strip_prefix(site).unwrap_or(place).to_string_lossy().into_owned();
                for (host, result) in task["hosts"].as_object().into_iter().flatten() {
                    // The programs differ in whether they tell of it; what is included is told of in any case.
                    let action = word(&result["action"]);
                    if ["include_tasks", "include_role"].iter().any(|include| action.ends_with(include)) {
                        continue;
                    }
                    for (item, result) in items(result, site) {
                        let mut key = Key {
                            play: word(&play["play"]["name"]),
                            place: place.clone(),
                            task: word(&task["task"]["name"]),
                            host: host.clone(),
                            item,
                            before: 0,
                        };
                        let count = seen.entry(key.clone()).or_default();
                        key.before = *count;
                        *count += 1;
                        results.steps.push((key, Step::of(result)));
                    }
                }
            }
        }
        Ok(results)
    }

    /// Whether a host did not get to the end, as the recap has it: failures that are rescued or ignored are none.
    pub(crate) fn has_failed(&self, host: &str) -> bool {
        let numbers = self.recap.get(host);
        numbers
            .is_some_and(|numbers| ["failures", "unreachable"].iter().any(|key| numbers.get(*key) > Some(&0)))
    }

    /// The steps by their keys.
    pub(crate) fn by_key(&self) -> HashMap<&Key, &Step> {
        self.steps.iter().map(|(key, step)| (key, step)).collect()
    }
}

/// The results of a loop's items, or of the task itself.
fn items<'a>(result: &'a Value, site: &Path) -> Vec<(Option<String>, &'a Value)> {
    let variable = |item: &Value| item["ansible_loop_var"].as_str().map(str::to_owned);
    let results = list(&result["results"]);
    if results.is_empty() || results.iter().any(|item| variable(item).is_none()) {
        return vec![(None, result)];
    }
    let site = site.to_string_lossy();
    let label = |item: &Value| variable(item).map(|name| item[&name].to_string().replace(&*site, "."));
    results.iter().map(|item| (label(item), item)).collect()
}

impl Step {
    fn of(result: &Value) -> Step {
        let is = |key: &str| result[key].as_bool().unwrap_or(false);
        // An item of ansible-core whose module broke off has an exception, and no word of a failure.
        let failed = is("failed") || is("unreachable") || result.get("exception").is_some();
        // Items of ansible-core that a condition leaves out have the reason only.
        let skipped = is("skipped") || result.get("skip_reason").is_some();
        let changed = is("changed") && !failed && !skipped;
        let unknown = result.get("unknown").is_some_and(|unknown| !unknown.is_null());
        let message = match unknown {
            true => word(&result["unknown"]),
            false => word(&result["msg"]),
        };
        Step { changed, failed, skipped, unknown, message, diff: result["diff"].clone() }
    }

    /// The word for it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Step { failed: true, .. } => "failed",
            Step { unknown: true, .. } => "unknown",
            Step { skipped: true, .. } => "skipped",
            Step { changed: true, .. } => "changed",
            _ => "ok",
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} [{}] on {}", self.place, self.task, self.host)?;
        self.item.as_ref().map_or(Ok(()), |item| write!(formatter, " for {item}"))
    }
}

fn recap(stats: &Value) -> BTreeMap<String, BTreeMap<String, u64>> {
    let numbers = |host: &Map<String, Value>| {
        host.iter().filter_map(|(name, number)| Some((name.clone(), number.as_u64()?))).collect()
    };
    let hosts = stats.as_object().into_iter().flatten();
    hosts.filter_map(|(host, counts)| Some((host.clone(), numbers(counts.as_object()?)))).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn word(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn items_and_repetitions_are_steps_of_their_own() {
        let task = |hosts: Value| json!({"task": {"name": "T", "path": "/site/site.yml:3"}, "hosts": hosts});
        let looped = json!({"changed": true, "results": [
            {"ansible_loop_var": "item", "item": "a", "changed": true},
            {"ansible_loop_var": "item", "item": "b", "changed": false},
        ]});
        let document = json!({
            "plays": [{"play": {"name": "P"}, "tasks": [
                task(json!({"web": looped})),
                task(json!({"web": {"changed": false, "failed": true, "msg": "no"}})),
                task(json!({"web": {"changed": true, "unknown": "why"}})),
            ]}],
            "stats": {"web": {"ok": 2, "changed": 1}},
        });
        let results = Results::parse(&format!("a warning\n{document}"), Path::new("/site"), 1.0).unwrap();
        let told: Vec<String> = results
            .steps
            .iter()
            .map(|(key, step)| format!("{key}: {} {}", step.word(), key.before))
            .collect();
        assert_eq!(
            told,
            [
                "site.yml:3 [T] on web for \"a\": changed 0",
                "site.yml:3 [T] on web for \"b\": ok 0",
                "site.yml:3 [T] on web: failed 0",
                "site.yml:3 [T] on web: unknown 1",
            ]
        );
        assert_eq!(results.recap["web"]["ok"], 2);
        assert!(Results::parse("Killed", Path::new("/"), 0.0).is_err());
    }
}
