use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::{BlobId, Report, Request};

/// The protocol's version; both ends must have the same. The runner's file is named by its hash, so they do.
pub const VERSION: u32 = 1;

/// From the controller to the runner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToRunner {
    /// Call a module. Several may be on their way; they are carried out in order.
    Request(Box<Request>),
    /// A piece of a blob that was asked for; an empty piece is its end.
    Piece {
        /// Which blob.
        id: BlobId,
        /// The next bytes of it.
        bytes: ByteBuf,
    },
    /// The blob that was asked for can't be had (any more).
    NoBlob {
        /// Which blob.
        id: BlobId,
        /// Why.
        reason: String,
    },
    /// End the processes of this request, if it is still running.
    Cancel {
        /// Which request.
        id: u64,
    },
}

/// From the runner to the controller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FromRunner {
    /// The first message: the runner is there.
    Ready(Ready),
    /// The module needs these bytes.
    NeedBlob {
        /// Which blob.
        id: BlobId,
    },
    /// A request has ended.
    Report {
        /// Which request.
        id: u64,
        /// How.
        report: Box<Report>,
    },
    /// Some bytes of a file, for `fetch`; an empty piece is its end.
    Piece {
        /// The request that they belong to.
        id: u64,
        /// The next bytes.
        bytes: ByteBuf,
    },
}

/// What a runner says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// [`VERSION`] of the runner.
    pub version: u32,
    /// The user it runs as.
    pub uid: u32,
    /// Its process id on the host.
    pub pid: u32,
}
