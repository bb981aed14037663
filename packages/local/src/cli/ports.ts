import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { loopbackAddresses } from '../http/loopback.ts'
import { SERVER_NAME } from '../http/server-name.ts'

/** The servers on the ports from `--port` on, in order. */
export const PORTS = ['the page', 'Kubernetes', 'DynamoDB'] as const

/**
 * Checks that the three ports are free.
 * @param patienceMs how long to wait for an instance that is shutting down to close its ports.
 * @returns the error message for the first busy port; undefined when all three are free.
 */
export async function busyPortMessage(port: number, patienceMs: number): Promise<string | undefined> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const busy = await firstBusyPort(port)
    if (!busy) return undefined
    if (busy.code !== 'EADDRINUSE' || performance.now() >= deadline) return explain(port, busy)
    await sleep(100)
  }
}

interface BusyPort {
  readonly port: number
  /** The code of the error of `listen`. */
  readonly code: string
}

async function firstBusyPort(base: number): Promise<BusyPort | undefined> {
  for (const [offset] of PORTS.entries()) {
    for (const address of loopbackAddresses()) {
      const code = await tryListen(base + offset, address)
      if (code !== undefined) return { port: base + offset, code }
    }
  }
  return undefined
}

function tryListen(port: number, host: string): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const server = createServer()
  server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message))
  server.listen({ port, host, ipv6Only: true }, () => server.close(() => resolve(undefined)))
  return promise
}

async function explain(base: number, busy: BusyPort): Promise<string> {
  const port = `Port ${busy.port} (${PORTS[busy.port - base]})`
  const command = `npm start -- --port ${suggestedPort(base)}`
  if (busy.code === 'EACCES')
    return `${port} needs root. Choose a port above 1023: npm start -- --port <number>`
  if (busy.code !== 'EADDRINUSE')
    return `${port} cannot be opened (${busy.code}). Use three other ports: ${command}`
  const other = await otherWarmPods(busy.port)
  return other === undefined
    ? `${port} is in use by another program. Use three other ports: ${command}`
    : `${port} is in use by another Warm Pods at http://localhost:${other}. Open that, stop it with Ctrl-C, or use three other ports: ${command}`
}

function suggestedPort(base: number): number {
  return base + 10 <= 65_533 ? base + 10 : base - 10
}

/** @returns the page's port of the Warm Pods instance that uses this port, if one does. */
async function otherWarmPods(port: number): Promise<number | undefined> {
  for (const candidate of [port, port - 1, port - 2].filter((number) => number > 0)) {
    const response = await fetch(`http://127.0.0.1:${candidate}/`, {
      method: 'HEAD',
      signal: AbortSignal.timeout(1_000),
    }).catch(() => undefined)
    if (response?.headers.get('server') === SERVER_NAME) return candidate
  }
  return undefined
}
