//! Errors of the tooling and of the benchmarks.

use super::area;

area! {
    /// The project's own tooling.
    xtask "XTASK":
    "XTASK-001" TOOL_IO "ToolIo" Caller - Refused
        "A file cannot be read or written."
        "Check the path, the permissions and the room on the disk.";
    "XTASK-002" TOOL_START "ToolStart" Caller - Refused
        "A program did not start."
        "Check that it is installed and in PATH.";
    "XTASK-003" TOOL_FAILED "ToolFailed" Caller - Refused
        "A program failed."
        "Read what it printed.";
    "XTASK-004" TOOL_JSON "ToolJson" Caller - Refused
        "A file is not the JSON that it should be."
        "Delete the file if it is generated, and make it again.";
    "XTASK-005" NO_WASM_TARGET "NoWasmTarget" Caller - Refused
        "There is no way to the wasm target."
        "Install the target as the message says.";
    "XTASK-006" CONTRACT_UNFIT "ContractUnfit" Caller - Refused
        "A compiled contract is not as it should be."
        "Correct the contract.";
    "XTASK-007" GOLDEN_DIFFERS "GoldenDiffers" Caller - Refused
        "What was made differs from the golden."
        "If that is meant, run `cargo xtask bless`, and review the change.";
    "XTASK-008" UNTIDY "Untidy" Caller - Refused
        "The house rules found something."
        "Correct each finding.";
    "XTASK-009" SOLIDITY_FORM "SolidityForm" Caller - Refused
        "An interface in Solidity is not as it should be."
        "Correct the interface.";
    "XTASK-010" NO_SUCH_CONTRACT "NoSuchContract" Caller - Refused
        "There is no such contract."
        "Name one of those that are listed.";
    "XTASK-011" NOT_REPRODUCIBLE "NotReproducible" Caller - Refused
        "A contract that was built in two folders differs."
        "Compare the two files.";
    "XTASK-012" TOOL_MISSING "ToolMissing" Caller - Refused
        "A program is missing and could not be installed."
        "Install it as the message says.";
    "XTASK-013" CONTRACTS_REFUSED "ContractsRefused" Caller - Refused
        "No chain would take some of the contracts."
        "Make them smaller.";
    "XTASK-014" NO_SUCH_SUITE "NoSuchSuite" Caller - Refused
        "There is no such suite of tests."
        "Name one of those that are listed.";
    "XTASK-015" NO_SUCH_REVISION "NoSuchRevision" Caller - Refused
        "The repository has no such revision."
        "Name a commit, a branch or a tag.";
    "XTASK-016" TESTS_FAILED "TestsFailed" Caller - Refused
        "Some test programs failed."
        "Read their output above, and run one again by the command that is named.";
}

area! {
    /// Measurements.
    bench "BENCH":
    "BENCH-001" BENCH_START "BenchStart" Caller - Refused
        "What is to be measured did not start."
        "Build it, or install it with `npm ci` in test/foreign.";
    "BENCH-002" BENCH_SILENT "BenchSilent" Peer - Refused
        "What is to be measured did not answer in time."
        "Start it by hand and read what it says.";
    "BENCH-003" BENCH_CONNECTION "BenchConnection" Transient - Refused
        "The connection failed."
        "See whether the node still runs.";
    "BENCH-004" BENCH_NO_JSON "BenchNoJson" Peer - Refused
        "The answer was not JSON."
        "Start the node by hand and read what it says.";
    "BENCH-005" BENCH_REFUSED "BenchRefused" Peer - Refused
        "The node refused a request."
        "Read what it says.";
    "BENCH-006" BENCH_LOST "BenchLost" Peer - Refused
        "The node did not take all transactions in time."
        "Measure when the machine does less else.";
    "BENCH-007" BENCH_DIFFERENT "BenchDifferent" Bug - Refused
        "What was measured is not the same on both sides."
        "Compare the two answers.";
    "BENCH-008" BENCH_PROGRAM "BenchProgram" Caller - Refused
        "The program to be measured cannot be read."
        "Build it with `cargo xtask bench chain`.";
    "BENCH-009" BENCH_CHAIN "BenchChain" Bug - Refused
        "The chain did not do what the measurement needs."
        "Report this with what was measured.";
    "BENCH-010" BENCH_LATE "BenchLate" Transient - Refused
        "A part was not done in time."
        "Measure when the machine does less else, or with --quick.";
    "BENCH-011" BENCH_ENDED "BenchEnded" Peer - Refused
        "What is to be measured ended before it answered."
        "Start it by hand and read what it says.";
    "BENCH-012" BENCH_STOPPED "BenchStopped" Caller - Refused
        "The run was stopped before it was done."
        "Start it again; what was started has been ended.";
    "BENCH-013" BENCH_SCRATCH "BenchScratch" Caller - Refused
        "There is no folder or file for what is kept meanwhile."
        "Make room in the folder for temporary files.";
}
