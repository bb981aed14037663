/** Runs the image under test in Docker, with the restrictions of a kubelet. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { createGzip } from 'node:zlib'
import { newPodKey } from '@warm-pods/core/identity/token.ts'
import type { Limits } from '@warm-pods/core/limits.ts'
import { podEnvironment } from '../_util.ts'

const run = promisify(execFile)
export const IMAGE = process.env.POD_IMAGE ?? 'warm-pods/pod:dev'
const PATIENCE_MS = 60_000

/** Runs docker and returns its standard output. It throws when docker fails. */
export async function docker(...args: string[]): Promise<string> {
  return (await run('docker', args, { maxBuffer: 2 ** 26 })).stdout
}

/** Bytes of the gzipped output of `docker save`, which is close to the size in a registry. */
export async function compressedBytes(image: string): Promise<number> {
  const save = spawn('docker', ['save', image], { stdio: ['ignore', 'pipe', 'inherit'] })
  let bytes = 0
  for await (const chunk of save.stdout.pipe(createGzip())) bytes += chunk.length
  return bytes
}

/** Every path in the image's file system. */
export async function filesOf(image: string): Promise<string[]> {
  const id = (await docker('create', image)).trim()
  try {
    const tar = spawn('tar', ['t'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const out = spawn('docker', ['export', id], { stdio: ['ignore', 'pipe', 'inherit'] })
    out.stdout.pipe(tar.stdin)
    let text = ''
    for await (const chunk of tar.stdout) text += chunk
    return text.split('\n')
  } finally {
    await docker('rm', id)
  }
}

export interface Container extends AsyncDisposable {
  readonly id: string
  readonly key: string
  /** WebSocket URL of the container on this machine. */
  readonly url: string
  /** Every line of its standard output. */
  log(): Promise<string>
  /** Waits for the process to exit and returns its exit code. */
  exitCode(): Promise<number>
  /** Resident memory of its process, in MiB. */
  residentMiB(): Promise<number>
}

/** Starts a pod in a container with the restrictions of its Job, and waits until it listens. */
export async function startContainer(limits: Partial<Limits> = {}): Promise<Container> {
  const key = newPodKey()
  const env = podEnvironment({
    POD_KEY: key,
    POD_IP: '0.0.0.0',
    POD_PORT: '8080',
    LIMITS: JSON.stringify(limits),
  })
  const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  const restricted = [
    '--read-only',
    '--cap-drop',
    'ALL',
    '--security-opt',
    'no-new-privileges',
    '--memory',
    '128m',
  ]
  const id = (await docker('run', '-d', ...restricted, '-p', '127.0.0.1::8080', ...variables, IMAGE)).trim()
  const log = (): Promise<string> => docker('logs', id)
  const container: Container = {
    id,
    key,
    url: `ws://${(await docker('port', id, '8080')).trim()}/`,
    log,
    exitCode: async () => Number(await docker('wait', id)),
    async residentMiB() {
      const [, line = ''] = (await docker('top', id, '-eo', 'pid,rss')).trim().split('\n')
      return Number(line.trim().split(/\s+/)[1]) / 1_024
    },
    async [Symbol.asyncDispose]() {
      await docker('rm', '-f', id)
    },
  }
  const endMs = performance.now() + PATIENCE_MS
  while (!(await log()).includes('"listening"')) {
    if (performance.now() > endMs) throw new Error(`The container does not listen: ${await log()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return container
}

/** @throws Error when Docker or the image is missing. */
export async function requireImage(): Promise<void> {
  const probe = spawn('docker', ['image', 'inspect', IMAGE], { stdio: 'ignore' })
  const code = await once(probe, 'exit').then(
    ([exit]) => exit,
    () => 'no docker',
  )
  if (code !== 0)
    throw new Error(`Expected Docker to have the image ${IMAGE} (POD_IMAGE names another): build it first.`)
}
