//! ArbAddressTable, 0x66: short numbers for addresses.

use alloy_rlp::Encodable;
use alloy_sol_types::{SolCall, sol};
use revm::{
    Database,
    primitives::{Address, Bytes, U256},
};

use crate::arbos::{
    address_set::AddressSet,
    call::{Answer, Call, Outcome, Stop},
    layout::ADDRESS_TABLE,
};

sol! {
    #[allow(unreachable_pub, missing_docs)]
    interface ArbAddressTable {
        function addressExists(address addr) external view returns (bool);
        function compress(address addr) external returns (bytes memory);
        function decompress(bytes calldata buf, uint256 offset) external view returns (address, uint256);
        function lookup(address addr) external view returns (uint256);
        function lookupIndex(uint256 index) external view returns (address);
        function register(address addr) external returns (uint256);
        function size() external view returns (uint256);
    }
}

use ArbAddressTable::*;

/// Answers one call.
pub(super) fn call<DB: Database>(call: Call<'_, DB>) -> Answer {
    match call.selector() {
        addressExistsCall::SELECTOR => {
            call.view(|call, args: addressExistsCall| Ok(table().index_of(&mut call.storage(), args.addr)?.is_some()))
        }
        compressCall::SELECTOR => call.write(|call, args: compressCall| {
            let index = table().index_of(&mut call.storage(), args.addr)?;
            let mut out = Vec::new();
            match index {
                Some(index) => index.encode(&mut out),
                None => args.addr.encode(&mut out),
            }
            Ok(out.into())
        }),
        decompressCall::SELECTOR => call.view(decompress),
        lookupCall::SELECTOR => call.view(|call, args: lookupCall| {
            let index = table().index_of(&mut call.storage(), args.addr)?;
            index.map(U256::from).ok_or(Stop::Untyped)
        }),
        lookupIndexCall::SELECTOR => call.view(|call, args: lookupIndexCall| at(call, u64::try_from(args.index).ok())),
        registerCall::SELECTOR => call.write(|call, args: registerCall| {
            table().insert(&mut call.storage(), args.addr)?;
            let index = table().index_of(&mut call.storage(), args.addr)?;
            index.map(U256::from).ok_or(Stop::Untyped)
        }),
        sizeCall::SELECTOR => call.view(|call, _: sizeCall| Ok(U256::from(table().len(&mut call.storage())?))),
        _ => call.refuse(),
    }
}

fn table() -> AddressSet {
    AddressSet::new(*ADDRESS_TABLE)
}

fn at<DB: Database>(call: &mut Call<'_, DB>, index: Option<u64>) -> Outcome<Address, DB> {
    let index = index.ok_or(Stop::Untyped)?;
    table().get(&mut call.storage(), index)?.ok_or(Stop::Untyped)
}

/// Reads an address or its number, both in RLP, from a place of a buffer; answers the bytes read.
fn decompress<DB: Database>(call: &mut Call<'_, DB>, args: decompressCall) -> Outcome<decompressReturn, DB> {
    let offset = usize::try_from(args.offset).ok();
    let rest = offset.and_then(|offset| args.buf.get(offset..)).ok_or(Stop::Untyped)?;
    let mut unread = rest;
    let item = Bytes::copy_from_slice(alloy_rlp::Header::decode_bytes(&mut unread, false).map_err(|_| Stop::Untyped)?);
    let used = U256::from(rest.len() - unread.len());
    let address = if item.len() == Address::len_bytes() {
        Address::from_slice(&item)
    } else {
        let index = (item.len() <= 8).then(|| item.iter().fold(0, |n, byte| (n << 8) | u64::from(*byte)));
        at(call, index)?
    };
    Ok(decompressReturn { _0: address, _1: used })
}
