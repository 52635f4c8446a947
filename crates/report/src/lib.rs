//! Events to what people read: the default output, as eyes and scripts know it from Ansible, and others.
//!
//! [`Terminal`] takes the engine's events and lets callbacks write lines. Nothing else in the libraries prints.

mod banner;
mod callbacks;
mod diff;
mod live;
mod log;
mod options;
mod page;
mod paint;
mod palette;
mod recap;
mod results;
mod screen;
mod terminal;

pub use callbacks::{Chosen, callback_names};
pub use diff::{Difference, Fate, Line, Look, unified};
pub use live::hold_live;
pub use options::{Manner, Options, ResultFormat};
pub use page::{End, Outcome, PageOptions, check_destination};
pub use paint::Colours;
pub use palette::{Colour, Palette};
pub use terminal::Terminal;
