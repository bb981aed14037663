import { mkdtemp, rm } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Polls until `check` returns a truthy value.
 * @param what the awaited condition, for the error message.
 * @returns the value.
 * @throws an error after one minute.
 */
export async function until<T>(what: string, check: () => T | Promise<T>): Promise<NonNullable<T>> {
  const deadline = performance.now() + 60_000
  while (performance.now() < deadline) {
    const value = await check()
    if (value !== undefined && value !== null && value !== false) return value
    await sleep(20)
  }
  throw new Error(`Waited one minute for: ${what}`)
}

export interface Folder extends AsyncDisposable {
  readonly path: string
}

export async function temporaryFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'warm-pods-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

export interface Reply {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: string
}

/** Sends one request by node:http, which leaves paths and headers unchanged. */
export function call(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string | string[]>; body?: string | Buffer } = {},
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  const request = httpRequest(
    { port, path, host: '127.0.0.1', method: options.method ?? 'GET', headers: options.headers ?? {} },
    (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      )
      response.on('error', reject)
    },
  )
  request.on('error', reject)
  request.end(options.body)
  return promise
}

/** Sends raw bytes and returns all bytes until the server closes the connection. Add `Connection: close` where needed. */
export function rawCall(port: number, bytes: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
  let text = ''
  socket.on('data', (data) => {
    text += data
  })
  socket.on('close', () => resolve(text))
  socket.on('error', reject)
  return promise
}

/** @returns the first of three consecutive free ports, below the range of ephemeral ports. */
export async function freePorts(): Promise<number> {
  for (;;) {
    const base = 12_000 + Math.floor(Math.random() * 20_000)
    const free = await Promise.all([0, 1, 2].map((offset) => isFree(base + offset)))
    if (free.every(Boolean)) return base
  }
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = createServer()
  server.once('error', () => resolve(false))
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  return promise
}
