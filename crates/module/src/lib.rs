//! What a module is: a struct of arguments whose doc comments are its manual, and one function on a
//! [`System`](system::System).
//!
//! Arguments arrive in the loose spellings that playbooks are used to. [`Schema::normalise`] brings them into the shape
//! that the struct declares, on the controller, so that modules see proper types only.

mod arguments;
mod backup;
mod checksum_algorithm;
mod combinations;
mod command_line;
mod directories;
mod edited_file;
mod file_arguments;
mod file_marks;
mod fragments;
mod host_path;
mod inode_facts;
mod inode_result;
mod known_host;
mod made_file;
mod manual;
mod mode;
mod module;
mod new_content;
mod open_pgp;
mod outcome;
mod presence;
mod python_regex;
mod python_requirement;
mod regenerate;
mod schema;
mod secret_file;
mod text_encoding;
mod transferred_file;
mod web;
mod words;
mod zip;

pub use arguments::Arguments;
pub use backup::back_up;
pub use checksum_algorithm::ChecksumAlgorithm;
pub use combinations::{mutually_exclusive, required_one_of, required_since};
pub use command_line::{CommandLine, SkipReason};
pub use directories::make_directories;
pub use edited_file::EditedFile;
pub use file_arguments::FileArguments;
pub use file_marks::FileMarks;
pub use fragments::Fragments;
pub use host_path::{HostPath, expand_text};
pub use inode_facts::{inode_facts, not_yet};
pub use inode_result::{attributes, inode_failure, inode_result};
pub use known_host::{KnownHost, hash_host};
pub use made_file::MadeFile;
pub use manual::{Argument, Manual};
pub use mode::Mode;
pub use module::{Module, call};
pub use new_content::{NewContent, Written};
pub use open_pgp::OpenPgpKey;
pub use outcome::Outcome;
pub use presence::Presence;
pub use python_regex::{PythonRegex, PythonReplacement, RegexFlags, RegexMatch};
pub use python_requirement::{PythonRequirement, plain_python_name};
pub use regenerate::Regenerate;
pub use schema::{Problem, Schema};
pub use secret_file::{back_up_secret, remove_secret};
pub use text_encoding::{decode_text, encode_text};
pub use transferred_file::{TransferredFile, TransferredKind, blob_value};
pub use web::{Redirects, WebAnswer, WebArguments, WebClient, multipart_body, url_encoded, web_file_name};
pub use words::{first_word, split_words};
pub use zip::{ZipEntry, crc32, zip_entries};
