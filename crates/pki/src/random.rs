use getrandom::SysRng;
use rand_core::{TryRng, UnwrapErr};

use crate::{Error, Result};

/// The host's source of random numbers, for makers of keys.
///
/// # Errors
/// The host has none.
pub(crate) fn generator() -> Result<UnwrapErr<SysRng>> {
    // Whoever gives a number gives more, so that one try tells whether it works.
    bytes::<1>()?;
    Ok(UnwrapErr(SysRng))
}

/// So many random bytes.
///
/// # Errors
/// The host has no source of them.
pub(crate) fn bytes<const LENGTH: usize>() -> Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| Error::new(format!("the host gives no random numbers: {error}")))?;
    Ok(bytes)
}
