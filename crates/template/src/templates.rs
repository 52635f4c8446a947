use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

use diag::{Error, Result, Source, Span};
use minijinja::syntax::SyntaxConfig;
use value::{Map, Text, Undefined, Value};

use crate::arguments::Arguments;
use crate::evaluate::{Context, Evaluator, Origin, STEP_LIMIT, Written, with_trailing_newlines};
use crate::extensions::Extensions;
use crate::file_options::FileOptions;
use crate::outcome::{NO_ELSE, Outcome, Stop};
use crate::syntax::{self, Backslashes, Place, SyntaxError, TEMPLATE, Unit};
use crate::{Scope, Strictness, Truth, lookups};

/// So many compiled templates are kept; a run has fewer, unless it makes them up as it goes.
const CACHE_LIMIT: usize = 20_000;

/// Renders templates and remembers the compiled ones; one for all hosts and threads.
#[derive(Debug, Default)]
pub struct Templates {
    extensions: Extensions,
    /// So many steps one rendering may take, if that is not the usual number.
    steps: Option<u64>,
    templates: Cache<Arc<str>>,
    expressions: Cache<Arc<str>>,
    files: Cache<(Arc<str>, FileOptions)>,
    pub(crate) strictness: Strictness,
}

type Cache<K> = RwLock<HashMap<K, Arc<Unit>>>;

fn cached<K: Eq + Hash + Clone>(
    cache: &Cache<K>,
    key: &K,
    compile: impl FnOnce() -> Result<Unit>,
) -> Result<Arc<Unit>> {
    if let Some(unit) = cache.read().unwrap_or_else(PoisonError::into_inner).get(key) {
        return Ok(Arc::clone(unit));
    }
    let unit = Arc::new(compile()?);
    let mut cache = cache.write().unwrap_or_else(PoisonError::into_inner);
    if cache.len() >= CACHE_LIMIT {
        cache.clear();
    }
    cache.insert(key.clone(), Arc::clone(&unit));
    Ok(unit)
}

/// What Ansible sets for every template.
fn default_syntax() -> SyntaxConfig {
    let mut builder = SyntaxConfig::builder();
    builder.trim_blocks(true);
    builder.build().unwrap_or_default()
}

impl Templates {
    /// None compiled yet.
    pub fn new() -> Templates {
        Templates::default()
    }

    /// None compiled yet; templates may use these extensions of Jinja.
    pub fn with_extensions(extensions: Extensions) -> Templates {
        Templates { extensions, ..Templates::default() }
    }

    /// The same, as strict as that.
    pub fn as_strict_as(self, strictness: Strictness) -> Templates {
        Templates { strictness, ..self }
    }

    /// The same, but renderings are stopped after so many steps: an expression, a statement and an item are one each.
    pub fn stopping_after(self, steps: u64) -> Templates {
        Templates { steps: Some(steps), ..self }
    }

    /// So many steps one rendering may take.
    pub(crate) fn step_limit(&self) -> u64 {
        self.steps.unwrap_or(STEP_LIMIT)
    }

    /// Whether there is a function of this name that every template can call.
    pub fn is_function(name: &str) -> bool {
        crate::functions::names().any(|function| function == name)
    }

    /// What a text is: itself if it is no template; the value of its one expression, whatever type that has; else the
    /// text it makes. The result may be [`Value::Omit`], or unknown, or have unknowns in it.
    ///
    /// # Errors
    /// If it is no valid template, or uses something undefined, or something in it fails.
    pub fn render(&self, text: &Text, scope: &dyn Scope) -> Result<Value> {
        if !text.is_template() {
            return Ok(Value::String(text.clone()));
        }
        let context = Context::new(self, scope);
        let value = context.render(text).and_then(|value| context.resolve(&value));
        finished(&context, value)
    }

    /// The value with every template in it rendered and every vault opened. What is omitted is left out of lists and
    /// dicts; unknowns stay where they are.
    ///
    /// # Errors
    /// As for [`Templates::render`].
    pub fn resolve(&self, value: &Value, scope: &dyn Scope) -> Result<Value> {
        let context = Context::new(self, scope);
        let value = context.force(value).and_then(|value| context.resolve(&value));
        finished(&context, value)
    }

