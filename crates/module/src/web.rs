//! What asking web servers takes beyond a single request: redirections, logins, cookies, proxies, certificates.

mod authorization;
mod client;
mod file_name;
mod form;
mod surroundings;
mod web_arguments;

pub use client::{Redirects, WebAnswer, WebClient};
pub use file_name::web_file_name;
pub use form::{multipart_body, url_encoded};
pub use web_arguments::WebArguments;
