import { setTimeout as sleep } from 'node:timers/promises'
import { seeded } from '@warm-pods/core/simulation/random.ts'
import { Killer } from './killer.ts'
import { Ledger } from './ledger.ts'
import { Memory } from './memory.ts'
import type { SoakOptions } from './options.ts'
import { type SoakSystem, startSoakSystem } from './system.ts'
import { auditFindings, settled, survivors, unsettled } from './verify.ts'
import { Visitor } from './visitor.ts'

export interface SoakResult {
  readonly ledger: Ledger
  readonly memory: Memory
  readonly kills: ReadonlyMap<string, number>
  readonly settledMs: number | undefined
  readonly findings: readonly string[]
}

/** The first shape of a load: so many at a time. The second: so many a minute. */
const HOLD_MS = { atATime: 3_000, perMinute: 2_000 }

/**
 * Starts the system, loads it, kills what runs, waits until all has settled, holds what is left against what was
 * acknowledged, and at last kills the starter itself.
 */
export async function soak(options: SoakOptions, say: (text: string) => void): Promise<SoakResult> {
  await using system = await startSoakSystem(options.port, options.limits)
  const ledger = new Ledger()
  const memory = new Memory()
  // Two streams, so that who is killed does not hang on how many visitors came.
  const killer = new Killer(system, ledger, seeded(options.seed))
  const watching = new AbortController()
  const watched = memory.run(system, watching.signal)
  await load(system, options, ledger, killer, say)
  say('the load is over; waiting until all has settled')
  const settledMs = await settled(system, say)
  if (settledMs === undefined) ledger.find(`At rest: ${await unsettled(system).catch(String)}`)
  const findings = [...(await auditFindings(system, ledger)), ...sums(ledger), ...memory.leaks()]
  if (/everything ends/.test(system.said()))
    findings.push(`The starter gave up: ${system.said().slice(-400)}`)
  watching.abort()
  await watched
  const all = system.processes()
  say(`SIGKILL to the starter (${system.starter.pid}) and with it ${all.length} processes`)
  system.starter.kill('SIGKILL')
  const left = await survivors(all)
  findings.push(...left.map(({ kind, pid }) => `${kind} (${pid}) outlived its starter`))
  return { ledger, memory, kills: killer.kills, settledMs, findings: [...ledger.findings, ...findings] }
}

async function load(
  system: SoakSystem,
  options: SoakOptions,
  ledger: Ledger,
  killer: Killer,
  say: (text: string) => void,
): Promise<void> {
  const ending = new AbortController()
  const { signal } = ending
  const random = seeded(options.seed + 1)
  const visit = (holdMs: number, tries: number): Promise<void> =>
    new Visitor({ port: system.port, ledger, random, signal, holdMs, tries }).live()
  const killing = options.killEveryMs > 0 ? killer.run(options.killEveryMs, signal, say) : undefined
  const timer = setTimeout(() => ending.abort(), options.minutes * 60_000)
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
          while (!signal.aborted) await visit(HOLD_MS.atATime, 20)
        })(),
      )
  await Promise.all([...visits, killing])
  clearTimeout(timer)
}

/** Every request came to exactly one outcome. */
function sums({ asked, outcomes }: Ledger): string[] {
  const counted = [...outcomes.values()].reduce((sum, count) => sum + count, 0)
  return counted === asked ? [] : [`${asked} requests, and ${counted} outcomes`]
}
