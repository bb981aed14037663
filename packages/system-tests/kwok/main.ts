/**
 * `npm run test:kwok -- --context <name>` runs the product's handlers and refill on a real API server with simulated nodes. It fills a
 * pool, lets visitors claim and leave, and changes the specification. After each phase it checks the invariants at rest.
 */
import { cpus, loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { randomSuffix } from '@warm-pods/core/identity/names.ts'
import { runCommand, UserError } from '@warm-pods/local/user-error.ts'
import { openContext } from '../cluster/_context.ts'
import type { Product, Tally, Visitor } from './product.ts'

const HELP = `Fills a pool of simulated pods on your cluster, and lets visitors claim them.

  npm run test:kwok -- --context kind-kind
      --slots <n>            warm slots, 400 by default
      --claims <n>           visitors, 1000 by default
      --claims-per-second <n>  5 by default: about as many Jobs get a pod from Kubernetes' Job controller
      --burst <n>            visitors who claim at the same time after that, a quarter of the slots by default
      --changes-per-second <n> Jobs that refill creates or deletes in a second; the product's own limit by default
      --no-rotation          leaves the change of the specification out
      --kubeconfig <file>    another kubeconfig than kubectl's default

It needs kubectl, an administrator's context, and KWOK: go install sigs.k8s.io/kwok/cmd/kwok@latest. KWOK names its program.
It creates its own namespace and nodes, and deletes them.
`
/** The log of the handlers would hide the result. */
const print = console.log.bind(console)
console.log = () => undefined

/** A phase that takes longer has failed. */
const PHASE_MS = 20 * 60_000

interface Settings {
  readonly slots: number
  readonly claims: number
  readonly claimsPerSecond: number
  readonly burst: number
  readonly changesPerSecond: number | undefined
  readonly rotates: boolean
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      context: { type: 'string' },
      kubeconfig: { type: 'string' },
      slots: { type: 'string', default: '400' },
      claims: { type: 'string', default: '1000' },
      'claims-per-second': { type: 'string', default: '5' },
      burst: { type: 'string' },
      'changes-per-second': { type: 'string' },
      rotation: { type: 'boolean', default: true },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    print(HELP)
    return 0
  }
  const changes = values['changes-per-second']
  const slots = wholeNumber('slots', values.slots)
  const settings: Settings = {
    slots,
    burst: values.burst === undefined ? Math.ceil(slots / 4) : wholeNumber('burst', values.burst),
    claims: wholeNumber('claims', values.claims),
    claimsPerSecond: wholeNumber('claims-per-second', values['claims-per-second']),
    changesPerSecond: changes === undefined ? undefined : wholeNumber('changes-per-second', changes),
    rotates: values.rotation,
  }
  const { findProgram } = await import('../manifests/_render.ts')
  const kwok = findProgram('kwok', 'KWOK')
  if (!kwok)
    return skip(
      'there is no kwok on the PATH, and KWOK names none. go install sigs.k8s.io/kwok/cmd/kwok@latest',
    )
  if (!values.context) return skip('no --context names a cluster')
  const { access, kubeconfig, version } = await openContext(values.context, values.kubeconfig)
  access.close()
  process.env.KUBECONFIG = kubeconfig
  process.env.KUBE_CONTEXT = values.context
  print(`Kubernetes ${version}, ${cpus().length} processors, load ${loadavg()[0]?.toFixed(1)}`)
  return run(settings, kwok, kubeconfig)
}

/** @returns the exit code of a command that has tested nothing. */
function skip(reason: string): number {
  print(`Skipped: ${reason}`)
  return 0
}

/** @throws UserError. */
function wholeNumber(name: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new UserError(`Expected --${name} to be a whole number above zero, got ${text}.`)
}

async function run(settings: Settings, kwok: string, kubeconfig: string): Promise<number> {
  const { slots, claims, claimsPerSecond, burst, changesPerSecond, rotates } = settings
  // kubectl reads the context when it is loaded.
  const [{ openNamespace }, { startSimulatedNodes }, { Product: Started }, { checkAtRest }, { kubectl }] =
    await Promise.all([
      import('../cluster/_namespace.ts'),
      import('./simulated-nodes.ts'),
      import('./product.ts'),
      import('./at-rest.ts'),
      import('../cluster/_kubectl.ts'),
    ])
  const cap = slots + claims + burst + 100
  await using stack = new AsyncDisposableStack()
  const namespace = stack.use(await openNamespace({ hasGateway: false }))
  const hard = { 'count/jobs.batch': String(cap), pods: String(2 * cap) }
  await kubectl([
    '-n',
    namespace.name,
    'patch',
    'resourcequota',
    'cap',
    '--patch',
    JSON.stringify({ spec: { hard } }),
  ])
  const simulated = randomSuffix()
  stack.use(await startSimulatedNodes({ run: simulated, pods: cap, kwok, kubeconfig }))
  const product = stack.use(
    new Started(namespace, simulated, {
      target: slots,
      cap,
      // Simulated pods have no sockets, and their visitors send nothing.
      socketIdleMs: 3_000_000,
      leaseMs: 3_500_000,
      lifetimeMs: 4_000_000,
      hiddenMs: 2_000_000,
      jobDeadlineMs: 26_000_000,
      ...(changesPerSecond === undefined ? {} : { jobChangesPerSecond: changesPerSecond }),
    }),
  )
  const visitors: Visitor[] = []
  const phases = new Phases(product)
  let generations = new Map<number, number>()
  const rest = async (name: string): Promise<boolean> => {
    await phases.end(name, () => isWarm(product))
    const live = visitors.map(({ session }) => session.id)
    const { found, generations: now } = await checkAtRest(product, namespace, live, generations)
    generations = new Map(now)
    for (const one of found) print(`  VIOLATION: ${one}`)
    if (live.length > 0) print(`  sessions: ${await describeSessions(product, live)}`)
    return found.length === 0
  }
  let isGood = await rest(`fill 0 to ${slots}`)
  isGood = (await phases.claims(claims, 1_000 / claimsPerSecond, visitors)) && isGood
  isGood = (await rest(`${claims} claims at ${claimsPerSecond} a second, and their refill`)) && isGood
  isGood = (await phases.claims(burst, 0, visitors)) && isGood
  isGood = (await rest(`${burst} claims at once, and their refill`)) && isGood
  const leaving = visitors.splice(0)
  for (const visitor of leaving) await visitor.release()
  await phases.wait(() => hasNoSessions(product))
  isGood = (await rest(`${leaving.length} visitors leave`)) && isGood
  if (rotates) {
    product.deploy('echo:2')
    await phases.wait(() => isRotated(product))
    isGood = (await rest('rotation to another specification')) && isGood
  }
  print(
    isGood && product.failures === 0
      ? 'Every invariant held at rest.'
      : `Failed. Failed invocations: ${product.failures}.`,
  )
  return isGood && product.failures === 0 ? 0 : 1
}

