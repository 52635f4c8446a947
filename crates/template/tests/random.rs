//! No template makes the program fail, whatever it is.

mod support;

use diag::Source;
use proptest::prelude::*;
use support::Variables;
use template::{Extensions, FileOptions, Templates};
use value::{Text, Value};

/// Pieces that templates are made of, so that many of the made-up ones get as far as being run.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        "{{ x }}",
        "{% if x %}",
        "{% endif %}",
        "{% for i in l %}",
        "{% endfor %}",
        "{% set a = ",
        "{% macro m(a) %}",
        "{% endmacro %}",
        "m(1)",
        "x",
        "l",
        "d",
        "s",
        "nope",
        "unk",
        "secret",
        "big",
        "people",
        "lazy",
        "|",
        "upper",
        "| default(1)",
        "| map('upper')",
        "| sort",
        "| join(',')",
        "| int",
        "| to_json",
        "| regex_replace('a', '\\\\1')",
        "| random",
        "| batch(2)",
        "| round(-400)",
        "is",
        "defined",
        "is odd",
        "not",
        "and",
        "or",
        "in",
        "if",
        "else",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ".",
        ",",
        ":",
        "'a'",
        "\"b\"",
        "'",
        "\\",
        "1",
        "-1",
        "0",
        "1.5",
        "9223372036854775807",
        "+",
        "-",
        "*",
        "/",
        "//",
        "%",
        "**",
        "~",
        "==",
        "<",
        "[0]",
        "[::-1]",
        "[1:",
        ".append(1)",
        ".items()",
        ".upper()",
        "'%s %d' %",
        "'{:>5}'.format(",
        "lookup('",
        "range(",
        "loop.index",
        "é",
        "\n",
        " ",
        "-%}",
        "{%-",
        "recursive",
        "{% raw %}",
        "{% endraw %}",
        "{% filter upper %}",
        "{% endfilter %}",
        "{% call m() %}",
        "{% endcall %}",
        "{% block b %}",
        "{% endblock %}",
        "{% with a = 1 %}",
        "namespace(a=1)",
        "now()",
        "-",
        "+x",
    ];
    prop_oneof![8 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,4}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_template_panics(pieces in proptest::collection::vec(piece(), 0..14)) {
        let text = pieces.join(" ");
        let templates = Templates::with_extensions(Extensions::ALL);
        let variables = Variables::usual();
        let source = Source::new("t.yml", text.as_str());
        let placed = Text::trusted(text.as_str(), Some(diag::Span::new(&source, 0, text.len())));
        let rendered = templates.render(&placed, &variables);
        if let Err(error) = rendered {
            prop_assert!(!error.message().is_empty());
            error.render(diag::Style::Plain);
        }
        let _ = templates.condition(&Value::String(placed.clone()), &variables);
        let _ = templates.render_file(&source, &FileOptions::default(), &variables);
        let _ = templates.variables_in(&placed);
        let _ = templates.check(&placed);
    }

    #[test]
    fn no_expression_panics(pieces in proptest::collection::vec(piece(), 1..8)) {
        let text = format!("{{{{ {} }}}}", pieces.join(" "));
        let _ = Templates::with_extensions(Extensions::ALL).render(&Text::trusted(text, None), &Variables::usual());
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    let variables = Variables::usual();
    let deep = 50_000;
    let cases = [
        format!("{{{{ {}1{} }}}}", "(".repeat(deep), ")".repeat(deep)),
        format!("{{{{ {}1{} }}}}", "[".repeat(deep), "]".repeat(deep)),
        format!("{{{{ 1{} }}}}", " + 1".repeat(deep)),
        format!("{{{{ x{} }}}}", "| string".repeat(deep)),
        format!("{{{{ x{} }}}}", ".a".repeat(deep)),
        format!("{{{{ {}1 }}}}", "not ".repeat(deep)),
        format!("{{{{ {}1 }}}}", "-".repeat(deep)),
        format!("{}{}", "{% if 1 %}".repeat(deep), "{% endif %}".repeat(deep)),
    ];
    // A thread's usual stack, as the engine's have it.
    let run = move || {
        for case in cases {
            let result =
                Templates::with_extensions(Extensions::ALL).render(&Text::trusted(case, None), &variables);
            assert!(result.is_err());
        }
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}
