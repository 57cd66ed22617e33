//! The determinism class of the embedded engine.
//!
//! Measured on 20 prompts: the same binary gives the same logits bit for bit, also with another number of threads; another SIMD tier
//! changes the logits of all and the text of a third. So the class names everything that was seen to matter.

use crate::model::Sha256;

/// Version of candle, compared with the lock file by a test.
const ENGINE_VERSION: &str = "0.11.1";

/// Digits of the model's digest in the class: 64 bits, beyond accident.
const MODEL_DIGITS: usize = 16;

/// `engine-version/adapter version/cpu tier/model digest`, e.g. `candle-0.11.1/cor-0.1.0/x86_64-avx512vnni-avx512/f2e29b5f84188ce3`.
pub(super) fn determinism_class(model: Sha256) -> String {
    let model = &model.to_string()[..MODEL_DIGITS];
    // The adapter's version counts: it owns the chat template, the size of the prefill and the rule of ties.
    format!("candle-{ENGINE_VERSION}/cor-{}/{}/{model}", env!("CARGO_PKG_VERSION"), cpu_tier())
}

/// The kernels that candle chooses at run time on this CPU, by the same tests in the same order.
#[cfg(target_arch = "x86_64")]
fn cpu_tier() -> String {
    let forced = |name| std::env::var(name).as_deref() == Ok("1");
    let (force_avx2, force_avxvnni) = (forced("MISTRALRS_FORCE_AVX2"), forced("MISTRALRS_FORCE_AVXVNNI"));
    let avx512 = is_x86_feature_detected!("avx512f");
    let quantised = if !force_avx2 && !force_avxvnni && avx512 && is_x86_feature_detected!("avx512vnni") {
        "avx512vnni"
    } else if !force_avx2 && is_x86_feature_detected!("avx2") && (force_avxvnni || is_x86_feature_detected!("avxvnni")) {
        "avxvnni"
    } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        "avx2"
    } else {
        "scalar"
    };
    // The plain kernels (norms, attention) go by the CPU alone, whatever is forced for the quantised ones.
    let plain = if avx512 {
        "avx512"
    } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        "avx2"
    } else {
        "scalar"
    };
    format!("x86_64-{quantised}-{plain}")
}

/// The kernels that candle chooses at run time on this CPU.
#[cfg(target_arch = "aarch64")]
fn cpu_tier() -> String {
    let i8mm = std::arch::is_aarch64_feature_detected!("i8mm");
    let dotprod = std::arch::is_aarch64_feature_detected!("dotprod");
    let tier = if i8mm {
        "i8mm"
    } else if dotprod {
        "dotprod"
    } else {
        "neon"
    };
    format!("aarch64-{tier}")
}

/// No kernels for this architecture: portable code.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn cpu_tier() -> String {
    format!("{}-scalar", std::env::consts::ARCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_lock_file() {
        let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock")).unwrap();
        let (_, entry) = lock.split_once("name = \"candle-core\"\nversion = \"").unwrap();
        assert_eq!(entry.split_once('"').unwrap().0, ENGINE_VERSION);
    }

    #[test]
    fn a_class_has_four_parts_and_names_the_model() {
        let class = determinism_class(Sha256([0xab; 32]));
        let parts: Vec<&str> = class.split('/').collect();
        assert_eq!(parts.len(), 4, "{class}");
        assert_eq!(parts[3], "abababababababab");
        assert_ne!(class, determinism_class(Sha256([0xac; 32])));
    }
}
