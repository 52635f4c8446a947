/// Quotes text for any shell a user may have (POSIX shells, csh, fish): inside `'…'`, with every `'` as `'"'"'`.
pub(crate) fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r#"'"'"'"#))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_comes_back_through_a_shell() {
        for text in
            ["", "plain-1.2/x", "a b", "it's", "''", "$(id) `id` \\ \"x\"", "-n", "ü\ttab", "a;b&c|d>e<f*?~#"]
        {
            let output = std::process::Command::new("/bin/sh")
                .args(["-c", &format!("printf %s {}", quote(text))])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
        }
    }
}
