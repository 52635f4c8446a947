//! What travels with values: unknowns, secrets, trust and places.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use diag::Source;
use support::{Variables, check, placed, render, shown, trusted};
use template::{Extensions, Templates, Truth};
use value::{Text, Value};

const CAUSE: &str = "? a command that was not run";

fn rendered(template: &str) -> Value {
    Templates::with_extensions(Extensions::ALL)
        .render(&Text::trusted(template, None), &Variables::usual())
        .unwrap()
}

#[test]
fn what_needs_an_unknown_is_unknown() {
    for template in [
        "{{ unk }}",
        "a{{ unk }}b",
        "{{ unk.stdout }}",
        "{{ unk['x'][0] }}",
        "{{ unk + 1 }}",
        "{{ 'a' ~ unk }}",
        "{{ unk == 1 }}",
        "{{ unk in [1] }}",
        "{{ 1 in unk }}",
        "{{ not unk }}",
        "{{ -unk }}",
        "{{ unk | upper }}",
        "{{ unk | default('x') }}",
        "{{ unk | length }}",
        "{{ unk | ternary(1, 2) }}",
        "{{ 'a' if unk else 'b' }}",
        "{{ unk is changed }}",
        "{{ unk.upper() }}",
        "{{ s.replace('h', unk) }}",
        "{{ s | replace('h', unk) }}",
        "{{ half | to_json }}",
        "{{ half.unk }}",
        "{{ [unk, 1] | join(',') }}",
        "{{ [unk, 1] | sort }}",
        "{{ [1, unk] == [1, 2] }}",
        "{{ 5 in [1, unk] }}",
        "{% if unk %}a{% endif %}",
        "{% for i in unk %}a{% endfor %}",
        "{% for i in [unk] %}{{ i }} {% endfor %}",
        "{% set a = unk %}x{{ a }}",
        "{% macro m(a) %}<{{ a }}>{% endmacro %}{{ m(unk) }}",
        "{{ lookup('vars', 'unk') }}",
        "{{ lookup('pipe', unk) }}",
        "{{ [{'a': unk}] | selectattr('a') | list }}",
        "{{ [{'a': unk}] | map(attribute='a') | first }}",
        "{{ '%s' % unk }}",
        "{{ '%s' | format(unk) }}",
        "{{ {'changed': unk} is changed }}",
        "{{ unk | mandatory }}",
        "{{ unk | type_debug }}",
        "{{ {unk: 1} }}",
        "{{ unk[nope] | default(1) }}",
    ] {
        let found = render(template);
        assert!(found == CAUSE || found.starts_with("! 'nope'"), "{template} gives {found}");
    }
}

#[test]
fn what_does_not_need_an_unknown_is_known() {
    check(&[
        ("{{ unk is defined }}", "True"),
        ("{{ unk is undefined }}", "False"),
        ("{{ false and unk }}", "False"),
        ("{{ unk and false }}", "False"),
        ("{{ true or unk }}", "True"),
        ("{{ unk or true }}", "True"),
        ("{{ 1 if unk else 1 }}", "1"),
        ("{{ unk | ternary('a', 'a') }}", "'a'"),
        ("{{ 2 if true else unk }}", "2"),
        ("{{ half.known }}", "1"),
        ("{{ [unk, 1] | length }}", "2"),
        ("{{ [unk, 1] | last }}", "1"),
        ("{{ 1 in [1, unk] }}", "True"),
        ("{{ [1, unk] == [1] }}", "False"),
        ("{{ half | dict2items | length }}", "2"),
        ("{{ (half | combine({'unk': 2})).unk }}", "2"),
        ("{{ {'changed': true, 'stdout': unk} is changed }}", "True"),
        ("{% if false %}{{ unk }}{% endif %}a", "'a'"),
        ("{{ half }}", "{'known': 1, 'unk': <unknown: a command that was not run>}"),
        ("{{ 1 < 0 < unk }}", "False"),
    ]);
}