    /// As [`Templates::resolve`], but what is undefined as a whole is given back as [`Value::Undefined`].
    ///
    /// # Errors
    /// As for [`Templates::render`], undefined excepted.
    pub fn resolve_or_undefined(&self, value: &Value, scope: &dyn Scope) -> Result<Value> {
        let context = Context::new(self, scope);
        let value = context.force(value).and_then(|value| context.resolve(&value)).or_else(Stop::into_value);
        finished(&context, value)
    }

    /// Only the outermost of a value rendered: a list or dict whose items may be templates still, as loops of the form
    /// `with_X` want it. What is undefined as a whole is given back as [`Value::Undefined`].
    ///
    /// # Errors
    /// As for [`Templates::render`], undefined excepted.
    pub fn resolve_outermost(&self, value: &Value, scope: &dyn Scope) -> Result<Value> {
        let context = Context::new(self, scope);
        let value = context.force(value);
        finished(&context, value)
    }

    /// Whether a condition holds: a truth value, or text without braces that is an expression.
    ///
    /// # Errors
    /// If it is no valid expression, uses something undefined, fails, or gives anything but a truth value.
    pub fn condition(&self, condition: &Value, scope: &dyn Scope) -> Result<Truth> {
        let text = match condition {
            Value::Bool(bool) => return Ok(if *bool { Truth::True } else { Truth::False }),
            Value::Unknown(unknown) => return Ok(Truth::Unknown(unknown.clone())),
            Value::String(text) => text,
            Value::Null if self.strictness.broken_conditionals => return Ok(Truth::True),
            Value::Null => return Err(Error::new("Empty conditional expressions are not allowed.")),
            other if self.strictness.broken_conditionals => return self.truth(other, None, scope),
            _ => return Err(Error::new("Conditional expressions must be strings.")),
        };
        if text.trim().is_empty() {
            if self.strictness.broken_conditionals {
                scope.tell(allowed("Empty conditional expression was evaluated as True.", text.origin()));
                return Ok(Truth::True);
            }
            return Err(Error::new("Empty conditional expressions are not allowed.")
                .at_some(text.origin())
                .hint("leave the condition out, or write 'true' for one that always holds"));
        }
        if !text.is_trusted() {
            return Err(untrusted(text));
        }
        let context = Context::new(self, scope);
        let value = if is_braced(text) {
            self.decided(&context, context.render(&Text::trusted(text.shared(), text.origin().cloned())))?
        } else {
            self.bare_expression(text)?;
            self.decided(&context, context.expression(text, true))?
        };
        let value = match value {
            // A variable may hold the condition itself.
            Value::String(inner) if is_braced(text) && !inner.is_trusted() && !inner.trim().is_empty() => {
                return Err(untrusted(text));
            }
            Value::String(inner)
                if inner.is_trusted() && !inner.trim().is_empty() && inner.as_str() != text.as_str() =>
            {
                let value = context.guarded(text, || context.expression(&inner, true));
                self.decided(&context, value)?
            }
            value => value,
        };
        self.truth(&value, text.origin(), scope)
    }

    /// Whether the value of a condition that was written there says that it holds.
    fn truth(&self, value: &Value, written: Option<&Span>, scope: &dyn Scope) -> Result<Truth> {
        match value {
            Value::Bool(true) => Ok(Truth::True),
            Value::Bool(false) => Ok(Truth::False),
            Value::Unknown(unknown) => Ok(Truth::Unknown(unknown.clone())),
            other if self.strictness.broken_conditionals => {
                scope.tell(allowed(not_boolean(other, written).message(), written));
                Ok(if other.is_true() { Truth::True } else { Truth::False })
            }
            other => Err(not_boolean(other, written)),
        }
    }

    /// What a condition's expression gives; something undefined is an error.
    fn decided(&self, context: &Context<'_>, value: Outcome) -> Result<Value> {
        const DOING: &str = "Error while evaluating conditional";
        match value {
            Err(Stop::Undefined(undefined)) => Err(context.undefined_error(&undefined).within(DOING, None)),
            Err(Stop::Error(error) | Stop::Sealed(_, error)) => Err(rendering_failed("expression", error)),
            value => match finished(context, value)? {
                Value::Undefined(undefined) => Err(context.undefined_error(&undefined).within(DOING, None)),
                value => Ok(value),
            },
        }
    }

