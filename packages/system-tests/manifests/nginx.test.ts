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
  'nginx accepts its settings with the cluster of %s',
  async (from, context) => {
    if (!NGINX)
      return context.skip(
        'There is no nginx on the PATH, nor does NGINX name one: its settings were not read.',
      )
    const folder = await mkdtemp(join(tmpdir(), 'warm-pods-nginx-'))
    try {
      await cp(join(GATEWAY, 'nginx.conf'), join(folder, 'nginx.conf'))
      await cp(join(from, 'cluster.conf'), join(folder, 'cluster.conf'))
      const { status, stderr } = spawnSync(NGINX, ['-e', 'stderr', '-t', '-c', join(folder, 'nginx.conf')], {
        encoding: 'utf8',
        // Its access log is /dev/stdout, which it opens by that name: a pipe of Node's cannot be opened so.
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
