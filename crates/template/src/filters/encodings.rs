//! Filters that encode text: base64 and addresses.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use value::{Map, Value};

use crate::arguments::{Arguments, flag, required, string, text, text_or};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

fn encoded(text: &str, encoding: &str) -> Outcome<Vec<u8>> {
    let name = encoding.to_lowercase().replace('_', "-");
    Ok(match name.as_str() {
        "utf-8" | "utf8" => text.as_bytes().to_vec(),
        "ascii" | "us-ascii" if text.is_ascii() => text.as_bytes().to_vec(),
        "utf-16-le" | "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf-16-be" | "utf-16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "utf-16" => [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
        "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1"
            if text.chars().all(|character| u32::from(character) < 256) =>
        {
            text.chars().filter_map(|character| u8::try_from(u32::from(character)).ok()).collect()
        }
        _ => return Err(Stop::new(format!("the text can't be encoded as '{encoding}'"))),
    })
}

/// The text that bytes are in an encoding.
pub(crate) fn decoded(bytes: Vec<u8>, encoding: &str) -> Outcome<String> {
    let name = encoding.to_lowercase().replace('_', "-");
    let units = |from: fn([u8; 2]) -> u16| -> Vec<u16> {
        bytes.chunks_exact(2).filter_map(|pair| Some(from([*pair.first()?, *pair.get(1)?]))).collect()
    };
    let text = match name.as_str() {
        "utf-8" | "utf8" | "ascii" | "us-ascii" => String::from_utf8(bytes).ok(),
        "utf-16-le" | "utf-16le" => String::from_utf16(&units(u16::from_le_bytes)).ok(),
        "utf-16-be" | "utf-16be" => String::from_utf16(&units(u16::from_be_bytes)).ok(),
        "utf-16" => {
            let units = if bytes.starts_with(&[0xfe, 0xff]) {
                units(u16::from_be_bytes)
            } else {
                units(u16::from_le_bytes)
            };
            String::from_utf16(units.strip_prefix(&[0xfeff]).unwrap_or(&units)).ok()
        }
        "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" => {
            Some(bytes.iter().map(|byte| char::from(*byte)).collect())
        }
        _ => None,
    };
    text.ok_or_else(|| Stop::new(format!("the bytes are no text in '{encoding}'")))
}

pub(super) fn b64encode(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, encoding, urlsafe] = arguments.bind(["string", "encoding", "urlsafe"])?;
    let bytes = match required(value, "string")? {
        Value::Bytes(bytes) => bytes.to_vec(),
        value => encoded(&text(&value)?, &text_or(encoding, "utf-8")?)?,
    };
    Ok(Value::string(if flag(urlsafe, false)? { URL_SAFE.encode(bytes) } else { STANDARD.encode(bytes) }))
}

pub(super) fn b64decode(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, encoding, urlsafe] = arguments.bind(["string", "encoding", "urlsafe"])?;
    let value = required(value, "string")?;
    let secret = matches!(&value, Value::String(text) if text.is_secret());
    let value = text(&value)?;
    let urlsafe = flag(urlsafe, false)?;
    // As Python does it: what is no digit of base64 is passed over.
    let is_digit = |character: &char| {
        character.is_ascii_alphanumeric()
            || matches!(character, '+' | '/' | '=')
            || (urlsafe && matches!(character, '-' | '_'))
    };
    let digits: String = value.chars().filter(is_digit).collect();
    let digits = if urlsafe { digits.replace('-', "+").replace('_', "/") } else { digits };
    let bytes = STANDARD.decode(digits).map_err(|error| {
        diag::Error::new(format!("Invalid base64-encoded string: {error}"))
            .advice("see whether the text is in base64 at all, and whole")
    })?;
    let encoding = text_or(encoding, "utf-8")?;
    let is_utf8 = ["utf-8", "utf8"].contains(&encoding.to_lowercase().replace('_', "-").as_str());
    if is_utf8 && !secret && std::str::from_utf8(&bytes).is_err() {
        // A file that is no text comes out as it went in. Bytes do not know whether they are secret.
        return Ok(Value::Bytes(bytes.into()));
    }
    Ok(Value::string(decoded(bytes, &encoding)?))
}

