use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use system::{Error, Result};
use value::Value;

/// Names and values as HTML forms send them: from a mapping, or a list of pairs.
///
/// # Errors
/// They are something else.
pub fn url_encoded(body: &Value) -> Result<String> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut add = |name: &Value, value: &Value| match value {
        Value::List(values) | Value::Tuple(values) => {
            pairs
                .extend(values.iter().map(|value| (encoded(&name.to_string()), encoded(&value.to_string()))));
        }
        _ => pairs.push((encoded(&name.to_string()), encoded(&value.to_string()))),
    };
    match body {
        Value::Map(map) => map.iter().for_each(|(name, value)| add(name, value)),
        Value::List(items) | Value::Tuple(items) => {
            for item in items.iter() {
                match item {
                    Value::List(pair) | Value::Tuple(pair) if pair.len() == 2 => add(&pair[0], &pair[1]),
                    // Playbooks look for these words.
                    _ => {
                        return Err(Error::failed(
                            "failed to parse body as form_urlencoded: too many values to unpack (expected 2)",
                        ));
                    }
                }
            }
        }
        other => return Ok(other.to_string()),
    }
    Ok(pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"))
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Fields and files in several parts, and the content type that goes with them.
///
/// # Errors
/// A field is neither text nor a mapping with `content` or `filename`.
pub fn multipart_body(body: &Value, boundary: &str) -> Result<(Vec<u8>, String)> {
    // Playbooks look for these words.
    let wrong = |what: String| Error::failed(format!("failed to parse body as form-multipart: {what}"));
    let Some(fields) = body.as_map() else {
        return Err(wrong(format!("Mapping is required, cannot be type {}", body.type_name())));
    };
    let mut bytes = Vec::new();
    for (name, value) in fields {
        let part = match value {
            Value::String(_) => Part::plain(value),
            Value::Map(_) => Part::described(value).map_err(wrong)?,
            other => {
                let kind = other.type_name();
                return Err(wrong(format!("value must be a string, or mapping, cannot be type {kind}")));
            }
        };
        part.write(&mut bytes, boundary, &name.to_string());
    }
    bytes.extend(format!("--{boundary}--\r\n").bytes());
    Ok((bytes, format!("multipart/form-data; boundary=\"{boundary}\"")))
}

struct Part {
    file: Option<String>,
    kind: String,
    encoding: Option<&'static str>,
    content: Vec<u8>,
}

impl Part {
    fn plain(value: &Value) -> Part {
        Part {
            file: None,
            kind: "text/plain".into(),
            encoding: None,
            content: value.to_string().into_bytes(),
        }
    }

    fn described(value: &Value) -> std::result::Result<Part, String> {
        let text = |key: &str| value.get(key).filter(|value| !value.is_null()).map(ToString::to_string);
        let file = text("filename").map(|path| path.rsplit('/').next().unwrap_or_default().to_owned());
        let guessed = file.as_deref().map_or("application/octet-stream", kind_of);
        let kind = text("mime_type").unwrap_or_else(|| guessed.to_owned());
        // The controller puts the bytes of a file beside its name.
        let (content, encoding) = match (value.get("content"), value.get("_bytes")) {
            (Some(content), _) if !content.is_null() => (content.to_string().into_bytes(), None),
            (_, Some(Value::Bytes(bytes))) => match text("multipart_encoding").as_deref() {
                None | Some("base64") => (base64_lines(bytes), Some("base64")),
                Some("7or8bit") => (network_lines(bytes), Some("7bit")),
                Some(other) => {
                    return Err(format!("multipart_encoding must be one of base64, 7or8bit, not '{other}'"));
                }
            },
            _ => return Err("at least one of filename or content must be provided".into()),
        };
        Ok(Part { file, kind, encoding, content })
    }

    fn write(&self, bytes: &mut Vec<u8>, boundary: &str, name: &str) {
        let quoted = |text: &str| text.replace('"', "%22").replace(['\r', '\n'], " ");
        let file =
            self.file.as_deref().map_or(String::new(), |file| format!("; filename=\"{}\"", quoted(file)));
        let encoding = self
            .encoding
            .map_or(String::new(), |encoding| format!("Content-Transfer-Encoding: {encoding}\r\n"));
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"{file}\r\nContent-Type: {}\r\n{encoding}\r\n",
            quoted(name),
            self.kind
        );
        bytes.extend(head.bytes());
        bytes.extend(&self.content);
        bytes.extend(b"\r\n");
    }
}

fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let text = STANDARD.encode(bytes);
    let lines: Vec<&[u8]> = text.as_bytes().chunks(76).collect();
    lines.join(&b"\r\n"[..])
}

fn network_lines(bytes: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\n', "\r\n").into_bytes()
}

/// The media type that goes with a file's name.
fn kind_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
        Some("txt" | "log" | "conf" | "c" | "h") => "text/plain",
        Some("csv") => "text/csv",
        Some("html" | "htm") => "text/html",
        Some("css") => "text/css",
        Some("xml") => "text/xml",
        Some("py") => "text/x-python",
        Some("js") => "text/javascript",
        Some("json") => "application/json",
        Some("pdf") => "application/pdf",
        Some("zip") => "application/zip",
        Some("tar") => "application/x-tar",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_encoded() {
        let body = Value::map([("a b", Value::from("x&y")), ("c", Value::list(["1", "2"]))]);
        assert_eq!(url_encoded(&body).unwrap(), "a+b=x%26y&c=1&c=2");
        assert!(url_encoded(&Value::list(["foo"])).is_err());
        let file = Value::map([
            ("filename", Value::from("d/x.txt")),
            ("_bytes", Value::Bytes(b"hi".to_vec().into())),
        ]);
        let (bytes, kind) = multipart_body(&Value::map([("f", file), ("t", Value::from("v"))]), "B").unwrap();
        assert_eq!(kind, "multipart/form-data; boundary=\"B\"");
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n--B\r\nContent-Disposition: form-data; name=\"t\"\r\nContent-Type: text/plain\r\n\r\nv\r\n--B--\r\n"
        );
        let error = multipart_body(&Value::map([("n", Value::Int(1))]), "B").unwrap_err();
        assert!(error.to_string().contains("cannot be type int"), "{error}");
    }
}
