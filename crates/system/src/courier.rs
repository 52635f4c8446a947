use protocol::{Blob, BlobId};

/// Brings bytes between the controller and the host while a module runs.
pub trait Courier: Send {
    /// The bytes of a blob that did not travel with the request.
    fn fetch(&mut self, id: BlobId) -> Result<Vec<u8>, String>;

    /// Sends bytes of a file to the controller.
    fn send(&mut self, bytes: &[u8]) -> Result<(), String>;

    /// The bytes of a blob, wherever they are.
    fn bytes_of(&mut self, blob: &Blob) -> Result<Vec<u8>, String> {
        match &blob.bytes {
            Some(bytes) => Ok(bytes.to_vec()),
            None => self.fetch(blob.id),
        }
    }
}

/// For tests: there is no controller.
#[derive(Debug)]
pub struct NoCourier;

impl Courier for NoCourier {
    fn fetch(&mut self, id: BlobId) -> Result<Vec<u8>, String> {
        Err(format!("no controller to ask for {id}"))
    }

    fn send(&mut self, _: &[u8]) -> Result<(), String> {
        Err("no controller to send to".into())
    }
}
