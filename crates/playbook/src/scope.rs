use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{Keywords, Role, Vars};

/// What the tasks of one list share: everything they inherit from the blocks, imports, roles and play around them.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The inherited keywords.
    pub keywords: Keywords,
    /// The `vars:` of blocks and imports around, outer first, so that later ones win. The play's own are not among
    /// them: they have a lower precedence.
    pub vars: Vec<Arc<Vars>>,
    /// The variables of the dynamic includes around, outer first. They win over `set_fact`.
    pub include_params: Vec<Arc<Vars>>,
    /// The role that the tasks belong to.
    pub role: Option<Arc<Role>>,
    /// The file that the tasks are written in.
    pub file: Arc<Path>,
    /// The directory of the playbook that the play is written in.
    pub playbook_dir: Arc<Path>,
    /// Where the file was imported or included from.
    pub included_from: Option<Arc<Scope>>,
    /// Whether the tasks are handlers.
    pub handlers: bool,
}

impl Scope {
    /// How many imports and includes lead here.
    pub fn depth(&self) -> usize {
        std::iter::successors(self.included_from.as_deref(), |scope| scope.included_from.as_deref()).count()
    }

    /// The directories below which files, templates and vars of a task are looked for, in order: the directories of
    /// the role and of the roles that led to it, that of the task's file, that of the playbook.
    pub fn search_path(&self) -> Vec<PathBuf> {
        let mut directories: Vec<PathBuf> = Vec::new();
        if let Some(role) = &self.role {
            directories.push(role.path.clone());
            directories.extend(role.parents.iter().rev().map(|parent| parent.path.clone()));
        }
        directories.extend(self.file.parent().map(Path::to_path_buf));
        directories.push(self.playbook_dir.to_path_buf());
        let mut unique: Vec<PathBuf> = Vec::new();
        for directory in directories {
            if !unique.contains(&directory) {
                unique.push(directory);
            }
        }
        unique
    }
}
