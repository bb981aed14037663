/** The pod's image is built with `npm ci`, which needs the package.json of every workspace in the build context. */
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8')

const root = JSON.parse(read('package.json')) as { workspaces: string[] }
const workspaces = root.workspaces
  .flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: ROOT }))
  .sort()

const dockerfile = read('packages/pod/Dockerfile')
const dockerignore = read('.dockerignore').split('\n')

/** The workspaces that `npm ci` installs, as folders. */
const installed = [...dockerfile.matchAll(/--workspace (packages\/\S+)/g)].map(([, folder = '']) => folder)

describe('the build context of the pod’s image', () => {
  it('contains the package.json of every workspace, and the Dockerfile copies each into its folder', () => {
    expect(workspaces.length).toBeGreaterThan(5)
    for (const file of workspaces) {
      expect(dockerignore).toContain(`!${file}`)
      expect(dockerfile).toContain(`\nCOPY ${file} ${file.replace('package.json', '')}\n`)
    }
  })

  it('has no package.json of a workspace that does not exist', () => {
    const copied = [...dockerfile.matchAll(/^COPY (packages\/\S+\/package\.json) /gm)].map(([, file]) => file)
    const allowed = dockerignore.filter((line) => /^!packages\/.*package\.json$/.test(line))
    expect(copied.sort()).toEqual(workspaces)
    expect(allowed.map((line) => line.slice(1)).sort()).toEqual(workspaces)
  })

  it('contains the sources of the workspaces that are installed, which include all that the pod depends on', () => {
    const pod = JSON.parse(read('packages/pod/package.json')) as { dependencies: Record<string, string> }
    const needed = Object.keys(pod.dependencies).filter((name) => name.startsWith('@warm-pods/'))
    const folders = [...needed, '@warm-pods/pod'].map((name) => name.replace('@warm-pods/', 'packages/'))
    expect(installed.filter((folder) => folder.startsWith('packages/')).sort()).toEqual(
      expect.arrayContaining(folders),
    )
    for (const folder of folders) {
      expect(dockerignore).toContain(`!${folder}/src`)
      expect(dockerfile).toContain(`\nCOPY ${folder}/src ${folder}/src\n`)
    }
  })
})
