// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title Vault: users' money, and one book for each module
/// @notice Free money by account, a book for each module that works with money, and the treasury. COR wei throughout, times in seconds since 1970.
/// Constructor: (address owner, address token, uint64 moduleDelaySecs). Errors: InputOutOfRange for a delay outside 3 to 30 days, ZeroAddress for
/// the owner or the token, NotAContract for a token that does not tell the vault's balance. Events: OwnershipTransferred.
///
/// Money moves by the will of whom it belongs to. An account deposits, withdraws and funds a module; a module pays out of its own book, and loses
/// that at most. Nobody pulls: no function takes from the free money of an account that neither calls nor signed.
///
/// A module is proposed, active after `moduleDelaySecs`, and closing from the moment in which it is closed: then it takes nothing new on, and its
/// book stays payable for ever. What modules take in by `fund` in a day is capped, each on its own; days begin at midnight UTC. What a module was
/// funded with for an account comes back to its cap as it releases that to the account on the same day: what it keeps of others in a day is no more
/// than its cap, and who funds and takes back uses nothing of it up.
///
/// A module is an address. It has code when it is proposed, which may be another's later: behind a proxy, or by EIP-7702 on an account with a key. Who
/// funds a module trusts whoever can change its code.
///
/// The owner, at worst:
/// - at once: closes every module, lowers every cap, names another guardian, and withdraws the treasury. Then nobody can fund a module; all
///   withdrawals and all books work as before.
/// - after `moduleDelaySecs`, with an event at its start: has a module of its own that takes what accounts hand to it of their own will, up to its
///   cap of the day, and raises the cap of another.
/// - never: moves free money, or the book of a module that does not let it; stops or delays a withdrawal; changes the token or the delay.
/// The guardian, at worst: closes every module, proposed ones too, and sets every cap to 0, at once and as often as the owner undoes it, which takes
/// `moduleDelaySecs` each time: nobody funds a module then until the owner names another guardian, which is at once. It moves no money and hinders no
/// withdrawal, payment or release.
/// @dev Safety: free money + books + treasury = `totalHeld` <= token balance, after every call. Tokens that were sent to the vault by a plain transfer
/// belong to nobody and stay. Liveness: `withdraw` and `withdrawTo` call the token and nothing else, and have no pause.
///
/// Assumptions: the token is Cor, or does what Cor does: transfers move the very amount, and `receiveWithAuthorization` does or reverts. It cannot
/// be changed, so who deposits should look at `token()`.
///
/// And the programs run, this one and the token's: nothing moves while either does not, withdrawals neither. A Stylus program stops in two ways. It
/// expires 365 days after it was activated or last kept alive (ArbWasm.codehashKeepalive, from 31 days on, for a fee); and at an upgrade of ArbOS that
/// raises the version of Stylus every program of an older version stops until it is activated again. In either case anyone brings both back, by
/// ArbWasm.activateProgram for the vault and for Cor, for a fee of the order of a deployment; no key of ours is needed, nothing is lost, and what was
/// stored stays. What remains: time limits of modules run on meanwhile, and code that a later Stylus refuses to activate could not be brought back; then
/// only the chain's owner could help.
///
/// Accounts from events alone: `free` and `book` are given after the event, in the order of the logs. Free money of an account is that of its last
/// Deposited, Withdrawn, Funded or Released; the book of a module that of its last Funded, PaidOut, Released or TreasuryPaid; the treasury that of
/// the last TreasuryPaid, TreasuryFunded or TreasuryWithdrawn.
///
/// Outside calls come last, when everything is stored and logged. Meanwhile the vault answers nobody, views neither.
interface IVault {
    /// @notice A module as it is at the time of the call.
    struct VaultModule {
        uint8 status; // 0 unknown, 1 proposed, 2 active, 3 closing
        uint64 activeAt; // from when on it is active; 0 if it is not to be
        uint64 closedAt; // since when it is closing; 0 if it is not
        uint128 cap; // most that it takes in a day
        uint128 left; // of the cap of this day
        uint128 nextCap; // the cap from `nextCapAt` on
        uint64 nextCapAt; // 0 if no change is due
        uint128 book; // what it holds
    }

