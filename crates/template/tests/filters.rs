//! The filters. Expected results are those of ansible-core.

mod support;

use support::check;

#[test]
fn comments() {
    check(&[
        ("{{ 'a' | comment }}", r"'#\n# a\n#'"),
        ("{{ 'a' | comment('cblock') }}", r"'/*\n *\n * a\n *\n */'"),
        ("{{ 'a' | comment('xml') }}", r"'<!--\n -\n - a\n -\n-->'"),
        ("{{ 'a' | comment('erlang') }}", r"'%\n% a\n%'"),
        ("{{ 'a' | comment('c') }}", r"'//\n// a\n//'"),
        ("{{ 'a' | comment(decoration='! ', prefix='') }}", r"'! a\n!'"),
        ("{{ 'a' | comment(prefix_count=0) }}", r"'# a\n#'"),
        ("{{ 'a' | comment(prefix='  x  ', prefix_count=2, postfix='y ') }}", r"'  x  \n  x  \n# a\ny '"),
        ("{{ 'a  ' | comment }}", r"'#\n# a  \n#'"),
        ("{{ 'a' | comment('plain', newline='|') }}", "'#|# a|#'"),
        (r"{% set t = 'a\n\nb' %}{{ t | comment }}", r"'#\n# a\n#\n# b\n#'"),
        (
            r"{% set t = 'a\n\nb' %}{{ t | comment(postfix='\n#', decoration='#  ') }}",
            r"'#\n#  a\n#\n#  b\n\\n#'",
        ),
    ]);
}

