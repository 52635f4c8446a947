//! Walks the plays for each host: variables, scheduling, results. What happens is one stream of [`Event`]s.
//!
//! [`Run::playbooks`] is the way in. A [play](play) is run batch by batch; in it every host has a [cursor](cursor) of its
//! own, for rescues, includes and handlers take hosts different ways, and the hosts whose next task is the earliest one
//! run it together. A [task](task) is run for one host: conditions, loop, attempts, the action, and what counts as
//! changed and failed.

mod accounting;
mod arguments;
mod connections;
mod cursor;
mod custom_stats;
mod debugger;
mod differences;
mod environment;
mod event;
mod fact_cache;
mod facts;
mod includes;
mod jobs;
mod language;
mod masks;
mod notifications;
mod orderly;
mod play;
mod prompts;
mod remote;
mod result;
mod run;
mod runner;
mod settings;
mod task;
mod told_connection;
mod variables;
mod web;
mod world;

pub use accounting::{Stats, Tally};
pub use custom_stats::CustomStats;
pub use event::{Event, Events, JobState, Ran, Status};
pub use fact_cache::FactCache;
pub use language::TemplateLanguage;
pub use protocol::Foresight;
pub use run::{Ending, Run};
pub use settings::{BecomeSettings, ConnectionSettings, Gathering, RetryFiles, Settings, UnmatchedPattern};
pub use variables::LANGUAGE_VERSION;
