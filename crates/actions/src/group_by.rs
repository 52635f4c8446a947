use async_trait::async_trait;
use diag::Error;
use module::{Arguments, Manual};
use schemars::JsonSchema;
use serde::Deserialize;
use value::{Map, Value};

use crate::{Action, Call, Done, Effect, Failure};

/// Puts the host into a group that is made of its variables.
///
/// Later plays can name the group in `hosts`. Blanks in names become hyphens.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupBy {
    /// The group's name.
    key: String,
    /// The groups that the group belongs to.
    #[serde(default = "all")]
    parents: Vec<String>,
}

fn all() -> Vec<String> {
    vec!["all".into()]
}

impl Arguments for GroupBy {
    const NAME: &'static str = "group_by";
    const EXAMPLES: &'static str = r#"
- name: A group for every system
  group_by:
    key: os_{{ ansible_distribution }}
    parents: linux
"#;
}

pub(crate) struct GroupByAction;

#[async_trait]
impl Action for GroupByAction {
    fn manual(&self) -> Manual {
        Manual::of::<GroupBy>()
    }

    fn complaint(&self, arguments: &Map) -> Option<String> {
        let missing = arguments.get("key").is_none_or(Value::is_null);
        missing.then(|| "the 'key' param is required when using group_by".into())
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let GroupBy { key, parents } = call.arguments()?;
        let group = key.replace(' ', "-");
        if group.is_empty() {
            return Err(call.failure(Error::new("the group's name is empty").at(call.place_of(&["key"]))));
        }
        let parents: Vec<String> = parents.iter().map(|parent| parent.replace(' ', "-")).collect();
        let done = Done::default().and("add_group", &group).and("parent_groups", parents.clone());
        Ok(done.effect(Effect::GroupBy { group, parents }))
    }
}
