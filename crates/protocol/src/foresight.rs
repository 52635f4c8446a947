use serde::{Deserialize, Serialize};

/// How far a dry run goes to know what packages would bring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Foresight {
    /// It asks the package manager what it would do, by the package lists as they are, and looks into no package.
    Off,
    /// As `Off`, and packages that lie on the host already are looked into. Nothing is downloaded.
    Fast,
    /// It fetches package lists where the run would, and downloads the packages that would be installed, all to a
    /// private folder, and looks into them.
    #[default]
    Exact,
}
