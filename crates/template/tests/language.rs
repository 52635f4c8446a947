//! The language: what expressions and statements mean. Expected results are those of ansible-core.

mod support;

use support::{Variables, check, shown};
use template::{Extensions, Templates};
use value::Text;

#[test]
fn undefined_things_may_be_passed_on_but_not_used() {
    check(&[
        ("{{ nope | upper | default('z') }}", "'z'"),
        ("{{ (nope + 1) | default('z') }}", "! 'nope' is undefined"),
        ("{{ (1 + nope) | default('z') }}", "! 'nope' is undefined"),
        ("{{ (nope ~ 'a') | default('z') }}", "! 'nope' is undefined"),
        ("{{ (nope == 1) | default('z') }}", "! 'nope' is undefined"),
        ("{{ (nope > 1) | default('z') }}", "! 'nope' is undefined"),
        ("{{ (not nope) | default('z') }}", "! 'nope' is undefined"),
        ("{{ (nope and 1) | default('z') }}", "! 'nope' is undefined"),
        ("{{ (nope or 1) | default('z') }}", "! 'nope' is undefined"),
        ("{{ (1 if nope else 2) | default('z') }}", "! 'nope' is undefined"),
        ("{{ (nope in [1]) | default('z') }}", "! 'nope' is undefined"),
        ("{{ (1 in nope) | default('z') }}", "! 'nope' is undefined"),
        ("{{ (nope is string) | default('z') }}", "'z'"),
        ("{{ nope() | default('z') }}", "'z'"),
        ("{{ l[nope] | default('z') }}", "! 'nope' is undefined"),
        ("{{ [nope] }}", "! 'nope' is undefined"),
        ("{{ {'a': nope}.b | default('z') }}", "'z'"),
        ("{{ [nope, 1] | join(',') | default('z') }}", "'z'"),
        ("{{ [nope, 1] | list | first | default('z') }}", "'z'"),
        ("{{ [nope, 1] | length }}", "2"),
        ("{{ (nope, 1)[1] }}", "1"),
        ("{{ nope | list | default('z') }}", "'z'"),
        ("{{ l | map(attribute='zz') | map('default', 4) | list }}", "[4, 4, 4]"),
        ("{{ nope.upper() | default('z') }}", "'z'"),
        ("{{ s.upper(nope) | default('z') }}", "'z'"),
        ("{{ 'a' | default(nope) }}", "'a'"),
        ("{{ ('a' if false) is defined }}", "False"),
        ("a{{ 'a' if false }}b", "'ab'"),
        ("{{ nope is defined and nope > 3 }}", "False"),
        ("{{ nope.a.b.c | default(1) }}", "1"),
        (
            "{{ nope | mandatory }}",
            "! The filter plugin 'ansible.builtin.mandatory' failed: Mandatory variable 'nope' not defined.",
        ),
        (
            "{{ nope | mandatory('give it') }}",
            "! The filter plugin 'ansible.builtin.mandatory' failed: give it",
        ),
        ("{{ undef(hint='foo') }}", "! foo"),
        ("{{ nope | ternary('a','b') }}", "! 'nope' is undefined"),
        ("{{ none | ternary('a','b','c') }}", "'c'"),
        ("{% for i in nope %}x{% endfor %}", "! 'nope' is undefined"),
        ("{% for i in nope.x %}x{% endfor %}", "! 'nope' is undefined"),
        ("{{ d.nope }}", "! object of type 'dict' has no attribute 'nope'"),
        ("{{ d['nope'] }}", "! object of type 'dict' has no attribute 'nope'"),
        ("{{ l[9] }}", "! object of type 'list' has no attribute 9"),
        ("{{ s.nope }}", "! object of type 'str' has no attribute 'nope'"),
        ("{{ x.y.z }}", "! object of type 'int' has no attribute 'y'"),
        ("{{ s.__class__ }}", "! access to attribute '__class__' of 'str' object is unsafe"),
        ("{{ nope | type_debug }}", "'UndefinedMarker'"),
        ("{{ [1,nope] | type_debug }}", "'list'"),
    ]);
}

