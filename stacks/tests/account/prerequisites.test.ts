import { describe, expect, it } from 'vitest'
import { pythonProblem, sstHome } from './prerequisites.ts'

describe('python3', () => {
  it('is accepted from 3.10 on', () => {
    expect(pythonProblem({ status: 0, version: '3.10' })).toBeUndefined()
    expect(pythonProblem({ status: 0, version: '3.14' })).toBeUndefined()
  })

  it.each([
    ['is missing', undefined, 'python3 is not in PATH'],
    ['has no venv module', { status: 1, version: '' }, 'apt-get install python3-venv'],
    ['is too old', { status: 0, version: '3.9' }, 'python3 is version 3.9'],
  ])('is asked for in a sentence when it %s', (_case, found, text) => {
    expect(pythonProblem(found)).toContain(text)
  })
})

describe('the folder of SST', () => {
  it('follows XDG_CONFIG_HOME on Linux, and the library folder on macOS', () => {
    expect(sstHome({ HOME: '/home/ada', XDG_CONFIG_HOME: '/config' }, 'linux')).toBe('/config/sst')
    expect(sstHome({ HOME: '/home/ada' }, 'linux')).toBe('/home/ada/.config/sst')
    expect(sstHome({ HOME: '/Users/ada' }, 'darwin')).toBe('/Users/ada/Library/Application Support/sst')
  })
})
