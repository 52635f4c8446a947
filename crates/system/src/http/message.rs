use std::io::{self, BufRead, Read, Write};

use super::{HttpRequest, HttpResponse, HttpRoute};

/// The most bytes that the headers of an answer may have.
const HEAD_LIMIT: usize = 256 * 1024;

/// Sends a request.
pub(super) fn send(stream: &mut impl Write, request: &HttpRequest) -> io::Result<()> {
    let address = &request.address;
    // A proxy is told the whole address, unless the connection goes through it.
    let target = match &request.route {
        HttpRoute::Proxy(..) if !address.secure => address.to_string(),
        _ => address.path.clone(),
    };
    let mut head = format!("{} {target} HTTP/1.1\r\n", request.method);
    let mut add = |name: &str, value: &str| {
        let value: String = value.chars().filter(|mark| !matches!(mark, '\r' | '\n')).collect();
        head.push_str(&format!("{name}: {value}\r\n"));
    };
    let given = |name: &str| request.headers.iter().any(|(found, _)| found.eq_ignore_ascii_case(name));
    if !given("Host") {
        add("Host", &address.server());
    }
    if let HttpRoute::Proxy(_, Some(authorization)) = &request.route
        && !address.secure
    {
        add("Proxy-Authorization", authorization);
    }
    for (name, value) in &request.headers {
        add(name, value);
    }
    let expects_body = matches!(request.method.as_str(), "POST" | "PUT" | "PATCH");
    if !given("Content-Length") && (request.body.is_some() || expects_body) {
        add("Content-Length", &request.body.as_ref().map_or(0, Vec::len).to_string());
    }
    add("Connection", "close");
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend(request.body.iter().flatten());
    stream.write_all(&bytes)?;
    stream.flush()
}

/// Reads the head of an answer: number, words, headers.
pub(super) fn receive_head(stream: &mut impl BufRead) -> io::Result<HttpResponse> {
    let wrong = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    let mut head = Vec::new();
    loop {
        let start = head.len();
        if stream.by_ref().take((HEAD_LIMIT - start) as u64).read_until(b'\n', &mut head)? == 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "Remote end closed connection without response",
            ));
        }
        if head[start..].trim_ascii().is_empty() && start > 0 {
            break;
        }
    }
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(&head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err(wrong("the server's answer has no end".into())),
        Err(error) => return Err(wrong(format!("the server's answer is no HTTP: {error}"))),
    }
    let headers = response
        .headers
        .iter()
        .map(|header| (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned()));
    Ok(HttpResponse {
        status: response.code.unwrap_or_default(),
        reason: response.reason.unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: Vec::new(),
        complete: true,
    })
}

/// Reads an answer to the end.
pub(super) fn receive(stream: &mut impl BufRead, method: &str) -> io::Result<HttpResponse> {
    let mut response = receive_head(stream)?;
    while (100..200).contains(&response.status) {
        response = receive_head(stream)?;
    }
    if method == "HEAD" || matches!(response.status, 204 | 304) {
        return Ok(response);
    }
    let chunked = response
        .header("Transfer-Encoding")
        .is_some_and(|coding| coding.to_ascii_lowercase().ends_with("chunked"));
    let length = response.header("Content-Length").and_then(|length| length.trim().parse::<u64>().ok());
    let mut body = Vec::new();
    response.complete = match length {
        _ if chunked => receive_chunks(stream, &mut body)?,
        Some(length) => until_end(stream.take(length).read_to_end(&mut body))? && body.len() as u64 == length,
        None => {
            until_end(stream.read_to_end(&mut body))?;
            true
        }
    };
    response.body = body;
    Ok(response)
}

/// Whether the other side ended in good order. One that just goes away leaves what it has sent.
fn until_end(read: io::Result<usize>) -> io::Result<bool> {
    match read {
        Ok(_) => Ok(true),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) =>
        {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Whether all chunks have come.
fn receive_chunks(stream: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<bool> {
    loop {
        let mut line = Vec::new();
        if !until_end(stream.by_ref().take(4096).read_until(b'\n', &mut line))? {
            return Ok(false);
        }
        let text = String::from_utf8_lossy(&line);
        let size = text.split(';').next().unwrap_or_default().trim();
        let Ok(size) = u64::from_str_radix(size, 16) else { return Ok(false) };
        if size == 0 {
            return Ok(true);
        }
        let before = body.len() as u64;
        let whole = until_end(stream.by_ref().take(size).read_to_end(body))?;
        if !whole || body.len() as u64 - before != size {
            return Ok(false);
        }
        let mut end = Vec::new();
        if !until_end(stream.by_ref().take(2).read_until(b'\n', &mut end))? {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> HttpResponse {
        receive(&mut text.as_bytes(), "GET").unwrap()
    }

    #[test]
    fn bodies_end_as_their_headers_say() {
        let plain = answer("HTTP/1.1 200 FINE\r\nContent-Length: 3\r\n\r\nabcdef");
        assert_eq!(
            (plain.reason.as_str(), plain.body.as_slice(), plain.complete),
            ("FINE", &b"abc"[..], true)
        );
        assert!(!answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").complete);
        let chunked =
            answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n");
        assert_eq!((chunked.body.as_slice(), chunked.complete), (&b"abcde"[..], true));
        assert!(!answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc").complete);
        let open = answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 404 Not Found\r\nA: 1\r\na: 2\r\n\r\nabc");
        assert_eq!((open.status, open.headers.len(), open.body.as_slice()), (404, 2, &b"abc"[..]));
        assert!(receive(&mut &b"SSH-2.0-x\r\n\r\n"[..], "GET").is_err());
        assert!(receive(&mut &b""[..], "GET").is_err());
    }
}
