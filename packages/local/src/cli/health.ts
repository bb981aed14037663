import type { Health } from '@warm-pods/core/api/contracts.ts'
import type { Screen } from './terminal-output.ts'

/**
 * Asks the API for its health once before people come: it says what does not answer, and the first kill of a visitor
 * does not wait for the API to load its Kubernetes client.
 */
export async function followHealth(site: string, screen: Screen, signal: AbortSignal): Promise<void> {
  try {
    const answer = await fetch(`${site}/api/health`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    })
    // Our own API: the shape of the contract.
    const health = (await answer.json()) as Health
    for (const { name, ok, problem } of health.dependencies)
      if (!ok) screen.note(`The API cannot use ${name}: ${problem ?? 'no answer'}`)
  } catch (error) {
    if (!signal.aborted)
      screen.note(`The API does not say how it is: ${error instanceof Error ? error.message : error}`)
  }
}