/// Text for an address: letters, digits, `_.-~` and what is in `safe` stay.
fn quoted(text: &str, safe: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let character = char::from(byte);
        if byte.is_ascii_alphanumeric()
            || "_.-~".contains(character)
            || (byte.is_ascii() && safe.contains(character))
        {
            out.push(character);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn quoted_plus(text: &str) -> String {
    quoted(text, " ").replace(' ', "+")
}

pub(super) fn urlencode(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["value"])?;
    let value = required(value, "value")?;
    let pairs = match &value {
        Value::Map(_) | Value::List(_) | Value::Tuple(_) => crate::evaluate::pairs(&value)?,
        _ => return Ok(Value::string(quoted(&text(&value)?, "/"))),
    };
    let pairs = pairs
        .iter()
        .map(|(key, value)| Ok(format!("{}={}", quoted_plus(&text(key)?), quoted_plus(&text(value)?))))
        .collect::<Outcome<Vec<_>>>()?;
    Ok(Value::string(pairs.join("&")))
}

pub(super) fn urldecode(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["string"])?;
    let value = required(value, "string")?;
    let value = string(&value, "the text")?.replace('+', " ");
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match code.filter(|_| *byte == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    Ok(Value::string(String::from_utf8_lossy(&bytes).into_owned()))
}

pub(super) fn urlsplit(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, query] = arguments.bind(["value", "query"])?;
    let value = required(value, "value")?;
    let parts = url_parts(string(&value, "the address")?)?;
    let wanted = text_or(query, "")?;
    if wanted.is_empty() {
        return Ok(Value::from(parts));
    }
    parts.get(wanted.as_str()).cloned().ok_or_else(|| {
        let known = parts.keys().filter_map(Value::as_str);
        let error = diag::Error::new(format!("urlsplit: unknown URL component: {wanted}"));
        Stop::Error(error.hint_some(diag::did_you_mean(&wanted, known)))
    })
}

/// The parts of an address.
fn url_parts(url: &str) -> Outcome<Map> {
    let url = url.trim();
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character))
    };
    let (scheme, rest) = match url.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_lowercase(), rest),
        _ => (String::new(), url),
    };
    let (netloc, rest) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
        None => ("", rest),
    };
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (user, host) = netloc.rsplit_once('@').map_or((None, netloc), |(user, host)| (Some(user), host));
    let (username, password) = match user {
        Some(user) => {
            user.split_once(':').map_or((Some(user), None), |(user, password)| (Some(user), Some(password)))
        }
        None => (None, None),
    };
    let (hostname, port) = match host.strip_prefix('[') {
        Some(inner) => {
            let (hostname, port) = inner.split_once(']').unwrap_or((inner, ""));
            (hostname, port.strip_prefix(':').unwrap_or(""))
        }
        None => host.split_once(':').unwrap_or((host, "")),
    };
    let port = match port {
        "" => Value::Null,
        port => Value::from(port.parse::<u16>().map(i64::from).map_err(|_| {
            Stop::new(format!("the port '{port}' of the address is not a number up to 65535"))
        })?),
    };
    let hostname = if hostname.is_empty() { Value::Null } else { Value::string(hostname.to_lowercase()) };
    let optional = |part: Option<&str>| part.map_or(Value::Null, Value::from);
    Ok([
        ("fragment", Value::from(fragment)),
        ("hostname", hostname),
        ("netloc", Value::from(netloc)),
        ("password", optional(password)),
        ("path", Value::from(path)),
        ("port", port),
        ("query", Value::from(query)),
        ("scheme", Value::string(scheme)),
        ("username", optional(username)),
    ]
    .into_iter()
    .map(|(name, part)| (Value::from(name), part))
    .collect())
}
