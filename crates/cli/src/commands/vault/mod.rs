mod editor;
mod encrypt_string;
mod encryption;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use diag::{Error, Result};
use vault::{Opened, Secrets};

use self::encrypt_string::StringArguments;
use self::encryption::Encryption;
use crate::arguments::VaultArguments;
use crate::commands::Command;
use crate::config::Config;
use crate::exit::Ended;
use crate::vault_passwords::Sources;
use crate::{pager, private_file};

/// Encrypt files and strings, and decrypt them.
#[derive(Debug, Parser)]
pub(crate) struct Vault {
    #[command(subcommand)]
    action: Action,
    /// Show more.
    #[arg(short = 'v', long = "verbose", action = clap::ArgAction::Count, global = true)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write a new encrypted file in an editor.
    Create {
        /// The file.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Open the editor even if there is no terminal.
        #[arg(long)]
        skip_tty_check: bool,
        #[command(flatten)]
        encrypting: EncryptingArguments,
        #[command(flatten)]
        vault: VaultArguments,
    },
    /// Change an encrypted file in an editor.
    Edit {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        encrypting: EncryptingArguments,
        #[command(flatten)]
        vault: VaultArguments,
    },
    /// Show encrypted files.
    View {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        vault: VaultArguments,
    },
    /// Encrypt files, or the standard input.
    Encrypt {
        /// The files.
        files: Vec<PathBuf>,
        /// Where to write it; `-` is the standard output.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        encrypting: EncryptingArguments,
        #[command(flatten)]
        vault: VaultArguments,
    },
    /// Decrypt files, or the standard input.
    Decrypt {
        /// The files.
        files: Vec<PathBuf>,
        /// Where to write it; `-` is the standard output.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        vault: VaultArguments,
    },
    /// Encrypt strings, to be put into files of variables.
    #[command(name = "encrypt_string", visible_alias = "encrypt-string")]
    EncryptString {
        #[command(flatten)]
        strings: StringArguments,
        /// Where to write them; `-` is the standard output.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        encrypting: EncryptingArguments,
        #[command(flatten)]
        vault: VaultArguments,
    },
    /// Encrypt files anew with another password.
    Rekey {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The new password, as [LABEL@]SOURCE.
        #[arg(long, value_name = "ID", conflicts_with = "new_vault_password_file")]
        new_vault_id: Option<String>,
        /// A file or script that gives the new password.
        #[arg(long, value_name = "FILE")]
        new_vault_password_file: Option<PathBuf>,
        #[command(flatten)]
        encrypting: EncryptingArguments,
        #[command(flatten)]
        vault: VaultArguments,
    },
}

#[derive(Debug, Args)]
struct EncryptingArguments {
    /// The label of the password to encrypt with, where there are several.
    #[arg(long, value_name = "LABEL")]
    encrypt_vault_id: Option<String>,
}

impl Command for Vault {
    const NAME: &'static str = "vault";
    const ANSIBLE_NAME: Option<&'static str> = Some("ansible-vault");

    fn run(self) -> Ended {
        Config::load()
            .map_err(Ended::from)
            .and_then(|config| self.action.run(&config))
            .unwrap_or_else(|ended| ended)
    }
}

impl Action {
    fn run(&self, config: &Config) -> Result<Ended, Ended> {
        match self {
            Action::Create { files, skip_tty_check, encrypting, vault } => {
                let encryption = encryption(config, vault, encrypting)?;
                create(config, files, *skip_tty_check, &encryption)
            }
            Action::Edit { files, encrypting, vault } => {
                let secrets = secrets(config, vault, false)?;
                each(files, |path| edit(config, path, &secrets, encrypting))
            }
            Action::View { files, vault } => {
                let secrets = secrets(config, vault, false)?;
                each(files, |path| {
                    let opened = open(path, &secrets, "view")?;
                    pager::show(config, &String::from_utf8_lossy(&opened.content));
                    Ok(())
                })
            }
            Action::Encrypt { files, output, encrypting, vault } => {
                let encryption = encryption(config, vault, encrypting)?;
                filter(files, output.as_deref(), "Encryption successful\n", |path| {
                    Ok(encryption.encrypt(&private_file::read(path)?)?.into_bytes())
                })
            }
            Action::Decrypt { files, output, vault } => {
                let secrets = secrets(config, vault, false)?;
                filter(files, output.as_deref(), "Decryption successful\n", |path| {
                    Ok(open(path, &secrets, "decrypt")?.content)
                })
            }
            Action::EncryptString { strings, output, encrypting, vault } => {
                strings.run(&encryption(config, vault, encrypting)?, output.as_deref())
            }
            Action::Rekey { files, new_vault_id, new_vault_password_file, encrypting, vault } => {
                let secrets = secrets(config, vault, false)?;
                let new = Sources {
                    ids: new_vault_id.iter().cloned().collect(),
                    files: new_vault_password_file.iter().cloned().collect(),
                    ask: new_vault_id.is_none() && new_vault_password_file.is_none(),
                    new: true,
                };
                let new = new.read(config)?;
                let encryption = Encryption::new(config, &new, encrypting.encrypt_vault_id.as_deref())?;
                each(files, |path| {
                    let opened = open(path, &secrets, "rekey")?;
                    Ok(private_file::write(path, encryption.encrypt(&opened.content)?.as_bytes(), true)?)
                })?;
                Ok(say("Rekey successful\n"))
            }
        }
    }
}

