//! Errors of the development chain and of its Stylus VM.

use super::area;

area! {
    /// The development chain as a program: ports, settings, files.
    node "NODE":
    "NODE-001" PORT_IN_USE "PortInUse" Caller - Configuration
        "Another process listens on the port."
        "Stop the process that holds the port, choose another with --port, or use --port 0 for any free one.";
    "NODE-002" LISTEN "Listen" Caller - Configuration
        "The operating system refused the socket."
        "Check the address and the permission to listen there.";
    "NODE-003" MNEMONIC "Mnemonic" Caller - Configuration
        "The mnemonic or the derivation path gives no accounts."
        "Give a BIP-39 mnemonic and a derivation path of Ethereum.";
    "NODE-005" THREAD "Thread" Transient - Configuration
        "The operating system gave no thread."
        "Raise the limit of threads, or stop other programs.";
    "NODE-007" SAVE_STATE "SaveState" Caller - Configuration
        "The state could not be written."
        "Check that the folder exists and is writable, and that the disk has room.";
    "NODE-008" SETTING "Setting" Caller - Configuration
        "A setting is out of range."
        "Give the setting a value in the range that is named.";
    "NODE-010" INTERRUPTED "Interrupted" Transient - Configuration
        "The node was stopped while it started."
        "Start it again.";
    "NODE-011" STATE_PATH "StatePath" Caller - Configuration
        "The state could not be written where it is to go at the end, and would be lost."
        "Name a file in a folder that exists and can be written to, with --state or --dump-state.";
    "NODE-012" GENESIS_FILE "GenesisFile" Caller - Configuration
        "The genesis file was refused."
        "Mend the file, or start without --init.";
    "NODE-013" IPC_SOCKET "IpcSocket" Caller - Configuration
        "The Unix socket could not be opened."
        "If no other process listens there, name another file with --ipc.";
    "NODE-014" SETTINGS_CONFLICT "SettingsConflict" Caller - Configuration
        "Two settings contradict each other."
        "Leave one of them out.";
    "NODE-015" ACCOUNT_KEY "AccountKey" Bug - Configuration
        "A key of the node's own accounts is not a valid key of secp256k1."
        "Report it, with the flags that the node was started with.";
}

