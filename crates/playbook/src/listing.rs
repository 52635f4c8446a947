//! What `--list-hosts`, `--list-tasks`, `--list-tags` and `--syntax-check` print.

use std::collections::BTreeSet;
use std::fmt::Write;

use diag::Result;

use crate::loader::plain;
use crate::{ActionKind, Item, Loader, Play, Playbook, Task, selected};

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Whether to list the hosts.
    pub hosts: bool,
    /// Whether to list the tasks.
    pub tasks: bool,
    /// Whether to list the tags.
    pub tags: bool,
    /// The tags of `--tags`; all if empty.
    pub only_tags: Vec<String>,
    /// The tags of `--skip-tags`.
    pub skip_tags: Vec<String>,
}

impl Listing {
    /// The text, as Ansible prints it. `hosts_of` gives the names of a play's hosts.
    ///
    /// # Errors
    /// A tag can't be rendered before any host is known, or `hosts_of` fails.
    pub fn text(
        &self,
        playbook: &Playbook,
        loader: &Loader,
        hosts_of: &dyn Fn(&Play) -> Result<Vec<String>>,
    ) -> Result<String> {
        let mut text = syntax_check_text(playbook);
        for (number, play) in playbook.plays.iter().enumerate() {
            self.play(&mut text, number + 1, play, loader, hosts_of)?;
        }
        Ok(text)
    }

    fn play(
        &self,
        text: &mut String,
        number: usize,
        play: &Play,
        loader: &Loader,
        hosts_of: &dyn Fn(&Play) -> Result<Vec<String>>,
    ) -> Result<()> {
        let patterns: Vec<String> = play
            .hosts
            .iter()
            .map(|node| match node.as_scalar().and_then(value::Value::as_text) {
                Some(pattern) if pattern.is_template() => {
                    let pattern = loader.language.render(pattern, &play.static_vars)?;
                    Ok(pattern
                        .as_list()
                        .map_or_else(|| vec![plain(&pattern)], |list| list.iter().map(plain).collect()))
                }
                _ => Ok(vec![plain(&node.to_value())]),
            })
            .collect::<Result<Vec<Vec<String>>>>()?
            .concat();
        let joined = patterns.join(",");
        let name = play.name.as_ref().map_or(joined.clone(), |name| name.as_str().to_owned());
        let mut play_tags = loader.render_tags(&play.keywords.tags, play)?;
        play_tags.sort();
        let _ = writeln!(text, "\n  play #{number} ({joined}): {name}\tTAGS: [{}]", play_tags.join(","));
        if self.hosts {
            let hosts = hosts_of(play)?;
            let quoted: Vec<String> = patterns.iter().map(|pattern| value::string_repr(pattern)).collect();
            let _ = writeln!(text, "    pattern: [{}]\n    hosts ({}):", quoted.join(", "), hosts.len());
            for host in hosts {
                let _ = writeln!(text, "      {host}");
            }
        }
        let mut all_tags: BTreeSet<String> = play_tags.into_iter().collect();
        if self.tasks {
            text.push_str("    tasks:\n");
        }
        if self.tasks || self.tags {
            for task in listed(&play.items(false)) {
                let mut tags = loader.render_tags(&task.keywords.tags, play)?;
                tags.sort();
                if !self.selects(&tags) {
                    continue;
                }
                if self.tasks {
                    let name = match &task.name {
                        Some(name) => task.title(name),
                        None => task.action.written.as_str().to_owned(),
                    };
                    let _ = writeln!(text, "      {name}\tTAGS: [{}]", tags.join(", "));
                }
                all_tags.extend(tags);
            }
        }
        if self.tags {
            let tags: Vec<String> = all_tags.into_iter().collect();
            let _ = writeln!(text, "      TASK TAGS: [{}]", tags.join(", "));
        }
        Ok(())
    }

    /// A list of tags shows those of tasks that never run by themselves too.
    fn selects(&self, tags: &[String]) -> bool {
        let everything = self.only_tags.is_empty() || self.only_tags == ["all"];
        let all_and_never = ["all".to_owned(), "never".to_owned()];
        let only = if self.tags && everything { &all_and_never[..] } else { &self.only_tags };
        selected(tags, only, &self.skip_tags)
    }
}

/// What `--syntax-check` prints of a playbook without an error.
pub fn syntax_check_text(playbook: &Playbook) -> String {
    format!("\nplaybook: {}\n", playbook.path.display())
}

/// The tasks that lists show: those that somebody wrote, without `rescue` and `always`.
fn listed(items: &[Item]) -> Vec<&Task> {
    items
        .iter()
        .flat_map(|item| match item {
            Item::Task(task) if task.implicit && matches!(task.action.kind, ActionKind::Meta(_)) => {
                Vec::new()
            }
            Item::Task(task) => vec![&**task],
            Item::Block(block) => listed(&block.block),
        })
        .collect()
}
