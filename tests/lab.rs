//! Each module on a host of its own.
