use async_trait::async_trait;
use diag::Error;
use module::{Manual, TransferredFile, TransferredKind};
use value::{JsonStyle, Map, Value};

use crate::local_tree::{LocalTree, Taking};
use crate::offer::Offer;
use crate::secrets::hide_contents;
use crate::{Action, Call, Done, Failure};

/// The controller's half of the module copy: finds the files and describes them; the host asks for those that it lacks.
pub(crate) struct CopyAction(pub(crate) Manual);

#[async_trait]
impl Action for CopyAction {
    fn manual(&self) -> Manual {
        self.0.clone()
    }

    fn complaint(&self, arguments: &Map) -> Option<String> {
        let given = |name: &str| arguments.get(name).is_some_and(|value| !value.is_null());
        // Playbooks look for these words.
        let aimless = !given("dest") && (given("src") || given("content"));
        aimless.then(|| "dest is required".into())
    }

    /// A file whose content can't be known can still be predicted to be there.
    fn takes_unknowns(&self) -> bool {
        true
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let others = call.arguments.iter().filter(|(name, _)| name.as_str() != Some("content"));
        if let Some(unknown) = others.filter_map(|(_, value)| value.find_unknown()).next() {
            return Ok(Done::unknown(unknown));
        }
        let mut arguments = call.arguments.clone();
        let mut blobs = Vec::new();
        let mut secret = false;
        match (call.text("src").filter(|src| !src.is_empty()), call.argument("content")) {
            (Some(_), Some(_)) => {
                let error =
                    Error::new("src and content are mutually exclusive").at(call.place_of(&["content"]));
                return Ok(call.rejected(error));
            }
            (None, None) => return Ok(call.rejected(Error::new("src (or content) is required"))),
            (Some(_), None) if call.flag("remote_src", false) => {}
            (None, Some(content)) if content.find_unknown().is_some() => {
                let unknown = content.find_unknown().cloned();
                arguments.insert("content".into(), unknown.map_or(Value::Null, Value::Unknown));
            }
            (None, Some(content)) => {
                secret = has_secret(content);
                let offer = Offer::bytes(bytes_of(content));
                let kind = TransferredKind::File(offer.blob.clone());
                let file = TransferredFile { relative: String::new(), kind, mode: None };
                arguments.shift_remove("content");
                arguments.insert("_files".into(), Value::list([Value::from(file)]));
                blobs.extend(offer.into_blob());
            }
            (Some(src), None) => {
                let path = call.find_file("files", src)?;
                let taking =
                    Taking { follow: call.flag("local_follow", true), decrypt: call.flag("decrypt", true) };
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let tree = if path.is_dir() {
                    let relative = if src.ends_with('/') { "" } else { name.as_str() };
                    LocalTree::directory(&call, &path, relative, taking).await?
                } else {
                    arguments.insert("_original_basename".into(), name.into());
                    LocalTree::file(&call, &path, taking).await?
                };
                secret = tree.secret;
                arguments.insert("src".into(), path.to_string_lossy().into_owned().into());
                let files;
                (files, blobs) = tree.into_argument();
                arguments.insert("_files".into(), files);
            }
        }
        let answer = call.site.call("copy", arguments, blobs).await?;
        let mut done = Done::from(answer.report);
        if secret {
            hide_contents(&mut done.changes);
        }
        Ok(done)
    }
}

/// Mappings and lists as Python's `json.dumps` writes them.
fn bytes_of(content: &Value) -> Vec<u8> {
    match content {
        Value::Bytes(bytes) => bytes.to_vec(),
        Value::Map(_) | Value::List(_) | Value::Tuple(_) => {
            content.to_json(JsonStyle::default()).into_bytes()
        }
        other => other.to_string().into_bytes(),
    }
}

fn has_secret(content: &Value) -> bool {
    let mut found = false;
    content.map_text(&mut |text| {
        found |= text.is_secret();
        text.clone()
    });
    found
}
