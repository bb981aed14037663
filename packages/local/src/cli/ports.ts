import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { SERVER_NAME } from '../dev-server/dev-server.ts'
import { loopbackAddresses } from '../http/loopback.ts'

/** What listens where, relative to `--port`. */
export const PORTS = ['the page', 'Kubernetes', 'DynamoDB'] as const

/**
 * @param patienceMs how long to wait for a run that is just ending to let go of them.
 * @returns the sentence about the first port that is taken, undefined when all three are free.
 */
export async function busySentence(port: number, patienceMs: number): Promise<string | undefined> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const busy = await firstBusy(port)
    if (!busy) return undefined
    if (busy.code !== 'EADDRINUSE' || performance.now() >= deadline) return explain(port, busy)
    await sleep(100)
  }
}

interface Busy {
  readonly port: number
  readonly code: string
}

async function firstBusy(port: number): Promise<Busy | undefined> {
  for (const [offset] of PORTS.entries()) {
    for (const address of loopbackAddresses()) {
      const code = await tryListen(port + offset, address)
      if (code !== undefined) return { port: port + offset, code }
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

async function explain(base: number, busy: Busy): Promise<string> {
  const use = PORTS[busy.port - base]
  const remedy = `--port moves all three: npm start -- --port ${suggestion(base)}`
  if (busy.code === 'EACCES')
    return `Port ${busy.port} (${use}) is one that only root may open. Take a port above 1023: ${remedy}`
  if (busy.code !== 'EADDRINUSE')
    return `Port ${busy.port} (${use}) cannot be opened (${busy.code}). ${remedy}`
  const other = await otherWarmPods(busy.port)
  return other === undefined
    ? `Port ${busy.port} (${use}) is in use by another program. ${remedy}`
    : `Port ${busy.port} (${use}) belongs to another Warm Pods, which runs at http://localhost:${other}. Use that one, end it with Ctrl-C, or start a second one beside it: ${remedy}`
}

function suggestion(base: number): number {
  return base + 10 <= 65_533 ? base + 10 : base - 10
}

/** The page's port of the Warm Pods that holds a port, if it is one. */
async function otherWarmPods(port: number): Promise<number | undefined> {
  for (const candidate of [port, port - 1, port - 2].filter((number) => number > 0)) {
    const answer = await fetch(`http://127.0.0.1:${candidate}/`, {
      method: 'HEAD',
      signal: AbortSignal.timeout(1_000),
    }).catch(() => undefined)
    if (answer?.headers.get('server') === SERVER_NAME) return candidate
  }
  return undefined
}
