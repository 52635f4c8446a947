use std::sync::Arc;

use async_trait::async_trait;
use diag::Result;
use transport::{Connection, Pipe};

use crate::Event;
use crate::world::World;

/// The number of `-v` from which on commands are told.
const VERBOSITY: u8 = 3;

/// So much of a command is told; what starts the runner goes on for longer than anybody reads.
const MOST: usize = 200;

/// A connection that tells what it starts on the host.
pub(crate) struct ToldConnection<'a> {
    pub(crate) connection: Arc<dyn Connection>,
    pub(crate) world: &'a World,
}

#[async_trait]
impl Connection for ToldConnection<'_> {
    async fn exec(&self, command: &str) -> Result<Pipe> {
        let shown: String = command.chars().take(MOST).collect();
        let more = if shown.len() < command.len() { " ..." } else { "" };
        let text = format!("<{}> EXEC {shown}{more}", self.name());
        self.world.tell(Event::Remark { text, verbosity: VERBOSITY });
        self.connection.exec(command).await
    }

    async fn close(&self) {
        self.connection.close().await;
    }

    fn name(&self) -> &str {
        self.connection.name()
    }
}
