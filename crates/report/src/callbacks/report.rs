//! A page of HTML that shows the whole run.

use diag::{Error, Result};
use engine::Event;

use super::Callback;
use crate::page::{Collected, End, PageOptions, write};
use crate::screen::{Screen, Stream};

/// Begins a run.
pub(super) fn begin(screen: &mut Screen) -> Box<dyn Callback> {
    let options = screen.options.report.clone();
    if options.is_none() {
        let warning = Error::warning("the callback 'capstan.report' does not know where to write its report")
            .hint("the option --report of `capstan play` says it");
        screen.tell(Stream::Err, &warning);
    }
    Box::new(Report {
        options,
        collected: Collected::new(screen.options.dry_run, screen.options.diff_context),
    })
}

struct Report {
    options: Option<PageOptions>,
    collected: Collected,
}

impl Callback for Report {
    fn take(&mut self, event: &Event, _: &mut Screen) {
        let page = &mut self.collected;
        match event {
            _ if self.options.is_none() => {}
            Event::Playbook { path, .. } => page.playbook(path),
            Event::Play { name, .. } => page.play(name),
            Event::Task { title, span, handler, .. } => page.task(title, span.as_ref(), *handler),
            Event::Item(ran) => page.item(ran),
            Event::Ran(ran) => page.ran(ran),
            Event::Included { what, hosts, .. } => page.included(what, hosts),
            Event::Notice(error) => page.message(error),
            Event::Working { hosts } => page.working(hosts),
            _ => {}
        }
    }

    fn finish(&mut self, end: &End<'_>) -> Result<()> {
        self.options.as_ref().map_or(Ok(()), |options| write(options, &mut self.collected, end))
    }
}
