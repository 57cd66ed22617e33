//! Errors of keeper, miner and deployment.

use super::area;

area! {
    /// The network's contracts over JSON-RPC.
    chn "CHN":
    "CHN-001" UNKNOWN_REVERT "UnknownRevert" Chain 502 Refused
        "A call reverted, and not with an error of these contracts."
        "Check that the addresses are those of the network's contracts, and that program and contracts are of one version.";
    "CHN-002" RPC_UNREACHABLE "RpcUnreachable" Transient 503 Refused
        "The RPC endpoint cannot be reached, or does not answer as it should."
        "Check that the node is running and that the URL is right.";
    "CHN-003" NOT_MINED "NotMined" Transient 504 Refused
        "The transaction was sent and is not mined."
        "Wait: it stays in the outbox and is looked for again.";
    "CHN-004" WRONG_CHAIN "WrongChain" Peer 502 Refused
        "The node is of another chain than the one configured."
        "Check the RPC URL.";
    "CHN-005" NO_GAS_MONEY "NoGasMoney" Transient 503 Refused
        "The account lacks ether for the value and the gas of the transaction."
        "Send ether to the account.";
    "CHN-007" UNEXPECTED_ANSWER "UnexpectedAnswer" Bug 500 Refused
        "The contracts answered something that the interface does not allow."
        "Check that program and contracts are of one version.";
    "CHN-008" REVERT_NOT_REPRODUCED "RevertNotReproduced" Chain 409 Refused
        "A mined transaction failed, and the same call succeeds on the state before its block."
        "Try again: it ran out of gas, or another transaction came first.";
    "CHN-009" RPC_REFUSED "RpcRefused" Peer 502 Refused
        "The node answered, and refused the call."
        "Read what the node says: it may limit the number of calls, or lack the block or the method; --rpc or COR_RPC names another node.";
    "CHN-010" NONCE_TAKEN "NonceTaken" Transient 503 Refused
        "Another program sent a transaction with this account's nonce."
        "Give each program a key of its own. The call is tried again.";
    "CHN-011" HISTORY_MISSING "HistoryMissing" Peer 502 Refused
        "The node lacks a part of the chain's history."
        "Use a node that has all blocks, transactions and logs since the network's deployment.";
    "CHN-012" OTHER_JOURNAL "OtherJournal" Caller - Refused
        "The data folder belongs to another network."
        "If the network was deployed anew, give the service an empty data folder. Otherwise check --rpc and --network; if the journal is of an older version or damaged, let the old version finish its tasks, then move journal.sqlite* away and keep the rest of the folder.";
}

area! {
    /// Prompts and answers by their digest.
    blb "BLB":
    "BLB-001" BLOB_NOT_FOUND "BlobNotFound" Caller 404 Refused
        "The blob is not there."
        "Upload it first.";
    "BLB-002" WRONG_BLOB "WrongBlob" Peer 502 Refused
        "The bytes do not hash to the digest that was asked for."
        "Ask another source: this one is corrupt or dishonest.";
    "BLB-003" BLOB_TOO_LARGE "BlobTooLarge" Caller 413 Refused
        "The blob is larger than the limit."
        "Make it smaller.";
    "BLB-004" BLOBS_UNAVAILABLE "BlobsUnavailable" Transient 503 Refused
        "The blob store is unavailable."
        "Try again later; check the folder, or that a keeper runs at the URL of --keeper or COR_KEEPER.";
    "BLB-005" BLOB_REFUSED "BlobRefused" Caller 422 Refused
        "The keeper refused the blob, or the question for it."
        "Read what the keeper says, or ask another with --keeper or COR_KEEPER.";
}

area! {
    /// The journal of a service.
    jrn "JRN":
    "JRN-001" JOURNAL_FAILED "JournalFailed" Transient 503 Configuration
        "The journal cannot be read or written."
        "Check the disk.";
    "JRN-002" JOURNAL_NEWER "JournalNewer" Bug 500 Configuration
        "The journal was written by a newer release."
        "Use the newer release.";
    "JRN-003" JOURNAL_IN_USE "JournalInUse" Caller - Configuration
        "Another process has the journal open."
        "Stop that process, or give this one a folder of its own.";
}

