/** `kubectl proxy`: an API server on loopback without authentication, for programs that read a user's cluster. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { UserError } from '../user-error.ts'

export interface KubectlProxy extends Disposable {
  readonly url: string
  readonly child: ChildProcess
}

/**
 * Starts the proxy on a free port.
 * @param kubectl the program, absolute.
 * @throws UserError when it ends before it listens.
 */
export async function startKubectlProxy(
  kubectl: string,
  context: string,
  env: NodeJS.ProcessEnv,
): Promise<KubectlProxy> {
  const child = spawn(kubectl, ['--context', context, 'proxy', '--port=0'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // Later it reports each request that ended early, such as a scrape of a pod that died.
  let errors = ''
  child.stderr.on('data', (text) => {
    errors = `${errors}${text}`.slice(-1_000)
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /127\.0\.0\.1:\d+/.exec(line)?.[0]
    if (address) return { url: `http://${address}`, child, [Symbol.dispose]: () => void child.kill() }
  }
  throw new UserError(
    `"kubectl --context ${context} proxy" ended before it listened on a port: ${errors.trim()}`,
  )
}
