import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The command line of a process; undefined when there is none of that number. */
export function commandOf(pid: number): string | undefined {
  try {
    // Empty for a zombie, which runs no more.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() || undefined
  } catch {
    return process.platform === 'linux' ? undefined : fromPs(pid)
  }
}

function fromPs(pid: number): string | undefined {
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
  } catch {
    return undefined
  }
}
