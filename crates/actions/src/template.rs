use std::os::unix::fs::PermissionsExt;

use async_trait::async_trait;
use diag::{Error, Source};
use module::{Arguments, FileArguments, HostPath, Manual, TransferredFile, TransferredKind};
use schemars::JsonSchema;
use serde::Deserialize;
use template::FileOptions;
use value::Value;

use crate::offer::Offer;
use crate::secrets::hide_contents;
use crate::template_scope::TemplateScope;
use crate::{Action, Call, Done, Failure};

/// Makes a file on the host from a template.
///
/// The template is rendered on the controller. It sees all variables of the task, and some about itself: `ansible_managed`,
/// `template_host`, `template_uid`, `template_path`, `template_fullpath`, `template_destpath`, `template_mtime` and
/// `template_run_date`. Templates that it includes are looked for beside it and in the `templates` folders of the role
/// and the play. A first line that starts with `#jinja2:` sets the options below for this file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Template {
    /// The template; a relative path is searched in the `templates` folders of the role and the play.
    src: String,
    /// Where to put the file on the host. With a slash at the end it is a directory, which is made if it is missing.
    dest: HostPath,
    /// Replace a file that is there. Otherwise the file is only put where none is yet.
    #[serde(default = "yes")]
    #[allow(dead_code)]
    force: bool,
    /// Keep the replaced file beside it, under a name with the time.
    #[serde(default)]
    #[allow(dead_code)]
    backup: bool,
    /// A program that has to accept the new file before it is put in place; `%s` stands for the file, as in
    /// `visudo -cf %s`.
    #[allow(dead_code)]
    validate: Option<String>,
    #[serde(flatten)]
    #[allow(dead_code)]
    file: FileArguments,
    /// If `dest` is a symbolic link: write to what it leads to instead of replacing the link.
    #[serde(default)]
    #[allow(dead_code)]
    follow: bool,
    /// What a line of the file ends with: `\n`, `\r` or `\r\n`.
    #[serde(default = "line_break")]
    newline_sequence: String,
    /// What a statement starts with.
    block_start_string: Option<String>,
    /// What a statement ends with.
    block_end_string: Option<String>,
    /// What an expression starts with.
    variable_start_string: Option<String>,
    /// What an expression ends with.
    variable_end_string: Option<String>,
    /// What a comment starts with.
    comment_start_string: Option<String>,
    /// What a comment ends with.
    comment_end_string: Option<String>,
    /// Drop the line break after a statement.
    #[serde(default = "yes")]
    trim_blocks: bool,
    /// Drop the blanks before a statement at the start of a line.
    #[serde(default)]
    lstrip_blocks: bool,
    /// The encoding of the file, of which there is one.
    #[serde(default = "utf_8")]
    output_encoding: String,
}

fn yes() -> bool {
    true
}

fn line_break() -> String {
    "\n".into()
}

fn utf_8() -> String {
    "utf-8".into()
}

impl Arguments for Template {
    const NAME: &'static str = "template";
    const EXAMPLES: &'static str = r#"
- name: The web server's configuration
  template:
    src: nginx.conf.j2
    dest: /etc/nginx/nginx.conf
    owner: root
    mode: "0644"
    validate: nginx -t -c %s
  notify: reload nginx

- name: A template of templates
  template:
    src: report.tex.j2
    dest: /srv/report.tex
    variable_start_string: "[["
    variable_end_string: "]]"
"#;
}

/// The arguments that the module copy takes as they are, besides those of every file.
const PASSED_ON: [&str; 5] = ["dest", "force", "backup", "validate", "follow"];

pub(crate) struct TemplateAction;

#[async_trait]
impl Action for TemplateAction {
    fn manual(&self) -> Manual {
        Manual::of::<Template>()
    }

