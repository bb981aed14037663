import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/**
 * Tests of the built image.
 *
 *   docker buildx build -f packages/pod/Dockerfile -t warm-pods/pod:dev .
 *   POD_IMAGE=warm-pods/pod:dev npx vitest run --config packages/pod/tests/image/vitest.config.ts
 */
export default defineConfig({
  root: fileURLToPath(new URL('../../../..', import.meta.url)),
  test: { include: ['packages/pod/tests/image/*.image.ts'], testTimeout: 120_000, hookTimeout: 120_000 },
})
