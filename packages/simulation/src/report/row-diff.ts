/** What a change of a row comes to, in words; undefined when a reader of a history would not miss it. */
import type { SessionItem, SlotItem } from '../invariants/rows.ts'

export function slotTold(before: SlotItem | undefined, after: SlotItem): string | undefined {
  const same =
    before?.state === after.state && before.gen === after.gen && before.sessionId === after.sessionId
  if (same) return undefined
  const to = `slot ${after.slot}: ${before?.state ?? 'nothing'} -> ${after.state} gen ${after.gen}`
  switch (after.state) {
    case 'EMPTY':
      return `${to}, lets go ${before?.job ?? 'nothing'}`
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

export function sessionTold(
  before: SessionItem | undefined,
  after: SessionItem | undefined,
): string | undefined {
  if (!after) return `session ${before?.sessionId}: forgotten`
  const facts = (row: SessionItem | undefined) =>
    row &&
    [
      `${row.state} epoch ${row.epoch}`,
      row.job,
      row.pod ? `pod ${row.pod.uid}` : '',
      row.kill
        ? `kill ${row.kill.epoch}${row.kill.done ? ' done' : ''} ${row.kill.podUid ?? 'whichever'}`
        : '',
      row.oldJobs.length > 0
        ? `left ${row.oldJobs.map((old) => old.job + (old.kill ? ' killed' : '')).join(' ')}`
        : '',
      row.live === undefined ? 'settled' : '',
    ].filter(Boolean)
  const [was, is] = [facts(before)?.join(', '), facts(after)?.join(', ')]
  return was === is ? undefined : `session ${after.sessionId}: ${is}`
}
