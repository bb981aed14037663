import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/**
 * What only a real cluster can show. It makes namespaces of its own and takes them away again.
 *
 *   KUBE_CONTEXT=kind-kind npx vitest run --config packages/system-tests/cluster/vitest.config.ts
 *
 * KUBE_CONTEXT is an administrator's; POD_IMAGE (warm-pods/pod:dev) must be on the nodes; kubectl is found on the PATH or
 * by KUBECTL.
 */
export default defineConfig({
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  test: {
    include: ['packages/system-tests/cluster/**/*.cluster.ts'],
    globalSetup: 'packages/system-tests/cluster/_reachable.ts',
    // A Job heals in 12 s, a gateway leaves in 30 s: limits for what hangs, not measures of speed.
    testTimeout: 360_000,
    hookTimeout: 180_000,
    fileParallelism: false,
    // The functions log every call; what a suite measured is what its reader wants.
    onConsoleLog: (log) => !log.startsWith('{"timestamp"'),
  },
})
