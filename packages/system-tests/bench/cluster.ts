/**
 * Benchmarks visits to a real cluster, with its nginx and containers, and compares them with the local Kubernetes:
 * `npm run bench -- --context <name>`. The visitor is a program without a browser, so the page's rendering is not included.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { ms, type Row, sampleOf } from '../../../scripts/measured.ts'
import { type BenchSystem, startBenchSystem } from './bench-system.ts'
import { type Legs, newTestVisitor, type TestVisitor } from './visitor.ts'

/** The three kill options take turns. */
const VISITS = 42
const BURSTS = 3
const BURST = 20
const KINDS = ['polite', 'crash', 'freeze'] as const
type Kind = (typeof KINDS)[number]
/**
 * No pod is killed before this age. Between two changes of a pod a kubelet looks at its containers, once a second. A pod that
 * became Ready and was labelled within two seconds still has a change ahead of the delete, which then takes 0.9 s longer.
 */
const MIN_POD_AGE_MS = 6_000

/** All values are milliseconds. */
interface Figures {
  readonly claims: number[]
  readonly burst: number[]
  readonly kills: Record<Kind, number[]>
  /** From the detection of a frozen pod to the first pong. */
  readonly afterFreeze: number[]
  /** The legs of a claim, of a claim among twenty, and of a fail-over after the kill was detected. */
  readonly legs: Record<'claim' | 'burst' | 'failOver', Legs[]>
  /** From the kill until the visitor detects it. */
  readonly detected: Record<Kind, number[]>
  readonly fullAfterOne: number[]
  readonly fullAfterFour: number[]
}

/**
 * Measures both systems one after the other, because in parallel they would compete for the CPU.
 * @param more further arguments for `npm start`.
 */
export async function benchCluster(context: string, more: readonly string[] = []): Promise<Row[]> {
  const there = await measure(['--context', context, ...more])
  printFigures(context, there)
  const here = await measure([])
  printFigures('local Kubernetes', here)
  return [
    row('POST → first pong', there.claims, here.claims, 18, 30),
    row(`warm claims among ${BURST} at once`, there.burst, here.burst, 55, 110),
    row('kill → first pong, politely', there.kills.polite, here.kills.polite, 60),
    row('kill → first pong, crash', there.kills.crash, here.kills.crash, 60),
    row('freeze detected by the ping deadline → first pong', there.afterFreeze, here.afterFreeze, 60),
    row('pool full again after one claim', there.fullAfterOne, here.fullAfterOne, 1_200),
    row('pool full again after four claims', there.fullAfterFour, here.fullAfterFour, 2_000),
  ]
}

/** Prints the figures of one system while the other is still to be measured. */
function printFigures(system: string, { kills, legs, detected, ...rest }: Figures): void {
  const line = (name: string, values: readonly number[]) => console.log(`${system}: ${name} ${text(values)}`)
  for (const [name, values] of Object.entries({ ...rest, ...kills })) line(name, values)
  for (const [name, values] of Object.entries(legs))
    for (const leg of ['answered', 'opened', 'pong'] as const)
      line(
        `  ${name}, leg ${leg}`,
        values.map((each) => each[leg]),
      )
  for (const [how, values] of Object.entries(detected)) line(`  kill, leg detected (${how})`, values)
}

function text(values: readonly number[]): string {
  const { n, p50, p95 } = sampleOf(values)
  return `p50 ${ms(p50)}, p95 ${ms(p95)} (n ${n})`
}

function row(what: string, there: number[], here: number[], p50: number, p95?: number): Row {
  const [remote, local] = [sampleOf(there), sampleOf(here)]
  return {
    what,
    measured: text(there),
    baseline: `local Kubernetes: ${text(here)}`,
    ratio: remote.p50 / local.p50,
    budget: `p50 ≤ ${p50} ms${p95 === undefined ? '' : `, p95 ≤ ${p95} ms`}`,
    met: remote.p50 <= p50 && (p95 === undefined || remote.p95 <= p95),
  }
}

async function measure(args: readonly string[]): Promise<Figures> {
  await using system = await startBenchSystem(args)
  const figures: Figures = {
    claims: [],
    burst: [],
    kills: { polite: [], crash: [], freeze: [] },
    afterFreeze: [],
    legs: { claim: [], burst: [], failOver: [] },
    detected: { polite: [], crash: [], freeze: [] },
    fullAfterOne: [],
    fullAfterFour: [],
  }
  for (let i = 0; i < VISITS; i++) await visit(system, KINDS[i % KINDS.length] ?? 'polite', figures)
  for (let i = 0; i < BURSTS; i++) {
    for (const { ms, legs } of await burst(system)) {
      figures.burst.push(ms)
      if (legs) figures.legs.burst.push(legs)
    }
    figures.fullAfterFour.push(await fullAfterFour(system))
  }
  return figures
}

/** One visit: claim, first pong, kill, fail over, first pong, release. */
async function visit(system: BenchSystem, how: Kind, figures: Figures): Promise<void> {
  await system.quiet()
  const visitor = await newTestVisitor(system)
  const claimed = await visitor.claim()
  if (claimed.status !== 201) return visitor.release()
  figures.claims.push(claimed.ms)
  if (claimed.legs) figures.legs.claim.push(claimed.legs)
  figures.fullAfterOne.push(await system.poolFullSince(claimed.askedAtMs))
  const podAgeMs = Date.now() - Date.parse(visitor.startedAt)
  await sleep(Math.max(0, MIN_POD_AGE_MS - podAgeMs))
  const recovery = await visitor.killAndFailOver(how)
  figures.kills[how].push(recovery.fromKillMs)
  figures.detected[how].push(recovery.detectedMs)
  figures.legs.failOver.push(recovery.legs)
  if (how === 'freeze') figures.afterFreeze.push(recovery.fromKillMs - recovery.detectedMs)
  await visitor.release()
}

/** Twenty visitors claim at once from four warm pods. @returns the claims that got a warm pod. */
async function burst(system: BenchSystem): Promise<{ ms: number; legs?: Legs }[]> {
  await system.quiet()
  const visitors = await Promise.all(Array.from({ length: BURST }, () => newTestVisitor(system)))
  const claims = await Promise.all(visitors.map((visitor) => visitor.claim()))
  await Promise.all(visitors.map((visitor) => visitor.release()))
  return claims.filter(({ status }) => status === 201)
}

async function fullAfterFour(system: BenchSystem): Promise<number> {
  await system.quiet()
  const visitors: TestVisitor[] = await Promise.all(Array.from({ length: 4 }, () => newTestVisitor(system)))
  const askedAtMs = performance.now()
  await Promise.all(visitors.map((visitor) => visitor.claim()))
  const fullMs = await system.poolFullSince(askedAtMs)
  await Promise.all(visitors.map((visitor) => visitor.release()))
  return fullMs
}