#[test]
fn what_is_made_of_a_secret_is_secret() {
    for template in [
        "{{ secret }}",
        "a{{ secret }}",
        "{{ secret | upper }}",
        "{{ secret | b64encode }}",
        "{{ 'x' ~ secret }}",
        "{{ 'x' + secret }}",
        "{{ secret[1:] }}",
        "{{ secret[0] }}",
        "{{ secret | first }}",
        "{{ secret.upper() }}",
        "{{ 'x'.replace('x', secret) }}",
        "{{ [secret, 'a'] | join }}",
        "{{ '%s' % secret }}",
        "{{ {'a': secret} | to_json }}",
        "{{ {'a': secret}.a }}",
        "{{ vaulted }}",
        "{{ vaulted | hash }}",
        "{% set a = secret %}{{ a }}",
        "{% set a %}x{{ secret }}{% endset %}{{ a }}",
        "{% for c in [secret] %}{{ c }}{% endfor %}",
        "{% macro m(a) %}<{{ a }}>{% endmacro %}{{ m(secret) }}",
        "{{ secret * 2 }}",
        "{{ (secret | list) | last }}",
    ] {
        let value = rendered(template);
        assert!(value.as_text().is_some_and(Text::is_secret), "{template}");
    }
}

#[test]
fn a_secret_does_not_spread_to_what_lies_beside_it() {
    for template in [
        "{{ {'a': secret, 'b': 'x'} | combine({'c': 'y'}) | dict2items | map(attribute='key') | first }}",
        "{{ {'a': secret, 'b': 'x'}.b }}",
        "{{ [secret, 'x'] | last }}",
        "{{ [secret, 'x'] | unique | last }}",
    ] {
        let value = rendered(template);
        assert!(value.as_text().is_some_and(|text| !text.is_secret()), "{template}");
    }
}

#[test]
fn what_a_template_makes_is_never_a_template_again() {
    let mut variables = Variables::usual();
    variables.values.insert("open".into(), Value::from("{{ '{{' }}"));
    let templates = Templates::with_extensions(Extensions::ALL);
    for template in [
        "{{ data }}",
        "{{ data | upper | lower }}",
        "{{ '{' ~ '{ x }' ~ '}' }}",
        "{{ '{{ x }}' | trim }}",
        "{{ [data] | first }}",
    ] {
        let value = templates.render(&Text::trusted(template, None), &variables).unwrap();
        assert_eq!(value.as_str(), Some("{{ x }}"), "{template}");
        let again = templates.resolve(&value, &variables).unwrap();
        assert_eq!(again.as_str(), Some("{{ x }}"), "{template}");
    }
}

#[test]
fn an_error_is_at_its_place() {
    let cases = [
        ("a: {{ x + nope }}\n", "{{ x + nope }}", "a.yml:1:11", "'nope' is undefined"),
        (
            "a: \"{{ s.nope }}\"\n",
            "{{ s.nope }}",
            "a.yml:1:8",
            "object of type 'str' has no attribute 'nope'",
        ),
        (
            "a: {{ x | nosuch }}\n",
            "{{ x | nosuch }}",
            "a.yml:1:11",
            "Syntax error in template: No filter named 'nosuch'.",
        ),
        (
            "a: {{ x is nosuch }}\n",
            "{{ x is nosuch }}",
            "a.yml:1:12",
            "Syntax error in template: No test named 'nosuch'.",
        ),
        ("a: {{ x }\n", "{{ x }", "a.yml:1:9", "Syntax error in template: unexpected '}'"),
        ("a: {{ 1 / 0 }}\n", "{{ 1 / 0 }}", "a.yml:1:7", "Error rendering template: division by zero"),
        ("a: {{ 'a\\b' ~ nope }}\n", "{{ 'a\\b' ~ nope }}", "a.yml:1:15", "'nope' is undefined"),
    ];
    for (file, text, place, message) in cases {
        let source = Source::new("a.yml", file);
        let error = Templates::with_extensions(Extensions::ALL)
            .render(&placed(&source, text), &Variables::usual())
            .unwrap_err();
        assert_eq!(error.message(), message, "{file}");
        assert_eq!(error.span().map(ToString::to_string).as_deref(), Some(place), "{file}");
    }
}

#[test]
fn an_error_in_a_variable_is_at_the_variable() {
    let source = Source::new("vars.yml", "web: \"{{ 1 / 0 }}\"\n");
    let mut variables = Variables::usual();
    variables.values.insert("web".into(), Value::String(placed(&source, "{{ 1 / 0 }}")));
    let play = Source::new("site.yml", "a: {{ web }}\n");
    let error = Templates::with_extensions(Extensions::ALL)
        .render(&placed(&play, "{{ web }}"), &variables)
        .unwrap_err();
    let shown = error.render(diag::Style::Plain);
    assert!(shown.contains("vars.yml:1:10"), "{shown}");
    assert!(shown.contains("site.yml:1:7"), "{shown}");
}

