//! Addresses of files that WhatsApp fetches by itself. Baton opens none of them. They are checked
//! so that none names something of the inside, carries a secret, or is read in two ways.

/// Characters of an address.
const CHARS_MAX: usize = 2048;
/// Characters of the name of a host, and of a part of it.
const HOST_CHARS_MAX: usize = 253;
const LABEL_CHARS_MAX: usize = 63;
/// Ends of names that mean something on a network of one's own only.
const PRIVATE: [&str; 12] = [
    "local",
    "localhost",
    "localdomain",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "arpa",
    "onion",
    "invalid",
];

/// Whether it is a public https address without a login.
///
/// # Errors
/// The fault of the link, in words.
pub(crate) fn check(link: &str) -> Result<(), &'static str> {
    if link.chars().count() > CHARS_MAX {
        return Err("has more than 2048 characters");
    }
    let Some(rest) = link.strip_prefix("https://") else {
        return Err("must be an https address");
    };
    // What is not of the plain alphabet of addresses is read differently by different programs.
    if !link.bytes().all(|byte| byte.is_ascii_graphic() && !br#"\<>"`{}|^"#.contains(&byte)) {
        return Err("has characters that an address must write with %");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("must name no user and no password");
    }
    if authority.contains(':') {
        return Err("must be the name of a public host, without a port");
    }
    if !is_public(authority) {
        return Err("must be the name of a public host");
    }
    Ok(())
}

/// Whether it is a name with a top level that is no number, so that it is no address of a machine.
fn is_public(host: &str) -> bool {
    let labels: Vec<_> = host.split('.').collect();
    let is_label = |label: &&str| {
        (1..=LABEL_CHARS_MAX).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let Some(top) = labels.last().map(|top| top.to_ascii_lowercase()) else { return false };
    host.len() <= HOST_CHARS_MAX
        && labels.len() >= 2
        && labels.iter().all(is_label)
        && top.len() >= 2
        && top.starts_with(|first: char| first.is_ascii_alphabetic())
        && !PRIVATE.contains(&top.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_are_taken() {
        for link in [
            "https://shop.example/bill.pdf",
            "https://cdn.shop.com/a/b.jpg?size=2&t=%C3%A9#x",
            "https://xn--bcher-kva.xn--p1ai/x",
            "https://a.co",
            "https://shop.com/@user:x",
            &format!("https://shop.com/{}", "x".repeat(CHARS_MAX - 17)),
        ] {
            assert_eq!(check(link), Ok(()), "{link}");
        }
    }

    #[test]
    fn nothing_of_the_inside_no_secret_and_nothing_doubtful_is_taken() {
        for link in [
            "",
            "http://shop.com/a.jpg",
            "HTTPS://shop.com/a.jpg",
            "ftp://shop.com/a.jpg",
            "file:///etc/passwd",
            "data:image/png;base64,AAAA",
            "//shop.com/a.jpg",
            "https://",
            "https:///a.jpg",
            "https://?x=shop.com",
            "https://localhost/a.jpg",
            "https://files.localhost/a.jpg",
            "https://files.internal/a.jpg",
            "https://printer.LOCAL/a.jpg",
            "https://router.home.arpa/a.jpg",
            "https://intranet/a.jpg",
            "https://127.0.0.1/a.jpg",
            "https://2130706433/a.jpg",
            "https://0x7f.1/a.jpg",
            "https://127.0.0.0x1/a.jpg",
            "https://[::1]/a.jpg",
            "https://169.254.169.254/latest/meta-data",
            "https://shop.com:8443/a.jpg",
            "https://user:secret@shop.com/a.jpg",
            "https://user@shop.com/a.jpg",
            "https://shop.com\\@127.0.0.1/a.jpg",
            "https://shop.com/a b.jpg",
            "https://shop.com/a.jpg\n",
            "https://shop.com/\u{e9}.jpg",
            "https://sh\u{43e}p.com/a.jpg",
            "https://shop%2ecom/a.jpg",
            "https://shop..com/a.jpg",
            "https://shop.com./a.jpg",
            "https://-shop.com/a.jpg",
            "https://.com/a.jpg",
            &format!("https://shop.com/{}", "x".repeat(CHARS_MAX - 16)),
            &format!("https://{}.com/a.jpg", "x".repeat(64)),
            &format!("https://{}com/a.jpg", "x.".repeat(130)),
        ] {
            assert!(check(link).is_err(), "{link}");
        }
    }
}
