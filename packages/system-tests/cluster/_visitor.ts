/** A visitor who stays connected: sends pings, and opens a new socket whenever one closes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openSocket } from './_gateway.ts'
import type { TestJob } from './_pods.ts'

export interface VisitorReport {
  readonly pongs: number
  /** Sockets that closed and were replaced. */
  readonly moves: number
  /** Sockets that did not open: the gateway and the close reason. */
  readonly failures: readonly string[]
  /** The longest time between two pongs, ms. */
  readonly longestGapMs: number
}

export interface PersistentVisitorOptions {
  readonly job: TestJob
  readonly ip: string
  /** Returns the gateways that accept visitors now, as a load balancer sees them. */
  readonly gateways: () => Promise<string[]>
  readonly signal: AbortSignal
}

const PING_MS = 50
const PAUSE_MS = 50

/** Starts a visitor. `ended` resolves with the report after `signal` is aborted. */
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

  /** Serves one socket until it closes. */
  async function stay(): Promise<void> {
    const gateway = known[Math.floor(Math.random() * known.length)] ?? ''
    using visitor = await openSocket(gateway, ip, job)
    // Not `visitor.closed`: this socket may stay open for longer than a test waits for an event.
    const closed = new Promise<void>((resolve) => visitor.ws.once('close', () => resolve()))
    visitor.ws.on('message', (data) => heard(String(data)))
    const opened = visitor
      .received((message) => message.includes('"hello"'))
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
    await Promise.race([closed, left])
    clearInterval(pings)
  }

  /** A load balancer learns of changes with a delay of about a second. */
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
