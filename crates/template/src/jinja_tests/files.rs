//! What there is on the controller's file system.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::{answer, only};
use crate::arguments::{Arguments, required, string, text};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

fn path(arguments: Arguments) -> Outcome<PathBuf> {
    Ok(text(&only(arguments)?)?.into())
}

pub(super) fn absolute(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let value = only(arguments)?;
    answer(string(&value, "a path")?.starts_with('/'))
}

pub(super) fn directory(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(path(arguments)?.is_dir())
}

pub(super) fn file(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(path(arguments)?.is_file())
}

pub(super) fn link(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(path(arguments)?.is_symlink())
}

pub(super) fn exists(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(path(arguments)?.exists())
}

pub(super) fn link_exists(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(path(arguments)?.symlink_metadata().is_ok())
}

pub(super) fn mount(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let path = path(arguments)?;
    let (Ok(here), Ok(above)) = (path.symlink_metadata(), path.join("..").metadata()) else {
        return answer(false);
    };
    answer(!here.is_symlink() && (here.dev() != above.dev() || here.ino() == above.ino()))
}

pub(super) fn same_file(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [left, right] = arguments.bind(["path", "other"])?;
    let place = |path: String| {
        let found = std::fs::metadata(&path)
            .map_err(|error| Stop::new(format!("cannot look at '{path}': {error}")))?;
        Ok::<_, Stop>((found.dev(), found.ino()))
    };
    answer(place(text(&required(left, "path")?)?)? == place(text(&required(right, "other")?)?)?)
}

/// Whether the file begins as vaults do.
pub(super) fn vaulted(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let path = path(arguments)?;
    let bytes = std::fs::read(&path)
        .map_err(|error| Stop::new(format!("cannot read '{}': {error}", path.display())))?;
    answer(bytes.starts_with(b"$ANSIBLE_VAULT;"))
}
