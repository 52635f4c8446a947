use protocol::Blob;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use value::{Map, Value};

/// A file, directory or link that comes from the controller: what its actions put into the argument `_files` of the
/// modules that place files on hosts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferredFile {
    /// Where it goes below the destination, without a slash at the start; empty for a single file, which is the
    /// destination itself.
    pub relative: String,
    /// What it is.
    pub kind: TransferredKind,
    /// Its permission bits on the controller, for `mode: preserve`.
    #[serde(default)]
    pub mode: Option<u32>,
}

/// What comes from the controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransferredKind {
    /// A file with this content.
    File(Blob),
    /// A directory.
    Directory,
    /// A symbolic link to this target.
    Link(String),
}

impl From<TransferredFile> for Value {
    fn from(file: TransferredFile) -> Value {
        let kind = match file.kind {
            TransferredKind::File(blob) => Value::map([("file", blob_value(blob))]),
            TransferredKind::Directory => "directory".into(),
            TransferredKind::Link(target) => Value::map([("link", target)]),
        };
        let mut map = Map::new();
        map.insert("relative".into(), file.relative.into());
        map.insert("kind".into(), kind);
        map.insert("mode".into(), file.mode.map_or(Value::Null, Value::from));
        map.into()
    }
}

/// A blob as an argument that the controller adds for a module.
pub fn blob_value(blob: Blob) -> Value {
    let mut map = Map::new();
    map.insert("id".into(), Value::Bytes(blob.id.0.as_slice().into()));
    map.insert("sha1".into(), blob.sha1.into());
    map.insert("size".into(), blob.size.into());
    if let Some(bytes) = blob.bytes {
        map.insert("bytes".into(), Value::Bytes(ByteBuf::into_vec(bytes).into()));
    }
    map.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::BlobId;

    #[test]
    fn as_an_argument_it_comes_back_as_it_was() {
        let blob = |bytes: Option<&[u8]>| Blob {
            id: BlobId([200; 32]),
            sha1: "da39".into(),
            size: 3,
            bytes: bytes.map(|bytes| ByteBuf::from(bytes.to_vec())),
        };
        for kind in [
            TransferredKind::File(blob(Some(b"a\xff"))),
            TransferredKind::File(blob(None)),
            TransferredKind::Directory,
            TransferredKind::Link("../x".into()),
        ] {
            for mode in [None, Some(0o4755)] {
                let file = TransferredFile { relative: "a/b".into(), kind: kind.clone(), mode };
                assert_eq!(TransferredFile::deserialize(Value::from(file.clone())).unwrap(), file);
            }
        }
    }
}
