//! The lookups. Expected results are those of ansible-core.

mod support;

use support::check;

#[test]
fn lookups_give_what_those_of_ansible_give() {
    check(&[
        (
            "{{ lookup('dict', d) }}",
            "[{'key': 'a', 'value': 1}, {'key': 'b', 'value': 'two'}, {'key': 'items', 'value': 9}]",
        ),
        ("{{ lookup('items', [1,2]) }}", "[1, 2]"),
        ("{{ lookup('items', ['a','b']) }}", "'a,b'"),
        ("{{ q('items', [1, [2]], 3) }}", "[1, [2], 3]"),
        ("{{ q('nested', ['a'], [1,2]) }}", "[['a', 1], ['a', 2]]"),
        ("{{ q('nested', [['a', 'b'], 'c'], [1,2]) }}", "[['a', 'b', 1], ['a', 'b', 2], ['c', 1], ['c', 2]]"),
        ("{{ q('together', [1,2],[3]) }}", "[[1, 3], [2, None]]"),
        ("{{ q('indexed_items', ['a','b']) }}", "[[0, 'a'], [1, 'b']]"),
        ("{{ q('subelements', [{'a':[1]}], 'a') }}", "[[{}, 1]]"),
        ("{{ lookup('list', [1,2]) }}", "[1, 2]"),
        ("{{ q('list', 1, [2]) }}", "[1, [2]]"),
        ("{{ lookup('random_choice', [1]) }}", "[1]"),
        ("{{ lookup('sequence', 'start=1 end=3') }}", "'1,2,3'"),
        ("{{ q('sequence', 'count=3 format=a%02d') }}", "['a01', 'a02', 'a03']"),
        ("{{ q('sequence', '1-3:a%x') }}", "['a1', 'a2', 'a3']"),
        ("{{ q('sequence', '0-6/2') }}", "['0', '2', '4', '6']"),
        ("{{ q('sequence', start=5, end=1, stride=-2) }}", "['5', '3', '1']"),
        ("{{ lookup('vars', 'x') }}", "5"),
        ("{{ lookup('vars', 'nope', default=3) }}", "3"),
        ("{{ lookup('vars', 'x', 's') }}", "[5, 'hello']"),
        ("{{ lookup('varnames', '^l$') }}", "'l'"),
        ("{{ lookup('pipe', 'echo a; echo b') }}", r"'a\nb'"),
        ("{{ q('lines', 'echo a; echo b') }}", "['a', 'b']"),
        ("{{ lookup('env', 'NOPE_X') }}", "''"),
        ("{{ lookup('env', 'NOPE_X', default='q') }}", "'q'"),
        ("{{ lookup('first_found', ['nope', '/etc/passwd']) }}", "'/etc/passwd'"),
        ("{{ lookup('first_found', {'files': 'passwd', 'paths': '/etc'}) }}", "'/etc/passwd'"),
        ("{{ q('first_found', ['nope'], skip=true) }}", "[]"),
        ("{{ lookup('first_found', files=['nope', 'passwd'], paths=['/nope', '/etc']) }}", "'/etc/passwd'"),
        ("{{ lookup('password', '/dev/null chars=ascii_lowercase length=5 seed=x') }}", "'ukttp'"),
        ("{{ lookup('password', '/dev/null', chars=['digits'], length=4, seed='q') }}", "'7403'"),
        ("{{ lookup('password', '/dev/null seed=foo') }}", "'6JUEsF6-,RiuGZDEWF4r'"),
        ("{{ lookup('password', '/dev/null length=9') | length }}", "9"),
        ("{{ lookup('file', '/nope', errors='ignore') }}", "None"),
        ("{{ lookup('ansible.builtin.items', [1]) }}", "1"),
        ("{{ query('ansible.builtin.env', 'NOPE_X') }}", "['']"),
        ("{{ lookup('pipe', 'echo {{ x }}') }}", "'5'"),
    ]);
}
