use std::path::{Path, PathBuf};

use module::{
    Arguments, FileArguments, HostPath, Module, NewContent, Outcome, WebArguments, WebClient, inode_result,
    web_file_name,
};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Error, HttpAddress, HttpResponse, Result, System, md5_hex, sha1_hex};
use value::Value;

/// Downloads a file from a web server.
///
/// A dry run downloads it too, to tell whether it differs. The file is held in memory meanwhile.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GetUrl {
    /// The address: `http`, `https`, or `file` for one on the host.
    url: String,
    /// Where the file goes: a path, or a folder in which it keeps its name.
    dest: HostPath,
    /// Download even if the file is there; without it only if the server's is newer.
    #[serde(default)]
    force: bool,
    /// Keep what was there, under a name with the time.
    #[serde(default)]
    backup: bool,
    /// What the file's checksum must be: `sha256:` and the digits, or the address of a file with checksums. A file that
    /// is there and has it is not downloaded.
    #[serde(default)]
    checksum: String,
    #[serde(flatten)]
    web: WebArguments,
    /// How many seconds to wait for the server.
    #[serde(default = "ten")]
    timeout: u64,
    /// Accepted for compatibility: a download is put in place in one step.
    #[allow(dead_code)]
    tmp_dest: Option<HostPath>,
    #[serde(flatten)]
    file: FileArguments,
}

fn ten() -> u64 {
    10
}

impl Arguments for GetUrl {
    const NAME: &'static str = "get_url";
    const EXAMPLES: &'static str = r#"
- name: A release, and nothing but that
  get_url:
    url: https://example.org/releases/tool-1.2.tar.gz
    dest: /usr/local/src/
    checksum: sha256:https://example.org/releases/SHA256SUMS
    mode: "0644"
"#;
}

/// The checksum of some bytes in hexadecimal digits.
type Algorithm = fn(&[u8]) -> String;

/// A checksum that a file must have.
struct Checksum {
    algorithm: Algorithm,
    digits: String,
}

impl Module for GetUrl {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let client = self.web.client(host, self.timeout)?;
        let checksum = self.wanted_checksum(host, &client)?;
        let folder = self.dest.expand(host)?;
        let is_folder = host.follow(&folder)?.is_some_and(|found| found.is_directory());
        let guess =
            || HttpAddress::parse(&self.url).map(|address| web_file_name(&HttpResponse::default(), &address));
        let known = match is_folder {
            false => folder.clone(),
            true => {
                folder.join(guess().unwrap_or_else(|| self.url.rsplit('/').next().unwrap_or_default().into()))
            }
        };
        let exists = host.follow(&known)?.is_some_and(|found| found.is_file());
        let mut headers: Vec<(String, String)> = self.web.headers.clone().into_iter().collect();
        if exists && !self.force {
            match &checksum {
                Some(checksum) if checksum.fits(&host.read(&known)?) => {
                    return self.finish(
                        host,
                        &known,
                        None,
                        Outcome::new().with("msg", "file already exists"),
                    );
                }
                Some(_) => {}
                None => {
                    let modified = host.stat(&known)?.metadata.map(|metadata| metadata.modified);
                    headers.extend(modified.map(|time| ("If-Modified-Since".to_owned(), http_date(time))));
                }
            }
        }
        let start = host.now();
        let (response, address) = self.download(host, &client, headers, &known)?;
        let elapsed = host.now().duration_since(start).unwrap_or_default().as_secs() as i64;
        let dest = match (&address, is_folder) {
            (Some(address), true) => folder.join(match response.header("Content-Disposition") {
                Some(_) => web_file_name(&response, address),
                None => known.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            }),
            _ => known,
        };
        let status = i64::from(response.status);
        let outcome = Outcome::new().with("status_code", status).with("elapsed", elapsed);
        if response.status == 304 {
            return self.finish(
                host,
                &dest,
                None,
                outcome.with("msg", format!("HTTP Error 304: {}", response.reason)),
            );
        }
        if let Some(checksum) = &checksum
            && !checksum.fits(&response.body)
        {
            // Playbooks look for these words.
            let found = (checksum.algorithm)(&response.body);
            let message = format!(
                "The checksum for {} did not match {}; it was {found}.",
                dest.display(),
                checksum.digits
            );
            return Err(self.failed(&message).with("status_code", status));
        }
        let length = response.header("Content-Length").map(str::to_owned);
        let length = length.unwrap_or_else(|| "unknown".into());
        let outcome = outcome.with("msg", format!("OK ({length} bytes)"));
        self.finish(host, &dest, Some(response.body), outcome)
    }
}