    /// What an expression without braces is.
    ///
    /// # Errors
    /// As for [`Templates::render`].
    pub fn expression(&self, text: &Text, scope: &dyn Scope) -> Result<Value> {
        let context = Context::new(self, scope);
        let value = context.expression(text, false).and_then(|value| context.resolve(&value));
        finished(&context, value)
    }

    /// What an expression without braces is, to be shown: what is undefined in it is shown as its error, and the errors
    /// are given too.
    ///
    /// # Errors
    /// As for [`Templates::render`], undefined excepted.
    pub fn expression_shown(&self, text: &Text, scope: &dyn Scope) -> Result<(Value, Vec<Error>)> {
        let context = Context::new(self, scope);
        let value = context.expression(text, false).or_else(Stop::into_value);
        match value.and_then(|value| context.resolve_shown(&value)) {
            Ok(shown) => Ok(shown),
            Err(stop) => Ok((finished(&context, Err(stop))?, Vec::new())),
        }
    }

    /// What a template file makes: text, bytes where something in it is no text, or unknown.
    ///
    /// # Errors
    /// As for [`Templates::render`]; places are those in the file.
    pub fn render_file(
        &self,
        source: &Arc<Source>,
        options: &FileOptions,
        scope: &dyn Scope,
    ) -> Result<Value> {
        self.run_file(source, options, scope, |evaluator, pieces| evaluator.joined_text(&pieces))
    }

    /// What a template file makes where a value is wanted, as of a template in a variable: one expression keeps its type.
    ///
    /// # Errors
    /// As for [`Templates::render_file`].
    pub(crate) fn evaluate_file(
        &self,
        source: &Arc<Source>,
        options: &FileOptions,
        scope: &dyn Scope,
    ) -> Result<Value> {
        let options = FileOptions { keep_trailing_newline: false, ..options.clone() };
        let value = self.run_file(source, &options, scope, |evaluator, pieces| match pieces.is_empty() {
            // A file with nothing in it is an empty text, unlike one that makes nothing.
            true if source.text().trim_end_matches('\n').is_empty() => Ok("".into()),
            _ => evaluator.joined(pieces),
        })?;
        Ok(with_trailing_newlines(value, source.text()))
    }

    fn run_file(
        &self,
        source: &Arc<Source>,
        options: &FileOptions,
        scope: &dyn Scope,
        join: impl FnOnce(&mut Evaluator<'_>, Vec<Value>) -> Outcome,
    ) -> Result<Value> {
        let (options, start) = options.with_header(source)?;
        let context = Context::new(self, scope);
        let unit = self.file(source, start, &options)?;
        let origin = Origin { unit, written: Written::File(Arc::clone(source), start) };
        let text = Text::new(source.name().display().to_string());
        let value = context.guarded(&text, || {
            let mut evaluator = Evaluator::new(&context, origin);
            let pieces = evaluator.run_pieces()?;
            join(&mut evaluator, pieces)
        });
        let value = value.map_err(|stop| stop.map_error(|error| rendering_failed("template", error)));
        let value = finished(
            &context,
            value.or_else(|stop| match stop {
                Stop::Unknown(unknown) => Ok(Value::Unknown(unknown)),
                other => Err(other),
            }),
        )?;
        Ok(match value {
            Value::String(text) => Value::String(text.with_text(options.with_newlines(&text))),
            Value::Bytes(bytes) => Value::Bytes(options.bytes_with_newlines(&bytes).into()),
            other => other,
        })
    }

    /// Whether a text would render, as far as that can be told without running it: its syntax, and the names of filters,
    /// tests and lookups.
    ///
    /// # Errors
    /// If it would not.
    pub fn check(&self, text: &Text) -> Result<()> {
        if !text.is_template() {
            return Ok(());
        }
        checked(&Origin { unit: self.template(text)?, written: Written::Scalar(text.origin().cloned()) })
    }

    /// [`Templates::check`] for a condition.
    ///
    /// # Errors
    /// If it could not be evaluated.
    pub fn check_condition(&self, condition: &Value) -> Result<()> {
        match condition {
            Value::String(text) if is_braced(text) => {
                self.check(&Text::trusted(text.shared(), text.origin().cloned()))
            }
            Value::String(text) if text.trim().is_empty() && self.strictness.broken_conditionals => Ok(()),
            Value::String(text) if text.trim().is_empty() => {
                Err(Error::new("a condition can't be empty").at_some(text.origin()))
            }
            Value::String(text) => checked(&Origin {
                unit: self.bare_expression(text)?,
                written: Written::Scalar(text.origin().cloned()),
            }),
            Value::Bool(_) | Value::Unknown(_) => Ok(()),
            _ if self.strictness.broken_conditionals => Ok(()),
            other => Err(not_boolean(other, None)),
        }
    }

    /// [`Templates::check`] for a template file.
    ///
    /// # Errors
    /// If it would not render.
    pub fn check_file(&self, source: &Arc<Source>, options: &FileOptions) -> Result<()> {
        let (options, start) = options.with_header(source)?;
        let unit = self.file(source, start, &options)?;
        checked(&Origin { unit, written: Written::File(Arc::clone(source), start) })
    }

    /// The variables that a text uses; none, if it is no valid template.
    pub fn variables_in(&self, text: &Text) -> BTreeSet<String> {
        if !text.is_template() {
            return BTreeSet::new();
        }
        self.template(text).map(|unit| syntax::free_names(&unit)).unwrap_or_default()
    }

    /// The variables that a condition uses; none, if it is no valid one.
    pub fn variables_in_condition(&self, condition: &Value) -> BTreeSet<String> {
        match condition {
            Value::String(text) if is_braced(text) => {
                self.variables_in(&Text::trusted(text.shared(), text.origin().cloned()))
            }
            Value::String(text) => {
                self.bare_expression(text).map(|unit| syntax::free_names(&unit)).unwrap_or_default()
            }
            _ => BTreeSet::new(),
        }
    }

    /// The variables that all templates in a value use.
    pub fn variables_in_value(&self, value: &Value) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let mut values = vec![value];
        while let Some(value) = values.pop() {
            match value {
                Value::String(text) => names.extend(self.variables_in(text)),
                Value::List(items) | Value::Tuple(items) => values.extend(items.iter()),
                Value::Map(map) => values.extend(map.values()),
                _ => {}
            }
        }
        names
    }

