import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Sends a signal to a whole process group.
 * @returns false when the group has no process any more.
 * @throws RangeError for 0 and 1: kill(2) treats them as the caller's own group and as init.
 */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  return send(-group, signal)
}

/**
 * Sends a signal to one process.
 * @returns false when the process is gone.
 * @throws RangeError for 0 and 1: kill(2) treats them as the caller's own group and as init.
 */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  return send(pid, signal)
}

function send(target: number, signal: NodeJS.Signals | 0): boolean {
  if (Math.abs(target) <= 1) throw new RangeError(`Expected a process id above 1, got ${target}`)
  try {
    process.kill(target, signal)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    // The id now belongs to a process of another user.
    if (error instanceof Error && 'code' in error && error.code === 'EPERM') return false
    throw error
  }
}

/**
 * Ends process groups. It sends SIGTERM to their leaders, which stop their children. After the grace period it sends SIGKILL to
 * the rest of each group, which also ends processes that are stopped or hang.
 * @param graceMs milliseconds.
 */
export async function endGroups(groups: readonly number[], graceMs: number): Promise<void> {
  for (const group of groups) signalProcess(group, 'SIGTERM')
  const deadline = performance.now() + graceMs
  while (performance.now() < deadline && groups.some((group) => signalGroup(group, 0))) await sleep(20)
  for (const group of groups) signalGroup(group, 'SIGKILL')
}
