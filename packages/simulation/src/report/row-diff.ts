/** Row diffs as text for a printed history. They are undefined for changes that do not help a reader. */
import type { SessionItem, SlotItem } from '../invariants/rows.ts'

/** Returns the change of a slot row as text; undefined when state, generation and session are the same. */
export function slotDiff(before: SlotItem | undefined, after: SlotItem): string | undefined {
  const isSame =
    before?.state === after.state && before.gen === after.gen && before.sessionId === after.sessionId
  if (isSame) return undefined
  const to = `slot ${after.slot}: ${before?.state ?? 'nothing'} -> ${after.state} gen ${after.gen}`
  switch (after.state) {
    case 'EMPTY':
      return `${to}, releases ${before?.job ?? 'nothing'}`
    case 'STARTING':
      return `${to}, ${after.job}`
    case 'WARM':
      return `${to}, ${after.job}, pod ${after.pod?.uid}`
    case 'CLAIMED':
      return `${to} by ${after.sessionId} epoch ${after.epoch}, pod ${after.pod?.uid}`
    default:
      return after.state satisfies never
  }
}

/** Returns the change of a session row as text; undefined when the printed fields are the same. */
export function sessionDiff(
  before: SessionItem | undefined,
  after: SessionItem | undefined,
): string | undefined {
  if (!after) return `session ${before?.sessionId}: deleted`
  const facts = (row: SessionItem | undefined) =>
    row &&
    [
      `${row.state} epoch ${row.epoch}`,
      row.job,
      row.pod ? `pod ${row.pod.uid}` : '',
      row.kill
        ? `kill ${row.kill.epoch}${row.kill.done ? ' done' : ''} ${row.kill.podUid ?? 'of any pod'}`
        : '',
      row.oldJobs.length > 0
        ? `previous Jobs ${row.oldJobs.map((old) => old.job + (old.kill ? ' killed' : '')).join(' ')}`
        : '',
      row.live === undefined ? 'finalized' : '',
    ].filter(Boolean)
  const [was, is] = [facts(before)?.join(', '), facts(after)?.join(', ')]
  return was === is ? undefined : `session ${after.sessionId}: ${is}`
}
