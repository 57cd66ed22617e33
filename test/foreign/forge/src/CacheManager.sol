// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

interface IArbWasm {
    function codehashAsmSize(bytes32 codehash) external view returns (uint32);
}

interface IArbWasmCache {
    function cacheProgram(address program) external;
    function codehashIsCached(bytes32 codehash) external view returns (bool);
}

/// A cache manager as tools expect one, for chains where room for programs costs nothing: every bid wins, nothing is evicted.
contract CacheManager {
    IArbWasm constant ARB_WASM = IArbWasm(address(0x71));
    IArbWasmCache constant ARB_WASM_CACHE = IArbWasmCache(address(0x72));

    bool public constant isPaused = false;
    /// Bytes of compiled programs that fit.
    uint64 public constant cacheSize = type(uint64).max;
    /// Bytes of compiled programs that are in.
    uint64 public queueSize;

    event InsertBid(bytes32 indexed codehash, address program, uint192 bid, uint64 size);

    error AlreadyCached(bytes32 codehash);
    error ProgramNotActivated();

    function placeBid(address program) external payable {
        bytes32 codehash = program.codehash;
        if (ARB_WASM_CACHE.codehashIsCached(codehash)) revert AlreadyCached(codehash);
        uint64 size = sizeOf(program);
        queueSize += size;
        emit InsertBid(codehash, program, uint192(msg.value), size);
        ARB_WASM_CACHE.cacheProgram(program);
    }

    function getMinBid(address program) external view returns (uint192) {
        sizeOf(program);
        return 0;
    }

    function getMinBid(uint64) external pure returns (uint192) {
        return 0;
    }

    function sizeOf(address program) private view returns (uint64) {
        try ARB_WASM.codehashAsmSize(program.codehash) returns (uint32 size) {
            return size;
        } catch {
            revert ProgramNotActivated();
        }
    }
}
