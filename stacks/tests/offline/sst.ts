/**
 * Runs the real SST CLI, whole: its own checks, esbuild, bundling of Lambdas and RPC server. Only the two outside
 * parties are stand-ins: the Pulumi engine (fake-pulumi.ts) and the little of AWS that the CLI itself asks
 * (fake-aws.ts). No credentials, no network, nothing in the home directory.
 */
import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { VARIABLES } from '../../settings/settings.ts'
import { type AwsMood, fakeAws } from './fake-aws.ts'
import { type Graph, parseGraph } from './graph-file.ts'

export const ROOT = resolve(import.meta.dirname, '../../..')

/** For what hangs: an evaluation takes seconds, the platform's installation a minute or two. */
const LIMIT_MS = 600_000

export interface Run {
  readonly code: number
  /** What SST printed. */
  readonly output: string
  /** What the program registered; undefined when it did not come that far. */
  readonly graph: Graph | undefined
  /** What the CLI asked of AWS, one line for each call. */
  readonly aws: readonly string[]
}

export interface Options {
  /** WARM_PODS_* and what else differs from an empty environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly mood?: AwsMood
  /** Prints what SST prints while it prints it. */
  readonly show?: boolean
}

/** @param args of the `sst` command. One run at a time: they share `.sst`. */
export async function sst(
  args: readonly string[],
  { env = {}, mood = 'well', show = false }: Options = {},
): Promise<Run> {
  const home = await mkdtemp(join(tmpdir(), 'sst-offline-'))
  await using aws = await fakeAws(mood)
  try {
    const out = join(home, 'graph.json')
    await standInForPulumi(home)
    const command = join(ROOT, 'node_modules/.bin/sst')
    const { code, output } = await run(command, args, environment(home, aws.url, out, env), show)
    const text = await readFile(out, 'utf8').catch(() => undefined)
    return { code, output, graph: text === undefined ? undefined : parseGraph(text), aws: aws.log }
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

/** SST looks for sst/bin/pulumi in Go's os.UserConfigDir() and would download it if it were not there. */
async function standInForPulumi(home: string): Promise<void> {
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
  // SST reads .env files, but not over what is set: a developer's own settings must not change the tests.
  const unset = Object.keys(VARIABLES).map((name) => [name, ''])
  return {
    ...Object.fromEntries(inherited),
    ...Object.fromEntries(unset),
    // SST evaluates the program with the first `node` it finds.
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
        ? `\nEnded by ${signal} after ${LIMIT_MS / 60_000} minutes. Does another run use .sst?`
        : ''
      done({ code: code ?? 1, output: output + ended })
    })
  })
}
