/** A visitor who stays: pings, and opens a new socket whenever one is lost. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openSocket } from './_gateway.ts'
import type { TestJob } from './_pods.ts'

export interface VisitorReport {
  readonly pongs: number
  /** Sockets that were lost and replaced. */
  readonly moves: number
  /** Sockets that did not open, with what they closed with. */
  readonly failures: readonly string[]
  /** The longest time between two pongs. */
  readonly longestGapMs: number
}

export interface PersistentVisitorOptions {
  readonly job: TestJob
  readonly ip: string
  /** Those that take visitors now, as a load balancer knows them. */
  readonly gateways: () => Promise<string[]>
  readonly signal: AbortSignal
}

const PING_MS = 50
const PAUSE_MS = 50

export function persistentVisitor({ job, ip, gateways, signal }: PersistentVisitorOptions) {
  const failures: string[] = []
  let pongs = 0
  let moves = -1
  let longestGapMs = 0
  let lastPongMs: number | undefined
  let known: string[] = []

  function heard(message: string): void {
    if (!message.startsWith('p,')) return
    pongs += 1
    const nowMs = performance.now()
    if (lastPongMs !== undefined) longestGapMs = Math.max(longestGapMs, nowMs - lastPongMs)
    lastPongMs = nowMs
  }

  /** One socket, until it is lost. */
  async function stay(): Promise<void> {
    const gateway = known[Math.floor(Math.random() * known.length)] ?? ''
    using visitor = await openSocket(gateway, ip, job)
    visitor.ws.on('message', (data) => heard(String(data)))
    const opened = visitor
      .heard((message) => message.includes('"hello"'))
      .then(
        () => true,
        (error: Error) => {
          failures.push(`${gateway} ${error.message}`)
          return false
        },
      )
    if (!(await opened)) return
    moves += 1
    let seq = 0
    const pings = setInterval(() => visitor.ws.send(`p,${++seq}`), PING_MS)
    const left = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    )
    await Promise.race([visitor.closed, left])
    clearInterval(pings)
  }

  /** A load balancer learns of changes within moments, not at the moment of a request. */
  async function watchGateways(): Promise<void> {
    while (!signal.aborted) {
      known = await gateways()
      await sleep(1_000, undefined, { signal }).catch(() => undefined)
    }
  }

  const report = (): VisitorReport => ({ pongs, moves, failures, longestGapMs: Math.round(longestGapMs) })
  async function run(): Promise<VisitorReport> {
    known = await gateways()
    const watching = watchGateways()
    while (!signal.aborted) {
      await stay()
      if (failures.length > 0) await sleep(PAUSE_MS)
    }
    await watching
    return report()
  }
  return { report, ended: run() }
}
