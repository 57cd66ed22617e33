//! The crypto behind TLS: chosen once, for every client of the process.

use std::sync::Once;

/// Makes sure that a provider is set; HTTP clients cannot be made without one. A provider set by somebody else serves as well.
pub(crate) fn ensure_provider() {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}
