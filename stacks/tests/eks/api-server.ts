/**
 * Starts a real API server with etcd. Its authentication webhook is aws-iam-authenticator's verifier, as in EKS.
 * KUBEBUILDER_ASSETS names the folder that setup-envtest installs, with etcd, kube-apiserver and kubectl.
 * https://book.kubebuilder.io/reference/envtest
 */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { startAuthenticator } from './authenticator.ts'

const ASSETS = process.env['KUBEBUILDER_ASSETS'] ?? ''
const READY_MS = 120_000

export interface ApiServer extends AsyncDisposable {
  readonly endpoint: string
  /** Certificate authority: PEM, base64-encoded. */
  readonly ca: string
  /** Runs kubectl as administrator and returns its standard output. Rejects if kubectl fails. */
  kubectl(...args: string[]): Promise<string>
}

/** Returns whether KUBEBUILDER_ASSETS has an API server. */
export function hasApiServer(): boolean {
  return existsSync(join(ASSETS, 'kube-apiserver'))
}

/** Starts etcd, the verifier and the API server. @param cluster the cluster name that tokens must be made for. */
export async function startApiServer(cluster: string): Promise<ApiServer> {
  await using undo = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'api-server-'))
  undo.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  const [etcdPort, peerPort, port] = await Promise.all([freePort(), freePort(), freePort()])
  const files = await writeFiles(folder)
  const authenticator = undo.use(await startAuthenticator(cluster, { cert: files.cert, key: files.key }))
  const webhook = join(folder, 'webhook.kubeconfig')
  await writeFile(webhook, kubeconfig(`https://${authenticator.address}`, files.cert))

  const etcd = `http://127.0.0.1:${etcdPort}`
  undo.use(
    program('etcd', [
      ...['--data-dir', join(folder, 'etcd'), '--unsafe-no-fsync'],
      ...['--listen-client-urls', etcd, '--advertise-client-urls', etcd],
      ...['--listen-peer-urls', `http://127.0.0.1:${peerPort}`],
    ]),
  )
  undo.use(
    program('kube-apiserver', [
      ...['--etcd-servers', etcd, '--bind-address', '127.0.0.1', '--advertise-address', '127.0.0.1'],
      ...['--secure-port', String(port), '--tls-cert-file', files.cert, '--tls-private-key-file', files.key],
      ...[
        '--authentication-token-webhook-config-file',
        webhook,
        '--authentication-token-webhook-version',
        'v1',
      ],
      ...['--token-auth-file', files.tokens],
      ...['--authorization-mode', 'RBAC', '--service-cluster-ip-range', '10.96.0.0/24'],
      ...['--service-account-key-file', files.key, '--service-account-signing-key-file', files.key],
      ...['--service-account-issuer', 'https://kubernetes.default.svc', '--endpoint-reconciler-type', 'none'],
      ...['--cert-dir', folder],
    ]),
  )
  const admin = join(folder, 'admin.kubeconfig')
  await writeFile(admin, kubeconfig(`https://127.0.0.1:${port}`, files.cert))
  const kubectl = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(join(ASSETS, 'kubectl'), ['--kubeconfig', admin, ...args])
    return stdout
  }
  await untilReady(kubectl)
  const owned = undo.move()
  return {
    endpoint: `https://127.0.0.1:${port}`,
    ca: readFileSync(files.cert).toString('base64'),
    kubectl,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function untilReady(kubectl: (...args: string[]) => Promise<string>): Promise<void> {
  const deadlineMs = performance.now() + READY_MS
  for (;;) {
    try {
      await kubectl('get', '--raw', '/readyz')
      return
    } catch (error) {
      if (performance.now() > deadlineMs)
        throw new Error(`The API server was not ready after ${READY_MS / 1000} s.`, { cause: error })
      await sleep(250)
    }
  }
}

async function writeFiles(folder: string): Promise<{ cert: string; key: string; tokens: string }> {
  const [cert, key, tokens] = [join(folder, 'tls.crt'), join(folder, 'tls.key'), join(folder, 'tokens.csv')]
  const subject = [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=127.0.0.1'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
  ]
  execFileSync('openssl', subject, { stdio: 'ignore' })
  await writeFile(tokens, 'admin,admin,admin,system:masters\n')
  return { cert, key, tokens }
}

function kubeconfig(server: string, ca: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'it', cluster: { server, 'certificate-authority': ca } }],
    users: [{ name: 'admin', user: { token: 'admin' } }],
    contexts: [{ name: 'it', context: { cluster: 'it', user: 'admin' } }],
    'current-context': 'it',
  })
}

function program(name: string, args: readonly string[]): AsyncDisposable {
  const child = spawn(join(ASSETS, name), args, { stdio: 'ignore' })
  return {
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer()
    server.once('error', failed).listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => found(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