    /// Runs a lookup: `wantlist` asks for the list it makes, else that is one value, or texts joined with commas.
    ///
    /// # Errors
    /// If there is no such lookup, or it fails.
    pub fn lookup(
        &self,
        name: &str,
        terms: Vec<Value>,
        options: Map,
        scope: &dyn Scope,
        wantlist: bool,
    ) -> Result<Value> {
        let context = Context::new(self, scope);
        let found = lookups::find(name).ok_or_else(|| lookups::unknown(name))?;
        let unit = Arc::new(Unit::new(&"".into(), Vec::new(), HashMap::new(), TEMPLATE));
        let mut evaluator = Evaluator::new(&context, Origin { unit, written: Written::Scalar(None) });
        let named =
            options.into_iter().filter_map(|(name, value)| Some((name.as_text()?.shared(), value))).collect();
        let value =
            lookups::run(&mut evaluator, name, found, Arguments { positional: terms, named }, wantlist)
                .and_then(|value| context.resolve(&value));
        finished(&context, value)
    }

    /// What a loop of the form `with_X` of a task with this action goes over.
    ///
    /// # Errors
    /// If there is no such lookup, or it fails.
    pub fn loop_items(
        &self,
        lookup: &str,
        terms: Vec<Value>,
        action: &str,
        scope: &dyn Scope,
    ) -> Result<Value> {
        self.lookup(lookup, terms, lookups::options_of_a_loop(lookup, action), scope, true)
    }

