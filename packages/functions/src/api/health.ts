import type { Health } from '@warm-pods/core/api/contracts.ts'
import { confirmedView } from '@warm-pods/core/api/session-view.ts'
import { failureOf } from '../kubernetes/errors.ts'
import { logInternalError } from '../lib/log.ts'
import type { Services } from '../services.ts'
import type { PoolRead } from '../store/slots.ts'
import { ageProblem, confirmIfOld } from './confirmation.ts'
import { gatewayHealth } from './gateway-health.ts'

type Dependency = Health['dependencies'][number]

/**
 * Sends DynamoDB and Kubernetes a small request each, and states when refill last looked at Kubernetes. The response has the
 * failed dependency's own words, as `GET /pool` has them. The log has every error.
 */
export async function health(services: Services): Promise<Health> {
  const pool = services.slots.read()
  const dependencies = await Promise.all([
    check(services, 'dynamodb', () => pool),
    checkKubernetes(services),
    checkGateway(services, pool),
    checkRefill(services, pool),
  ])
  return { ok: dependencies.every(({ ok }) => ok), dependencies }
}

async function checkKubernetes(services: Services): Promise<Dependency> {
  const dependency = await check(services, 'kubernetes', async () => (await services.cluster()).version(true))
  const state = await services.cluster().then(
    (cluster) => cluster.state(),
    () => undefined,
  )
  return { ...dependency, ...(state === undefined ? {} : { state }) }
}

/** The gateway is checked with a pod that the rows name. Without the rows the cause is DynamoDB's. */
async function checkGateway(services: Services, pool: Promise<PoolRead>): Promise<Dependency> {
  let found: Dependency | undefined
  const dependency = await check(services, 'gateway', async () => {
    found = await gatewayHealth(services, (await pool).slots)
  })
  return found ?? dependency
}

/** Refill is ok when it has confirmed the pool within `confirmedMs`. */
async function checkRefill(services: Services, pool: Promise<PoolRead>): Promise<Dependency> {
  const dependency = await check(services, 'refill', () => pool)
  if (!dependency.ok) return dependency
  const { refill } = await pool
  const nowMs = services.now()
  await confirmIfOld(services, refill, nowMs)
  const problem = ageProblem(refill, nowMs, services.limits)
  return {
    ...dependency,
    ok: problem === undefined,
    ...(problem === undefined ? {} : { problem }),
    ...(refill.confirmedAtMs === undefined ? {} : confirmedView(refill.confirmedAtMs, nowMs)),
  }
}

async function check(services: Services, name: string, call: () => Promise<unknown>): Promise<Dependency> {
  const startedMs = services.monotonic()
  const latencyMs = (): number => Math.round((services.monotonic() - startedMs) * 10) / 10
  try {
    await call()
    return { name, ok: true, latencyMs: latencyMs() }
  } catch (error) {
    logInternalError('health', name, error)
    const problem = failureOf(error)?.problem ?? 'The API has a bug. Its log has the error.'
    return { name, ok: false, latencyMs: latencyMs(), problem }
  }
}