#[test]
fn variables_are_rendered_when_they_are_used() {
    check(&[
        ("{{ tmpl }}", "5"),
        ("{{ tmpl + 1 }}", "6"),
        ("{{ bad | default('z') }}", "'z'"),
        ("{{ bad2 | default('z') }}", "'z'"),
        ("{{ bad3 | default('z') }}", "'z'"),
        ("{{ bad4 | default('z') }}", "'z'"),
        ("{{ bad5 | default('z') }}", "'z'"),
        ("{{ bad is defined }}", "False"),
        ("{{ bad2 is defined }}", "False"),
        ("{{ nest.a }}", "1"),
        ("{{ nest.c }}", "6"),
        ("{{ lazy.c }}", "6"),
        ("{{ lazy | length }}", "3"),
        ("{{ lazy | dict2items | length }}", "3"),
        ("{{ (lazy | combine({'b': 1})).b }}", "1"),
        ("{{ lazy }}", "! 'nope' is undefined"),
        ("{{ lazy.b | default(2) }}", "2"),
        ("{{ rec }}", "! the template is recursive: it uses itself"),
        ("{{ data }}", "'{{ x }}'"),
        ("{{ data ~ data }}", "'{{ x }}{{ x }}'"),
        ("{{ '{{ x }}' }}", "'{{ x }}'"),
        ("{{ vaulted }}", "'open sesame'"),
        ("{{ vaulted | upper }}", "'OPEN SESAME'"),
    ]);
}

#[test]
fn one_expression_keeps_its_type_and_several_make_text() {
    check(&[
        ("{{ 1 }}\n", "1"),
        ("{{ 'a' }}\n", "'a\\n'"),
        ("{{ 'a' }}\n\n", "'a\\n\\n'"),
        ("{{ x }} ", "'5 '"),
        ("{% set q %}{{ 5 }}{% endset %}{{ q | type_debug }}", "'int'"),
        ("{% macro m() %}{{ 5 }}{% endmacro %}{{ m() | type_debug }}", "'int'"),
        ("{% if false %}x{% endif %}", "None"),
        ("{{ none }}{{ none }}", "None"),
        ("{{ none }}{{ 5 }}", "5"),
        ("{{ none }}", "None"),
        ("a{{ none }}b", "'ab'"),
        ("{% for i in l %}{{ i }}{% endfor %}", "'312'"),
        ("{% for i in [1] %}{{ i }}{% endfor %}", "1"),
        ("{% if true %} {% endif %}", "' '"),
        ("{{ (1,2) }}", "[1, 2]"),
        ("a{{ (1,2) }}", "'a[1, 2]'"),
        ("{{ 1, 2 }}", "[1, 2]"),
        ("{{ [1, omit, 2] }}", "[1, 2]"),
        ("{{ {'a': omit, 'b': 1} }}", "{'b': 1}"),
        ("a{{ omit }}", "'a'"),
        ("{{ omit }}", "<<Omit>>"),
        ("{{ d }}{{ l }}", "\"{'a': 1, 'b': 'two', 'items': 9}[3, 1, 2]\""),
        ("{{ x ~ none ~ true ~ 1.0 }}", "'5NoneTrue1.0'"),
        ("{# nothing #}", "None"),
        ("{{ '[1, 2]' }}", "'[1, 2]'"),
    ]);
}

