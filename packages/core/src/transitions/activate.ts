import type { Pod } from '../api/contracts.ts'
import type { Healed, SessionRow } from '../state/session.ts'

/**
 * Gives a Ready pod to the session that waits for it.
 * @param row the session as it stands.
 * @param seen the session as it was when the pod was chosen.
 * @param given the pod; `healed` when it replaces a killed pod of the same Job.
 * @returns undefined when the session no longer waits as it did when the pod was chosen.
 */
export function activate(
  row: SessionRow,
  seen: SessionRow,
  { pod, healed }: { readonly pod: Pod; readonly healed?: Healed },
  nowMs: number,
): SessionRow | undefined {
  if (!waitsAsBefore(row, seen)) return undefined
  const { kill, previousPodUid: _previousPodUid, ...rest } = row
  const heals = healed && kill ? [...row.heals, { epoch: kill.epoch, how: kill.how, ...healed }] : row.heals
  return {
    ...rest,
    state: 'live',
    pod,
    heals,
    epochAtMs: nowMs,
    seenAtMs: Math.max(row.seenAtMs, row.epochAtMs),
  }
}

/** False after a new kill: it is meant for the very pod that would be given to the session. The next plan decides. */
function waitsAsBefore(row: SessionRow, seen: SessionRow): boolean {
  return (
    row.epoch === seen.epoch &&
    row.job === seen.job &&
    (row.state === 'starting' || row.state === 'recovering') &&
    row.kill?.atMs === seen.kill?.atMs &&
    row.kill?.state === seen.kill?.state &&
    row.previousPodUid === seen.previousPodUid
  )
}
