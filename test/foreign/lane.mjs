// The whole on-chain lane by viem, with nothing of ours: one task by what its miners signed, in one transaction of the keeper; and one that is started,
// bound, revealed and finished by calls of their own. Reads {rpc, chainId, addresses, keys} from the first argument: keys of payer, keeper and miners.
// Prints what it saw as JSON.
import {
  concat, createPublicClient, createWalletClient, defineChain, encodeAbiParameters, encodePacked, http, keccak256, parseAbi, parseEventLogs, parseSignature,
  serializeCompactSignature, signatureToCompactSignature, size, toBytes, toHex, zeroHash,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

const { rpc, chainId, addresses, keys } = JSON.parse(process.argv[2])
const chain = defineChain({ id: chainId, name: 'dev', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [rpc] } } })
const transport = http(rpc)
const reader = createPublicClient({ chain, transport, pollingInterval: 20 })
const [payer, keeper, ...miners] = keys.map((key) => createWalletClient({ account: privateKeyToAccount(key), chain, transport }))

const token = { address: addresses.cor, abi: parseAbi(['function approve(address,uint256) returns (bool)', 'function balanceOf(address) view returns (uint256)']) }
const staking = { address: addresses.staking, abi: parseAbi(['function payoutOf(address node) view returns (address)']) }
const vault = {
  address: addresses.vault,
  abi: parseAbi([
    'function depositAndFund(address module, address beneficiary, uint256 amount)', 'function withdraw(uint256 amount)',
    'function freeOf(address account) view returns (uint256)', 'function treasury() view returns (uint256)',
  ]),
}
const lane = {
  address: addresses.lane,
  abi: parseAbi([
    'event SessionCreated(uint64 indexed session, address indexed owner, bytes32 terms, bytes32 metadata)',
    'event TaskSubmitted(bytes32 indexed task, address indexed payer, uint64 indexed session, uint64 sequence, uint64 deadline, uint64 charged, bytes32 clientReference, bytes opening, string promptUrn)',
    'event TaskRecord(bytes32 indexed task, uint8 phase, uint64 deadline, bytes record)',
    'event TaskEnded(bytes32 indexed task, address indexed payer, address indexed keeper, uint8 status, bytes32 resultDigest, uint32 seats, uint8 paid, uint64 perMiner, uint64 toKeeper, uint64 toTreasury, uint64 refunded, bytes crew)',
    'event EarningsPaid(address indexed miner, address indexed to, uint64 amount)',
    'function createSession(bytes32 terms, bytes32 metadata) returns (uint64)',
    'function submit(uint64 session, bytes32 terms, uint64 sequence, uint64 maxCharge, bytes32 promptDigest, string promptUrn, bytes32 clientReference) returns (bytes32)',
    'function complete(address payer, uint64 sequence, bytes opening, bytes answers, address keeper, bytes assign)',
    'function start(address payer, uint64 sequence, bytes opening, bytes miners, address keeper, bytes assign)',
    'function precommit(address payer, uint64 sequence, bytes history, uint8 replica, bytes32 commitment, bytes signature)',
    'function reveal(address payer, uint64 sequence, bytes history, bytes reveals)',
    'function finish(address payer, uint64 sequence, bytes history, bytes reveals)',
    'function release(uint64 amount)', 'function payEarnings(address miner) returns (uint64)', 'function passTreasury() returns (uint64)',
    'error CommitmentMismatch(bytes32 task, uint8 replica, bytes32 committed, bytes32 computed)',
  ]),
}
const lens = {
  address: addresses.lens,
  abi: parseAbi([
    'function accountOf(address account) view returns (uint64 available, uint64 earned)',
    'function taskOf(address payer, uint64 sequence) view returns (uint8 phase, uint8 status, bool lastCall, uint8 replicas, uint64 deadline, uint32 seats, address keeper, bytes32 seal)',
  ]),
}

async function send(wallet, contract, functionName, args) {
  const hash = await wallet.writeContract({ ...contract, functionName, args })
  const receipt = await reader.waitForTransactionReceipt({ hash })
  if (receipt.status !== 'success') throw new Error(`${functionName} reverted`)
  return receipt
}

