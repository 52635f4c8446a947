use std::path::{Path, PathBuf};

use module::{
    Arguments, FileArguments, HostPath, Module, NewContent, Outcome, Redirects, WebAnswer, WebArguments,
    WebClient, inode_result, multipart_body, mutually_exclusive, url_encoded,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Error, HttpAddress, HttpFailure, Result, System};
use value::{JsonStyle, Map, Value};

/// Asks a web server, and checks and keeps its answer.
///
/// Nothing is sent in a dry run, for even a question may change something; what comes of it is then unknown.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Uri {
    /// The address, `http` or `https`.
    url: String,
    /// What to do there, such as `GET`, `POST`, `PUT`.
    #[serde(default = "get")]
    method: String,
    /// What is sent along, in the form that `body_format` says.
    #[schemars(with = "Option<serde_json::Value>")]
    body: Option<Value>,
    /// How `body` is sent.
    #[serde(default)]
    body_format: BodyFormat,
    /// A file that is sent along: on the controller, or with `remote_src` on the host.
    src: Option<String>,
    /// Whether `src` is on the host.
    #[serde(default)]
    #[allow(dead_code)]
    remote_src: bool,
    #[serde(flatten)]
    web: WebArguments,
    /// Which answers are good.
    #[serde(default = "fine")]
    status_code: Vec<u16>,
    /// Whether the result has the answer's `content`.
    #[serde(default)]
    return_content: bool,
    /// Where the answer is kept: a file, or a folder in which it keeps its name.
    dest: Option<HostPath>,
    /// Ask again, even if the file at `dest` is as new as the server's.
    #[serde(default)]
    force: bool,
    /// If this path is there, nothing is asked. It may be a pattern.
    creates: Option<HostPath>,
    /// If this path is not there, nothing is asked. It may be a pattern.
    removes: Option<HostPath>,
    /// Which redirections are followed.
    #[serde(default)]
    follow_redirects: Redirects,
    /// How many seconds to wait for the server.
    #[serde(default = "half_a_minute")]
    timeout: u64,
    /// A socket on the host to use instead of the network.
    unix_socket: Option<HostPath>,
    /// A file with the certificates of those who vouch for servers, instead of the host's.
    ca_path: Option<HostPath>,
    #[serde(flatten)]
    file: FileArguments,
    /// The content of `src`, as the controller sends it.
    #[serde(default, rename = "_source")]
    #[schemars(skip)]
    source: Option<Value>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum BodyFormat {
    /// A mapping of fields; a field is text, or has `filename`, `content`, `mime_type` and `multipart_encoding`.
    FormMultipart,
    /// A mapping, or a list of pairs, as forms send them.
    FormUrlencoded,
    /// JSON; text is taken for JSON already.
    Json,
    /// As it is.
    #[default]
    Raw,
}

fn get() -> String {
    "GET".into()
}

fn fine() -> Vec<u16> {
    vec![200]
}

fn half_a_minute() -> u64 {
    30
}

impl Arguments for Uri {
    const NAME: &'static str = "uri";
    const EXAMPLES: &'static str = r#"
- name: The service answers
  uri:
    url: http://localhost:8080/health
    return_content: true
  register: health
  until: health.status == 200
  retries: 10

- name: A new entry
  uri:
    url: https://api.example.org/entries
    method: POST
    body_format: json
    body: {name: first}
    status_code: [200, 201]
"#;
}

/// A request that is ready.
struct Prepared {
    address: HttpAddress,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    dest: Option<PathBuf>,
}

impl Module for Uri {
    fn run(self, host: &mut System) -> Result<Outcome> {
        mutually_exclusive(&[("body", self.body.is_some()), ("src", self.src.is_some())])?;
        if let Some(reason) = self.needless(host)? {
            return Ok(Outcome::new().with("stdout", format!("skipped, since {reason}")).changed(false));
        }
        let prepared = self.prepare(host)?;
        let start = host.now();
        let client = self.client(host)?;
        let Prepared { address, headers, body, dest } = prepared;
        let shown = address.to_string();
        let answer = client.ask(host, &self.method.to_uppercase(), address, headers, body);
        let elapsed = host.now().duration_since(start).unwrap_or_default().as_secs();
        match answer {
            Ok(answer) => self.judge(host, answer, dest, elapsed),
            Err(HttpFailure::NotSent(unknown)) => Err(unknown.into()),
            Err(failure) => Err(self.unanswered(&shown, &failure, elapsed)),
        }
    }
}

