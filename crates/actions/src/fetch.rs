use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use diag::Error;
use module::Manual;
use value::{Map, Value};

use crate::call::expand_home;
use crate::offer::Offer;
use crate::{Action, Call, Done, Failure, Verdict};

/// The controller's half of the module fetch: says what is here already, and keeps what comes.
pub(crate) struct FetchAction(pub(crate) Manual);

#[async_trait]
impl Action for FetchAction {
    fn manual(&self) -> Manual {
        self.0.clone()
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let src = call.text("src").unwrap_or_default();
        let mut arguments = call.arguments.clone();
        // Of a path with variables only the host knows what it means, so this may be another file or none.
        if let Ok(dest) = place(&call, src)
            && let Some(known) = checksum_of(dest).await
        {
            arguments.insert("_checksum".into(), known.into());
        }
        let mut answer = call.site.call("fetch", arguments, Vec::new()).await?;
        let mut done = Done::from(answer.report);
        let Some(source) = done.result.get("source").and_then(Value::as_str).map(str::to_owned) else {
            return Ok(done);
        };
        let dest = place(&call, &source)?;
        let kept = checksum_of(dest.clone()).await;
        let is_here = |done: &Done| {
            kept.is_some() && kept.as_deref() == done.result.get("checksum").and_then(Value::as_str)
        };
        let is_sent = done.result.get("sent").is_none_or(Value::is_true);
        if !is_sent && !is_here(&done) {
            answer = call.site.call("fetch", call.arguments.clone(), Vec::new()).await?;
            done = Done::from(answer.report);
        }
        let checksum = done.result.get("checksum").and_then(Value::as_str).map(str::to_owned);
        let (Verdict::Done, Some(checksum)) = (&done.verdict, checksum) else { return Ok(done) };
        let bytes = answer.bytes;
        let is_here = is_here(&done);
        let md5sum = done.result.get("md5sum").cloned().unwrap_or_default();
        let common = Map::from_iter([
            ("dest".into(), dest.to_string_lossy().into_owned().into()),
            ("file".into(), source.as_str().into()),
            ("checksum".into(), checksum.as_str().into()),
            ("md5sum".into(), md5sum),
        ]);
        let done = Done { result: common, ..done };
        if is_here {
            return Ok(done.and("changed", false));
        }
        let done = done
            .and("changed", true)
            .and("remote_checksum", checksum.as_str())
            .and("remote_md5sum", Value::Null);
        let received = Offer::bytes(bytes);
        if received.blob.sha1 != checksum && call.flag("validate_checksum", true) {
            let message =
                format!("what came of {source} has the checksum {}, not {checksum}", received.blob.sha1);
            return Ok(Done::failed(message).and("file", source).and("remote_checksum", checksum));
        }
        if call.dry_run {
            return Ok(done);
        }
        keep(&dest, &received).map_err(|error| {
            call.failure(
                Error::new(format!("can't write {}", dest.display()))
                    .cause(error)
                    .at(call.place_of(&["dest"])),
            )
        })?;
        Ok(done)
    }
}

/// Where the file goes on the controller.
fn place(call: &Call<'_>, source: &str) -> Result<PathBuf, Failure> {
    let written = call.text("dest").unwrap_or_default();
    let dest = call.scope.playbook_dir().join(expand_home(written));
    let below = source.trim_start_matches('/');
    let wrong = |message: String| Err(call.failure(Error::new(message).at(call.place_of(&["dest"]))));
    if !call.flag("flat", false) {
        if below.split('/').any(|part| part == "..") {
            return wrong(format!("'{source}' leads out of {}", dest.display()));
        }
        // The host that the task is for, also if another one carries it out.
        let host = call.scope.variable("inventory_hostname").map_err(|error| call.failure(error))?;
        let host = host.map_or_else(|| call.site.host().to_owned(), |host| host.to_string());
        return Ok(dest.join(host).join(below));
    }
    if written.ends_with('/') {
        let Some(name) = Path::new(source).file_name() else {
            return wrong(format!("'{source}' names no file"));
        };
        return Ok(dest.join(name));
    }
    if dest.is_dir() {
        // Playbooks compare these words.
        return wrong(
            "dest is an existing directory, use a trailing slash if you want to fetch src into that directory"
                .into(),
        );
    }
    Ok(dest)
}

/// The SHA-1 of a file of the controller; none if there is no such file, or it can't be read.
async fn checksum_of(path: PathBuf) -> Option<String> {
    Some(Offer::file(path).await.ok()?.blob.sha1)
}

/// Writes the file in one step. A new one is for its owner alone, for nobody knows here who may read it on the host.
fn keep(dest: &Path, received: &Offer) -> std::io::Result<()> {
    let directory = dest.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(received.content())?;
    if let Ok(replaced) = fs::metadata(dest) {
        file.as_file().set_permissions(replaced.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(dest)?;
    fs::File::open(directory)?.sync_all()
}
