use std::path::Path;
use std::sync::Arc;

use diag::Span;
use value::Text;
use yaml::Node;

use crate::{Action, ActionKind, Arguments, Block, Item, Keywords, Meta, Prompt, Role, Scope, Task, Vars};

/// A play: which hosts, and what to do on them.
#[derive(Clone, Debug)]
pub struct Play {
    /// The name; may be a template.
    pub name: Option<Text>,
    /// The host patterns; each may be a template over play and extra variables.
    pub hosts: Vec<Node>,
    /// The keywords that all its tasks have inherited already.
    pub keywords: Keywords,
    /// `vars:`, with those of `import_playbook` over them.
    pub vars: Arc<Vars>,
    /// `vars_files:`; of each entry the first file that exists counts. May be templates with host variables.
    pub vars_files: Vec<Vec<Node>>,
    /// `vars_prompt:`, in the order in which a person is asked.
    pub vars_prompt: Vec<Prompt>,
    /// Whether facts are gathered first; as configured if not written.
    pub gather_facts: Option<Node>,
    /// Which facts.
    pub gather_subset: Option<Node>,
    /// Seconds that one kind of facts may take.
    pub gather_timeout: Option<Node>,
    /// Where local facts are on the hosts.
    pub fact_path: Option<Node>,
    /// Batch sizes: numbers or percentages; the last one repeats. Empty is all hosts at once.
    pub serial: Vec<Node>,
    /// The strategy.
    pub strategy: Option<Node>,
    /// Whether its variables are checked against a specification beside the playbook: by the play's name, or by this
    /// one.
    pub validate_argspec: Option<Node>,
    /// Whether notified handlers run even on hosts that failed.
    pub force_handlers: Option<Node>,
    /// The percentage of failed hosts above which the play ends.
    pub max_fail_percentage: Option<Node>,
    /// The order of the hosts.
    pub order: Option<Node>,
    /// What runs first.
    pub pre_tasks: Vec<Item>,
    /// The roles of `roles:`, one block each, dependencies before them.
    pub role_blocks: Vec<Item>,
    /// What runs after the roles.
    pub tasks: Vec<Item>,
    /// What runs last.
    pub post_tasks: Vec<Item>,
    /// The handlers in their order of definition: of roles, of the play, of imported roles. Of those with the same
    /// name the last one counts.
    pub handlers: Vec<Arc<Task>>,
    /// The roles of `roles:` and `import_role`, dependencies not among them.
    pub roles: Vec<Arc<Role>>,
    /// What is known of it before any host: its variables with those of public roles and of the command line.
    pub static_vars: Arc<Vars>,
    /// What its tasks share.
    pub scope: Arc<Scope>,
    /// The file that it is written in.
    pub file: Arc<Path>,
    /// Where it is written.
    pub span: Span,
}

impl Play {
    /// Everything that runs, in order, with the points where handlers are flushed. With `force_handlers` each section
    /// is a block that flushes whatever happens.
    pub fn items(&self, force_handlers: bool) -> Vec<Item> {
        let roles_and_tasks = [&self.role_blocks[..], &self.tasks].concat();
        [self.pre_tasks.clone(), roles_and_tasks, self.post_tasks.clone()]
            .into_iter()
            .flat_map(|section| self.section(section, force_handlers))
            .collect()
    }

    fn section(&self, mut items: Vec<Item>, force_handlers: bool) -> Vec<Item> {
        let flush = Item::Task(Arc::new(Task::implicit(Meta::FlushHandlers, &self.scope, &self.span)));
        if !force_handlers {
            items.push(flush);
            return items;
        }
        vec![Item::Block(Arc::new(Block {
            name: None,
            block: items,
            rescue: Vec::new(),
            always: vec![flush],
            keywords: self.keywords.clone(),
            vars: Arc::default(),
            role: None,
            span: self.span.clone(),
        }))]
    }
}

impl Task {
    /// A `meta` task that nobody wrote; it has no conditions, and no tag filter leaves it out.
    pub fn implicit(meta: Meta, scope: &Arc<Scope>, span: &Span) -> Task {
        Task {
            name: None,
            action: Action {
                written: Text::new("meta"),
                module: "meta".to_owned(),
                arguments: Arguments::none(span),
                kind: ActionKind::Meta(meta),
                span: span.clone(),
            },
            keywords: Keywords::default(),
            looping: None,
            register: None,
            until: Vec::new(),
            retries: None,
            delay: None,
            r#async: None,
            poll: None,
            changed_when: Vec::new(),
            failed_when: Vec::new(),
            listen: Vec::new(),
            vars: Arc::default(),
            scope: Arc::clone(scope),
            implicit: true,
            span: span.clone(),
        }
    }
}
