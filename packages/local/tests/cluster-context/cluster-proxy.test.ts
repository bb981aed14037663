/** The door to a cluster, before our own Kubernetes and before servers that say what they were asked. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { expect, it } from 'vitest'
import { openAccess } from '../../src/cluster-context/api-client.ts'
import { openDoor } from '../../src/cluster-context/cluster-proxy.ts'
import { loadContext } from '../../src/cluster-context/kubeconfig-files.ts'
import { call, type Folder, temporaryFolder } from '../_util.ts'

const PODS = '/api/v1/namespaces/ns/pods'
const OURS = { authorization: 'Bearer ours' }

interface Behind extends AsyncDisposable {
  readonly port: number
  readonly asked: IncomingMessage[]
}

/** A door for the context of a kubeconfig with this cluster and user. */
async function doorTo(folder: Folder, cluster: object, user: object, as: 'self' | 'provisioner' = 'self') {
  const file = join(folder.path, 'kubeconfig')
  const config = {
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
  }
  writeFileSync(file, JSON.stringify(config))
  const access = openAccess(loadContext([file], 'x'))
  const door = await openDoor({ port: 0, access, namespace: 'ns', as, token: 'ours' })
  return {
    port: door.port,
    async [Symbol.asyncDispose]() {
      await door.close()
      access.close()
    },
  }
}

/** An API server of few words. */
async function behind(answer?: (request: IncomingMessage) => number): Promise<Behind> {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    response
      .writeHead(answer?.(request) ?? 200, { 'content-type': 'application/json' })
      .end('{"kind":"PodList"}')
  })
  await new Promise<void>((up) => server.listen(0, '127.0.0.1', up))
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

const at = ({ port }: Behind) => ({ server: `http://127.0.0.1:${port}` })

it('asks with the person’s token instead of its own, over one connection', async () => {
  await using folder = await temporaryFolder()
  await using server = await behind()
  await using door = await doorTo(folder, at(server), { token: 'theirs' })
  for (let i = 0; i < 3; i++) expect((await call(door.port, PODS, { headers: OURS })).status).toBe(200)
  expect(server.asked.map(({ headers, url }) => [headers.authorization, url])).toEqual(
    Array(3).fill(['Bearer theirs', PODS]),
  )
  expect(new Set(server.asked.map(({ socket }) => socket.remotePort)).size).toBe(1)
})

it('takes the name of the provisioner’s group when told, whatever the caller claims to be', async () => {
  await using folder = await temporaryFolder()
  await using server = await behind()
  await using door = await doorTo(folder, at(server), { token: 'theirs' }, 'provisioner')
  const claims = { 'impersonate-user': 'root', 'impersonate-group': 'system:masters' }
  await call(door.port, PODS, { headers: { ...OURS, ...claims } })
  expect(server.asked[0]?.headers).toMatchObject({
    'impersonate-user': 'warm-pods-on-one-machine',
    'impersonate-group': 'warm-pods:provisioner',
  })
})

it.each([
  ['without a token', PODS, {}, 401],
  ['with another token', PODS, { authorization: 'Bearer other' }, 401],
  ['for what the product never asks', '/api/v1/secrets', OURS, 403],
  ['by the name of a website', PODS, { ...OURS, host: 'evil.example' }, 421],
])('does not open %s', async (_what, path, headers, status) => {
  await using folder = await temporaryFolder()
  await using server = await behind()
  await using door = await doorTo(folder, at(server), { token: 'theirs' })
  const refused = await call(door.port, path, { headers })
  expect(refused.status).toBe(status)
  expect(JSON.parse(refused.body)).toMatchObject({ kind: 'Status', code: status })
  expect(server.asked).toEqual([])
})

it('passes a refusal on as it is, and says 503 when nobody answers', async () => {
  await using folder = await temporaryFolder()
  const server = await behind(() => 409)
  await using door = await doorTo(folder, at(server), { token: 'theirs' })
  expect((await call(door.port, PODS, { headers: OURS })).status).toBe(409)
  await server[Symbol.asyncDispose]()
  const gone = await call(door.port, PODS, { headers: OURS })
  expect([gone.status, JSON.parse(gone.body).message]).toEqual([
    503,
    expect.stringContaining('nothing listens there'),
  ])
})

it('runs the plugin that logs a person in, once for as long as what it says holds', async () => {
  await using folder = await temporaryFolder()
  await using server = await behind()
  const count = join(folder.path, 'count')
  const credential = { status: { token: 'fresh', expirationTimestamp: '2999-01-01T00:00:00Z' } }
  const program = `require('fs').appendFileSync(${JSON.stringify(count)}, 'x'); console.log(${JSON.stringify(JSON.stringify(credential))})`
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: ['-e', program],
  }
  await using door = await doorTo(folder, at(server), { exec })
  await call(door.port, PODS, { headers: OURS })
  await call(door.port, PODS, { headers: OURS })
  expect(server.asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer fresh', 'Bearer fresh'])
  expect(readFileSync(count, 'utf8')).toBe('x')
})

it('shows the person’s certificate, as kind wants it, and checks the server’s', async (context) => {
  await using folder = await temporaryFolder()
  const file = (name: string) => join(folder.path, name)
  try {
    for (const name of ['server', 'ada'])
      execFileSync('openssl', [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
        ...['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'],
        ...['-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)],
      ])
  } catch {
    return context.skip('There is no openssl here to make certificates with.')
  }
  const seen: string[] = []
  const read = (name: string) => readFileSync(file(name))
  const server = createSecureServer(
    { key: read('server.key'), cert: read('server.crt'), ca: read('ada.crt'), requestCert: true },
    (request, response) => {
      seen.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN))
      response.end('{}')
    },
  )
  await new Promise<void>((up) => server.listen(0, '127.0.0.1', up))
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const user = { 'client-certificate': 'ada.crt', 'client-key': 'ada.key' }
  {
    await using door = await doorTo(folder, { server: url, 'certificate-authority': 'server.crt' }, user)
    expect((await call(door.port, PODS, { headers: OURS })).status).toBe(200)
    expect(seen).toEqual(['ada'])
    await using wary = await doorTo(folder, { server: url, 'certificate-authority': 'ada.crt' }, user)
    expect((await call(wary.port, PODS, { headers: OURS })).status).toBe(503)
    expect(seen).toEqual(['ada'])
  }
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
})
