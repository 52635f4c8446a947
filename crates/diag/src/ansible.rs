//! Errors as people and scripts know them from Ansible.

use crate::error::{Parts, Severity};
use crate::excerpt::excerpt;
use crate::suggest::is_spelling;

/// What stands between a failure and its cause.
const CAUSED_BY: &str = "<<< caused by >>>";

/// One link of the chain from what was being done to what went wrong.
struct Link {
    messages: Vec<String>,
    /// The origin with its lines, and advice.
    details: Details,
}

#[derive(Default, PartialEq)]
struct Details {
    origin: Option<String>,
    help: Vec<String>,
}

/// The error with its head, ending in a line break; after several lines stands an empty one.
pub(crate) fn render(parts: &Parts) -> String {
    let links = links(parts);
    let head = match parts.severity {
        Severity::Error => "[ERROR]: ",
        Severity::Warning => "[WARNING]: ",
        Severity::Deprecation => "[DEPRECATION WARNING]: ",
    };
    let mut text = head.to_owned();
    if links.len() > 1 {
        let messages: Vec<&str> = links.iter().flat_map(|link| &link.messages).map(String::as_str).collect();
        text.push_str(&messages.join(": "));
        text.push_str("\n\n");
    }
    for (index, link) in links.iter().enumerate() {
        if index > 0 {
            text.push_str(&format!("\n\n{CAUSED_BY}\n\n"));
        }
        text.push_str(&segment(link, index + 1 == links.len()));
    }
    text.push('\n');
    if text.trim_end().contains('\n') {
        text.push('\n');
    }
    text
}

/// The chain, from the outside in; what has the same details as what it is in, or none, is one with it.
fn links(parts: &Parts) -> Vec<Link> {
    let frames = parts.within.iter().rev().map(|frame| {
        let details = Details { origin: frame.span.as_ref().map(excerpt), help: Vec::new() };
        Link { messages: vec![frame.message.clone()], details }
    });
    // Ansible makes no guesses and shows no second place, and what it prints is compared.
    let hints = parts.hints.iter().enumerate();
    let hints = hints.filter(|(number, hint)| !parts.advice.contains(number) && !is_spelling(hint));
    let innermost = Link {
        messages: [&parts.message].into_iter().chain(&parts.causes).cloned().collect(),
        details: Details {
            origin: parts.told_at.as_ref().unwrap_or(&parts.span).as_ref().map(excerpt),
            help: hints.map(|(_, hint)| hint.clone()).collect(),
        },
    };
    let mut links: Vec<Link> = Vec::new();
    for link in frames.chain([innermost]) {
        match links.last_mut() {
            Some(outer) if link.details == Details::default() || link.details == outer.details => {
                outer.messages.extend(link.messages);
            }
            // The inner one only adds advice about the same place.
            Some(outer) if outer.details.help.is_empty() && link.details.origin == outer.details.origin => {
                outer.messages.extend(link.messages);
                outer.details.help = link.details.help;
            }
            _ => links.push(link),
        }
    }
    links
}

fn segment(link: &Link, last: bool) -> String {
    let mut text = link.messages.join(": ");
    if !last && !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    let help = link.details.help.join("\n");
    match &link.details.origin {
        Some(origin) => {
            text.push('\n');
            text.push_str(origin);
            if !help.is_empty() {
                text.push_str(&format!("\n\n{help}"));
            }
        }
        None if help.is_empty() => {}
        None => text.push_str(&format!(" {help}")),
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::{Error, Source, Span, Style};

    #[test]
    fn a_chain_has_a_summary_and_a_place_for_each_link() {
        let source = Source::new("/p.yml", "- debug:\n    msg: \"{{ a }}\"\n");
        let (task, value) = (Span::new(&source, 2, 7), Span::new(&source, 18, 27));
        let error = Error::new("'a' is undefined")
            .at(&value.part(4, 5))
            .within("Error while resolving value for 'msg'", Some(&value))
            .within("Finalization of task args failed", Some(&task))
            .within("Task failed", Some(&task));
        assert_eq!(
            error.render(Style::Ansible),
            "[ERROR]: Task failed: Finalization of task args failed: Error while resolving value for 'msg': 'a' is undefined\n\n\
             Task failed: Finalization of task args failed.\nOrigin: /p.yml:1:3\n\n1 - debug:\n    ^ column 3\n\n\
             <<< caused by >>>\n\n\
             Error while resolving value for 'msg': 'a' is undefined\nOrigin: /p.yml:2:10\n\n\
             1 - debug:\n2     msg: \"{{ a }}\"\n           ^ column 10\n\n"
        );
    }

    #[test]
    fn what_has_no_place_is_one_line_with_its_advice() {
        let warning = Error::warning("no inventory was read").hint("name one with -i");
        assert_eq!(warning.render(Style::Ansible), "[WARNING]: no inventory was read name one with -i\n");
    }
}
