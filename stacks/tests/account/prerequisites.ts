import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Thrown when this machine lacks a tool. Its message says what to do. */
export class PrerequisiteError extends Error {}

/** Python's `match` statement, which the emulator uses, is new in 3.10. */
const PYTHON_MINOR = 10

/**
 * Returns the command of a Python that can run the emulator.
 * @throws PrerequisiteError if there is none, or if it has no venv module.
 */
export function findPython(): string {
  const script = 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])'
  const { status, stdout, error } = spawnSync('python3', ['-c', script], { encoding: 'utf8' })
  const problem = pythonProblem(error ? undefined : { status, version: stdout.trim() })
  if (problem) throw new PrerequisiteError(problem)
  return 'python3'
}

/** @param found undefined if python3 did not start. Returns a sentence, or undefined for a suitable Python. */
export function pythonProblem(
  found: { readonly status: number | null; readonly version: string } | undefined,
): string | undefined {
  const wanted = `the emulated AWS account (moto) needs Python 3.${PYTHON_MINOR} or later`
  if (!found) return `python3 is not in PATH, and ${wanted}. Install it.`
  if (found.status !== 0)
    return `python3 has no venv module. Install it (Debian and Ubuntu: apt-get install python3-venv).`
  const [major = 0, minor = 0] = found.version.split('.').map(Number)
  if (major === 3 && minor >= PYTHON_MINOR) return undefined
  return `python3 is version ${found.version}, and ${wanted}. Install a newer one.`
}

/** The folder in which SST looks for the Pulumi engine: `sst` in Go's os.UserConfigDir(). */
export function sstHome(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const home = env['HOME'] || homedir()
  if (platform === 'darwin') return join(home, 'Library/Application Support/sst')
  return join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'sst')
}

/**
 * Checks that SST has a Pulumi engine or can download one.
 * @throws PrerequisiteError if it has none and github.com does not answer.
 */
export async function checkEngine(): Promise<void> {
  const home = sstHome(process.env, process.platform)
  if (existsSync(join(home, 'bin/pulumi'))) return
  try {
    await fetch('https://github.com', { method: 'HEAD', signal: AbortSignal.timeout(10_000) })
    console.log(`SST will download the Pulumi engine and the AWS provider to ${home} (about 250 MB, once).`)
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    throw new PrerequisiteError(
      `SST has no Pulumi engine in ${home}/bin, and cannot download one: github.com did not answer (${cause}). ` +
        'Run the command once with internet access. Or set XDG_CONFIG_HOME to a folder with the engine and the AWS provider.',
    )
  }
}