area! {
    /// Requests to the development chain.
    chain "CHAIN":
    "CHAIN-101" TRANSACTION_REFUSED "TransactionRefused" Caller - Refused
        "The transaction was not accepted."
        "Change the transaction as the message says.";
    "CHAIN-102" CALL_REVERTED "CallReverted" Chain - Refused
        "The call reverted."
        "Decode the revert data with the contract's ABI.";
    "CHAIN-103" CALL_HALTED "CallHalted" Chain - Refused
        "The call halted and used all its gas."
        "Trace the call with debug_traceCall.";
    "CHAIN-104" GAS_ALLOWANCE "GasAllowance" Chain - Refused
        "The highest gas limit is not enough for the call."
        "Give more gas, or fund the sender.";
    "CHAIN-107" BLOCK_NOT_FOUND "BlockNotFound" Caller - Refused
        "There is no such block."
        "Ask for a block up to the newest.";
    "CHAIN-108" TRANSACTION_NOT_FOUND "TransactionNotFound" Caller - Refused
        "There is no such transaction."
        "Check the hash, and whether the transaction is mined.";
    "CHAIN-109" STATE_GONE "StateGone" Caller - Refused
        "The state of the block is no longer kept."
        "Start the node with a larger --max-persisted-states.";
    "CHAIN-110" INVALID_REQUEST "InvalidRequest" Caller - Refused
        "The request contradicts itself, or a value in it does not fit the chain."
        "Change the request as the message says.";
    "CHAIN-111" NO_SIGNER "NoSigner" Caller - Refused
        "The node does not hold the key of the account."
        "Impersonate the account with anvil_impersonateAccount.";
    "CHAIN-112" TIMESTAMP "Timestamp" Caller - Refused
        "The timestamp is lower than that of the newest block."
        "Give a later timestamp.";
    "CHAIN-113" FILTER_NOT_FOUND "FilterNotFound" Caller - Refused
        "There is no such filter, or it has expired."
        "Install the filter again.";
    "CHAIN-114" TOO_MANY_FILTERS "TooManyFilters" Transient - Refused
        "The node keeps as many filters as it may."
        "Uninstall filters that are not used.";
    "CHAIN-115" TOO_MANY_LOGS "TooManyLogs" Caller - Refused
        "More logs match than one answer may hold."
        "Narrow the range of blocks.";
    "CHAIN-116" BLOCK_RANGE "BlockRange" Caller - Refused
        "The range of blocks ends before it begins, or begins after the newest block."
        "Give a range that exists.";
    "CHAIN-117" TOO_MANY_SNAPSHOTS "TooManySnapshots" Transient - Refused
        "The node keeps as many snapshots as it may."
        "Revert to a snapshot.";
    "CHAIN-119" TRACER "Tracer" Caller - Refused
        "There is no such tracer, or its settings are wrong."
        "Use a tracer that the documentation lists.";
    "CHAIN-120" REORG_DEPTH "ReorgDepth" Caller - Refused
        "The reorganisation goes back further than the states that are kept."
        "Ask for a smaller depth.";
    "CHAIN-121" PANICKED "Panicked" Bug - Refused
        "The execution panicked."
        "Report this with the log of the node.";
    "CHAIN-122" UNDECODABLE "Undecodable" Caller - Refused
        "The bytes are not a signed transaction."
        "Send the transaction in its EIP-2718 form.";
    "CHAIN-123" BLOCK_OUT_OF_RANGE "BlockOutOfRange" Caller - Refused
        "There is no block with this number yet."
        "Ask for a block up to the newest.";
    "CHAIN-124" NOT_MINED_IN_TIME "NotMinedInTime" Transient - Refused
        "The transaction was accepted, but no block held it in time."
        "Ask for its receipt with eth_getTransactionReceipt; a chain that mines on request needs evm_mine first.";
    "CHAIN-125" UNSERIALISABLE "Unserialisable" Bug - Refused
        "The answer cannot be written as JSON."
        "Report this with the request.";
    "CHAIN-126" LIMIT_EXCEEDED "LimitExceeded" Caller - Refused
        "The request asks for more than one request may."
        "Ask for less at a time.";
    "CHAIN-127" UNSUPPORTED "Unsupported" Caller - Refused
        "The development chain cannot do what the request asks for."
        "Leave that part out, or ask as the message says.";
}

area! {
    /// State files of the development chain.
    dump "DUMP":
    "DUMP-001" DUMP_UNREADABLE "DumpUnreadable" Caller - Configuration
        "The file cannot be read."
        "Check the path and the permissions of the file.";
    "DUMP-002" NOT_A_DUMP "NotADump" Caller - Configuration
        "The file is not a state dump."
        "Give a file written by --state, --dump-state or anvil_dumpState.";
    "DUMP-003" DUMP_VERSION "DumpVersion" Caller - Configuration
        "The dump has another format version."
        "Load it with the release that wrote it.";
    "DUMP-004" DUMP_LENGTH "DumpLength" Caller - Configuration
        "The dump is cut off or extended."
        "Use an undamaged copy.";
    "DUMP-005" DUMP_HASH "DumpHash" Caller - Configuration
        "The content of the dump was changed."
        "Use an undamaged copy.";
    "DUMP-006" DUMP_CONTENT "DumpContent" Caller - Configuration
        "The content of the dump cannot be read."
        "Load it with the release that wrote it.";
    "DUMP-007" DUMP_CHAIN_ID "DumpChainId" Caller - Configuration
        "The dump is of another chain."
        "Start the chain with the chain id of the dump.";
    "DUMP-008" DUMP_INCONSISTENT "DumpInconsistent" Caller - Configuration
        "The dump contradicts itself."
        "Use an undamaged copy.";
    "DUMP-010" DUMP_OF_UNFORKED_CHAIN "DumpOfUnforkedChain" Caller - Configuration
        "This chain is a fork, and the dump is of a chain that is not."
        "Load the dump without --fork-url.";
    "DUMP-011" DUMP_PACKED "DumpPacked" Caller - Configuration
        "The dump cannot be unpacked."
        "Use an undamaged copy.";
    "DUMP-012" DUMP_OF_OTHER_FORK "DumpOfOtherFork" Caller - Configuration
        "The dump is of a chain that was forked at another block."
        "Start the chain with --fork-url and the block that is named.";
}

