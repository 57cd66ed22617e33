// Compiles one Solidity file with npm's `solc`, and prints the code of one of its contracts, or of all by their names. Imports are
// packages of npm, or files beside it. Nothing of where the file lies and of its comments gets into the code. `runs` and `viaIR` are the
// compiler's own settings.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const solc = createRequire(import.meta.url)('solc')
const { source, contract, runs = 200, viaIR = false } = JSON.parse(process.argv[2])
const settings = {
  evmVersion: 'cancun',
  metadata: { appendCBOR: false, bytecodeHash: 'none' },
  optimizer: { enabled: true, runs },
  viaIR,
  outputSelection: { '*': { '*': ['evm.bytecode.object', 'evm.deployedBytecode.object'] } }
}
const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8')
const imported = (path) => ({ contents: read(path.startsWith('@') ? `node_modules/${path}` : path) })
const sources = { source: { content: read(source) } }
const output = JSON.parse(solc.compile(JSON.stringify({ language: 'Solidity', sources, settings }), { import: imported }))
const faults = (output.errors ?? []).filter((fault) => fault.severity === 'error')
if (faults.length > 0) throw new Error(faults.map((fault) => fault.formattedMessage).join('\n'))
const code = ({ evm }) => ({ creation: `0x${evm.bytecode.object}`, runtime: `0x${evm.deployedBytecode.object}` })
const contracts = output.contracts.source
const all = () => Object.fromEntries(Object.entries(contracts).map(([name, made]) => [name, code(made)]))
console.log(JSON.stringify(contract ? code(contracts[contract]) : all()))
