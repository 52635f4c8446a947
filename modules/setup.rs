use std::time::Duration;

use facts::Subsets;
use module::{Arguments, HostPath, Module, Outcome};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Error, Result, System, matches_pattern};
use value::Map;

/// Gathers facts about the host: its distribution, hardware, network and much more.
///
/// A play does so by itself at its start, unless `gather_facts` is off. Facts become variables such as
/// `ansible_distribution` and `ansible_facts.default_ipv4`. They are read from the host's files; Python and other tools
/// are not needed there.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setup {
    /// Which facts: `all`, `min`, `hardware`, `network`, `virtual`, other families such as `distribution`, or the name of
    /// a fact. An exclamation mark before a name leaves it out. The few of `min` are gathered unless `!min` is given.
    #[serde(default = "all")]
    gather_subset: Vec<String>,
    /// How long, in seconds, anything may take that can hang, such as a network file system.
    #[serde(default = "ten")]
    gather_timeout: u64,
    /// Keep only facts whose names, with or without `ansible_`, match one of these patterns.
    #[serde(default)]
    filter: Vec<String>,
    /// The directory with facts of the host's own: files `NAME.fact` in JSON or INI form, or programs that write such. They
    /// are in `ansible_local.NAME`.
    #[serde(default = "fact_path")]
    fact_path: HostPath,
}

fn all() -> Vec<String> {
    vec!["all".into()]
}

fn ten() -> u64 {
    10
}

fn fact_path() -> HostPath {
    HostPath::new("/etc/ansible/facts.d")
}

impl Arguments for Setup {
    const NAME: &'static str = "setup";
    const EXAMPLES: &'static str = r#"
- name: All facts
  setup:

- name: Only what is needed
  setup:
    gather_subset: ["!all", "!min", network]
    filter: ["default_ipv4", "ansible_eth*"]
"#;
}

impl Module for Setup {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let subsets = Subsets::parse(self.gather_subset.iter().map(String::as_str));
        let subsets = subsets.map_err(|error| Error::failed(error.to_string()))?;
        let fact_path = self.fact_path.expand(host)?;
        let mut facts = facts::gather(host, &subsets, Duration::from_secs(self.gather_timeout), &fact_path);
        facts.insert("gather_subset".into(), self.gather_subset.clone().into());
        facts.insert("module_setup".into(), true.into());
        Ok(Outcome::new().facts(self.filtered(facts)))
    }
}

impl Setup {
    fn filtered(&self, mut facts: Map) -> Map {
        let filters: Vec<&str> =
            self.filter.iter().map(|pattern| pattern.trim()).filter(|pattern| !pattern.is_empty()).collect();
        if !filters.is_empty() {
            let matches = |name: &str| {
                let short = name.strip_prefix("ansible_").unwrap_or(name);
                filters
                    .iter()
                    .any(|pattern| matches_pattern(pattern, name) || matches_pattern(pattern, short))
            };
            facts.retain(|name, _| name.as_str().is_some_and(matches));
        }
        facts
    }
}
