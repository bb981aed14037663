import { execFileSync } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { Kubectl } from './kubectl.ts'
import { networkProblems } from './network-check.ts'

const API_SERVER = '172.20.0.1'
const PODS: Record<string, string> = { 'warm-0': '10.0.1.1', 'warm-1': '10.0.1.2' }
const GATEWAYS: Record<string, string> = { 'gateway-a': '10.0.2.1', 'gateway-b': '10.0.2.2' }

/** A cluster: answers kubectl, and runs a command of `exec` as `connects` decides. */
function cluster(connects: (from: string, host: string) => string, pods = PODS): Kubectl {
  const list = (all: Record<string, string>) => ({
    items: Object.entries(all).map(([name, podIP]) => ({ metadata: { name }, status: { podIP } })),
  })
  return async (...args) => {
    const line = args.join(' ')
    const answer = (stdout: string) => ({ status: 0, stdout, stderr: '' })
    if (line.includes('get service')) return answer(JSON.stringify({ spec: { clusterIP: API_SERVER } }))
    if (line.includes('get pods')) {
      return answer(JSON.stringify(list(line.includes('warm-pods-gateway') ? GATEWAYS : pods)))
    }
    const from = args[args.indexOf('exec') + 1] ?? ''
    const host = /\/dev\/tcp\/([\d.]+)/.exec(line)?.[1] ?? args.at(-2) ?? ''
    return answer(`${connects(from, host)}\n`)
  }
}

/** What enforced policies allow: the gateway to pods, and a pod to itself. */
const enforced = (from: string, host: string): string =>
  host === '127.0.0.1' || (from in GATEWAYS && Object.values(PODS).includes(host)) ? 'reached' : 'blocked'

describe(networkProblems, () => {
  it('finds none if a pod connects to nothing and a gateway only to pods', async () => {
    expect(await networkProblems(cluster(enforced), 1, 0)).toEqual([])
  })

  it('names every connection of a cluster that enforces no policy', async () => {
    const problems = await networkProblems(
      cluster(() => 'reached'),
      1,
      0,
    )
    expect(problems).toEqual(
      [
        ...['a pod to the API server', 'a pod to the internet', 'a pod to a gateway', 'a pod to another pod'],
        ...['the gateway to the API server', 'the gateway to the internet', 'the gateway to another gateway'],
      ].map((what) => `Connection from ${what}: reached, expected blocked.`),
    )
  })

  it('names a gateway that cannot reach pods', async () => {
    const problems = await networkProblems(
      cluster((_, host) => (host === '127.0.0.1' ? 'reached' : 'blocked')),
      1,
      0,
    )
    expect(problems).toEqual(['Connection from the gateway to a pod: blocked, expected reached.'])
  })

  it('does not take an attempt that could not run for a blocked connection', async () => {
    const problems = await networkProblems(
      cluster(() => 'exec: "bash": executable file not found'),
      1,
      0,
    )
    expect(problems.length).toBeGreaterThan(7)
    expect(problems.every((problem) => problem.includes('untested'))).toBe(true)
  })

  it('waits until the cluster has applied the policies to a new pod', async () => {
    let attempts = 0
    const late = cluster((from, host) => (attempts++ < 9 ? 'reached' : enforced(from, host)))
    expect(await networkProblems(late, 1, 10_000)).toEqual([])
  })

  it('throws if no pod runs, since it then proves nothing', async () => {
    await expect(networkProblems(cluster(enforced, {}), 1, 0)).rejects.toThrow('no running warm pod')
  })
})

/** Runs the commands that the check executes in pods, on this machine. */
describe('the connection attempts', () => {
  it.each(['warm-0', 'gateway-a'])(
    'of %s report an accepted and a refused connection as reached',
    async (from) => {
      const server = createServer().listen(0, '127.0.0.1')
      await new Promise((listening) => server.once('listening', listening))
      const { port } = server.address() as AddressInfo
      const command = await commandOf(from)
      for (const target of [port, 1]) expect(run(command, '127.0.0.1', target)).toBe('reached')
      server.close()
    },
  )

  it.each(['warm-0', 'gateway-a'])(
    'of %s report a connection that no target accepts or refuses as blocked',
    async (from) => {
      // No TCP connection can have this address, so no target refuses it.
      expect(run(await commandOf(from), '255.255.255.255', 80)).toBe('blocked')
    },
  )

  /** Returns the last command that the check executes in this pod. */
  async function commandOf(from: string): Promise<string[]> {
    let command: string[] = []
    const kubectl = cluster(enforced)
    const spy: Kubectl = (...args) => {
      if (args.includes('exec') && args.includes(from)) command = args.slice(args.indexOf('--') + 1)
      return kubectl(...args)
    }
    await networkProblems(spy, 1, 0)
    return command
  }

  function run([program = '', ...args]: string[], host: string, port: number): string {
    const [file, options] = program.endsWith('node')
      ? [process.execPath, [...args.slice(0, -2), host, String(port)]]
      : [program, args.map((part) => part.replace(/\/dev\/tcp\/[\d.]+\/\d+/, `/dev/tcp/${host}/${port}`))]
    return execFileSync(file, options, { encoding: 'utf8' }).trim()
  }
})
