use system::{HttpAddress, HttpResponse};

/// The name under which an answer is kept in a folder: the one that the server gives it, else the last part of its
/// address.
pub fn web_file_name(response: &HttpResponse, address: &HttpAddress) -> String {
    let given = response.header("Content-Disposition").and_then(|header| {
        let name = header.split(';').find_map(|part| part.trim().strip_prefix("filename="))?;
        let name = name.trim_matches('"').rsplit('/').next().unwrap_or_default();
        (!name.is_empty() && name != "..").then(|| name.to_owned())
    });
    let path = address.path.split('?').next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    given.unwrap_or_else(|| if last.is_empty() { "index.html".into() } else { last.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_name_files_but_no_folders() {
        let address = HttpAddress::parse("http://host/a/b.txt?c=d").unwrap();
        let answer = |value: &str| HttpResponse {
            headers: vec![("content-disposition".into(), value.into())],
            ..HttpResponse::default()
        };
        assert_eq!(web_file_name(&HttpResponse::default(), &address), "b.txt");
        assert_eq!(web_file_name(&answer("attachment; filename=\"../x.json\""), &address), "x.json");
        assert_eq!(
            web_file_name(&HttpResponse::default(), &HttpAddress::parse("http://host").unwrap()),
            "index.html"
        );
    }
}
