/** The cluster proxy in front of servers that record their requests. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { expect, it } from 'vitest'
import { createApiClient, type Impersonation } from '../../src/cluster-context/api-client.ts'
import { startClusterProxy } from '../../src/cluster-context/cluster-proxy.ts'
import { loadContext } from '../../src/cluster-context/kubeconfig-files.ts'
import { call, type Folder, temporaryFolder } from '../_util.ts'

const PODS = '/api/v1/namespaces/ns/pods'
const OURS = { authorization: 'Bearer ours' }

interface TestApiServer extends AsyncDisposable {
  readonly port: number
  readonly requests: IncomingMessage[]
}

/** Starts a proxy for the context of a kubeconfig with this cluster and user. */
async function proxyTo(folder: Folder, cluster: object, user: object, impersonation: Impersonation = 'none') {
  const file = join(folder.path, 'kubeconfig')
  const config = {
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
  }
  writeFileSync(file, JSON.stringify(config))
  const client = createApiClient(loadContext([file], 'x'))
  const proxy = await startClusterProxy({ port: 0, client, namespace: 'ns', impersonation, token: 'ours' })
  return {
    port: proxy.port,
    async [Symbol.asyncDispose]() {
      await proxy.close()
      client.close()
    },
  }
}

/** Starts an API server that answers every request with an empty list, or with this status. */
async function testApiServer(statusFor?: (request: IncomingMessage) => number): Promise<TestApiServer> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    response
      .writeHead(statusFor?.(request) ?? 200, { 'content-type': 'application/json' })
      .end('{"kind":"PodList"}')
  })
  await new Promise<void>((up) => server.listen(0, '127.0.0.1', up))
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

const at = ({ port }: TestApiServer) => ({ server: `http://127.0.0.1:${port}` })

it('replaces its own token with the user’s, over one kept connection', async () => {
  await using folder = await temporaryFolder()
  await using server = await testApiServer()
  await using proxy = await proxyTo(folder, at(server), { token: 'theirs' })
  for (let i = 0; i < 3; i++) expect((await call(proxy.port, PODS, { headers: OURS })).status).toBe(200)
  expect(server.requests.map(({ headers, url }) => [headers.authorization, url])).toEqual(
    Array(3).fill(['Bearer theirs', PODS]),
  )
  expect(new Set(server.requests.map(({ socket }) => socket.remotePort)).size).toBe(1)
})

it('impersonates the provisioner group, and ignores impersonation headers of the caller', async () => {
  await using folder = await temporaryFolder()
  await using server = await testApiServer()
  await using proxy = await proxyTo(folder, at(server), { token: 'theirs' }, 'provisioner')
  const claims = { 'impersonate-user': 'root', 'impersonate-group': 'system:masters' }
  await call(proxy.port, PODS, { headers: { ...OURS, ...claims } })
  expect(server.requests[0]?.headers).toMatchObject({
    'impersonate-user': 'warm-pods-on-one-machine',
    'impersonate-group': 'warm-pods:provisioner',
  })
})

it.each([
  ['without a token', PODS, {}, 401],
  ['with another token', PODS, { authorization: 'Bearer other' }, 401],
  ['that is not on the allow-list', '/api/v1/secrets', OURS, 403],
  ['for another host name', PODS, { ...OURS, host: 'evil.example' }, 421],
])('rejects a request %s', async (_what, path, headers, status) => {
  await using folder = await temporaryFolder()
  await using server = await testApiServer()
  await using proxy = await proxyTo(folder, at(server), { token: 'theirs' })
  const rejected = await call(proxy.port, path, { headers })
  expect(rejected.status).toBe(status)
  expect(JSON.parse(rejected.body)).toMatchObject({ kind: 'Status', code: status })
  expect(server.requests).toEqual([])
})

it('forwards error responses unchanged, and answers 503 when the API server does not answer', async () => {
  await using folder = await temporaryFolder()
  const server = await testApiServer(() => 409)
  await using proxy = await proxyTo(folder, at(server), { token: 'theirs' })
  expect((await call(proxy.port, PODS, { headers: OURS })).status).toBe(409)
  await server[Symbol.asyncDispose]()
  const gone = await call(proxy.port, PODS, { headers: OURS })
  expect([gone.status, JSON.parse(gone.body).message]).toEqual([
    503,
    expect.stringContaining('nothing listens there'),
  ])
})

it('runs a login plugin once while its credentials are valid', async () => {
  await using folder = await temporaryFolder()
  await using server = await testApiServer()
  const count = join(folder.path, 'count')
  const credential = { status: { token: 'fresh', expirationTimestamp: '2999-01-01T00:00:00Z' } }
  const program = `require('fs').appendFileSync(${JSON.stringify(count)}, 'x'); console.log(${JSON.stringify(JSON.stringify(credential))})`
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: ['-e', program],
  }
  await using proxy = await proxyTo(folder, at(server), { exec })
  await call(proxy.port, PODS, { headers: OURS })
  await call(proxy.port, PODS, { headers: OURS })
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer fresh',
    'Bearer fresh',
  ])
  expect(readFileSync(count, 'utf8')).toBe('x')
})

it('presents the user’s certificate, as kind requires, and verifies the server’s', async (context) => {
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
    return context.skip('openssl is not installed, so no certificates can be made.')
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
    await using proxy = await proxyTo(folder, { server: url, 'certificate-authority': 'server.crt' }, user)
    expect((await call(proxy.port, PODS, { headers: OURS })).status).toBe(200)
    expect(seen).toEqual(['ada'])
    await using distrustful = await proxyTo(folder, { server: url, 'certificate-authority': 'ada.crt' }, user)
    expect((await call(distrustful.port, PODS, { headers: OURS })).status).toBe(503)
    expect(seen).toEqual(['ada'])
  }
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
})
