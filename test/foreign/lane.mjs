// The whole on-chain lane by viem, with nothing of ours: twice, once by the miners' own transactions, once by signatures that the keeper sends.
// Reads {rpc, chainId, addresses, keys} from the first argument; prints what it saw as JSON.
import {
  createPublicClient, createWalletClient, defineChain, encodeAbiParameters, http, keccak256, parseAbi, parseEventLogs, toBytes, toHex, zeroHash,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

const { rpc, chainId, addresses, keys } = JSON.parse(process.argv[2])
const chain = defineChain({ id: chainId, name: 'dev', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [rpc] } } })
const transport = http(rpc)
const reader = createPublicClient({ chain, transport, pollingInterval: 20 })
const [payer, keeper, ...miners] = keys.map((key) => createWalletClient({ account: privateKeyToAccount(key), chain, transport }))

const token = { address: addresses.cor, abi: parseAbi(['function approve(address,uint256) returns (bool)', 'function balanceOf(address) view returns (uint256)']) }
const payment = {
  address: addresses.session_payment,
  abi: parseAbi([
    'function deposit(uint256)', 'function withdraw(uint256)', 'function availableOf(address) view returns (uint256)',
    'function earningsOf(address) view returns (uint256)', 'function withdrawEarnings() returns (uint256)',
    'error InsufficientBalance(address payer, uint256 available, uint256 needed)',
  ]),
}
const queue = {
  address: addresses.session_queue,
  abi: parseAbi([
    'struct SessionParams { uint64 modelIdentifier; uint16 executionDepth; uint16 toolDepth; uint8 sla; uint8 validatorDepth; uint8 redundant; uint8 consensusRule; uint16 quorumBps; uint8 priority; uint32 assignSecs; uint32 ackSecs; uint32 precommitSecs; uint32 commitSecs; bytes32 metadata; }',
    'struct Replica { address miner; uint64 registrationEpoch; uint8 outcome; uint8 messages; bytes32 commitment; bytes32 resultDigest; }',
    'struct TaskView { uint64 sessionId; address payer; address keeper; uint8 phase; uint8 status; uint8 answerKind; uint32 maxTokens; uint64 submittedAt; uint64 deadline; uint64 endedAt; bytes32 resultDigest; Replica[] replicas; }',
    'event SessionCreated(uint64 indexed sessionId, address indexed owner, uint64 modelIdentifier, uint8 redundant)',
    'event TaskQueued(uint64 indexed sessionId, uint64 indexed taskId, address indexed payer, bytes32 promptDigest, string promptUrn, uint8 answerKind, uint32 maxTokens, uint64 deadline, bytes32 clientReference)',
    'event TaskEnded(uint64 indexed sessionId, uint64 indexed taskId, uint8 status, bytes32 resultDigest, address[] miners, uint8[] outcomes)',
    'function create(SessionParams params) returns (uint64)',
    'function submit(uint64 sessionId, bytes32 promptDigest, string promptUrn, uint8 answerKind, uint32 maxTokens, uint128 maxCharge, bytes32 clientReference) returns (uint64)',
    'function assignTask(uint64 taskId, address[] miners)',
    'function ack(uint64 taskId)', 'function ackBySig(uint64 taskId, address[] miners, bytes[] signatures)',
    'function precommit(uint64 taskId, bytes32 commitment)', 'function precommitBySig(uint64 taskId, address[] miners, bytes32[] commitments, bytes[] signatures)',
    'function commit(uint64 taskId, bytes32 resultDigest, bytes32 salt)',
    'function commitBySig(uint64 taskId, address[] miners, bytes32[] resultDigests, bytes32[] salts, bytes[] signatures)',
    'function end(uint64 taskId) returns (uint8)', 'function getTask(uint64 taskId) view returns (TaskView)',
    'error RevealMismatch(uint64 taskId, address miner, bytes32 committed, bytes32 computed)',
  ]),
}

async function send(wallet, contract, functionName, args) {
  const hash = await wallet.writeContract({ ...contract, functionName, args })
  const receipt = await reader.waitForTransactionReceipt({ hash })
  if (receipt.status !== 'success') throw new Error(`${functionName} reverted`)
  return receipt
}

function logged(receipt, eventName) {
  const [log] = parseEventLogs({ abi: queue.abi, logs: receipt.logs, eventName })
  if (!log) throw new Error(`no ${eventName}`)
  return log.args
}

const read = (taskId) => reader.readContract({ ...queue, functionName: 'getTask', args: [taskId] })
const addressesOf = (wallets) => wallets.map((wallet) => wallet.account.address)

