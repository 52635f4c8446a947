//! Starts hosts, as many as the first argument says, prints their inventory, and keeps them until its input ends:
//! `cargo run -p lab --example hosts 3`; with `machine` as the second argument, machine hosts; with `shared` as the
//! third, on this machine's network.

#![allow(clippy::print_stdout)]

use std::io::Read;

use diag::{Error, Result};
use lab::{Kind, Lab, Network};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let count = arguments.next().unwrap_or_else(|| "1".to_owned());
    let count = count.parse().map_err(|_| Error::new(format!("'{count}' is not a number of hosts")))?;
    let kind = if arguments.next().as_deref() == Some("machine") { Kind::Machine } else { Kind::Sandbox };
    let network =
        if arguments.next().as_deref() == Some("shared") { Network::Shared } else { Network::Isolated };
    let lab = Lab::builder().hosts(count).kind(kind).network(network).start()?;
    print!("{}", lab.inventory());
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).map_err(|error| Error::new("no input").cause(error))?;
    Ok(())
}