    /// @notice `from` deposited COR for `account`, which then has `free`.
    event Deposited(address indexed account, address indexed from, uint256 amount, uint256 free);
    /// @notice `account` withdrew COR to `to`, and then has `free`.
    event Withdrawn(address indexed account, address indexed to, uint256 amount, uint256 free);
    /// @notice `account` put COR into the book of `module`, for `beneficiary`.
    event Funded(address indexed module, address indexed account, address indexed beneficiary, uint256 amount, uint256 free, uint256 book);
    /// @notice `module` paid COR out of its book to the wallet `to`.
    event PaidOut(address indexed module, address indexed to, uint256 amount, uint256 book);
    /// @notice `module` gave COR out of its book to `account`, where it is free.
    event Released(address indexed module, address indexed account, uint256 amount, uint256 free, uint256 book);
    /// @notice `module` gave COR out of its book to the treasury.
    event TreasuryPaid(address indexed module, uint256 amount, uint256 treasury, uint256 book);
    /// @notice `from` added COR to the treasury.
    event TreasuryFunded(address indexed from, uint256 amount, uint256 treasury);
    /// @notice The treasury paid out.
    event TreasuryWithdrawn(address indexed to, uint256 amount, uint256 treasury);
    /// @notice `module` was named. It is active from `activeAt` on, and takes at most `cap` in a day.
    event ModuleProposed(address indexed module, uint64 activeAt, uint256 cap);
    /// @notice `module` was closed, or its proposal withdrawn. A higher cap that was due is due no more.
    event ModuleClosed(address indexed module);
    /// @notice The cap of `module` is `cap` from `effectiveAt` on.
    event ModuleCapChanged(address indexed module, uint256 cap, uint64 effectiveAt);
    /// @notice Set up: from now on every widening waits for the delay, and money is taken.
    event Opened();
    /// @notice The guardian, who may close modules and lower caps, changed.
    event GuardianSet(address indexed guardian);
    /// @notice Ownership was offered to `candidate`.
    event OwnershipTransferStarted(address indexed owner, address indexed candidate);
    /// @notice Ownership passed to `owner`.
    event OwnershipTransferred(address indexed previous, address indexed owner);

