#!/usr/bin/env node
// The compiler of npm's package `solc`, spoken to as Foundry speaks to the native one: `--version` and `--standard-json`.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const solc = createRequire(import.meta.url)('solc')
if (process.argv.includes('--version')) {
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`)
} else {
  // Sources come with the request, so no path has to be resolved.
  process.stdout.write(solc.compile(readFileSync(0, 'utf8')))
}
