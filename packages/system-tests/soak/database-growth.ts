/** Measures the memory of the database's process over many calls of each kind that the product makes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ScanCommand } from '@aws-sdk/lib-dynamodb'
import type { Receipt } from '@warm-pods/core/api/contracts.ts'
import { LIMITS } from '@warm-pods/core/limits.ts'
import { percentile } from '@warm-pods/core/percentile.ts'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import type { ReservedJob, WarmSlot } from '@warm-pods/core/state/slot.ts'
import { uninitializedSlot } from '@warm-pods/core/state/slot.ts'
import { createWarmSession } from '@warm-pods/core/transitions/create-session.ts'
import { documents } from '@warm-pods/functions/store/client.ts'
import { RateLimitStore } from '@warm-pods/functions/store/rate-limits.ts'
import { type PassReport, RefillStore } from '@warm-pods/functions/store/refill-state.ts'
import { SessionStore } from '@warm-pods/functions/store/sessions.ts'
import { SlotStore } from '@warm-pods/functions/store/slots.ts'
import { StatsStore } from '@warm-pods/functions/store/stats.ts'
import { NAMES } from '@warm-pods/local/cli/environment.ts'
import { NODE_FLAGS } from '@warm-pods/local/cli/system.ts'
import { residentMiB } from './processes.ts'

export interface DatabaseGrowth {
  readonly rows: readonly { readonly kind: string; readonly ratio: number }[]
  /** True when no ratio is above {@link MAX_GROWTH}. */
  readonly isWithinBound: boolean
}

const SERVICE = fileURLToPath(import.meta.resolve('@warm-pods/local/services/dynamodb.ts'))
const MAX_GROWTH = 1.2
const AT_ONCE = 20
const SESSIONS = 20
const ADDRESS = '198.51.100.1'
const SAMPLES = 9
/** A pass that freed a slot. */
const PASS: PassReport = {
  whole: { confirmedAtMs: 0, gaps: [], doubtsCleared: 0, live: SESSIONS },
  failures: 0,
  problem: undefined,
  version: 'v1',
  activity: { lease: 'renewed', readMs: 5, steps: [{ step: 'free', failed: false, ms: 10 }], failed: false },
}

/**
 * Starts the database as `npm start` does, with a folder of its own. It warms up with a tenth of the calls of each kind. Then it
 * makes `calls` calls of each kind, and compares the resident memory before and after them. Linux only.
 * @param port of the database.
 * @param only texts of which the name of a kind has at least one; empty for all kinds.
 * @returns the ratio of each kind, and of all kinds together.
 */
