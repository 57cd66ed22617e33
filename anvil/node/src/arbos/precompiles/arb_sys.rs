//! ArbSys, 0x64: the chain's own numbers, who called whom, and messages to the parent chain.
//!
//! Messages are counted, logged and gathered under a root, which block headers hold; there is no parent chain to carry them to.

use alloy_sol_types::{SolCall, SolValue, sol};
use revm::{
    Database,
    primitives::{Address, Bytes, U256, address},
};

use crate::arbos::{
    call::{Answer, Call, Outcome, Stop},
    sends,
    storage::READ_GAS,
};

sol! {
    #[allow(unreachable_pub, missing_docs, clippy::too_many_arguments)]
    interface ArbSys {
        function arbBlockNumber() external view returns (uint256);
        function arbBlockHash(uint256 arbBlockNum) external view returns (bytes32);
        function arbChainID() external view returns (uint256);
        function arbOSVersion() external view returns (uint256);
        function getStorageGasAvailable() external view returns (uint256);
        function isTopLevelCall() external view returns (bool);
        function mapL1SenderContractAddressToL2Alias(address sender, address unused) external pure returns (address);
        function wasMyCallersAddressAliased() external view returns (bool);
        function myCallersAddressWithoutAliasing() external view returns (address);
        function withdrawEth(address destination) external payable returns (uint256);
        function sendTxToL1(address destination, bytes calldata data) external payable returns (uint256);

        function sendMerkleTreeState() external view returns (uint256 size, bytes32 root, bytes32[] memory partials);

        event SendMerkleUpdate(uint256 indexed reserved, bytes32 indexed hash, uint256 indexed position);
        event L2ToL1Tx(
            address caller, address indexed destination, uint256 indexed hash, uint256 indexed position,
            uint256 arbBlockNum, uint256 ethBlockNum, uint256 timestamp, uint256 callvalue, bytes data
        );

        error InvalidBlockNumber(uint256 requested, uint256 current);
    }
}

use ArbSys::*;

/// What the numbers of ArbOS releases start from.
const VERSION_OFFSET: u64 = 55;
/// Blocks whose hash can be asked for.
const BLOCK_HASHES: u64 = 256;
/// Added to a parent chain contract's address to get its address here.
const ALIAS_OFFSET: Address = address!("1111000000000000000000000000000000001111");

/// Answers one call.
pub(super) fn call<DB: Database>(call: Call<'_, DB>) -> Answer {
    match call.selector() {
        arbBlockNumberCall::SELECTOR => call.view(|call, _: arbBlockNumberCall| Ok(U256::from(call.block().number))),
        arbBlockHashCall::SELECTOR => call.view(block_hash),
        arbChainIDCall::SELECTOR => call.view(|call, _: arbChainIDCall| Ok(U256::from(call.config().chain_id))),
        arbOSVersionCall::SELECTOR => {
            call.view(|call, _: arbOSVersionCall| Ok(U256::from(VERSION_OFFSET + call.arbos().number())))
        }
        getStorageGasAvailableCall::SELECTOR => call.view(|_, _: getStorageGasAvailableCall| Ok(U256::ZERO)),
        isTopLevelCallCall::SELECTOR => call.view(|call, _: isTopLevelCallCall| Ok(call.chain().tx.spans.len() <= 1)),
        mapL1SenderContractAddressToL2AliasCall::SELECTOR => {
            call.pure(|_, args: mapL1SenderContractAddressToL2AliasCall| Ok(alias(args.sender)))
        }
        // Only messages from the parent chain come from aliases, and there are none.
        wasMyCallersAddressAliasedCall::SELECTOR => call.view(|_, _: wasMyCallersAddressAliasedCall| Ok(false)),
        myCallersAddressWithoutAliasingCall::SELECTOR => call.view(|call, _: myCallersAddressWithoutAliasingCall| {
            Ok(call.chain().tx.spans.last().map(|span| span.caller).unwrap_or_default())
        }),
        withdrawEthCall::SELECTOR => call.payable(|call, args: withdrawEthCall| send(call, args.destination, Bytes::new())),
        sendTxToL1Call::SELECTOR => call.payable(|call, args: sendTxToL1Call| send(call, args.destination, args.data)),
        sendMerkleTreeStateCall::SELECTOR => call.view(merkle_tree_state),
        _ => call.refuse(),
    }
}

fn block_hash<DB: Database>(call: &mut Call<'_, DB>, args: arbBlockHashCall) -> Outcome<revm::primitives::B256, DB> {
    let (requested, current) = (args.arbBlockNum, call.block().number);
    let number = u64::try_from(requested).ok();
    match number.filter(|n| *n < current && n.saturating_add(BLOCK_HASHES) >= current) {
        Some(number) => call.block_hash(number),
        None => Err(Stop::typed(InvalidBlockNumber { requested, current: U256::from(current) })),
    }
}

fn alias(sender: Address) -> Address {
    let sum = U256::from_be_bytes(sender.into_word().0) + U256::from_be_bytes(ALIAS_OFFSET.into_word().0);
    Address::from_word(sum.into())
}

/// The accumulator, for whoever exports the chain's state: only calls from no one, as `eth_call` makes them, get it.
fn merkle_tree_state<DB: Database>(
    call: &mut Call<'_, DB>,
    _: sendMerkleTreeStateCall,
) -> Outcome<sendMerkleTreeStateReturn, DB> {
    if !call.caller().is_zero() {
        return Err(Stop::Untyped);
    }
    let sends = sends::load(&mut call.storage())?;
    Ok(sendMerkleTreeStateReturn { size: U256::from(sends.count), root: sends.root, partials: sends.partials })
}

/// Counts, gathers and logs a message; its money leaves this chain.
fn send<DB: Database>(call: &mut Call<'_, DB>, destination: Address, data: Bytes) -> Outcome<U256, DB> {
    let (value, caller) = (call.value(), call.caller());
    let block = call.block();
    let numbers = [block.number, block.l1_block_number, block.timestamp].map(U256::from);
    let content = (caller, destination, numbers[0], numbers[1], numbers[2], value, data.clone());
    let hash = sends::hash(&mut call.storage(), &content.abi_encode_packed())?;
    let (leaf, completed) = sends::append(&mut call.storage(), hash)?;
    // The size is read once more.
    call.burn(READ_GAS)?;
    call.destroy(value)?;
    for node in completed {
        call.emit(&SendMerkleUpdate { reserved: U256::ZERO, hash: node.hash, position: node.position() })?;
    }
    let position = U256::from(leaf);
    call.emit(&L2ToL1Tx {
        caller,
        destination,
        hash: hash.into(),
        position,
        arbBlockNum: numbers[0],
        ethBlockNum: numbers[1],
        timestamp: numbers[2],
        callvalue: value,
        data,
    })?;
    Ok(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_wrap_around() {
        let low = Address::with_last_byte(1);
        assert_eq!(alias(low), address!("1111000000000000000000000000000000001112"));
        assert_eq!(alias(Address::repeat_byte(0xff)), address!("1111000000000000000000000000000000001110"));
    }
}
