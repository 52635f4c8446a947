//! What templates ask web servers for: the controller asks as a host's modules do.

use std::fs;
use std::time::Duration;

use diag::{Error, Result};
use module::{Redirects, WebClient};
use system::{HttpAddress, HttpFailure, Leash, LocalBackend, NoCourier, System};
use template::{Redirections, WebRequest};

/// What a web server has at an address, or one of the controller's files.
///
/// # Errors
/// There is no answer, or none that is good. Playbooks look for the words before the address and for those in
/// `<urlopen error ...>`, which are Ansible's.
pub(crate) fn fetch(request: &WebRequest) -> Result<Vec<u8>> {
    let written = &request.address;
    let failed = |why: &dyn std::fmt::Display| {
        Error::new(format!("Failed lookup url for {written}")).cause(format!("<urlopen error {why}>"))
    };
    if let Some(path) = written.strip_prefix("file://") {
        return fs::read(path).map_err(|error| failed(&error));
    }
    let address = HttpAddress::parse(written).ok_or_else(|| {
        Error::new(format!("unknown url type: '{written}'"))
            .hint("an address starts with http://, https:// or file://")
    })?;
    let client = client(request)?;
    let mut host = System::new(Box::new(LocalBackend::new(Leash::default())), Box::new(NoCourier));
    let answer =
        client.ask(&mut host, "GET", address, request.headers.clone(), None).map_err(
            |failure| match failure {
                HttpFailure::Certificate(_) => {
                    Error::new(format!("Error validating the server's certificate for {written}"))
                        .cause(failure)
                }
                other => failed(&other),
            },
        )?;
    let response = answer.response;
    if !matches!(response.status, 200..300) {
        let told = format!("HTTP Error {}: {}", response.status, response.reason);
        return Err(Error::new(format!("Received HTTP error for {written}")).cause(told));
    }
    if !response.complete {
        return Err(failed(&format!("the answer ends after {} bytes, too early", response.body.len())));
    }
    Ok(response.body)
}

fn client(request: &WebRequest) -> Result<WebClient> {
    let authorities = match &request.authorities {
        Some(path) => Some(fs::read(path).map_err(|error| {
            Error::new(format!("cannot read the certificates in '{}'", path.display())).cause(error)
        })?),
        None => None,
    };
    Ok(WebClient {
        timeout: request.timeout.max(Duration::from_millis(1)),
        agent: request.agent.clone(),
        only_reads: true,
        login: request.login.clone(),
        force_basic: request.force_basic_auth,
        use_netrc: request.use_netrc,
        use_proxy: request.use_proxy,
        redirects: match request.redirections {
            Redirections::All => Redirects::All,
            Redirections::None => Redirects::None,
            Redirections::Safe => Redirects::Safe,
            Redirections::Urllib2 => Redirects::Urllib2,
        },
        unredirected: request.unredirected_headers.clone(),
        socket: request.socket.clone(),
        decompress: false,
        verify: request.validate_certs,
        authorities,
        identity: None,
    })
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A server that gives so many answers; what it was asked is a page of its own.
    fn server(answers: usize) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for _ in 0..answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
                let asked: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
                let told = asked.join("\n");
                let answer = match asked[0].split(' ').nth(1).unwrap() {
                    "/moved" => "HTTP/1.1 302 Found\r\nLocation: /asked\r\nContent-Length: 0\r\n\r\n".to_owned(),
                    "/cut" => "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab".to_owned(),
                    "/login" if !told.contains("Authorization: Basic dTpw") => {
                        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"
                            .to_owned()
                    }
                    "/asked" | "/login" => {
                        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{told}", told.len())
                    }
                    _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
                };
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        format!("http://{address}")
    }

    fn request(address: String) -> WebRequest {
        WebRequest {
            address,
            headers: vec![("X-Own".into(), "1".into())],
            agent: "me".into(),
            timeout: Duration::from_secs(10),
            login: None,
            force_basic_auth: false,
            use_netrc: false,
            use_proxy: false,
            redirections: Redirections::Urllib2,
            unredirected_headers: Vec::new(),
            socket: None,
            validate_certs: true,
            authorities: None,
        }
    }

    #[test]
    fn pages_are_fetched() {
        let server = server(4);
        let moved = String::from_utf8(fetch(&request(format!("{server}/moved"))).unwrap()).unwrap();
        assert!(
            moved.starts_with("GET /asked") && moved.contains("X-Own: 1") && moved.contains("User-Agent: me")
        );
        let mut with_login = request(format!("{server}/login"));
        with_login.login = Some(("u".into(), "p".into()));
        assert!(String::from_utf8(fetch(&with_login).unwrap()).unwrap().contains("Basic dTpw"));
    }

    #[test]
    fn files_are_read() {
        assert_eq!(
            fetch(&request(format!("file://{}/Cargo.toml", env!("CARGO_MANIFEST_DIR")))).unwrap()[0],
            b'['
        );
        let error = fetch(&request("file:///no/such/file".into())).unwrap_err();
        assert!(error.summary().starts_with("Failed lookup url for file:///no/such/file"), "{error:?}");
    }

    #[test]
    fn bad_answers_are_errors() {
        let server = server(3);
        let told = |request: &WebRequest| fetch(request).unwrap_err().summary();
        assert_eq!(
            told(&request(format!("{server}/none"))),
            format!("Received HTTP error for {server}/none: HTTP Error 404: Not Found")
        );
        let mut stays = request(format!("{server}/moved"));
        stays.redirections = Redirections::None;
        assert!(told(&stays).ends_with("HTTP Error 302: Found"));
        assert!(told(&request(format!("{server}/cut"))).contains("too early"));
        assert_eq!(told(&request("gopher".into())), "unknown url type: 'gopher'");
        let mut unknown = request(format!("{server}/asked"));
        unknown.authorities = Some("/no/such/file".into());
        assert!(told(&unknown).starts_with("cannot read the certificates in '/no/such/file'"));
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(told(&request(format!("http://{nobody}/"))).starts_with("Failed lookup url for"));
    }
}
