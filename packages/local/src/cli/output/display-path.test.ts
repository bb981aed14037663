import { expect, it } from 'vitest'
import { displayPath } from './display-path.ts'

it('displays a path relative to the current folder when it lies below it, else absolute', () => {
  expect(displayPath('/home/ada/warm-pods', '/home/ada/warm-pods/.local/kubeconfig')).toBe(
    '.local/kubeconfig',
  )
  expect(displayPath('/home/ada/warm-pods', '/tmp/data/kubeconfig')).toBe('/tmp/data/kubeconfig')
  expect(displayPath('/data', '/data')).toBe('/data')
})
