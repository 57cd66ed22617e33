//! The crypto provider behind TLS, chosen once for every HTTP client of the process.
//!
//! `reqwest` is compiled without a default provider and panics on a missing one, so every client calls [`ensure_provider`] first.

use std::sync::Once;

/// Makes sure that a provider is set: ring, unless the program has installed its own, which then is used.
pub fn ensure_provider() {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_provider_is_there_after_any_number_of_calls() {
        for _ in 0..2 {
            super::ensure_provider();
            assert!(rustls::crypto::CryptoProvider::get_default().is_some());
        }
    }
}
