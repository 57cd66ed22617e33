//! The interfaces as JSON ABIs, for clients in other languages.

/// Name and text of each file in `sol/abi`: one for each interface. `cargo xtask bless` writes them from the interfaces.
pub const ABI_FILES: [(&str, &str); 9] = [
    ("ICor.json", include_str!("../abi/ICor.json")),
    ("INodePool.json", include_str!("../abi/INodePool.json")),
    ("IRuntime.json", include_str!("../abi/IRuntime.json")),
    ("ISessionPaymentTable.json", include_str!("../abi/ISessionPaymentTable.json")),
    ("IStaking.json", include_str!("../abi/IStaking.json")),
    ("IVault.json", include_str!("../abi/IVault.json")),
    ("ILane.json", include_str!("../abi/ILane.json")),
    ("ILens.json", include_str!("../abi/ILens.json")),
    ("IJury.json", include_str!("../abi/IJury.json")),
];
