/**
 * The API server of the emulated EKS cluster: a proxy that authenticates callers as EKS does and forwards their requests to the
 * context's API server. It impersonates the caller's user and groups, so the deployed RBAC decides.
 */
import { type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Duplex } from 'node:stream'
import type { ApiClient } from '@warm-pods/local/cluster-context/api-client.ts'
import { forwardedHeaders } from '@warm-pods/local/cluster-context/cluster-proxy.ts'
import { readBody } from '@warm-pods/local/http/read-body.ts'
import { endWithStatus, pipeUpgraded, responseHead } from '@warm-pods/local/http/upgrade.ts'
import type { Certificates } from '../network/certificates.ts'
import { type RunningServer, startServer } from '../network/servers.ts'
import { type Identity, Unauthorized } from './access-entries.ts'
import { adapt, type Differences } from './differences.ts'

export interface ApiServerOptions {
  readonly client: ApiClient
  readonly certificates: Certificates
  readonly identify: (authorization: string) => Promise<Identity>
  readonly differences: () => Differences
  /** Called with a sentence for each new reason for which a caller was refused. */
  readonly onRefusal: (problem: string) => void
}

/** A limit of the API server: https://kubernetes.io/docs/reference/using-api/api-concepts/ */
const BODY_BYTES = 3 * 1_024 * 1_024

export function startApiServer(options: ApiServerOptions): Promise<RunningServer> {
  const refusals = new Set<string>()
  const refused = (problem: string): void => {
    if (!refusals.has(problem)) options.onRefusal(problem)
    refusals.add(problem)
  }
  return startServer(
    {
      onRequest: (request, response) => {
        serve(options, request, response, refused).catch((error) => {
          refused(error instanceof Error ? error.message : String(error))
          if (response.headersSent) response.destroy()
          else sendStatus(response, error instanceof Unauthorized ? 401 : 502, String(error))
        })
      },
      onUpgrade: (request, socket, head) => {
        upgrade(options, request, socket, head).catch((error) => {
          refused(error instanceof Error ? error.message : String(error))
          endWithStatus(socket, 401)
        })
      },
    },
    options.certificates,
  )
}

async function serve(
  { client, differences, identify }: ApiServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  refused: (problem: string) => void,
): Promise<void> {
  const identity = await identify(request.headers.authorization ?? '')
  const body = await readBody(request, BODY_BYTES)
  const callerGone = new AbortController()
  response.once('close', () => callerGone.abort())
  const upstream = await client.send({
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers: { ...forwardedHeaders(request.headers), ...impersonate(identity) },
    impersonation: 'none',
    signal: callerGone.signal,
    ...(body.length > 0 ? { body: adapt(body, differences()) } : {}),
  })
  if (upstream.statusCode === 403)
    refused(
      `Kubernetes answered 403 to ${identity.user}: ${request.method} ${(request.url ?? '').split('?')[0]}`,
    )
  response.writeHead(upstream.statusCode ?? 502, forwardedHeaders(upstream.headers))
  response.flushHeaders()
  upstream.once('error', () => response.destroy())
  upstream.pipe(response)
}

/** For kubectl exec. */
async function upgrade(
  { client, identify }: ApiServerOptions,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  socket.on('error', () => socket.destroy())
  const identity = await identify(request.headers.authorization ?? '')
  const base = await client.requestOptions('none')
  const upstreamRequest = (client.server.startsWith('https:') ? requestHttps : requestHttp)({
    ...base,
    method: request.method,
    path: request.url,
    headers: {
      ...forwardedHeaders(request.headers),
      ...impersonate(identity),
      ...(base.headers as object),
      connection: 'Upgrade',
      upgrade: request.headers.upgrade,
    },
  })
  upstreamRequest.once('upgrade', ({ rawHeaders }, server, serverHead) => {
    pipeUpgraded({
      client: socket,
      clientHead: head,
      server,
      serverHead,
      response: responseHead(101, rawHeaders),
    })
  })
  upstreamRequest.once('response', (answer) => {
    endWithStatus(socket, answer.statusCode ?? 502)
    answer.resume()
  })
  upstreamRequest.once('error', () => socket.destroy())
  socket.once('close', () => upstreamRequest.destroy())
  upstreamRequest.end()
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation */
function impersonate({ user, groups }: Identity): Record<string, string | string[]> {
  return {
    'Impersonate-User': user,
    ...(groups.length > 0 ? { 'Impersonate-Group': [...groups] } : {}),
  }
}

function sendStatus(response: ServerResponse, code: number, message: string): void {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, message }
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(status))
}