function logged(receipt, eventName) {
  const [log] = parseEventLogs({ abi: lane.abi, logs: receipt.logs, eventName })
  if (!log) throw new Error(`no ${eventName}`)
  return log.args
}

const read = (contract, functionName, ...args) => reader.readContract({ ...contract, functionName, args })
const addressOf = (wallet) => wallet.account.address
const grain = 10n ** 9n

// The terms' word, field by field: model, maxTokens, answerKind, replicas, quorumBps, the seconds of open, precommit and reveal, then what is priced.
const terms = encodePacked(
  ['uint64', 'uint32', 'uint8', 'uint8', 'uint16', 'uint24', 'uint24', 'uint24', 'uint16', 'uint16', 'uint8', 'uint8', 'uint8'],
  [1n, 16, 0, miners.length, 5001, 60, 60, 60, 1, 0, 0, 0, 1],
)
const digest = keccak256(toBytes('Paris'))
const salts = miners.map((_, index) => keccak256(toHex(index + 1, { size: 32 })))

// Everything that was said of a task, in the order of its logs: what moves it on is brought by whoever moves it.
async function historyOf(task) {
  const logs = (eventName) => reader.getContractEvents({ ...lane, eventName, args: { task }, fromBlock: 0n })
  const [[submitted], records] = await Promise.all([logs('TaskSubmitted'), logs('TaskRecord')])
  return concat([submitted.args.opening, ...records.map((log) => log.args.record)])
}

async function submit(session, sequence) {
  const args = [session, terms, sequence, 2n ** 64n - 1n, keccak256(toBytes('What is the capital of France?')), 'urn:cor:blob:viem', zeroHash]
  const { task, opening } = logged(await send(payer, lane, 'submit', args), 'TaskSubmitted')
  const named = keccak256(encodePacked(['uint8', 'address', 'uint64'], [6, addressOf(payer), sequence]))
  if (task !== named) throw new Error(`the task is ${task} and not ${named}`)
  const assignment = keccak256(concat([task, keccak256(opening), ...[keeper, ...miners].map(addressOf)]))
  return { task, sequence, opening, assignment }
}

// abi.encode(DOMAIN, chainid, lane, assignment, replica, miner, resultDigest, salt), as the interface says.
function commitmentOf({ assignment }, replica) {
  const types = ['bytes32', 'uint256', 'address', 'bytes32', 'uint256', 'address', 'bytes32', 'bytes32'].map((type) => ({ type }))
  const values = [keccak256(toBytes('Cortensor.Commitment.v2')), BigInt(chainId), lane.address, assignment, BigInt(replica), addressOf(miners[replica]), digest, salts[replica]]
  return keccak256(encodeAbiParameters(types, values))
}

// A miner's Precommit by EIP-712, in the 64 bytes of EIP-2098.
async function precommitment({ assignment }, replica, commitment) {
  const domain = { name: 'Cortensor Lane', version: '1', chainId, verifyingContract: lane.address }
  const types = { Precommit: [{ name: 'assignment', type: 'bytes32' }, { name: 'commitment', type: 'bytes32' }] }
  const signature = await miners[replica].signTypedData({ domain, types, primaryType: 'Precommit', message: { assignment, commitment } })
  return serializeCompactSignature(signatureToCompactSignature(parseSignature(signature)))
}

// What the event says of the end, and that the lens says the same.
async function endOf({ sequence, assignment }, receipt) {
  const { status, seats, resultDigest, crew } = logged(receipt, 'TaskEnded')
  const [phase, told, , , , taken, mark, seal] = await read(lens, 'taskOf', addressOf(payer), sequence)
  const ended = phase === 4 && told === status && taken === seats && seal === zeroHash && mark.toLowerCase() === `0x${keccak256(concat([assignment, crew])).slice(-40)}`
  return { status, seats, ended, result: resultDigest === digest }
}

