use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use diag::{Error, Result};
use serde_json::Value;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

/// Fetches over HTTP and HTTPS.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
}

impl Client {
    /// A client. Certificates are checked with those that the system trusts, unless they are not checked at all.
    pub fn new(timeout: Duration, check_certificates: bool) -> Client {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(RootCerts::PlatformVerifier)
            .disable_verification(!check_certificates)
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_resolve(Some(timeout))
            .timeout_connect(Some(timeout))
            .timeout_recv_response(Some(timeout))
            .http_status_as_error(false)
            .user_agent(concat!("capstan/", env!("CARGO_PKG_VERSION")))
            .build();
        Client { agent: config.new_agent() }
    }

    /// A JSON document; nothing if the server has none there.
    ///
    /// # Errors
    /// The server can't be reached, says no, or sends something else.
    pub(crate) fn json(&self, url: &str, authorization: Option<&str>) -> Result<Option<Value>> {
        let mut response = self.get(url, authorization)?;
        let status = response.status();
        if status == 404 {
            return Ok(None);
        }
        let read = response.body_mut().with_config().limit(64 << 20).read_to_string();
        let text = read.map_err(|error| unreachable(url, &error))?;
        if !status.is_success() {
            return Err(refused(url, status, &text));
        }
        let wrong = |error| Error::new(format!("what '{url}' gives is not JSON")).cause(error);
        serde_json::from_str(&text).map(Some).map_err(wrong)
    }

    /// Fetches a file.
    ///
    /// # Errors
    /// The server can't be reached or says no, or the file can't be written.
    pub(crate) fn file(&self, url: &str, authorization: Option<&str>, path: &Path) -> Result<()> {
        let mut response = self.get(url, authorization)?;
        if !response.status().is_success() {
            return Err(refused(url, response.status(), ""));
        }
        let failed = |error: &dyn std::fmt::Display| {
            Error::new(format!("can't fetch '{}'", without_password(url))).cause(error)
        };
        let mut file = std::fs::File::create(path).map_err(|error| failed(&error))?;
        std::io::copy(&mut response.body_mut().as_reader(), &mut file).map_err(|error| failed(&error))?;
        Ok(())
    }

    fn get(&self, url: &str, authorization: Option<&str>) -> Result<ureq::http::Response<ureq::Body>> {
        let mut request = self.agent.get(url);
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        request.call().map_err(|error| unreachable(url, &error))
    }

    /// Sends a form and gives the JSON that comes back.
    ///
    /// # Errors
    /// As for [`Client::json`].
    pub(crate) fn post_form(&self, url: &str, fields: &[(&str, &str)]) -> Result<Value> {
        let sent = self.agent.post(url).send_form(fields.iter().copied());
        let mut response = sent.map_err(|error| unreachable(url, &error))?;
        let status = response.status();
        let text = response.body_mut().read_to_string().map_err(|error| unreachable(url, &error))?;
        if !status.is_success() {
            return Err(refused(url, status, ""));
        }
        serde_json::from_str(&text)
            .map_err(|error| Error::new(format!("what '{url}' gives is not JSON")).cause(error))
    }
}

fn unreachable(url: &str, error: &ureq::Error) -> Error {
    Error::new(format!("Unknown error when attempting to call Galaxy at '{}'", without_password(url)))
        .cause(error)
}

fn refused(url: &str, status: ureq::http::StatusCode, text: &str) -> Error {
    let reason = serde_json::from_str::<Value>(text).ok().and_then(|body| {
        let body = body.get("errors").and_then(|errors| errors.get(0)).cloned().unwrap_or(body);
        let said = ["detail", "message", "title"].iter().find_map(|key| body.get(*key)?.as_str());
        said.map(str::to_owned)
    });
    let reason = reason.unwrap_or_else(|| status.canonical_reason().unwrap_or("no reason given").to_owned());
    Error::new(format!("'{}' refused: {reason} (HTTP Code: {})", without_password(url), status.as_u16()))
}

/// The address without a user's name and password in it.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(without_password("https://me:secret@host/a@b"), "https://host/a@b");
        assert_eq!(without_password("https://host/a@b"), "https://host/a@b");
    }
}
