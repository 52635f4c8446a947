use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether something shall be on the host: what most modules call `state`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Presence {
    /// It is not there.
    Absent,
    /// It is there.
    #[default]
    Present,
}

impl Presence {
    /// The word for it, as playbooks write it.
    pub fn word(self) -> &'static str {
        match self {
            Presence::Absent => "absent",
            Presence::Present => "present",
        }
    }
}
