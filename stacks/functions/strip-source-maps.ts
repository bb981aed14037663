import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Takes the sources out of a bundle's source maps: file and line are what a stack trace shows, and the sources are in
 * the repository. SST passes esbuild no option for it.
 */
export async function leanMaps(folder: string): Promise<void> {
  const maps = (await readdir(folder)).filter((file) => file.endsWith('.map'))
  await Promise.all(
    maps.map(async (file) => {
      const path = join(folder, file)
      const { sourcesContent, ...map } = JSON.parse(await readFile(path, 'utf8'))
      await writeFile(path, JSON.stringify(map))
    }),
  )
}