impl GetUrl {
    fn failed(&self, message: &str) -> Error {
        let url =
            HttpAddress::parse(&self.url).map_or_else(|| self.url.clone(), |address| address.to_string());
        Error::failed(message).with("url", url).with("dest", self.dest.as_str())
    }

    /// An answer that is good, and its address; of a file on the host none.
    fn download(
        &self,
        host: &mut System,
        client: &WebClient,
        headers: Vec<(String, String)>,
        dest: &Path,
    ) -> Result<(HttpResponse, Option<HttpAddress>)> {
        let (response, address) = self.fetch(host, client, &self.url, headers)?;
        if !response.complete {
            let (got, wanted) = (response.body.len(), response.header("Content-Length").unwrap_or("unknown"));
            return Err(self.failed(&format!("Incomplete read, ({got} of {wanted} bytes)")));
        }
        let good = matches!(response.status, 200..300) || response.status == 304;
        if !good {
            let told = format!("HTTP Error {}: {}", response.status, response.reason);
            return Err(self
                .failed("Request failed")
                .with("response", told)
                .with("status_code", i64::from(response.status))
                .with("dest", dest.to_string_lossy().as_ref()));
        }
        Ok((response, address))
    }

    fn fetch(
        &self,
        host: &mut System,
        client: &WebClient,
        url: &str,
        headers: Vec<(String, String)>,
    ) -> Result<(HttpResponse, Option<HttpAddress>)> {
        if let Some(path) = url.strip_prefix("file://") {
            let failed = |error: Error| self.failed(&format!("Request failed: <urlopen error {error}>"));
            let body = host.read(Path::new(path)).map_err(failed)?;
            let headers = vec![("Content-Length".to_owned(), body.len().to_string())];
            let response = HttpResponse { status: 200, reason: "OK".into(), headers, body, complete: true };
            return Ok((response, None));
        }
        let address = HttpAddress::parse(url).ok_or_else(|| {
            self.failed(&format!("'{url}' is no address of the kinds http, https and file"))
        })?;
        let failed = |failure| self.failed(&format!("Request failed: <urlopen error {failure}>"));
        let answer = client.ask(host, "GET", address, headers, None).map_err(failed)?;
        Ok((answer.response, Some(answer.address)))
    }

