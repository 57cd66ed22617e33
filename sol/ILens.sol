// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title Lens: what the lane keeps, read out
/// @notice Views of one Lane, made of words of its storage, which the lane itself has no room for. Holds nothing and decides nothing: a wrong Lens misleads who reads it,
/// and another can be deployed by anyone. Amounts in grains of 1e9 COR wei.
/// Constructor: (address lane). Errors: ZeroAddress.
/// @dev Assumes that the lane is the one of this release: the places of its words are written down here. Each view is one call of Lane.extsload, and reverts with no data if the
/// lane does not answer.
interface ILens {
    /// @notice The zero address is an invalid argument.
    error ZeroAddress();

    /// @notice Which lane this reads.
    /// @return current The lane.
    function lane() external view returns (address current);

    /// @notice Who names keepers, sets what later tasks go by, and pauses.
    /// @return current The governor.
    function governor() external view returns (address current);

    /// @notice What later tasks go by.
    /// @return noReveal Stake lost by silence that spoils an outcome, grains.
    /// @return badReveal Stake lost by a signed reveal that does not open its commitment, grains.
    /// @return noResultGasCapBps The keeper's share of its line without a result, basis points.
    /// @return paused Whether createSession, createAndSubmit and submit are paused.
    function config() external view returns (uint64 noReveal, uint64 badReveal, uint16 noResultGasCapBps, bool paused);

    /// @notice The treasury's part that was not passed on.
    /// @return amount Grains.
    function treasury() external view returns (uint64 amount);

    /// @notice Number of sessions ever created.
    /// @return count How many.
    function sessionCount() external view returns (uint64 count);

    /// @notice What an account can spend in the lane, and what it earned as a miner.
    /// @param account Whose.
    /// @return available Grains.
    /// @return earned Grains.
    function accountOf(address account) external view returns (uint64 available, uint64 earned);

    /// @notice Whether an account may serve.
    /// @param account Whose.
    /// @return enabled Whether it may.
    function isKeeper(address account) external view returns (bool enabled);

    /// @notice Whether a session is open, of this owner and with these terms.
    /// @param session Its number.
    /// @param owner Whose.
    /// @param terms Its terms.
    /// @return open Whether it is.
    function isSession(uint64 session, address owner, bytes32 terms) external view returns (bool open);

    /// @notice The prices of terms as pinned last.
    /// @param terms The terms.
    /// @return tariff perReplica 64 | network 64 | gas 64 | version 32 | validUntil 32; zero if there are none.
    function tariffOf(bytes32 terms) external view returns (bytes32 tariff);

    /// @notice A task's state, in fields.
    /// @param payer The task's payer.
    /// @param sequence Its number.
    /// @return phase 0 none, 1 open, 2 precommit, 3 reveal, 4 ended.
    /// @return status 0 open, 1 completed, 2 no quorum, 3 expired.
    /// @return lastCall Whether who is silent was called once more.
    /// @return replicas How many miners.
    /// @return deadline When the phase ends, seconds since 1970.
    /// @return seats Four bits for each of seven replicas, the last replica's lowest: 0 silent, 1 committed, 2 + r revealed the answer of replica r, 15 signed a lie.
    /// @return keeper Who serves it; once it ended, the mark of assignment and crew: see ILane.
    /// @return seal Over its history; zero once it ended.
    function taskOf(address payer, uint64 sequence) external view returns (uint8 phase, uint8 status, bool lastCall, uint8 replicas, uint64 deadline, uint32 seats, address keeper, bytes32 seal);

    /// @notice What is owed of a penalty: slashAgain takes it.
    /// @param task The task.
    /// @param node Whose penalty it is.
    /// @param reason As in ILane.SlashOwed.
    /// @return amount Grains; 0 if nothing is.
    function owedOf(bytes32 task, address node, uint8 reason) external view returns (uint64 amount);
}