export async function databaseGrowth(
  port: number,
  { calls, only }: { readonly calls: number; readonly only: readonly string[] },
  log: (text: string) => void,
): Promise<DatabaseGrowth> {
  const folder = await mkdtemp(join(tmpdir(), 'warm-pods-database-'))
  const settings = {
    port,
    path: join(folder, 'tables'),
    poolTable: NAMES.poolTable,
    sessionsTable: NAMES.sessionsTable,
  }
  const child = spawn(process.execPath, [...NODE_FLAGS, SERVICE, JSON.stringify(settings)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  try {
    await once(child, 'message')
    const all = await recordKinds(`http://127.0.0.1:${port}`)
    const isChosen = (kind: string) => only.length === 0 || only.some((text) => kind.includes(text))
    const kinds = Object.fromEntries(Object.entries(all).filter(([kind]) => isChosen(kind)))
    if (Object.keys(kinds).length === 0)
      throw new Error(`No kind has such a name. The kinds are: ${Object.keys(all).join('; ')}.`)
    const warmUp = Math.ceil(calls / 10)
    for (const call of Object.values(kinds)) await callMany(call, warmUp)
    const warmMiB = await settledMiB(child.pid)
    log(`${warmMiB.toFixed(0)} MiB after ${warmUp} calls of each of ${Object.keys(kinds).length} kinds`)
    const rows = []
    let beforeMiB = warmMiB
    for (const [kind, call] of Object.entries(kinds)) {
      await callMany(call, calls)
      const afterMiB = await settledMiB(child.pid)
      log(`${beforeMiB.toFixed(0)} → ${afterMiB.toFixed(0)} MiB  ${calls} × ${kind}`)
      rows.push({ kind, ratio: afterMiB / beforeMiB })
      beforeMiB = afterMiB
    }
    rows.push({ kind: 'all kinds together', ratio: beforeMiB / warmMiB })
    return { rows, isWithinBound: rows.every(({ ratio }) => ratio <= MAX_GROWTH) }
  } finally {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    await rm(folder, { recursive: true, force: true })
  }
}

/** A request as the SDK has sent it. */
interface RecordedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string
}

/**
 * Writes the rows, and makes each kind of call once. No call leaves an additional row behind.
 * @returns the requests of each kind. Repeating them as they are takes far less time than the SDK does.
 */
async function recordKinds(dynamodbEndpoint: string): Promise<Record<string, () => Promise<void>>> {
  process.env.AWS_ACCESS_KEY_ID ??= 'local'
  process.env.AWS_SECRET_ACCESS_KEY ??= 'local'
  const { poolTable, sessionsTable } = NAMES
  const db = documents({ region: 'local', dynamodbEndpoint })
  let recorded: RecordedRequest[] = []
  db.middlewareStack.add(
    (next) => (args) => {
      recorded.push(args.request as RecordedRequest)
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'low' },
  )
  const slots = new SlotStore(db, poolTable)
  const sessions = new SessionStore(db, sessionsTable, LIMITS.auditTtlMs)
  const rateLimits = new RateLimitStore(db, poolTable, LIMITS)
  const stats = new StatsStore(db, poolTable)
  const refill = new RefillStore(db, poolTable)
  const nowMs = Date.now()
  const warm = Array.from({ length: LIMITS.target }, (_, slot) => warmSlot(slot, nowMs))
  for (const slot of warm) await slots.move(uninitializedSlot(slot.slot), slot)
  const first = warmSlot(0, nowMs)
  const live = Array.from({ length: SESSIONS }, (_, n) => sessionRow(`session-${n}`, first, nowMs))
  for (const row of live) await sessions.create(row)
  // Reads the salt, so that the recorded call does not.
  await rateLimits.recordRequest(ADDRESS, 'session-0', 'claim', nowMs)
  const claimed = {
    ...first,
    state: 'CLAIMED' as const,
    sessionId: 'session-0',
    epoch: 1,
    claimedAtMs: nowMs,
  }
  const fresh = sessionRow('fresh', first, nowMs)
  const calls: Record<string, () => Promise<unknown>> = {
    'Query of the pool': () => slots.read(),
    'Query of the index of live sessions': () => sessions.unfinalizedIds(),
    'Query of the statistics': () => stats.summary(nowMs, { target: LIMITS.target, gaps: [] }),
    'Scan of a page': () => db.send(new ScanCommand({ TableName: sessionsTable, Limit: SESSIONS })),
    GetItem: () => sessions.get('session-0'),
    [`BatchGetItem of ${SESSIONS} sessions`]: () => sessions.getMany(live.map((row) => row.sessionId)),
    'PutItem of a slot': () => slots.move(first, first),
    'UpdateItem of a rate limit': () => rateLimits.recordRequest(ADDRESS, 'session-0', 'claim', nowMs),
    'UpdateItem of refill’s row': async () => {
      await refill.acquireLease('holder', nowMs, LIMITS.refillLeaseMs)
      await refill.report(nowMs, PASS)
    },
    'UpdateItem, refused by its condition': () => slots.claim({ ...first, gen: 2 }, claimed),
    'PutItem and DeleteItem of a session': () => sessions.create(fresh).then(() => sessions.forget(fresh)),
  }
  const kinds: Record<string, () => Promise<void>> = {}
  for (const [kind, call] of Object.entries(calls)) {
    recorded = []
    await call()
    const requests = recorded
    kinds[kind] = async () => {
      for (const request of requests) await repeat(dynamodbEndpoint, request)
    }
  }
  db.destroy()
  return kinds
}

const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })

/** @throws Error when DynamoDB answers with a status other than 200, except for a condition that does not hold. */
async function repeat(endpoint: string, { body, headers, method, path }: RecordedRequest): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const sent = request(new URL(path, endpoint), { method, headers, agent }, (response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (part: string) => (text += part))
    response.once('error', reject)
    response.once('end', () => {
      if (response.statusCode === 200 || text.includes('ConditionalCheckFailed')) resolve()
      else reject(new Error(`DynamoDB answered ${response.statusCode}: ${text}`))
    })
  })
  sent.once('error', reject)
  sent.end(body)
  return promise
}

async function callMany(call: () => Promise<void>, calls: number): Promise<void> {
  let left = calls
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) await call()
    }),
  )
}

/** @returns the median of the resident memory over a second without calls. */
async function settledMiB(pid: number | undefined): Promise<number> {
  const samples: number[] = []
  while (samples.length < SAMPLES) {
    await sleep(100)
    samples.push(residentMiB(pid ?? 0) ?? 0)
  }
  return percentile(samples, 0.5) ?? 0
}

function warmSlot(slot: number, nowMs: number): WarmSlot {
  const reserved: ReservedJob = { job: `warm-${slot}-1-aaaaa`, key: 'k'.repeat(43), spec: 'spec' }
  const pod = {
    name: `warm-${slot}`,
    uid: `uid-${slot}`,
    alias: 'calm-otter',
    ip: '127.88.0.1',
    node: 'node',
    zone: 'zone',
    startedAt: new Date(nowMs).toISOString(),
  }
  return { slot, gen: 1, sinceMs: nowMs, state: 'WARM', ...reserved, pod, checkedAtMs: nowMs }
}

function sessionRow(sessionId: string, slot: WarmSlot, nowMs: number): SessionRow {
  const receipt: Receipt = { outcome: 'warm', stages: [], candidates: 4, tries: 1, conflicts: 0 }
  return createWarmSession({ sessionId, visitor: '', receipt }, slot, nowMs, LIMITS)
}
