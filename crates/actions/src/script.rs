use async_trait::async_trait;
use diag::Error;
use module::{Manual, first_word};

use crate::local_tree::{LocalTree, Taking};
use crate::secrets::hide_contents;
use crate::{Action, Call, Done, Failure};

/// The controller's half of the module script: finds the script, which the first word of the line names. The host gets
/// its content in `_files`, as copy does, and the line.
pub(crate) struct ScriptAction(pub(crate) Manual);

#[async_trait]
impl Action for ScriptAction {
    fn manual(&self) -> Manual {
        self.0.clone()
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let place = call.place_of(&["cmd", "_raw_params"]);
        let line = call.text("cmd").unwrap_or_default();
        let wrong = |message: String| call.failure(Error::new(message).at(place));
        let word = first_word(line).map_err(|error| wrong(error.to_string()))?;
        let Some((name, _)) = word else {
            return Err(wrong("no script given: write its name under 'cmd'".into()));
        };
        let path = call.find_file("files", &name)?;
        if path.is_dir() {
            return Err(wrong(format!("{} is a directory, not a script", path.display())));
        }
        let taking = Taking { follow: true, decrypt: call.flag("decrypt", true) };
        let tree = LocalTree::file(&call, &path, taking)?;
        let secret = tree.secret;
        let (files, blobs) = tree.into_argument();
        let mut arguments = call.arguments.clone();
        arguments.insert("_files".into(), files);
        let answer = call.site.call("script", arguments, blobs).await?;
        let mut done = Done::from(answer.report);
        if secret {
            hide_contents(&mut done.changes);
        }
        Ok(done)
    }
}
