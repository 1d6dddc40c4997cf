// Answers requests with an independent simulator of IAM: one simulation a line on stdin, one result
// a line on stdout.
//
//     node simulate.mjs FOLDER     FOLDER/node_modules holds the simulator

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const require = createRequire(join(process.argv[2], 'package.json'))
const { createValidatedPolicy } = require('@cloud-copilot/iam-policy')
const { runUnsafeSimulation } = require('@cloud-copilot/iam-simulate')

function simulate(simulation) {
  if (simulation.resourcePolicy) {
    // The simulator wants a name for it, and has no other place for one.
    simulation.resourcePolicy = createValidatedPolicy(simulation.resourcePolicy, () => [], { name: 'resource' })
  }
  return runUnsafeSimulation(simulation, {})
}

for await (const line of createInterface({ input: process.stdin })) {
  let result
  try {
    result = simulate(JSON.parse(line))
  } catch (error) {
    result = `${error}`.replaceAll('\n', ' ')
  }
  console.log(result)
}