    fn wanted_checksum(&self, host: &mut System, client: &WebClient) -> Result<Option<Checksum>> {
        if self.checksum.is_empty() {
            return Ok(None);
        }
        // Playbooks look for the words of the failures.
        let Some((algorithm, wanted)) = self.checksum.split_once(':') else {
            let message = "The checksum parameter has to be in format <algorithm>:<checksum>";
            return Err(self.failed(message));
        };
        let algorithm = algorithm_of(algorithm.trim())
            .ok_or_else(|| self.failed(&format!("Could not hash file with algorithm '{algorithm}': it is none of md5, sha1, sha224 to sha512 and sha3_256 to sha3_512")))?;
        let wanted = wanted.trim();
        let digits = if wanted.contains("://") {
            let (response, _) = self.fetch(host, client, wanted, Vec::new())?;
            if !matches!(response.status, 200..300) {
                let told = format!("HTTP Error {}: {}", response.status, response.reason);
                return Err(self.failed("Request failed").with("response", told));
            }
            let name = self.url.split('?').next().and_then(|url| url.rsplit('/').next()).unwrap_or_default();
            listed(&String::from_utf8_lossy(&response.body), name).ok_or_else(|| {
                self.failed(&format!("Unable to find a checksum for file '{name}' in '{wanted}'"))
            })?
        } else {
            wanted.to_owned()
        };
        let digits: String = digits.chars().filter(|mark| mark.is_alphanumeric()).collect();
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(self.failed("The checksum format is invalid"));
        }
        Ok(Some(Checksum { algorithm, digits: digits.to_lowercase() }))
    }

    /// Puts the content in place, sets owner and permissions, and tells.
    fn finish(
        &self,
        host: &mut System,
        dest: &Path,
        bytes: Option<Vec<u8>>,
        outcome: Outcome,
    ) -> Result<Outcome> {
        let real: PathBuf = host.real_path(dest)?;
        let now = host.inode(&real)?;
        let before = if now.is_file() { Some(host.read(&real)?) } else { None };
        if now.is_absent()
            && let Some(parent) = real.parent()
            && !host.follow(parent)?.is_some_and(|found| found.is_directory())
        {
            return Err(self.failed(&format!("Destination {} does not exist", parent.display())));
        }
        let source = bytes.as_deref().map(sha1_hex);
        let bytes = bytes.filter(|bytes| before.as_ref() != Some(bytes));
        let new = NewContent { bytes: bytes.clone(), backup: self.backup, ..self.file.kept_content() };
        let written = new.put(host, &now)?;
        self.file.marks().settle(host, &real)?;
        let found = host.inode(&real)?;
        let url =
            HttpAddress::parse(&self.url).map_or_else(|| self.url.clone(), |address| address.to_string());
        let content = bytes.or(before);
        let outcome = outcome
            .with("url", url)
            .with("dest", dest.to_string_lossy().as_ref())
            .with("checksum_src", source.map(Value::from))
            .with("checksum_dest", content.as_deref().map(sha1_hex))
            .with_some("md5sum", content.as_deref().map(md5_hex))
            .with_some("backup_file", written.backup.map(|path| path.to_string_lossy().into_owned()));
        inode_result(host, outcome, &found)
    }
}

impl Checksum {
    fn fits(&self, bytes: &[u8]) -> bool {
        (self.algorithm)(bytes) == self.digits
    }
}

fn algorithm_of(name: &str) -> Option<Algorithm> {
    Some(match name.to_ascii_lowercase().as_str() {
        "md5" => system::md5_hex,
        "sha1" => system::sha1_hex,
        "sha224" => system::sha224_hex,
        "sha256" => system::sha256_hex,
        "sha384" => system::sha384_hex,
        "sha512" => system::sha512_hex,
        "sha3_256" => system::sha3_256_hex,
        "sha3_384" => system::sha3_384_hex,
        "sha3_512" => system::sha3_512_hex,
        _ => return None,
    })
}

/// The checksum of a file in a list as `sha256sum` writes it, plainly or with `--tag`; or the only one.
fn listed(text: &str, name: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if let [only] = lines.as_slice()
        && !only.contains(char::is_whitespace)
    {
        return Some((*only).to_owned());
    }
    lines.into_iter().find_map(|line| {
        if let Some((file, digits)) = line.rsplit_once(") = ") {
            let file = file.split_once('(').map_or("", |(_, file)| file);
            return (file == name).then(|| digits.to_owned());
        }
        let (digits, file) = line.split_once(char::is_whitespace)?;
        let file = file.trim_start().trim_start_matches('*');
        (file.strip_prefix("./").unwrap_or(file) == name).then(|| digits.to_owned())
    })
}

/// The time in the form that HTTP wants.
fn http_date(seconds: f64) -> String {
    jiff::Timestamp::from_second(seconds as i64)
        .map(|time| time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_found_in_lists() {
        let list = "aa  x.txt\nbb *y.txt\ncc      ./z.txt\nSHA256 (w.txt) = dd\n";
        for (name, digits) in [("x.txt", "aa"), ("y.txt", "bb"), ("z.txt", "cc"), ("w.txt", "dd")] {
            assert_eq!(listed(list, name).as_deref(), Some(digits));
        }
        assert_eq!(listed(list, "v.txt"), None);
        assert_eq!(listed("ee\n", "v.txt").as_deref(), Some("ee"));
    }
}