#[test]
fn what_may_have_been_meant_is_said() {
    let hints = |template: &str| {
        Templates::with_extensions(Extensions::ALL)
            .render(&Text::trusted(template, None), &Variables::usual())
            .unwrap_err()
            .hints()
            .join(" ")
    };
    assert_eq!(hints("{{ peple }}"), "did you mean 'people'?");
    assert_eq!(hints("{{ half.knwon }}"), "did you mean 'known'?");
    assert_eq!(hints("{{ x | defualt(1) }}"), "did you mean 'default'?");
    assert_eq!(hints("{{ x is definde }}"), "did you mean 'defined'?");
    assert_eq!(hints("{{ lookup('evn', 'x') }}"), "did you mean 'env'?");
    assert_eq!(hints("{{ l | sort(revers=true) }}"), "did you mean 'reverse'?");
}

#[test]
fn conditions_are_true_false_or_unknown() {
    let templates = Templates::with_extensions(Extensions::ALL);
    let variables = Variables::usual();
    let truth = |condition: &str| match templates.condition(&trusted(condition), &variables) {
        Ok(Truth::True) => "true".to_owned(),
        Ok(Truth::False) => "false".to_owned(),
        Ok(Truth::Unknown(unknown)) => format!("? {}", unknown.cause),
        Err(error) => format!("! {}", error.message()),
    };
    let cases = [
        ("x == 5", "true"),
        ("x == 6", "false"),
        ("true", "true"),
        ("tmpl == 5", "true"),
        ("bad is defined", "false"),
        ("d.a == 1 and not (d.zz is defined)", "true"),
        ("'x' is match('\\w')", "true"),
        ("'a\\tb' | length == 3", "true"),
        ("\"{{ x }}\" == 5", "true"),
        ("{{ x == 5 }}", "true"),
        ("cond", "true"),
        ("unk.rc == 0", CAUSE),
        ("unk.rc == 0 and false", "false"),
        ("unk.rc == 0 or x == 5", "true"),
        ("unk is changed and nope.x == 1", CAUSE),
        (
            "x",
            "! Conditional result (True) was derived from value of type 'int'. Conditionals must have a boolean result.",
        ),
        (
            "s",
            "! Conditional result (True) was derived from value of type 'str'. Conditionals must have a boolean result.",
        ),
        (
            "l",
            "! Conditional result (True) was derived from value of type 'list'. Conditionals must have a boolean result.",
        ),
        (
            "none",
            "! Conditional result (False) was derived from value of type 'NoneType'. Conditionals must have a boolean result.",
        ),
        (
            "'true'",
            "! Conditional result (True) was derived from value of type 'str'. Conditionals must have a boolean result.",
        ),
        ("nope", "! 'nope' is undefined"),
        ("nope == 1", "! 'nope' is undefined"),
        ("", "! Empty conditional expressions are not allowed."),
    ];
    for (condition, expected) in cases {
        assert_eq!(truth(condition), expected, "{condition}");
    }
    assert_eq!(templates.condition(&Value::Bool(false), &variables).unwrap(), Truth::False);
    assert!(templates.condition(&Value::Int(1), &variables).is_err());
}

#[test]
fn whole_values_are_resolved() {
    let templates = Templates::with_extensions(Extensions::ALL);
    let variables = Variables::usual();
    let value = Value::map([
        ("a", trusted("{{ x }}")),
        ("b", Value::list([trusted("{{ omit }}"), trusted("{{ s }}!")])),
        ("c", trusted("{{ omit }}")),
        ("d", trusted("{{ unk }}")),
        ("e", Value::Vaulted(Text::new("VAULT:v"))),
    ]);
    assert_eq!(
        shown(templates.resolve(&value, &variables)),
        "{'a': 5, 'b': ['hello!'], 'd': <unknown: a command that was not run>, 'e': 'v'}"
    );
    assert!(templates.resolve(&trusted("{{ nope }}"), &variables).is_err());
    assert!(templates.resolve_or_undefined(&trusted("{{ nope }}"), &variables).unwrap().is_undefined());
    assert!(templates.resolve_or_undefined(&trusted("a{{ nope.x }}"), &variables).unwrap().is_undefined());
    assert!(templates.resolve_or_undefined(&trusted("{{ 1 / 0 }}"), &variables).is_err());
    assert_eq!(shown(templates.expression(&Text::new("x + 1"), &variables)), "6");
}

