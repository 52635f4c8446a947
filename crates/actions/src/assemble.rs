use std::path::Path;

use async_trait::async_trait;
use diag::Error;
use module::{FileArguments, Fragments, Manual, TransferredFile, TransferredKind};
use value::Value;

use crate::offer::Offer;
use crate::secrets::hide_contents;
use crate::{Action, Call, Done, Failure};

/// The controller's half of the module assemble: puts the parts together if they are here, and has the whole copied.
pub(crate) struct AssembleAction(pub(crate) Manual);

/// What copying takes as it is, besides the arguments of every file.
const PASSED_ON: [&str; 3] = ["dest", "backup", "validate"];

#[async_trait]
impl Action for AssembleAction {
    fn manual(&self) -> Manual {
        self.0.clone()
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        if call.flag("remote_src", true) {
            let answer = call.site.call("assemble", call.arguments.clone(), Vec::new()).await?;
            return Ok(answer.report.into());
        }
        let directory = call.find_file("files", call.text("src").unwrap_or_default())?;
        if !directory.is_dir() {
            let error = Error::new(format!("Source ({}) is not a directory", directory.display()));
            return Err(call.failure(error.at(call.place_of(&["src"]))));
        }
        let (parts, secret) = parts(&call, &directory)?;
        let offer = Offer::bytes(parts);
        let kind = TransferredKind::File(offer.blob.clone());
        let file = TransferredFile { relative: String::new(), kind, mode: None };
        let mut arguments = call.arguments.clone();
        arguments.retain(|name, _| {
            name.as_str()
                .is_some_and(|name| PASSED_ON.contains(&name) || FileArguments::NAMES.contains(&name))
        });
        arguments.insert("_files".into(), Value::list([Value::from(file)]));
        let answer = call.site.call("copy", arguments, offer.into_blob().into_iter().collect()).await?;
        let mut done = Done::from(answer.report);
        if secret {
            hide_contents(&mut done.changes);
        }
        Ok(done.and("src", directory.to_string_lossy().into_owned()))
    }
}

/// The whole, and whether a part of it came from a vault.
fn parts(call: &Call<'_>, directory: &Path) -> Result<(Vec<u8>, bool), Failure> {
    let unreadable = |error: std::io::Error| call.unreadable(directory, error);
    let hidden = call.flag("ignore_hidden", false);
    let fragments = Fragments::new(call.text("regexp"), call.text("delimiter"), hidden)
        .map_err(|error| call.failure(Error::new(error.to_string())))?;
    let mut names = std::fs::read_dir(directory)
        .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>, _>>())
        .map_err(unreadable)?;
    names.sort();
    let (mut parts, mut secret) = (Vec::new(), false);
    for name in names {
        let path = directory.join(&name);
        let takes = fragments.takes(&name.to_string_lossy());
        if !path.is_file() || !takes.map_err(|error| call.failure(Error::new(error.to_string())))? {
            continue;
        }
        let bytes = if call.flag("decrypt", true) {
            let (bytes, vaulted) = call.read_file(&path)?;
            secret |= vaulted;
            bytes
        } else {
            std::fs::read(&path).map_err(|error| call.unreadable(&path, error))?
        };
        parts.push(bytes);
    }
    Ok((fragments.assemble(parts), secret))
}
