// Compiles one Solidity file with npm's `solc`, and prints the code of one of its contracts. Nothing of where the file lies and of
// its comments gets into the code.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const solc = createRequire(import.meta.url)('solc')
const { source, contract } = JSON.parse(process.argv[2])
const settings = {
  evmVersion: 'cancun',
  metadata: { appendCBOR: false, bytecodeHash: 'none' },
  optimizer: { enabled: true, runs: 200 },
  outputSelection: { '*': { '*': ['evm.bytecode.object', 'evm.deployedBytecode.object'] } }
}
const sources = { source: { content: readFileSync(new URL(source, import.meta.url), 'utf8') } }
const output = JSON.parse(solc.compile(JSON.stringify({ language: 'Solidity', sources, settings })))
const faults = (output.errors ?? []).filter((fault) => fault.severity === 'error')
if (faults.length > 0) throw new Error(faults.map((fault) => fault.formattedMessage).join('\n'))
const { bytecode, deployedBytecode } = output.contracts.source[contract].evm
console.log(JSON.stringify({ creation: `0x${bytecode.object}`, runtime: `0x${deployedBytecode.object}` }))
