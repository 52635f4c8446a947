use system::{Command, Error, Result, System};

/// The text that bytes in an encoding are, by the names that Python has for encodings; nothing if they are none. Other
/// encodings than Unicode's and Latin-1 are the business of the host's program `iconv`.
///
/// # Errors
/// Nobody knows the encoding.
pub fn decode_text(host: &mut System, bytes: &[u8], encoding: &str) -> Result<Option<String>> {
    let name = encoding.to_ascii_lowercase().replace('_', "-");
    match name.as_str() {
        "utf-8" | "utf8" => Ok(std::str::from_utf8(bytes).ok().map(str::to_owned)),
        "ascii" | "us-ascii" => Ok(ascii(bytes)),
        "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" => {
            Ok(Some(bytes.iter().copied().map(char::from).collect()))
        }
        _ => convert(host, bytes, &name, "utf-8", encoding)
            .map(|bytes| bytes.and_then(|bytes| String::from_utf8(bytes).ok())),
    }
}

/// The bytes that a text is in an encoding; the counterpart of [`decode_text`].
///
/// # Errors
/// Nobody knows the encoding.
pub fn encode_text(host: &mut System, text: &str, encoding: &str) -> Result<Option<Vec<u8>>> {
    let name = encoding.to_ascii_lowercase().replace('_', "-");
    match name.as_str() {
        "utf-8" | "utf8" => Ok(Some(text.into())),
        "ascii" | "us-ascii" => Ok(text.is_ascii().then(|| text.into())),
        "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" => {
            Ok(text.chars().map(|character| u8::try_from(character).ok()).collect())
        }
        _ => convert(host, text.as_bytes(), "utf-8", &name, encoding),
    }
}

fn ascii(bytes: &[u8]) -> Option<String> {
    bytes.is_ascii().then(|| bytes.iter().copied().map(char::from).collect())
}

fn convert(host: &mut System, bytes: &[u8], from: &str, to: &str, encoding: &str) -> Result<Option<Vec<u8>>> {
    let unknown = || Error::failed(format!("unknown encoding: {encoding}"));
    let named = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte))
            && !name.starts_with('-')
    };
    if !named(from) || !named(to) || host.find_program("iconv")?.is_none() {
        return Err(unknown());
    }
    let command =
        |input: &[u8]| Command::new(["iconv", "-f", from, "-t", to]).env("LC_ALL", "C").input(input);
    // What fails with nothing to convert is no encoding.
    if !host.query(&command(b""))?.success() {
        return Err(unknown());
    }
    let output = host.query(&command(bytes))?;
    Ok(output.success().then_some(output.stdout))
}

#[cfg(test)]
mod tests {
    use super::*;
    use system::{MemoryBackend, NoCourier};

    #[test]
    fn text_goes_both_ways() {
        let backend = MemoryBackend::new();
        backend.add_program("/usr/bin/iconv");
        backend.answer("iconv -f gbk -t utf-8", 0, "ä");
        let mut host = System::new(Box::new(backend), Box::new(NoCourier));
        assert_eq!(decode_text(&mut host, b"\xe4", "latin_1").unwrap().as_deref(), Some("ä"));
        assert_eq!(encode_text(&mut host, "ä", "ISO-8859-1").unwrap().as_deref(), Some(&b"\xe4"[..]));
        assert_eq!(encode_text(&mut host, "€", "latin1").unwrap(), None);
        assert_eq!(decode_text(&mut host, b"\xe4", "utf-8").unwrap(), None);
        assert_eq!(decode_text(&mut host, b"\xa8\xa4", "GBK").unwrap().as_deref(), Some("ä"));
        let error = decode_text(&mut host, b"x", "idontexist").unwrap_err();
        assert!(
            error.to_string().contains("can't run") || error.to_string().contains("no program"),
            "{error}"
        );
    }
}
