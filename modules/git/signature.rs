use system::{Error, Output, Result};

use super::{Git, Target};

/// Checks the signature of a version, in a copy that has fetched it. `ask` calls git there.
///
/// # Errors
/// It has none that gpg can verify, or none by a key that counts.
pub(crate) fn verify(
    git: &Git,
    target: &Target,
    ask: &mut dyn FnMut(&[&str]) -> Result<Output>,
) -> Result<()> {
    let tag = target.tag();
    let is_annotated = match &tag {
        Some(tag) => ask(&["cat-file", "-t", tag])?.stdout().trim() == "tag",
        None => false,
    };
    let (verb, name) = match (&tag, is_annotated) {
        (Some(tag), true) => ("verify-tag", tag.as_str()),
        _ => ("verify-commit", target.commit.as_deref().unwrap_or(&git.version)),
    };
    let output = ask(&[verb, "--raw", name])?;
    // Playbooks look for these words.
    let output =
        output.checked(&format!("Failed to verify GPG signature of commit/tag \"{}\"", git.version))?;
    if git.gpg_allowlist.is_empty() {
        return Ok(());
    }
    let said = output.stderr() + &output.stdout();
    let signer = fingerprints(&said);
    let counts = |wanted: &String| signer.iter().any(|found| found.eq_ignore_ascii_case(wanted.trim()));
    if git.gpg_allowlist.iter().any(counts) {
        return Ok(());
    }
    let who = signer.first().copied().unwrap_or_default();
    Err(Error::failed(format!("The gpg_allowlist does not include the public key \"{who}\" for this commit")))
}

/// Those of a key and of the key that it belongs to, in what gpg tells programs (its doc/DETAILS).
fn fingerprints(said: &str) -> Vec<&str> {
    let line = said.lines().find_map(|line| line.strip_prefix("[GNUPG:] VALIDSIG "));
    let words: Vec<&str> = line.unwrap_or_default().split_whitespace().collect();
    words.first().into_iter().chain(words.get(9)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpg_tells_who_signed() {
        let said = "[GNUPG:] NEWSIG\n[GNUPG:] VALIDSIG AA 2020-01-01 1 0 4 0 1 8 00 BB\n";
        assert_eq!(fingerprints(said), ["AA", "BB"]);
        assert!(fingerprints("[GNUPG:] ERRSIG AA").is_empty());
    }
}
