/**
 * The cluster proxy: a loopback server that forwards requests to an API server with the user's credentials. The functions
 * then need only an address and a token, as on AWS, for every kind of login (certificates, plugins, renewed tokens).
 *
 * It requires a bearer token that only the services of this instance have, and it forwards only requests on its allow-list.
 * So other programs on this machine, and websites, cannot use the user's rights through it.
 */
import { timingSafeEqual } from 'node:crypto'
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
  type ServerResponse,
} from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'
import { isForThisMachine } from '@warm-pods/local-kubernetes/apiserver/loopback-host.ts'
import { type LoopbackServer, listenOnLoopback } from '../http/loopback.ts'
import { readBody } from '../http/read-body.ts'
import { endWithStatus, pipeUpgraded, responseHead } from '../http/upgrade.ts'
import { type ApiClient, describeNetworkError, type Impersonation } from './api-client.ts'
import { findAllowed } from './proxy-allowlist.ts'

export interface ClusterProxyOptions {
  /** 0 takes a free port. */
  readonly port: number
  readonly client: ApiClient
  readonly namespace: string
  /** For the requests of the functions. */
  readonly impersonation: Impersonation
  /** The bearer token that requests must carry. */
  readonly token: string
}

/** Jobs are the largest requests and have a few kilobytes. */
const BODY_BYTES = 262_144
/** Headers of one connection, and the proxy's own credentials. They are not forwarded. */
const NOT_FORWARDED = new Set([
  'host',
  'authorization',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'upgrade',
])

/** @throws the error of `listen`, `EADDRINUSE` for a busy port. */
export function startClusterProxy(options: ClusterProxyOptions): Promise<LoopbackServer> {
  return listenOnLoopback(options.port, {
    onRequest: (request, response) => {
      forward(options, request, response).catch(() => response.destroy())
    },
    onUpgrade: (request, duplex, head) => {
      const socket = duplex as Socket // node:http passes the net.Socket itself; its type is the wider Duplex.
      socket.on('error', () => socket.destroy())
      forwardUpgrade(options, request, socket, head).catch((error) => {
        // Only this log gets the reason, for example of a login plugin: a failed upgrade has no body.
        console.error(`A port was not forwarded: ${describeNetworkError(error)}`)
        socket.destroy()
      })
    },
  })
}

type Authorization =
  | { readonly ok: true; readonly impersonation: Impersonation }
  | { readonly ok: false; readonly code: number; readonly message: string }

function authorize(
  { namespace, impersonation, token }: ClusterProxyOptions,
  request: IncomingMessage,
): Authorization {
  const reject = (code: number, message: string): Authorization => ({ ok: false, code, message })
  if (!isForThisMachine(request)) return reject(421, 'The Host header must be localhost, 127.0.0.1 or [::1].')
  if (!isSameText(request.headers.authorization ?? '', `Bearer ${token}`))
    return reject(401, 'Invalid or missing bearer token.')
  const allowed = findAllowed(request.method ?? '', request.url ?? '', namespace)
  if (!allowed) return reject(403, 'The request is not on the allow-list of the cluster proxy.')
  return { ok: true, impersonation: allowed.onBehalfOf === 'user' ? 'none' : impersonation }
}

async function forward(
  options: ClusterProxyOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const authorization = authorize(options, request)
  if (!authorization.ok) return sendStatus(response, authorization.code, authorization.message)
  const body = await readBody(request, BODY_BYTES)
  const callerGone = new AbortController()
  response.once('close', () => callerGone.abort())
  let upstream: IncomingMessage
  try {
    upstream = await options.client.send({
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: forwardedHeaders(request.headers),
      impersonation: authorization.impersonation,
      signal: callerGone.signal,
      ...(body.length > 0 ? { body } : {}),
    })
  } catch (error) {
    if (callerGone.signal.aborted) return
    return sendStatus(response, 503, `The API server cannot be reached: ${describeNetworkError(error)}.`)
  }
  response.writeHead(upstream.statusCode ?? 502, forwardedHeaders(upstream.headers))
  // The API server sends the head of a watch at once, but its first event may come minutes later.
  response.flushHeaders()
  upstream.once('error', () => response.destroy())
  upstream.pipe(response)
}

/** The allow-list has one upgrade: port forwarding to a gateway pod. */
async function forwardUpgrade(
  options: ClusterProxyOptions,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): Promise<void> {
  const authorization = authorize(options, request)
  if (!authorization.ok) return endWithStatus(socket, authorization.code)
  const base = await options.client.requestOptions(authorization.impersonation)
  const upstreamRequest = (options.client.server.startsWith('https:') ? requestHttps : requestHttp)({
    ...base,
    path: request.url,
    headers: {
      ...forwardedHeaders(request.headers),
      ...(base.headers as object),
      connection: 'Upgrade',
      upgrade: 'websocket',
    },
  })
  upstreamRequest.once('upgrade', ({ rawHeaders }, upstream, upstreamHead) => {
    const response = responseHead(101, rawHeaders)
    pipeUpgraded({
      client: socket,
      clientHead: head,
      server: upstream,
      serverHead: upstreamHead,
      response,
    })
  })
  upstreamRequest.once('response', (response) => {
    endWithStatus(socket, response.statusCode ?? 502)
    response.resume()
  })
  upstreamRequest.once('error', (error) => {
    if (!socket.destroyed) console.error(`A port was not forwarded: ${describeNetworkError(error)}`)
    socket.destroy()
  })
  socket.once('close', () => upstreamRequest.destroy())
  upstreamRequest.end()
}

/** Returns the headers that may pass through a proxy: none of one connection, no credentials, no impersonation. */
export function forwardedHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || NOT_FORWARDED.has(name) || name.startsWith('impersonate-')
        ? []
        : [[name, value]],
    ),
  )
}

/** Sends an error as an API server does: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
function sendStatus(response: ServerResponse, code: number, message: string): void {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, message }
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(status))
}

/** Compares in constant time, so that the time of the response does not reveal the token. */
function isSameText(text: string, expected: string): boolean {
  const [given, wanted] = [Buffer.from(text), Buffer.from(expected)]
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