    /// @notice `caller` does not hold the role that this function requires.
    error Unauthorized(address caller, address required);
    /// @notice The amount must be greater than zero.
    error ZeroAmount();
    /// @notice The zero address is an invalid argument.
    error ZeroAddress();
    /// @notice The money would go to the vault itself, where it would be nobody's.
    error ERC20InvalidReceiver(address receiver);
    /// @notice The free money of `payer` does not cover the amount: deposit `needed - available` more, or ask for less.
    error InsufficientBalance(address payer, uint256 available, uint256 needed);
    /// @notice The book of `module` does not cover the amount. Who is no module has an empty book.
    error InsufficientBook(address module, uint256 available, uint256 needed);
    /// @notice The treasury holds less than `needed`.
    error InsufficientTreasury(uint256 available, uint256 needed);
    /// @notice The amount, or the sum it would lead to, exceeds 128 bits.
    error AmountTooLarge(uint256 amount, uint256 limit);
    /// @notice The constructor's delay is out of range, in seconds. `field` is its ASCII name, left-aligned.
    error InputOutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);
    /// @notice `module` did not confirm that it credited the beneficiary: it has no code, gave another answer than the selector of `credited`, or
    /// reverted without a reason.
    error NotCredited(address module);
    /// @notice There is no code at `account`, or, of a token, none that tells how much the vault has.
    error NotAContract(address account);
    /// @notice The token's transfer failed.
    error TransferFailed(address token);
    /// @notice `module` was never proposed, or its proposal was withdrawn.
    error ModuleUnknown(address module);
    /// @notice `module` takes nothing new on before `activeAt`; never, if that is zero: it is closed.
    error ModuleNotActive(address module, uint64 activeAt);
    /// @notice `module` is proposed or active already.
    error ModuleInService(address module);
    /// @notice The cap of `module` leaves `available` for this day.
    error ModuleCapExceeded(address module, uint256 available, uint256 needed);
    /// @notice The vault is being set up and takes no money yet.
    error NotOpen();
    /// @notice The vault is open already.
    error AlreadyOpen();

    /// @notice Deposits COR of the caller into its own account.
    /// @param amount COR wei, taken by transferFrom.
    /// @dev Errors: NotOpen, ZeroAmount, AmountTooLarge, TransferFailed or the token's error. Events: Deposited.
    function deposit(uint256 amount) external;

    /// @notice Deposits COR of the caller into another's account.
    /// @param account Whose account.
    /// @param amount COR wei, taken by transferFrom.
    /// @dev Errors: NotOpen, ZeroAddress, ERC20InvalidReceiver, ZeroAmount, AmountTooLarge, TransferFailed or the token's error. Events: Deposited.
    function depositFor(address account, uint256 amount) external;

    /// @notice Deposits COR of the caller, with the caller's permit (EIP-2612) for the vault and this very amount.
    /// @param account Whose account.
    /// @param amount COR wei, taken by transferFrom.
    /// @param deadline Last time the permit is valid.
    /// @param v 27 or 28.
    /// @param r Of the signature.
    /// @param s Of the signature, in the lower half of its range.
    /// @dev A permit that is refused is no obstacle if the allowance covers the amount: anybody may have sent it first. Otherwise its error is told.
    /// Only who owns the tokens can call: an allowance that exists must be of no use to others.
    /// Errors: those of depositFor, of ICor.permit. Events: Deposited.
    function depositWithPermit(address account, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Deposits COR of `from` into the account of `from`, by its signature (EIP-3009, receiveWithAuthorization to the vault). Anyone may send it.
    /// @param from Whose tokens, whose account, and who signed.
    /// @param amount COR wei.
    /// @param validAfter Valid after this time, exclusive.
    /// @param validBefore Valid before this time, exclusive.
    /// @param nonce Random, of the signer's choice.
    /// @param signature 65 bytes, r, s, v; of an account with code, whatever that takes (ERC-1271).
    /// @dev Whoever sends it can only choose when; but see authorizeAndFund of a nonce that another proposed. Errors: NotOpen, ZeroAddress, ERC20InvalidReceiver, ZeroAmount, AmountTooLarge, those of
    /// ICor.receiveWithAuthorization. Events: Deposited.
    function depositWithAuthorization(address from, uint256 amount, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes calldata signature) external;

    /// @notice Withdraws free money of the caller to the caller. Never paused.
    /// @param amount COR wei.
    /// @dev Errors: ZeroAmount, InsufficientBalance, TransferFailed or the token's error. Events: Withdrawn.
    function withdraw(uint256 amount) external;

    /// @notice Withdraws free money of the caller to an address it gives. Never paused.
    /// @param to Who receives it.
    /// @param amount COR wei.
    /// @dev Errors: ZeroAddress, ERC20InvalidReceiver, ZeroAmount, InsufficientBalance, TransferFailed or the token's error. Events: Withdrawn.
    function withdrawTo(address to, uint256 amount) external;

    /// @notice Moves free money of the caller into the book of a module, which credits `beneficiary` with it by its own rules.
    /// @param module An active module.
    /// @param beneficiary Whom the module credits, such as the key that will sign.
    /// @param amount COR wei; counts against the module's cap of the day, until it is released to `beneficiary` on the same day.
    /// @dev Last, `module.credited(beneficiary, account, amount)` is called with all gas but a 64th, and must return its own selector; what it
    /// reverts with is passed on.
    /// Errors: ZeroAddress, ModuleUnknown, ModuleNotActive, ZeroAmount, InsufficientBalance, ModuleCapExceeded, NotCredited or the module's error.
    /// Events: Funded.
    function fund(address module, address beneficiary, uint256 amount) external;

    /// @notice Deposits COR of the caller and funds a module with it, in one call.
    /// @param module An active module.
    /// @param beneficiary Whom the module credits.
    /// @param amount COR wei, taken by transferFrom; counts against the module's cap of the day.
    /// @dev Errors: those of deposit and of fund. Events: Deposited, Funded.
    function depositAndFund(address module, address beneficiary, uint256 amount) external;

    /// @notice Deposits COR of `from` by its signature, as depositWithAuthorization, and funds a module with it, for `from` itself. Anyone may send it.
    /// @param from Whose tokens, who signed, and whom the module credits.
    /// @param module An active module.
    /// @param amount COR wei; counts against the module's cap of the day.
    /// @param validAfter Valid after this time, exclusive.
    /// @param validBefore Valid before this time, exclusive.
    /// @param salt Random, of the signer's choice.
    /// @param signature 65 bytes, r, s, v; of an account with code, whatever that takes (ERC-1271). The nonce that it signs is
    /// keccak256(abi.encode(module, salt)), so who sends it cannot change the module.
    /// @dev The nonce is all that tells a funding from a deposit. Who sees a signed funding can send it as a deposit: nothing is lost, the money is free in
    /// the account of `from`, which can fund the module by itself or withdraw. And who proposes to a signer the nonce of a deposit can make a funding of
    /// it, which no other than `from` is credited with: choose nonces yourself, at random. Errors: those of depositWithAuthorization and of fund.
    /// Events: Deposited, Funded with `from` as the beneficiary.
    function authorizeAndFund(address from, address module, uint256 amount, uint256 validAfter, uint256 validBefore, bytes32 salt, bytes calldata signature) external;

    /// @notice Pays out of the caller's book to a wallet. For modules, active or closing; never paused.
    /// @param to Who receives it.
    /// @param amount COR wei.
    /// @dev Errors: ZeroAddress, ERC20InvalidReceiver, ZeroAmount, InsufficientBook, TransferFailed or the token's error. Events: PaidOut.
    function payOut(address to, uint256 amount) external;

    /// @notice Moves money out of the caller's book to an account, where it is free. For modules, active or closing; never paused. As much as the module
    /// was funded with for that account on this day, less what it released of it, comes back to the module's cap of the day.
    /// @param account Whose account.
    /// @param amount COR wei.
    /// @dev Errors: ZeroAddress, ERC20InvalidReceiver, ZeroAmount, InsufficientBook. Events: Released.
    function release(address account, uint256 amount) external;

    /// @notice Moves money out of the caller's book to the treasury. For modules, active or closing; never paused.
    /// @param amount COR wei.
    /// @dev Errors: ZeroAmount, InsufficientBook. Events: TreasuryPaid.
    function payTreasury(uint256 amount) external;

    /// @notice Adds COR of the caller to the treasury.
    /// @param amount COR wei, taken by transferFrom.
    /// @dev Errors: NotOpen, ZeroAmount, AmountTooLarge, TransferFailed or the token's error. Events: TreasuryFunded.
    function fundTreasury(uint256 amount) external;

    /// @notice Pays from the treasury. Owner only.
    /// @param to Who receives it.
    /// @param amount COR wei.
    /// @dev Errors: Unauthorized, ZeroAddress, ERC20InvalidReceiver, ZeroAmount, InsufficientTreasury, TransferFailed or the token's error. Events:
    /// TreasuryWithdrawn.
    function withdrawTreasury(address to, uint256 amount) external;

    /// @notice Names a module, or a closed one again. It is active after the delay; at once before the vault is open. Owner only.
    /// @param module The contract. It must have code, which says nothing of what code it has later.
    /// @param cap Most that it takes in a day, COR wei; above 128 bits is as much as they hold.
    /// @dev Errors: Unauthorized, NotAContract, ZeroAddress, ModuleInService. Events: ModuleProposed.
    function proposeModule(address module, uint256 cap) external;

    /// @notice Closes a module at once, or withdraws its proposal. Its book stays payable; a higher cap that is due is called off. Owner or guardian.
    /// @param module The module.
    /// @dev Errors: Unauthorized, ModuleUnknown. Events: ModuleClosed.
    function closeModule(address module) external;

    /// @notice Changes the cap of a module, in place of a change that is due. A cap that is not above the present one holds at once, and may be set by
    /// the owner or the guardian; a higher one holds after the delay, and is for the owner.
    /// @param module The module.
    /// @param cap Most that it takes in a day, COR wei; above 128 bits is as much as they hold.
    /// @dev Errors: Unauthorized, ModuleUnknown. Events: ModuleCapChanged.
    function setModuleCap(address module, uint256 cap) external;

    /// @notice Names the guardian, at once: it can only narrow. Owner only.
    /// @param account Who may close modules and lower caps; zero for nobody.
    /// @dev Errors: Unauthorized. Events: GuardianSet.
    function setGuardian(address account) external;

    /// @notice Ends the setting up, for good: money is taken, and every widening waits. Owner only.
    /// @dev Errors: Unauthorized, AlreadyOpen. Events: Opened.
    function open() external;

    /// @notice Free money of an account.
    /// @param account Whose.
    /// @return amount COR wei.
    function freeOf(address account) external view returns (uint256 amount);

    /// @notice What a module holds.
    /// @param module Which.
    /// @return amount COR wei; zero for who is none.
    function bookOf(address module) external view returns (uint256 amount);

    /// @notice A module, its cap and its book, as they are now.
    /// @param module Which.
    /// @return state All zero for one that is unknown.
    function moduleOf(address module) external view returns (VaultModule memory state);

    /// @notice COR of the treasury.
    /// @return amount COR wei.
    function treasury() external view returns (uint256 amount);

    /// @notice Sum of all free money, all books and the treasury.
    /// @return amount COR wei.
    function totalHeld() external view returns (uint256 amount);

    /// @notice The token, for ever.
    /// @return at The token.
    function token() external view returns (address at);

    /// @notice How long a module, or a higher cap, waits before it takes effect; for ever.
    /// @return secs Seconds.
    function moduleDelaySecs() external view returns (uint64 secs);

    /// @notice Whether the setting up is over.
    /// @return opened Whether it is.
    function isOpen() external view returns (bool opened);

    /// @notice Who may close modules and lower caps, beside the owner.
    /// @return account Zero if nobody.
    function guardian() external view returns (address account);

    /// @notice The present owner.
    /// @return current The owner.
    function owner() external view returns (address current);

    /// @notice Offers ownership, in place of any earlier offer. It passes when the candidate accepts. Owner only.
    /// @param candidate The next owner; zero withdraws the offer.
    /// @dev Errors: Unauthorized. Events: OwnershipTransferStarted.
    function transferOwnership(address candidate) external;

    /// @notice Accepts ownership that was offered. Candidate only.
    /// @dev Errors: Unauthorized. Events: OwnershipTransferred.
    function acceptOwnership() external;
}
