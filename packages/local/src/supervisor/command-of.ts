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
  const fields = statFields(pid)
  return fields && Number(fields[STAT_PARENT])
}

/**
 * Together with the process id this identifies a process: ids are used again, in a restarted container at once.
 * @returns when the process started, as text to compare only; undefined when it does not exist.
 */
export function startTimeOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return fromPs(pid, 'lstart')
  const ticks = statFields(pid)?.[STAT_START_TIME]
  // The start time counts from the boot, so two boots can repeat it.
  const boot = readText('/proc/sys/kernel/random/boot_id')?.trim()
  return ticks === undefined ? undefined : `${boot ?? ''}/${ticks}`
}

/** proc_pid_stat(5) numbers the fields from 1. The second is the name in parentheses, which may contain any character. */
const STAT_PARENT = 4 - 3
const STAT_START_TIME = 22 - 3

/** @returns the fields of `/proc/<pid>/stat` from the third on. */
function statFields(pid: number): string[] | undefined {
  const stat = fromProc(pid, 'stat')
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function fromProc(pid: number, file: 'cmdline' | 'stat'): string | undefined {
  return readText(`/proc/${pid}/${file}`)
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function fromPs(pid: number, column: 'command' | 'lstart' | 'ppid'): string | undefined {
  try {
    return (
      execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], {
        encoding: 'utf8',
        // `lstart` is printed in the local time zone and language. Two callers must get the same text.
        env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      }).trim() || undefined
    )
  } catch {
    return undefined
  }
}