area! {
    /// The chain that was forked.
    fork "FORK":
    "FORK-001" ORIGIN_UNREACHABLE "OriginUnreachable" Transient - Configuration
        "The origin could not be reached, or broke the connection off."
        "Check --fork-url and the network, then try again.";
    "FORK-002" ORIGIN_REFUSED "OriginRefused" Peer - Configuration
        "The origin answered with a JSON-RPC error."
        "Read what the origin says; an archive node keeps older states.";
    "FORK-003" ORIGIN_FORM "OriginForm" Peer - Configuration
        "The answer of the origin has an unexpected form."
        "Check that --fork-url is an Ethereum JSON-RPC endpoint.";
    "FORK-004" ORIGIN_BLOCK "OriginBlock" Caller - Configuration
        "The origin has no such block."
        "Choose a block that the origin has: its newest may be older, or it does not keep this one.";
    "FORK-005" ORIGIN_URL "OriginUrl" Caller - Configuration
        "The URL is not a valid URL of an endpoint."
        "Give a URL like http://127.0.0.1:8545.";
    "FORK-006" ORIGIN_CLIENT "OriginClient" Transient - Configuration
        "The client of the origin did not start."
        "Raise the limits of threads and files, or stop other programs.";
    "FORK-007" ORIGIN_CLIENT_STOPPED "OriginClientStopped" Transient - Configuration
        "The client of the origin has stopped."
        "Start the node again.";
    "FORK-008" ORIGIN_HEADER "OriginHeader" Caller - Configuration
        "The header for the origin is not a valid HTTP header."
        "Give one like \"Authorization: Bearer 123\".";
    "FORK-009" ORIGIN_KEPT "OriginKept" Transient - Configuration
        "The origin did not answer, but a block of it is kept on this disk."
        "To start without the origin, give the flags that are named.";
}

area! {
    /// The execution of transactions.
    evm "EVM":
    "EVM-101" INVALID_TRANSACTION "InvalidTransaction" Caller - Refused
        "The transaction breaks a rule and cannot be part of a block."
        "Change the transaction as the message says.";
    "EVM-102" INVALID_HEADER "InvalidHeader" Bug - Refused
        "The context of the block lacks a field."
        "Report this with the log of the node.";
    "EVM-103" STATE_UNREADABLE "StateUnreadable" Transient - Refused
        "The state could not be read."
        "Try again; if the chain is a fork, check its origin.";
    "EVM-105" BLOB_TRANSACTION "BlobTransaction" Caller - Refused
        "Transactions with blobs are not supported."
        "Send the data as calldata.";
    "EVM-106" EXECUTOR_FAILED "ExecutorFailed" Bug - Refused
        "The executor failed."
        "Report this with the log of the node.";
    "EVM-109" TRACE_TOO_LONG "TraceTooLong" Caller - Refused
        "The transaction makes more host calls than a trace holds."
        "Trace a shorter transaction.";
    "EVM-110" UNKNOWN_ARBOS_VERSION "UnknownArbOsVersion" Caller - Usage
        "The ArbOS version is unknown."
        "Use 40, 51 or 60.";
    "EVM-120" PROGRAM_INACTIVE "ProgramInactive" Chain - Refused
        "The program is not activated."
        "Call activateProgram of ArbWasm (0x0000000000000000000000000000000000000071) with 0.001 ether; what is left comes back.";
    "EVM-121" PROGRAM_OUTDATED "ProgramOutdated" Chain - Refused
        "The program was activated for another Stylus version."
        "Activate it again.";
    "EVM-122" PROGRAM_EXPIRY "ProgramExpiry" Chain - Refused
        "The activation of the program has expired."
        "Activate it again.";
    "EVM-123" PROGRAM_STOPPED "ProgramStopped" Chain - Refused
        "The program stopped: it trapped, a host call failed, or its stack ran out."
        "Trace the call with debug_traceCall and the stylusTracer, or look for the panic in the program.";
    "EVM-124" CODE_SIZE "CodeSize" Caller - Refused
        "The code is longer than an account may hold."
        "Make it smaller (a Stylus program by wasm-opt -Oz, or in fragments from ArbOS 60 on), or, for tests alone, raise --code-size-limit.";
}

