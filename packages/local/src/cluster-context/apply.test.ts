import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awaitGateway } from './apply.ts'

describe(awaitGateway, () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'warm-pods-kubectl-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  /** Waits with a kubectl that prints a text to stderr and exits with a code. */
  const wait = async (stderr: string, code: number) => {
    const kubectl = join(folder, 'kubectl')
    await writeFile(kubectl, `#!/bin/sh\necho '${stderr}' >&2\nexit ${code}\n`)
    await chmod(kubectl, 0o755)
    const environment = { KUBECTL: kubectl, PATH: process.env['PATH'] }
    const { signal } = new AbortController()
    return awaitGateway({ context: 'kind', kubeconfigs: [], overlay: '', environment, signal }, 'warm-pods')
  }

  it('returns the message of kubectl when the gateway does not become Ready', async () => {
    expect(await wait('error: timed out waiting for the condition', 1)).toBe(
      'kubectl rollout failed: error: timed out waiting for the condition.',
    )
  })

  it('returns nothing when every gateway pod runs the applied version', async () => {
    expect(await wait('', 0)).toBeUndefined()
  })
})
