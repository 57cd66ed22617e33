// A wallet by ethers, with nothing of ours: transfers of every type, the token, logs by range, by filter and by subscription, typed
// data, errors. Reads {rpc, ws, chainId, token, key, other} from the first argument; prints what it saw as JSON.
import {
  AbiCoder, Contract, ContractFactory, JsonRpcProvider, MaxUint256, Signature, Transaction, Wallet, WebSocketProvider, ZeroAddress, getCreateAddress,
  id, keccak256, parseEther, verifyMessage, zeroPadValue,
} from 'ethers'

const input = JSON.parse(process.argv[2])
// No answer may be reused: ethers does so for a quarter of a second, in which this chain mines many blocks.
const fast = { cacheTimeout: -1 }
const http = new JsonRpcProvider(input.rpc, undefined, fast)
http.pollingInterval = 20
const wallet = new Wallet(input.key, http)
const abi = [
  'function name() view returns (string)', 'function balanceOf(address) view returns (uint256)', 'function nonces(address) view returns (uint256)',
  'function allowance(address,address) view returns (uint256)', 'function transfer(address to, uint256 value) returns (bool)',
  'function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)',
  'event Transfer(address indexed from, address indexed to, uint256 value)', 'event Approval(address indexed owner, address indexed spender, uint256 value)',
  'error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)',
]
const token = new Contract(input.token, abi, wallet)
const fresh = (text) => new Wallet(id(text)).address
const refusal = (promise) => promise.then(() => ({ code: 'accepted' }), (error) => error)

// What a subscription told, to be waited for by its value.
class Sightings {
  #seen = new Map()
  #waiting = new Map()

  add(value, more = true) {
    this.#seen.set(value, more)
    this.#waiting.get(value)?.(more)
  }

  of(value) {
    return this.#seen.has(value) ? this.#seen.get(value) : new Promise((resolve) => { this.#waiting.set(value, resolve) })
  }
}

async function transfers() {
  const network = await http.getNetwork()
  const types = []
  const { gasPrice } = await http.getFeeData()
  const kinds = [{ type: 0, gasPrice }, { type: 1, gasPrice, accessList: [[input.token, [zeroPadValue('0x', 32)]]] }, { type: 2 }]
  for (const [index, fields] of kinds.entries()) {
    const to = fresh(`receiver ${index}`)
    const response = await wallet.sendTransaction({ to, value: parseEther('1.5'), ...fields })
    const receipt = await response.wait()
    const fetched = await http.getTransaction(response.hash)
    const block = await http.getBlock(receipt.blockNumber, true)
    types.push({
      type: receipt.type, status: receipt.status, balance: await http.getBalance(to), confirmed: await fetched.confirmations(),
      listed: block.prefetchedTransactions.map((tx) => tx.hash).includes(response.hash), paid: receipt.fee === receipt.gasUsed * receipt.gasPrice,
      sender: Transaction.from(fetched).from,
    })
  }
  return { chainId: network.chainId, types }
}

// Type 4: a plain account takes a contract's code as its own, and so answers.
async function delegation(code) {
  const owner = new Wallet(id('delegating'), http)
  await (await wallet.sendTransaction({ to: owner.address, value: parseEther('1') })).wait()
  const authorization = await owner.authorize({ address: code, nonce: 0, chainId: input.chainId })
  const receipt = await (await wallet.sendTransaction({ type: 4, to: owner.address, authorizationList: [authorization], gasLimit: 200_000 })).wait()
  const answer = await http.call({ to: owner.address })
  return { type: receipt.type, code: await http.getCode(owner.address), expected: `0xef0100${code.slice(2).toLowerCase()}`, answer: BigInt(answer) }
}

async function creation() {
  // Answers 42 to everything.
  const factory = new ContractFactory(['function value() view returns (uint256)'], '0x600a600c600039600a6000f3602a60005260206000f3', wallet)
  const nonce = await wallet.getNonce()
  const contract = await (await factory.deploy()).waitForDeployment()
  const address = await contract.getAddress()
  return { value: await contract.value(), code: await contract.getDeployedCode(), predicted: address === getCreateAddress({ from: wallet.address, nonce }), address }
}

async function logs() {
  const to = fresh('token receiver')
  const events = new Sightings()
  // Over HTTP this is a filter that the node keeps and ethers asks for changes.
  await token.on(token.filters.Transfer(wallet.address, to), ({ log, args }) => events.add(log.transactionHash, args.value))
  const receipt = await (await token.transfer(to, 5n)).wait()
  const filtered = await events.of(receipt.hash)
  await token.removeAllListeners()
  await (await token.transfer(to, 6n)).wait()
  const ranged = await token.queryFilter(token.filters.Transfer(null, to), receipt.blockNumber)
  const signatures = ['Approval(address,address,uint256)', 'Transfer(address,address,uint256)'].map(id)
  const anyOf = await http.getLogs({ fromBlock: receipt.blockNumber, topics: [signatures, null, zeroPadValue(to, 32)] })
  const byHash = await http.getLogs({ blockHash: receipt.blockHash })
  const parsed = receipt.logs.map((log) => log.fragment.name)
  return { filtered, ranged: ranged.map((log) => log.args.value), anyOf: anyOf.length, byHash: byHash.length, parsed, balance: await token.balanceOf(to) }
}

