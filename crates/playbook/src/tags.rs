//! Which tasks `--tags` and `--skip-tags` select.

/// Whether a task with these tags runs, given the tags to run (`all` if empty) and those to skip.
///
/// `always` runs unless it is skipped by name; `never` runs only when one of the task's tags is named; `all`, `tagged`
/// and `untagged` stand for what they say.
pub fn selected(tags: &[String], only: &[String], skip: &[String]) -> bool {
    let tagged = !tags.is_empty();
    let has = |list: &[String], tag: &str| list.iter().any(|it| it == tag);
    let one_of = |list: &[String]| tags.iter().any(|tag| has(list, tag)) || !tagged && has(list, "untagged");
    let all = only.is_empty() || has(only, "all");
    let never = has(tags, "never");
    let wanted =
        has(tags, "always") || all && !never || one_of(only) || has(only, "tagged") && tagged && !never;
    let skipped = has(skip, "all") && (!has(tags, "always") || has(skip, "always"))
        || one_of(skip)
        || has(skip, "tagged") && tagged;
    wanted && !skipped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_tags_mean_what_ansible_means() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<String>>();
        for (tags, only, skip, expected) in [
            ("", "", "", true),
            ("a", "a", "", true),
            ("a", "b", "", false),
            ("", "b", "", false),
            ("a always", "b", "", true),
            ("always", "all", "always", false),
            ("never", "all", "", false),
            ("never a", "a", "", true),
            ("never a", "tagged", "", false),
            ("never a", "never", "", true),
            ("a", "tagged", "", true),
            ("", "tagged", "", false),
            ("", "untagged", "", true),
            ("a", "untagged", "", false),
            ("a", "all", "a", false),
            ("a", "all", "tagged", false),
            ("", "all", "untagged", false),
            ("a b", "a", "b", false),
            ("a", "", "all", false),
            ("always", "", "all", true),
        ] {
            let answer = selected(&words(tags), &words(only), &words(skip));
            assert_eq!(answer, expected, "tags {tags:?}, only {only:?}, skip {skip:?}");
        }
    }
}
