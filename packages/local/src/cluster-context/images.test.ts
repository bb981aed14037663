import { describe, expect, it } from 'vitest'
import type { ApiClient } from './api-client.ts'
import { normalizedImageName, readNodeInfo } from './images.ts'

it.each([
  ['warm-pods/pod:dev', 'docker.io/warm-pods/pod:dev'],
  ['nginx', 'docker.io/library/nginx:latest'],
  ['nginx:1', 'docker.io/library/nginx:1'],
  ['ghcr.io/you/pod', 'ghcr.io/you/pod:latest'],
  ['localhost/pod:1', 'localhost/pod:1'],
  ['localhost:5000/pod:1', 'localhost:5000/pod:1'],
  [
    '1.dkr.ecr.eu-central-1.amazonaws.com/pod@sha256:ab',
    '1.dkr.ecr.eu-central-1.amazonaws.com/pod@sha256:ab',
  ],
])('normalizes %s to the name that nodes report', (image, name) => {
  expect(normalizedImageName(image)).toBe(name)
})

describe('the images of the nodes', () => {
  const has = async (...nodes: string[][]): Promise<boolean | undefined> => {
    const items = nodes.map((images) => ({
      metadata: {},
      status: { images: images.map((name) => ({ names: [name] })) },
    }))
    const call = async () => ({ status: 200, body: { items }, text: '' })
    return (await readNodeInfo({ call } as unknown as ApiClient))?.hasImage('warm-pods/pod:dev')
  }
  const pod = 'docker.io/warm-pods/pod:dev'
  const others = (count: number) => Array.from({ length: count }, (_, n) => `docker.io/local/other:${n}`)

  it('contain the image when one node reports it', async () => {
    expect(await has(others(3), [pod])).toBe(true)
    expect(await has(others(50), [pod])).toBe(true)
  })
  it('lack it when every node reports all of its images', async () => {
    expect(await has(others(3), others(1))).toBe(false)
  })
  it('are unknown when a node reports none, or as many as a node may report', async () => {
    expect(await has(others(3), [])).toBeUndefined()
    expect(await has(others(50))).toBeUndefined()
    expect(await has()).toBeUndefined()
  })
})