area! {
    /// The Stylus VM: activation, deployed code, engine, answers of the chain.
    vm "VM":
    "VM-101" INVALID_MODULE "InvalidModule" Caller - Refused
        "Stylus does not accept the module."
        "Deploy with cargo stylus, which encodes the module anew, or do so: docs/howto/from-nitro-devnode-or-anvil.md.";
    "VM-102" UNSUPPORTED_SECTION "UnsupportedSection" Caller - Refused
        "The module has a section that programs may not have."
        "For a data count section: encode the module anew with wasm-tools print and wasm-tools parse, after wasm-opt.";
    "VM-103" MODULE_LIMIT "ModuleLimit" Caller - Refused
        "The module exceeds a limit."
        "Make the program smaller.";
    "VM-104" START_FUNCTION "StartFunction" Caller - Refused
        "Start functions are not allowed."
        "Do the work in user_entrypoint.";
    "VM-105" MISSING_ENTRYPOINT "MissingEntrypoint" Caller - Refused
        "No function is exported as user_entrypoint."
        "Mark the contract with #[entrypoint].";
    "VM-106" ENTRYPOINT_TYPE "EntrypointType" Caller - Refused
        "The type of user_entrypoint is wrong."
        "Let it take one i32 and return one i32.";
    "VM-107" MISSING_MEMORY "MissingMemory" Caller - Refused
        "No memory is exported as `memory`."
        "Export the memory.";
    "VM-108" MISSING_PAY_FOR_MEMORY_GROW "MissingPayForMemoryGrow" Caller - Refused
        "The memory can grow, and the program does not import vm_hooks.pay_for_memory_grow."
        "Import it, as the SDK does.";
    "VM-109" UNKNOWN_IMPORT "UnknownImport" Caller - Refused
        "The chain does not provide an import of the module."
        "Remove the import, or build with the SDK for this version of Stylus.";
    "VM-110" IMPORT_SIGNATURE "ImportSignature" Caller - Refused
        "An import has the wrong signature."
        "Build with the SDK for this version of Stylus.";
    "VM-111" IMPORT_KIND "ImportKind" Caller - Refused
        "An import is not a function."
        "Import functions only.";
    "VM-112" RESERVED_NAME "ReservedName" Caller - Refused
        "An export has a reserved name."
        "Rename it.";
    "VM-113" EXPORT_NAMED_AS_IMPORT "ExportNamedAsImport" Caller - Refused
        "An export has the name of an import."
        "Rename it.";
    "VM-114" UNSUPPORTED_OPERATOR "UnsupportedOperator" Caller - Refused
        "The module uses an operator that Stylus does not support."
        "Compile without floats and newer proposals of WebAssembly.";
    "VM-115" SEGMENT_OUT_OF_BOUNDS "SegmentOutOfBounds" Caller - Refused
        "A segment is outside of the initial memory or table."
        "Enlarge the initial memory or table.";
    "VM-116" COST_OVERFLOW "CostOverflow" Caller - Refused
        "A figure of the program is too large to be stored."
        "Make the program smaller.";
    "VM-117" NATIVE_COMPILER "NativeCompiler" Caller - Refused
        "The native compiler refuses the module."
        "Simplify the function that is named.";
    "VM-201" NOT_WASM "NotWasm" Caller - Refused
        "The bytes are not WebAssembly."
        "Give a module in binary or text form.";
    "VM-202" NOT_PROGRAM "NotProgram" Caller - Refused
        "The code is not a Stylus program."
        "Deploy code that begins with ef f0 00 or ef f0 02.";
    "VM-203" TRUNCATED_HEADER "TruncatedHeader" Caller - Refused
        "The header of the program is cut off."
        "Deploy the whole code.";
    "VM-204" UNSUPPORTED_DICTIONARY "UnsupportedDictionary" Caller - Refused
        "The Stylus dictionary is not supported."
        "Compress without a dictionary.";
    "VM-205" UNKNOWN_DICTIONARY "UnknownDictionary" Caller - Refused
        "The dictionary is unknown."
        "Compress without a dictionary.";
    "VM-206" INVALID_BROTLI "InvalidBrotli" Caller - Refused
        "The program is not a valid brotli stream."
        "Compress it again.";
    "VM-207" PROGRAM_TOO_LARGE "ProgramTooLarge" Caller - Refused
        "The program is too large after decompression."
        "Make the program smaller.";
    "VM-208" FRAGMENT_COUNT "FragmentCount" Caller - Refused
        "The program has too many fragments, or none."
        "Deploy it in as many fragments as the chain takes.";
    "VM-209" NOT_FRAGMENT "NotFragment" Caller - Refused
        "An account that should hold a fragment does not."
        "Deploy the fragment first.";
    "VM-301" ENGINE_SETUP "EngineSetup" Bug - Configuration
        "The native engine cannot run on this host."
        "Report this with the kind of the host.";
    "VM-302" INSTANTIATE "Instantiate" Transient - Refused
        "The program cannot be instantiated."
        "Free some memory, then try again.";
    "VM-303" CHAIN_FAILED "ChainFailed" Transient - Refused
        "The chain failed under a running program."
        "Try again; if the chain is a fork, check its origin.";
    "VM-401" OPERATION_REFUSED "OperationRefused" Chain - Refused
        "The chain refuses the operation."
        "Do not write in a static call, and give a create its gas.";
}

area! {
    /// Contracts tested in process.
    harness "TEST":
    "TEST-001" PROGRAM_FILE "ProgramFile" Caller - Configuration
        "The file of a program cannot be read."
        "Build the contract first, and name its .wasm file.";
    "TEST-011" CALL_REVERTED "TestCallReverted" Chain - Refused
        "The contract reverted."
        "Decode the data with error or any_of. Empty data: no such function, arguments that do not decode, ether that is not taken, or a constructor that has run.";
    "TEST-012" CALL_HALTED "TestCallHalted" Chain - Refused
        "The call used up its gas, sent more than its sender has, or broke a rule of the VM."
        "Give the call more gas, or its sender more ether.";
    "TEST-014" UNEXPECTED_RETURN "UnexpectedReturn" Peer - Refused
        "The contract returned something else than its interface says."
        "Compare the interface with the contract that lies at the address.";
    "TEST-015" NO_CODE "TestNoCode" Caller - Refused
        "There is no contract at the address that was called."
        "Call the address that deploy answered; going back to a snapshot from before takes the contract away.";
    "TEST-021" CAMPAIGN_FOUND "CampaignFound" Bug - Refused
        "An execution of a campaign failed."
        "Run the input that is named alone, then mend the contract or the test.";
}
