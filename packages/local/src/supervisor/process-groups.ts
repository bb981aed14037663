import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Sends a signal to a whole process group.
 * @returns false when the group has no process any more.
 * @throws RangeError for 0 and 1: kill(2) takes them for the caller's own group and for init.
 */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  return send(-group, signal)
}

/**
 * Sends a signal to one process.
 * @returns false when the process is gone.
 * @throws RangeError for 0 and 1: kill(2) takes them for the caller's own group and for init.
 */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  return send(pid, signal)
}

function send(target: number, signal: NodeJS.Signals | 0): boolean {
  if (Math.abs(target) <= 1) throw new RangeError(`Expected the id of a process of ours, got ${target}`)
  try {
    process.kill(target, signal)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    // Another user's process now has the number; it is none of ours.
    if (error instanceof Error && 'code' in error && error.code === 'EPERM') return false
    throw error
  }
}

/**
 * Ends process groups: SIGTERM to their leaders, who know how to stop what they started, then SIGKILL to whatever is left
 * of each group. SIGKILL also ends processes that are stopped or hang.
 */
export async function endGroups(groups: readonly number[], graceMs: number): Promise<void> {
  for (const group of groups) signalProcess(group, 'SIGTERM')
  const deadline = performance.now() + graceMs
  while (performance.now() < deadline && groups.some((group) => signalGroup(group, 0))) await sleep(20)
  for (const group of groups) signalGroup(group, 'SIGKILL')
}
