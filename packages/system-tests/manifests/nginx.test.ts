import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { findProgram, OVERLAYS, overlayFolder } from './_render.ts'

const NGINX = findProgram('nginx', 'NGINX')
const GATEWAY = fileURLToPath(new URL('../../../k8s/base/gateway', import.meta.url))

const MONITORING = fileURLToPath(new URL('../../../k8s/monitoring/gateway-exporter', import.meta.url))
const FOLDERS = [GATEWAY, ...OVERLAYS.map(overlayFolder)]

it.for([
  ...FOLDERS.map((from) => [from, 'and nothing else'] as const),
  [GATEWAY, 'and monitoring.conf'] as const,
])('nginx accepts its configuration with the cluster.conf of %s %s', async ([from, more], context) => {
  if (!NGINX)
    return context.skip(
      'There is no nginx on the PATH and NGINX is not set, so its configuration was not tested.',
    )
  const folder = await mkdtemp(join(tmpdir(), 'warm-pods-nginx-'))
  try {
    await cp(join(GATEWAY, 'nginx.conf'), join(folder, 'nginx.conf'))
    await cp(join(from, 'cluster.conf'), join(folder, 'cluster.conf'))
    if (more === 'and monitoring.conf')
      await cp(join(MONITORING, 'monitoring.conf'), join(folder, 'monitoring.conf'))
    const { status, stderr } = spawnSync(NGINX, ['-e', 'stderr', '-t', '-c', join(folder, 'nginx.conf')], {
      encoding: 'utf8',
      // nginx opens its access log as /dev/stdout. That fails for a pipe of Node.
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    expect(stderr).toContain('test is successful')
    expect(stderr).not.toMatch(/\[(warn|emerg|alert)\]/)
    expect(status).toBe(0)
  } finally {
    await rm(folder, { recursive: true })
  }
})
