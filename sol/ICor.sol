// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title Cor: the token
/// @notice ERC-20 with the errors of ERC-6093, EIP-2612 permit, EIP-3009 transfers by authorization and a capped mint. Amounts in the token's smallest unit.
/// @dev The same code, with other constructor arguments, is the development stablecoin. Name and symbol have at most 31 bytes.
/// The EIP-712 domain is (name, "1", chainid, this contract); eip712Domain tells it.
///
/// Signatures by `v`, `r`, `s` (permit, and three functions of EIP-3009) are those of keys, whether or not the account has code. A high `s` or a
/// `v` other than 27 or 28 is invalid.
///
/// Signatures in `bytes` (the other three of EIP-3009) are those of the account as it is at the call:
/// - Without code: 65 bytes r, s, v, as above. 64 bytes (EIP-2098) are invalid: no signature has a second form.
/// - With code: its `isValidSignature(bytes32,bytes)` (ERC-1271) is asked by a static call, with the EIP-712 digest and the bytes as they are, of any
///   length, and must return 0x1626ba7e padded with zeros to one word, and nothing more. A revert, another answer, another length are a no. It is
///   given 63/64 of the gas left. While it is asked it can call nothing of this token, views neither. It may change its mind later, unlike a key.
/// - With delegated code (EIP-7702) as with code: the delegate decides, and the account's key counts in the forms with `v`, `r`, `s` only.
/// Contracts that are not deployed yet (ERC-6492) are not served: the token would have to call whatever a signature names, in its own name. Whoever
/// sends the authorization can deploy the contract first, in the same transaction, and then give the inner signature.
interface ICor {
    /// @notice ERC-20.
    event Transfer(address indexed from, address indexed to, uint256 value);
    /// @notice ERC-20.
    event Approval(address indexed owner, address indexed spender, uint256 value);
    /// @notice EIP-3009: an authorization was used.
    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);
    /// @notice EIP-3009: an unused authorization was cancelled.
    event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce);
    /// @notice A minter was enabled or disabled.
    event MinterSet(address indexed minter, bool enabled);
    /// @notice Ownership was offered to `candidate`.
    event OwnershipTransferStarted(address indexed owner, address indexed candidate);
    /// @notice Ownership passed to `owner`.
    event OwnershipTransferred(address indexed previous, address indexed owner);

    /// @notice ERC-6093: the balance of `sender` is smaller than `needed`.
    error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
    /// @notice ERC-6093: the allowance of `spender` is smaller than `needed`.
    error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    /// @notice ERC-6093: the sender of tokens is invalid: the zero address.
    error ERC20InvalidSender(address sender);
    /// @notice ERC-6093: the receiver is invalid: the zero address.
    error ERC20InvalidReceiver(address receiver);
    /// @notice ERC-6093: the owner of an allowance is invalid: the zero address.
    error ERC20InvalidApprover(address approver);
    /// @notice ERC-6093: the spender is invalid: the zero address.
    error ERC20InvalidSpender(address spender);
    /// @notice The permit's deadline has passed: sign a new one. Seconds since 1970.
    error PermitExpired(uint256 deadline, uint256 timestamp);
    /// @notice The signature is not by `expected`, but by `signer`. `signer` is zero if the signature is invalid, and if it is in `bytes` and
    /// `expected` has code: then that contract did not agree, and who signed is not known here.
    error InvalidSigner(address signer, address expected);
    /// @notice The authorization is not valid before `validAfter` (exclusive). Seconds since 1970.
    error AuthorizationNotYetValid(uint256 validAfter, uint256 timestamp);
    /// @notice The authorization was valid until `validBefore` (exclusive). Seconds since 1970.
    error AuthorizationExpired(uint256 validBefore, uint256 timestamp);
    /// @notice The nonce is already used or cancelled.
    error AuthorizationUsedOrCanceled(address authorizer, bytes32 nonce);
    /// @notice Only the payee may call receiveWithAuthorization.
    error CallerMustBePayee(address caller, address payee);
    /// @notice The mint would exceed the cap.
    error CapExceeded(uint256 supply, uint256 amount, uint256 cap);
    /// @notice `caller` does not hold the role that this function requires.
    error Unauthorized(address caller, address required);
    /// @notice `caller` is not a minter.
    error NotMinter(address caller);
    /// @notice The constructor's name or symbol exceeds `limit` bytes.
    error TextTooLong(uint256 length, uint256 limit);
    /// @notice The zero address is an invalid argument.
    error ZeroAddress();

    /// @notice ERC-20: the token's name.
    /// @return value At most 31 bytes.
    function name() external view returns (string memory value);

    /// @notice ERC-20: the token's symbol.
    /// @return value At most 31 bytes.
    function symbol() external view returns (string memory value);

    /// @notice ERC-20: decimal places of the token.
    /// @return value Decimal places.
    function decimals() external view returns (uint8 value);

    /// @notice EIP-712: version of the signing domain.
    /// @return value "1".
    function version() external view returns (string memory value);

    /// @notice ERC-20: tokens that exist.
    /// @return value Amount in the token's smallest unit.
    function totalSupply() external view returns (uint256 value);

    /// @notice Most tokens that can ever exist.
    /// @return value Amount in the token's smallest unit.
    function cap() external view returns (uint256 value);

    /// @notice ERC-20: tokens of an account.
    /// @param account Whose.
    /// @return value Amount in the token's smallest unit.
    function balanceOf(address account) external view returns (uint256 value);

    /// @notice ERC-20: what a spender may still transfer.
    /// @param owner Whose tokens.
    /// @param spender Who may transfer them.
    /// @return value Amount in the token's smallest unit; 2^256-1 is never reduced.
    function allowance(address owner, address spender) external view returns (uint256 value);

    /// @notice ERC-20: sends the caller's tokens.
    /// @param to Who receives them.
    /// @param value Amount in the token's smallest unit.
    /// @return ok True.
    /// @dev Errors: ERC20InvalidReceiver for the zero address, ERC20InsufficientBalance; ERC20InvalidSender in a simulated call by the zero address.
    /// Events: Transfer.
    function transfer(address to, uint256 value) external returns (bool ok);

    /// @notice ERC-20: sets what a spender may transfer of the caller's tokens.
    /// @param spender Who may transfer them.
    /// @param value Amount in the token's smallest unit; 2^256-1 is never reduced.
    /// @return ok True.
    /// @dev Errors: ERC20InvalidSpender for the zero address; ERC20InvalidApprover in a simulated call by the zero address. Events: Approval.
    function approve(address spender, uint256 value) external returns (bool ok);

    /// @notice ERC-20: sends another's tokens by an allowance of the caller.
    /// @param from Whose tokens.
    /// @param to Who receives them.
    /// @param value Amount in the token's smallest unit.
    /// @return ok True.
    /// @dev Errors: ERC20InsufficientAllowance, ERC20InvalidApprover if `from` is the zero address and `value` is zero, ERC20InvalidReceiver,
    /// ERC20InsufficientBalance; ERC20InvalidSpender in a simulated call by the zero address. Events: Transfer, and no Approval.
    function transferFrom(address from, address to, uint256 value) external returns (bool ok);

    /// @notice Creates tokens, up to the cap. Minters only.
    /// @param to Who receives them.
    /// @param value Amount in the token's smallest unit.
    /// @dev Errors: NotMinter, ERC20InvalidReceiver, CapExceeded. Events: Transfer from the zero address.
    function mint(address to, uint256 value) external;

    /// @notice Names or removes a minter. Owner only.
    /// @param minter The account.
    /// @param enabled Whether it may mint.
    /// @dev Errors: Unauthorized, ZeroAddress. Events: MinterSet.
    function setMinter(address minter, bool enabled) external;

    /// @notice Whether an account may mint.
    /// @param account The account.
    /// @return enabled Whether it may.
    function isMinter(address account) external view returns (bool enabled);

    /// @notice EIP-2612: sets an allowance by the owner's signature. Anyone may send it.
    /// @param owner Whose tokens, and who signed.
    /// @param spender Who may transfer them.
    /// @param value Amount in the token's smallest unit.
    /// @param deadline Last time the signature is valid, seconds since 1970.
    /// @param v 27 or 28.
    /// @param r Of the signature.
    /// @param s Of the signature, in the lower half of its range.
    /// @dev Errors: PermitExpired, InvalidSigner, ERC20InvalidSpender. Events: Approval.
    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice EIP-2612: the nonce of an owner's next permit.
    /// @param owner Who signs.
    /// @return value Permits used so far.
    function nonces(address owner) external view returns (uint256 value);

    /// @notice EIP-2612, EIP-712: the domain separator for this chain and contract.
    /// @return value The separator.
    function DOMAIN_SEPARATOR() external view returns (bytes32 value);

    /// @notice EIP-5267: the EIP-712 domain, by its fields.
    /// @return fields 0x0f: name, version, chainId and verifyingContract are used, salt is not.
    /// @return name The token's name, at most 31 bytes.
    /// @return version "1".
    /// @return chainId Of the chain as it is now, also after a fork.
    /// @return verifyingContract This contract.
    /// @return salt Zero.
    /// @return extensions Empty.
    /// @dev The domain separator of these fields is DOMAIN_SEPARATOR.
    function eip712Domain() external view returns (bytes1 fields, string memory name, string memory version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] memory extensions);

    /// @notice EIP-3009: whether a nonce is used or cancelled.
    /// @param authorizer Who signs.
    /// @param nonce Random, of the signer's choice.
    /// @return used Whether it is.
    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool used);

    /// @notice EIP-3009: sends tokens by their holder's signature. Anyone may send it.
    /// @param from Whose tokens, and who signed.
    /// @param to Who receives them.
    /// @param value Amount in the token's smallest unit.
    /// @param validAfter Valid after this time, exclusive, seconds since 1970.
    /// @param validBefore Valid before this time, exclusive.
    /// @param nonce Random, of the signer's choice.
    /// @param v 27 or 28.
    /// @param r Of the signature.
    /// @param s Of the signature, in the lower half of its range.
    /// @dev Errors: AuthorizationNotYetValid, AuthorizationExpired, AuthorizationUsedOrCanceled, InvalidSigner, ERC20InvalidReceiver,
    /// ERC20InsufficientBalance. Events: AuthorizationUsed, Transfer.
    function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice EIP-3009: sends tokens by their holder's signature. Anyone may send it.
    /// @param from Whose tokens, and who signed.
    /// @param to Who receives them.
    /// @param value Amount in the token's smallest unit.
    /// @param validAfter Valid after this time, exclusive, seconds since 1970.
    /// @param validBefore Valid before this time, exclusive.
    /// @param nonce Random, of the signer's choice.
    /// @param signature 65 bytes, r, s, v; of an account with code, whatever that takes (ERC-1271).
    /// @dev Errors: AuthorizationNotYetValid, AuthorizationExpired, AuthorizationUsedOrCanceled, InvalidSigner, ERC20InvalidReceiver,
    /// ERC20InsufficientBalance. Events: AuthorizationUsed, Transfer.
    function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes calldata signature) external;

    /// @notice EIP-3009: the payee takes tokens by their holder's signature. No one else may send it, so that nobody can front-run the
    /// call.
    /// @param from Whose tokens, and who signed.
    /// @param to Who receives them: the caller.
    /// @param value Amount in the token's smallest unit.
    /// @param validAfter Valid after this time, exclusive, seconds since 1970.
    /// @param validBefore Valid before this time, exclusive.
    /// @param nonce Random, of the signer's choice.
    /// @param v 27 or 28.
    /// @param r Of the signature.
    /// @param s Of the signature, in the lower half of its range.
    /// @dev Errors: CallerMustBePayee, those of transferWithAuthorization. Events: AuthorizationUsed, Transfer.
    function receiveWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice EIP-3009: the payee takes tokens by their holder's signature. No one else may send it, so that nobody can front-run the
    /// call.
    /// @param from Whose tokens, and who signed.
    /// @param to Who receives them: the caller.
    /// @param value Amount in the token's smallest unit.
    /// @param validAfter Valid after this time, exclusive, seconds since 1970.
    /// @param validBefore Valid before this time, exclusive.
    /// @param nonce Random, of the signer's choice.
    /// @param signature 65 bytes, r, s, v; of an account with code, whatever that takes (ERC-1271).
    /// @dev Errors: CallerMustBePayee, those of transferWithAuthorization. Events: AuthorizationUsed, Transfer.
    function receiveWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes calldata signature) external;

    /// @notice EIP-3009: cancels an unused nonce by its owner's signature. Anyone may send it.
    /// @param authorizer Who signed.
    /// @param nonce The nonce to cancel.
    /// @param v 27 or 28.
    /// @param r Of the signature.
    /// @param s Of the signature, in the lower half of its range.
    /// @dev Errors: AuthorizationUsedOrCanceled, InvalidSigner. Events: AuthorizationCanceled.
    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice EIP-3009: cancels an unused nonce by its owner's signature. Anyone may send it.
    /// @param authorizer Who signed.
    /// @param nonce The nonce to cancel.
    /// @param signature 65 bytes, r, s, v; of an account with code, whatever that takes (ERC-1271).
    /// @dev Errors: AuthorizationUsedOrCanceled, InvalidSigner. Events: AuthorizationCanceled.
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes calldata signature) external;

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
