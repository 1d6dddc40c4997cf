// A real OpenID Connect provider on loopback, with one client. Whoever types a name is signed in
// under it.
//
//     node provider.mjs FOLDER CLIENT SECRET REDIRECT_URI
//
// FOLDER/node_modules holds oidc-provider.
//
// Prints its address as soon as it listens.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'

const [folder, client, secret, redirect] = process.argv.slice(2)
const found = createRequire(join(folder, 'package.json')).resolve('oidc-provider')
const { default: Provider } = await import(pathToFileURL(found))

let answer
const server = createServer((request, response) => answer(request, response))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const issuer = `http://127.0.0.1:${server.address().port}`

const provider = new Provider(issuer, {
  clients: [{ client_id: client, client_secret: secret, redirect_uris: [redirect] }],
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['preferred_username'],
  },
  async findAccount(_, name) {
    const claims = {
      sub: name,
      email: `${name}@example.com`,
      email_verified: !name.startsWith('unverified'),
      preferred_username: name,
    }
    return { accountId: name, claims: () => claims }
  },
  // The firm has consented for its people.
  async loadExistingGrant(context) {
    const { session, client } = context.oidc
    const ids = { accountId: session.accountId, clientId: client.clientId }
    const grant = new provider.Grant(ids)
    grant.addOIDCScope('openid email profile')
    await grant.save()
    return grant
  },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  // Load balancers do not use it.
  pkce: { required: () => false },
})
const callback = provider.callback()

answer = async (request, response) => {
  if (!request.url.startsWith('/interaction/')) return callback(request, response)
  if (request.method === 'POST') {
    const name = new URLSearchParams(await text(request)).get('name')
    return provider.interactionFinished(request, response, { login: { accountId: name } })
  }
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.end('<title>Sign in</title><form method="post"><input name="name"><button>Sign in</button></form>')
}

console.log(issuer)
