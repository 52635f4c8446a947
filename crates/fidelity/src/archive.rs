use std::collections::HashSet;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use diag::Result;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use sha2::{Digest, Sha256};
use ureq::Agent;

use tool::cannot;

/// The port of each host at which the proxy listens.
pub(crate) const PORT: u16 = 3128;

/// An HTTP proxy that keeps what it fetches, so that all hosts see the same archive, and see it quickly.
pub(crate) struct Archive {
    folder: PathBuf,
    agent: Agent,
    /// What this process has fetched or found up to date.
    fresh: Mutex<HashSet<String>>,
}

/// An open door of the proxy. Connections are served until it is dropped.
pub(crate) struct Door(TcpListener);

impl Drop for Door {
    fn drop(&mut self) {
        // Whoever waits for a connection gets an error. There is nothing to be done about a socket that is closed already.
        let _ = rustix::net::shutdown(&self.0, rustix::net::Shutdown::Both);
    }
}

/// What a program on a host asks for.
struct Request {
    method: String,
    target: String,
    /// The date that it has a copy of.
    since: Option<String>,
    close: bool,
}

impl Archive {
    /// A proxy that keeps files in `folder`.
    ///
    /// # Errors
    /// The folder can't be made.
    pub(crate) fn new(folder: PathBuf) -> Result<Arc<Archive>> {
        fs::create_dir_all(&folder).map_err(|error| cannot("make", &folder, error))?;
        let agent = Agent::config_builder().http_status_as_error(false).build().new_agent();
        Ok(Arc::new(Archive { folder, agent, fresh: Mutex::default() }))
    }

    /// Serves connections to a socket.
    ///
    /// # Errors
    /// The socket can't be shared with a thread.
    pub(crate) fn serve(self: &Arc<Archive>, listener: TcpListener) -> Result<Door> {
        let door = listener.try_clone().map_err(|error| cannot("open", Path::new("a door"), error))?;
        let archive = Arc::clone(self);
        thread::spawn(move || {
            while let Ok((connection, _)) = listener.accept() {
                let archive = Arc::clone(&archive);
                // A connection that breaks is the affair of the program that made it.
                thread::spawn(move || archive.converse(&connection).ok());
            }
        });
        Ok(Door(door))
    }

    fn converse(&self, connection: &TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(connection);
        while let Some(request) = Request::read(&mut reader)? {
            match request.method.as_str() {
                "CONNECT" => return tunnel(connection, &request.target),
                "GET" | "HEAD" => self.answer(connection, &request)?,
                _ => head(connection, "405 Method Not Allowed", &[])?,
            }
            if request.close {
                break;
            }
        }
        Ok(())
    }

    fn answer(&self, mut connection: &TcpStream, request: &Request) -> io::Result<()> {
        let path = match self.file(&request.target) {
            Ok(Some(path)) => path,
            Ok(None) => return head(connection, "404 Not Found", &[("Content-Length", "0")]),
            Err(_) => return head(connection, "502 Bad Gateway", &[("Content-Length", "0")]),
        };
        let content = fs::read(&path)?;
        let modified = fs::metadata(&path)?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let modified = Timestamp::new(modified.as_secs().cast_signed(), 0).map_err(io::Error::other)?;
        let date = modified.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        if request.since.as_ref() == Some(&date) {
            return head(connection, "304 Not Modified", &[("Content-Length", "0")]);
        }
        head(
            connection,
            "200 OK",
            &[("Content-Length", &content.len().to_string()), ("Last-Modified", &date)],
        )?;
        if request.method == "GET" { connection.write_all(&content) } else { Ok(()) }
    }

    /// The copy of what is at an address; nothing if the server has nothing there.
    fn file(&self, url: &str) -> Result<Option<PathBuf>, Box<dyn std::error::Error>> {
        let hash: String = Sha256::digest(url).iter().map(|byte| format!("{byte:02x}")).collect();
        let path = self.folder.join(hash);
        // Versions never change what they are; everything else is looked at once.
        let lasting = url.ends_with(".deb") || url.contains("/by-hash/");
        if path.exists() && (lasting || self.fresh.lock().is_ok_and(|fresh| fresh.contains(url))) {
            return Ok(Some(path));
        }
        let mut response = self.agent.get(url).call()?;
        if response.status() == 404 {
            return Ok(None);
        }
        if !response.status().is_success() {
            return Err(response.status().to_string().into());
        }
        let modified = response.headers().get("last-modified").and_then(|value| value.to_str().ok());
        let modified = modified.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        io::copy(&mut response.body_mut().as_reader(), &mut file)?;
        file.as_file().set_modified(modified.map_or_else(SystemTime::now, SystemTime::from))?;
        file.persist(&path)?;
        if let Ok(mut fresh) = self.fresh.lock() {
            fresh.insert(url.to_owned());
        }
        Ok(Some(path))
    }
}

impl Request {
    /// The next request of a connection; nothing at its end.
    fn read(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
        let mut text = Vec::new();
        while !text.ends_with(b"\r\n\r\n") {
            if reader.read_until(b'\n', &mut text)? == 0 {
                return Ok(None);
            }
        }
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Request::new(&mut headers);
        parsed.parse(&text).map_err(io::Error::other)?;
        let header = |name: &str| {
            let found = parsed.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
            found.map(|header| String::from_utf8_lossy(header.value).into_owned())
        };
        Ok(Some(Request {
            method: parsed.method.unwrap_or_default().to_owned(),
            target: parsed.path.unwrap_or_default().to_owned(),
            since: header("if-modified-since"),
            close: header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")),
        }))
    }
}

fn head(mut connection: &TcpStream, status: &str, headers: &[(&str, &str)]) -> io::Result<()> {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    connection.write_all(format!("HTTP/1.1 {status}\r\n{headers}\r\n").as_bytes())
}

/// Carries bytes both ways, as for HTTPS.
fn tunnel(connection: &TcpStream, target: &str) -> io::Result<()> {
    let server = TcpStream::connect(target)?;
    head(connection, "200 OK", &[])?;
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut here = connection;
            // However one direction ends, the other side must hear of it.
            let _ = io::copy(&mut here, &mut &server);
            server.shutdown(Shutdown::Write)
        });
        let mut there = connection;
        let _ = io::copy(&mut &server, &mut there);
        connection.shutdown(Shutdown::Write)
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_file_is_fetched_once_and_then_kept() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let answering = thread::spawn(move || {
            let (mut connection, _) = server.accept().unwrap();
            let _ = connection.read(&mut [0; 4096]).unwrap();
            let date = "Last-Modified: Fri, 07 Mar 2025 09:00:00 GMT";
            connection
                .write_all(format!("HTTP/1.1 200 OK\r\n{date}\r\nContent-Length: 5\r\n\r\nhello").as_bytes())
        });
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::new(folder.path().to_owned()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = listener.local_addr().unwrap();
        let _door = archive.serve(listener).unwrap();
        let ask = |header: &str| {
            let mut connection = TcpStream::connect(proxy).unwrap();
            let request = format!("GET http://{address}/x.deb HTTP/1.1\r\nConnection: close\r\n{header}\r\n");
            connection.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            connection.read_to_string(&mut answer).unwrap();
            answer
        };
        assert!(ask("").ends_with("Last-Modified: Fri, 07 Mar 2025 09:00:00 GMT\r\n\r\nhello"));
        answering.join().unwrap().unwrap();
        // The server is gone.
        assert!(ask("").ends_with("\r\n\r\nhello"));
        assert!(ask("If-Modified-Since: Fri, 07 Mar 2025 09:00:00 GMT\r\n").starts_with("HTTP/1.1 304"));
    }
}
