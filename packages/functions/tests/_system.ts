import { randomBytes } from 'node:crypto'
import { QueryCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { ErrorBody, Pool, Session } from '@warm-pods/core/api/contracts.ts'
import { sessionIdOf } from '@warm-pods/core/identity/secret.ts'
import { type Limits, limitsWith } from '@warm-pods/core/limits.ts'
import type { WarmSlot } from '@warm-pods/core/state/slot.ts'
import type { Work } from '@warm-pods/core/state/work.ts'
import { claimSlot } from '@warm-pods/core/transitions/claim-slot.ts'
import { type ApiHandler, apiHandler } from '../src/api/handler.ts'
import { createGateway } from '../src/gateway/gateway.ts'
import type { Handshake } from '../src/gateway/handshake.ts'
import { PathChecks } from '../src/gateway/path-checks.ts'
import { RUNTIME } from '../src/lib/clock.ts'
import { type ReconcileSummary, reconcile } from '../src/refill/reconcile.ts'
import { makeServices, type Services } from '../src/services.ts'
import { storesOver } from '../src/store/stores.ts'
import { MAIN, REFILL_ROW } from '../src/store/tables.ts'
import { checkContract, type Reply } from './_contract.ts'
import { ENVIRONMENT } from './_environment.ts'
import { eventOf, type RawRequest, randomAddress } from './_event.ts'
import { FakeCluster } from './_fake-cluster.ts'
import { type TestTables, testTables } from './_tables.ts'

export interface Visitor {
  readonly secret: string
  readonly id: string
  post(path: string, body?: unknown): Promise<Reply<Session & ErrorBody>>
  get(path: string): Promise<Reply<Session & ErrorBody>>
  delete(path: string): Promise<Reply<Session & ErrorBody>>
}

export interface System extends AsyncDisposable {
  readonly services: Services
  readonly cluster: FakeCluster
  readonly tables: TestTables
  /** The result of every handshake through the gateway. */
  readonly gateway: { result: Handshake }
  /** How often a call has triggered refill. */
  readonly triggers: () => number
  /** The rows that each trigger has named. */
  readonly named: readonly Work[]
  /** Moves both clocks forward. */
  sleep(ms: number): void
  /** One refill invocation. It ends when nothing is left to do, or after five seconds of the test's clock. */
  refill(services?: Services, work?: Work): Promise<ReconcileSummary>
  /** Sets the owner's pause: no new Jobs before this, ms since 1970. */
  pause(untilMs: number): Promise<void>
  /** The audit rows of a session, in the order in which the AWS console shows them. */
  audit(sessionId: string): Promise<Record<string, unknown>[]>
  /** Every item of both tables. */
  everything(): Promise<Record<string, unknown>[]>
  visitor(address?: string): Promise<Visitor>
  call<T>(request: RawRequest): Promise<Reply<T>>
  pool(): Promise<Pool>
}

/** A system with a warm pool. */
export async function warmSystem(options: Parameters<typeof testSystem>[0] = {}): Promise<System> {
  const system = await testSystem(options)
  await system.refill()
  return system
}

/** A visitor with a live session, in a system whose pool is warm again. */
export async function liveVisitor(system: System): Promise<Visitor> {
  const visitor = await system.visitor()
  const { status } = await visitor.post('/session')
  if (status !== 201) throw new Error(`A warm pod was expected, and the answer was ${status}.`)
  await system.refill()
  return visitor
}

/** The first write of a claim whose Lambda crashes before the second. */
export async function claimWithoutSession(
  { services }: System,
  slot: WarmSlot,
  { id }: Visitor,
  epoch: number,
): Promise<void> {
  const claimed = claimSlot(slot, { sessionId: id, epoch, visitor: '' }, services.now())
  if (!(await services.slots.claim(slot, claimed))) throw new Error('The slot was warm.')
}

/**
 * The real handlers over real tables and a cluster in memory, with a wall clock that a test can move.
 * @param options `handlerOver`: makes the handler; by default the Lambda's own.
 */
export async function testSystem(
  options: {
    quota?: number
    limits?: Partial<Limits>
    handlerOver?: (services: Services) => ApiHandler
  } = {},
): Promise<System> {
  const tables = await testTables()
  const named: Work[] = []
  let offsetMs = 0
  const clock = {
    now: () => Date.now() + offsetMs,
    sleep: (ms: number) => {
      offsetMs += ms
    },
  }
  const cluster = new FakeCluster(clock, options.quota)
  const limits = limitsWith(options.limits ?? {})
  const gateway: System['gateway'] = { result: { reach: 'answers' } }
  const monotonic = (): number => performance.now() + offsetMs
  const handshakes = createGateway(async () => gateway.result, { monotonic, now: clock.now })
  const services: Services = {
    ...makeServices({
      ...ENVIRONMENT,
      POOL_TABLE: tables.pool,
      SESSIONS_TABLE: tables.sessions,
      DYNAMODB_ENDPOINT: tables.endpoint,
      LIMITS: JSON.stringify(options.limits ?? {}),
    }),
    ...storesOver(tables.db, tables, limits),
    cluster: async () => cluster,
    gateway: handshakes,
    paths: new PathChecks(handshakes, { monotonic, now: clock.now, sleep: RUNTIME.sleep }),
    invokeRefill: async (work) => void named.push(work),
    now: clock.now,
    monotonic,
  }
  const { handlerOver = apiHandler } = options
  const handle = handlerOver(services)
  const call = async <T>(request: RawRequest): Promise<Reply<T>> => {
    const result = await handle(eventOf(request))
    const body = typeof result.body === 'string' && result.body !== '' ? JSON.parse(result.body) : undefined
    const reply = { status: result.statusCode ?? 0, body, headers: result.headers ?? {} }
    checkContract(request, reply)
    return reply
  }
  return {
    services,
    cluster,
    tables,
    gateway,
    triggers: () => named.length,
    named,
    sleep: clock.sleep,
    refill: (given = services, work = 'all') => reconcile(given, 5_000, work),
    pause: (untilMs) => pause(tables, untilMs),
    audit: (sessionId) => auditOf(tables, sessionId),
    everything: () => everythingIn(tables),
    call,
    visitor: async (address = randomAddress()) => makeVisitor(call, address),
    pool: async () => {
      const { status, body } = await call<Pool>({ method: 'GET', path: '/pool' })
      if (status !== 200) throw new Error(`GET /pool answered ${status}: ${JSON.stringify(body)}`)
      return body
    },
    async [Symbol.asyncDispose]() {
      await tables[Symbol.asyncDispose]()
    },
  }
}

async function makeVisitor(call: System['call'], address: string): Promise<Visitor> {
  const secret = randomBytes(32).toString('base64url')
  const id = await sessionIdOf(secret)
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
  const send = (method: string, target: string, body?: unknown) => {
    const [path = '', query = ''] = target.replace(':id', id).split('?')
    return call<Session & ErrorBody>({
      method,
      path,
      query,
      headers,
      address,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }
  return {
    secret,
    id,
    post: (path, body) => send('POST', path, body),
    get: (path) => send('GET', path),
    delete: (path) => send('DELETE', path),
  }
}

async function auditOf({ db, sessions }: TestTables, sessionId: string): Promise<Record<string, unknown>[]> {
  const { Items = [] } = await db.send(
    new QueryCommand({
      TableName: sessions,
      KeyConditionExpression: 'sessionId = :id AND begins_with(#item, :event)',
      ExpressionAttributeNames: { '#item': 'item' },
      ExpressionAttributeValues: { ':id': sessionId, ':event': 'event#' },
    }),
  )
  return Items
}

async function pause({ db, pool }: TestTables, untilMs: number): Promise<void> {
  const update = new UpdateCommand({
    TableName: pool,
    Key: { pool: MAIN, slot: REFILL_ROW },
    UpdateExpression: 'SET pausedUntil = :until',
    ExpressionAttributeValues: { ':until': new Date(untilMs).toISOString() },
  })
  await db.send(update)
}

async function everythingIn({ db, pool, sessions }: TestTables): Promise<Record<string, unknown>[]> {
  const scans = [pool, sessions].map((TableName) => db.send(new ScanCommand({ TableName })))
  return (await Promise.all(scans)).flatMap(({ Items = [] }) => Items)
}
