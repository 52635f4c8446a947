//! Starts sandbox hosts, as many as the first argument says, prints their inventory, and keeps them until its input
//! ends: `cargo run -p lab --example hosts 3`.

#![allow(clippy::print_stdout)]

use std::io::Read;

use diag::{Error, Result};
use lab::Lab;

fn main() -> Result<()> {
    let count = std::env::args().nth(1).unwrap_or_else(|| "1".to_owned());
    let count = count.parse().map_err(|_| Error::new(format!("'{count}' is not a number of hosts")))?;
    let lab = Lab::builder().hosts(count).start()?;
    print!("{}", lab.inventory());
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).map_err(|error| Error::new("no input").cause(error))?;
    Ok(())
}
