use std::sync::Arc;

use diag::{Error, did_you_mean};
use yaml::{Entry, Node};

use super::Builder;
use crate::{Block, Item, Place, Scope, Task, names};

impl Builder<'_> {
    /// A list of tasks and blocks.
    pub(super) fn items(&mut self, node: &Node, what: &str, scope: &Arc<Scope>) -> Vec<Item> {
        if node.is_null() {
            return Vec::new();
        }
        let Some(items) = self.errors.take(node.expect_items(what)) else { return Vec::new() };
        items.iter().flat_map(|item| self.item(item, scope)).collect()
    }

    fn item(&mut self, node: &Node, scope: &Arc<Scope>) -> Vec<Item> {
        let what = if scope.handlers { "a handler" } else { "a task" };
        let Some(entries) = self.errors.take(node.expect_entries(what)) else { return Vec::new() };
        if node.entry("block").is_some() {
            return self
                .block(node, entries, scope)
                .into_iter()
                .map(|block| Item::Block(Arc::new(block)))
                .collect();
        }
        let orphan = ["rescue", "always"].into_iter().find_map(|keyword| node.entry(keyword));
        if let Some(orphan) = orphan {
            let keys = entries.iter().filter_map(|entry| entry.key.as_str());
            let misspelt = keys.into_iter().find_map(|key| did_you_mean(key, ["block"]));
            self.errors.push(
                Error::new(format!("'{}' without 'block'", orphan.key.as_str().unwrap_or_default()))
                    .at(&orphan.key.span)
                    .hint(
                        misspelt.unwrap_or_else(|| "put the tasks that may fail under 'block:'".to_owned()),
                    ),
            );
            return Vec::new();
        }
        self.task(node, entries, scope)
    }

    fn block(&mut self, node: &Node, entries: &[Entry], scope: &Arc<Scope>) -> Option<Block> {
        if scope.handlers {
            self.errors.push(
                Error::new("Using a block as a handler is not supported.")
                    .at(&node.span)
                    .hint("write handlers that listen to the same topic, or a handler with 'include_tasks'"),
            );
            return None;
        }
        let module = entries.iter().find(|entry| {
            entry.key.as_str().is_some_and(|key| {
                crate::Keyword::named(key).is_none()
                    && self.loader.modules.is_some()
                    && self.loader.resolve_action(key, &[]).is_ok()
            })
        });
        if let Some(module) = module {
            let name = module.key.as_str().unwrap_or_default();
            self.errors.push(
                Error::new(format!("a block can't have an action of its own, such as '{name}'"))
                    .at(&module.key.span)
                    .hint("put it into the list under 'block:'"),
            );
            return None;
        }
        let outer = std::mem::replace(&mut self.conditional, node.get("when").is_some());
        let (own, lists) = self.own(entries, Place::Block);
        self.conditional = outer;
        let mut inner = Scope::clone(scope);
        inner.keywords = own.keywords.within(&scope.keywords);
        inner.vars.push(Arc::clone(&own.vars));
        let keywords = inner.keywords.clone();
        let inner = Arc::new(inner);
        let rescued = lists.iter().any(|(name, entry)| *name == "rescue" && !entry.value.is_null());
        let mut block = Block {
            name: own.name,
            block: Vec::new(),
            rescue: Vec::new(),
            always: Vec::new(),
            keywords,
            vars: own.vars,
            role: None,
            span: node.span.clone(),
        };
        for (name, entry) in lists {
            let expected = usize::from(name == "block" && rescued);
            let doubt = usize::from(name == "rescue");
            self.failure_expected += expected;
            self.doubts += doubt;
            let items = self.items(&entry.value, &format!("'{name}'"), &inner);
            self.failure_expected -= expected;
            self.doubts -= doubt;
            match name {
                "block" => block.block = items,
                "rescue" => block.rescue = items,
                _ => block.always = items,
            }
        }
        Some(block)
    }

    /// A list of handlers.
    pub(super) fn handlers(&mut self, node: &Node, scope: &Arc<Scope>) -> Vec<Arc<Task>> {
        let items = self.items(node, "'handlers'", scope);
        items.iter().flat_map(Item::tasks).cloned().collect()
    }
}

/// Whether the key of a task names an action that may be written there.
pub(super) fn is_engine_action(name: &str) -> bool {
    names::EngineAction::named(names::without_builtin(name)).is_some()
}