async function typedData() {
  const [spender, value, deadline] = [fresh('spender'), 7n, MaxUint256]
  const domain = { name: await token.name(), version: '1', chainId: input.chainId, verifyingContract: input.token }
  const fields = [['owner', 'address'], ['spender', 'address'], ['value', 'uint256'], ['nonce', 'uint256'], ['deadline', 'uint256']]
  const nonce = await token.nonces(wallet.address)
  const message = { owner: wallet.address, spender, value, nonce, deadline }
  const { v, r, s } = Signature.from(await wallet.signTypedData(domain, { Permit: fields.map(([name, type]) => ({ name, type })) }, message))
  // Someone else hands the signature in.
  const carrier = token.connect(new Wallet(input.other, http))
  await (await carrier.permit(wallet.address, spender, value, deadline, v, r, s)).wait()
  const replayed = await refusal(carrier.permit.staticCall(wallet.address, spender, value, deadline, v, r, s))
  return { allowance: await token.allowance(wallet.address, spender), used: (await token.nonces(wallet.address)) - nonce, replayed: replayed.code }
}

async function errors() {
  const balance = await token.balanceOf(wallet.address)
  const poor = new Wallet(id('nothing'), http)
  const describe = ({ code, revert }) => ({ code, name: revert?.name, args: revert && [...revert.args] })
  const call = describe(await refusal(token.transfer.staticCall(input.token, balance + 1n)))
  // ethers leaves the data of a refused estimate to the caller.
  const estimate = token.interface.parseError((await refusal(token.transfer.estimateGas(input.token, balance + 1n))).data)?.name
  const mined = await refusal(token.transfer(input.token, balance + 1n, { gasLimit: 300_000 }).then((tx) => tx.wait()))
  const funds = await refusal(poor.sendTransaction({ to: ZeroAddress, value: 1n, gasLimit: 21_000 }))
  const nonce = await refusal(wallet.sendTransaction({ to: ZeroAddress, nonce: 0, gasLimit: 100_000 }))
  const unknown = await refusal(http.send('eth_noSuchMethod', []))
  const missing = await http.getTransactionReceipt(keccak256('0x'))
  return {
    balance, call, estimate, mined: { code: mined.code, status: mined.receipt?.status }, funds: funds.code, nonce: nonce.code,
    unknown: unknown.error?.code ?? unknown.code, missing,
  }
}

async function unlocked() {
  const signer = await http.getSigner(new Wallet(input.other).address)
  const to = fresh('by an unlocked account')
  const receipt = await (await signer.sendTransaction({ to, value: 3n })).wait()
  const signed = verifyMessage('by the node', await signer.signMessage('by the node')) === signer.address
  return { status: receipt.status, balance: await http.getBalance(to), signed }
}

// Calls that ethers puts into one body.
async function batch() {
  const answers = await Promise.all([...Array(40).keys()].map((index) => http.getBalance(fresh(`receiver ${index}`))))
  return answers.filter((balance) => balance > 0n).length
}

async function subscriptions() {
  const socket = new WebSocketProvider(input.ws, undefined, fast)
  const overSocket = new Contract(input.token, abi, new Wallet(input.key, socket))
  const [heads, pending, events] = [new Sightings(), new Sightings(), new Sightings()]
  await socket.on('block', (number) => heads.add(number))
  await socket.on('pending', (hash) => pending.add(hash))
  await overSocket.on('Transfer', (_from, _to, value, { log }) => events.add(log.transactionHash, value))
  const receipt = await (await overSocket.transfer(fresh('socket receiver'), 8n)).wait()
  const told = { value: await events.of(receipt.hash), head: await heads.of(receipt.blockNumber), pending: await pending.of(receipt.hash) }
  await socket.destroy()
  return told
}

async function state() {
  const { accountProof, balance, nonce } = await http.send('eth_getProof', [wallet.address, [], 'latest'])
  const old = await http.getBalance(wallet.address, 0)
  const overridden = await http.send('eth_call', [{ to: input.token }, 'latest', { [input.token]: { code: '0x602a60005260206000f3' } }])
  return {
    proof: accountProof.length > 0 && BigInt(balance) === (await http.getBalance(wallet.address)) && BigInt(nonce) === BigInt(await wallet.getNonce()),
    genesis: old, overridden: AbiCoder.defaultAbiCoder().decode(['uint256'], overridden)[0],
  }
}

const report = {}
const parts = { transfers, creation, delegation: () => delegation(report.creation.address), logs, typedData, errors, unlocked, batch, subscriptions, state }
for (const [name, part] of Object.entries(parts)) {
  report[name] = await part().catch((error) => { throw new Error(`${name}: ${error.message}`, { cause: error }) })
}
http.destroy()
console.log(JSON.stringify(report, (_, value) => (typeof value === 'bigint' ? value.toString() : value)))
