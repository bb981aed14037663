/**
 * The whole simulated system in one worker: the planner, the cluster, the sockets, and the real measuring instrument. It
 * runs on the machine's clock and draws its random numbers from the seed.
 */
import { between, seeded } from '@warm-pods/core/simulation/random.ts'
import { Simulation } from '@warm-pods/core/simulation/simulation.ts'
import { nowMs } from '../lib/clock.ts'
import { type Scope, serveProbe } from '../probe/serve.ts'
import { answerCall } from './calls.ts'
import type { Ask, Begin, Call, Ready, Tell, Watched } from './protocol.ts'
import { SimulatedSockets } from './sockets.ts'

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<Begin>) => void) | null
  postMessage(ready: Ready): void
}
scope.onmessage = ({ data, ports: [probe, asks] }) => {
  if (probe && asks) begin(data, probe, asks)
}
scope.postMessage('ready')

/** The worker updates the panel at most this often. */
const WATCH_MS = 250
/** A longer time between two updates means a sleeping browser, not a slow one. */
const SLEPT_MS = 60_000
/** The work of a Lambda for one call, ms: a round trip to a table for each of three legs. */
const LEG_FROM_MS = 2
const LEG_TO_MS = 5

function begin({ seed }: Begin, probe: MessagePort, asks: MessagePort): void {
  const simulation = new Simulation(seed, nowMs())
  const random = seeded(seed + 2)
  const sockets = new SimulatedSockets(simulation, { now: nowMs, random, at, changed })
  let timer: ReturnType<typeof setTimeout> | undefined
  let telling = false

  serveProbe(probe as Scope, (target, handlers) => sockets.open(target, handlers))
  asks.onmessage = ({ data: ask }: MessageEvent<Ask>) => {
    if (ask.do === 'call') void answer(ask.id, ask.call)
    else act(ask)
  }
  changed()

  function act(ask: Exclude<Ask, { do: 'call' }>): void {
    catchUp(simulation)
    if (ask.do === 'assume') simulation.assume(ask.changes)
    else if (ask.fault === 'crashWarm') simulation.crash('warm')
    else if (ask.fault === 'crashMine') simulation.crash({ session: ask.session })
    else simulation.refill.inject(ask.fault)
    changed()
  }

  async function answer(id: number, call: Call): Promise<void> {
    const halfMs = sockets.roundTripMs() / 2
    const stages = ['read', 'take', 'record'].map((name) => ({
      name,
      ms: Math.round(between(random, LEG_FROM_MS, LEG_TO_MS) * 10) / 10,
    }))
    await after(halfMs + stages.reduce((sum, { ms }) => sum + ms, 0))
    catchUp(simulation)
    simulation.world.stages = stages
    const found = answerCall(simulation, call)
    changed()
    await after(halfMs)
    tell({ tell: 'answer', id, answer: found })
  }

  /** Moves the world to now, and arms the timer for its next change. */
  function changed(): void {
    catchUp(simulation)
    clearTimeout(timer)
    timer = setTimeout(changed, Math.max(0, simulation.nextDueMs() - nowMs()))
    if (telling) return
    telling = true
    setTimeout(() => {
      telling = false
      tell({ tell: 'watched', watched: watched(simulation) })
    }, WATCH_MS)
  }

  function tell(message: Tell): void {
    asks.postMessage(message)
  }
}

/** Moves the world to now. After a browser's sleep it adds no visitors: a night of them would take half a minute. */
function catchUp(simulation: Simulation): void {
  const { othersPerMinute } = simulation.assumptions
  const slept = nowMs() - simulation.world.nowMs > SLEPT_MS
  if (slept) simulation.assume({ othersPerMinute: 0 })
  simulation.moveTo(nowMs())
  if (slept) simulation.assume({ othersPerMinute })
}

function watched({ assumptions, refill, world }: Simulation): Watched {
  const { checks, violations } = world.invariants
  return {
    assumptions: { ...assumptions },
    checks: { ...checks },
    breaches: [...violations],
    runs: refill.runs,
    jobs: world.cluster.jobs.size,
    planned: refill.pendingFaults(),
  }
}

function at(atMs: number, act: () => void): void {
  setTimeout(act, Math.max(0, atMs - nowMs()))
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
