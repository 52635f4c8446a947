use std::path::Path;

use diag::{Error, Result};
use vault::{Secret, Secrets};

use crate::arguments::VaultArguments;
use crate::config::{self, Config};
use crate::prompt;

/// The vault passwords of the command line, else of the configuration.
///
/// # Errors
/// One of them can't be had.
pub(crate) fn read(config: &Config, source: &VaultArguments) -> Result<Secrets> {
    let mut secrets = Secrets::new().match_labels(config.flag(&config::VAULT_ID_MATCH)?.unwrap_or(false));
    let configured = config.text(&config::VAULT_IDENTITY_LIST).unwrap_or_default();
    let configured = configured.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned);
    for id in configured.chain(source.vault_id.iter().cloned()) {
        let (label, from) = match id.split_once('@') {
            Some((label, from)) if !label.is_empty() => (label, from),
            Some((_, from)) => (Secrets::DEFAULT_LABEL, from),
            None => (Secrets::DEFAULT_LABEL, id.as_str()),
        };
        secrets.push(match from {
            "prompt" | "prompt_ask_vault_pass" => Secret::new(
                label,
                prompt::password(&format!("Vault password ({label}): "))?.expose().as_bytes(),
            ),
            path => Secret::new(label, password_of(Path::new(path), label)?),
        });
    }
    let files = source.vault_password_file.clone();
    let files = match config.text(&config::VAULT_PASSWORD_FILE) {
        Some(file) if files.is_empty() => vec![config.path(&config::VAULT_PASSWORD_FILE, &file)],
        _ => files,
    };
    for file in files {
        secrets.push(Secret::new(Secrets::DEFAULT_LABEL, password_of(&file, Secrets::DEFAULT_LABEL)?));
    }
    if source.ask_vault_password || config.flag(&config::ASK_VAULT_PASS)?.unwrap_or(false) {
        let password = prompt::password("Vault password: ")?;
        secrets.push(Secret::new(Secrets::DEFAULT_LABEL, password.expose().as_bytes()));
    }
    Ok(secrets)
}

/// The password in a file, or what the file says if it is a program. One whose name ends in `-client` is told the label.
fn password_of(path: &Path, label: &str) -> Result<Vec<u8>> {
    use std::os::unix::fs::PermissionsExt;
    let failed = |error: std::io::Error| {
        Error::new(format!("can't get the vault password from {}", path.display())).cause(error)
    };
    let executable = path.metadata().map_err(failed)?.permissions().mode() & 0o111 != 0;
    let mut bytes = if executable {
        let mut program = std::process::Command::new(path.canonicalize().map_err(failed)?);
        if path.file_stem().is_some_and(|name| name.to_string_lossy().ends_with("-client")) {
            program.args(["--vault-id", label]);
        }
        let output = program.stdin(std::process::Stdio::inherit()).output().map_err(failed)?;
        if !output.status.success() {
            return Err(Error::new(format!("{} gave no vault password", path.display()))
                .cause(String::from_utf8_lossy(&output.stderr).trim()));
        }
        output.stdout
    } else {
        std::fs::read(path).map_err(failed)?
    };
    while bytes.last().is_some_and(u8::is_ascii_whitespace) {
        bytes.pop();
    }
    if bytes.is_empty() {
        return Err(Error::new(format!("the vault password in {} is empty", path.display())));
    }
    Ok(bytes)
}
