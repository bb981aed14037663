import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface Authenticator extends AsyncDisposable {
  /** `host:port`, where it listens. */
  readonly address: string
  /** Sends a token for review like an API server. @returns the status of the TokenReview. */
  review(token: string): Promise<unknown>
}

/** Returns whether Go is installed. */
export function hasGo(): boolean {
  return spawnSync('go', ['version']).status === 0
}

/** Builds and starts main.go. @param tls certificate and key for HTTPS; without them it serves HTTP. */
export async function startAuthenticator(
  cluster: string,
  tls?: { readonly cert: string; readonly key: string },
): Promise<Authenticator> {
  const folder = await mkdtemp(join(tmpdir(), 'eks-authenticator-'))
  const program = join(folder, 'authenticator')
  await promisify(execFile)('go', ['build', '-o', program, '.'], { cwd: import.meta.dirname })
  const args = ['-cluster', cluster, ...(tls ? ['-cert', tls.cert, '-key', tls.key] : [])]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [first]: [Buffer] = (await once(child.stdout, 'data')) as [Buffer]
  const address = first.toString().trim()
  return {
    address,
    async review(token) {
      const body = JSON.stringify({ spec: { token } })
      const response = await fetch(`${tls ? 'https' : 'http'}://${address}`, { method: 'POST', body })
      const { status } = (await response.json()) as { status: unknown }
      return status
    },
    async [Symbol.asyncDispose]() {
      child.kill()
      await once(child, 'exit')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
