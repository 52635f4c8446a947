//! What web servers have.

use std::path::PathBuf;
use std::time::Duration;

use configuration::{
    Config, Setting, URL_AGENT, URL_CA_PATH, URL_CIPHERS, URL_FOLLOW_REDIRECTS, URL_FORCE,
    URL_FORCE_BASIC_AUTH, URL_TIMEOUT, URL_UNIX_SOCKET, URL_UNREDIRECTED_HEADERS, URL_USE_GSSAPI,
    URL_USE_NETRC,
};
use value::Value;

use super::option::{option, yes_or_no};
use crate::arguments::{Arguments, items, map, number, string, text};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};
use crate::{Redirections, WebRequest};

/// The lines of each page, or the pages whole.
pub(super) fn url(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome<Vec<Value>> {
    let split_lines = flag(&mut arguments, "split_lines")?;
    let mut request = request(evaluator, &mut arguments)?;
    let mut out = Vec::new();
    for term in &arguments.positional {
        string(term, "an address")?.as_str().clone_into(&mut request.address);
        let page = evaluator.context.scope.fetch(&request)?;
        if split_lines {
            out.extend(lines(&page).into_iter().map(content));
        } else {
            out.push(content(&page));
        }
    }
    Ok(out)
}

/// The request that the options make, without an address.
fn request(evaluator: &mut Evaluator<'_>, arguments: &mut Arguments) -> Outcome<WebRequest> {
    let config = Config::load()?;
    let mut of =
        |setting: &Setting, arguments: &mut Arguments| option(evaluator, &config, arguments, setting);
    if of(&URL_USE_GSSAPI, arguments)?.is_true() {
        return Err(Stop::new("the option 'use_gssapi' is not supported: there is no login with Kerberos"));
    }
    if of(&URL_CIPHERS, arguments)?.is_true() {
        return Err(Stop::new("the option 'ciphers' is not supported: the safe ones are always used"));
    }
    let mut headers = headers(arguments.take("headers"))?;
    if of(&URL_FORCE, arguments)?.is_true() {
        headers.push(("Cache-Control".into(), "no-cache".into()));
    }
    let seconds = number(&of(&URL_TIMEOUT, arguments)?, "the timeout")?;
    let path = |value: Value| value.as_str().filter(|path| !path.is_empty()).map(PathBuf::from);
    let user = arguments.take("username").filter(|user| !user.is_null());
    let password = arguments.take("password").filter(|password| !password.is_null());
    let login = match user {
        Some(user) => Some((text(&user)?, password.map_or(Ok(String::new()), |password| text(&password))?)),
        None => None,
    };
    let unredirected = of(&URL_UNREDIRECTED_HEADERS, arguments)?;
    let unredirected = if unredirected.is_null() { Vec::new() } else { items(&unredirected)? };
    Ok(WebRequest {
        address: String::new(),
        headers,
        agent: text(&of(&URL_AGENT, arguments)?)?,
        timeout: Duration::try_from_secs_f64(seconds)
            .map_err(|_| Stop::new(format!("the timeout can't be {seconds} seconds")))?,
        login,
        force_basic_auth: of(&URL_FORCE_BASIC_AUTH, arguments)?.is_true(),
        use_netrc: of(&URL_USE_NETRC, arguments)?.is_true(),
        use_proxy: flag(arguments, "use_proxy")?,
        redirections: match of(&URL_FOLLOW_REDIRECTS, arguments)?.as_str() {
            Some("all" | "yes") => Redirections::All,
            Some("none" | "no") => Redirections::None,
            Some("safe") => Redirections::Safe,
            _ => Redirections::Urllib2,
        },
        unredirected_headers: unredirected.iter().map(text).collect::<Outcome<_>>()?,
        socket: path(of(&URL_UNIX_SOCKET, arguments)?),
        validate_certs: flag(arguments, "validate_certs")?,
        authorities: path(of(&URL_CA_PATH, arguments)?),
    })
}

/// An option that nothing but the call sets, and that is on without being set.
fn flag(arguments: &mut Arguments, name: &str) -> Outcome<bool> {
    match arguments.take(name) {
        None | Some(Value::Null) => Ok(true),
        Some(value) => yes_or_no(&value)
            .ok_or_else(|| Stop::new(format!("the option '{name}' must be yes or no, not {}", value.repr()))),
    }
}

fn headers(given: Option<Value>) -> Outcome<Vec<(String, String)>> {
    match given {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(given) => map(&given, "the option 'headers'")?
            .iter()
            .map(|(name, value)| Ok((text(name)?, text(value)?)))
            .collect(),
    }
}

/// The lines of a page, which end as lines of any system do.
fn lines(page: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut rest = page;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let (line, after) = rest.split_at(end);
        lines.push(line);
        rest = after.strip_prefix(b"\r\n").or_else(|| after.get(1..)).unwrap_or_default();
    }
    lines
}

/// Text where it is text, else the bytes.
fn content(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::from(text),
        Err(_) => Value::Bytes(bytes.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_those_of_any_system() {
        assert_eq!(lines(b"a\r\nb\n\nc\rd"), [b"a".as_slice(), b"b", b"", b"c", b"d"]);
        assert_eq!(lines(b"a\n"), [b"a"]);
        assert!(lines(b"").is_empty());
    }
}
