import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { EKSClient } from '@aws-sdk/client-eks'
import { eksToken } from '../../packages/functions/src/aws/eks-token.ts'
import { signingOf } from '../../packages/functions/src/aws/sigv4.ts'
import { type ApiServer, kubeconfig } from './kubeconfig.ts'

export const ROOT = resolve(import.meta.dirname, '../..')
const KUBECONFIG = join(ROOT, '.sst/kubeconfig')
const COMMAND = 'kubectl'

export interface Output {
  /** Exit code; null if kubectl did not start or was ended by a signal. */
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs kubectl with these arguments. */
export type Kubectl = (...args: string[]) => Promise<Output>

/**
 * Returns a kubectl for a cluster, with the caller's AWS identity.
 * EKS accepts a token for 15 minutes, so each command gets a new one.
 * @param show prints the output instead of returning it.
 */
export function kubectlFor(eks: EKSClient, cluster: string, server: ApiServer, show: boolean): Kubectl {
  return async (...args) => {
    const token = await eksToken(cluster, signingOf(eks.config))()
    mkdirSync(dirname(KUBECONFIG), { recursive: true })
    rmSync(KUBECONFIG, { force: true })
    writeFileSync(KUBECONFIG, kubeconfig(cluster, server, token), { mode: 0o600 })
    return run(['--kubeconfig', KUBECONFIG, ...args], show)
  }
}

function run(args: readonly string[], show: boolean): Promise<Output> {
  return new Promise((done) => {
    const child = spawn(COMMAND, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text
        if (show) process[name].write(text)
      })
    }
    child.once('error', ({ message }) => {
      const stderr = `kubectl did not start: ${message}. docs/operations.md lists the tools for a deploy.`
      if (show) console.error(stderr)
      done({ status: null, stdout: '', stderr })
    })
    child.once('close', (status) => done({ status, ...output }))
  })
}
