/** Checks the state of the system after the load. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ScanCommand } from '@aws-sdk/lib-dynamodb'
import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { messageWithCauses } from '@warm-pods/functions/lib/error-causes.ts'
import { documents } from '@warm-pods/functions/store/client.ts'
import { NAMES } from '@warm-pods/local/cli/environment.ts'
import { commandOf } from '@warm-pods/local/supervisor/command-of.ts'
import type { Ledger } from './ledger.ts'
import type { Process } from './processes.ts'
import type { SoakSystem } from './system.ts'

type Item = Record<string, unknown>

/** A session of a vanished visitor needs the idle limit, the pod’s exit, and the next reconciliation to end. */
const QUIET_WITHIN_MS = 180_000

/** Waits until there is no open work. @returns how long that took, milliseconds; undefined after three minutes. */
export async function awaitQuiet(
  system: SoakSystem,
  log: (text: string) => void,
): Promise<number | undefined> {
  const startedMs = performance.now()
  let last = ''
  while (performance.now() - startedMs < QUIET_WITHIN_MS) {
    const open = await openWork(system).catch(messageWithCauses)
    if (open === undefined) return performance.now() - startedMs
    if (open !== last) log(open)
    last = open
    await sleep(500)
  }
  return undefined
}

/** @returns a description of the first open work found; undefined when the system is quiet. */
export async function openWork(system: SoakSystem): Promise<string | undefined> {
  const pool = (await (await fetch(`${system.site}/api/pool`)).json()) as Pool
  const states = pool.slots.map(({ state }) => state).join(' ')
  if (states !== Array.from({ length: pool.target }, () => 'warm').join(' ')) return `The slots are ${states}`
  if (pool.live !== 0) return `${pool.live} sessions are live`
  const { sessions, slots } = await rows(system)
  const open = sessions.filter((row) => row.item === 'session' && row.live !== undefined)
  if (open.length > 0)
    return `${open.length} sessions are not finalized: ${JSON.stringify(open[0]).slice(0, 900)}`
  const named = slots.map(({ job }) => String(job)).sort()
  const jobs = (await list(system, '/apis/batch/v1/namespaces/warm-pods/jobs')).sort()
  if (jobs.join() !== named.join())
    return `The rows reference ${named.join(', ')}, but the cluster has ${jobs.join(', ')}`
  const pods = system.processes().filter(({ kind }) => kind === 'pod')
  return pods.length === jobs.length
    ? undefined
    : `There are ${pods.length} pod processes for ${jobs.length} Jobs`
}

/**
 * Checks the tables of a quiet system: the audit must contain every acknowledged change, and no ended session may count
 * against an address's rate limit. (A session whose claim crashed half-way counts until its lease would have ended.)
 * @returns the findings.
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
  const missing = ledger.acknowledged.filter(({ epoch, kind, sessionId }) => {
    // The acknowledgements of `ended` and `extended` contain no epoch.
    const key = epoch === undefined ? `${sessionId} ${kind}` : `${sessionId} ${kind} ${epoch}`
    return !known.has(key)
  })
  const recorded = new Set(sessions.map(({ sessionId }) => `session#${sessionId}`))
  const counted = pool.flatMap((item) => Object.keys(item).filter((name) => recorded.has(name)))
  return [
    ...missing.map((fact) => `Acknowledged, but not in the audit: ${JSON.stringify(fact)}`),
    ...counted.map((name) => `${name} has ended, but still counts against an address`),
  ]
}

/** Waits up to 30 s for processes to end. @returns the processes that still run. */
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

/** @returns every item of both tables. @throws the errors of DynamoDB. */
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