/// The passwords; asks if there are none.
fn secrets(config: &Config, arguments: &VaultArguments, new: bool) -> Result<Secrets> {
    let mut sources = Sources::of(config, arguments)?;
    sources.ask |= sources.is_empty();
    sources.new = new;
    sources.read(config)
}

fn encryption(
    config: &Config,
    arguments: &VaultArguments,
    encrypting: &EncryptingArguments,
) -> Result<Encryption, Ended> {
    let secrets = secrets(config, arguments, true)?;
    Encryption::new(config, &secrets, encrypting.encrypt_vault_id.as_deref())
}

fn each(files: &[PathBuf], mut act: impl FnMut(&Path) -> Result<(), Ended>) -> Result<Ended, Ended> {
    files.iter().try_for_each(|path| act(path)).map(|()| Ended::Good)
}

/// What an encrypted file holds; `what` is what is being done.
fn open<'a>(path: &Path, secrets: &'a Secrets, what: &str) -> Result<Opened<'a>> {
    let bytes = private_file::read(path)?;
    let failed = |error: Error| error.within(format!("Failed to {what} '{}'", path.display()), None);
    let text =
        std::str::from_utf8(&bytes).map_err(|_| failed(Error::new("Input is not vault encrypted data.")))?;
    vault::open(text, secrets).map_err(failed)
}

/// Changes each file, or standard input on its way to standard output.
fn filter(
    files: &[PathBuf],
    output: Option<&Path>,
    done: &str,
    change: impl Fn(&Path) -> Result<Vec<u8>>,
) -> Result<Ended, Ended> {
    if output.is_some() && files.len() > 1 {
        let message = "At most one input file may be used with the --output option";
        return Err(Ended::Misused(Error::new(message).into()));
    }
    let stream = Path::new(private_file::STANDARD_STREAM);
    if files.is_empty() {
        if std::io::stdin().is_terminal() {
            say("Reading input from stdin\n");
        }
        private_file::write(output.unwrap_or(stream), &change(stream)?, false)?;
    }
    for path in files {
        private_file::write(output.unwrap_or(path), &change(path)?, false)?;
    }
    if std::io::stdout().is_terminal() {
        say(done);
    }
    Ok(Ended::Good)
}

fn create(config: &Config, files: &[PathBuf], anyway: bool, encryption: &Encryption) -> Result<Ended, Ended> {
    let misused = |message: String| Err(Ended::Misused(Error::new(message).into()));
    let [path] = files else {
        return misused("ansible-vault create can take only one filename argument".into());
    };
    if !anyway && !std::io::stdout().is_terminal() {
        return misused("not a tty, editor cannot be opened".into());
    }
    if path.is_file() {
        return Err(Error::new(format!("{} exists, please use 'edit' instead", path.display())).into());
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| {
            Error::new(format!("can't make the folder {}", folder.display())).cause(error)
        })?;
    }
    let content = editor::edit(config, path, b"")?;
    private_file::write(path, encryption.encrypt(&content)?.as_bytes(), false)?;
    Ok(Ended::Good)
}

/// The file is written with the secret that opened it, unless another one is asked for, and only if something changed.
fn edit(
    config: &Config,
    path: &Path,
    secrets: &Secrets,
    encrypting: &EncryptingArguments,
) -> Result<(), Ended> {
    let opened = open(path, secrets, "edit")?;
    let encryption = match &encrypting.encrypt_vault_id {
        Some(wanted) => Encryption::new(config, secrets, Some(wanted))?,
        None => Encryption::with(config, opened.secret, opened.label.as_deref()),
    };
    let edited = editor::edit(config, path, &opened.content)?;
    if edited != opened.content {
        private_file::write(path, encryption.encrypt(&edited)?.as_bytes(), true)?;
    }
    Ok(())
}

fn say(text: &str) -> Ended {
    use std::io::Write;
    // Whoever closed the stream does not want to read it.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
    Ended::Good
}
