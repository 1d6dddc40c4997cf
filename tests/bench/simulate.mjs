// What one would write with a simulator of IAM: may this user or role approve both slots of this
// one pipeline? Prints how many may.
//
//     node simulate.mjs FOLDER ACCOUNT.json     FOLDER/node_modules holds the simulator

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const [folder, file] = process.argv.slice(2)
const require = createRequire(join(folder, 'package.json'))
const { runUnsafeSimulation } = require('@cloud-copilot/iam-simulate')

const account = JSON.parse(readFileSync(file, 'utf8'))
const inForce = new Map(
  account.Policies.map((policy) => [policy.Arn, policy.PolicyVersionList.find((version) => version.IsDefaultVersion).Document])
)
const groups = new Map(account.GroupDetailList.map((group) => [group.GroupName, group]))

const inline = (list) => (list ?? []).map(({ PolicyName, PolicyDocument }) => ({ name: PolicyName, policy: PolicyDocument }))
const attached = (list) => list.map(({ PolicyArn }) => ({ name: PolicyArn, policy: inForce.get(PolicyArn) }))
const ofGroup = (name) => {
  const group = groups.get(name)
  return [...inline(group.GroupPolicyList), ...attached(group.AttachedManagedPolicies)]
}

const users = account.UserDetailList.map((user) => ({
  principal: user,
  policies: [...inline(user.UserPolicyList), ...attached(user.AttachedManagedPolicies), ...user.GroupList.flatMap(ofGroup)],
  context: { 'aws:username': user.UserName },
}))
const roles = account.RoleDetailList.map((role) => ({
  principal: role,
  policies: [...inline(role.RolePolicyList), ...attached(role.AttachedManagedPolicies)],
  context: {},
}))

function mayApprove({ principal, policies, context }, slot) {
  const accountId = principal.Arn.split(':')[4]
  const boundary = principal.PermissionsBoundary?.PermissionsBoundaryArn
  const tags = principal.Tags.map(({ Key, Value }) => [`aws:PrincipalTag/${Key}`, Value])
  const simulation = {
    request: {
      principal: principal.Arn,
      action: 'codepipeline:PutApprovalResult',
      resource: { resource: `arn:aws:codepipeline:eu-west-1:${accountId}:payments/Release/${slot}`, accountId },
      contextVariables: { ...context, ...Object.fromEntries(tags) },
    },
    identityPolicies: policies,
    permissionBoundaryPolicies: boundary && [{ name: boundary, policy: inForce.get(boundary) }],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }
  return runUnsafeSimulation(simulation, {}) === 'Allowed'
}

console.log([...users, ...roles].filter((one) => mayApprove(one, 'ApprovalA') && mayApprove(one, 'ApprovalB')).length)
