import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { dataFolderName } from './data-folder.ts'
import { kubeconfigFiles, loadContext } from './kubeconfig-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'warm-pods-kubeconfig-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A kubeconfig with one cluster, user and context of each name. */
function file(name: string, names: readonly string[], server = (of: string) => `https://${of}:6443`): string {
  const path = join(folder, name)
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: names.map((of) => ({
      name: of,
      cluster: { server: server(of), 'certificate-authority': 'ca.crt' },
    })),
    users: names.map((of) => ({ name: of, user: { token: `${name} ${of}` } })),
    contexts: names.map((of) => ({ name: of, context: { cluster: of, user: of } })),
  }
  writeFileSync(path, JSON.stringify(config))
  return path
}

it('reads the files that kubectl reads: the flag, KUBECONFIG, the home folder', () => {
  const place = { given: undefined, environment: { HOME: '/home/ada' }, from: '/home/ada' }
  expect(kubeconfigFiles(place)).toEqual(['/home/ada/.kube/config'])
  const two = { ...place, environment: { HOME: '/home/ada', KUBECONFIG: '/a:b:' } }
  expect(kubeconfigFiles(two)).toEqual(['/a', '/home/ada/b'])
  expect(kubeconfigFiles({ ...two, given: './c' })).toEqual(['/home/ada/c'])
})

it('merges files: the first definition of a name wins, and missing files are ignored', () => {
  const files = [join(folder, 'none'), file('one', ['kind', 'eks']), file('two', ['kind', 'k3d'])]
  expect(loadContext(files, 'kind').getCurrentUser()?.token).toBe('one kind')
  const k3d = loadContext(files, 'k3d')
  expect(k3d.getCurrentCluster()).toMatchObject({
    server: 'https://k3d:6443',
    caFile: join(folder, 'ca.crt'),
  })
})

it('names the missing file or context in the error message', () => {
  const some = file('some', ['kind', 'eks'])
  expect(() => loadContext([some], 'nope')).toThrow(
    `There is no context "nope" in ${some}. Its contexts are: kind, eks.`,
  )
  expect(() => loadContext([join(folder, 'none')], 'x')).toThrow(
    /^There is no kubeconfig at .*--kubeconfig <file>$/,
  )
  const broken = join(folder, 'broken')
  writeFileSync(broken, '{"clusters": [')
  expect(() => loadContext([broken], 'x')).toThrow(`The kubeconfig ${broken} cannot be read: `)
  const empty = file('empty', [])
  expect(() => loadContext([empty], 'x')).toThrow('It has no contexts.')
})

it('gives two clusters with the same name different data folders', () => {
  const here = loadContext([file('here', ['arn:aws:eks:x/y'])], 'arn:aws:eks:x/y')
  const there = loadContext([file('there', ['arn:aws:eks:x/y'], () => 'https://other')], 'arn:aws:eks:x/y')
  expect(dataFolderName(here)).toMatch(/^arn-aws-eks-x-y-[0-9a-f]{8}$/)
  expect(dataFolderName(there)).not.toBe(dataFolderName(here))
  expect(dataFolderName(loadContext([file('here', ['arn:aws:eks:x/y'])], 'arn:aws:eks:x/y'))).toBe(
    dataFolderName(here),
  )
})
