//! The lookups. Expected results are those of ansible-core.

mod support;

use support::{check, render};

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

#[test]
fn pages_of_web_servers_are_asked_for_with_the_options_of_ansible() {
    check(&[
        ("{{ lookup('url', 'http://told/lines') }}", "'a,b,,c'"),
        (
            "{{ query('ansible.builtin.url', 'http://told/lines', 'http://told/bytes') }}",
            r"['a', 'b', '', 'c', b'\xff']",
        ),
        ("{{ query('url', 'http://told/lines', split_lines='no') }}", r"['a\r\nb\n\nc\n']"),
        (
            "{{ lookup('url', 'http://nope/') }}",
            "! The lookup plugin 'url' failed: Failed lookup url for http://nope/",
        ),
        (
            "{{ lookup('url', 'http://told/lines', timeout='long') }}",
            "! The lookup plugin 'url' failed: Config 'timeout' for 'url' lookup plugin has an invalid value: Invalid \
             value provided for 'float': 'long'",
        ),
        (
            "{{ lookup('url', 'http://told/lines', follow_redirects='some') }}",
            "! The lookup plugin 'url' failed: Invalid value 'some' for config 'follow_redirects' for 'url' lookup plugin.",
        ),
    ]);
    let told = |options: &str| render(&format!("{{{{ lookup('url', 'http://told/request', {options}) }}}}"));
    for (options, expected) in [
        ("force=true", r#"headers: [("Cache-Control", "no-cache")]"#),
        ("headers={'X-A': 1}", r#"headers: [("X-A", "1")]"#),
        ("timeout=none", r#"agent: "ansible-httpget", timeout: 10s"#),
        ("timeout=2.5, http_agent='me'", r#"agent: "me", timeout: 2.5s"#),
        (
            "username='u', password='p', force_basic_auth='True'",
            r#"login: Some(("u", "p")), force_basic_auth: true"#,
        ),
        ("password='p'", "login: None, force_basic_auth: false"),
        ("use_netrc='no', use_proxy=false", "use_netrc: false, use_proxy: false"),
        ("validate_certs=0, ca_path='/ca.pem'", r#"validate_certs: false, authorities: Some("/ca.pem")"#),
        ("follow_redirects='no'", "redirections: None"),
        ("unredirected_headers='a, b'", r#"unredirected_headers: ["a", "b"]"#),
        ("unix_socket='/run/s'", r#"socket: Some("/run/s")"#),
    ] {
        let told = told(options);
        assert!(told.contains(expected), "{options}: {told}");
    }
}
