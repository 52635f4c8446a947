use clap::ValueEnum;
use engine::Foresight;

/// How far a dry run looks ahead, as the command line says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Predict {
    /// Ask package managers by the lists as they are; look into no package.
    Off,
    /// Look into packages that lie on the host already; download nothing.
    Fast,
    /// Fetch lists and packages to a private folder, and look into them.
    #[default]
    Exact,
}

impl From<Predict> for Foresight {
    fn from(predict: Predict) -> Foresight {
        match predict {
            Predict::Off => Foresight::Off,
            Predict::Fast => Foresight::Fast,
            Predict::Exact => Foresight::Exact,
        }
    }
}
