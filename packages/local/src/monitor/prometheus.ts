/** Starts a real Prometheus with a generated configuration. */
import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, closeSync, constants, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { prometheusConfig, type ScrapedSystem } from '@warm-pods/monitoring/prometheus-config.ts'
import { ruleFile } from '@warm-pods/monitoring/prometheus-rules.ts'
import { dump } from 'js-yaml'
import { lastLine } from '../supervisor/last-line.ts'
import { UserError } from '../user-error.ts'
import { keepPodFile } from './pod-file.ts'

const READY_MS = 30_000
/** The answer of a failed start, such as a busy port, comes within this time. */
const POLL_MS = 50
const GRACE_MS = 5_000

/** How to get a Prometheus, for a machine without one. */
export const HOW_TO_INSTALL = `There is no prometheus on the PATH. Install it, then run this again:

  Debian, Ubuntu   apt-get install prometheus
  macOS            brew install prometheus
  elsewhere        https://prometheus.io/download/; PROMETHEUS=<file> names a program that is not on the PATH`

export interface PrometheusOptions {
  /** Configuration, data and log, absolute. */
  readonly folder: string
  readonly port: number
  readonly system: Omit<ScrapedSystem, 'rules'>
}

export interface Prometheus extends AsyncDisposable {
  readonly url: string
  /** How it finds the pods. */
  readonly discovery: 'kubernetes' | 'file'
  /** Resolves with the last line of its log when the process has ended. */
  readonly ended: Promise<string>
}

/** Returns the program that PROMETHEUS names, or the first on the PATH; undefined when there is none. */
export function findPrometheus(environment: Record<string, string | undefined>): string | undefined {
  const { PATH = '', PROMETHEUS } = environment
  const places = PROMETHEUS ? [PROMETHEUS] : PATH.split(delimiter).map((folder) => join(folder, 'prometheus'))
  return places.find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The error of a Prometheus that was built without discovery by Kubernetes, as Debian builds it. */
const NO_DISCOVERY = 'kubernetes_sd_configs not found'

/**
 * Starts Prometheus on loopback and waits until it answers queries. Disposing stops it. It finds the pods by a watch of Kubernetes.
 * A Prometheus without that discovery gets a file with the pods, which this process keeps current.
 * @throws UserError with the end of its log when it does not become ready within 30 s.
 */
export async function startPrometheus(program: string, options: PrometheusOptions): Promise<Prometheus> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 })
  // Elsewhere the address that Kubernetes has for a pod of this machine is only a name.
  if (process.platform === 'linux') {
    const watching = await tryStart(program, options)
    if (watching.isReady) return { ...watching, discovery: 'kubernetes' }
    if (!readFileSync(watching.log, 'utf8').includes(NO_DISCOVERY)) throw await startFailed(watching)
  }
  const podFile = join(options.folder, 'pods.json')
  const stopWriting = await keepPodFile(podFile, options.system)
  const reading = await tryStart(program, options, podFile)
  if (!reading.isReady) {
    stopWriting()
    throw await startFailed(reading)
  }
  return {
    ...reading,
    discovery: 'file',
    async [Symbol.asyncDispose]() {
      stopWriting()
      await reading[Symbol.asyncDispose]()
    },
  }
}

async function startFailed({ ended, log }: { ended: Promise<string>; log: string }): Promise<UserError> {
  return new UserError(`Prometheus did not start: ${await ended}. Full log: ${log}`)
}

async function tryStart(program: string, { folder, port, system }: PrometheusOptions, podFile?: string) {
  const rules = join(folder, 'rules.yml')
  const config = join(folder, 'prometheus.yml')
  const log = join(folder, 'prometheus.log')
  writeFileSync(rules, dump(ruleFile()))
  const scraped = { ...system, rules: [rules], ...(podFile === undefined ? {} : { podFile }) }
  writeFileSync(config, dump(prometheusConfig(scraped)))
  const output = openSync(log, 'w')
  const child = spawn(
    program,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--storage.tsdb.retention.time=7d',
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', output, output] },
  )
  closeSync(output)
  const ended = endOf(child, log)
  const url = `http://127.0.0.1:${port}`
  const isUp = await isReady(url, ended)
  if (!isUp) child.kill('SIGKILL')
  return {
    url,
    log,
    ended,
    isReady: isUp,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

function endOf(child: ChildProcess, log: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  child.once('error', (error) => resolve(error.message))
  child.once('exit', (code, signal) => resolve(lastLine(log) ?? `exit code ${code ?? signal}`))
  return promise
}

/** Another Prometheus on the port would answer too, so the end of the process counts first. */
async function isReady(url: string, ended: Promise<string>): Promise<boolean> {
  let hasEnded = false
  void ended.then(() => {
    hasEnded = true
  })
  const deadline = performance.now() + READY_MS
  while (!hasEnded && performance.now() < deadline) {
    await sleep(POLL_MS)
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.status === 200 && !hasEnded) return true
  }
  return false
}
