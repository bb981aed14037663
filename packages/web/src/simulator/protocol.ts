/** The messages between the page and the simulator's worker. The probe uses a port of its own. */
import type { ConnectedBody, HowToDie, RecoverBody } from '@warm-pods/core/api/contracts.ts'
import type { Rule, Violation } from '@warm-pods/core/simulation/invariants.ts'
import type { RefillFault } from '@warm-pods/core/simulation/refill.ts'
import type { Assumptions } from '@warm-pods/core/simulation/simulation.ts'
import type { Answer } from '../visit/api.ts'

/** The worker's first message: its script runs, so it can receive ports. */
export type Ready = 'ready'

/** The first message to the worker. It carries two ports: one for the probe, one for {@link Command} and {@link Report}. */
export interface Begin {
  readonly seed: number
}

/** A call of the API, with the id of its visitor's session. */
export type Call =
  | { readonly name: 'claim' | 'read' | 'extend' | 'reach' | 'release'; readonly session: string }
  | { readonly name: 'connected'; readonly session: string; readonly body: ConnectedBody }
  | { readonly name: 'recover'; readonly session: string; readonly body: RecoverBody }
  | {
      readonly name: 'kill'
      readonly session: string
      readonly how: HowToDie
      readonly epoch: number | undefined
    }
  | { readonly name: 'pool' }

/** A fault that the visitor injects into the simulation. */
export type Fault = RefillFault | 'crashWarm' | 'crashMine'

export type Command =
  | { readonly do: 'call'; readonly id: number; readonly call: Call }
  | { readonly do: 'assume'; readonly changes: Partial<Assumptions> }
  | { readonly do: 'inject'; readonly fault: Fault; readonly session: string }

/** The state that the panel shows. */
export interface PanelState {
  readonly assumptions: Assumptions
  readonly checks: Readonly<Record<Rule, number>>
  readonly violations: readonly Violation[]
  readonly runs: number
  readonly jobs: number
  /** Injected faults that wait for their moment. */
  readonly pendingFaults: readonly RefillFault[]
}

export type Report =
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer<unknown> }
  | { readonly type: 'state'; readonly state: PanelState }
