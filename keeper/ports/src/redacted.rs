//! A URL as far as a text may show it.

/// The URL as scheme, host and port. What else a URL has often holds a key, and a text ends in logs and in reports of bugs: user name and
/// password are left out, and `/…` stands for a path, a query or a fragment. A text that is no URL is shown by the same rule.
#[must_use]
pub fn redacted(url: &str) -> String {
    let is_scheme = |text: &str| text.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter));
    let scheme_end = url.find("://").filter(|&at| is_scheme(&url[..at])).map_or(0, |at| at + "://".len());
    let (scheme, rest) = url.split_at(scheme_end);
    // A client reads a backslash as a slash.
    let (authority, more) = rest.split_at(rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // A single mark, such as the slash of `http://host/`, says nothing.
    let more = if more.len() > 1 { "/…" } else { "" };
    format!("{scheme}{host}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_host_and_port_are_left() {
        for (given, shown) in [
            ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
            ("http://127.0.0.1:8545/", "http://127.0.0.1:8545"),
            ("https://h.example/v2/secret", "https://h.example/…"),
            ("https://h.example?key=secret", "https://h.example/…"),
            ("https://h.example/#secret", "https://h.example/…"),
            ("https://u:secret@h.example:1/a/b?token=secret#f", "https://h.example:1/…"),
            ("https://u@secret@h.example", "https://h.example"),
            ("wss://h.example\\secret", "wss://h.example/…"),
            ("http://[::1]:8545/x", "http://[::1]:8545/…"),
            ("127.0.0.1:8545/secret", "127.0.0.1:8545/…"),
            ("u:secret@h.example", "h.example"),
            ("h.example/secret://x", "h.example/…"),
            ("not-a-url", "not-a-url"),
            ("", ""),
        ] {
            assert_eq!(redacted(given), shown, "{given}");
            assert_eq!(redacted(shown), shown, "once is enough");
        }
    }
}
