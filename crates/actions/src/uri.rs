use async_trait::async_trait;
use diag::Error;
use module::Manual;
use value::Value;

use crate::secrets::masked;
use crate::{Action, Call, Done, Failure};

/// The controller's half of the module uri: sends along the files of the controller that the request takes.
pub(crate) struct UriAction(pub(crate) Manual);

#[async_trait]
impl Action for UriAction {
    fn manual(&self) -> Manual {
        self.0.clone()
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let mut arguments = call.arguments.clone();
        if let Some(source) = call.text("src").filter(|_| !call.flag("remote_src", false)) {
            arguments.insert("_source".into(), content(&call, source, "src")?);
        }
        if call.text("body_format") == Some("form-multipart")
            && let Some(fields) = call.arguments.get("body").and_then(Value::as_map)
        {
            let mut fields = fields.clone();
            for (_, field) in &mut fields {
                let given =
                    |key: &str| field.get(key).filter(|value| !value.is_null()).map(ToString::to_string);
                let (Some(name), None) = (given("filename"), given("content")) else { continue };
                let bytes = content(&call, &name, "body")?;
                if let Some(described) = field.as_map() {
                    let mut described = described.clone();
                    described.insert("_bytes".into(), bytes);
                    *field = described.into();
                }
            }
            arguments.insert("body".into(), fields.into());
        }
        let mut done = Done::from(call.site.call("uri", arguments, Vec::new()).await?.report);
        // Servers repeat what they are told.
        if let Some(password) = call.text("url_password").filter(|password| !password.is_empty()) {
            for (_, value) in &mut done.result {
                *value = masked(value, password);
            }
        }
        Ok(done)
    }
}

/// A file of the controller.
fn content(call: &Call<'_>, name: &str, argument: &'static str) -> Result<Value, Failure> {
    let path = call.find_file("files", name)?;
    let bytes = std::fs::read(&path).map_err(|error| {
        let message = format!("can't read {}", path.display());
        call.failure(Error::new(message).cause(error).at(call.place_of(&[argument])))
    })?;
    Ok(Value::Bytes(bytes.into()))
}
