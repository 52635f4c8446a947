use std::collections::HashMap;
use std::sync::Arc;

use diag::{Error, Result};
use minijinja::machinery::ast::{self, Expr, Stmt};
use minijinja::machinery::{self, Span};
use minijinja::syntax::SyntaxConfig;
use value::{BigInt, Value};

use super::message::in_jinjas_words;
use super::prepare::{Backslashes, Prepared, prepare};
use super::remedy::remedy;
use super::tree::*;
use crate::extensions::Extensions;

/// A syntax error and the place in the text that it is about.
pub(crate) struct SyntaxError {
    pub(crate) error: Error,
    pub(crate) place: Option<Place>,
}

/// Deeper trees are not run. Long chains of operators and filters are deep as well.
const DEPTH_LIMIT: usize = 1000;

/// Runs something that recurses as deep as the text may be nested, on a stack that is sure to suffice for it: the
/// parser reads chains of any length, and its tree is dropped recursively.
fn with_stack_for<T>(text: &str, run: impl FnOnce() -> T) -> T {
    // Each level takes at least one character, and a few hundred bytes.
    stacker::maybe_grow(
        (1 << 20) + text.len().saturating_mul(512),
        (4 << 20) + text.len().saturating_mul(1024),
        run,
    )
}

/// Parses a template.
pub(crate) fn parse(
    text: &Arc<str>,
    syntax: &SyntaxConfig,
    backslashes: Backslashes,
    extensions: Extensions,
) -> Result<Unit, SyntaxError> {
    with_stack_for(text, || parse_template(text, syntax, backslashes, extensions))
}

fn parse_template(
    text: &Arc<str>,
    syntax: &SyntaxConfig,
    backslashes: Backslashes,
    extensions: Extensions,
) -> Result<Unit, SyntaxError> {
    let prepared = prepare(text, false, syntax, backslashes)
        .map_err(|error| SyntaxError { error: of_syntax(error, TEMPLATE), place: None })?;
    let tree = machinery::parse(&prepared.text, "", syntax.clone())
        .map_err(|error| syntax_error(&error, &prepared, TEMPLATE))?;
    let mut lowering =
        Lowering { prepared: &prepared, blocks: HashMap::new(), depth: 0, kind: TEMPLATE, extensions };
    let body = match tree {
        Stmt::Template(template) => lowering.body(&template.children)?,
        other => lowering.body(std::slice::from_ref(&other))?,
    };
    Ok(Unit::new(text, body, lowering.blocks, TEMPLATE))
}

/// Parses a bare expression, such as a condition, into a template that outputs it.
pub(crate) fn parse_expression(text: &Arc<str>) -> Result<Unit, SyntaxError> {
    with_stack_for(text, || parse_bare_expression(text))
}

fn parse_bare_expression(text: &Arc<str>) -> Result<Unit, SyntaxError> {
    let prepared = prepare(text, true, &SyntaxConfig::default(), Backslashes::Escape)
        .map_err(|error| SyntaxError { error: of_syntax(error, EXPRESSION), place: None })?;
    let tree =
        machinery::parse_expr(&prepared.text).map_err(|error| syntax_error(&error, &prepared, EXPRESSION))?;
    let extensions = Extensions::default();
    let mut lowering =
        Lowering { prepared: &prepared, blocks: HashMap::new(), depth: 0, kind: EXPRESSION, extensions };
    let expression = lowering.expression(&tree)?;
    let place = expression.place;
    let body = vec![Statement { kind: StatementKind::Output(expression), place }];
    Ok(Unit::new(text, body, HashMap::new(), EXPRESSION))
}

/// An error that says that it is one of syntax.
pub(crate) fn of_syntax(error: Error, kind: &str) -> Error {
    if error.is_complete() { error } else { error.context(format!("Syntax error in {kind}")).complete() }
}

fn syntax_error(error: &minijinja::Error, prepared: &Prepared<'_>, kind: &str) -> SyntaxError {
    let said = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned).replace('`', "'");
    let place = error
        .range()
        .map(|range| Place { start: prepared.original(range.start), end: prepared.original(range.end) });
    let found = place.and_then(|place| prepared.written.get(place.start..place.end)).unwrap_or_default();
    let message = in_jinjas_words(&said, found, place.map_or(0, |place| place.start));
    let rest = place.and_then(|place| prepared.written.get(place.start..)).unwrap_or_default();
    let hint = remedy(&message, rest, prepared.written);
    let error = of_syntax(Error::new(message), kind);
    SyntaxError { error: hint.into_iter().fold(error, Error::advice), place }
}

