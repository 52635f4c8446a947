use std::sync::Arc;

use diag::Error;
use value::Text;
use yaml::{Entry, Node};

use super::{Builder, listed, written};
use crate::{Apply, Keyword, Keywords, Place, Vars};

/// What plays, role entries, blocks and tasks have in common.
#[derive(Default)]
pub(super) struct Own {
    pub(super) name: Option<Text>,
    pub(super) keywords: Keywords,
    pub(super) vars: Arc<Vars>,
}

impl Builder<'_> {
    /// Reads the common keywords among `entries`, and gives the others, all of them checked.
    pub(super) fn own<'n>(
        &mut self,
        entries: impl IntoIterator<Item = &'n Entry>,
        place: Place,
    ) -> (Own, Vec<(&'static str, &'n Entry)>) {
        let mut own = Own::default();
        let mut others = Vec::new();
        for entry in entries {
            let keyword = Keyword::at(&entry.key, place)
                .and_then(|keyword| keyword.check(&entry.value).map(|()| keyword));
            let Some(keyword) = self.errors.take(keyword) else { continue };
            if !self.common(&mut own, keyword.name, &entry.value) {
                others.push((keyword.name, entry));
            }
        }
        (own, others)
    }

    /// Keeps a common keyword; false if it is none.
    fn common(&mut self, own: &mut Own, name: &str, node: &Node) -> bool {
        let keywords = &mut own.keywords;
        let single = match name {
            "name" => {
                own.name = self.text(node, "a name").filter(|name| !name.is_empty());
                return true;
            }
            "vars" => {
                own.vars = self.vars(node, "'vars'");
                return true;
            }
            "when" => {
                keywords.when = self.when(node);
                return true;
            }
            "tags" => {
                let tags = self.tags(node);
                self.warn_of_reserved(&tags, node);
                keywords.add_tags(tags);
                return true;
            }
            "collections" => {
                keywords.collections = self.texts(node, "a collection's name");
                return true;
            }
            "environment" => &mut keywords.environment,
            "module_defaults" => &mut keywords.module_defaults,
            "notify" => &mut keywords.notify,
            _ => return self.single(keywords, name, node),
        };
        *single = listed(node);
        self.check(node);
        true
    }

    /// Keeps a keyword of which the innermost one wins; false if it is none.
    fn single(&mut self, keywords: &mut Keywords, name: &str, node: &Node) -> bool {
        let field = match name {
            "delegate_to" => &mut keywords.delegate_to,
            "delegate_facts" => &mut keywords.delegate_facts,
            "connection" => &mut keywords.connection,
            "port" => &mut keywords.port,
            "remote_user" => &mut keywords.remote_user,
            "become" => &mut keywords.r#become,
            "become_method" => &mut keywords.become_method,
            "become_user" => &mut keywords.become_user,
            "become_flags" => &mut keywords.become_flags,
            "become_exe" => &mut keywords.become_exe,
            "no_log" => &mut keywords.no_log,
            "run_once" => &mut keywords.run_once,
            "ignore_errors" => &mut keywords.ignore_errors,
            "ignore_unreachable" => &mut keywords.ignore_unreachable,
            "check_mode" => &mut keywords.check_mode,
            "diff" => &mut keywords.diff,
            "any_errors_fatal" => &mut keywords.any_errors_fatal,
            "throttle" => &mut keywords.throttle,
            "timeout" => &mut keywords.timeout,
            "debugger" => {
                self.check_debugger(node);
                &mut keywords.debugger
            }
            _ => return false,
        };
        *field = written(node);
        self.check(node);
        true
    }

    fn check_debugger(&mut self, node: &Node) {
        const OCCASIONS: [&str; 5] = ["always", "on_failed", "on_unreachable", "on_skipped", "never"];
        let template = node.as_scalar().and_then(value::Value::as_text).is_some_and(Text::is_template);
        let known = node.as_str().is_some_and(|word| OCCASIONS.contains(&word));
        if !(known || template || node.is_null()) {
            let written = node.to_value();
            let error = Error::new(format!("'{written}' is not a valid value for debugger"))
                .hint(format!("it is one of {}", OCCASIONS.join(", ")))
                .at(&node.span);
            self.errors.push(error);
        }
    }

    /// Tags: a list, or text with commas.
    fn tags(&mut self, node: &Node) -> Vec<Text> {
        self.check(node);
        let texts = self.texts(node, "a tag");
        texts
            .into_iter()
            .flat_map(|text| match text.is_template() {
                true => vec![text],
                false => text
                    .split(',')
                    .map(|tag| text.with_text(tag.trim()))
                    .filter(|tag| !tag.is_empty())
                    .collect(),
            })
            .collect()
    }

    /// Some words mean something of their own on the command line.
    fn warn_of_reserved(&mut self, tags: &[Text], node: &Node) {
        const RESERVED: [&str; 3] = ["all", "tagged", "untagged"];
        let mut found: Vec<&str> =
            tags.iter().map(|tag| &**tag).filter(|tag| RESERVED.contains(tag)).collect();
        found.sort_unstable();
        if !found.is_empty() {
            let found: Vec<String> = found.iter().map(|tag| format!("'{tag}'")).collect();
            self.errors.push(
                Error::warning(format!("Found reserved tagnames in tags: [{}]", found.join(", ")))
                    .at(&node.span)
                    .hint(
                        "'--tags all', 'tagged' and 'untagged' stand for sets of tasks, whatever their tags",
                    ),
            );
        }
    }

    /// The `apply` of an include.
    pub(super) fn apply(&mut self, node: &Node) -> Option<Arc<Apply>> {
        if node.is_null() {
            return None;
        }
        let entries = self.errors.take(node.expect_entries("'apply'"))?;
        let (own, _) = self.own(entries, Place::Apply);
        Some(Arc::new(Apply { keywords: own.keywords, vars: own.vars }))
    }
}
