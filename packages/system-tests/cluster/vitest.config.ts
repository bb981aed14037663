import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/**
 * Tests that need a real cluster. They create their own namespaces and delete them.
 *
 *     KUBE_CONTEXT=kind-kind npx vitest run --config packages/system-tests/cluster/vitest.config.ts
 *
 * KUBE_CONTEXT must be an administrator's. POD_IMAGE (default: warm-pods/pod:dev) must be on the nodes.
 * kubectl is on the PATH, or KUBECTL has its path.
 */
export default defineConfig({
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  test: {
    include: ['packages/system-tests/cluster/**/*.cluster.ts'],
    globalSetup: 'packages/system-tests/cluster/_reachable.ts',
    // A Job heals in 12 s, and a gateway stops in 30 s. The limits are for hangs, not for speed.
    testTimeout: 360_000,
    hookTimeout: 180_000,
    fileParallelism: false,
    // Hides the functions' logs, so that the measurements of a suite stay visible.
    onConsoleLog: (log) => !log.startsWith('{"timestamp"'),
  },
})