#[test]
fn text() {
    check(&[
        ("{{ 'a b' | quote }}", r#""'a b'""#),
        ("{{ '' | quote }}", r#""''""#),
        ("{{ none | quote }}", r#""''""#),
        ("{{ 5 | quote }}", "'5'"),
        (r#"{{ "it's" | quote }}"#, r#"'\'it\'"\'"\'s\''"#),
        ("{{ 'a/b-c_d.e' | quote }}", "'a/b-c_d.e'"),
        (r#"{{ "x" | indent(2, true) }}"#, "'  x'"),
        (r"{% set t = 'a\n\nb\n' %}[{{ t | indent(2) }}]", r"'[a\n\n  b\n]'"),
        (r"{% set t = 'a\n\nb\n' %}[{{ t | indent(2, blank=true) }}]", r"'[a\n  \n  b\n  ]'"),
        (r"{% set t = 'a\n\nb\n' %}[{{ t | indent('> ', first=true) }}]", r"'[> a\n\n> b\n]'"),
        ("{{ 'My title-case (of) x' | title }}", "'My Title-Case (Of) X'"),
        ("{{ 'aBC' | capitalize }}", "'Abc'"),
        ("{{ 'hello world foo bar' | truncate(11) }}", "'hello...'"),
        ("{{ 'hello world foo bar' | truncate(11, true) }}", "'hello wo...'"),
        ("{{ 'hello world foo bar' | truncate(14, leeway=0, end='!') }}", "'hello world!'"),
        ("{{ 'hello world foo bar' | wordwrap(7) }}", r"'hello\nworld\nfoo bar'"),
        ("{{ 'abcdefghij kl' | wordwrap(4) }}", r"'abcd\nefgh\nij\nkl'"),
        ("{{ 'abcdefghij kl' | wordwrap(4, false) }}", r"'abcdefghij\nkl'"),
        ("{{ 'well-known words' | wordwrap(6) }}", r"'well-\nknown\nwords'"),
        ("{{ 'foo bar, baz_x' | wordcount }}", "3"),
        ("{{ '<b>x</b> &amp; y' | striptags }}", "'x & y'"),
        ("{{ {'a': 1, 'b': none} | xmlattr }}", r#"' a="1"'"#),
        (r#"{{ '<a href="x">' | e }}"#, "'&lt;a href=&#34;x&#34;&gt;'"),
        ("{{ 'foo bar' | center(11) }}", "'  foo bar  '"),
        ("{{ 'hello' | replace('l', 'L', 1) }}", "'heLlo'"),
        ("{{ 5 | replace('5', 'x') }}", "'x'"),
        ("{{ '%s-%s' | format('a', 2) }}", "'a-2'"),
        ("{{ '%(a)s' | format(a=1) }}", "'1'"),
        ("{{ ' a ' | trim }}", "'a'"),
        ("{{ 'xax' | trim('x') }}", "'a'"),
        ("{{ 'a,b' | split(',') }}", "['a', 'b']"),
        ("{{ 'a b' | split }}", "['a', 'b']"),
        ("{{ 'a,b,c' | split(',', 1) }}", "['a', 'b,c']"),
        ("{{ 'abc' | reverse }}", "'cba'"),
        ("{{ 'Ünïcode' | upper }}", "'ÜNÏCODE'"),
        ("{{ 'ß' | upper }}", "'SS'"),
        ("{{ 5 | string }}", "'5'"),
        ("{{ true | string }}", "'True'"),
        ("{{ none | string }}", "'None'"),
        ("{{ d | string }}", r#""{'a': 1, 'b': 'two', 'items': 9}""#),
        ("{{ [1, 'a', none, true, 1.5] | string }}", r#""[1, 'a', None, True, 1.5]""#),
        ("{{ d | pprint }}", r#""{'a': 1, 'b': 'two', 'items': 9}""#),
        ("{{ 'a' | pprint }}", r#""'a'""#),
        ("{{ 'a' | urlize }}", "'a'"),
    ]);
}

#[test]
fn truth_values() {
    check(&[
        ("{{ 'yes' | bool }}", "True"),
        ("{{ 'On' | bool }}", "True"),
        ("{{ '1' | bool }}", "True"),
        ("{{ 'no' | bool }}", "False"),
        ("{{ 1 | bool }}", "True"),
        ("{{ 0 | bool }}", "False"),
        ("{{ none | bool }}", "False"),
        ("{{ 'abc' | bool }}", "False"),
    ]);
}

#[test]
fn lists() {
    check(&[
        ("{{ [1,[2,[3, none]]] | flatten }}", "[1, 2, 3]"),
        ("{{ [1,[2,[3]]] | flatten(levels=1) }}", "[1, 2, [3]]"),
        ("{{ [1, none] | flatten(skip_nulls=false) }}", "[1, None]"),
        ("{{ [3,1,3] | difference([1]) }}", "[3]"),
        ("{{ [1,2,2] | intersect([2]) }}", "[2]"),
        ("{{ ['a','B','b'] | unique }}", "['a', 'B']"),
        ("{{ ['a','B','b'] | unique(case_sensitive=true) }}", "['a', 'B', 'b']"),
        ("{{ people | unique(attribute='name') | map(attribute='name') }}", "['ann', 'Bob']"),
        ("{{ ['b','A','a'] | sort }}", "['A', 'a', 'b']"),
        ("{{ ['b','A','a'] | sort(case_sensitive=true) }}", "['A', 'a', 'b']"),
        ("{{ [3,1,2] | sort(reverse=true) }}", "[3, 2, 1]"),
        ("{{ people | sort(attribute='age') | map(attribute='name') }}", "['Bob', 'ann']"),
        ("{{ people | sort(attribute='name,age') | map(attribute='name') }}", "['ann', 'Bob']"),
        ("{{ people | map(attribute='groups.0') }}", "['a', 'b']"),
        ("{{ people | map(attribute='groups') | flatten | unique }}", "['a', 'b']"),
        ("{{ people | map(attribute='nope', default='-') }}", "['-', '-']"),
        ("{{ people | selectattr('age', '>', 25) | map(attribute='name') }}", "['ann']"),
        ("{{ people | rejectattr('age', 'gt', 25) | map(attribute='name') }}", "['Bob']"),
        ("{{ people | selectattr('groups', 'contains', 'a') | map(attribute='name') }}", "['ann']"),
        ("{{ people | selectattr('nope', 'defined') }}", "[]"),
        ("{{ people | selectattr('nope', 'undefined') | length }}", "2"),
        ("{{ people | groupby('age') | map('first') }}", "[20, 30]"),
        ("{{ people | sum(attribute='age') }}", "50"),
        ("{{ people | map(attribute='name') | join(', ') }}", "'ann, Bob'"),
        ("{{ people | join(', ', attribute='name') }}", "'ann, Bob'"),
        ("{{ people | max(attribute='age') }}", "{'name': 'ann', 'age': 30, 'groups': ['a', 'b']}"),
        ("{{ [1,2,3] | zip(['a','b']) }}", "[[1, 'a'], [2, 'b']]"),
        ("{{ [1] | zip([2], [3]) }}", "[[1, 2, 3]]"),
        ("{{ [1] | zip_longest([1,2], fillvalue=0) }}", "[[1, 1], [0, 2]]"),
        ("{{ [1,2,3,4,5] | slice(2) }}", "[[1, 2, 3], [4, 5]]"),
        ("{{ [1,2,3,4,5] | slice(3, 'x') }}", "[[1, 2], [3, 4], [5, 'x']]"),
        ("{{ [1,2,3] | batch(2, 'x') }}", "[[1, 2], [3, 'x']]"),
        ("{{ [1,2] | product([3,4]) }}", "[[1, 3], [1, 4], [2, 3], [2, 4]]"),
        ("{{ [1,2,3] | combinations(2) }}", "[[1, 2], [1, 3], [2, 3]]"),
        ("{{ [1,2,3] | permutations(2) }}", "[[1, 2], [1, 3], [2, 1], [2, 3], [3, 1], [3, 2]]"),
        ("{{ [1,2] | product(repeat=2) }}", "[[1, 1], [1, 2], [2, 1], [2, 2]]"),
        ("{{ [3,1,2] | min }}", "1"),
        ("{{ [3,1,2] | max }}", "3"),
        ("{{ ['b','A'] | max }}", "'b'"),
        ("{{ [] | max | default('q') }}", "'q'"),
        ("{{ [] | first | default('q') }}", "'q'"),
        ("{{ [] | last | default('q') }}", "'q'"),
        ("{{ [1,2] | first }}", "1"),
        ("{{ [1,2] | last }}", "2"),
        ("{{ 'abc' | first }}", "'a'"),
        ("{{ 'abc' | list }}", "['a', 'b', 'c']"),
        ("{{ d | list }}", "['a', 'b', 'items']"),
        ("{{ d | first }}", "'a'"),
        ("{{ d | length }}", "3"),
        ("{{ 'äb' | length }}", "2"),
        ("{{ d | items }}", "[['a', 1], ['b', 'two'], ['items', 9]]"),
        ("{{ [1,2] | sum(start=1) }}", "4"),
        ("{{ [[1],[2]] | sum(start=[]) }}", "[1, 2]"),
        ("{{ [1,2] | reverse }}", "[2, 1]"),
        ("{{ [1,'a',none] | join(',') }}", "'1,a,None'"),
        ("{{ 'abc' | join('-') }}", "'a-b-c'"),
        ("{{ [1,2,3] | select('odd') }}", "[1, 3]"),
        ("{{ [1,2,3] | reject('>', 1) }}", "[1]"),
        ("{{ [0,1,''] | select }}", "[1]"),
        ("{{ ['a','b'] | map('regex_replace', '^', 'x') }}", "['xa', 'xb']"),
        ("{{ ['a','b'] | map('upper') | join }}", "'AB'"),
        ("{{ 'a' | extract({'a': {'b': 3}}, 'b') }}", "3"),
        ("{{ ['a'] | map('extract', {'a': {'b': 3}}, ['b']) }}", "[3]"),
        ("{{ [2, 0] | map('extract', ['x','y','z']) }}", "['z', 'x']"),
        (
            "{{ [{'name':'a','g':[1,2]},{'name':'b'}] | subelements('g', skip_missing=true) }}",
            "[[{'name': 'a', 'g': [1, 2]}, 1], [{'name': 'a', 'g': [1, 2]}, 2]]",
        ),
        ("{{ {'a':{'g':[1]}} | subelements('g') }}", "[[{'g': [1]}, 1]]"),
        ("{{ [{'a':{'b':[1]}}] | subelements('a.b') }}", "[[{'a': {'b': [1]}}, 1]]"),
        ("{{ [1,2,3,4] | random(seed='x') }}", "3"),
        ("{{ 59 | random(seed='host1') }}", "31"),
        ("{{ 100 | random(start=10, step=10, seed='a') }}", "50"),
        ("{{ 100 | random(seed=5) }}", "79"),
        ("{{ 10000000000 | random(seed='y') }}", "4177341228"),
        ("{{ [1,2,3,4,5] | shuffle(seed='host') }}", "[2, 5, 4, 3, 1]"),
        ("{{ ['a','b','c'] | shuffle(seed=7) }}", "['c', 'a', 'b']"),
    ]);
}

#[test]
fn dicts() {
    check(&[
        ("{{ {'a': 1} | dict2items }}", "[{'key': 'a', 'value': 1}]"),
        ("{{ {'a': 1} | dict2items(key_name='k', value_name='v') }}", "[{'k': 'a', 'v': 1}]"),
        ("{{ [{'key': 'a', 'value': 1}] | items2dict }}", "{'a': 1}"),
        ("{{ [{'k':'a','v':1}] | items2dict('k','v') }}", "{'a': 1}"),
        ("{{ {'a': 1} | combine({'b': 2}, {'c': 3}) }}", "{'a': 1, 'b': 2, 'c': 3}"),
        ("{{ [{'a': 1}, {'b': 2}] | combine }}", "{'a': 1, 'b': 2}"),
        ("{{ {'a': {'x': 1}} | combine({'a': {'y': 2}}) }}", "{'a': {'y': 2}}"),
        (
            "{{ {'a':1,'b':{'c':2}} | combine({'b':{'d':3}}, recursive=true) }}",
            "{'a': 1, 'b': {'c': 2, 'd': 3}}",
        ),
        ("{{ {'a':[1,2]} | combine({'a':[2,3]}, list_merge='append_rp') }}", "{'a': [1, 2, 3]}"),
        ("{{ {'a':[1,2]} | combine({'a':[2,3]}, list_merge='append') }}", "{'a': [1, 2, 2, 3]}"),
        ("{{ {'a':[1,2]} | combine({'a':[2,3]}, list_merge='prepend') }}", "{'a': [2, 3, 1, 2]}"),
        ("{{ {'a':[1,2]} | combine({'a':[2,3]}, list_merge='prepend_rp') }}", "{'a': [2, 3, 1]}"),
        ("{{ {'a':[1,2]} | combine({'a':[2,3]}, list_merge='keep') }}", "{'a': [1, 2]}"),
        ("{{ {'x': {'name': 'a'}} | rekey_on_member('name') }}", "{'a': {'name': 'a'}}"),
        ("{{ [{'a':'x','b':1}] | rekey_on_member('a') }}", "{'x': {'a': 'x', 'b': 1}}"),
        ("{{ {'b': 1, 'a': 2} | dictsort }}", "[['a', 2], ['b', 1]]"),
        ("{{ {'b': 1, 'a': 2} | dictsort(by='value') }}", "[['b', 1], ['a', 2]]"),
        ("{{ {'b': 1, 'a': 2} | dictsort(reverse=true) }}", "[['b', 1], ['a', 2]]"),
        ("{{ {'b': 1, 'A': 2} | dictsort(true) }}", "[['A', 2], ['b', 1]]"),
        ("{{ {'b': 1, 'A': 2} | dictsort }}", "[['A', 2], ['b', 1]]"),
    ]);
}

#[test]
fn numbers() {
    check(&[
        ("{{ 3.7 | int }}", "3"),
        ("{{ '3.7' | int }}", "3"),
        ("{{ 'a' | int(5) }}", "5"),
        ("{{ '0x1f' | int(base=16) }}", "31"),
        ("{{ '1e3' | int }}", "1000"),
        ("{{ none | int(3) }}", "3"),
        ("{{ true | int }}", "1"),
        ("{{ ' 12 ' | int }}", "12"),
        ("{{ '1_000' | int }}", "1000"),
        ("{{ 'ff' | int(0, 16) }}", "255"),
        ("{{ '-1.9' | int }}", "-1"),
        ("{{ '1.5' | float }}", "1.5"),
        ("{{ 'x' | float }}", "0.0"),
        ("{{ 'x' | float(1.5) }}", "1.5"),
        ("{{ 2.5 | round }}", "2.0"),
        ("{{ 3.5 | round }}", "4.0"),
        ("{{ 1.55 | round(1) }}", "1.6"),
        ("{{ 2.567 | round(2, 'floor') }}", "2.56"),
        ("{{ 2.5 | round(0, 'ceil') }}", "3.0"),
        ("{{ 5 | round }}", "5"),
        ("{{ 12345 | round(-2) }}", "12300"),
        ("{{ 12350 | round(-2) }}", "12400"),
        ("{{ 1234.5 | round(-2) }}", "1200.0"),
        ("{{ 5 | round(1, 'ceil') }}", "5.0"),
        ("{{ -3 | abs }}", "3"),
        ("{{ -3.5 | abs }}", "3.5"),
        ("{{ 4 | root }}", "2.0"),
        ("{{ 8 | root(3) }}", "2.0"),
        ("{{ 2 | pow(3) }}", "8.0"),
        ("{{ 8 | log(2) }}", "3.0"),
        ("{{ 10 | log }}", "2.302585092994046"),
        ("{{ 100 | log(10) }}", "2.0"),
        ("{{ 1024 | filesizeformat }}", "'1.0 kB'"),
        ("{{ 1500 | filesizeformat }}", "'1.5 kB'"),
        ("{{ 1024 | filesizeformat(true) }}", "'1.0 KiB'"),
        ("{{ 1 | filesizeformat }}", "'1 Byte'"),
        ("{{ 1000000 | filesizeformat }}", "'1.0 MB'"),
        ("{{ 123456789012 | filesizeformat }}", "'123.5 GB'"),
        ("{{ 1024 | human_readable }}", "'1.00 KB'"),
        ("{{ 1.5 | human_readable }}", "'1.50 Bytes'"),
        ("{{ 123456789 | human_readable }}", "'117.74 MB'"),
        ("{{ 1 | human_readable(isbits=true) }}", "'1.00 bits'"),
        ("{{ 1234 | human_readable(unit='B') }}", "'1234.00 Bytes'"),
        ("{{ 1048576 | human_readable(isbits=true) }}", "'1.00 Mb'"),
        ("{{ 1024 | human_readable(unit='K') }}", "'1.00 KB'"),
        ("{{ '10 MB' | human_to_bytes }}", "10485760"),
        ("{{ '1.5G' | human_to_bytes }}", "1610612736"),
        ("{{ 10 | human_to_bytes('K') }}", "10240"),
        ("{{ '10Mb' | human_to_bytes(isbits=true) }}", "10485760"),
        ("{{ '10' | human_to_bytes }}", "10"),
    ]);
}

#[test]
fn paths() {
    check(&[
        ("{{ '/a/b/c.txt' | basename }}", "'c.txt'"),
        ("{{ '/a/b/' | basename }}", "''"),
        ("{{ '/a/b/c.txt' | dirname }}", "'/a/b'"),
        ("{{ '/a/b/' | dirname }}", "'/a/b'"),
        ("{{ '/a' | dirname }}", "'/'"),
        ("{{ 'a' | dirname }}", "''"),
        ("{{ 'foo/bar.tar.gz' | splitext }}", "['foo/bar.tar', '.gz']"),
        ("{{ '.bashrc' | splitext }}", "['.bashrc', '']"),
        ("{{ 'a.b/c' | splitext }}", "['a.b/c', '']"),
        ("{{ ['a','/b','c'] | path_join }}", "'/b/c'"),
        ("{{ ['a/','b'] | path_join }}", "'a/b'"),
        ("{{ '/a/../b' | normpath }}", "'/b'"),
        ("{{ '//a//b/./c' | normpath }}", "'//a/b/c'"),
        ("{{ '' | normpath }}", "'.'"),
        ("{{ '../../a' | normpath }}", "'../../a'"),
        ("{{ '/a/b' | relpath('/a/c') }}", "'../b'"),
        ("{{ '/a/b/c' | relpath('/a') }}", "'b/c'"),
        ("{{ ['/a/b','/a/c'] | commonpath }}", "'/a'"),
        (
            r"{% set p = 'C:\\a\\b.txt' %}{{ p | win_basename }} {{ p | win_dirname }} {{ p | win_splitdrive }}",
            r#""b.txt C:\\a ['C:', '\\\\a\\\\b.txt']""#,
        ),
        (r"{% set p = '\\\\srv\\share\\x' %}{{ p | win_splitdrive }}", r"['\\\\srv\\share', '\\x']"),
    ]);
}

#[test]
fn regular_expressions() {
    check(&[
        ("{{ 'a.b' | regex_escape }}", r"'a\\.b'"),
        ("{{ 'a.b-c /_é' | regex_escape }}", r"'a\\.b\\-c\\ /_é'"),
        ("{{ 'a.b-c /[' | regex_escape('posix_basic') }}", r"'a\\.b-c /\\['"),
        ("{{ 'a1b2' | regex_findall('[0-9]') }}", "['1', '2']"),
        ("{{ 'a1b2' | regex_findall('([a-z])([0-9])') }}", "[['a', '1'], ['b', '2']]"),
        ("{{ 'a1b2' | regex_findall('[a-z]([0-9])') }}", "['1', '2']"),
        (r"{% set t = 'a\nb' %}{{ t | regex_findall('^.', multiline=true) }}", "['a', 'b']"),
        ("{{ 'abc' | regex_search('b(c)') }}", "'bc'"),
        (r"{{ 'abc' | regex_search('b(c)', '\1') }}", "['c']"),
        ("{{ 'abc' | regex_search('x') }}", "None"),
        (r"{{ 'abc' | regex_search('(?P<n>b)', '\g<n>') }}", "['b']"),
        ("{{ 'ABC' | regex_search('b', ignorecase=true) }}", "'B'"),
        ("{{ 'aAa' | regex_replace('a', 'x', ignorecase=true) }}", "'xxx'"),
        ("{{ 'aaa' | regex_replace('a', 'x', count=1) }}", "'xaa'"),
        (r"{{ 'foo.bar' | regex_replace('^(?P<h>.*)\.(.*)$', '\g<h>-\2') }}", "'foo-bar'"),
        ("{{ 'abc' | regex_replace('', '-') }}", "'-a-b-c-'"),
        ("{{ 'abxd' | regex_replace('x*', '-') }}", "'-a-b--d-'"),
        (r"{{ 'foo=1' | regex_replace('(\w+)=(\d+)', '\2=\1') }}", "'1=foo'"),
        (r"{{ 'a' | regex_replace('a', '\\') }}", r"'\\'"),
        (r"{{ 'a.b' | regex_replace('\.', '\\n') }}", r"'a\\nb'"),
        ("{{ 'aaa' | regex_replace('a') }}", "''"),
        (r"{{ 'x y' | regex_replace('\s+', '_') }}", "'x_y'"),
    ]);
}

#[test]
fn json() {
    check(&[
        ("{{ d | to_json }}", r#"'{"a": 1, "b": "two", "items": 9}'"#),
        ("{{ d | to_nice_json }}", r#"'{\n    "a": 1,\n    "b": "two",\n    "items": 9\n}'"#),
        ("{{ d | to_nice_json(indent=2) }}", r#"'{\n  "a": 1,\n  "b": "two",\n  "items": 9\n}'"#),
        ("{{ d | to_json(indent=2) }}", r#"'{\n  "a": 1,\n  "b": "two",\n  "items": 9\n}'"#),
        ("{{ {'b':1,'a':2} | to_json(sort_keys=true) }}", r#"'{"a": 2, "b": 1}'"#),
        ("{{ {'b':1,'a':[1,{'c':2}]} | to_json(separators=(',', ':')) }}", r#"'{"b":1,"a":[1,{"c":2}]}'"#),
        ("{{ 'é' | to_json }}", r#"'"\\u00e9"'"#),
        ("{{ 'é' | to_json(ensure_ascii=false) }}", r#"'"é"'"#),
        ("{{ none | to_json }}", "'null'"),
        ("{{ {'b':1,'a':'<'} | tojson }}", r#"'{"a": "\\u003c", "b": 1}'"#),
        ("{{ [] | to_nice_json }}", "'[]'"),
        ("{{ {'a': []} | to_nice_json }}", r#"'{\n    "a": []\n}'"#),
        (r#"{{ '{"a": 1.0, "b": [true, null]}' | from_json }}"#, "{'a': 1.0, 'b': [True, None]}"),
        ("{{ '5' | from_json }}", "5"),
    ]);
}

#[test]
fn yaml() {
    check(&[
        ("{{ d | to_yaml }}", r"'{a: 1, b: two, items: 9}\n'"),
        ("{{ d | to_nice_yaml }}", r"'a: 1\nb: two\nitems: 9\n'"),
        ("{{ {'a': [1, {'b': 'x'}], 'c': {}} | to_nice_yaml(indent=2) }}", r"'a:\n- 1\n- b: x\nc: {}\n'"),
        (
            "{{ {'a': [1, {'b': 'x'}], 'c': {}, 'd': none, 'e': 'yes', 'f': true} | to_yaml }}",
            r#""a:\n- 1\n- {b: x}\nc: {}\nd: null\ne: 'yes'\nf: true\n""#,
        ),
        ("{{ 'a' | to_yaml }}", r"'a\n'"),
        ("{{ [1,2] | to_yaml }}", r"'[1, 2]\n'"),
        ("{{ {'a': {'b': [1]}} | to_yaml(default_flow_style=false) }}", r"'a:\n  b:\n  - 1\n'"),
        ("{{ {'b': 1, 'a': 2} | to_yaml(sort_keys=false) }}", r"'{b: 1, a: 2}\n'"),
        (
            "{{ {'a': 'x y ' * 10} | to_yaml(width=20) }}",
            r#""{a: 'x y x y x y x y x\n    y x y x y x y x y\n    x y '}\n""#,
        ),
        ("{{ {'a': 1} | to_nice_yaml(explicit_start=true) }}", r"'---\na: 1\n'"),
        ("{{ 'a: yes' | from_yaml }}", "{'a': True}"),
        (r#"{{ 'a: "{{ x }}"' | from_yaml }}"#, "{'a': '{{ x }}'}"),
        ("{{ '[1, 2]' | from_yaml }}", "[1, 2]"),
        ("{{ '' | from_yaml }}", "None"),
        (r"{% set t = 'a: 1\n---\nb: 2' %}{{ t | from_yaml_all | list }}", "[{'a': 1}, {'b': 2}]"),
    ]);
}

#[test]
fn encodings() {
    check(&[
        ("{{ 'x' | b64encode }}", "'eA=='"),
        ("{{ 'é' | b64encode }}", "'w6k='"),
        ("{{ 'é' | b64encode(encoding='utf-16-le') }}", "'6QA='"),
        ("{{ 'a?>' | b64encode(urlsafe=true) }}", "'YT8-'"),
        ("{{ 5 | b64encode }}", "'NQ=='"),
        ("{{ 'eA==' | b64decode }}", "'x'"),
        ("{{ 'w6k=' | b64decode }}", "'é'"),
        ("{{ 'YT8-' | b64decode(urlsafe=true) }}", "'a?>'"),
        ("{{ 'a b&c=d/é' | urlencode }}", "'a%20b%26c%3Dd/%C3%A9'"),
        ("{{ {'a': 'b c'} | urlencode }}", "'a=b+c'"),
        ("{{ [['a','b'],['c','d']] | urlencode }}", "'a=b&c=d'"),
        ("{{ 'a%20b+c' | urldecode }}", "'a b c'"),
        (
            "{{ 'http://u:p@h:80/p/a?q=1#f' | urlsplit }}",
            "{'fragment': 'f', 'hostname': 'h', 'netloc': 'u:p@h:80', 'password': 'p', 'path': '/p/a', 'port': 80, 'query': 'q=1', 'scheme': 'http', 'username': 'u'}",
        ),
        ("{{ 'http://h/p' | urlsplit('hostname') }}", "'h'"),
        ("{{ '//h/p?x' | urlsplit('netloc') }}", "'h'"),
        (
            "{{ 'a/b' | urlsplit }}",
            "{'fragment': '', 'hostname': None, 'netloc': '', 'password': None, 'path': 'a/b', 'port': None, 'query': '', 'scheme': '', 'username': None}",
        ),
        ("{{ 'http://[::1]:80/' | urlsplit('hostname') }}", "'::1'"),
        ("{{ 'HTTP://Host/' | urlsplit('scheme') }}", "'http'"),
    ]);
}

#[test]
fn hashes() {
    check(&[
        ("{{ 'x' | hash('md5') }}", "'9dd4e461268c8034f5c8564e155c67a6'"),
        ("{{ 'x' | hash }}", "'11f6ad8ec52a2984abaafd7c3b516503785c2072'"),
        ("{{ 'x' | checksum }}", "'11f6ad8ec52a2984abaafd7c3b516503785c2072'"),
        ("{{ 'x' | md5 }}", "'9dd4e461268c8034f5c8564e155c67a6'"),
        ("{{ 'x' | sha1 }}", "'11f6ad8ec52a2984abaafd7c3b516503785c2072'"),
        ("{{ 'x' | hash('sha256') }}", "'2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881'"),
        ("{{ 'x' | hash('sha224') }}", "'54a2f7f92a5f975d8096af77a126edda7da60c5aa872ef1b871701ae'"),
        ("{{ 'x' | hash('sha512') | length }}", "128"),
        ("{{ 'x' | to_uuid }}", "'66b2f013-1baa-5313-9c8c-e6f1182e0e90'"),
        (
            "{{ 'x' | to_uuid('12345678-1234-5678-1234-567812345678') }}",
            "'a3fabe7b-db47-50ac-bb4f-d93e4e254857'",
        ),
        ("{{ 5 | to_uuid }}", "'1912f288-223d-54fb-b725-190e32747866'"),
    ]);
}

#[test]
fn dates() {
    check(&[
        ("{{ '%Y-%m-%d' | strftime(0, utc=true) }}", "'1970-01-01'"),
        ("{{ '%Y-%m-%dT%H:%M:%SZ' | strftime(1700000000.7, utc=true) }}", "'2023-11-14T22:13:20Z'"),
        (
            "{{ '%a %A %b %B %d %e %j %I %p %y %U %W %V %G %u %w %C %D %F %T %R %c %x %X %% %Z %z' | strftime(1700000000, utc=true) }}",
            "'Tue Tuesday Nov November 14 14 318 10 PM 23 46 46 46 2023 2 2 20 11/14/23 2023-11-14 22:13:20 22:13 Tue Nov 14 22:13:20 2023 11/14/23 22:13:20 % UTC +0000'",
        ),
        ("{{ '%-d %-m %_d' | strftime(0, utc=true) }}", "'1 1  1'"),
        ("{{ '2020-01-02 03:04:05' | to_datetime }}", "datetime.datetime(2020, 1, 2, 3, 4, 5)"),
        ("{{ ('2020-01-02' | to_datetime('%Y-%m-%d')).year }}", "2020"),
        (
            "{{ (('2020-01-02 03:04:05' | to_datetime) - ('2020-01-01 00:00:00' | to_datetime)).total_seconds() }}",
            "97445.0",
        ),
        ("{{ (('2020-01-02 03:04:05' | to_datetime) - ('2020-01-01 00:00:00' | to_datetime)).days }}", "1"),
        ("{{ ('2020-01-02 03:04:05' | to_datetime) > ('2020-01-01 00:00:00' | to_datetime) }}", "True"),
        ("{{ ('2020-01-02 03:04:05' | to_datetime).strftime('%d.%m.%Y') }}", "'02.01.2020'"),
        ("{{ ('2020-01-02 03:04:05' | to_datetime).isoformat() }}", "'2020-01-02T03:04:05'"),
        ("{{ now() | type_debug }}", "'datetime'"),
        ("{{ now(utc=true, fmt='%Y') | length }}", "4"),
    ]);
}

#[test]
fn defaults() {
    check(&[
        ("{{ 3 | ternary('a', 'b') }}", "'a'"),
        ("{{ '' | ternary('a', 'b') }}", "'b'"),
        ("{{ none | default('q') }}", "None"),
        ("{{ '' | default('q', true) }}", "'q'"),
        ("{{ nope | default }}", "''"),
        ("{{ nope.x.y | default([]) }}", "[]"),
        ("{{ nope | d('z') }}", "'z'"),
        ("{{ x | type_debug }}", "'int'"),
        ("{{ l | type_debug }}", "'list'"),
        ("{{ 'a' | ansible.builtin.upper }}", "'A'"),
        ("{{ 'a' | ansible.builtin.b64encode }}", "'YQ=='"),
    ]);
}

#[test]
fn vaults() {
    check(&[
        ("{{ 'a' | vault('pw') | unvault('pw') }}", "'a'"),
        ("{{ 'plain' | unvault('pw') }}", "'plain'"),
        (
            "{{ 'a' | vault('pw', 'saltsalt') }}",
            "'$ANSIBLE_VAULT;1.2;AES256;filter_default\\n\
             373336313663373437333631366337340a3964323665363234353735346132626161383061313938\\n\
             36306666636264366339316336303539323038636264623631613331326661366138653762343963\\n\
             300a3035643633613931346165636565656432303530616637353933653839663134\\n'",
        ),
    ]);
}

#[test]
fn bytes_that_are_no_text_stay_what_they_are() {
    check(&[
        ("{{ 'Q2Fm6Q==' | b64decode | length }}", "4"),
        ("{{ 'Q2Fm6Q==' | b64decode | b64encode }}", "'Q2Fm6Q=='"),
        ("{{ 'Q2Fm6Q==' | b64decode }}!", "b'Caf\\xe9!'"),
        ("a{{ 'é'.encode() }}", "\"ab'\\\\xc3\\\\xa9'\""),
    ]);
}
