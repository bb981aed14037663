/** One check of a probe: an HTTP GET or a TCP connection. Failure messages are those of a kubelet. */

import { connect } from 'node:net'
import { timerDelay } from '../timer-delay.ts'
import type { ProbeSpec } from '../types.ts'
import type { Endpoint } from './pod-addresses.ts'

// An import of node:http would read all its exports. Some of those load undici, which takes 13 MB of memory.
const { request } = process.getBuiltinModule('node:http')

export type ProbeOutcome = { ok: true } | { ok: false; message: string }
/** Resolves a port of the pod, given by number or by name. It throws when there is no such port. */
export type PortLookup = (port: number | string) => { port: number; endpoint: Endpoint }

function refusal(error: NodeJS.ErrnoException, address: string): string {
  if (error.code === 'ECONNREFUSED') return `dial tcp ${address}: connect: connection refused`
  if (error.code === 'ECONNRESET') return 'EOF'
  return error.message
}

function httpProbe(spec: ProbeSpec, podIp: string, lookup: PortLookup): Promise<ProbeOutcome> {
  const { path = '/', port: wanted = 80, httpHeaders = [] } = spec.httpGet ?? {}
  const { port, endpoint } = lookup(wanted)
  const url = `http://${podIp}:${port}${path.startsWith('/') ? path : `/${path}`}`
  const failed = (why: string): ProbeOutcome => ({ ok: false, message: `Get ${JSON.stringify(url)}: ${why}` })
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => {
        resolve(failed('context deadline exceeded (Client.Timeout exceeded while awaiting headers)'))
        get.destroy()
      },
      timerDelay(spec.timeoutSeconds * 1000),
    )
    const headers = {
      'user-agent': 'kube-probe/1.36',
      accept: '*/*',
      connection: 'close',
      host: `${podIp}:${port}`,
    }
    const own = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]))
    const get = request(
      {
        ...endpoint,
        path: new URL(url).pathname + new URL(url).search,
        headers: { ...headers, ...own },
        agent: false,
      },
      (response) => {
        const { statusCode = 0 } = response
        clearTimeout(timer)
        response.resume()
        resolve(
          statusCode >= 200 && statusCode < 400
            ? { ok: true }
            : { ok: false, message: `HTTP probe failed with statuscode: ${statusCode}` },
        )
      },
    )
    get.on('error', (error) => {
      clearTimeout(timer)
      resolve(failed(refusal(error, `${podIp}:${port}`)))
    })
    get.end()
  })
}

function tcpProbe(spec: ProbeSpec, podIp: string, lookup: PortLookup): Promise<ProbeOutcome> {
  const { port, endpoint } = lookup(spec.tcpSocket?.port ?? 0)
  return new Promise((resolve) => {
    const socket = connect({ ...endpoint, timeout: timerDelay(spec.timeoutSeconds * 1000) })
    const done = (outcome: ProbeOutcome): void => {
      socket.destroy()
      resolve(outcome)
    }
    socket.once('connect', () => done({ ok: true }))
    socket.once('timeout', () => done({ ok: false, message: `dial tcp ${podIp}:${port}: i/o timeout` }))
    socket.once('error', (error) => done({ ok: false, message: refusal(error, `${podIp}:${port}`) }))
  })
}

/** Probes once. It never throws and never takes longer than the probe's timeout. */
export async function checkProbe(spec: ProbeSpec, podIp: string, lookup: PortLookup): Promise<ProbeOutcome> {
  try {
    if (spec.httpGet) return await httpProbe(spec, podIp, lookup)
    if (spec.tcpSocket) return await tcpProbe(spec, podIp, lookup)
    return {
      ok: false,
      message: 'only httpGet and tcpSocket probes run here: a process has no container to exec in',
    }
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) }
  }
}
