/**
 * The whole simulated system in one worker: the planner, the cluster, the sockets, and the real measuring instrument. It
 * runs on the machine's clock and draws its random numbers from the seed.
 */
import { between, seeded } from '@warm-pods/core/simulation/random.ts'
import { Simulation } from '@warm-pods/core/simulation/simulation.ts'
import { nowMs } from '../lib/clock.ts'
import { type Scope, serveProbe } from '../probe/serve.ts'
import { answerCall } from './answer-call.ts'
import type { Begin, Call, Command, PanelState, Ready, Report } from './protocol.ts'
import { SimulatedSockets } from './sockets.ts'

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<Begin>) => void) | null
  postMessage(ready: Ready): void
}
scope.onmessage = ({ data, ports: [probe, commands] }) => {
  if (probe && commands) begin(data, probe, commands)
}
scope.postMessage('ready')

/** The worker updates the panel at most this often. */
const PANEL_MS = 250
/** A longer time between two updates means a sleeping browser, not a slow one. */
const SLEPT_MS = 60_000
/** The work of a Lambda for one call, ms: a round trip to a table for each of three legs. */
const LEG_FROM_MS = 2
const LEG_TO_MS = 5

function begin({ seed }: Begin, probe: MessagePort, commands: MessagePort): void {
  const simulation = new Simulation(seed, nowMs())
  const random = seeded(seed + 2)
  const sockets = new SimulatedSockets(simulation, { now: nowMs, random, at, changed })
  let timer: ReturnType<typeof setTimeout> | undefined
  let reporting = false

  serveProbe(probe as Scope, (target, handlers) => sockets.open(target, handlers))
  commands.onmessage = ({ data: command }: MessageEvent<Command>) => {
    if (command.do === 'call') void answer(command.id, command.call)
    else act(command)
  }
  changed()

  function act(command: Exclude<Command, { do: 'call' }>): void {
    catchUp(simulation)
    if (command.do === 'assume') simulation.assume(command.changes)
    else if (command.fault === 'crashWarm') simulation.crash('warm')
    else if (command.fault === 'crashMine') simulation.crash({ session: command.session })
    else simulation.refill.inject(command.fault)
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
    const answer = answerCall(simulation, call)
    changed()
    await after(halfMs)
    report({ type: 'answer', id, answer })
  }

  /** Moves the world to now, and arms the timer for its next change. */
  function changed(): void {
    catchUp(simulation)
    clearTimeout(timer)
    timer = setTimeout(changed, Math.max(0, simulation.nextDueMs() - nowMs()))
    if (reporting) return
    reporting = true
    setTimeout(() => {
      reporting = false
      report({ type: 'state', state: panelState(simulation) })
    }, PANEL_MS)
  }

  function report(message: Report): void {
    commands.postMessage(message)
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

function panelState({ assumptions, refill, world }: Simulation): PanelState {
  const { checks, violations } = world.invariants
  return {
    assumptions: { ...assumptions },
    checks: { ...checks },
    violations: [...violations],
    runs: refill.runs,
    jobs: world.cluster.jobs.size,
    pendingFaults: refill.pendingFaults(),
  }
}

function at(atMs: number, act: () => void): void {
  setTimeout(act, Math.max(0, atMs - nowMs()))
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
