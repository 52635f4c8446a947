//! The groups of options that several commands take. A command's own options stand with the command.

mod become_user;
mod connection;
mod predict;
mod running;
mod single_task;
mod source;
mod vault;

pub(crate) use become_user::BecomeArguments;
pub(crate) use connection::ConnectionArguments;
pub(crate) use predict::Predict;
pub(crate) use running::RunArguments;
pub(crate) use single_task::SingleTaskArguments;
pub(crate) use source::SourceArguments;
pub(crate) use vault::VaultArguments;
