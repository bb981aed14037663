/** Finds the processes of a running `npm start`. */
import { readdirSync, readFileSync } from 'node:fs'
import { commandOf, parentOf } from '@warm-pods/local/supervisor/command-of.ts'

const SERVICES = ['dynamodb', 'kubernetes', 'refill', 'dev-server', 'reaper'] as const
export type Kind = (typeof SERVICES)[number] | 'pod' | 'supervisor'

export interface Process {
  readonly pid: number
  readonly kind: Kind
}

/** @returns the descendants of a process that are services, the reaper, or pods. Linux only. */
export function processesOf(supervisor: number): Process[] {
  const parents = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    const parent = Number.isInteger(pid) ? parentOf(pid) : undefined
    if (parent !== undefined) parents.set(parent, [...(parents.get(parent) ?? []), pid])
  }
  const below = (pid: number): number[] =>
    (parents.get(pid) ?? []).flatMap((child) => [child, ...below(child)])
  return below(supervisor).flatMap((pid) => {
    const kind = kindOf(commandOf(pid) ?? '')
    return kind ? [{ pid, kind }] : []
  })
}

function kindOf(command: string): Kind | undefined {
  if (command.includes('packages/pod/')) return 'pod'
  return SERVICES.find((service) => new RegExp(`/${service}\\.(ts|sh)`).test(command))
}

/** @returns the resident memory in MiB (proc(5), VmRSS); undefined when the process is gone. */
export function residentMiB(pid: number): number | undefined {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kib === undefined ? undefined : Number(kib) / 1_024
  } catch {
    return undefined
  }
}