    async fn run(&self, call: Call<'_>) -> Result<Done, Failure> {
        let template: Template = call.arguments()?;
        let options = template.options(&call)?;
        let path = call.find_file("templates", &template.src)?;
        let place = call.place_of(&["src"]);
        let metadata = std::fs::metadata(&path).map_err(|error| call.unreadable(&path, error))?;
        if metadata.is_dir() {
            let error = Error::new(format!("{} is a directory, not a template", path.display())).at(place);
            return Err(call.failure(error));
        }
        let (bytes, vaulted) = call.read_file(&path)?;
        let text = String::from_utf8(bytes).map_err(|_| call.unreadable(&path, "it is not UTF-8 text"))?;
        let scope = TemplateScope::new(&call, &path, &metadata, template.dest.as_str())
            .map_err(|error| call.failure(error))?;
        let ending = line_breaks(text.as_bytes(), b"\n");
        let newline_sequence = options.newline_sequence.clone();
        let source = Source::new(&path, text);
        let rendered = call.templates.render_file(&source, &options, &scope);
        let rendered =
            rendered.map_err(|error| call.failure(if vaulted { without_source(&error) } else { error }))?;

        let secret = vaulted || rendered.as_text().is_some_and(|text| text.is_secret());
        let mut arguments = call.arguments.clone();
        arguments.retain(|name, _| {
            name.as_str()
                .is_some_and(|name| PASSED_ON.contains(&name) || FileArguments::NAMES.contains(&name))
        });
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        arguments.insert("_original_basename".into(), name.into());
        let mut blobs = Vec::new();
        if let Value::Unknown(_) = rendered {
            // The module predicts that there will be a file; what is in it nobody knows.
            arguments.insert("content".into(), rendered);
        } else {
            let mut rendered = match rendered {
                Value::Bytes(bytes) => bytes.to_vec(),
                rendered => rendered.to_string().into_bytes(),
            };
            // The file ends with as many line breaks as the template, also where a statement at its end took them.
            let newline = newline_sequence.as_bytes();
            let missing = ending.saturating_sub(line_breaks(&rendered, newline));
            rendered.extend(newline.repeat(missing));
            let offer = Offer::bytes(rendered);
            let file = TransferredFile {
                relative: String::new(),
                kind: TransferredKind::File(offer.blob.clone()),
                mode: Some(metadata.permissions().mode() & 0o7777),
            };
            arguments.insert("src".into(), path.to_string_lossy().into_owned().into());
            arguments.insert("_files".into(), Value::list([Value::from(file)]));
            blobs.extend(offer.into_blob());
        }
        let answer = call.site.call("copy", arguments, blobs).await?;
        let mut done = Done::from(answer.report);
        if secret {
            hide_contents(&mut done.changes);
        }
        Ok(done)
    }
}

/// How many line breaks a text ends with.
fn line_breaks(text: &[u8], newline: &[u8]) -> usize {
    let mut rest = text;
    std::iter::from_fn(|| {
        rest = rest.strip_suffix(newline)?;
        Some(())
    })
    .count()
}

impl Template {
    fn options(&self, call: &Call<'_>) -> Result<FileOptions, Failure> {
        if !["utf-8", "utf8", "ascii", "us-ascii"]
            .contains(&self.output_encoding.to_ascii_lowercase().as_str())
        {
            let error =
                Error::new(format!("files can't be written as '{}', only as utf-8", self.output_encoding));
            return Err(call.failure(error.at(call.place_of(&["output_encoding"]))));
        }
        // In YAML without double quotes, or as 'name=value', the backslash is still there.
        let newline_sequence = self.newline_sequence.replace("\\r", "\r").replace("\\n", "\n");
        if !["\n", "\r", "\r\n"].contains(&newline_sequence.as_str()) {
            let error =
                Error::new("a line ends with \\n, \\r or \\r\\n").at(call.place_of(&["newline_sequence"]));
            return Err(call.failure(error));
        }
        let defaults = FileOptions::default();
        let or = |given: &Option<String>, default: String| given.clone().unwrap_or(default);
        Ok(FileOptions {
            block_start: or(&self.block_start_string, defaults.block_start),
            block_end: or(&self.block_end_string, defaults.block_end),
            variable_start: or(&self.variable_start_string, defaults.variable_start),
            variable_end: or(&self.variable_end_string, defaults.variable_end),
            comment_start: or(&self.comment_start_string, defaults.comment_start),
            comment_end: or(&self.comment_end_string, defaults.comment_end),
            trim_blocks: self.trim_blocks,
            lstrip_blocks: self.lstrip_blocks,
            newline_sequence,
            ..defaults
        })
    }
}

/// The error without the place in a decrypted text, whose lines nobody shall see.
fn without_source(error: &Error) -> Error {
    error.hints().iter().fold(Error::new(error.summary()), |shown, hint| shown.hint(hint))
}
