import type { Health } from '@warm-pods/core/api/contracts.ts'
import { logInternalError } from '../lib/log.ts'
import type { Services } from '../services.ts'

type Dependency = Health['dependencies'][number]

/** Asks each dependency for something small. What is wrong with one is logged; a stranger learns only that it is. */
export async function health(services: Services): Promise<Health> {
  const dependencies = await Promise.all([
    ask(services, 'dynamodb', () => services.slots.readOne(0)),
    ask(services, 'kubernetes', async () => (await services.cluster()).version(true)),
  ])
  return { ok: dependencies.every(({ ok }) => ok), dependencies }
}

async function ask(services: Services, name: string, call: () => Promise<unknown>): Promise<Dependency> {
  const startedMs = services.monotonic()
  const latencyMs = (): number => Math.round((services.monotonic() - startedMs) * 10) / 10
  try {
    await call()
    return { name, ok: true, latencyMs: latencyMs() }
  } catch (error) {
    logInternalError('health', name, error)
    return { name, ok: false, latencyMs: latencyMs(), problem: 'did not answer' }
  }
}
