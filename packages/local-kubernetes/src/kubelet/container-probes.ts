// The three probes of a container together: liveness and readiness wait for startup, and each tells what it means.

import type { Container, ProbeSpec } from '../types.ts'
import { podEndpoint } from './pod-addresses.ts'
import { checkProbe, type PortLookup } from './probe-check.ts'
import { type ProbeLoop, startProbeLoop } from './probe-loop.ts'

export type ProbeListener = {
  /** The startup probe has passed; there is none otherwise to wait for. */
  started(): void
  ready(isReady: boolean): void
  /** A startup or liveness probe has failed for good: the container has to end. */
  doomed(probe: 'startup' | 'liveness', spec: ProbeSpec): void
  /** One single failure, in the words of a kubelet. */
  failed(message: string): void
}

function portsOf(container: Container, podIp: string): PortLookup {
  return (wanted) => {
    const named = container.ports?.find(({ name }) => name === wanted)?.containerPort
    const port = typeof wanted === 'number' ? wanted : named
    const endpoint = port === undefined ? undefined : podEndpoint(podIp, port)
    if (port === undefined || !endpoint) throw new Error(`couldn't find port: ${wanted}`)
    return { port, endpoint }
  }
}

/** Probes the container that has just started at `podIp`; returns the undo. */
export function startContainerProbes(container: Container, podIp: string, tell: ProbeListener): () => void {
  const { startupProbe, readinessProbe, livenessProbe } = container
  const lookup = portsOf(container, podIp)
  const loops: ProbeLoop[] = []

  function loop(spec: ProbeSpec, name: string, onResult: (passes: boolean) => void): ProbeLoop {
    const check = () => checkProbe(spec, podIp, lookup)
    const started = startProbeLoop(spec, check, onResult, (why) =>
      tell.failed(`${name} probe failed: ${why}`),
    )
    loops.push(started)
    return started
  }

  function live(): void {
    if (readinessProbe) loop(readinessProbe, 'Readiness', tell.ready)
    if (livenessProbe)
      loop(livenessProbe, 'Liveness', (passes) => {
        if (!passes) tell.doomed('liveness', livenessProbe)
      })
  }

  if (startupProbe) {
    const startup = loop(startupProbe, 'Startup', (passes) => {
      startup.stop()
      if (!passes) {
        tell.doomed('startup', startupProbe)
        return
      }
      tell.started()
      live()
    })
  } else live()
  return () => {
    for (const one of loops) one.stop()
  }
}