    /// The names of all filters; those of other collections than Ansible's own are left out.
    pub fn filter_names() -> impl Iterator<Item = &'static str> {
        crate::filters::FILTERS.iter().map(|filter| filter.name)
    }

    /// The names of all tests.
    pub fn test_names() -> impl Iterator<Item = &'static str> {
        crate::jinja_tests::TESTS.iter().map(|test| test.name)
    }

    /// The names of all lookups, also of those that are known but not supported.
    pub fn lookup_names() -> impl Iterator<Item = &'static str> {
        lookups::names()
    }

    /// Whether there is a lookup of this name.
    pub fn lookup_exists(name: &str) -> bool {
        lookups::find(name).is_some()
    }

    /// The compiled template of a text.
    pub(crate) fn template(&self, text: &Text) -> Result<Arc<Unit>> {
        cached(&self.templates, &text.shared(), || {
            syntax::parse(&text.shared(), &default_syntax(), Backslashes::Plain, self.extensions)
                .map_err(|error| in_scalar(error, text))
        })
    }

    /// The compiled bare expression of a text.
    pub(crate) fn bare_expression(&self, text: &Text) -> Result<Arc<Unit>> {
        cached(&self.expressions, &text.shared(), || {
            syntax::parse_expression(&text.shared()).map_err(|error| in_scalar(error, text))
        })
    }

    /// The compiled template of a file that another template asks for.
    pub(crate) fn included(&self, source: &Arc<Source>) -> Result<Arc<Unit>> {
        self.file(source, 0, &FileOptions { keep_trailing_newline: false, ..FileOptions::default() })
    }

    fn file(&self, source: &Arc<Source>, start: usize, options: &FileOptions) -> Result<Arc<Unit>> {
        let text: Arc<str> = source.text().get(start..).unwrap_or_default().into();
        cached(&self.files, &(Arc::clone(&text), options.clone()), || {
            syntax::parse(&text, &options.syntax()?, Backslashes::Escape, self.extensions).map_err(|error| {
                match error.place {
                    Some(place) => error.error.at(&Span::new(source, start + place.start, start + place.end)),
                    None => error.error.at(&Span::new(source, start, start)),
                }
            })
        })
    }
}

/// An error that says that it is one of rendering, unless it says more already.
pub(crate) fn rendering_failed(what: &str, error: Error) -> Error {
    if error.is_complete() { error } else { error.context(format!("Error rendering {what}")).complete() }
}

/// Whether a condition is written with braces around it.
fn is_braced(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("{{") || text.starts_with("{%")
}

fn in_scalar(error: SyntaxError, text: &Text) -> Error {
    match (text.origin(), error.place) {
        (Some(origin), Some(Place { start, end })) => {
            error.error.at(&crate::place::locate(origin, text, Place { start, end }))
        }
        (origin, _) => error.error.at_some(origin),
    }
}

fn checked(origin: &Origin) -> Result<()> {
    match syntax::check(&origin.unit) {
        Some((error, place)) => Err(error.at_some(origin.span(place).as_ref())),
        None => Ok(()),
    }
}

/// The result of a whole rendering, where there is no one left who could deal with what is undefined or unknown.
fn finished(context: &Context<'_>, value: Outcome) -> Result<Value> {
    match value {
        Ok(Value::Undefined(undefined)) if undefined.message == NO_ELSE => Err(no_else(&undefined)),
        Ok(value) => Ok(value),
        Err(Stop::Error(error) | Stop::Sealed(_, error)) => Err(error),
        Err(Stop::Unknown(unknown)) => Ok(Value::Unknown(unknown)),
        Err(Stop::Undefined(undefined)) if undefined.message == NO_ELSE => Err(no_else(&undefined)),
        Err(Stop::Undefined(undefined)) => Err(context.undefined_error(&undefined)),
    }
}

fn no_else(undefined: &Undefined) -> Error {
    undefined.error().hint("add an else: {{ a if b else c }}")
}

/// What is said of a condition that only a setting allows.
fn allowed(message: &str, written: Option<&Span>) -> Error {
    Error::deprecation(message)
        .at_some(written)
        .hint("the setting ALLOW_BROKEN_CONDITIONALS lets it pass; without it this is an error")
}

/// The error of data that is used as if it were a template.
pub(crate) fn untrusted(text: &Text) -> Error {
    Error::new("Encountered untrusted template or expression.")
        .at_some(text.origin())
        .hint("what a host or a lookup says is data, and never evaluated")
}

fn not_boolean(value: &Value, span: Option<&Span>) -> Error {
    let place = span.map(|span| format!(" at '{span}'")).unwrap_or_default();
    let error = Error::new(format!(
        "Conditional result ({}) was derived from value of type '{}'{place}. Conditionals must have a boolean result.",
        Value::Bool(value.is_true()),
        value.type_name()
    ))
    .at_some(span);
    match value {
        Value::String(_) => {
            error.hint("ask for what is meant: compare the text, or use '| bool' or '| length > 0'")
        }
        Value::List(_) | Value::Map(_) => error.hint("ask for what is meant, such as '| length > 0'"),
        Value::Int(_) | Value::Float(_) => {
            error.hint("ask for what is meant, such as '!= 0', or use '| bool'")
        }
        _ => error.hint("ask for what is meant, such as 'is not none' or '| default(false)'"),
    }
}