impl Uri {
    fn needless(&self, host: &mut System) -> Result<Option<String>> {
        if let Some(path) = &self.creates
            && path.is_there(host)?
        {
            return Ok(Some(format!("'{}' exists", path.as_str())));
        }
        match &self.removes {
            Some(path) if !path.is_there(host)? => Ok(Some(format!("'{}' does not exist", path.as_str()))),
            _ => Ok(None),
        }
    }

    fn client(&self, host: &mut System) -> Result<WebClient> {
        Ok(WebClient {
            // Even a question may change something.
            only_reads: false,
            redirects: self.follow_redirects,
            socket: self.unix_socket.as_ref().map(|path| path.expand(host)).transpose()?,
            authorities: self.ca_path.as_ref().map(|path| path.read(host)).transpose()?,
            ..self.web.client(host, self.timeout)?
        })
    }

    fn prepare(&self, host: &mut System) -> Result<Prepared> {
        let address = HttpAddress::parse(&self.url).ok_or_else(|| {
            Error::failed(format!("'{}' is no address of the kinds http and https", self.url))
                .with("status", -1)
        })?;
        let mut headers: Vec<(String, String)> =
            self.web.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let (body, kind) = self.body(host)?;
        if let Some(kind) = kind
            && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Content-Type"))
        {
            headers.push(("Content-Type".into(), kind));
        }
        let dest = self.dest.as_ref().map(|dest| dest.expand(host)).transpose()?;
        if let Some(dest) = &dest
            && !self.force
            && host.follow(dest)?.is_some_and(|found| found.is_file())
            && let Some(metadata) = host.stat(dest)?.metadata
        {
            headers.push(("If-Modified-Since".into(), http_date(metadata.modified)));
        }
        Ok(Prepared { address, headers, body, dest })
    }

    /// What is sent along, and its type.
    fn body(&self, host: &mut System) -> Result<(Option<Vec<u8>>, Option<String>)> {
        let json = Some("application/json".to_owned());
        if let Some(path) = &self.src {
            let bytes = match &self.source {
                Some(Value::Bytes(bytes)) => bytes.to_vec(),
                _ => {
                    let path = HostPath::new(path.as_str()).expand(host)?;
                    host.read(&path).map_err(|error| error.context("Unable to open source file"))?
                }
            };
            return Ok((Some(bytes), if self.body_format == BodyFormat::Json { json } else { None }));
        }
        let Some(body) = &self.body else {
            return Ok((None, if self.body_format == BodyFormat::Json { json } else { None }));
        };
        Ok(match self.body_format {
            BodyFormat::Raw => (Some(raw(body)), None),
            BodyFormat::Json if matches!(body, Value::String(_)) => (Some(raw(body)), json),
            BodyFormat::Json => (Some(body.to_json(JsonStyle::LINE).into_bytes()), json),
            BodyFormat::FormUrlencoded => {
                (Some(url_encoded(body)?.into_bytes()), Some("application/x-www-form-urlencoded".into()))
            }
            BodyFormat::FormMultipart => {
                let boundary = format!("===============capstan{:016x}==", host.unguessable()?);
                let (bytes, kind) = multipart_body(body, &boundary)?;
                (Some(bytes), Some(kind))
            }
        })
    }

    /// There is no answer. The words are those that playbooks look for.
    fn unanswered(&self, address: &str, failure: &HttpFailure, elapsed: u64) -> Error {
        let codes: Vec<String> = self.status_code.iter().map(ToString::to_string).collect();
        let message = format!(
            "Status code was -1 and not [{}]: Request failed: <urlopen error {failure}>",
            codes.join(", ")
        );
        let error = Error::failed(message)
            .with("status", -1)
            .with("url", address)
            .with("elapsed", elapsed as i64)
            .with("redirected", false);
        if self.return_content { error.with("content", "") } else { error }
    }

