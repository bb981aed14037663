/** The three probes of a container. The liveness and readiness probes start after the startup probe has passed. */

import type { Container, ProbeSpec } from '../types.ts'
import { podEndpoint } from './pod-addresses.ts'
import { checkProbe, type PortLookup } from './probe-check.ts'
import { type ProbeLoop, startProbeLoop } from './probe-loop.ts'

export interface ProbeListener {
  /** Called when the startup probe has passed, or at once without one. */
  started(): void
  ready(isReady: boolean): void
  /** Called when a startup or liveness probe has reached its failure threshold: the container has to be stopped. */
  mustStop(probe: 'startup' | 'liveness', spec: ProbeSpec): void
  /** Called for each single failure, with the message of a kubelet. */
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

/** Starts the probes of a container that has just started at `podIp`. Returns a function that stops them. */
export function startContainerProbes(
  container: Container,
  podIp: string,
  listener: ProbeListener,
): () => void {
  const { startupProbe, readinessProbe, livenessProbe } = container
  const lookup = portsOf(container, podIp)
  const loops: ProbeLoop[] = []

  function loop(spec: ProbeSpec, name: string, onResult: (passes: boolean) => void): ProbeLoop {
    const check = () => checkProbe(spec, podIp, lookup)
    const started = startProbeLoop(spec, check, onResult, (why) =>
      listener.failed(`${name} probe failed: ${why}`),
    )
    loops.push(started)
    return started
  }

  function live(): void {
    if (readinessProbe) loop(readinessProbe, 'Readiness', listener.ready)
    if (livenessProbe)
      loop(livenessProbe, 'Liveness', (passes) => {
        if (!passes) listener.mustStop('liveness', livenessProbe)
      })
  }

  if (startupProbe) {
    const startup = loop(startupProbe, 'Startup', (passes) => {
      startup.stop()
      if (!passes) {
        listener.mustStop('startup', startupProbe)
        return
      }
      listener.started()
      live()
    })
  } else live()
  return () => {
    for (const one of loops) one.stop()
  }
}
