/// A banner: an empty line, the text, and stars up to the width.
pub(crate) fn banner(text: &str, width: usize) -> String {
    let stars = width.saturating_sub(text.chars().count()).max(3);
    format!("\n{text} {}\n", "*".repeat(stars))
}

#[cfg(test)]
mod tests {
    use super::banner;

    #[test]
    fn stars_fill_the_width_and_are_three_at_least() {
        assert_eq!(banner("PLAY [all]", 20), "\nPLAY [all] **********\n");
        assert_eq!(banner("TASK [a long name]", 10), "\nTASK [a long name] ***\n");
    }
}
