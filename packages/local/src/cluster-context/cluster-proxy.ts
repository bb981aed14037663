/**
 * The door to a cluster: a loopback server that passes requests on with the person's credentials, so that the functions
 * know an address and a token, as on AWS, whatever way the person logs in by (certificates, plugins, renewed tokens).
 * It opens for one bearer token, which only the parts of this run have, and for what the product asks and nothing else:
 * other programs of this machine, and websites, get none of the person's rights through it.
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
import type { Duplex } from 'node:stream'
import { isForThisMachine } from '@warm-pods/local-kubernetes/apiserver/loopback-host.ts'
import { type LoopbackServer, listenOnLoopback } from '../http/loopback.ts'
import { readBody } from '../http/read-body.ts'
import type { Access, As } from './api-client.ts'
import { whyNoAnswer } from './api-client.ts'
import { type Allowed, allowed } from './proxy-allowlist.ts'

export interface DoorOptions {
  /** 0 takes a free one. */
  readonly port: number
  readonly access: Access
  readonly namespace: string
  /** In whose name the functions ask. */
  readonly as: As
  /** The bearer token that opens it. */
  readonly token: string
}

/** Jobs are the largest thing sent, and have a few kilobytes. */
const BODY_BYTES = 262_144
const ENDS_HERE = new Set([
  'host',
  'authorization',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'upgrade',
])

/** @throws the error of `listen`. */
export function openDoor(options: DoorOptions): Promise<LoopbackServer> {
  return listenOnLoopback(options.port, {
    onRequest: (request, response) => {
      pass(options, request, response).catch(() => response.destroy())
    },
    onUpgrade: (request, duplex, head) => {
      const socket = duplex as Socket // node:http hands over the net.Socket itself; its type says Duplex.
      socket.on('error', () => socket.destroy())
      passUpgrade(options, request, socket, head).catch(() => socket.destroy())
    },
  })
}

type Verdict =
  | { readonly ok: true; readonly as: As }
  | { readonly ok: false; readonly code: number; readonly message: string }

function judge({ namespace, as, token }: DoorOptions, request: IncomingMessage): Verdict {
  const refuse = (code: number, message: string): Verdict => ({ ok: false, code, message })
  if (!isForThisMachine(request)) return refuse(421, 'This door is asked by the names of this machine only.')
  if (!sameText(request.headers.authorization ?? '', `Bearer ${token}`))
    return refuse(401, 'This door opens for the Warm Pods that opened it.')
  const may: Allowed | undefined = allowed(request.method ?? '', request.url ?? '', namespace)
  if (!may) return refuse(403, 'Warm Pods never asks this of a cluster.')
  return { ok: true, as: may.as === 'self' ? 'self' : as }
}

async function pass(options: DoorOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const verdict = judge(options, request)
  if (!verdict.ok) return answer(response, verdict.code, verdict.message)
  const body = await readBody(request, BODY_BYTES)
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  let upstream: IncomingMessage
  try {
    upstream = await options.access.send({
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: passedOn(request.headers),
      as: verdict.as,
      signal: gone.signal,
      ...(body.length > 0 ? { body } : {}),
    })
  } catch (error) {
    if (gone.signal.aborted) return
    return answer(response, 503, `The API server is not reached: ${whyNoAnswer(error)}.`)
  }
  response.writeHead(upstream.statusCode ?? 502, passedOn(upstream.headers))
  // A watch says its head at once and its first line minutes later.
  response.flushHeaders()
  upstream.once('error', () => response.destroy())
  upstream.pipe(response)
}

/** The one upgrade there is: a port of the gateway's pod. */
async function passUpgrade(
  options: DoorOptions,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): Promise<void> {
  const verdict = judge(options, request)
  if (!verdict.ok)
    return void socket.end(
      `HTTP/1.1 ${verdict.code} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    )
  const base = await options.access.options(verdict.as)
  const asked = (options.access.server.startsWith('https:') ? requestHttps : requestHttp)({
    ...base,
    path: request.url,
    headers: {
      ...passedOn(request.headers),
      ...(base.headers as object),
      connection: 'Upgrade',
      upgrade: 'websocket',
    },
  })
  asked.once('upgrade', (upgraded, upstream, upstreamHead) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines(upgraded.headers)}\r\n`)
    if (upstreamHead.length > 0) socket.write(upstreamHead)
    if (head.length > 0) upstream.write(head)
    tie(socket, upstream)
  })
  asked.once('response', (refused) => {
    socket.end(`HTTP/1.1 ${refused.statusCode} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    refused.resume()
  })
  asked.once('error', () => socket.destroy())
  socket.once('close', () => asked.destroy())
  asked.end()
}

function tie(one: Duplex, other: Duplex): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => from.destroy())
    from.once('close', () => to.destroy())
    from.pipe(to)
  }
}

function lines(headers: IncomingHttpHeaders): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
}

function passedOn(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || ENDS_HERE.has(name) || name.startsWith('impersonate-') ? [] : [[name, value]],
    ),
  )
}

/** As the API server says no: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
function answer(response: ServerResponse, code: number, message: string): void {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, message }
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(status))
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
