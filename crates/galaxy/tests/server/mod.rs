use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A server of collections on this machine, which has what the archives it was given said then.
pub(crate) struct TinyServer {
    port: u16,
    offers: Arc<Mutex<Vec<Offer>>>,
}

struct Offer {
    path: PathBuf,
    info: Value,
    sha256: String,
}

impl Offer {
    fn of(path: &Path) -> Offer {
        let bytes = std::fs::read(path).unwrap();
        let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let mut archive = tar::Archive::new(GzDecoder::new(&bytes[..]));
        let mut entries = archive.entries().unwrap().map(Result::unwrap);
        let manifest = entries.find(|entry| entry.path().unwrap() == Path::new("MANIFEST.json")).unwrap();
        let manifest: Value = serde_json::from_reader(manifest).unwrap();
        Offer { path: path.to_path_buf(), info: manifest["collection_info"].clone(), sha256 }
    }

    fn is(&self, namespace: &str, name: &str) -> bool {
        self.info["namespace"] == namespace && self.info["name"] == name
    }
}

impl TinyServer {
    /// Starts one.
    pub(crate) fn of(archives: &[PathBuf]) -> TinyServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = TinyServer { port: listener.local_addr().unwrap().port(), offers: Arc::default() };
        server.offer(archives);
        let offers = server.offers.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let offers = offers.clone();
                std::thread::spawn(move || answer(&stream, &offers));
            }
        });
        server
    }

    /// Replaces what it has.
    pub(crate) fn offer(&self, archives: &[PathBuf]) {
        *self.offers.lock().unwrap() = archives.iter().map(|path| Offer::of(path)).collect();
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

fn answer(mut stream: &TcpStream, offers: &Mutex<Vec<Offer>>) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let path = first.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default();
    let body = body(path, &offers.lock().unwrap());
    let (status, body) = body.map_or(("404 Not Found", b"{}".to_vec()), |body| ("200 OK", body));
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}

fn body(path: &str, offers: &[Offer]) -> Option<Vec<u8>> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let answer = match parts[..] {
        ["api"] => json!({ "available_versions": { "v3": "v3/" } }),
        ["api", "v3", "collections", namespace, name, "versions"] => {
            let offers = offers.iter().filter(|offer| offer.is(namespace, name));
            let data: Vec<Value> = offers.map(|offer| json!({ "version": offer.info["version"] })).collect();
            json!({ "data": data, "links": { "next": null } })
        }
        ["api", "v3", "collections", namespace, name, "versions", version] => {
            let offer =
                offers.iter().find(|offer| offer.is(namespace, name) && offer.info["version"] == version)?;
            json!({
                "download_url": format!("/files/{}", offer.sha256),
                "artifact": { "sha256": offer.sha256 },
                "metadata": { "dependencies": offer.info["dependencies"] },
            })
        }
        ["files", sha256] => {
            return std::fs::read(&offers.iter().find(|offer| offer.sha256 == sha256)?.path).ok();
        }
        _ => return None,
    };
    Some(answer.to_string().into_bytes())
}
