use async_trait::async_trait;
use diag::Error;
use module::Manual;
use value::Value;

use crate::local_tree::{LocalTree, Taking};
use crate::{Action, Call, Done, Failure, Verdict};

/// The controller's half of the module unarchive: sends the archive, if it is on the controller.
pub(crate) struct UnarchiveAction(pub(crate) Manual);

#[async_trait]
impl Action for UnarchiveAction {
    fn manual(&self) -> Manual {
        self.0.clone()
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let mut arguments = call.arguments.clone();
        let mut blobs = Vec::new();
        let on_host = call.flag("remote_src", !call.flag("copy", true));
        if let Some(source) = call.text("src").filter(|_| !on_host) {
            let path = call.find_file("files", source)?;
            if path.is_dir() {
                let message = format!("{} is a directory, no archive", path.display());
                return Err(call.failure(Error::new(message).at(call.place_of(&["src"]))));
            }
            let taking = Taking { follow: true, decrypt: call.flag("decrypt", true) };
            let (files, offered) = LocalTree::file(&call, &path, taking).await?.into_argument();
            let file = files.as_list().and_then(<[Value]>::first);
            let archive = file.and_then(|file| file.get("kind")?.get("file")).cloned();
            arguments.insert("_archive".into(), archive.unwrap_or_default());
            blobs = offered;
        } else {
            arguments.insert("remote_src".into(), true.into());
        }
        let mut done = Done::from(call.site.call("unarchive", arguments, blobs).await?.report);
        if done.result.get("skipped").is_some_and(Value::is_true) && done.verdict == Verdict::Done {
            done.verdict = Verdict::Skipped;
        }
        Ok(done)
    }
}