struct Lowering<'a> {
    prepared: &'a Prepared<'a>,
    blocks: HashMap<Name, Arc<Block>>,
    depth: usize,
    kind: &'static str,
    extensions: Extensions,
}

impl Lowering<'_> {
    /// Refuses a statement of an extension that templates may not use.
    fn extended(
        &self,
        statement: &str,
        allowed: bool,
        extension: &str,
        span: Span,
    ) -> Result<(), SyntaxError> {
        if allowed {
            return Ok(());
        }
        let error = Error::new(format!("Encountered unknown tag '{statement}'."))
            .hint(format!("name the extension that has it in the setting 'jinja2_extensions': {extension}"));
        Err(SyntaxError { error: of_syntax(error, self.kind), place: Some(self.place(span)) })
    }

    fn place(&self, span: Span) -> Place {
        Place {
            start: self.prepared.original(span.start_offset as usize),
            end: self.prepared.original(span.end_offset as usize),
        }
    }

    fn body(&mut self, statements: &[Stmt<'_>]) -> Result<Body, SyntaxError> {
        statements.iter().map(|statement| self.statement(statement)).collect()
    }

    /// Goes one level down.
    fn deeper<T>(
        &mut self,
        span: Span,
        lower: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        if self.depth >= DEPTH_LIMIT {
            return Err(self.error("nested too deeply", span));
        }
        self.depth += 1;
        let lowered = lower(self);
        self.depth -= 1;
        lowered
    }

    fn statement(&mut self, statement: &Stmt<'_>) -> Result<Statement, SyntaxError> {
        self.deeper(Span::default(), |lowering| lowering.lower_statement(statement))
    }

    fn lower_statement(&mut self, statement: &Stmt<'_>) -> Result<Statement, SyntaxError> {
        let (kind, span) = match statement {
            Stmt::Template(node) => (StatementKind::Group(self.body(&node.children)?), node.span()),
            Stmt::EmitExpr(node) => (StatementKind::Output(self.expression(&node.expr)?), node.span()),
            Stmt::EmitRaw(node) => (StatementKind::Text(node.raw.into()), node.span()),
            Stmt::ForLoop(node) => {
                let kind = StatementKind::For(Arc::new(For {
                    target: self.target(&node.target)?,
                    items: self.expression(&node.iter)?,
                    filter: self.optional(node.filter_expr.as_ref())?,
                    recursive: node.recursive,
                    body: self.body(&node.body)?,
                    otherwise: self.body(&node.else_body)?,
                }));
                (kind, node.span())
            }
            Stmt::IfCond(node) => {
                let kind = StatementKind::If {
                    test: self.expression(&node.expr)?,
                    then: self.body(&node.true_body)?,
                    otherwise: self.body(&node.false_body)?,
                };
                (kind, node.span())
            }
            Stmt::WithBlock(node) => {
                let assignments = node
                    .assignments
                    .iter()
                    .map(|(target, value)| Ok((self.target(target)?, self.expression(value)?)))
                    .collect::<Result<_, SyntaxError>>()?;
                (StatementKind::With { assignments, body: self.body(&node.body)? }, node.span())
            }
            Stmt::Set(node) => {
                let kind = StatementKind::Set {
                    target: self.target(&node.target)?,
                    value: self.expression(&node.expr)?,
                };
                (kind, node.span())
            }
            Stmt::SetBlock(node) => {
                let kind = StatementKind::SetBlock {
                    target: self.target(&node.target)?,
                    filter: self.optional(node.filter.as_ref())?,
                    body: self.body(&node.body)?,
                };
                (kind, node.span())
            }
            // Ansible never escapes, whatever a template asks for.
            Stmt::AutoEscape(node) => (StatementKind::Group(self.body(&node.body)?), node.span()),
            Stmt::FilterBlock(node) => {
                let kind = StatementKind::FilterBlock {
                    filter: self.expression(&node.filter)?,
                    body: self.body(&node.body)?,
                };
                (kind, node.span())
            }
            Stmt::Block(node) => {
                let name: Name = node.name.into();
                let block = Arc::new(Block { name: Arc::clone(&name), body: self.body(&node.body)? });
                self.blocks.insert(name, Arc::clone(&block));
                (StatementKind::Block(block), node.span())
            }
            Stmt::Import(node) => {
                let kind = StatementKind::Import {
                    template: self.expression(&node.expr)?,
                    name: self.target(&node.name)?,
                };
                (kind, node.span())
            }
            Stmt::FromImport(node) => {
                let names = node
                    .names
                    .iter()
                    .map(|(name, alias)| {
                        let name = self.name(name)?;
                        let alias = alias.as_ref().map_or(Ok(Arc::clone(&name)), |alias| self.name(alias))?;
                        Ok((name, alias))
                    })
                    .collect::<Result<_, SyntaxError>>()?;
                (StatementKind::FromImport { template: self.expression(&node.expr)?, names }, node.span())
            }
            Stmt::Extends(node) => (StatementKind::Extends(self.expression(&node.name)?), node.span()),
            Stmt::Include(node) => {
                let kind = StatementKind::Include {
                    template: self.expression(&node.name)?,
                    ignore_missing: node.ignore_missing,
                };
                (kind, node.span())
            }
            Stmt::Macro(node) => (StatementKind::Macro(Arc::new(self.declaration(node)?)), node.span()),
            Stmt::CallBlock(node) => {
                let call = self.call(&node.call, node.call.span())?;
                let kind =
                    StatementKind::CallBlock { call, body: Arc::new(self.declaration(&node.macro_decl)?) };
                (kind, node.span())
            }
            Stmt::Continue(node) => {
                self.extended(
                    "continue",
                    self.extensions.loop_controls,
                    "jinja2.ext.loopcontrols",
                    node.span(),
                )?;
                (StatementKind::Continue, node.span())
            }
            Stmt::Break(node) => {
                self.extended(
                    "break",
                    self.extensions.loop_controls,
                    "jinja2.ext.loopcontrols",
                    node.span(),
                )?;
                (StatementKind::Break, node.span())
            }
            Stmt::Do(node) => {
                self.extended("do", self.extensions.statements, "jinja2.ext.do", node.span())?;
                (StatementKind::Do(self.call(&node.call, node.call.span())?), node.span())
            }
        };
        Ok(Statement { kind, place: self.place(span) })
    }

    fn declaration(&mut self, node: &ast::Macro<'_>) -> Result<Macro, SyntaxError> {
        let without_default = node.args.len() - node.defaults.len().min(node.args.len());
        let mut parameters = Vec::with_capacity(node.args.len());
        for (index, parameter) in node.args.iter().enumerate() {
            let default = index.checked_sub(without_default).and_then(|index| node.defaults.get(index));
            parameters.push((self.name(parameter)?, self.optional(default)?));
        }
        let body = self.body(&node.body)?;
        let mut names = std::collections::BTreeSet::new();
        super::free::body_names(&body, &mut names);
        Ok(Macro {
            name: node.name.into(),
            parameters,
            takes_rest: names.contains("varargs"),
            takes_named_rest: names.contains("kwargs"),
            body,
        })
    }

    fn name(&self, expression: &Expr<'_>) -> Result<Name, SyntaxError> {
        match expression {
            Expr::Var(node) => Ok(node.id.into()),
            other => Err(self.error("expected a name", other.span())),
        }
    }

    fn target(&mut self, expression: &Expr<'_>) -> Result<Target, SyntaxError> {
        match expression {
            Expr::Var(node) => Ok(Target::Name(node.id.into())),
            Expr::GetAttr(node) => Ok(Target::Attribute(self.expression(&node.expr)?, node.name.into())),
            Expr::List(node) => Ok(Target::Tuple(
                node.items.iter().map(|item| self.target(item)).collect::<Result<_, _>>()?,
                self.place(node.span()),
            )),
            Expr::Tuple(node) => Ok(Target::Tuple(
                node.items.iter().map(|item| self.target(item)).collect::<Result<_, _>>()?,
                self.place(node.span()),
            )),
            other => Err(self.error("cannot assign to this", other.span())),
        }
    }

    fn error(&self, message: &str, span: Span) -> SyntaxError {
        SyntaxError { error: of_syntax(Error::new(message), self.kind), place: Some(self.place(span)) }
    }

    fn optional(&mut self, expression: Option<&Expr<'_>>) -> Result<Option<Expression>, SyntaxError> {
        expression.map(|expression| self.expression(expression)).transpose()
    }

    fn boxed(&mut self, expression: &Expr<'_>) -> Result<Box<Expression>, SyntaxError> {
        self.expression(expression).map(Box::new)
    }

    fn expressions(&mut self, expressions: &[Expr<'_>]) -> Result<Vec<Expression>, SyntaxError> {
        expressions.iter().map(|expression| self.expression(expression)).collect()
    }

    fn expression(&mut self, expression: &Expr<'_>) -> Result<Expression, SyntaxError> {
        self.deeper(expression.span(), |lowering| lowering.lower_expression(expression))
    }

    fn lower_expression(&mut self, expression: &Expr<'_>) -> Result<Expression, SyntaxError> {
        let span = expression.span();
        let kind = match expression {
            Expr::Var(node) => ExpressionKind::Variable(node.id.into()),
            Expr::Const(node) => ExpressionKind::Constant(
                constant(&node.value).ok_or_else(|| self.error("this constant can't be read", span))?,
            ),
            Expr::List(node) => ExpressionKind::List(self.expressions(&node.items)?),
            Expr::Tuple(node) => ExpressionKind::Tuple(self.expressions(&node.items)?),
            Expr::Map(node) => ExpressionKind::Map(
                node.keys
                    .iter()
                    .zip(&node.values)
                    .map(|(key, value)| Ok((self.expression(key)?, self.expression(value)?)))
                    .collect::<Result<_, SyntaxError>>()?,
            ),
            Expr::GetAttr(node) => ExpressionKind::Attribute(self.boxed(&node.expr)?, node.name.into()),
            Expr::GetItem(node) => {
                ExpressionKind::Item(self.boxed(&node.expr)?, self.boxed(&node.subscript_expr)?)
            }
            Expr::Slice(node) => ExpressionKind::Slice(Box::new(Slice {
                value: self.expression(&node.expr)?,
                start: self.optional(node.start.as_ref())?,
                stop: self.optional(node.stop.as_ref())?,
                step: self.optional(node.step.as_ref())?,
            })),
            Expr::UnaryOp(node) => match node.op {
                ast::UnaryOpKind::Not => ExpressionKind::Not(self.boxed(&node.expr)?),
                ast::UnaryOpKind::Neg => ExpressionKind::Negate(self.boxed(&node.expr)?),
            },
            Expr::BinOp(node) => {
                let (left, right) = (self.boxed(&node.left)?, self.boxed(&node.right)?);
                let place = left.place.to(right.place);
                return Ok(Expression { kind: binary(node.op, left, right), place });
            }
            Expr::Compare(node) => {
                let left = self.boxed(&node.expr)?;
                let mut place = left.place;
                let mut rest = Vec::with_capacity(node.ops.len());
                for operation in &node.ops {
                    let right = self.expression(&operation.expr)?;
                    place = place.to(right.place);
                    rest.push((comparison(operation.op), right));
                }
                return Ok(Expression { kind: ExpressionKind::Compare(left, rest), place });
            }
            Expr::IfExpr(node) => {
                let then = self.boxed(&node.true_expr)?;
                let test = self.boxed(&node.test_expr)?;
                let otherwise =
                    node.false_expr.as_ref().map(|otherwise| self.boxed(otherwise)).transpose()?;
                let end = otherwise.as_ref().map_or(test.place, |otherwise| otherwise.place);
                let place = then.place.to(end);
                return Ok(Expression { kind: ExpressionKind::If { test, then, otherwise }, place });
            }
            Expr::Filter(node) => {
                let value = match &node.expr {
                    Some(value) => self.expression(value)?,
                    None => Expression { kind: ExpressionKind::Captured, place: self.place(span) },
                };
                ExpressionKind::Filter(Box::new(Applied {
                    name: node.name.into(),
                    found: crate::filters::find(node.name),
                    value,
                    arguments: self.arguments(&node.args)?,
                }))
            }
            Expr::Test(node) => ExpressionKind::Test(Box::new(Applied {
                name: node.name.into(),
                found: crate::jinja_tests::find(node.name),
                value: self.expression(&node.expr)?,
                arguments: self.arguments(&node.args)?,
            })),
            Expr::Call(node) => return self.call(node, span),
        };
        Ok(Expression { kind, place: self.place(span) })
    }

    fn call(&mut self, node: &ast::Call<'_>, span: Span) -> Result<Expression, SyntaxError> {
        let kind =
            ExpressionKind::Call { callee: self.boxed(&node.expr)?, arguments: self.arguments(&node.args)? };
        Ok(Expression { kind, place: self.place(span) })
    }

    fn arguments(&mut self, arguments: &[ast::CallArg<'_>]) -> Result<Vec<Argument>, SyntaxError> {
        arguments
            .iter()
            .map(|argument| {
                Ok(match argument {
                    ast::CallArg::Pos(value) => Argument::Positional(self.expression(value)?),
                    ast::CallArg::Kwarg(name, value) => {
                        Argument::Named((*name).into(), self.expression(value)?)
                    }
                    ast::CallArg::PosSplat(value) => Argument::Spread(self.expression(value)?),
                    ast::CallArg::KwargSplat(value) => Argument::SpreadNamed(self.expression(value)?),
                })
            })
            .collect()
    }
}

fn binary(operator: ast::BinOpKind, left: Box<Expression>, right: Box<Expression>) -> ExpressionKind {
    use ast::BinOpKind as Kind;
    let operator = match operator {
        Kind::ScAnd => return ExpressionKind::And(left, right),
        Kind::ScOr => return ExpressionKind::Or(left, right),
        Kind::Eq => return compared(Comparison::Equal, left, *right),
        Kind::Ne => return compared(Comparison::NotEqual, left, *right),
        Kind::Lt => return compared(Comparison::Less, left, *right),
        Kind::Lte => return compared(Comparison::LessOrEqual, left, *right),
        Kind::Gt => return compared(Comparison::Greater, left, *right),
        Kind::Gte => return compared(Comparison::GreaterOrEqual, left, *right),
        Kind::In => return compared(Comparison::In, left, *right),
        Kind::Add => BinaryOperator::Add,
        Kind::Sub => BinaryOperator::Subtract,
        Kind::Mul => BinaryOperator::Multiply,
        Kind::Div => BinaryOperator::Divide,
        Kind::FloorDiv => BinaryOperator::FloorDivide,
        Kind::Rem => BinaryOperator::Remainder,
        Kind::Pow => BinaryOperator::Power,
        Kind::Concat => BinaryOperator::Concatenate,
    };
    ExpressionKind::Binary(operator, left, right)
}

fn compared(comparison: Comparison, left: Box<Expression>, right: Expression) -> ExpressionKind {
    ExpressionKind::Compare(left, vec![(comparison, right)])
}

fn comparison(operator: ast::CompareOpKind) -> Comparison {
    match operator {
        ast::CompareOpKind::Eq => Comparison::Equal,
        ast::CompareOpKind::Ne => Comparison::NotEqual,
        ast::CompareOpKind::Lt => Comparison::Less,
        ast::CompareOpKind::Lte => Comparison::LessOrEqual,
        ast::CompareOpKind::Gt => Comparison::Greater,
        ast::CompareOpKind::Gte => Comparison::GreaterOrEqual,
        ast::CompareOpKind::In => Comparison::In,
        ast::CompareOpKind::NotIn => Comparison::NotIn,
    }
}

fn constant(value: &minijinja::Value) -> Option<Value> {
    use minijinja::value::ValueKind;
    Some(match value.kind() {
        ValueKind::None => Value::Null,
        ValueKind::Bool => Value::Bool(value.is_true()),
        ValueKind::Number if value.is_integer() => match i64::try_from(value.clone()) {
            Ok(number) => Value::Int(number),
            Err(_) => Value::integer(value.to_string().parse::<BigInt>().ok()?),
        },
        ValueKind::Number => Value::Float(f64::try_from(value.clone()).ok()?),
        ValueKind::String => Value::string(value.as_str()?),
        _ => return None,
    })
}
