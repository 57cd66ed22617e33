// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title Cor: the token
/// @notice ERC-20 with EIP-2612 permit, EIP-3009 transfers by authorization and a capped mint. Amounts in the token's smallest unit.
/// @dev The same code, with other constructor arguments, is the development stablecoin. Name and symbol have at most 31 bytes. Signatures are those of
/// plain accounts (no ERC-1271); a high `s` or a `v` other than 27/28 is refused, and an invalid signature is by the zero address in InvalidSigner.
/// The EIP-712 domain is (name, "1", chainid, this contract).
interface ICor {
    /// @notice ERC-20.
    event Transfer(address indexed from, address indexed to, uint256 value);
    /// @notice ERC-20.
    event Approval(address indexed owner, address indexed spender, uint256 value);
    /// @notice EIP-3009: the authorization was used.
    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);
    /// @notice EIP-3009: the authorization was cancelled unused.
    event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce);
    /// @notice `minter` may (not) mint.
    event MinterSet(address indexed minter, bool enabled);
    /// @notice Ownership was offered to `candidate`.
    event OwnershipTransferStarted(address indexed owner, address indexed candidate);
    /// @notice Ownership passed to `owner`.
    event OwnershipTransferred(address indexed previous, address indexed owner);

    /// @notice ERC-6093: `sender` has `balance` and would need `needed`.
    error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
    /// @notice ERC-6093: the allowance is too small.
    error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    /// @notice ERC-6093: tokens cannot go to the zero address.
    error ERC20InvalidReceiver(address receiver);
    /// @notice ERC-6093: the zero address cannot be a spender.
    error ERC20InvalidSpender(address spender);
    /// @notice The permit's deadline has passed; sign a new one. Seconds since 1970.
    error PermitExpired(uint256 deadline, uint256 timestamp);
    /// @notice The signature is not by `expected`.
    error InvalidSigner(address signer, address expected);
    /// @notice The authorization is not valid before `validAfter` (exclusive). Seconds since 1970.
    error AuthorizationNotYetValid(uint256 validAfter, uint256 timestamp);
    /// @notice The authorization was valid until `validBefore` (exclusive). Seconds since 1970.
    error AuthorizationExpired(uint256 validBefore, uint256 timestamp);
    /// @notice The nonce is used or cancelled.
    error AuthorizationUsedOrCanceled(address authorizer, bytes32 nonce);
    /// @notice receiveWithAuthorization must be called by the payee.
    error CallerMustBePayee(address caller, address payee);
    /// @notice The mint would pass the cap.
    error CapExceeded(uint256 supply, uint256 amount, uint256 cap);
    /// @notice `caller` does not hold the role this function wants.
    error Unauthorized(address caller, address required);
    /// @notice `caller` is not a minter.
    error NotMinter(address caller);
    /// @notice A name or symbol of the constructor has too many bytes.
    error TextTooLong(uint256 length, uint256 limit);
    /// @notice The zero address is not a valid argument.
    error ZeroAddress();

    /// @notice ERC-20.
    function name() external view returns (string memory value);
    /// @notice ERC-20.
    function symbol() external view returns (string memory value);
    /// @notice ERC-20.
    function decimals() external view returns (uint8 value);
    /// @notice EIP-712 version of the signing domain, "1".
    function version() external view returns (string memory value);
    /// @notice ERC-20.
    function totalSupply() external view returns (uint256 value);
    /// @notice Most tokens that can ever exist.
    function cap() external view returns (uint256 value);
    /// @notice ERC-20.
    function balanceOf(address account) external view returns (uint256 value);
    /// @notice ERC-20. An allowance of 2^256-1 is never reduced.
    function allowance(address owner, address spender) external view returns (uint256 value);
    /// @notice ERC-20.
    function transfer(address to, uint256 value) external returns (bool ok);
    /// @notice ERC-20.
    function approve(address spender, uint256 value) external returns (bool ok);
    /// @notice ERC-20.
    function transferFrom(address from, address to, uint256 value) external returns (bool ok);
    /// @notice Creates tokens up to the cap; minters only.
    function mint(address to, uint256 value) external;
    /// @notice Names or removes a minter; owner only.
    function setMinter(address minter, bool enabled) external;
    /// @notice Whether `account` may mint.
    function isMinter(address account) external view returns (bool enabled);
    /// @notice EIP-2612.
    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
    /// @notice EIP-2612.
    function nonces(address owner) external view returns (uint256 value);
    /// @notice EIP-2612, EIP-712.
    function DOMAIN_SEPARATOR() external view returns (bytes32 value);
    /// @notice EIP-3009: whether the nonce is used or cancelled.
    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool used);
    /// @notice EIP-3009.
    function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external;
    /// @notice EIP-3009, with a packed signature of 65 bytes (r, s, v).
    function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes calldata signature) external;
    /// @notice EIP-3009: only the payee may call.
    function receiveWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external;
    /// @notice EIP-3009, with a packed signature of 65 bytes (r, s, v).
    function receiveWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes calldata signature) external;
    /// @notice EIP-3009.
    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external;
    /// @notice EIP-3009, with a packed signature of 65 bytes (r, s, v).
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes calldata signature) external;
    /// @notice Present owner.
    function owner() external view returns (address current);
    /// @notice Offers ownership, in place of any earlier offer; takes effect when `candidate` accepts. Zero only withdraws the offer. Owner only.
    function transferOwnership(address candidate) external;
    /// @notice Accepts an offered ownership; only the candidate.
    function acceptOwnership() external;
}
