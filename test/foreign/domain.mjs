// The token's EIP-712 domain by viem (EIP-5267), and a permit signed for it. Reads {rpc, chainId, token, keys} from the first argument: keys of an
// owner and of a spender, who sends the permit. Prints what it saw as JSON.
import { createPublicClient, createWalletClient, defineChain, domainSeparator, http, parseAbi, parseSignature } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

const { rpc, chainId, token, keys } = JSON.parse(process.argv[2])
const chain = defineChain({ id: chainId, name: 'dev', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [rpc] } } })
const transport = http(rpc)
const reader = createPublicClient({ chain, transport, pollingInterval: 20 })
const [owner, spender] = keys.map((key) => createWalletClient({ account: privateKeyToAccount(key), chain, transport }))
const contract = {
  address: token,
  abi: parseAbi([
    'function DOMAIN_SEPARATOR() view returns (bytes32)', 'function nonces(address) view returns (uint256)',
    'function allowance(address, address) view returns (uint256)',
    'function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)',
  ]),
}
const read = (functionName, args = []) => reader.readContract({ ...contract, functionName, args })

const { domain, extensions, fields } = await reader.getEip712Domain({ address: token })
// The bits of `fields` say which of them count: no salt.
const { salt: _, ...used } = domain
const addresses = [owner, spender].map((wallet) => wallet.account.address)
const message = { owner: addresses[0], spender: addresses[1], value: 7n, nonce: await read('nonces', [addresses[0]]), deadline: 2n ** 64n }
const types = {
  Permit: [
    { name: 'owner', type: 'address' }, { name: 'spender', type: 'address' }, { name: 'value', type: 'uint256' },
    { name: 'nonce', type: 'uint256' }, { name: 'deadline', type: 'uint256' },
  ],
}
const signature = await owner.signTypedData({ domain: used, types, primaryType: 'Permit', message })
const { v, r, s } = parseSignature(signature)
const args = [...addresses, message.value, message.deadline, Number(v), r, s]
const hash = await spender.writeContract({ ...contract, functionName: 'permit', args })
await reader.waitForTransactionReceipt({ hash })
const report = {
  domain, extensions, fields, computed: domainSeparator({ domain: used }), separator: await read('DOMAIN_SEPARATOR'),
  allowance: await read('allowance', addresses), nonce: await read('nonces', [addresses[0]]),
}
console.log(JSON.stringify(report, (_, value) => (typeof value === 'bigint' ? value.toString() : value)))