/** Measures the time, calls and memory of each phase. */
class Phases {
  readonly #product: Product
  #sinceMs = performance.now()
  #before: ReadonlyMap<string, Tally> = new Map()
  #invocations = 0
  #passes = 0
  #mostBytes = 0

  constructor(product: Product) {
    this.#product = product
  }

  /** @throws UserError after {@link PHASE_MS}. */
  async wait(isOver: () => Promise<boolean>): Promise<void> {
    const startedMs = performance.now()
    while (!(await isOver())) {
      this.#mostBytes = Math.max(this.#mostBytes, process.memoryUsage().rss)
      if (performance.now() - startedMs > PHASE_MS)
        throw new UserError('A phase did not end within 20 minutes.')
      await sleep(500)
    }
  }

  /** Ends a phase when the condition holds, and prints its row. */
  async end(name: string, isOver: () => Promise<boolean>): Promise<void> {
    await this.wait(isOver)
    const { invocations, passes } = this.#product
    const now = this.#product.tally()
    const seconds = ((performance.now() - this.#sinceMs) / 1_000).toFixed(1)
    const runs = `${invocations - this.#invocations} triggers, ${passes - this.#passes} passes`
    const memory = `${Math.round(this.#mostBytes / 2 ** 20)} MiB at most`
    print(`\n${name}: ${seconds} s, ${runs}, ${memory}, load ${loadavg()[0]?.toFixed(1)}`)
    for (const [call, { bytes, calls }] of [...now].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const before = this.#before.get(call) ?? { calls: 0, bytes: 0 }
      if (calls === before.calls) continue
      print(
        `  ${call.padEnd(24)} ${String(calls - before.calls).padStart(7)} calls ${kilobytes(bytes - before.bytes)}`,
      )
    }
    this.#before = now
    this.#invocations = invocations
    this.#passes = passes
    this.#mostBytes = 0
    this.#sinceMs = performance.now()
  }

  /** Lets visitors claim, one after each pause. @returns false when two of them got one pod, or a claim was refused. */
  async claims(claims: number, pauseMs: number, visitors: Visitor[]): Promise<boolean> {
    const all: Promise<Visitor>[] = []
    for (let n = 0; n < claims; n++) {
      all.push(this.#product.claim())
      if (pauseMs > 0) await sleep(pauseMs)
    }
    const done = await Promise.all(all)
    visitors.push(...done.filter(({ status }) => status < 300))
    const times = done.map(({ claimMs }) => claimMs).toSorted((a, b) => a - b)
    const at = (share: number): string => (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(1)
    const warm = done.filter(({ session, status }) => status === 201 && session.source === 'warm')
    const pods = warm.map(({ session }) => session.pod?.uid)
    const refused = done.filter(({ status }) => status >= 300).length
    print(
      `\n${claims} claims: ${warm.length} warm, ${claims - warm.length - refused} cold, ${refused} refused; p50 ${at(0.5)} ms, p95 ${at(0.95)} ms in the handler`,
    )
    const isUnique = new Set(pods).size === pods.length
    if (!isUnique) print('  VIOLATION: two claims got one pod.')
    return isUnique && refused === 0
  }
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1_000).toLocaleString('en')} KB`.padStart(12)
}

/** How many sessions are live, and how many have ended for each reason. */
async function describeSessions({ services }: Product, ids: readonly string[]): Promise<string> {
  const sessions = await services.sessions.getMany(ids)
  const kinds = Map.groupBy(sessions, ({ endReason, source, state }) =>
    state === 'ended' ? `${source} ended as ${endReason}` : `${source} ${state}`,
  )
  return [...kinds].map(([kind, { length }]) => `${length} ${kind}`).join(', ')
}

/** True when every slot is warm, refill's last pass has not failed, and no session waits for a pod. */
async function isWarm({ services }: Product): Promise<boolean> {
  const { limits, sessions, slots: store } = services
  const { refill, slots } = await store.read()
  const isFull = slots.filter(({ state }) => state === 'WARM').length === limits.target
  if (!isFull || refill.failures !== 0) return false
  const all = await sessions.getMany(await sessions.unfinalizedIds())
  return all.every(({ state }) => state === 'live')
}

async function isRotated({ services }: Product): Promise<boolean> {
  const { slots } = await services.slots.read()
  return slots.every((slot) => slot.state === 'WARM' && slot.spec === services.spec)
}

async function hasNoSessions({ services }: Product): Promise<boolean> {
  return (await services.sessions.unfinalizedIds()).length === 0
}

await runCommand(main)