#[test]
fn names_and_mistakes_are_found_without_running() {
    let templates = Templates::with_extensions(Extensions::ALL);
    let names = |text: &str| -> String {
        templates.variables_in(&Text::trusted(text, None)).into_iter().collect::<Vec<_>>().join(" ")
    };
    let cases = [
        ("{{ a.b[c] | f(d) }}", "a c d"),
        ("{% for i in l if i > m %}{{ i }}{{ loop.index }}{{ n }}{% endfor %}", "l m n"),
        ("{% set a = b %}{{ a }}", "b"),
        ("{% macro m(a, b=c) %}{{ a }}{{ d }}{% endmacro %}{{ m(1) }}", "c d"),
        ("{{ lookup('vars', 'a', 'b') }}{{ range(3) }}{{ omit is defined }}", "a b omit"),
        ("plain", ""),
    ];
    for (text, expected) in cases {
        assert_eq!(names(text), expected, "{text}");
    }
    let condition = templates.variables_in_condition(&Value::from("a == 1 and b is defined"));
    assert_eq!(condition.into_iter().collect::<Vec<_>>(), ["a", "b"]);
    let check =
        |text: &str| templates.check(&Text::trusted(text, None)).map_err(|error| error.message().to_owned());
    assert_eq!(check("{{ a | upper }}"), Ok(()));
    assert_eq!(check("{{ a | upprr }}"), Err("Syntax error in template: No filter named 'upprr'.".into()));
    assert_eq!(check("{{ [a is uppr] }}"), Err("Syntax error in template: No test named 'uppr'.".into()));
    assert_eq!(check("{{ lookup('fiel', 'x') }}"), Err("The lookup plugin 'fiel' was not found.".into()));
    assert!(check("{% if a %}").is_err());
    assert_eq!(check("{% if a %}{{ b | not_there }}{% endif %}"), Ok(()));
    assert!(templates.check_condition(&Value::from("a ==")).is_err());
    assert!(templates.check_condition(&Value::from("a == 1")).is_ok());
    assert!(Templates::lookup_exists("file") && Templates::lookup_exists("ansible.builtin.file"));
    assert!(!Templates::lookup_exists("fiel"));
}

#[test]
fn an_error_does_not_tell_a_secret() {
    for template in [
        "{{ secret | human_to_bytes }}",
        "{{ secret | to_datetime }}",
        "{{ secret | regex_search('(') }}",
        "{{ 'a' | regex_search(secret ~ '(') }}",
        "{{ d[secret] }}",
        "{{ secret.nope }}",
        "{{ ['a'].index(secret) }}",
        "{{ secret.index('zz') }}",
        "{{ lookup('file', secret) }}",
        "{{ lookup('pipe', 'echo ' ~ secret ~ ' >&2; false') }}",
        "{{ {}[secret].x }}",
        "{{ '%d' % secret }}",
        "{{ 1 + secret }}",
        "{{ secret is version('1', '<') }}",
        "{{ ['a', secret] | sum }}",
        "{% include secret %}",
        "{{ lookup(secret) }}",
        "{{ lookup('vars', secret) }}",
        "{{ [1] | map(secret) | list }}",
    ] {
        let error = Templates::with_extensions(Extensions::ALL)
            .render(&Text::trusted(template, None), &Variables::usual())
            .unwrap_err();
        let shown = error.render(diag::Style::Plain);
        assert!(!shown.contains("hunter2"), "{template}\n{shown}");
    }
    let error = Templates::with_extensions(Extensions::ALL)
        .condition(&trusted("secret"), &Variables::usual())
        .unwrap_err();
    assert!(!error.render(diag::Style::Plain).contains("hunter2"));
}

#[test]
fn a_vault_that_nothing_opens_is_opened_by_its_own_password_only() {
    let mut variables = Variables::usual();
    let closed = Templates::new().render(&Text::trusted("{{ 'inner' | vault('pw') }}", None), &variables);
    let closed = Text::new(closed.unwrap().to_string());
    variables.values.insert("closed".into(), Value::Vaulted(closed));
    let render = |template: &str| Templates::new().render(&Text::trusted(template, None), &variables);
    let opened = render("{{ closed | unvault('pw') }}").unwrap();
    assert!(opened.as_text().is_some_and(|text| text.as_str() == "inner" && text.is_secret()));
    assert_eq!(render("{{ closed is vault_encrypted }}").unwrap(), Value::Bool(true));
    for template in
        ["{{ closed }}", "{{ closed | default('a') }}", "{{ closed is defined }}", "{{ closed | length }}"]
    {
        assert!(render(template).unwrap_err().summary().contains("this is no vault"), "{template}");
    }
    let wrapped = render("{{ 'inner' | vault('pw', wrap_object=true) }}").unwrap();
    assert!(wrapped.as_text().is_some_and(|text| text.as_str() == "inner" && text.is_secret()));
}