#[test]
fn backslashes_are_plain_in_expressions_and_escapes_in_statements() {
    check(&[
        (r"{{ 'it\'s' }}", r#""it\\'s""#),
        (r"{{ 'a\nb' }}", r"'a\\nb'"),
        (r"{% set q = 'a\nb' %}{{ q }}", r"'a\nb'"),
        (r"{{ 'C:\users' }}", r"'C:\\users'"),
        (r"{{ 'a.b' | regex_replace('\.', '\\n') }}", r"'a\\nb'"),
        (r"{{ 'abc' | regex_replace('(b)', '<\1>') }}", "'a<b>c'"),
        (r"{{ 'x' is match('\w') }}", "True"),
    ]);
}

#[test]
fn operators_are_those_of_python() {
    check(&[
        (
            "{{ 10 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ -7 % 3 }}",
            "'5.0 3 -4 1024 0.5 2'",
        ),
        (
            "{{ true + 1 }} {{ 'a' * 3 }} {{ [1] * 2 }} {{ [1] + [2] }} {{ 3 - 1.5 }}",
            "'2 aaa [1, 1] [1, 2] 1.5'",
        ),
        ("{{ [1] + (2,) }}", "! Error rendering template: can only concatenate list (not \"tuple\") to list"),
        ("{{ 'a' + 1 }}", "! Error rendering template: can only concatenate str (not \"int\") to str"),
        ("{{ 1 + 'a' }}", "! Error rendering template: unsupported operand type(s) for +: 'int' and 'str'"),
        ("{{ 1 / 0 }}", "! Error rendering template: division by zero"),
        ("{{ 1 < 2 < 3 }} {{ 1 < 2 > 3 }}", "'True False'"),
        ("{{ '1' == 1 }} {{ 1 == 1.0 }} {{ true == 1 }}", "'False True True'"),
        ("{{ 'a' in 'abc' }} {{ 'a' in d }} {{ 9 not in l }}", "'True True True'"),
        (
            "{{ 1 in 'abc' }}",
            "! Error rendering template: 'in <string>' requires string as left operand, not int",
        ),
        ("{{ 1 in 5 }}", "! Error rendering template: argument of type 'int' is not iterable"),
        (
            "{{ l < 'a' }}",
            "! Error rendering template: '<' not supported between instances of 'list' and 'str'",
        ),
        ("{{ {'a': 1} == {'a': 1.0} }}", "True"),
        ("{{ big * big }}", "15241578753238836750495351562536198787501905199875019052100"),
        ("{{ 9223372036854775807 + 1 }}", "9223372036854775808"),
        ("{{ -9223372036854775807 - 2 }}", "-9223372036854775809"),
        ("{{ 1e3 }} {{ 1.0 }} {{ 1_000 }} {{ 0x1f }}", "'1000.0 1.0 1000 31'"),
        ("{{ +x }} {{ -x }} {{ - -x }}", "'5 -5 5'"),
        ("{{ \"a\" \"b\" }}", "'ab'"),
        ("{{ 'x' * 2 ~ 3 }}", "'xx3'"),
        ("{{ 3 in [1,2,3] and not false }}", "True"),
        ("{{ 0 or 'a' }} {{ 1 and 'b' }} {{ '' and 1 }}", "'a b '"),
        ("{{ '%02d-%s' % (3, 'x') }}", "'03-x'"),
        ("{{ '%s' % [1,2] }} {{ '%s and %s' % ('a', 'b') }} {{ '%d' % 3.7 }}", "'[1, 2] a and b 3'"),
        (
            "{{ '%5.2f|%-5s|%+d|%x|%o|%e|%g|%r|%%' % (3.14159, 'ab', 5, 255, 8, 12345.678, 0.0001, 'q') }}",
            "\" 3.14|ab   |+5|ff|10|1.234568e+04|0.0001|'q'|%\"",
        ),
        ("{{ '%(a)s' % d }}", "'1'"),
        ("{{ '%d' % 'x' }}", "! Error rendering template: %d format: a real number is required, not str"),
        (
            "{{ '%s' % (1, 2) }}",
            "! Error rendering template: not all arguments converted during string formatting",
        ),
        (
            "{{ '{} {}'.format(1, 'a') }} {{ '{:>5}|{:.2f}|{a}'.format('x', 3.14159, a=2) }}",
            "'1 a     x|3.14|2'",
        ),
        (
            "{{ '{0[a]} {1:08.3f} {2:,} {3!r:^5}'.format(d, 3.14159, 1234567, 'q') }}",
            "\"1 0003.142 1,234,567  'q' \"",
        ),
        ("{{ 'a' * 999999999999 }}", "! Error rendering template: the result is too large"),
        ("{{ 9 ** 999999999 }}", "! Error rendering template: the result is too large"),
        (
            "{{ range(100000000) }}",
            "! Error rendering template: Type 'range' is unsupported for variable storage.",
        ),
    ]);
}

#[test]
fn attributes_items_and_slices_are_those_of_python() {
    check(&[
        ("{{ s[0] }} {{ s[-1] }} {{ s[1:3] }}", "'h o el'"),
        (
            "{{ s[::-1] }} {{ l[1:] }} {{ l[:-1] }} {{ l[::2] }} {{ l[5:] }}",
            "'olleh [1, 2] [3, 1] [3, 2] []'",
        ),
        ("{{ s[99] }}", "! object of type 'str' has no attribute 99"),
        ("{{ l.0 }} {{ d.a }} {{ d['items'] }}", "'3 1 9'"),
        ("{{ d.get('nope') }} {{ d.get('nope', 3) }}", "' 3'"),
        ("{{ d.items() | list }}", "[['a', 1], ['b', 'two'], ['items', 9]]"),
        ("{{ d.items }}", "! Error rendering template: 'items' is a method of dict: it can only be called"),
        ("{{ d.keys() }} {{ d.values() | list }}", "\"['a', 'b', 'items'] [1, 'two', 9]\""),
        (
            "{{ s.split('l') }} {{ 'a,b'.split(',') }} {{ ' a  b '.split() }}",
            "\"['he', '', 'o'] ['a', 'b'] ['a', 'b']\"",
        ),
        ("{{ x.bit_length() }} {{ (1).real }}", "'3 1'"),
        ("{{ 'a-b-c'.rsplit('-', 1) }} {{ 'a b c'.rsplit(none, 1) }}", "\"['a-b', 'c'] ['a b', 'c']\""),
        (
            "{{ 'abc'.startswith('a') }} {{ 'abc'.startswith(('x', 'ab')) }} {{ 'abc'.endswith('bc') }}",
            "'True True True'",
        ),
        (
            "{{ 'a'.zfill(3) }} {{ '-5'.zfill(4) }} {{ 'a'.ljust(3) }}| {{ 'a'.rjust(3, '.') }} {{ 'a'.center(4, '*') }}",
            "'00a -005 a  | ..a *a**'",
        ),
        (
            "{{ 'hello world'.title() }} {{ 'aBc'.swapcase() }} {{ 'x=y'.partition('=') }}",
            "\"Hello World AbC ['x', '=', 'y']\"",
        ),
        (
            "{{ ','.join(['a', 'b']) }} {{ 'aXbX'.replace('X', '') }} {{ 'abc'.find('c') }} {{ 'abc'.find('z') }}",
            "'a,b ab 2 -1'",
        ),
        (
            "{{ ' a '.strip() }}{{ 'xxaxx'.strip('x') }}{{ 'a1'.isalnum() }}{{ '12'.isdigit() }}{{ 'a\tb'.expandtabs(4) }}",
            "'aaTrueTruea   b'",
        ),
        (
            "{{ 'v1.2'.removeprefix('v') }} {{ 'a.txt'.removesuffix('.txt') }} {{ 'aab'.count('a') }}",
            "'1.2 a 2'",
        ),
        ("{{ [1, 2, 1].count(1) }} {{ [1, 2].index(2) }}", "'2 1'"),
        ("{{ 'é'.encode() | string }}", "\"b'\\\\xc3\\\\xa9'\""),
    ]);
}

#[test]
fn lists_and_dicts_change_in_place() {
    check(&[
        ("{{ l.append(4) }}", "None"),
        ("{% set _ = l.append(4) %}{{ l }}", "[3, 1, 2, 4]"),
        ("{% set q = [1] %}{% set _ = q.append(4) %}{{ q }}", "[1, 4]"),
        (
            "{% set q = {} %}{% for i in l %}{% set _ = q.update({i: 1}) %}{% endfor %}{{ q }}",
            "{3: 1, 1: 1, 2: 1}",
        ),
        (
            "{% set q = {} %}{% for i in l %}{% set _ = q.setdefault('k', []).append(i) %}{% endfor %}{{ q }}",
            "{'k': [3, 1, 2]}",
        ),
        ("{% set q = {'a': {'b': []}} %}{% do q.a['b'].append(1) %}{{ q }}", "{'a': {'b': [1]}}"),
        ("{% set q = [1, 2, 3] %}{{ q.pop() }}{{ q.pop(0) }}{{ q }}", "'31[2]'"),
        ("{% set q = {'a': 1} %}{{ q.pop('a') }}{{ q.pop('b', 2) }}{{ q }}", "'12{}'"),
        (
            "{% set ns = namespace(l=[]) %}{% for i in l %}{% set _ = ns.l.append(i) %}{% endfor %}{{ ns.l }}",
            "[3, 1, 2]",
        ),
        (
            "{% set q = [3, 1] %}{% do q.sort() %}{% do q.reverse() %}{% do q.insert(1, 9) %}{% do q.extend([7]) %}{% do q.remove(3) %}{{ q }}",
            "[9, 1, 7]",
        ),
        (
            "{% for p in people %}{% set _ = p.update({'n': 1}) %}{% endfor %}{{ people | map(attribute='n') }}",
            "[1, 1]",
        ),
        (
            "{% set q = {'a': [], 'b': []} %}{% for k, v in q.items() %}{% do v.append(k) %}{% endfor %}{{ q }}",
            "{'a': [], 'b': []}",
        ),
        (
            "{% set q = [[1], [2]] %}{% for i in q if i[0] > 1 %}{% do i.append(9) %}{% endfor %}{{ q }}",
            "[[1], [2, 9]]",
        ),
        (
            "{% set q = [[[1]]] %}{% for i in q %}{% for j in i %}{% do j.append(2) %}{% endfor %}{% endfor %}{{ q }}",
            "[[[1, 2]]]",
        ),
        ("{% for i in [[1]] %}{% do i.append(2) %}{{ i }}{% endfor %}", "[1, 2]"),
    ]);
}

#[test]
fn statements_do_what_jinja_does() {
    check(&[
        ("{% set ns = namespace(a=1) %}{% set ns.a = 2 %}{{ ns.a }}", "2"),
        ("{% set a, b = 1, 2 %}{{ a }}{{ b }}", "'12'"),
        ("{% for k, v in {'a': 1}.items() %}{{ k }}={{ v }}{% endfor %}", "'a=1'"),
        (
            "{% for i in l %}{{ loop.index }}{{ loop.first }}{{ loop.last }}{{ loop.revindex0 }} {% endfor %}",
            "'1TrueFalse2 2FalseFalse1 3FalseTrue0 '",
        ),
        ("{% for i in l if i > 1 %}{{ i }}{{ loop.length }}{% else %}x{% endfor %}", "'3222'"),
        ("{% for i in [] %}{{ i }}{% else %}none{% endfor %}", "'none'"),
        (
            "{% for i in l %}{{ loop.previtem | default('-') }}{{ i }}{{ loop.nextitem | default('-') }} {% endfor %}",
            "'-31 312 12- '",
        ),
        (
            "{% for i in [1, 1, 2] %}{{ loop.changed(i) }}{{ loop.cycle('a', 'b') }}{% endfor %}",
            "'TrueaFalsebTruea'",
        ),
        (
            "{% for i in [[1, [2]], [3]] recursive %}{% if i is iterable %}({{ loop(i) }}){% else %}{{ i }}{% endif %}{% endfor %}",
            "'(1(2))(3)'",
        ),
        (
            "{% for i in range(5) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}",
            "'02'",
        ),
        ("{% set a = 1 %}{% for i in [1] %}{% set a = 2 %}{% endfor %}{{ a }}", "1"),
        ("{% if true %}{% set a = 2 %}{% endif %}{{ a }}", "2"),
        ("{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a is defined }}", "'3False'"),
        (
            "{% macro m(a, b=2, *c) %}{% endmacro %}",
            "! Syntax error in template: expected token 'name', got '*'",
        ),
        (
            "{% macro m(a, b=2) %}{{ a }}-{{ b }}-{{ varargs }}-{{ kwargs }}{% endmacro %}{{ m(1, 3, 4, k=5) }}",
            "\"1-3-[4]-{'k': 5}\"",
        ),
        (
            "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
            "! Error rendering template: macro 'm' takes not more than 1 argument(s)",
        ),
        (
            "{% macro m(a) %}<{{ caller(a) }}>{% endmacro %}{% call(v) m(3) %}{{ v + 1 }}!{% endcall %}",
            "'<4!>'",
        ),
        ("{% macro f(n) %}{{ n if n < 2 else f(n - 1) + f(n - 2) }}{% endmacro %}{{ f(10) }}", "55"),
        (
            "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
            "! Error rendering template: macros, blocks or templates use each other without end",
        ),
        ("{% set t %}a{{ x }}{% endset %}{{ t }}", "'a5'"),
        ("{% set t | upper %}a{{ x }}b{% endset %}{{ t }}", "'A5B'"),
        ("{% filter upper | replace('A', 'x') %}ab{% endfilter %}", "'xB'"),
        ("{% raw %}{{ x }}{% endraw %}", "'{{ x }}'"),
        ("a  {%- if true -%}  b  {%- endif %}  c", "'ab  c'"),
        ("{% if true %}\na\n{% endif %}\nb", "'a\\nb'"),
        ("{% for i in 1, 2 %}{{ i }}{% endfor %}", "'12'"),
        ("{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.next() }}", "'abaa'"),
        ("{% set j = joiner('|') %}{{ j() }}a{{ j() }}b", "'a|b'"),
        ("{{ dict(a=1, b=2) }} {{ dict([['a', 1]]) }}", "\"{'a': 1, 'b': 2} {'a': 1}\""),
        (
            "{{ range(1, 10, 3) | list }} {{ range(5)[2] }} {{ range(3, 0, -1) | list }}",
            "'[1, 4, 7] 2 [3, 2, 1]'",
        ),
        ("{% set x.y = 1 %}", "! Error rendering template: cannot assign attribute on non-namespace object"),
        ("{% set a, b = [1] %}", "! Error rendering template: cannot unpack 1 values into 2 names"),
        ("{{ s() }}", "! Error rendering template: 'str' object is not callable"),
        ("{% for i in 5 %}{% endfor %}", "! Error rendering template: 'int' object is not iterable"),
        (
            "{{ x",
            "! Syntax error in template: unexpected end of template, expected 'end of print statement'.",
        ),
    ]);
}

#[test]
fn names_stand_for_the_same_list_and_what_is_given_is_a_copy() {
    check(&[
        (r#"{% set a = [1] %}{% set b = a %}{% set _ = b.append(2) %}{{ a }}"#, r#"[1, 2]"#),
        (r#"{% set a = {'k': [1]} %}{% set b = a.k %}{% set _ = b.append(2) %}{{ a }}"#, r#"{'k': [1, 2]}"#),
        (r#"{% set a = [[3], [1]] %}{% set b = a[0] %}{% set _ = b.append(3) %}{{ a }}"#, r#"[[3, 3], [1]]"#),
        (
            r#"{% set a = [3] %}{% set b = [a, a] %}{% set _ = b[0].append(3) %}{{ a }}{{ b }}"#,
            r#"'[3, 3][[3, 3], [3, 3]]'"#,
        ),
        (
            r#"{% set a = [3] %}{% set b = [] %}{% set _ = b.append(a) %}{% set _ = a.append(3) %}{{ a }}{{ b }}"#,
            r#"'[3, 3][[3]]'"#,
        ),
        (r#"{% set a = [3] %}{% set b = a + [] %}{% set _ = a.append(3) %}{{ a }}{{ b }}"#, r#"'[3, 3][3]'"#),
        (
            r#"{% set a = [[3]] %}{% set b = a[:] %}{% set _ = a[0].append(3) %}{{ a }}{{ b }}"#,
            r#"'[[3, 3]][[3, 3]]'"#,
        ),
        (
            r#"{% set a = [[3]] %}{% set b = a | list %}{% set _ = a[0].append(3) %}{{ a }}{{ b }}"#,
            r#"'[[3, 3]][[3]]'"#,
        ),
        (
            r#"{% set a = [3, 1] %}{% set b = nope | default(a) %}{% set _ = b.append(3) %}{{ a }}"#,
            r#"[3, 1]"#,
        ),
        (
            r#"{% set a = [3] %}{% macro m(x) %}{% set _ = x.append(3) %}{% endmacro %}{{ m(a) }}{{ a }}"#,
            r#"[3]"#,
        ),
        (r#"{% macro m(x) %}{% set _ = x.append(3) %}{% endmacro %}{{ m(l) }}{{ l }}"#, r#"[3, 1, 2, 3]"#),
        (
            r#"{% set a = [3] %}{% set ns = namespace() %}{% set ns.b = a %}{% set _ = a.append(3) %}{{ ns.b }}"#,
            r#"[3, 3]"#,
        ),
        (
            r#"{% set a = [3] %}{% set ns = namespace(b=a) %}{% set _ = ns.b.append(3) %}{{ a }}{{ ns.b }}"#,
            r#"'[3][3, 3]'"#,
        ),
        (
            r#"{% set a = [3] %}{% set b, c = a, a %}{% set _ = b.append(3) %}{{ a }}{{ c }}"#,
            r#"'[3, 3][3, 3]'"#,
        ),
        (
            r#"{% set a = [3] %}{% set b = a %}{% set a = [4] %}{% set _ = b.append(3) %}{{ a }}{{ b }}"#,
            r#"'[4][3, 3]'"#,
        ),
        (r#"{% set a = [1] %}{% with b = a %}{% set _ = b.append(3) %}{% endwith %}{{ a }}"#, r#"[1, 3]"#),
        (
            r#"{% set a = {} %}{% set b = a.setdefault('q', [5]) %}{% set _ = b.append(1) %}{{ a }}"#,
            r#"{'q': [5, 1]}"#,
        ),
        (
            r#"{% set a = {'q': [1]} %}{% set b = a.get('q') %}{% set _ = b.append(1) %}{{ a }}"#,
            r#"{'q': [1]}"#,
        ),
        (r#"{% set a = [] %}{% set _ = a.append(a) %}{{ a | length }}{{ a }}"#, r#"'1[[]]'"#),
        (
            r#"{% set g = people[0].groups %}{% set h = people[0] %}{% set _ = g.append('c') %}{{ h.groups }}{{ people[0].groups }}"#,
            r#""['a', 'b', 'c']['a', 'b', 'c']""#,
        ),
        (
            r#"{% for i in [1, 2] %}{% set x = [] %}{% set _ = x.append(i) %}{{ x }}{% endfor %}"#,
            r#"'[1][2]'"#,
        ),
    ]);
}

#[test]
fn ranges_are_no_lists() {
    check(&[
        (
            r#"{{ range(3) | type_debug }} {{ range(3)[1] }} {{ range(3) }} {{ 2 in range(3) }} {{ range(3) is sequence }} {{ range(3) | length }} {{ range(1, 9, 2) }}"#,
            r#"'range 1 range(0, 3) True True 3 range(1, 9, 2)'"#,
        ),
        (
            r#"{{ range(3) == [0, 1, 2] }} {{ range(3) == range(3) }} {{ range(3, 0, -1) | list }}"#,
            r#"'False True [3, 2, 1]'"#,
        ),
        (r#"{{ range(3) | map('string') | list }}"#, r#"['0', '1', '2']"#),
        (r#"{{ range(3) | zip(range(1, 4)) }}"#, r#"[[0, 1], [1, 2], [2, 3]]"#),
        (r#"{% for i in range(3) %}{{ i }},{% endfor %}"#, r#"'0,1,2,'"#),
        (r#"{{ range(2).start }} {{ range(2).stop }} {{ range(2).step }}"#, r#"'0 2 1'"#),
        (
            r#"{{ range(3) }}"#,
            r#"! Error rendering template: Type 'range' is unsupported for variable storage."#,
        ),
        (
            r#"{{ [range(3)] }}"#,
            r#"! Error rendering template: Type 'range' is unsupported for variable storage."#,
        ),
        (
            r#"{{ range(3) + [1] }}"#,
            r#"! Error rendering template: unsupported operand type(s) for +: 'range' and 'list'"#,
        ),
        (
            r#"{{ range(10 ** 12) | list }}"#,
            r#"! The filter plugin 'ansible.builtin.list' failed: a range may have at most 10000000 items, not 1000000000000"#,
        ),
    ]);
}

#[test]
fn statements_of_extensions_want_them() {
    let said = |extensions: &[&str], template: &str| {
        let templates = Templates::with_extensions(Extensions::named(extensions.iter().copied()));
        shown(templates.render(&Text::trusted(template, None), &Variables::usual()))
    };
    let (statement, control) = ("{% do l.append(1) %}a", "{% for i in l %}{% break %}{% endfor %}a");
    assert_eq!(said(&[], statement), "! Syntax error in template: Encountered unknown tag 'do'.");
    assert_eq!(said(&["jinja2.ext.do"], statement), "'a'");
    assert_eq!(
        said(&["jinja2.ext.do"], control),
        "! Syntax error in template: Encountered unknown tag 'break'."
    );
    assert_eq!(said(&["jinja2.ext.loopcontrols"], control), "'a'");
}