    fn judge(
        &self,
        host: &mut System,
        answer: WebAnswer,
        dest: Option<PathBuf>,
        elapsed: u64,
    ) -> Result<Outcome> {
        let WebAnswer { response, address, redirected, cookies } = answer;
        let status = response.status;
        if !response.complete {
            return Err(Error::failed(format!(
                "HTTP Error while fetching {address}: IncompleteRead({} bytes read)",
                response.body.len()
            ))
            .with("status", i64::from(status))
            .with("url", address.to_string()));
        }
        let mut result = Map::new();
        for (name, value) in &response.headers {
            let key = Value::from(name.to_lowercase().replace('-', "_"));
            match result.get_mut(&key) {
                Some(known) => *known = format!("{known}, {value}").into(),
                None => {
                    result.insert(key, value.as_str().into());
                }
            }
        }
        let good = status < 300 || status == 304;
        let length = response.header("Content-Length").unwrap_or("unknown");
        let message = if status < 300 {
            format!("OK ({length} bytes)")
        } else {
            format!("HTTP Error {status}: {}", response.reason)
        };
        let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut set = |key: &str, value: Value| result.insert(key.into(), value);
        if let Some(location) = response.header("Location").and_then(|location| address.join(location)) {
            set("location", location.to_string().into());
        }
        set("msg", message.as_str().into());
        set("status", i64::from(status).into());
        set("url", address.to_string().into());
        set("redirected", redirected.into());
        set("elapsed", (elapsed as i64).into());
        set("cookies_string", pairs.join("; ").into());
        set("cookies", Value::map(cookies.iter().map(|(name, value)| (name.as_str(), value.as_str()))));
        let text = content_text(&response);
        if let Some(json) = json(response.header("Content-Type").unwrap_or_default(), &text) {
            set("json", json);
        }
        if self.return_content {
            set("content", text.into());
        }
        if !self.status_code.contains(&status) {
            let codes: Vec<String> = self.status_code.iter().map(ToString::to_string).collect();
            let message = format!("Status code was {status} and not [{}]: {message}", codes.join(", "));
            let keys = result.iter().filter(|(key, _)| key.as_str() != Some("msg"));
            return Err(keys.fold(Error::failed(message), |error, (key, value)| {
                error.with(key.as_str().unwrap_or_default(), value.clone())
            }));
        }
        let mut outcome = Outcome::from(result);
        if let Some(dest) = dest {
            let dest = self.file(host, dest, &response, &address)?;
            let bytes = good.then_some(response.body).filter(|_| status != 304);
            outcome = self.keep(host, &dest, bytes, outcome)?;
        }
        Ok(outcome)
    }

    /// Where an answer is kept: in a folder under the name that it has.
    fn file(
        &self,
        host: &mut System,
        dest: PathBuf,
        response: &system::HttpResponse,
        address: &HttpAddress,
    ) -> Result<PathBuf> {
        if !host.follow(&dest)?.is_some_and(|found| found.is_directory()) {
            return Ok(dest);
        }
        Ok(dest.join(module::web_file_name(response, address)))
    }

    fn keep(
        &self,
        host: &mut System,
        dest: &Path,
        bytes: Option<Vec<u8>>,
        outcome: Outcome,
    ) -> Result<Outcome> {
        let real = host.real_path(dest)?;
        let now = host.inode(&real)?;
        let bytes = match bytes {
            Some(bytes) if now.is_file() && host.read(&real)? == bytes => None,
            bytes => bytes,
        };
        let new = NewContent { bytes, ..self.file.kept_content() };
        // Playbooks look for these words.
        new.put(host, &now).map_err(|error| error.context("Could not replace file"))?;
        self.file.marks().settle(host, &real)?;
        let found = host.inode(&real)?;
        inode_result(host, outcome.with("path", dest.to_string_lossy().as_ref()), &found)
    }
}

fn raw(body: &Value) -> Vec<u8> {
    match body {
        Value::Bytes(bytes) => bytes.to_vec(),
        other => other.to_string().into_bytes(),
    }
}

/// The time in the form that HTTP wants.
fn http_date(seconds: f64) -> String {
    jiff::Timestamp::from_second(seconds as i64)
        .map(|time| time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .unwrap_or_default()
}

/// The body as text; bytes that are none become `�`.
fn content_text(response: &system::HttpResponse) -> String {
    let kind = response.header("Content-Type").unwrap_or_default().to_ascii_lowercase();
    if kind.contains("charset=iso-8859-1") || kind.contains("charset=latin") {
        return response.body.iter().map(|byte| char::from(*byte)).collect();
    }
    String::from_utf8_lossy(&response.body).into_owned()
}

/// The body as data, if its type says that it is JSON.
fn json(kind: &str, text: &str) -> Option<Value> {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (_, below) = kind.split_once('/')?;
    let is_json = below.split('+').any(|part| matches!(part, "json" | "javascript"));
    if is_json { serde_json::from_str(text).ok() } else { None }
}
