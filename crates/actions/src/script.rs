use async_trait::async_trait;
use diag::Error;
use module::{Manual, first_word};
use value::{Convert, Value};

use crate::local_tree::{LocalTree, Taking};
use crate::{Action, Call, Done, Failure, Verdict};

/// The controller's half of the module script: finds the script, which the first word of the line names.
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
            // Playbooks look for these words.
            return Ok(Done::failed("one of the following is required: _raw_params, cmd"));
        };
        let path = call.find_file("files", &name)?;
        if path.is_dir() {
            return Err(wrong(format!("{} is a directory, not a script", path.display())));
        }
        let taking = Taking { follow: true, decrypt: call.flag("decrypt", true) };
        let tree = LocalTree::file(&call, &path, taking).await?;
        let (files, blobs) = tree.into_argument();
        let file = files.as_list().and_then(<[Value]>::first);
        let script = file.and_then(|file| file.get("kind")?.get("file")).cloned();
        let mut arguments = call.arguments.clone();
        arguments.insert("_script".into(), script.unwrap_or_default());
        let answer = call.site.call("script", arguments, blobs).await?;
        let mut done = Done::from(answer.report);
        if done.result.get("skipped").is_some_and(|skipped| skipped.to_bool() == Ok(true)) {
            done.verdict = Verdict::Skipped;
        }
        Ok(done)
    }
}
