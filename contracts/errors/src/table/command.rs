//! Errors of the command line itself.

use super::area;

area! {
    /// The `cor` command.
    cli "CLI":
    "CLI-001" SETTINGS "Settings" Caller - Configuration
        "The configuration is wrong."
        "Correct the setting that is named.";
    "CLI-002" INVALID_KEY "InvalidKey" Caller - Configuration
        "The private key is not valid."
        "Name a file that holds a private key by --key-file or COR_KEY_FILE, or put the key into COR_KEY.";
    "CLI-003" NO_KEY "NoKey" Caller - Configuration
        "There is no private key."
        "Name a file that holds a private key by --key-file or COR_KEY_FILE, or put the key into COR_KEY.";
    "CLI-004" NETWORK_FILE "NetworkFile" Caller - Configuration
        "The file with the network's addresses cannot be read."
        "Name the file with --network or COR_NETWORK: `cor deploy` writes .cor/network.json, `cor dev` prints where its own is.";
    "CLI-005" FILE_IO "FileIo" Caller - Configuration
        "The operating system refused."
        "Check the path and its permissions.";
    "CLI-006" PORT_TAKEN "PortTaken" Caller - Configuration
        "Another program listens on the address."
        "Stop it, or choose another port.";
    "CLI-007" NODE_NOT_STAKED "NodeNotStaked" Caller - Refused
        "The miner is not registered and lacks stake."
        "Run `cor stake node` with the miner's key first.";
    "CLI-008" TASK_WITHOUT_RESULT "TaskWithoutResult" Chain - NoResult
        "The task ended without a result."
        "Run `cor explain` with the task's id to see what each miner did. If none took it, the prompt and the session's --max-tokens may exceed the model's context.";
    "CLI-009" INVALID_AMOUNT "InvalidAmount" Caller - Usage
        "The text is not an amount of COR."
        "Give a number with at most 18 decimals, such as 12.5.";
    "CLI-010" CHILD_ENDED "ChildEnded" Bug - Refused
        "A child process ended."
        "Look at its log.";
    "CLI-011" CHILD_TIMEOUT "ChildTimeout" Transient - Refused
        "Something did not happen in time."
        "Look at the logs.";
    "CLI-012" NOT_CONSERVED "NotConserved" Bug - Refused
        "The balances do not add up to the supply."
        "Report this with the logs of the network.";
    "CLI-013" DRILL_FAILED "DrillFailed" Bug - Refused
        "The drill ended in another way than it should."
        "Look at the receipt that is shown.";
    "CLI-014" PROMPT_UNREADABLE "PromptUnreadable" Caller - Configuration
        "The prompt on standard input cannot be read."
        "Give text in UTF-8.";
    "CLI-015" WRONG_USAGE "WrongUsage" Caller - Usage
        "The command line is wrong."
        "Run the command with --help.";
    "CLI-016" MODEL_CHOICE "ModelChoice" Caller - Configuration
        "The model server does not list exactly one model."
        "Name the model to use with --openai-model.";
    "CLI-017" FOLDER_NOT_EMPTY "FolderNotEmpty" Caller - Configuration
        "The folder for the run is not empty."
        "Name a new or empty folder with --data.";
    "CLI-018" TASK_OVERDUE "TaskOverdue" Transient - Refused
        "A phase of the task is over, and nobody closes it."
        "Run `cor task close` with the task's id: anyone may. Each call brings the task one phase on, to its end. Miners that agreed are paid; else the charge comes back, less the keeper's line if a quorum of miners was bound.";
    "CLI-019" INVALID_ADDRESS "InvalidAddress" Caller - Usage
        "The text is not an address."
        "Give 0x and 40 hex digits. An address in mixed case carries a checksum (EIP-55): copy it as it is, or write it in lower case.";
    "CLI-020" INVALID_URL "InvalidUrl" Caller - Usage
        "The text is not a usable URL of HTTP."
        "Give a URL such as http://127.0.0.1:8545; the variable of the environment counts where the option is not given.";
    "CLI-021" EMPTY_PROMPT "EmptyPrompt" Caller - Usage
        "The prompt is empty."
        "Give a prompt with some text; nothing was submitted or charged.";
    "CLI-022" ANSWER_NOT_KEPT "AnswerNotKept" Peer - Refused
        "The task has a result, and the keeper that was asked does not have the answer."
        "Run `cor task wait` with the task's id again, or ask another keeper with --keeper: neither costs anything.";
    "CLI-023" UNPRINTED "Unprinted" Caller - Configuration
        "The result could not be written to standard output."
        "Take it from the message: what was done is done. Then see what standard output goes to.";
    "CLI-024" STOPPED_WAITING "StoppedWaiting" Caller - Interrupted
        "The command was stopped while it waited for a task."
        "Run `cor task wait` with the task's id: it costs nothing. The task goes on, and is charged or refunded meanwhile.";
    "CLI-025" STOPPED_SUBMITTING "StoppedSubmitting" Caller - Interrupted
        "The command was stopped while it submitted a task."
        "Run `cor task wait` with the task's id: if the chain has no such task, it was not submitted or is not mined yet, and nothing was charged.";
    "CLI-026" OTHERS_SESSION "OthersSession" Caller - Refused
        "The session is another wallet's."
        "Open a session of your own with `cor session create`, and name its number; nothing was submitted or charged.";
    "CLI-027" INVALID_TASK "InvalidTask" Caller - Usage
        "The text is not the id of a task."
        "Give 0x and 64 hex digits, as `cor task` printed them.";
    "CLI-028" NOT_WHOLE_GRAINS "NotWholeGrains" Caller - Usage
        "The amount is no whole number of grains, or more than the lane can count."
        "Give at most 9 decimals: the lane counts in grains of 0.000000001 COR.";
    "CLI-029" NO_TASK "NoTask" Caller - Refused
        "The chain has no such task."
        "Check the id, and that --rpc and --network are those that it was submitted by. A command that was stopped may not have submitted it: then nothing was charged.";
    "CLI-030" NO_SESSION "NoSession" Caller - Refused
        "There is no session of this number."
        "Give the number that `cor session create` printed.";
    "CLI-031" LEFT_IN_VAULT "LeftInVault" Transient - Refused
        "The money left the lane, and is free in the vault instead of in the wallet."
        "Run the same command again: it takes what is free in the vault first, and releases no more than what is missing.";
}
