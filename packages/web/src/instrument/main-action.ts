import { BUTTON } from '../copy/first-paint.ts'
import { isHolding } from '../visit/state/phase.ts'
import type { Visit } from '../visit/state/visit-state.ts'

/** The action of the main button in a phase. `wakesMs`: the button is disabled until then, {@link nowMs}. */
export interface MainAction {
  readonly label: string
  readonly does: 'ask' | 'take-back' | 'terminate' | 'keep' | 'watch' | 'nothing'
  readonly wakesMs: number | undefined
}

/** The first pod has 5 s of line before a kill. Later pods wait only for the API's cooldown of 2 s between kills. */
const FIRST_LINE_MS = 5_000
const LINE_MS = 2_500

/** Returns the action of the main button. The button is one element in all phases, so that it keeps the focus. */
export function mainAction({ phase, recoveries }: Visit): MainAction {
  switch (phase.status) {
    case 'idle':
      return phase.why === 'elsewhere'
        ? { label: BUTTON.useHere, does: 'take-back', wakesMs: undefined }
        : { label: BUTTON.get, does: 'ask', wakesMs: undefined }
    case 'asleep':
      return { label: BUTTON.get, does: 'ask', wakesMs: undefined }
    case 'offline':
    case 'blocked':
      return { label: BUTTON.tryNow, does: 'ask', wakesMs: undefined }
    case 'failed':
      return { label: BUTTON.tryAgain, does: 'ask', wakesMs: undefined }
    case 'exhausted':
      return { label: BUTTON.watch, does: 'watch', wakesMs: undefined }
    case 'expiring':
      return phase.atLimit
        ? terminate(phase.sinceMs, recoveries.length)
        : { label: BUTTON.keep, does: 'keep', wakesMs: undefined }
    case 'live':
    case 'degraded':
      return terminate(phase.sinceMs, recoveries.length)
    case 'requesting':
    case 'provisioning':
    case 'connecting':
    case 'reconnecting':
    case 'limited':
    case 'terminating':
    case 'recovering':
    case 'lost':
      return { label: BUTTON.terminate, does: 'nothing', wakesMs: undefined }
    default:
      return phase satisfies never
  }
}

function terminate(sinceMs: number, recoveries: number): MainAction {
  return {
    label: BUTTON.terminate,
    does: 'terminate',
    wakesMs: sinceMs + (recoveries > 0 ? LINE_MS : FIRST_LINE_MS),
  }
}

/** Returns whether the visitor can kill the pod at `nowMs`. */
export function canTerminate(visit: Visit, nowMs: number): boolean {
  const { phase } = visit
  if (!isHolding(phase)) return false
  return nowMs >= (terminate(phase.sinceMs, visit.recoveries.length).wakesMs ?? 0)
}
