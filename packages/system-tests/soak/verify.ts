/** What is left when the load is over: does it keep the system’s word? */

import { setTimeout as sleep } from 'node:timers/promises'
import { ScanCommand } from '@aws-sdk/lib-dynamodb'
import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { documents } from '@warm-pods/functions/store/client.ts'
import { NAMES } from '@warm-pods/local/cli/environment.ts'
import { commandOf } from '@warm-pods/local/supervisor/command-of.ts'
import type { Ledger } from './ledger.ts'
import type { Process } from './processes.ts'
import type { SoakSystem } from './system.ts'

type Item = Record<string, unknown>

/** What a session may take to end when its visitor just vanished: idle limit, the pod’s exit, the next look of refill. */
const SETTLE_MS = 180_000

/** Waits until nothing is left to do. @returns how long that took, in ms; undefined when it never came to be. */
export async function settled(system: SoakSystem, say: (text: string) => void): Promise<number | undefined> {
  const startedMs = performance.now()
  let last = ''
  while (performance.now() - startedMs < SETTLE_MS) {
    const open = await unsettled(system).catch((error) => String(error))
    if (open === undefined) return performance.now() - startedMs
    if (open !== last) say(open)
    last = open
    await sleep(500)
  }
  return undefined
}

/** @returns what is not as it is at rest, in a sentence. */
export async function unsettled(system: SoakSystem): Promise<string | undefined> {
  const pool = (await (await fetch(`${system.site}/api/pool`)).json()) as Pool
  const states = pool.slots.map(({ state }) => state).join(' ')
  if (states !== Array.from({ length: pool.target }, () => 'warm').join(' ')) return `The slots are ${states}`
  if (pool.live !== 0) return `${pool.live} sessions are live`
  const { sessions, slots } = await rows(system)
  const open = sessions.filter((row) => row.item === 'session' && row.live !== undefined)
  if (open.length > 0)
    return `${open.length} sessions are not settled: ${JSON.stringify(open[0]).slice(0, 900)}`
  const named = slots.map(({ job }) => String(job)).sort()
  const jobs = (await list(system, '/apis/batch/v1/namespaces/warm-pods/jobs')).sort()
  if (jobs.join() !== named.join())
    return `The rows name ${named.join(', ')}, the cluster has ${jobs.join(', ')}`
  const pods = system.processes().filter(({ kind }) => kind === 'pod')
  return pods.length === jobs.length ? undefined : `${pods.length} processes of pods for ${jobs.length} Jobs`
}

/**
 * At rest: every acknowledged fact stands in the audit, and no session that has ended is on an address’s account. (One that
 * never came to be, since its claim died half-way, is: until its lease would have ended.)
 */
export async function auditFindings(system: SoakSystem, ledger: Ledger): Promise<string[]> {
  const { pool, sessions } = await rows(system)
  const events = sessions.filter(({ item }) => String(item).startsWith('event#'))
  const known = new Set(
    events.flatMap(({ epoch, kind, sessionId }) => [
      `${sessionId} ${kind} ${epoch ?? ''}`,
      `${sessionId} ${kind}`,
    ]),
  )
  const lost = ledger.acknowledged.filter(({ epoch, kind, sessionId }) => {
    // `ended` and `extended` say nothing of an epoch that was acknowledged.
    const key = epoch === undefined ? `${sessionId} ${kind}` : `${sessionId} ${kind} ${epoch}`
    return !known.has(key)
  })
  const began = new Set(sessions.map(({ sessionId }) => `session#${sessionId}`))
  const counted = pool.flatMap((item) => Object.keys(item).filter((name) => began.has(name)))
  return [
    ...lost.map((fact) => `Acknowledged, and not in the audit: ${JSON.stringify(fact)}`),
    ...counted.map((name) => `An address is still charged with ${name}, which has ended`),
  ]
}

/** All of them are gone within a while. @returns those that are not. */
export async function survivors(processes: readonly Process[]): Promise<Process[]> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const alive = processes.filter(({ pid }) => commandOf(pid) !== undefined)
    if (alive.length === 0 || performance.now() > deadline) return alive
    await sleep(100)
  }
}

async function rows(system: SoakSystem): Promise<{ pool: Item[]; slots: Item[]; sessions: Item[] }> {
  const all = await everyItem(system.dynamodb)
  const pool = all.filter((item) => 'pool' in item)
  const slots = pool.filter((item) => item.pool === 'main' && item.slot !== 'refill')
  return { pool, slots, sessions: all.filter((item) => 'item' in item) }
}

/** Every item of both tables. */
export async function everyItem(dynamodbEndpoint: string): Promise<Item[]> {
  process.env.AWS_ACCESS_KEY_ID ??= 'local'
  process.env.AWS_SECRET_ACCESS_KEY ??= 'local'
  const db = documents({ region: 'local', dynamodbEndpoint })
  const items: Item[] = []
  try {
    for (const TableName of [NAMES.poolTable, NAMES.sessionsTable]) {
      let ExclusiveStartKey: Item | undefined
      do {
        const page = await db.send(
          new ScanCommand({ TableName, ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}) }),
        )
        items.push(...(page.Items ?? []))
        ExclusiveStartKey = page.LastEvaluatedKey
      } while (ExclusiveStartKey)
    }
    return items
  } finally {
    db.destroy()
  }
}

async function list(system: SoakSystem, path: string): Promise<string[]> {
  const { items } = (await (await fetch(`${system.kubernetes}${path}`)).json()) as {
    items: { metadata: { name: string } }[]
  }
  return items.map(({ metadata }) => metadata.name)
}
