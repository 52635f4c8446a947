//! What controller and runner say to each other.
//!
//! Both ends exchange [frames](frame) that hold one [`ToRunner`] or [`FromRunner`] message. There is no I/O here: the
//! controller reads and writes asynchronously, the runner blocks.

mod blob;
mod change;
mod foresight;
pub mod frame;
mod job;
mod message;
mod program;
mod report;
mod request;

pub use blob::{Blob, BlobId};
pub use change::Change;
pub use foresight::Foresight;
pub use job::Job;
pub use message::{FromRunner, Ready, ToRunner, VERSION};
pub use program::Program;
pub use report::{Outcome, Report};
pub use request::Request;

/// Owned bytes that travel as bytes.
pub use serde_bytes::ByteBuf as Bytes;
