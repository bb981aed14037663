import type { HowToDie } from '@warm-pods/core/api/contracts.ts'
import type { Assumptions } from '@warm-pods/core/simulation/simulation.ts'
import { createStore, type Readable } from '../lib/create-store.ts'
import { retryWorker } from '../lib/retry-worker.ts'
import { createProbe, type Probe, type ProbeEnd } from '../probe/probe.ts'
import type { Answer, Api } from '../visit/api.ts'
import { createSecrets, type Secrets } from '../visit/secret.ts'
import type { Begin, Call, Command, Fault, PanelState, Ready, Report } from './protocol.ts'

/** A simulated Warm Pods behind the interfaces of the real one, and the state that its panel shows. */
export interface Simulator extends Readable<PanelState | undefined> {
  readonly api: Api
  readonly probe: Probe
  readonly secrets: Secrets
  readonly seed: number
  assume(changes: Partial<Assumptions>): void
  /** Injects a fault, now or at its next moment. */
  inject(fault: Fault): void
  close(): void
}

/** Starts a simulation in a worker of its own. The same seed draws the same pods. */
export function createSimulator(seed: number): Simulator {
  // The simulator keeps its own secret in memory, so that the tab's real session is still there afterwards.
  const secrets = createSecrets(() => {
    throw new Error('A simulation stores nothing.')
  })
  const forProbe = new MessageChannel()
  const forCalls = new MessageChannel()
  const begin: Begin = { seed }
  let worker: Worker | undefined
  let closed = false
  const starting = retryWorker<never, Ready>(() => {
    worker = startWorker()
    return worker
  })
  const probeEnd: ProbeEnd = forProbe.port1
  const probe = createProbe(probeEnd)
  starting.onfailing = (failing) => probeEnd.onfailing?.(failing)
  // The ports go only to a worker that runs; a worker without its script would lose them.
  starting.onmessage = () => {
    if (closed) worker?.terminate()
    else worker?.postMessage(begin, [forProbe.port2, forCalls.port2])
  }

  const port = forCalls.port1
  const waiting = new Map<number, (answer: Answer<unknown>) => void>()
  const { subscribe, snapshot, set } = createStore<PanelState | undefined>(undefined)
  let made = 0
  let lastWorkedMs: number | undefined
  let session = ''
  const send = (command: Command) => port.postMessage(command)

  port.onmessage = ({ data }: MessageEvent<Report>) => {
    if (data.type === 'answer') {
      lastWorkedMs = Date.now()
      waiting.get(data.id)?.(data.answer)
      waiting.delete(data.id)
      return
    }
    set(data.state)
  }
  const call = <T>(what: Call): Promise<Answer<T>> =>
    new Promise((resolve) => {
      const id = ++made
      // The worker answers each call by the API's contract.
      waiting.set(id, resolve as (answer: Answer<unknown>) => void)
      send({ do: 'call', id, call: what })
    })

  return {
    seed,
    secrets,
    probe,
    api: {
      claim() {
        session = sessionOf(secrets.current())
        return call({ name: 'claim', session })
      },
      read: (id) => call({ name: 'read', session: id }),
      extend: (id) => call({ name: 'extend', session: id }),
      connected: (id, body) => call({ name: 'connected', session: id, body }),
      recover: (id, body) => call({ name: 'recover', session: id, body }),
      reach: (id) => call({ name: 'reach', session: id }),
      kill: (id: string, how: HowToDie, epoch?: number) => call({ name: 'kill', session: id, how, epoch }),
      release: (id) => call({ name: 'release', session: id }),
      pool: () => call({ name: 'pool' }),
      skewMs: () => 0,
      lastWorkedMs: () => lastWorkedMs,
      socketUrl: (url) => url,
    },
    assume: (changes) => send({ do: 'assume', changes }),
    inject: (fault) => send({ do: 'inject', fault, session }),
    subscribe,
    snapshot,
    close() {
      closed = true
      worker?.terminate()
    },
  }
}

/**
 * The simulated session of a secret: its first 16 bytes in hex. The real session id is a hash, and browsers have no
 * `crypto.subtle` on a page that was opened over plain HTTP.
 */
function sessionOf(secret: string): string {
  const bytes = atob(secret.replaceAll('-', '+').replaceAll('_', '/')).slice(0, 16)
  return Array.from(bytes, (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('')
}

function startWorker(): Worker {
  return new Worker(new URL('./simulator.worker.ts', import.meta.url), { type: 'module', name: 'simulator' })
}
