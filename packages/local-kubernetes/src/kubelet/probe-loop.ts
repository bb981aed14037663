/** Repeats a probe: after the start of its container, then at every period, with success and failure thresholds. */

import { timerDelay } from '../timer-delay.ts'
import type { ProbeSpec } from '../types.ts'
import type { ProbeOutcome } from './probe-check.ts'

export interface ProbeLoop {
  stop(): void
}

/**
 * Calls `check` after the initial delay and then at each period. Calls `onResult` whenever a threshold is crossed
 * (true: passes now, false: fails now), and `onFailure` for every single failure.
 */
export function startProbeLoop(
  spec: ProbeSpec,
  check: () => Promise<ProbeOutcome>,
  onResult: (passes: boolean) => void,
  onFailure: (message: string) => void,
): ProbeLoop {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let inRow = 0
  let lastOk: boolean | undefined

  function count(outcome: ProbeOutcome): void {
    inRow = outcome.ok === lastOk ? inRow + 1 : 1
    lastOk = outcome.ok
    if (!outcome.ok) onFailure(outcome.message)
    if (inRow === (outcome.ok ? spec.successThreshold : spec.failureThreshold)) onResult(outcome.ok)
  }

  async function run(dueAt: number): Promise<void> {
    const outcome = await check()
    if (stopped) return
    count(outcome)
    if (stopped) return
    // The period counts from the time the check was due, not from its end.
    const periodMs = spec.periodSeconds * 1000
    const next = dueAt + Math.max(1, Math.ceil((performance.now() - dueAt) / periodMs)) * periodMs
    timer = setTimeout(run, timerDelay(next - performance.now()), next)
  }

  const delayMs = (spec.initialDelaySeconds ?? 0) * 1000
  timer = setTimeout(run, timerDelay(delayMs), performance.now() + delayMs)
  return {
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
