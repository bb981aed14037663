import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { findPython, PrerequisiteError } from './prerequisites.ts'

const FOLDER = join(import.meta.dirname, 'emulator')
const REQUIREMENTS = join(FOLDER, 'requirements.txt')
/** moto imports its services one by one, which takes seconds on a busy machine. */
const START_LIMIT_MS = 120_000

/** An emulated AWS account. */
export interface Account extends AsyncDisposable {
  readonly url: string
  /** Log of the calls that were checked against AWS' API models; undefined if nothing checks them. */
  readonly callLog: string | undefined
}

/** Returns the account at AWS_ENDPOINT_URL, or starts moto when the variable is not set. */
export async function openAccount(logs: string): Promise<Account> {
  const given = process.env['AWS_ENDPOINT_URL']
  if (!given) return startMoto(logs)
  if (!URL.canParse(given) || !['127.0.0.1', 'localhost', '[::1]'].includes(new URL(given).hostname)) {
    throw new PrerequisiteError(
      `AWS_ENDPOINT_URL is "${given}". This test deletes resources, so it accepts only an emulator on this machine, such as http://127.0.0.1:5000. Unset it, and the test starts its own.`,
    )
  }
  const callLog = process.env['AWS_KIT_CALLS']
  console.log(`Using the emulated account at ${given}.`)
  return { url: given, callLog, async [Symbol.asyncDispose]() {} }
}

/**
 * Returns the Python of a virtual environment with the emulator's packages, in the user's cache folder.
 * It is created when requirements.txt has changed.
 * @throws PrerequisiteError if Python is missing or pip fails.
 */
function emulatorPython(): string {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'warm-pods')
  const version = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12)
  const venv = join(cache, `moto-${version}`)
  const python = join(venv, 'bin/python')
  const complete = join(venv, 'complete')
  if (existsSync(complete)) return python
  const command = findPython()
  console.log(`Installing moto into ${venv} (once, about a minute) …`)
  rmSync(venv, { recursive: true, force: true })
  mkdirSync(cache, { recursive: true })
  const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:']
  const commands: [string, string[]][] = [
    [command, ['-m', 'venv', venv]],
    [python, ['-m', 'pip', 'install', ...options, '--requirement', REQUIREMENTS]],
  ]
  for (const [program, args] of commands) {
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
    if (status !== 0)
      throw new PrerequisiteError(
        `moto could not be installed from PyPI. ${program} ${args.slice(0, 3).join(' ')} ended with ${status}:\n${lastErrors(stderr)}`,
      )
  }
  writeFileSync(complete, '')
  return python
}

/** pip prints a line for each retry before its errors. */
function lastErrors(text: string): string {
  return text.trim().split('\n').slice(-3).join('\n')
}

async function startMoto(logs: string): Promise<Account> {
  const python = emulatorPython()
  const port = await freePort()
  const callLog = join(logs, 'aws-calls.jsonl')
  const output = openSync(join(logs, 'moto.log'), 'w')
  writeFileSync(callLog, '')
  const server = spawn(python, [join(FOLDER, 'server.py'), String(port), callLog], {
    stdio: ['ignore', output, output],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  })
  closeSync(output)
  // Ctrl-C ends this process without disposal.
  const kill = (): unknown => server.kill()
  process.once('exit', kill)
  const url = `http://127.0.0.1:${port}`
  await untilAnswers(url, server, join(logs, 'moto.log'))
  console.log(`Started moto at ${url}.`)
  return {
    url,
    callLog,
    async [Symbol.asyncDispose]() {
      process.off('exit', kill)
      kill()
    },
  }
}

async function untilAnswers(url: string, server: ChildProcess, log: string): Promise<void> {
  const deadlineMs = performance.now() + START_LIMIT_MS
  while (performance.now() < deadlineMs && server.exitCode === null) {
    const isReady = await fetch(`${url}/moto-api/`, { signal: AbortSignal.timeout(5_000) }).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) return
    await new Promise((resume) => setTimeout(resume, 200))
  }
  server.kill()
  throw new PrerequisiteError(`moto did not start. Its last lines in ${log}:\n${lastLines(log)}`)
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').trim().split('\n').slice(-10).join('\n')
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer().once('error', failed)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => found(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** Returns one line for each resource in the account. @throws Error with Python's own text. */
export function inventory(url: string, region: string): string[] {
  const { status, stdout, stderr } = spawnSync(
    emulatorPython(),
    [join(FOLDER, 'inventory.py'), url, region],
    { encoding: 'utf8', env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', AWS_CONFIG_FILE: '/dev/null' } },
  )
  if (status !== 0) throw new Error(`inventory.py ended with ${status}:\n${lastErrors(stderr)}`)
  return stdout.trim().split('\n').filter(Boolean)
}
