use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When a private key that is there may be replaced by a new one. One that is missing is always made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Regenerate {
    /// Never; a key that can't be read is a failure.
    Never,
    /// Never; a key that can't be read, or is not as it should be, is a failure.
    Fail,
    /// If it is not as it should be; a key that can't be read is a failure.
    PartialIdempotence,
    /// If it is not as it should be or can't be read.
    FullIdempotence,
    /// Each time.
    Always,
}

impl Regenerate {
    /// Whether a key that can't be read may be replaced.
    pub fn replaces_unreadable(self) -> bool {
        matches!(self, Regenerate::FullIdempotence | Regenerate::Always)
    }

    /// Whether a key that can be read, but is not as it should be, may be replaced.
    pub fn replaces_mismatch(self) -> bool {
        self == Regenerate::PartialIdempotence || self.replaces_unreadable()
    }
}