// abi.encode(DOMAIN, chainid, queue, taskId, replica, miner, registrationEpoch, resultDigest, salt), as the interface says.
function commitmentOf(taskId, replica, part, resultDigest, salt) {
  const types = ['bytes32', 'uint256', 'address', 'uint256', 'uint256', 'address', 'uint256', 'bytes32', 'bytes32'].map((type) => ({ type }))
  const values = [keccak256(toBytes('Cortensor.Commitment.v1')), BigInt(chainId), queue.address, taskId, BigInt(replica), part.miner, part.registrationEpoch, resultDigest, salt]
  return keccak256(encodeAbiParameters(types, values))
}

async function submit(sessionId) {
  const args = [sessionId, keccak256(toBytes('What is the capital of France?')), 'urn:cor:blob:viem', 0, 16, 2n ** 128n - 1n, zeroHash]
  const { taskId } = logged(await send(payer, queue, 'submit', args), 'TaskQueued')
  await send(keeper, queue, 'assignTask', [taskId, addressesOf(miners)])
  return taskId
}

const digest = keccak256(toBytes('Paris'))
const salts = miners.map((_, index) => keccak256(toHex(index + 1, { size: 32 })))

async function byTransactions(sessionId) {
  const taskId = await submit(sessionId)
  for (const miner of miners) await send(miner, queue, 'ack', [taskId])
  const { replicas } = await read(taskId)
  for (const [index, miner] of miners.entries()) {
    await send(miner, queue, 'precommit', [taskId, commitmentOf(taskId, index, replicas[index], digest, salts[index])])
  }
  // A wrong salt is refused with the contract's own error, and nothing is lost.
  const refused = await send(miners[0], queue, 'commit', [taskId, digest, salts[1]]).then(() => 'accepted', (error) => error.walk?.((e) => e.data?.errorName)?.data?.errorName ?? String(error))
  for (const [index, miner] of miners.entries()) await send(miner, queue, 'commit', [taskId, digest, salts[index]])
  const { status, outcomes } = logged(await send(payer, queue, 'end', [taskId]), 'TaskEnded')
  return { status, outcomes, refused }
}

async function bySignatures(sessionId) {
  const taskId = await submit(sessionId)
  const domain = { name: 'Cortensor SessionQueue', version: '1', chainId, verifyingContract: queue.address }
  const fields = { Ack: [], Precommit: [['commitment', 'bytes32']], Commit: [['resultDigest', 'bytes32'], ['salt', 'bytes32']] }
  const sign = (miner, primaryType, more = {}) => {
    const types = { [primaryType]: [['taskId', 'uint64'], ['miner', 'address'], ...fields[primaryType]].map(([name, type]) => ({ name, type })) }
    return miner.signTypedData({ domain, types, primaryType, message: { taskId, miner: miner.account.address, ...more } })
  }
  const all = (make) => Promise.all(miners.map(make))
  await send(keeper, queue, 'ackBySig', [taskId, addressesOf(miners), await all((miner) => sign(miner, 'Ack'))])
  const { replicas } = await read(taskId)
  const commitments = replicas.map((part, index) => commitmentOf(taskId, index, part, digest, salts[index]))
  const precommits = await all((miner, index) => sign(miner, 'Precommit', { commitment: commitments[index] }))
  await send(keeper, queue, 'precommitBySig', [taskId, addressesOf(miners), commitments, precommits])
  const reveals = await all((miner, index) => sign(miner, 'Commit', { resultDigest: digest, salt: salts[index] }))
  await send(keeper, queue, 'commitBySig', [taskId, addressesOf(miners), miners.map(() => digest), salts, reveals])
  const { status, outcomes } = logged(await send(payer, queue, 'end', [taskId]), 'TaskEnded')
  return { status, outcomes }
}

const prepaid = 10n ** 18n
await send(payer, token, 'approve', [payment.address, prepaid])
await send(payer, payment, 'deposit', [prepaid])
const terms = {
  modelIdentifier: 1n, executionDepth: 1, toolDepth: 0, sla: 0, validatorDepth: 0, redundant: miners.length, consensusRule: 1, quorumBps: 5001, priority: 0,
  assignSecs: 60, ackSecs: 60, precommitSecs: 60, commitSecs: 60, metadata: zeroHash,
}
const { sessionId } = logged(await send(payer, queue, 'create', [terms]), 'SessionCreated')
const transactions = await byTransactions(sessionId)
const signatures = await bySignatures(sessionId)
const earned = await Promise.all(miners.map((miner) => reader.readContract({ ...payment, functionName: 'earningsOf', args: [miner.account.address] })))
for (const miner of miners) await send(miner, payment, 'withdrawEarnings', [])
const wallets = await Promise.all(miners.map((miner) => reader.readContract({ ...token, functionName: 'balanceOf', args: [miner.account.address] })))
const left = await reader.readContract({ ...payment, functionName: 'availableOf', args: [payer.account.address] })
await send(payer, payment, 'withdraw', [left])

const text = (_, value) => (typeof value === 'bigint' ? value.toString() : value)
console.log(JSON.stringify({ transactions, signatures, earned, wallets, charged: prepaid - left }, text))
