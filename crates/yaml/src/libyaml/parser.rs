#![expect(unsafe_code, reason = "libyaml's interface is C's")]

use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use libyaml_rs as sys;

/// Reads a text as a stream of events.
pub(crate) struct Parser<'a> {
    // Boxed, because libyaml keeps pointers into it.
    parser: Box<sys::yaml_parser_t>,
    text: PhantomData<&'a str>,
}

/// An event and its bytes in the text.
pub(crate) struct Event {
    pub(crate) kind: EventKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The events of libyaml.
pub(crate) enum EventKind {
    StreamStart,
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(String),
    /// `implicit` scalars are resolved by how they look; `plain` ones are written without quotes.
    Scalar {
        properties: Properties,
        text: String,
        implicit: bool,
        plain: bool,
    },
    SequenceStart {
        properties: Properties,
        flow: bool,
    },
    SequenceEnd,
    MappingStart {
        properties: Properties,
        flow: bool,
    },
    MappingEnd,
}

/// What may stand before a node.
#[derive(Default)]
pub(crate) struct Properties {
    pub(crate) anchor: Option<String>,
    pub(crate) tag: Option<String>,
}

/// Why the text can't be read.
#[derive(Debug)]
pub(crate) struct Problem {
    /// libyaml's words, such as `did not find expected key`.
    pub(crate) message: String,
    /// Where, in bytes.
    pub(crate) at: usize,
    /// What was being read, such as `while parsing a block mapping`, and where it started.
    pub(crate) context: Option<(String, usize)>,
}

impl<'a> Parser<'a> {
    /// A parser at the start of the text.
    pub(crate) fn new(text: &'a str) -> Result<Parser<'a>, Problem> {
        let mut parser = Box::new(MaybeUninit::<sys::yaml_parser_t>::uninit());
        // SAFETY: initialising writes the whole structure or fails; it is used only after success. The text outlives
        // the parser by the lifetime 'a, and the parser stays in its box.
        let parser = unsafe {
            if !sys::yaml_parser_initialize(parser.as_mut_ptr()).ok {
                return Err(Problem { message: "out of memory".into(), at: 0, context: None });
            }
            let mut parser = Box::from_raw(Box::into_raw(parser).cast::<sys::yaml_parser_t>());
            sys::yaml_parser_set_encoding(&raw mut *parser, sys::YAML_UTF8_ENCODING);
            sys::yaml_parser_set_input_string(&raw mut *parser, text.as_ptr(), text.len() as u64);
            parser
        };
        Ok(Parser { parser, text: PhantomData })
    }

    /// The next event; after [`EventKind::StreamEnd`] there is nothing more to ask for.
    pub(crate) fn next(&mut self) -> Result<Event, Problem> {
        let mut event = MaybeUninit::<sys::yaml_event_t>::zeroed();
        // SAFETY: the parser is initialised. A successful call fills the event, whose strings are copied before it is
        // deleted; a failed one leaves the event zeroed, which is not touched.
        unsafe {
            if self.parser.error != sys::YAML_NO_ERROR {
                return Err(self.problem());
            }
            if !sys::yaml_parser_parse(&raw mut *self.parser, event.as_mut_ptr()).ok {
                return Err(self.problem());
            }
            let event = event.assume_init_mut();
            let kind = convert(event);
            let (start, end) = (event.start_mark.index as usize, event.end_mark.index as usize);
            sys::yaml_event_delete(event);
            Ok(Event { kind, start, end: end.max(start) })
        }
    }

    fn problem(&self) -> Problem {
        let parser = &*self.parser;
        // SAFETY: libyaml's messages are static C strings, or null.
        let (message, context) = unsafe { (static_text(parser.problem), static_text(parser.context)) };
        let at = match parser.error {
            sys::YAML_READER_ERROR => parser.problem_offset,
            _ => parser.problem_mark.index,
        };
        Problem {
            message: message.unwrap_or_else(|| "out of memory".into()),
            at: at as usize,
            context: context.map(|context| (context, parser.context_mark.index as usize)),
        }
    }
}

impl Drop for Parser<'_> {
    fn drop(&mut self) {
        // SAFETY: the parser is initialised and deleted once.
        unsafe { sys::yaml_parser_delete(&raw mut *self.parser) }
    }
}

/// SAFETY: the event must be one that libyaml filled.
unsafe fn convert(event: &sys::yaml_event_t) -> EventKind {
    // SAFETY: the type says which member of the union is set.
    unsafe {
        match event.type_ {
            sys::YAML_STREAM_START_EVENT => EventKind::StreamStart,
            sys::YAML_DOCUMENT_START_EVENT => EventKind::DocumentStart,
            sys::YAML_DOCUMENT_END_EVENT => EventKind::DocumentEnd,
            sys::YAML_ALIAS_EVENT => EventKind::Alias(owned(event.data.alias.anchor).unwrap_or_default()),
            sys::YAML_SCALAR_EVENT => {
                let scalar = event.data.scalar;
                let bytes = std::slice::from_raw_parts(scalar.value, scalar.length as usize);
                EventKind::Scalar {
                    properties: Properties { anchor: owned(scalar.anchor), tag: owned(scalar.tag) },
                    text: String::from_utf8_lossy(bytes).into_owned(),
                    implicit: scalar.plain_implicit,
                    plain: scalar.style == sys::yaml_scalar_style_t::YAML_PLAIN_SCALAR_STYLE,
                }
            }
            sys::YAML_SEQUENCE_START_EVENT => {
                let sequence = event.data.sequence_start;
                EventKind::SequenceStart {
                    properties: Properties { anchor: owned(sequence.anchor), tag: owned(sequence.tag) },
                    flow: sequence.style == sys::yaml_sequence_style_t::YAML_FLOW_SEQUENCE_STYLE,
                }
            }
            sys::YAML_SEQUENCE_END_EVENT => EventKind::SequenceEnd,
            sys::YAML_MAPPING_START_EVENT => {
                let mapping = event.data.mapping_start;
                EventKind::MappingStart {
                    properties: Properties { anchor: owned(mapping.anchor), tag: owned(mapping.tag) },
                    flow: mapping.style == sys::yaml_mapping_style_t::YAML_FLOW_MAPPING_STYLE,
                }
            }
            sys::YAML_MAPPING_END_EVENT => EventKind::MappingEnd,
            _ => EventKind::StreamEnd,
        }
    }
}

/// SAFETY: null or a C string.
unsafe fn owned(text: *const u8) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: as the caller promises.
    Some(unsafe { CStr::from_ptr(text.cast::<c_char>()) }.to_string_lossy().into_owned())
}

/// SAFETY: null or a C string.
unsafe fn static_text(text: *const i8) -> Option<String> {
    // SAFETY: as the caller promises.
    unsafe { owned(text.cast()) }
}
