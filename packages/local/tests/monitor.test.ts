import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { startPrometheus } from '../src/monitor/prometheus.ts'

const BIN = fileURLToPath(new URL('../bin/monitor.js', import.meta.url))

/** A folder with a program that stands in for Prometheus. */
function programIn(script: string) {
  const folder = mkdtempSync(join(tmpdir(), 'warm-pods-monitor-'))
  const program = join(folder, 'prometheus')
  writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return { folder, program, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}

function monitor(args: string[], env: Record<string, string>) {
  const { status, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8', env })
  return { status, stderr }
}

it('tells how to install Prometheus when there is none', () => {
  const { status, stderr } = monitor([], { PATH: '/nowhere' })
  expect(status).toBe(1)
  for (const text of ['apt-get install prometheus', 'brew install prometheus', 'PROMETHEUS='])
    expect(stderr).toContain(text)
})

it('names the folder when no system runs from it, and a wrong flag', () => {
  using it = programIn('exit 0')
  const env = { PATH: '/nowhere', PROMETHEUS: it.program }
  expect(monitor(['--data', it.folder], env)).toEqual({
    status: 1,
    stderr: expect.stringContaining(`No Warm Pods runs from ${it.folder}`),
  })
  expect(monitor(['--ports', '1'], env).stderr).toContain('There is no flag --ports')
})

it('repeats the last words of a Prometheus that does not start', async () => {
  using it = programIn('echo "listen tcp 127.0.0.1:9: bind: address already in use" >&2; exit 1')
  const system = {
    site: 'http://localhost:9',
    kubernetes: 'http://127.0.0.1:9',
    namespace: 'warm-pods',
    intervalS: 5,
  }
  // A pod file needs an API server, so only Linux comes as far as the program.
  const why = process.platform === 'linux' ? 'address already in use' : 'fetch failed'
  await expect(startPrometheus(it.program, { folder: it.folder, port: 9, system })).rejects.toThrow(why)
})
