/**
 * The visit over a real cluster's network: API, tables, its nginx and real containers, beside the local engine in the
 * same run. `npm run bench -- --context <name>`. A visitor is a program here, not a browser; nothing is drawn.
 */

import { ms, type Row, sampleOf } from '../../../scripts/measured.ts'
import { type BenchSystem, startBenchSystem } from './bench-system.ts'
import { type Guest, type Legs, newGuest } from './visitor.ts'

/** Kinds of death in turn: a third of the visits each. */
const VISITS = 42
const BURSTS = 3
const BURST = 20
const KINDS = ['polite', 'crash', 'freeze'] as const
type Kind = (typeof KINDS)[number]
/** The kubelet is late for pods that have only just become Ready. */
const GROWN_MS = 3_000

interface Figures {
  readonly claims: number[]
  readonly burst: number[]
  readonly kills: Record<Kind, number[]>
  readonly known: number[]
  /** Where the time goes, by leg: of a claim, of one among twenty, of a fail-over once the death is known. */
  readonly legs: Record<'claim' | 'burst' | 'failOver', Legs[]>
  readonly told: Record<Kind, number[]>
  readonly wholeAfterOne: number[]
  readonly wholeAfterFour: number[]
}

/** Both systems one after the other: side by side they would take the cores from each other. */
export async function benchCluster(context: string, more: readonly string[] = []): Promise<Row[]> {
  const there = await measure(['--context', context, ...more])
  tell(context, there)
  const here = await measure([])
  tell('local engine', here)
  return [
    row('POST → first pong', there.claims, here.claims, 18, 30),
    row(`the warm ones of ${BURST} at once`, there.burst, here.burst, 55, 110),
    row('kill → first pong, politely', there.kills.polite, here.kills.polite, 60),
    row('kill → first pong, crash', there.kills.crash, here.kills.crash, 60),
    row('freeze known → first pong (found by the ping deadline)', there.known, here.known, 60),
    row('pool whole again after one claim', there.wholeAfterOne, here.wholeAfterOne, 1_200),
    row('pool whole again after four', there.wholeAfterFour, here.wholeAfterFour, 2_000),
  ]
}

/** It takes minutes: whoever waits sees what there is so far. */
function tell(where: string, { kills, legs, told, ...rest }: Figures): void {
  const line = (what: string, values: readonly number[]) => console.log(`${where}: ${what} ${text(values)}`)
  for (const [what, values] of Object.entries({ ...rest, ...kills })) line(what, values)
  for (const [what, values] of Object.entries(legs))
    for (const leg of ['answered', 'opened', 'pong'] as const)
      line(
        `  ${what}, leg ${leg}`,
        values.map((each) => each[leg]),
      )
  for (const [how, values] of Object.entries(told)) line(`  kill, leg told (${how})`, values)
}

function text(values: readonly number[]): string {
  const { n, p50, p95 } = sampleOf(values)
  return `p50 ${ms(p50)}, p95 ${ms(p95)} (n ${n})`
}

function row(what: string, there: number[], here: number[], p50: number, p95?: number): Row {
  const [a, b] = [sampleOf(there), sampleOf(here)]
  return {
    what,
    measured: text(there),
    baseline: `local engine: ${text(here)}`,
    ratio: a.p50 / b.p50,
    budget: `p50 ≤ ${p50} ms${p95 === undefined ? '' : `, p95 ≤ ${p95} ms`}`,
    met: a.p50 <= p50 && (p95 === undefined || a.p95 <= p95),
  }
}

async function measure(args: readonly string[]): Promise<Figures> {
  await using system = await startBenchSystem(args)
  const figures: Figures = {
    claims: [],
    burst: [],
    kills: { polite: [], crash: [], freeze: [] },
    known: [],
    legs: { claim: [], burst: [], failOver: [] },
    told: { polite: [], crash: [], freeze: [] },
    wholeAfterOne: [],
    wholeAfterFour: [],
  }
  for (let i = 0; i < VISITS; i++) await visit(system, KINDS[i % KINDS.length] ?? 'polite', figures)
  for (let i = 0; i < BURSTS; i++) {
    for (const { ms, legs } of await burst(system)) {
      figures.burst.push(ms)
      if (legs) figures.legs.burst.push(legs)
    }
    figures.wholeAfterFour.push(await wholeAfterFour(system))
  }
  return figures
}

/** One visitor: claims, is served, dies one way, fails over, is served again, goes. */
async function visit(system: BenchSystem, how: Kind, figures: Figures): Promise<void> {
  await system.whole()
  const guest = await newGuest(system)
  const claimed = await guest.claim()
  if (claimed.status !== 201) return guest.leave()
  figures.claims.push(claimed.ms)
  if (claimed.legs) figures.legs.claim.push(claimed.legs)
  figures.wholeAfterOne.push(await system.wholeSince(claimed.askedAtMs))
  const isGrown = Date.now() - Date.parse(guest.startedAt) > GROWN_MS
  const death = await guest.dieAndFailOver(how)
  if (isGrown) {
    figures.kills[how].push(death.fromKillMs)
    figures.told[how].push(death.toldMs)
    figures.legs.failOver.push(death.legs)
    if (how === 'freeze') figures.known.push(death.fromKillMs - death.toldMs)
  }
  await guest.leave()
}

/** Twenty at once on four warm pods: how long it took those who got one. */
async function burst(system: BenchSystem): Promise<{ ms: number; legs?: Legs }[]> {
  await system.whole()
  const guests = await Promise.all(Array.from({ length: BURST }, () => newGuest(system)))
  const claims = await Promise.all(guests.map((guest) => guest.claim()))
  await Promise.all(guests.map((guest) => guest.leave()))
  return claims.filter(({ status }) => status === 201)
}

async function wholeAfterFour(system: BenchSystem): Promise<number> {
  await system.whole()
  const guests: Guest[] = await Promise.all(Array.from({ length: 4 }, () => newGuest(system)))
  const askedAtMs = performance.now()
  await Promise.all(guests.map((guest) => guest.claim()))
  const wholeMs = await system.wholeSince(askedAtMs)
  await Promise.all(guests.map((guest) => guest.leave()))
  return wholeMs
}
