import { RULES, type Rule } from '@warm-pods/core/simulation/invariants.ts'
import { useState, useSyncExternalStore } from 'react'
import { Button } from '@/components/ui/button'
import { FAULTS, PLANNED, SIMULATION } from '../copy/simulation.ts'
import type { Notice } from './notice.ts'
import { Assumed } from './parameters.tsx'
import type { Fault, PanelState } from './protocol.ts'
import type { Simulator } from './simulator.ts'
import './simulator.css'

interface Props {
  readonly simulator: Simulator
  readonly notice: Notice
  /** This build has an API, so the visitor can go to the real pods. */
  readonly canGo: boolean
}

/** Marks the page as a simulation, always in sight, and lets the visitor change its assumptions and inject faults. */
export function Panel({ simulator, notice, canGo }: Props) {
  const why = useSyncExternalStore(notice.subscribe, notice.snapshot)
  const state = useSyncExternalStore(simulator.subscribe, simulator.snapshot)
  const [open, setOpen] = useState(false)
  const violated = state?.violations.length ?? 0
  return (
    <aside aria-label={SIMULATION.title} className="simulation">
      <p className="simulation-bar">
        <strong>{SIMULATION.title}</strong>
        <span>{SIMULATION.bar}</span>
        {violated > 0 && <strong className="text-kill">{`${violated} ${SIMULATION.violated}`}</strong>}
      </p>
      <div className="border border-t-0 px-4 pt-2 text-sm text-muted-foreground">
        <p>
          <span>{`${SIMULATION.lead} ${why} `}</span>
          {canGo && (
            <a href={location.pathname} className="text-foreground underline underline-offset-4">
              {SIMULATION.toReal}
            </a>
          )}
        </p>
        <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary className="inline-flex min-h-11 items-center text-foreground underline decoration-border underline-offset-4">
            {SIMULATION.open}
          </summary>
          {open && state && <Inside simulator={simulator} state={state} />}
        </details>
      </div>
    </aside>
  )
}

function Inside({ simulator, state }: { simulator: Simulator; state: PanelState }) {
  return (
    <div className="grid gap-x-10 gap-y-6 pb-2 lg:grid-cols-2">
      <p className="lg:col-span-2">{SIMULATION.what}</p>
      <div className="flex flex-col gap-6">
        <Assumed assumptions={state.assumptions} onChange={simulator.assume} />
        <Faults state={state} onInject={simulator.inject} />
        <p>
          <span>{`${SIMULATION.seed(simulator.seed)} `}</span>
          <a
            href={`?sim=${Math.floor(Math.random() * 10_000)}`}
            className="text-foreground underline underline-offset-4"
          >
            {SIMULATION.another}
          </a>
        </p>
      </div>
      <Rules state={state} />
    </div>
  )
}

function Faults({ state, onInject }: { state: PanelState; onInject: (fault: Fault) => void }) {
  return (
    <section aria-labelledby="faults">
      <h2 id="faults" className="eyebrow text-foreground">
        {SIMULATION.faults}
      </h2>
      <ul className="flex flex-col gap-2 pt-2">
        {(Object.keys(FAULTS) as Fault[]).map((fault) => {
          const waits = state.pendingFaults.find((pending) => pending === fault)
          return (
            <li key={fault} className="grid items-center gap-x-4 gap-y-1 sm:grid-cols-[15rem_1fr]">
              <Button
                variant="outline"
                size="small"
                className="text-foreground"
                onClick={() => onInject(fault)}
              >
                {FAULTS[fault].label}
              </Button>
              <span>{waits ? PLANNED[waits] : FAULTS[fault].means}</span>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

function Rules({ state: { checks, violations, runs, jobs } }: { state: PanelState }) {
  return (
    <section aria-labelledby="rules">
      <h2 id="rules" className="eyebrow text-foreground">
        {SIMULATION.rules}
      </h2>
      <ul className="pt-2">
        {(Object.keys(RULES) as Rule[]).map((rule) => {
          const violation = violations.find((found) => found.rule === rule)
          return (
            <li key={rule} className="grid grid-cols-[4rem_1fr_auto] gap-x-3 border-b py-1.5">
              <span className={violation ? 'font-semibold text-kill' : 'text-foreground'}>
                {violation ? `✕ ${SIMULATION.violated}` : `✓ ${SIMULATION.held}`}
              </span>
              <span>
                <span>{RULES[rule]}</span>
                {violation && <span className="block font-mono text-xs text-kill">{violation.detail}</span>}
              </span>
              <span className="text-right tabular-nums">{SIMULATION.checks(checks[rule])}</span>
            </li>
          )
        })}
      </ul>
      <p className="pt-3 tabular-nums">{SIMULATION.runs(runs, jobs)}</p>
    </section>
  )
}
