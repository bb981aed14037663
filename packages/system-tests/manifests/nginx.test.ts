import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { findProgram, OVERLAYS, overlayFolder } from './_render.ts'

const NGINX = findProgram('nginx', 'NGINX')
const GATEWAY = fileURLToPath(new URL('../../../k8s/base/gateway', import.meta.url))

it.for([GATEWAY, ...OVERLAYS.map(overlayFolder)])(
  'nginx accepts its configuration with the cluster.conf of %s',
  async (from, context) => {
    if (!NGINX)
      return context.skip(
        'There is no nginx on the PATH and NGINX is not set, so its configuration was not tested.',
      )
    const folder = await mkdtemp(join(tmpdir(), 'warm-pods-nginx-'))
    try {
      await cp(join(GATEWAY, 'nginx.conf'), join(folder, 'nginx.conf'))
      await cp(join(from, 'cluster.conf'), join(folder, 'cluster.conf'))
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
  },
)
