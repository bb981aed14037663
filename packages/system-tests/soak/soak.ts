import { setTimeout as sleep } from 'node:timers/promises'
import { seeded } from '@warm-pods/core/simulation/random.ts'
import { messageWithCauses } from '@warm-pods/functions/lib/error-causes.ts'
import { Killer } from './killer.ts'
import { Ledger } from './ledger.ts'
import { Memory } from './memory.ts'
import type { SoakOptions } from './options.ts'
import { type SoakSystem, startSoakSystem } from './system.ts'
import { auditFindings, awaitQuiet, openWork, survivors } from './verify.ts'
import { Visitor } from './visitor.ts'

export interface SoakResult {
  readonly ledger: Ledger
  readonly memory: Memory
  readonly kills: ReadonlyMap<string, number>
  /** How long after the load the system was quiet, milliseconds; undefined when it never was. */
  readonly quietAfterMs: number | undefined
  readonly findings: readonly string[]
}

/** How long a visitor holds a pod: with a number of concurrent visitors, and with a number per minute. */
const HOLD_MS = { concurrent: 3_000, perMinute: 2_000 }

/**
 * Starts the system, puts load on it and kills its processes. Then it waits until the system is quiet and compares the
 * state with the acknowledged changes. At the end it kills the supervisor and checks that no process is left.
 */
export async function soak(options: SoakOptions, log: (text: string) => void): Promise<SoakResult> {
  await using system = await startSoakSystem(options.port, options.limits)
  const ledger = new Ledger()
  const memory = new Memory()
  // Separate random sequences, so that the number of visitors does not change the sequence of kills.
  const killer = new Killer(system, ledger, seeded(options.seed))
  const sampling = new AbortController()
  const sampled = memory.run(system, sampling.signal)
  await load(system, options, ledger, killer, log)
  log('the load has ended; waiting until the system is quiet')
  const quietAfterMs = await awaitQuiet(system, log)
  if (quietAfterMs === undefined)
    ledger.addFinding(`The system is not quiet: ${await openWork(system).catch(messageWithCauses)}`)
  const findings = [...(await auditFindings(system, ledger)), ...countFindings(ledger), ...memory.findings()]
  if (/Warm Pods stops/.test(system.output()))
    findings.push(`A service was given up: ${system.output().slice(-400)}`)
  sampling.abort()
  await sampled
  const all = system.processes()
  log(`SIGKILL to the supervisor (${system.supervisor.pid}) and with it ${all.length} processes`)
  system.supervisor.kill('SIGKILL')
  const surviving = await survivors(all)
  findings.push(...surviving.map(({ kind, pid }) => `${kind} (${pid}) outlived its supervisor`))
  return { ledger, memory, kills: killer.kills, quietAfterMs, findings: [...ledger.findings, ...findings] }
}

async function load(
  system: SoakSystem,
  options: SoakOptions,
  ledger: Ledger,
  killer: Killer,
  log: (text: string) => void,
): Promise<void> {
  const loadEnd = new AbortController()
  const { signal } = loadEnd
  const random = seeded(options.seed + 1)
  const visit = (holdMs: number, tries: number): Promise<void> =>
    new Visitor({ port: system.port, ledger, random, signal, holdMs, tries }).live()
  const killing = options.killEveryMs > 0 ? killer.run(options.killEveryMs, signal, log) : undefined
  const timer = setTimeout(() => loadEnd.abort(), options.minutes * 60_000)
  const visits: Promise<void>[] = []
  if (options.perMinute !== undefined)
    while (!signal.aborted) {
      visits.push(visit(HOLD_MS.perMinute, 1))
      await sleep(60_000 / options.perMinute, undefined, { signal }).catch(() => {})
    }
  else
    for (let n = 0; n < options.visitors; n++)
      visits.push(
        (async () => {
          while (!signal.aborted) await visit(HOLD_MS.concurrent, 20)
        })(),
      )
  await Promise.all([...visits, killing])
  clearTimeout(timer)
}

/** @returns a finding unless every request has exactly one outcome. */
function countFindings({ requests, outcomes }: Ledger): string[] {
  const counted = [...outcomes.values()].reduce((sum, count) => sum + count, 0)
  return counted === requests ? [] : [`${requests} requests, but ${counted} outcomes`]
}