area! {
    /// Messages on their way to a keeper.
    rly "RLY":
    "RLY-001" MESSAGE_REFUSED "MessageRefused" Caller 409 Refused
        "The keeper refused the message."
        "Do nothing: the miner sends the message by its own transaction if the task still waits for it.";
    "RLY-002" KEEPER_UNREACHABLE "KeeperUnreachable" Transient 503 Refused
        "The keeper cannot be reached."
        "Check the keeper's URL; the miner goes on by its own transactions.";
    "RLY-003" KEEPER_BUSY "KeeperBusy" Transient 503 Refused
        "The keeper cannot take the message now."
        "Do nothing: the miner repeats the message, and sends it by its own transaction if the deadline comes near.";
    "RLY-004" UNEXPECTED_REPLY "UnexpectedReply" Peer 502 Refused
        "The reply is not one that a keeper gives."
        "Check the keeper's URL: that of --keeper or COR_KEEPER, or a miner's setting.";
}

area! {
    /// Signing.
    sig "SIG":
    "SIG-001" SIGNING_FAILED "SigningFailed" Bug 500 Refused
        "Signing failed."
        "Check the key.";
}

area! {
    /// Messages that a keeper does not take, and what keeps it from serving.
    kpr "KPR":
    "KPR-001" TASK_NOT_OPEN "TaskNotOpen" Caller 404 Refused
        "The task is not open."
        "Check the task's number and its phase.";
    "KPR-002" MINER_NOT_ASSIGNED "MinerNotAssigned" Caller 403 Refused
        "The miner is not assigned to the task."
        "Send messages of assigned tasks only.";
    "KPR-003" WRONG_MESSAGE_SIGNER "WrongMessageSigner" Caller 403 Refused
        "The signature is not by the miner."
        "Check the key, the chain id, the address of the lane, and every value.";
    "KPR-004" MESSAGE_NOT_AWAITED "MessageNotAwaited" Caller 409 Refused
        "The task does not wait for this message."
        "Look at the phase of the task.";
    "KPR-005" TOO_MANY_TASKS "TooManyTasks" Transient 503 Refused
        "The keeper looks after as many tasks as it can, and this one waits."
        "Send the message again later; raise open_tasks_max on the keeper.";
    "KPR-006" OTHER_ASSIGNMENT "OtherAssignment" Caller 409 Refused
        "The message is signed for another assignment of the task."
        "Ask the keeper for its offer anew, and sign that.";
    "KPR-007" OTHER_SECRETS "OtherSecrets" Caller - Configuration
        "The secrets of this keeper are not those that it enrolled with: whatever it served would cost its bond."
        "Start the keeper with the key, and on the network, with which it enrolled. If it enrolled with secrets that were made otherwise, let it resign, or renew its chain of secrets with those of this key.";
}

area! {
    /// Tasks that a miner cannot answer.
    mnr "MNR":
    "MNR-001" PROMPT_NOT_TEXT "PromptNotText" Caller 422 Refused
        "The prompt is not UTF-8 text."
        "Submit the task with a prompt in UTF-8.";
    "MNR-002" WRONG_PROMPT_NAME "WrongPromptName" Caller 422 Refused
        "The name of the prompt does not carry the digest of the task."
        "Submit the task with the name that the upload returned.";
    "MNR-003" ANSWER_KIND_NOT_SERVED "AnswerKindNotServed" Caller 422 Refused
        "The miner does not serve answers of this kind."
        "Submit a task of another kind.";
    "MNR-004" FALSE_OFFER "FalseOffer" Peer 502 Refused
        "What a keeper offers is not so."
        "Do nothing: the miner signs nothing for it. If it goes on, check that keeper and miner are of one network, and that the keeper is named in the lane.";
}

