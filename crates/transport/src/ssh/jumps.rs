use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use diag::Result;

use super::Ssh;

type Place = Arc<tokio::sync::Mutex<Weak<Ssh>>>;

/// The connections to jump hosts. All hosts behind one share its connection: a hundred logins at once are more than a
/// server's MaxStartups allows. They last as long as somebody uses them.
static JUMPS: LazyLock<Mutex<HashMap<String, Place>>> = LazyLock::new(Mutex::default);

/// The connection that is known under a key, or else the one that `connect` makes. Of several who ask at once, one
/// connects and the others wait for it.
pub(super) async fn shared(key: String, connect: impl Future<Output = Result<Ssh>>) -> Result<Arc<Ssh>> {
    let place = Arc::clone(JUMPS.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
    let mut held = place.lock().await;
    if let Some(connection) = held.upgrade().filter(|connection| !connection.handle.is_closed()) {
        return Ok(connection);
    }
    let connection = Arc::new(connect.await?);
    *held = Arc::downgrade(&connection);
    Ok(connection)
}