// Way one: every miner signed and showed its answer to the keeper, whose one transaction ends the task.
async function completed(session) {
  const task = await submit(session, 1n)
  const answers = miners.map(async (miner, replica) => {
    const signature = await precommitment(task, replica, commitmentOf(task, replica))
    return concat([addressOf(miner), signature, digest, salts[replica]])
  })
  const args = [addressOf(payer), task.sequence, task.opening, concat(await Promise.all(answers)), addressOf(keeper), '0x']
  return endOf(task, await send(keeper, lane, 'complete', args))
}

// Way two: one of them is not heard of. The keeper starts with the others, it binds itself, all reveal.
async function started(session) {
  const task = await submit(session, 2n)
  const name = [addressOf(payer), task.sequence]
  const commitments = miners.map((_, replica) => commitmentOf(task, replica))
  const last = miners.length - 1
  const seats = miners.map(async (miner, replica) => {
    const bound = replica === last ? toHex(0, { size: 96 }) : concat([commitments[replica], await precommitment(task, replica, commitments[replica])])
    return concat([addressOf(miner), bound])
  })
  await send(keeper, lane, 'start', [...name, task.opening, concat(await Promise.all(seats)), addressOf(keeper), '0x'])
  await send(miners[last], lane, 'precommit', [...name, await historyOf(task.task), last, commitments[last], '0x'])
  const shown = (replica, salt = salts[replica]) => concat([toHex(replica, { size: 1 }), digest, salt])
  // A wrong salt is refused with the contract's own error, and nothing is lost.
  const wrong = [...name, await historyOf(task.task), shown(1, salts[0])]
  const refused = await send(miners[1], lane, 'reveal', wrong).then(() => 'accepted', (error) => error.walk?.((e) => e.data?.errorName)?.data?.errorName ?? String(error))
  await send(miners[1], lane, 'reveal', [...name, await historyOf(task.task), shown(1)])
  const others = concat(miners.map((_, replica) => replica).filter((replica) => replica !== 1).map((replica) => shown(replica)))
  return { ...(await endOf(task, await send(payer, lane, 'finish', [...name, await historyOf(task.task), others]))), refused }
}

// Takes an account's money out of the lane and out of the vault, to its wallet. Returns what came, wei.
async function takeOut(wallet) {
  const [available] = await read(lens, 'accountOf', addressOf(wallet))
  await send(wallet, lane, 'release', [available])
  await send(wallet, vault, 'withdraw', [available * grain])
  return available * grain
}

if (size(terms) !== 32) throw new Error(`the terms have ${size(terms)} bytes`)
const prepaid = 10n ** 18n
await send(payer, token, 'approve', [vault.address, prepaid])
await send(payer, vault, 'depositAndFund', [lane.address, addressOf(payer), prepaid])
const { session } = logged(await send(payer, lane, 'createSession', [terms, zeroHash]), 'SessionCreated')
const ways = { completed: await completed(session), started: await started(session) }

const earned = await Promise.all(miners.map(async (miner) => (await read(lens, 'accountOf', addressOf(miner)))[1] * grain))
// Anyone may have them paid; they go where Staking says.
const payouts = await Promise.all(miners.map((miner) => read(staking, 'payoutOf', addressOf(miner))))
for (const [index, miner] of miners.entries()) {
  const { to } = logged(await send(payer, lane, 'payEarnings', [addressOf(miner)]), 'EarningsPaid')
  if (to !== payouts[index]) throw new Error(`the earnings of ${addressOf(miner)} went to ${to}`)
}
const wallets = await Promise.all(payouts.map((account) => read(token, 'balanceOf', account)))
const kept = await takeOut(keeper)
await send(payer, lane, 'passTreasury', [])
const left = await takeOut(payer)
const report = {
  ...ways, earned, wallets, keeper: kept, treasury: await read(vault, 'treasury'), charged: prepaid - left,
  free: await Promise.all([payer, keeper].map((wallet) => read(vault, 'freeOf', addressOf(wallet)))),
}
console.log(JSON.stringify(report, (_, value) => (typeof value === 'bigint' ? value.toString() : value)))
