use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Error, Result};

/// A block of PEM text: RFC 7468, with the headers of RFC 1421 that old programs write.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) label: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) bytes: Vec<u8>,
}

impl Block {
    pub(crate) fn new(label: &str, bytes: Vec<u8>) -> Block {
        Block { label: label.to_owned(), headers: Vec::new(), bytes }
    }

    /// All blocks of a text; what stands between them is left out.
    pub(crate) fn all(text: &str) -> Result<Vec<Block>> {
        let mut blocks = Vec::new();
        let mut lines = text.lines().map(str::trim);
        while let Some(line) = lines.next() {
            let Some(label) = line.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----"))
            else {
                continue;
            };
            let end = format!("-----END {label}-----");
            let (mut headers, mut digits, mut ended) = (Vec::new(), String::new(), false);
            for line in lines.by_ref() {
                if line == end {
                    ended = true;
                    break;
                }
                match line.split_once(':') {
                    Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
                    None => digits.push_str(line),
                }
            }
            if !ended {
                return Err(Error::new(format!("the PEM block '{label}' has no end")));
            }
            let bytes = STANDARD
                .decode(digits)
                .map_err(|error| Error::new(format!("the PEM block '{label}' is broken: {error}")))?;
            blocks.push(Block { label: label.to_owned(), headers, bytes });
        }
        Ok(blocks)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        let mut text = format!("-----BEGIN {}-----\n", self.label);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\n"));
        }
        if !self.headers.is_empty() {
            text.push('\n');
        }
        let digits = STANDARD.encode(&self.bytes);
        for (at, character) in digits.chars().enumerate() {
            if at > 0 && at % 64 == 0 {
                text.push('\n');
            }
            text.push(character);
        }
        text.push_str(&format!("\n-----END {}-----\n", self.label));
        text
    }
}
