//! The tests, as in `x is defined`. Expected results are those of ansible-core.

mod support;

use support::check;

#[test]
fn tests_answer_as_those_of_ansible() {
    check(&[
        (
            "{{ 'x' is string }} {{ d is mapping }} {{ d is sequence }} {{ l is iterable }} {{ 'x' is sequence }} {{ 5 is number }} {{ true is number }}",
            "'True True True True True True True'",
        ),
        (
            "{{ true is integer }} {{ 1.0 is float }} {{ d is callable }} {{ 5 is iterable }} {{ none is none }} {{ 1 is none }} {{ true is boolean }} {{ 1 is boolean }}",
            "'False True False False True False True False'",
        ),
        (
            "{{ true is true }} {{ 1 is true }} {{ false is false }} {{ 0 is false }}",
            "'True False True False'",
        ),
        (
            "{{ 3 is odd }} {{ 4 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }}",
            "'True True True False'",
        ),
        (
            "{{ 1 is eq 1 }} {{ 1 is ne 2 }} {{ 1 is lt 2 }} {{ 2 is gt(1) }} {{ 1 is le 1 }} {{ 1 is ge 2 }} {{ 'a' is in 'abc' }} {{ 1 is in [1] }}",
            "'True True True True True False True True'",
        ),
        (
            "{{ [1] is contains(1) }} {{ 'abc' is contains('b') }} {{ d is contains('a') }}",
            "'True True True'",
        ),
        (
            "{{ 'abc' is search('B', ignorecase=true) }} {{ 'foo' is match('o') }} {{ 'foo' is match('f') }} {{ 'foo' is regex('^f') }} {{ 'foo' is search('o$') }}",
            "'True False True True True'",
        ),
        (
            "{{ 'foo' is regex('F', ignorecase=true, match_type='match') }} {{ 'foo' is regex('fo', match_type='fullmatch') }} {{ 'foo' is regex('fo+', match_type='fullmatch') }}",
            "'True False True'",
        ),
        (
            "{{ [1] is subset([1,2]) }} {{ [1,2] is superset([1]) }} {{ [1,3] is subset([1,2]) }}",
            "'True True False'",
        ),
        (
            "{{ [true, 1] is all }} {{ [] is all }} {{ [0,1] is any }} {{ [0] is any }}",
            "'True True True False'",
        ),
        (
            "{{ 'x' is truthy }} {{ 'yes' is truthy(convert_bool=true) }} {{ 'no' is truthy(convert_bool=true) }} {{ '' is falsy }} {{ 'off' is falsy(convert_bool=true) }}",
            "'True True False True True'",
        ),
        (
            "{{ {'failed': true} is failed }} {{ {} is failed }} {{ {'rc': 1} is succeeded }} {{ {'changed': true} is changed }} {{ {'skipped': true} is skipped }}",
            "'True False True True True'",
        ),
        (
            "{{ {'results':[{'changed':true}]} is changed }} {{ {} is finished }} {{ {'finished': 0} is finished }} {{ {'started': 1} is started }} {{ {} is started }}",
            "'True True False True True'",
        ),
        (
            "{{ {'unreachable': true} is unreachable }} {{ {} is reachable }} {{ {'timedout': {'period': 1}} is timedout }} {{ {} is timedout }} {{ {'failed': 'yes'} is failed }}",
            "'True True True False True'",
        ),
        (
            "{{ '2.10' is version('2.9', 'gt') }} {{ '1.0rc1' is version('1.0', '<') }} {{ '1.0.0' is version('1.0', '==') }} {{ '18.04' is version('18.04', '>=') }}",
            "'True False False True'",
        ),
        (
            "{{ '1.0.0-rc1' is version('1.0.0', '<', version_type='semver') }} {{ '1.0a1' is version('1.0', '<', strict=true) }} {{ '1.0.dev1' is version('1.0', '<', version_type='pep440') }}",
            "'True True True'",
        ),
        ("{{ 1.2 is version('1.10', '<') }} {{ '9' is version_compare('10', 'lt') }}", "'True True'"),
        (
            "{{ 's' is lower }} {{ 'ABC' is upper }} {{ 'aB' is lower }} {{ 1 is sameas 1 }} {{ 1 is sameas true }} {{ none is sameas none }}",
            "'True True False True False True'",
        ),
        (
            "{{ 'http://a' is url }} {{ 'urn:a:b' is urn }} {{ 'ftp://a' is url(schemes=['http']) }} {{ 'a b' is url }}",
            "'True True False False'",
        ),
        (
            "{{ '/etc' is directory }} {{ '/etc/passwd' is file }} {{ '/nope' is exists }} {{ '/etc' is abs }} {{ '/' is mount }} {{ '/etc' is same_file('/etc/') }} {{ '/etc' is link }}",
            "'True True False True True True False'",
        ),
        ("{{ '$ANSIBLE_VAULT;1.1;AES256' is vault_encrypted }}", "False"),
        ("{{ 'upper' is filter }} {{ 'nope' is filter }} {{ 'odd' is test }}", "'True False True'"),
        (
            "{{ x is defined }} {{ nope is defined }} {{ nope is not defined }} {{ nope is undefined }} {{ d.zz is defined }}",
            "'True False True True False'",
        ),
        ("{{ 'a' is ansible.builtin.search('a') }}", "True"),
        ("{{ x is not none and x is number }}", "True"),
    ]);
}
