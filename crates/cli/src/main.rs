//! The `capstan` program.
fn main() {}
