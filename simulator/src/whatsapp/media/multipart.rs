//! Reading `multipart/form-data` (RFC 7578).

use memchr::memmem;

/// One part of a form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part<'b> {
    pub(crate) name: String,
    pub(crate) filename: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) bytes: &'b [u8],
}

impl Part<'_> {
    pub(crate) fn text(&self) -> Option<&str> {
        std::str::from_utf8(self.bytes).ok()
    }
}

/// The parts of a body; none where the header or the body is no form.
pub(crate) fn parts<'b>(content_type: &str, body: &'b [u8]) -> Option<Vec<Part<'b>>> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(parameters, "boundary")?;
    let delimiter = format!("\r\n--{boundary}");
    let first = delimiter.trim_start();
    let mut rest = body.get(memmem::find(body, first.as_bytes())? + first.len()..)?;
    let mut found = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(found);
        }
        let headers_end = memmem::find(rest, b"\r\n\r\n")?;
        let headers = std::str::from_utf8(rest.get(..headers_end)?).ok()?;
        let content = rest.get(headers_end + 4..)?;
        // An empty part ends with the CRLF that its headers ended with.
        let length = memmem::find(content, delimiter.as_bytes())?;
        found.push(part(headers, content.get(..length)?)?);
        rest = content.get(length + delimiter.len()..)?;
    }
}

fn part<'b>(headers: &str, bytes: &'b [u8]) -> Option<Part<'b>> {
    let header = |name: &str| {
        headers.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    let (_, disposition) = header("content-disposition")?.split_once(';')?;
    Some(Part {
        name: parameter(disposition, "name")?,
        filename: parameter(disposition, "filename"),
        content_type: header("content-type").map(str::to_owned),
        bytes,
    })
}

/// A parameter of a header, with or without quotes.
fn parameter(text: &str, name: &str) -> Option<String> {
    let mut rest = text;
    loop {
        let (key, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, left) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(';').unwrap_or((after, "")),
        };
        if key.trim_matches([';', ' ']).eq_ignore_ascii_case(name) {
            return Some(value.trim().to_owned());
        }
        rest = left;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_files_are_read_with_their_names_and_types() {
        let body = b"--x y\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\n\
            whatsapp\r\n--x y\r\n\
            content-disposition: form-data; filename=\"a;b.ogg\"; name=file\r\n\
            Content-Type: audio/ogg; codecs=opus\r\n\r\n\x00\r\n--x\r\n\r\n--x y--\r\n";
        let found = parts("multipart/form-data; boundary=\"x y\"", body).unwrap();
        assert_eq!(found[0].name, "messaging_product");
        assert_eq!(found[0].text(), Some("whatsapp"));
        assert_eq!(found[1].name, "file");
        assert_eq!(found[1].filename.as_deref(), Some("a;b.ogg"));
        assert_eq!(found[1].content_type.as_deref(), Some("audio/ogg; codecs=opus"));
        assert_eq!(found[1].bytes, b"\x00\r\n--x\r\n");
    }

    #[test]
    fn what_is_no_form_or_breaks_off_has_no_parts() {
        assert_eq!(parts("application/json", b"{}"), None);
        assert_eq!(parts("multipart/form-data", b"--x--"), None);
        assert_eq!(parts("multipart/form-data; boundary=x", b"--x\r\nContent-"), None);
        assert_eq!(parts("multipart/form-data; boundary=x", b"--x--"), Some(Vec::new()));
    }
}
