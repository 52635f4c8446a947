use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::error::{Error, Severity};
use crate::source::Span;

/// What the rendering is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A file, a pipe, a test.
    Plain,
    /// A terminal with colours.
    Coloured,
    /// Eyes and scripts that know Ansible's output; whoever prints it paints it.
    Ansible,
}

impl Error {
    /// The error as a person reads it, over several lines and ending in a line break: message, source line with the
    /// place marked, host and task, causes, hints.
    pub fn render(&self, style: Style) -> String {
        let parts = self.parts();
        let renderer = match style {
            Style::Plain => Renderer::plain(),
            Style::Coloured => Renderer::styled(),
            Style::Ansible => return crate::ansible::render(parts),
        };
        let level = match parts.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning | Severity::Deprecation => Level::WARNING,
        };
        let name =
            parts.span.as_ref().map(|span| span.source().name().display().to_string()).unwrap_or_default();
        let related_names: Vec<String> =
            parts.related.iter().map(|(span, _)| span.source().name().display().to_string()).collect();
        let mut group = Group::with_title(level.primary_title(parts.message.as_str()));
        if let Some(span) = &parts.span {
            group = group.element(snippet(span, &name, AnnotationKind::Primary, &parts.label));
        }
        for ((span, note), name) in parts.related.iter().zip(&related_names) {
            group = group.element(snippet(span, name, AnnotationKind::Context, note));
        }
        if let Some(task) = &parts.task {
            group = group.element(Level::NOTE.with_name("task").message(task.as_str()));
        }
        if let Some(host) = &parts.host {
            group = group.element(Level::NOTE.with_name("host").message(host.as_str()));
        }
        for cause in &parts.causes {
            group = group.element(Level::NOTE.with_name("cause").message(cause.as_str()));
        }
        for hint in &parts.hints {
            group = group.element(Level::HELP.with_name("hint").message(hint.as_str()));
        }
        let mut text = renderer.decor_style(DecorStyle::Ascii).render(&[group]);
        text.push('\n');
        text
    }
}

fn snippet<'a>(
    span: &'a Span,
    name: &'a str,
    kind: AnnotationKind,
    label: &'a str,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    // One line is enough to find a place; a span over a whole block would print the whole block.
    let line_end = span.source().text()[span.start()..].find('\n').map_or(usize::MAX, |at| span.start() + at);
    let end = span.end().min(line_end).max(span.start());
    let mut annotation = kind.span(span.start()..end);
    if !label.is_empty() {
        annotation = annotation.label(label);
    }
    Snippet::source(span.source().text()).path(name).annotation(annotation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;

    #[test]
    fn an_error_shows_place_host_cause_and_hint() {
        let source = Source::new("site.yml", "- hosts: all\n  tasks:\n    - flie: {path: /x}\n");
        let error = Error::new("unknown module 'flie'")
            .at(&Span::new(&source, 28, 32))
            .host("web1")
            .cause("no such module")
            .hint("did you mean 'file'?");
        let text = error.render(Style::Plain);
        for part in [
            "error: unknown module 'flie'",
            "site.yml:3:7",
            "- flie: {path",
            "^^^^",
            "host: web1",
            "hint: did you",
        ] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
    }
}