area! {
    /// The keeper's HTTP server.
    htp "HTP":
    "HTP-001" SERVER_STOPPED "ServerStopped" Transient 503 Refused
        "The HTTP server stopped."
        "Look at the log, and start the service again.";
    "HTP-002" NOT_A_MESSAGE "NotAMessage" Caller 400 Refused
        "The body is not a message of a miner."
        "Send the JSON that the documentation shows.";
    "HTP-003" SIGNATURE_LENGTH "SignatureLength" Caller 400 Refused
        "The signature is not of 65 bytes."
        "Send r, s and v.";
    "HTP-004" NOT_A_DIGEST "NotADigest" Caller 400 Refused
        "The digest is not 32 bytes in hex."
        "Use the digest that the upload returned.";
    "HTP-005" NOT_JSON "NotJson" Caller 415 Refused
        "The content type is not JSON."
        "Set the header content-type to application/json.";
    "HTP-006" BODY_TOO_LARGE "BodyTooLarge" Caller 413 Refused
        "The body is larger than the limit of its route."
        "Send one message with each request.";
    "HTP-007" BODY_UNREADABLE "BodyUnreadable" Caller 400 Refused
        "The body could not be read to its end."
        "Send the whole body.";
    "HTP-008" NO_SUCH_ROUTE "NoSuchRoute" Caller 404 Refused
        "There is no such route."
        "Check the path.";
    "HTP-009" WRONG_METHOD "WrongMethod" Caller 405 Refused
        "The route does not take this method."
        "Check the method.";
    "HTP-010" BUSY "Busy" Transient 503 Refused
        "The keeper serves as many requests of this kind as it can."
        "Try again in a second.";
    "HTP-011" TOO_SLOW "TooSlow" Transient 408 Refused
        "The request was not done in time."
        "Try again later, or over a faster connection.";
    "HTP-012" NOT_AN_ADDRESS "NotAnAddress" Caller 400 Refused
        "The address is not 20 bytes in hex."
        "Ask with the miner's address.";
}

area! {
    /// The deployment of a network.
    dpl "DPL":
    "DPL-002" NO_STYLUS_DEPLOYER "NoStylusDeployer" Chain - Refused
        "The chain has no StylusDeployer."
        "Use an Arbitrum chain with Stylus (ArbOS 32 or later).";
    "DPL-003" NO_DEPLOYED_ADDRESS "NoDeployedAddress" Peer - Refused
        "The deployment left no ContractDeployed log."
        "Check that the chain's StylusDeployer is the original.";
    "DPL-004" STAKE_LEAVES_TOO_SOON "StakeLeavesTooSoon" Caller - Refused
        "Stake leaves the network's Staking before a task of the lane may have ended: who signed could not be slashed."
        "Deploy a network of its own, with a Staking whose unbonding is as long.";
    "DPL-005" KEEPER_TWICE "KeeperTwice" Caller - Refused
        "A keeper is named twice, and the jury takes a proposal once."
        "Name each keeper once with --keeper.";
    "DPL-006" ZERO_KEEPER "ZeroKeeper" Caller - Refused
        "A keeper is the zero address, whose key nobody has."
        "Name the address of the key that the keeper is started with.";
    "DPL-007" ZERO_TREASURY "ZeroTreasury" Caller - Refused
        "The treasury that the rest of a lost bond goes to is the zero address."
        "Name a wallet, or none for that of who deploys.";
    "DPL-008" NOT_NETWORK_OWNER "NotNetworkOwner" Caller - Refused
        "The network's Vault or Staking belongs to another account, and takes the proposal of a lane from its owner only."
        "Deploy with the owner's key, or have transferOwnership of both contracts called for yours, and acceptOwnership by it.";
    "DPL-010" CONTRACT_MISSING "ContractMissing" Caller - Configuration
        "A compiled contract cannot be read."
        "Build the contracts with `cargo xtask wasm`, or name their folder with --contracts or COR_CONTRACTS.";
    "DPL-011" CONTRACT_NOT_WASM "ContractNotWasm" Caller - Configuration
        "A compiled contract is not a WASM module."
        "Build the contracts again with `cargo xtask wasm`.";
    "DPL-012" CONTRACT_TOO_LARGE "ContractTooLarge" Caller - Configuration
        "A compiled contract is larger than a chain takes."
        "Build the contracts again with `cargo xtask wasm`, or make the contract smaller.";
}
