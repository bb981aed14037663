import type { Health } from '@warm-pods/core/api/contracts.ts'
import { messageWithCauses } from '@warm-pods/functions/lib/error-causes.ts'
import { fetchText } from '../../http/fetch-text.ts'
import type { TerminalOutput } from '../output/terminal-output.ts'

/**
 * Requests `GET /api/health` once and prints each dependency that does not work. The request also makes the API load its
 * Kubernetes client, so that the first kill of a visitor does not wait for it. Never throws.
 * @param printed a problem that is already printed.
 */
export async function reportHealth(
  site: string,
  output: TerminalOutput,
  signal: AbortSignal,
  printed?: string,
): Promise<void> {
  try {
    const { text } = await fetchText(`${site}/api/health`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    })
    // Our own API, so the body has the shape of the contract.
    const health = JSON.parse(text) as Health
    for (const { name, ok, problem } of health.dependencies)
      if (!ok && (problem === undefined || problem !== printed))
        output.note(`The API cannot use ${name}: ${problem ?? 'no answer'}`)
  } catch (error) {
    if (!signal.aborted) output.note(`The API's health check failed: ${messageWithCauses(error)}`)
  }
}
