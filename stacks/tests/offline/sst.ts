/**
 * Runs the real SST CLI with its own checks, esbuild, Lambda bundling and RPC server.
 * Two parts are fakes: the Pulumi engine (fake-pulumi.ts) and the AWS APIs that the CLI calls itself (fake-aws.ts).
 * It needs no credentials and no network, and it writes nothing to the home directory.
 */
import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { VARIABLES } from '../../settings/settings.ts'
import { type Credentials, fakeAws, type Registry } from './fake-aws.ts'
import { type Graph, parseGraph } from './graph-file.ts'

export const ROOT = resolve(import.meta.dirname, '../../..')

/** Ends a run that hangs. An evaluation takes seconds, installing the platform a minute or two. */
const LIMIT_MS = 600_000

export interface Run {
  readonly code: number
  /** Standard output and standard error of SST. */
  readonly output: string
  /** The registered resources; undefined when SST ended before the evaluation. */
  readonly graph: Graph | undefined
  /** One line for each AWS call of the CLI. */
  readonly aws: readonly string[]
}

export interface Options {
  /** WARM_PODS_* and other variables to set. */
  readonly env?: Readonly<Record<string, string>>
  readonly credentials?: Credentials
  readonly registry?: Registry
  /** Also prints the output while SST runs. */
  readonly show?: boolean
}

/** Runs `sst` with these arguments. Runs share `.sst`, so only one may be active. */
export async function sst(
  args: readonly string[],
  { env = {}, credentials = 'valid', registry = 'complete', show = false }: Options = {},
): Promise<Run> {
  const home = await mkdtemp(join(tmpdir(), 'sst-offline-'))
  await using aws = await fakeAws(credentials, registry)
  try {
    const out = join(home, 'graph.json')
    await installFakePulumi(home)
    const command = join(ROOT, 'node_modules/.bin/sst')
    const { code, output } = await run(command, args, environment(home, aws.url, out, env), show)
    const text = await readFile(out, 'utf8').catch(() => undefined)
    return { code, output, graph: text === undefined ? undefined : parseGraph(text), aws: aws.log }
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

/** SST looks for sst/bin/pulumi in Go's os.UserConfigDir(), and downloads Pulumi if the file is missing. */
async function installFakePulumi(home: string): Promise<void> {
  const file = join(configHome(home), 'sst/bin/pulumi')
  await mkdir(dirname(file), { recursive: true })
  const script = join(import.meta.dirname, 'fake-pulumi.ts')
  await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`)
  await chmod(file, 0o755)
}

function configHome(home: string): string {
  return process.platform === 'darwin' ? join(home, 'Library/Application Support') : home
}

function environment(
  home: string,
  awsUrl: string,
  out: string,
  own: Readonly<Record<string, string>>,
): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS|WARM_PODS|SST|PULUMI)_/.test(name))
  // SST's .env files do not override variables that are set. Empty ones keep a developer's settings out of the tests.
  const unset = Object.keys(VARIABLES).map((name) => [name, ''])
  return {
    ...Object.fromEntries(inherited),
    ...Object.fromEntries(unset),
    // SST evaluates the program with the first `node` in PATH.
    PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    ...(process.platform === 'darwin' ? { HOME: home } : { XDG_CONFIG_HOME: home }),
    SST_TELEMETRY_DISABLED: '1',
    SST_NO_BUN: '1',
    AWS_ENDPOINT_URL: awsUrl,
    AWS_ACCESS_KEY_ID: 'AKIAOFFLINE',
    AWS_SECRET_ACCESS_KEY: 'offline',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    GRAPH_OUT: out,
    ...own,
  }
}

/** Runs a command in the repository, for at most {@link LIMIT_MS}. Rejects when it cannot be started. @param show prints the output too. */
function run(
  command: string,
  args: readonly string[],
  env: Record<string, string | undefined>,
  show: boolean,
): Promise<{ code: number; output: string }> {
  return new Promise((done, failed) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (show) process.stdout.write(text)
      })
    }
    child.once('error', failed)
    child.once('close', (code, signal) => {
      const ended = signal
        ? `\nEnded by ${signal} after ${LIMIT_MS / 60_000} minutes. Check that no other run uses .sst.`
        : ''
      done({ code: code ?? 1, output: output + ended })
    })
  })
}
