/// Whether a text has a path or name in it that is not a part of a longer one.
pub(crate) fn mentions(text: &str, name: &str) -> bool {
    let continues = |character: char| character.is_alphanumeric() || matches!(character, '.' | '-' | '_');
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let mut after = text[at + name.len()..].chars();
            let ends = match after.next() {
                // A full stop ends a sentence or begins a suffix.
                Some('.') => after.next().is_none_or(|character| !continues(character)),
                Some('/') => false,
                Some(character) => !continues(character),
                None => true,
            };
            // What begins with a slash may be a part of a path.
            ends && (name.starts_with('/') || before.is_none_or(|character| !continues(character)))
        })
}
