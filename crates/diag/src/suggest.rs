/// The candidate whose spelling is nearest to `name`, if one is near enough to be meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = match name.chars().count() {
        0..=1 => return None,
        2..=3 => 1,
        4..=7 => 2,
        _ => 3,
    };
    candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *candidate != name)
        .min_by(|left, right| left.cmp(right))
        .map(|(_, candidate)| candidate)
}

/// `did you mean 'x'?`, if a candidate is near enough.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, candidates).map(|candidate| format!("{SPELLING} '{candidate}'?"))
}

/// How guesses begin.
const SPELLING: &str = "did you mean";

/// Whether a hint is one of [`did_you_mean`].
pub(crate) fn is_spelling(hint: &str) -> bool {
    hint.starts_with(SPELLING)
}

/// Edits between two words, where swapping two neighbours is one edit (optimal string alignment).
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    if left.len().abs_diff(right.len()) > 3 {
        return usize::MAX;
    }
    let mut rows: Vec<Vec<usize>> = vec![(0..=right.len()).collect()];
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let mut best = (rows[i][j] + usize::from(a != b)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == right[j - 1] && left[i - 1] == *b {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let modules = ["file", "find", "fail", "template", "copy"];
        assert_eq!(nearest("flie", modules), Some("file"));
        assert_eq!(nearest("tempalte", modules), Some("template"));
        assert_eq!(nearest("systemd", modules), None);
        assert_eq!(nearest("x", modules), None);
        assert_eq!(did_you_mean("cpoy", modules).as_deref(), Some("did you mean 'copy'?"));
    }
}
