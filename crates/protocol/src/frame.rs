//! Frames: a length of four bytes, most significant first, and that many bytes of MessagePack.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The largest frame that is accepted, in bytes. What is larger travels in pieces.
pub const LIMIT: usize = 64 * 1024 * 1024;

/// Why bytes are not a frame.
#[derive(Debug)]
pub enum FrameError {
    /// The announced length is over [`LIMIT`]; most likely something else than a runner is talking.
    TooLong(usize),
    /// The bytes are not the message that was expected.
    Garbled(rmp_serde::decode::Error),
    /// The message can't be written.
    Unwritable(rmp_serde::encode::Error),
}

impl fmt::Display for FrameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrameError::TooLong(length) => {
                write!(formatter, "a frame of {length} bytes is over the limit of {LIMIT}")
            }
            FrameError::Garbled(error) => write!(formatter, "garbled frame: {error}"),
            FrameError::Unwritable(error) => write!(formatter, "message can't be written: {error}"),
        }
    }
}

impl std::error::Error for FrameError {}

/// A message as a frame.
pub fn encode<M: Serialize>(message: &M) -> Result<Vec<u8>, FrameError> {
    let mut frame = vec![0; 4];
    rmp_serde::encode::write_named(&mut frame, message).map_err(FrameError::Unwritable)?;
    let length = frame.len() - 4;
    if length > LIMIT {
        return Err(FrameError::TooLong(length));
    }
    frame[..4].copy_from_slice(&(length as u32).to_be_bytes());
    Ok(frame)
}

/// Takes bytes as they come and gives messages as they are complete.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    start: usize,
}

impl Decoder {
    /// Adds bytes that were read.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 && self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next message, if it is complete.
    ///
    /// # Errors
    /// After an error the stream can't be trusted any more.
    pub fn message<M: DeserializeOwned>(&mut self) -> Result<Option<M>, FrameError> {
        let pending = &self.buffer[self.start..];
        let Some((length, rest)) = pending.split_first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_be_bytes(*length) as usize;
        if length > LIMIT {
            return Err(FrameError::TooLong(length));
        }
        let Some(body) = rest.get(..length) else { return Ok(None) };
        let message = rmp_serde::from_slice(body).map_err(FrameError::Garbled)?;
        self.start += 4 + length;
        if self.start > 1 << 20 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Change, FromRunner, Outcome, Report, ToRunner};
    use value::{Unknown, Value};

    #[test]
    fn messages_survive_in_pieces_of_any_size() {
        let report = Report {
            outcome: Outcome::Unknown(Unknown::new("a package that is not installed yet")),
            changes: vec![Change {
                kind: "inode".into(),
                name: "/etc/motd".into(),
                before: Value::Null,
                after: Value::map([("content", Value::Bytes([0u8, 159].as_slice().into()))]),
            }],
            warnings: vec!["é".into()],
        };
        let message = FromRunner::Report { id: 7, report: Box::new(report) };
        let mut bytes = encode(&message).unwrap();
        bytes.extend(encode(&message).unwrap());
        for size in [1, 3, 1000] {
            let mut decoder = Decoder::default();
            let mut found = Vec::new();
            for piece in bytes.chunks(size) {
                decoder.push(piece);
                while let Some(message) = decoder.message::<FromRunner>().unwrap() {
                    found.push(message);
                }
            }
            assert_eq!(found, [message.clone(), message.clone()]);
        }
    }

    #[test]
    fn garbage_is_an_error_and_no_panic() {
        let mut decoder = Decoder::default();
        decoder.push(b"Welcome to Debian");
        assert!(matches!(decoder.message::<ToRunner>(), Err(FrameError::TooLong(_))));
        let mut decoder = Decoder::default();
        decoder.push(&[0, 0, 0, 2, 0xc1, 0xff]);
        assert!(matches!(decoder.message::<ToRunner>(), Err(FrameError::Garbled(_))));
    }
}
