//! Templates that never end or grow without bound are stopped with an error; those that are only large are not.

#![allow(clippy::unwrap_used)]

mod support;

use std::fmt::Write;

use support::{Variables, render, shown};
use template::{Extensions, Templates};
use value::Text;

#[test]
fn what_grows_without_bound_is_an_error() {
    let cases = [
        "{% for i in range(10 ** 12) %}x{% endfor %}",
        "{{ range(10 ** 9) | list | length }}",
        "{{ 'a' * 10 ** 12 }}",
        "{{ [0] * 10 ** 9 }}",
        "{{ 10 ** (10 ** 10) }}",
        "{{ '%999999999999d' % 5 }}",
        "{{ '{:999999999999}'.format(5) }}",
        "{{ 'a'.ljust(10 ** 11) }}",
        "{{ 'a'.zfill(10 ** 11) }}",
        "{{ range(300) | permutations | length }}",
        "{{ range(1000) | product(range(1000), range(1000)) | length }}",
        "{{ range(100) | combinations(50) | length }}",
        "{{ lookup('sequence', 'count=1000000000000') }}",
        "{{ ('a' * 100000) | replace('a', 'a' * 100000) }}",
        "{{ ('a' * 10000) | regex_replace('a', 'a' * 100000) }}",
        "{{ (['a' * 100000] * 10000) | join | length }}",
        "{{ ''.join(['a' * 100000] * 10000) | length }}",
        "{{ ('a\n' * 100000) | indent('a' * 100000) | length }}",
        "{{ lookup('random_choice', range(10 ** 10)) }}",
        "{% set ns = namespace(s='a') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s | length }}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s | length }}",
    ];
    for case in cases {
        let found = render(case);
        assert!(found.starts_with("! "), "{case} gives {:.80}", found);
    }
}

#[test]
fn what_takes_too_many_steps_is_an_error() {
    let templates = Templates::with_extensions(Extensions::ALL).stopping_after(100_000);
    let cases = [
        "{% for i in range(10000) %}{% for j in range(10000) %}{% endfor %}{% endfor %}",
        "{% for i in range(10000) %}{% for j in range(10000) %}x{% endfor %}{% endfor %}",
        "{% set ns = namespace(n=0) %}{% for i in range(1000) %}{% for j in range(1000) %}{% set ns.n = ns.n + 1 %}{% endfor %}{% endfor %}",
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
        // Small to write, and too large to print.
        "{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s | to_json }}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s == ns.s }}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s ~ '' }}",
    ];
    for case in cases {
        let found = shown(templates.render(&Text::trusted(case, None), &Variables::usual()));
        assert!(
            found.ends_with("the template takes too many steps: it may never end"),
            "{case} gives {:.80}",
            found
        );
    }
}

#[test]
fn what_is_only_large_is_rendered() {
    let mut text = String::new();
    for index in 0..20_000 {
        writeln!(text, "line {index} is {{{{ {index} + x }}}} and {}", "some more text ".repeat(20)).unwrap();
    }
    let rendered = Templates::new().render(&Text::trusted(text.as_str(), None), &Variables::usual()).unwrap();
    assert!(rendered.to_string().len() > 6_000_000);
    assert_eq!(
        render(
            "{% set l = [] %}{% for i in range(50000) %}{% set _ = l.append(i) %}{% endfor %}{{ l | length }}"
        ),
        "50000"
    );
    assert_eq!(render("{{ ('a' * 100000000) | length }}"), "100000000");
}

#[test]
fn what_uses_itself_is_an_error() {
    for case in [
        "{{ rec }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    ] {
        assert!(render(case).starts_with("! "), "{case}");
    }
}

#[test]
fn regexes_that_explode_are_an_error() {
    let found = render(r"{{ ('x' * 60) | regex_search('(?=x)(x+x+)+\1y') }}");
    assert!(found.starts_with("! The filter plugin 'ansible.builtin.regex_search' failed"), "{found}");
    assert_eq!(render("{{ ('x' * 60) | regex_search('(x+x+)+y') }}"), "None");
}
