use std::path::PathBuf;

use diag::Errors;

use crate::Play;

/// A playbook, the plays of imported ones in their place.
#[derive(Clone, Debug)]
pub struct Playbook {
    /// The file, as it was named.
    pub path: PathBuf,
    /// The plays in order.
    pub plays: Vec<Play>,
    /// What may not be meant.
    pub warnings: Errors,
}
