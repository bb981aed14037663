import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** @returns the command line of a process; undefined when it does not exist. */
export function commandOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return fromPs(pid, 'command')
  // Empty for a zombie, which has already exited.
  return fromProc(pid, 'cmdline')?.replaceAll('\0', ' ').trim() || undefined
}

/** @returns the parent's process id; undefined when the process does not exist. */
export function parentOf(pid: number): number | undefined {
  if (process.platform !== 'linux') return Number(fromPs(pid, 'ppid')) || undefined
  // proc_pid_stat(5): the second field is the name in parentheses, which may contain any character. The fourth is the parent.
  const stat = fromProc(pid, 'stat')
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

function fromProc(pid: number, file: 'cmdline' | 'stat'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return undefined
  }
}

function fromPs(pid: number, column: 'command' | 'ppid'): string | undefined {
  try {
    return (
      execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
    )
  } catch {
    return undefined
  }
}
