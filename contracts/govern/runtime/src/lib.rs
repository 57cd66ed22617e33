//! Runtime: the one address a client needs. Specified by `sol/IRuntime.sol`.

#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
// The SDK's macro writes an entry point without a doc comment.
#![allow(missing_docs)]

extern crate alloc;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U256, U64};
use alloy_sol_types::sol;
use cor_contract_shared::{nonzero, Ownable, Revert};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageB256, StorageBool, StorageMap, StorageU64, StorageVec},
};

sol! {
    event ModuleSet(bytes32 indexed name, address indexed module, uint64 version);
    event MinNodeVersionSet(uint64 version);
    event FeatureSet(bytes32 indexed name, bool enabled);

    error UnknownModule(bytes32 name);
    error VersionNotRising(bytes32 name, uint64 current, uint64 offered);
}

/// Modules by name, and the parameters every client must agree on.
#[storage]
#[entrypoint]
pub struct Runtime {
    ownable: Ownable,
    min_node_version: StorageU64,
    modules: StorageMap<B256, Module>,
    names: StorageVec<StorageB256>,
    features: StorageMap<B256, StorageBool>,
}

/// A module in one word. Version 0 means that there is none.
#[storage]
pub struct Module {
    address: StorageAddress,
    version: StorageU64,
}

#[public]
impl Runtime {
    /// Sets the first owner.
    ///
    /// # Arguments
    /// * `owner`: who sets modules; not zero.
    ///
    /// # Errors
    /// * `ZeroAddress` for a zero owner.
    ///
    /// # Events
    /// * `OwnershipTransferred` from zero.
    #[constructor]
    pub fn constructor(&mut self, owner: Address) -> Result<(), Revert> {
        self.ownable.init(owner)
    }

    /// Address and version of a module, or `UnknownModule`.
    /// Arguments, errors, events: `IRuntime.getModule`.
    pub fn get_module(&self, name: B256) -> Result<(Address, u64), Revert> {
        let module = self.modules.get(name);
        let version = module.version.get().to();
        if version == 0 {
            return Err(UnknownModule { name }.into());
        }
        Ok((module.address.get(), version))
    }

    /// Registers or replaces a module.
    /// Arguments, errors, events: `IRuntime.setModule`.
    pub fn set_module(&mut self, name: B256, module: Address, version: u64) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        nonzero(module)?;
        let mut record = self.modules.setter(name);
        let current = record.version.get().to();
        if version <= current {
            return Err(VersionNotRising { name, current, offered: version }.into());
        }
        record.address.set(module);
        record.version.set(U64::from(version));
        if current == 0 {
            self.names.push(name);
        }
        self.vm().log(ModuleSet { name, module, version });
        Ok(())
    }

    /// Number of modules ever named.
    /// Arguments, errors, events: `IRuntime.moduleCount`.
    pub fn module_count(&self) -> u64 {
        self.names.len() as u64
    }

    /// Name of a module by the order of first registration.
    /// Arguments, errors, events: `IRuntime.moduleNameAt`.
    pub fn module_name_at(&self, index: u64) -> Result<B256, Revert> {
        self.names.get(index).ok_or_else(|| UnknownModule { name: U256::from(index).into() }.into())
    }

    /// Oldest node software that may register.
    /// Arguments, errors, events: `IRuntime.minNodeVersion`.
    pub fn min_node_version(&self) -> u64 {
        self.min_node_version.get().to()
    }

    /// Sets the oldest node software.
    /// Arguments, errors, events: `IRuntime.setMinNodeVersion`.
    pub fn set_min_node_version(&mut self, version: u64) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.min_node_version.set(U64::from(version));
        self.vm().log(MinNodeVersionSet { version });
        Ok(())
    }

    /// Whether a feature is on.
    /// Arguments, errors, events: `IRuntime.feature`.
    pub fn feature(&self, name: B256) -> bool {
        self.features.get(name)
    }

    /// Switches a feature.
    /// Arguments, errors, events: `IRuntime.setFeature`.
    pub fn set_feature(&mut self, name: B256, enabled: bool) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.features.insert(name, enabled);
        self.vm().log(FeatureSet { name, enabled });
        Ok(())
    }

    /// Present owner.
    /// Arguments, errors, events: `IRuntime.owner`.
    pub fn owner(&self) -> Address {
        self.ownable.owner()
    }

    /// Offers ownership.
    /// Arguments, errors, events: `IRuntime.transferOwnership`.
    pub fn transfer_ownership(&mut self, candidate: Address) -> Result<(), Revert> {
        self.ownable.offer(candidate)
    }

    /// Accepts an offered ownership.
    /// Arguments, errors, events: `IRuntime.acceptOwnership`.
    pub fn accept_ownership(&mut self) -> Result<(), Revert> {
        self.ownable.accept()
    }
}
