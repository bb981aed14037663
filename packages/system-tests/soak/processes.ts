/** What a starter has started, by what it is. */
import { readdirSync, readFileSync } from 'node:fs'
import { commandOf, parentOf } from '@warm-pods/local/supervisor/command-of.ts'

export const PARTS = ['dynamodb', 'kubernetes', 'refill', 'dev-server', 'reaper'] as const
export type Kind = (typeof PARTS)[number] | 'pod' | 'starter'

export interface Process {
  readonly pid: number
  readonly kind: Kind
}

/** Every process below a starter that one can tell: its parts, the reaper, the pods. */
export function processesOf(starter: number): Process[] {
  const parents = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    const parent = Number.isInteger(pid) ? parentOf(pid) : undefined
    if (parent !== undefined) parents.set(parent, [...(parents.get(parent) ?? []), pid])
  }
  const below = (pid: number): number[] =>
    (parents.get(pid) ?? []).flatMap((child) => [child, ...below(child)])
  return below(starter).flatMap((pid) => {
    const kind = kindOf(commandOf(pid) ?? '')
    return kind ? [{ pid, kind }] : []
  })
}

function kindOf(command: string): Kind | undefined {
  if (command.includes('packages/pod/')) return 'pod'
  return PARTS.find((part) => command.includes(`/${part}.ts`))
}

/** Resident memory, MiB; undefined when the process is gone. proc(5), VmRSS. */
export function residentMiB(pid: number): number | undefined {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kib === undefined ? undefined : Number(kib) / 1_024
  } catch {
    return undefined
  }
}
