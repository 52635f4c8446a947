#![expect(unsafe_code, reason = "libyaml's interface is C's")]

use std::ffi::{CStr, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use libyaml_rs as sys;

/// Writes events as text.
pub(crate) struct Emitter {
    // Both boxed, because libyaml keeps pointers to them.
    emitter: Box<sys::yaml_emitter_t>,
    output: Box<Output>,
}

/// What was written so far.
#[derive(Default)]
struct Output(Vec<u8>);

/// How libyaml is to write.
pub(crate) struct Settings {
    pub(crate) indent: i32,
    pub(crate) width: i32,
    pub(crate) unicode: bool,
    pub(crate) canonical: bool,
    pub(crate) explicit_start: bool,
    pub(crate) explicit_end: bool,
}

/// What can be written between the start and the end of a document.
pub(crate) enum Token<'a> {
    Scalar(Scalar<'a>),
    SequenceStart { flow: bool },
    SequenceEnd,
    MappingStart { flow: bool },
    MappingEnd,
}

/// A scalar to write.
pub(crate) struct Scalar<'a> {
    pub(crate) tag: &'a CStr,
    pub(crate) text: &'a str,
    /// Whether the tag goes without saying if it is written plain.
    pub(crate) plain_implicit: bool,
    /// Whether the tag goes without saying if it is written in quotes.
    pub(crate) quoted_implicit: bool,
    pub(crate) style: Style,
}

/// How a scalar is written, where that is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Any,
    SingleQuoted,
    DoubleQuoted,
    Literal,
    Folded,
}

impl Emitter {
    /// An emitter inside a document.
    pub(crate) fn new(settings: &Settings) -> Result<Emitter, String> {
        let mut output = Box::new(Output::default());
        let mut emitter = Box::new(MaybeUninit::<sys::yaml_emitter_t>::uninit());
        // SAFETY: initialising writes the whole structure or fails; it is used only after success. The output lives in
        // a box of its own, as long as the emitter.
        let emitter = unsafe {
            if !sys::yaml_emitter_initialize(emitter.as_mut_ptr()).ok {
                return Err("out of memory".into());
            }
            let mut emitter = Box::from_raw(Box::into_raw(emitter).cast::<sys::yaml_emitter_t>());
            let pointer = &raw mut *emitter;
            sys::yaml_emitter_set_output(pointer, write, (&raw mut *output).cast());
            sys::yaml_emitter_set_indent(pointer, settings.indent);
            sys::yaml_emitter_set_width(pointer, settings.width);
            sys::yaml_emitter_set_unicode(pointer, settings.unicode);
            sys::yaml_emitter_set_canonical(pointer, settings.canonical);
            emitter
        };
        let mut emitter = Emitter { emitter, output };
        // SAFETY: the event is written by the call before it is used.
        emitter.event(|event| unsafe {
            sys::yaml_stream_start_event_initialize(event, sys::YAML_UTF8_ENCODING).ok
        })?;
        let implicit = !settings.explicit_start;
        emitter.event(|event| unsafe {
            sys::yaml_document_start_event_initialize(
                event,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                implicit,
            )
            .ok
        })?;
        Ok(emitter)
    }

    /// Writes one token.
    pub(crate) fn token(&mut self, token: &Token<'_>) -> Result<(), String> {
        // SAFETY: the strings outlive the call, which copies them.
        self.event(|event| unsafe {
            match token {
                Token::Scalar(scalar) => {
                    let Ok(length) = i32::try_from(scalar.text.len()) else { return false };
                    sys::yaml_scalar_event_initialize(
                        event,
                        ptr::null(),
                        scalar.tag.as_ptr().cast(),
                        scalar.text.as_ptr(),
                        length,
                        scalar.plain_implicit,
                        scalar.quoted_implicit,
                        match scalar.style {
                            Style::Any => sys::yaml_scalar_style_t::YAML_ANY_SCALAR_STYLE,
                            Style::SingleQuoted => sys::yaml_scalar_style_t::YAML_SINGLE_QUOTED_SCALAR_STYLE,
                            Style::DoubleQuoted => sys::yaml_scalar_style_t::YAML_DOUBLE_QUOTED_SCALAR_STYLE,
                            Style::Literal => sys::yaml_scalar_style_t::YAML_LITERAL_SCALAR_STYLE,
                            Style::Folded => sys::yaml_scalar_style_t::YAML_FOLDED_SCALAR_STYLE,
                        },
                    )
                    .ok
                }
                Token::SequenceStart { flow } => {
                    let style = match flow {
                        true => sys::yaml_sequence_style_t::YAML_FLOW_SEQUENCE_STYLE,
                        false => sys::yaml_sequence_style_t::YAML_BLOCK_SEQUENCE_STYLE,
                    };
                    sys::yaml_sequence_start_event_initialize(event, ptr::null(), ptr::null(), true, style).ok
                }
                Token::SequenceEnd => sys::yaml_sequence_end_event_initialize(event).ok,
                Token::MappingStart { flow } => {
                    let style = match flow {
                        true => sys::yaml_mapping_style_t::YAML_FLOW_MAPPING_STYLE,
                        false => sys::yaml_mapping_style_t::YAML_BLOCK_MAPPING_STYLE,
                    };
                    sys::yaml_mapping_start_event_initialize(event, ptr::null(), ptr::null(), true, style).ok
                }
                Token::MappingEnd => sys::yaml_mapping_end_event_initialize(event).ok,
            }
        })
    }

    /// Ends the document, and gives its text.
    pub(crate) fn finish(mut self, settings: &Settings) -> Result<String, String> {
        let implicit = !settings.explicit_end;
        // SAFETY: the event is written by the call before it is used.
        self.event(|event| unsafe { sys::yaml_document_end_event_initialize(event, implicit).ok })?;
        self.event(|event| unsafe { sys::yaml_stream_end_event_initialize(event).ok })?;
        // SAFETY: the emitter is initialised.
        if !unsafe { sys::yaml_emitter_flush(&raw mut *self.emitter).ok } {
            return Err(self.problem());
        }
        String::from_utf8(std::mem::take(&mut self.output.0)).map_err(|error| error.to_string())
    }

    fn event(&mut self, initialize: impl FnOnce(*mut sys::yaml_event_t) -> bool) -> Result<(), String> {
        let mut event = MaybeUninit::<sys::yaml_event_t>::zeroed();
        if !initialize(event.as_mut_ptr()) {
            return Err("the value is too large".into());
        }
        // SAFETY: the event was written, and the emitter takes it over whatever comes of it.
        if unsafe { sys::yaml_emitter_emit(&raw mut *self.emitter, event.as_mut_ptr()).ok } {
            Ok(())
        } else {
            Err(self.problem())
        }
    }

    fn problem(&self) -> String {
        if self.emitter.problem.is_null() {
            return "out of memory".into();
        }
        // SAFETY: libyaml's messages are static C strings.
        unsafe { CStr::from_ptr(self.emitter.problem.cast()) }.to_string_lossy().into_owned()
    }
}

impl Drop for Emitter {
    fn drop(&mut self) {
        // SAFETY: the emitter is initialised and deleted once.
        unsafe { sys::yaml_emitter_delete(&raw mut *self.emitter) }
    }
}

/// SAFETY: called by libyaml with the output given to it, and a buffer of its own.
unsafe fn write(output: *mut c_void, buffer: *mut u8, size: u64) -> i32 {
    // SAFETY: as libyaml promises.
    unsafe {
        (*output.cast::<Output>()).0.extend_from_slice(std::slice::from_raw_parts(buffer, size as usize))
    };
    1
}
